/* A packet of 100 bytes is received into PSRAM and invalidated afterwards, as older drivers needed. It ends within a
 * line, and the driver had the core deliver the last bytes. Invalidating the rounded-up range throws them away, and
 * with them what the next block of the heap has in that line: here, a counter. */
#include <assert.h>

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

#define PACKET_BYTES 100
#define SYNC_BYTES 128 /* rounded up to whole cache lines */

typedef struct {
    uint32_t received;
    uint32_t lengths[32];
} stats_t;

static const char *TAG = "shared_line";
static uint8_t wire[PACKET_BYTES] = {[PACKET_BYTES - 1] = 0x5A};

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    uint8_t *packet = heap_caps_aligned_alloc(64, PACKET_BYTES, MALLOC_CAP_SPIRAM);
    stats_t *stats = heap_caps_calloc(1, sizeof(stats_t), MALLOC_CAP_SPIRAM);
    assert(done && packet && stats);

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = {.backlog = 1, .dma_burst_size = 0}; /* odd lengths go without bursts */
    ESP_ERROR_CHECK(install_engine(&config, &mcp));

    ESP_ERROR_CHECK(esp_async_memcpy(mcp, packet, wire, PACKET_BYTES, on_done, done));
    xSemaphoreTake(done, portMAX_DELAY);
    stats->lengths[stats->received++] = PACKET_BYTES;
    /* BUG: drops the dirty line that holds the end of the packet and the counter */
    ESP_ERROR_CHECK(esp_cache_msync(packet, SYNC_BYTES, ESP_CACHE_MSYNC_FLAG_DIR_M2C));
    ESP_LOGI(TAG, "packet %d ends in %02x", (int)stats->received, packet[PACKET_BYTES - 1]);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(stats);
    heap_caps_free(packet);
    vSemaphoreDelete(done);
}
