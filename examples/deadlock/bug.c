/* Two copies are queued, other work is done, then both are awaited. A binary semaphore tells of both.
 *
 * When both copies end before the task looks, the second give finds the semaphore full and is lost: nobody wakes
 * the second wait.
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

#define HALF_BYTES 2048

static const char *TAG = "deadlock";

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary(); /* BUG: holds one completion, two may come */
    uint8_t *from = heap_caps_malloc(2 * HALF_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    uint8_t *to = heap_caps_malloc(2 * HALF_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(done && from && to);
    memset(from, 0x3C, 2 * HALF_BYTES);

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));

    ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, HALF_BYTES, on_done, done));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, to + HALF_BYTES, from + HALF_BYTES, HALF_BYTES, on_done, done));
    vTaskDelay(pdMS_TO_TICKS(20)); /* other work */
    xSemaphoreTake(done, portMAX_DELAY);
    xSemaphoreTake(done, portMAX_DELAY); /* waits for ever */
    ESP_LOGI(TAG, "both halves copied");

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(to);
    heap_caps_free(from);
    vSemaphoreDelete(done);
}
