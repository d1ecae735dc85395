/* A helper installs a copy driver for each block it sends. It never gives one back.
 *
 * Each driver holds a channel pair: after a few blocks there is none left.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define BLOCK_BYTES 1024

static const char *TAG = "leak";

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

static esp_err_t copy_block(uint8_t *to, uint8_t *from, SemaphoreHandle_t done)
{
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    esp_err_t err = esp_async_memcpy_install(&config, &mcp);
    if (err != ESP_OK) {
        ESP_LOGE(TAG, "no driver: %s", esp_err_to_name(err));
        return err;
    }
    err = esp_async_memcpy(mcp, to, from, BLOCK_BYTES, on_done, done);
    if (err == ESP_OK) {
        xSemaphoreTake(done, portMAX_DELAY);
    }
    return err; /* BUG: the driver stays installed and can't be reached any more */
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    uint8_t *from = heap_caps_malloc(BLOCK_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    uint8_t *to = heap_caps_malloc(BLOCK_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(done && from && to);

    for (int i = 0; i < 8; i++) {
        memset(from, i, BLOCK_BYTES);
        if (copy_block(to, from, done) != ESP_OK) {
            break;
        }
        ESP_LOGI(TAG, "block %d copied", to[0]);
    }

    heap_caps_free(to);
    heap_caps_free(from);
    vSemaphoreDelete(done);
}
