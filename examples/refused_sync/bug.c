/* A message waits in the copy queue behind a block, is changed once more, and written back so that the engine sees it.
 * 1000 bytes are not a whole number of cache lines: the sync is refused, nobody looks at the result, and the engine
 * sends the old message.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_cache.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#if SOC_AXI_GDMA_SUPPORTED /* there the AHB engine does not reach PSRAM */
#define install_engine esp_async_memcpy_install_gdma_axi
#else
#define install_engine esp_async_memcpy_install_gdma_ahb
#endif

#define BLOCK_BYTES (32 * 1024)
#define MESSAGE_BYTES 1000

static const char *TAG = "refused_sync";

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateCounting(2, 0);
    uint8_t *block = heap_caps_calloc(1, BLOCK_BYTES, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA);
    char *message = heap_caps_malloc(MESSAGE_BYTES, MALLOC_CAP_SPIRAM);
    uint8_t *outbox = heap_caps_malloc(BLOCK_BYTES + MESSAGE_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(done && block && message && outbox);

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(install_engine(&config, &mcp));

    memset(message, '-', MESSAGE_BYTES);
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, outbox, block, BLOCK_BYTES, on_done, done));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, outbox + BLOCK_BYTES, message, MESSAGE_BYTES, on_done, done));
    memset(message, '*', MESSAGE_BYTES);
    esp_cache_msync(message, MESSAGE_BYTES, ESP_CACHE_MSYNC_FLAG_DIR_C2M); /* BUG: refused, and not checked */
    xSemaphoreTake(done, portMAX_DELAY);
    xSemaphoreTake(done, portMAX_DELAY);
    ESP_LOGI(TAG, "message sent: %c", outbox[BLOCK_BYTES]);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(outbox);
    heap_caps_free(message);
    heap_caps_free(block);
    vSemaphoreDelete(done);
}
