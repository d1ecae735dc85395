/* A build keeps the engine's interrupt on during flash writes. The callback that it calls is an ordinary function.
 *
 * Ordinary functions lie in flash, which can't be read while it is written: the first completion at that time crashes.
 */
#include <assert.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

static DMA_ATTR uint8_t record[256], outbox[256];

static bool on_sent(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *sent)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(sent, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t sent = xSemaphoreCreateBinary();
    assert(sent);
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, outbox, record, sizeof(record), on_sent, sent)); /* BUG: on_sent is in flash */
    xSemaphoreTake(sent, portMAX_DELAY);
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    vSemaphoreDelete(sent);
}
