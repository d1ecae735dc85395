/* A copy is awaited until it is done: a request can't be taken back, so there is no other moment to free its
 * buffers.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

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
    xSemaphoreTake(done, portMAX_DELAY);
    ESP_LOGI(TAG, "copied, last byte %02x", to[BLOCK_BYTES - 1]);
    heap_caps_free(to);
    heap_caps_free(from);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    vSemaphoreDelete(done);
}
