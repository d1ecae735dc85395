/* A command sequence is a constant. Constants lie in flash, and it is sent from where it lies.
 *
 * Sent from a copy in RAM.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

static const uint8_t init_sequence[64] __attribute__((aligned(4))) = {0x11, 0x29, 0x36, 0x48};
static DMA_ATTR uint8_t display[64];
static DMA_ATTR uint8_t sequence[64];

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
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));

    memcpy(sequence, init_sequence, sizeof(sequence));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, display, sequence, sizeof(display), on_done, done));
    xSemaphoreTake(done, pdMS_TO_TICKS(10));
    ESP_LOGI("lcd", "sent %02x %02x", display[0], display[1]);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    vSemaphoreDelete(done);
}
