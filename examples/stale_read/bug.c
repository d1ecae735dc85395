/* Packets are received into PSRAM again and again; the sequence number is a packet's last word. A log line looks
 * at the old one in between.
 *
 * The driver invalidated the buffer at submit and will not do so again. The look fills the cache line with the
 * old packet, and the core goes on seeing it after the engine is done.
 */
#include <assert.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#if SOC_AXI_GDMA_SUPPORTED /* there the AHB engine does not reach PSRAM */
#define install_engine esp_async_memcpy_install_gdma_axi
#else
#define install_engine esp_async_memcpy_install_gdma_ahb
#endif

#define PACKET_BYTES (16 * 1024)
#define SEQUENCE (PACKET_BYTES / sizeof(uint32_t) - 1) /* which word has the sequence number */

static const char *TAG = "stale_read";

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    uint32_t *wire = heap_caps_calloc(1, PACKET_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    uint32_t *received = heap_caps_malloc(PACKET_BYTES, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA);
    assert(done && wire && received);

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(install_engine(&config, &mcp));

    for (uint32_t lap = 1; lap <= 3; lap++) {
        wire[SEQUENCE] = lap;
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, received, wire, PACKET_BYTES, on_done, done));
        if (lap > 1) {
            /* BUG: the engine owns the buffer now */
            ESP_LOGI(TAG, "waiting, last was %d", (int)received[SEQUENCE]);
        }
        xSemaphoreTake(done, portMAX_DELAY);
        ESP_LOGI(TAG, "packet %d expected, got %d", (int)lap, (int)received[SEQUENCE]);
    }

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(received);
    heap_caps_free(wire);
    vSemaphoreDelete(done);
}
