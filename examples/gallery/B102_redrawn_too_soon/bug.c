/* Stripes of a picture are drawn into one buffer and handed to the display, one after the other. Handing over returns at once.
 *
 * The next stripe is drawn while the last one is on its way: torn stripes, hidden by any delay.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define STRIPE_BYTES (16 * 1024)
#define STRIPES 4

static IRAM_ATTR bool on_color_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *free_buffers)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(free_buffers, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t free_buffers = xSemaphoreCreateCounting(STRIPES, 0);
    uint8_t *stripe = heap_caps_malloc(STRIPE_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    uint8_t *display = heap_caps_malloc(STRIPE_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    assert(free_buffers && stripe && display);
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));

    for (int number = 0; number < STRIPES; number++) {
        memset(stripe, number, STRIPE_BYTES); /* BUG: from the second one on, the display still reads it */
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, display, stripe, STRIPE_BYTES, on_color_done, free_buffers));
    }
    for (int number = 0; number < STRIPES; number++) {
        xSemaphoreTake(free_buffers, portMAX_DELAY);
    }

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(display);
    heap_caps_free(stripe);
    vSemaphoreDelete(free_buffers);
}
