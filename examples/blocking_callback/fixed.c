/* The done callback counts copies; a task reads the count. A short critical section guards the count. */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define BLOCK_BYTES 1024

static const char *TAG = "blocking_callback";
static SemaphoreHandle_t done;
static portMUX_TYPE lock = portMUX_INITIALIZER_UNLOCKED;
static int copies;

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *arg)
{
    BaseType_t woken = pdFALSE;
    portENTER_CRITICAL_ISR(&lock);
    copies++;
    portEXIT_CRITICAL_ISR(&lock);
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    done = xSemaphoreCreateBinary();
    uint8_t *from = heap_caps_malloc(BLOCK_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    uint8_t *to = heap_caps_malloc(BLOCK_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(done && from && to);
    memset(from, 0x11, BLOCK_BYTES);

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, BLOCK_BYTES, on_done, NULL));
    xSemaphoreTake(done, portMAX_DELAY);

    portENTER_CRITICAL(&lock);
    int seen = copies;
    portEXIT_CRITICAL(&lock);
    ESP_LOGI(TAG, "%d copies", seen);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(to);
    heap_caps_free(from);
    vSemaphoreDelete(done);
}
