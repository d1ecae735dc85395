/* A report is put together in a local array and sent. The function returns before the engine has read it.
 *
 * Whatever the task calls next reuses that part of the stack, and the engine sends it.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define REPORT_BYTES 512

static const char *TAG = "dead_stack";

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

static void send_report(async_memcpy_handle_t mcp, uint8_t *mailbox, SemaphoreHandle_t done, uint8_t value)
{
    WORD_ALIGNED_ATTR uint8_t report[REPORT_BYTES];
    memset(report, value, sizeof(report));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, mailbox, report, sizeof(report), on_done, done));
    /* BUG: `report` ends here, the copy does not */
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    uint8_t *mailbox = heap_caps_malloc(REPORT_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(done && mailbox);

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));

    send_report(mcp, mailbox, done, 0x42);
    xSemaphoreTake(done, portMAX_DELAY);
    ESP_LOGI(TAG, "mailbox ends in %02x", mailbox[REPORT_BYTES - 1]);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(mailbox);
    vSemaphoreDelete(done);
}
