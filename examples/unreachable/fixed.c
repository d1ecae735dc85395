/* A block goes from PSRAM to internal RAM. The AXI engine reaches both; the result is checked and the end
 * awaited.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define BLOCK_BYTES 4096

static const char *TAG = "unreachable";

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    assert(done);
    uint8_t *from = heap_caps_malloc(BLOCK_BYTES, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA);
    uint8_t *to = heap_caps_calloc(1, BLOCK_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(from && to);
    memset(from, 0x77, BLOCK_BYTES);

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install_gdma_axi(&config, &mcp));

    ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, BLOCK_BYTES, on_done, done));
    xSemaphoreTake(done, portMAX_DELAY);
    ESP_LOGI(TAG, "first byte %02x, expected 77", to[0]);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(to);
    heap_caps_free(from);
    vSemaphoreDelete(done);
}
