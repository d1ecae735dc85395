/* A row of 16-bit pixels is copied. The destination was allocated in pixels, the length is in bytes.
 *
 * The engine writes as far again behind the block, over whatever the heap keeps there.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define PIXELS 480

static const char *TAG = "overrun";

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    uint16_t *row = heap_caps_malloc(PIXELS * sizeof(uint16_t), MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    uint16_t *shown = heap_caps_malloc(PIXELS, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA); /* BUG: half the size */
    assert(done && row && shown);
    memset(row, 0xFF, PIXELS * sizeof(uint16_t));

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));

    ESP_ERROR_CHECK(esp_async_memcpy(mcp, shown, row, PIXELS * sizeof(uint16_t), on_done, done));
    xSemaphoreTake(done, portMAX_DELAY);
    ESP_LOGI(TAG, "first pixel %04x", shown[0]);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(shown);
    heap_caps_free(row);
    vSemaphoreDelete(done);
}
