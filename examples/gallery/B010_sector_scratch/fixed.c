/* A card driver copies each sector into a scratch buffer that suits its engine, and keeps the cache right on the way.
 *
 * The write-back stands behind the copy, in front of the transfer.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_cache.h"
#include "esp_heap_caps.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define SECTOR_BYTES 512

static uint8_t *scratch;
static DMA_ATTR uint8_t card[8 * SECTOR_BYTES];

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

static void write_sector(async_memcpy_handle_t mcp, SemaphoreHandle_t done, int sector, const uint8_t *data)
{
    memcpy(scratch, data, SECTOR_BYTES);
    ESP_ERROR_CHECK(esp_cache_msync(scratch, SECTOR_BYTES, ESP_CACHE_MSYNC_FLAG_DIR_C2M));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, &card[sector * SECTOR_BYTES], scratch, SECTOR_BYTES, on_done, done));
    xSemaphoreTake(done, portMAX_DELAY);
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    scratch = heap_caps_aligned_alloc(64, SECTOR_BYTES, MALLOC_CAP_SPIRAM);
    assert(done && scratch);
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));

    uint8_t data[SECTOR_BYTES];
    for (int sector = 0; sector < 8; sector++) {
        memset(data, 'A' + sector, sizeof(data));
        write_sector(mcp, done, sector, data);
    }
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(scratch);
    vSemaphoreDelete(done);
}
