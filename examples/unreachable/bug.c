/* A block goes from PSRAM to internal RAM. The default engine of esp32p4 does not reach PSRAM before release
 * 6.0.
 *
 * The request is refused; the code ignores that and takes a delay for the completion.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#define BLOCK_BYTES 4096

static const char *TAG = "unreachable";

void app_main(void)
{
    uint8_t *from = heap_caps_malloc(BLOCK_BYTES, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA);
    uint8_t *to = heap_caps_calloc(1, BLOCK_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(from && to);
    memset(from, 0x77, BLOCK_BYTES);

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp)); /* the AHB engine */

    esp_async_memcpy(mcp, to, from, BLOCK_BYTES, NULL, NULL); /* BUG: refused, and not checked */
    vTaskDelay(pdMS_TO_TICKS(20));
    ESP_LOGI(TAG, "first byte %02x, expected 77", to[0]);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(to);
    heap_caps_free(from);
}
