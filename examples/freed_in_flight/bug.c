/* A copy is awaited for one millisecond, which is no tick at all at 100 ticks per second.
 *
 * The wait ends at once, the code gives up and frees both buffers. Nothing stops the engine: it writes into free
 * memory.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"

#define BLOCK_BYTES (16 * 1024)

static const char *TAG = "freed_in_flight";

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    uint8_t *from = heap_caps_malloc(BLOCK_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    uint8_t *to = heap_caps_malloc(BLOCK_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(done && from && to);
    memset(from, 0xA5, BLOCK_BYTES);

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));

    ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, BLOCK_BYTES, on_done, done));
    if (xSemaphoreTake(done, pdMS_TO_TICKS(1)) != pdTRUE) {
        ESP_LOGW(TAG, "copy timed out"); /* BUG: a time-out does not end the copy, yet the buffers are freed */
    }
    heap_caps_free(to);
    heap_caps_free(from);

    vTaskDelay(pdMS_TO_TICKS(20)); /* let the driver settle */
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    vSemaphoreDelete(done);
}
