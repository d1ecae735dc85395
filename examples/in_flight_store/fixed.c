/* One buffer is filled, sent, and filled again. Each lap waits until its copy is done. */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define BAND_BYTES 4096
#define BANDS 3

static const char *TAG = "in_flight_store";

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateCounting(BANDS, 0);
    uint8_t *band = heap_caps_malloc(BAND_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    uint8_t *panel = heap_caps_malloc(BANDS * BAND_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(done && band && panel);

    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));

    for (int i = 0; i < BANDS; i++) {
        memset(band, i, BAND_BYTES);
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, panel + i * BAND_BYTES, band, BAND_BYTES, on_done, done));
        xSemaphoreTake(done, portMAX_DELAY); /* the buffer is ours again */
    }
    for (int i = 0; i < BANDS; i++) {
        ESP_LOGI(TAG, "band %d ends in %d", i, panel[(i + 1) * BAND_BYTES - 1]);
    }

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(panel);
    heap_caps_free(band);
    vSemaphoreDelete(done);
}
