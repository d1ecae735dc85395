/* A frame and its status line go from PSRAM to a panel buffer; both copies are queued at once. The status line
 * is drawn while it waits.
 *
 * The driver wrote the status line back when it was queued. What is drawn later stays in the cache: the engine
 * reads memory.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#if SOC_AXI_GDMA_SUPPORTED /* there the AHB engine does not reach PSRAM */
#define install_engine esp_async_memcpy_install_gdma_axi
#else
#define install_engine esp_async_memcpy_install_gdma_ahb
#endif

#define FRAME_BYTES (32 * 1024)
#define STATUS_BYTES 512

static const char *TAG = "psram_frame";

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateCounting(2, 0);
    uint8_t *frame = heap_caps_calloc(1, FRAME_BYTES, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA);
    uint8_t *status = heap_caps_calloc(1, STATUS_BYTES, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA);
    uint8_t *panel = heap_caps_malloc(FRAME_BYTES + STATUS_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(done && frame && status && panel);

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(install_engine(&config, &mcp));

    ESP_ERROR_CHECK(esp_async_memcpy(mcp, panel, frame, FRAME_BYTES, on_done, done));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, panel + FRAME_BYTES, status, STATUS_BYTES, on_done, done));
    memset(status, 60, STATUS_BYTES); /* BUG: its turn has not come, but it was already handed over */
    xSemaphoreTake(done, portMAX_DELAY);
    xSemaphoreTake(done, portMAX_DELAY);
    ESP_LOGI(TAG, "status line is %s", memcmp(panel + FRAME_BYTES, status, STATUS_BYTES) ? "old" : "new");

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(panel);
    heap_caps_free(status);
    heap_caps_free(frame);
    vSemaphoreDelete(done);
}
