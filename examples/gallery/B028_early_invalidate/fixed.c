/* A receive buffer and the number of its port share a cache line. The buffer is invalidated, then received into.
 *
 * Invalidated after the transfer, right before the read, the line holds what has arrived.
 */
#include <assert.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_cache.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

typedef struct {
    uint8_t rx[2048 - 16];
    uint32_t number; /* written once, then only read */
    uint32_t reserved[3];
} port_t;

static DMA_ATTR uint8_t wire[sizeof(((port_t *)0)->rx)];

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    port_t *port = heap_caps_aligned_calloc(64, 1, sizeof(port_t), MALLOC_CAP_SPIRAM);
    assert(done && port);
    port->number = 2;
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));

    wire[sizeof(wire) - 1] = 0x5a;
    ESP_ERROR_CHECK(esp_cache_msync(port, sizeof(port_t), ESP_CACHE_MSYNC_FLAG_INVALIDATE));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, port->rx, wire, sizeof(wire), on_done, done));
    ESP_LOGI("spi", "port %d receives", (int)port->number);
    xSemaphoreTake(done, portMAX_DELAY);
    ESP_ERROR_CHECK(esp_cache_msync(port, sizeof(port_t), ESP_CACHE_MSYNC_FLAG_INVALIDATE));
    ESP_LOGI("spi", "last byte %02x", port->rx[sizeof(wire) - 1]);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(port);
    vSemaphoreDelete(done);
}
