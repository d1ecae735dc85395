/* A pool in PSRAM is cut into packets of 1600 bytes: whole lines as long as a line has 64 bytes.
 *
 * The stride is rounded up to the line that this memory has in this build.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_cache.h"
#include "esp_heap_caps.h"
#include "esp_private/esp_cache_private.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define PACKET_BYTES 1600
#define PACKETS 4

static IRAM_ATTR bool on_sent(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    size_t line = 0;
    ESP_ERROR_CHECK(esp_cache_get_alignment(MALLOC_CAP_SPIRAM, &line));
    const size_t stride = (PACKET_BYTES + line - 1) / line * line;
    uint8_t *pool = heap_caps_aligned_alloc(line, PACKETS * stride, MALLOC_CAP_SPIRAM);
    uint8_t *link = heap_caps_malloc(stride, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(done && pool && link);
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install_gdma_axi(&config, &mcp));

    for (int number = 0; number < PACKETS; number++) {
        uint8_t *packet = pool + number * stride;
        memset(packet, number, PACKET_BYTES);
        ESP_ERROR_CHECK(esp_cache_msync(packet, stride, ESP_CACHE_MSYNC_FLAG_DIR_C2M));
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, link, packet, stride, on_sent, done));
        xSemaphoreTake(done, portMAX_DELAY);
    }
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(link);
    heap_caps_free(pool);
    vSemaphoreDelete(done);
}
