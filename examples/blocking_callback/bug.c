/* The done callback counts copies; a task reads the count. A mutex guards the count.
 *
 * The callback runs in an interrupt, which must not wait and can't own a mutex: the kernel asserts or hangs.
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

static const char *TAG = "blocking_callback";
static SemaphoreHandle_t done;
static SemaphoreHandle_t lock;
static int copies;

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *arg)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreTake(lock, pdMS_TO_TICKS(100)); /* BUG: no waiting in an interrupt */
    copies++;
    xSemaphoreGive(lock);
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    done = xSemaphoreCreateBinary();
    lock = xSemaphoreCreateMutex();
    assert(lock);
    uint8_t *from = heap_caps_malloc(BLOCK_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    uint8_t *to = heap_caps_malloc(BLOCK_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(done && from && to);
    memset(from, 0x11, BLOCK_BYTES);

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, BLOCK_BYTES, on_done, NULL));
    xSemaphoreTake(done, portMAX_DELAY);

    xSemaphoreTake(lock, portMAX_DELAY);
    int seen = copies;
    xSemaphoreGive(lock);
    ESP_LOGI(TAG, "%d copies", seen);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(to);
    heap_caps_free(from);
    vSemaphoreDelete(lock);
    vSemaphoreDelete(done);
}
