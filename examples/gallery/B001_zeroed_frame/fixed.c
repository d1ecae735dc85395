/* A frame buffer in PSRAM is zeroed by the allocator and streamed to the panel. The zeros wait in the cache.
 *
 * Written back after the zero-fill, they are in PSRAM when the engine reads it.
 */
#include <assert.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_cache.h"
#include "esp_heap_caps.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define FRAME_BYTES (32 * 1024)

static IRAM_ATTR bool on_line_out(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    uint8_t *frame = heap_caps_aligned_calloc(64, 1, FRAME_BYTES, MALLOC_CAP_SPIRAM);
    uint8_t *panel = heap_caps_malloc(FRAME_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(done && frame && panel);
    ESP_ERROR_CHECK(esp_cache_msync(frame, FRAME_BYTES, ESP_CACHE_MSYNC_FLAG_DIR_C2M));

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, panel, frame, FRAME_BYTES, on_line_out, done));
    xSemaphoreTake(done, portMAX_DELAY);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(panel);
    heap_caps_free(frame);
    vSemaphoreDelete(done);
}
