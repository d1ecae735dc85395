/* A receive buffer is cleared before every transfer, so that a short one can be told. The zeros stay in the cache.
 *
 * Its dirty lines may be evicted at any time, over the received bytes; the invalidate at the end comes too late.
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
#define RX_BYTES 4096

static DMA_ATTR uint8_t slave[RX_BYTES] = {0xe1, 0x1e};

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    uint8_t *rx = heap_caps_aligned_alloc(64, RX_BYTES, MALLOC_CAP_SPIRAM);
    assert(done && rx);
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(install_engine(&config, &mcp));

    memset(rx, 0, RX_BYTES); /* BUG: dirty lines in a buffer that an engine is about to write */
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, rx, slave, RX_BYTES, on_done, done));
    xSemaphoreTake(done, portMAX_DELAY);
    ESP_ERROR_CHECK(esp_cache_msync(rx, RX_BYTES, ESP_CACHE_MSYNC_FLAG_DIR_M2C));
    ESP_LOGI("spi", "received %02x %02x", rx[0], rx[1]);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(rx);
    vSemaphoreDelete(done);
}
