/* A packet of 100 bytes is received into PSRAM. It has a block of its own, the counter lives elsewhere, and
 * nothing is invalidated afterwards: since release 5.4.1 the driver settles all of that at submit.
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

#define PACKET_BYTES 100

static const char *TAG = "shared_line";
static uint8_t wire[PACKET_BYTES] = {[PACKET_BYTES - 1] = 0x5A};
static uint32_t received;

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    /* With the DMA capability the heap rounds the block up to whole cache lines. */
    uint8_t *packet = heap_caps_malloc(PACKET_BYTES, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA);
    assert(done && packet);

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = {.backlog = 1, .dma_burst_size = 0}; /* odd lengths go without bursts */
    ESP_ERROR_CHECK(install_engine(&config, &mcp));

    ESP_ERROR_CHECK(esp_async_memcpy(mcp, packet, wire, PACKET_BYTES, on_done, done));
    xSemaphoreTake(done, portMAX_DELAY);
    received++;
    ESP_LOGI(TAG, "packet %d ends in %02x", (int)received, packet[PACKET_BYTES - 1]);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(packet);
    vSemaphoreDelete(done);
}
