/* Records of 1020 bytes are fetched from PSRAM. On the desk that works.
 *
 * Records are padded to what encrypted memory needs, on every device.
 */
#include <assert.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define RECORD_BYTES 1024

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    uint8_t *record = heap_caps_aligned_calloc(64, 1, RECORD_BYTES, MALLOC_CAP_SPIRAM);
    uint8_t *cache = heap_caps_aligned_calloc(64, 1, RECORD_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(done && record && cache);
    record[0] = 0x77;
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = {.backlog = 4, .dma_burst_size = 0};
    ESP_ERROR_CHECK(esp_async_memcpy_install_gdma_axi(&config, &mcp));

    esp_err_t outcome = esp_async_memcpy(mcp, cache, record, RECORD_BYTES, on_done, done);
    if (outcome != ESP_OK) {
        ESP_LOGW("store", "copy: %s", esp_err_to_name(outcome));
    }
    xSemaphoreTake(done, pdMS_TO_TICKS(10));
    ESP_LOGI("store", "record starts with %02x", cache[0]);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(cache);
    heap_caps_free(record);
    vSemaphoreDelete(done);
}
