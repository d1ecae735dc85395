/* A key schedule in PSRAM is padded to 64 bytes, the line of the inner cache, and written back for the engine.
 *
 * The padding is what the cache says for this memory, which is the largest line on the way.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_cache.h"
#include "esp_heap_caps.h"
#include "esp_private/esp_cache_private.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define SCHEDULE_BYTES 176
#define PADDED(n, line) (((n) + (line) - 1) / (line) * (line))

static DMA_ATTR uint8_t engine_keys[256] __attribute__((aligned(64)));

static IRAM_ATTR bool on_loaded(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    size_t line = 0;
    ESP_ERROR_CHECK(esp_cache_get_alignment(MALLOC_CAP_SPIRAM, &line));
    size_t size = PADDED(SCHEDULE_BYTES, line);
    uint8_t *keys = heap_caps_aligned_alloc(128, size, MALLOC_CAP_SPIRAM);
    assert(done && keys);
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install_gdma_axi(&config, &mcp));

    memset(keys, 0x2b, size);
    ESP_ERROR_CHECK(esp_cache_msync(keys, size, ESP_CACHE_MSYNC_FLAG_DIR_C2M));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, engine_keys, keys, size, on_loaded, done));
    xSemaphoreTake(done, portMAX_DELAY);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(keys);
    vSemaphoreDelete(done);
}
