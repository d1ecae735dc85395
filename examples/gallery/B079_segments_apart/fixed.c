/* A frame arrives in two segments of a ring. The ring wraps, so the second segment lies in front of the first.
 *
 * Each segment is invalidated by itself.
 */
#include <assert.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_cache.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define SEGMENT 256
#define SEGMENTS 4

static DMA_ATTR uint8_t wire[2 * SEGMENT] = {[2 * SEGMENT - 1] = 0xfc};

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateCounting(2, 0);
    uint8_t(*ring)[SEGMENT] = heap_caps_aligned_calloc(64, SEGMENTS, SEGMENT, MALLOC_CAP_SPIRAM);
    uint32_t *frames = heap_caps_aligned_calloc(64, SEGMENT, 1, MALLOC_CAP_SPIRAM);
    assert(done && ring && frames);
    ESP_ERROR_CHECK(esp_cache_msync(ring, SEGMENTS * SEGMENT, ESP_CACHE_MSYNC_FLAG_DIR_C2M));
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));

    int first = SEGMENTS - 1, second = (first + 1) % SEGMENTS;
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, ring[first], wire, SEGMENT, on_done, done));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, ring[second], wire + SEGMENT, SEGMENT, on_done, done));
    xSemaphoreTake(done, portMAX_DELAY);
    xSemaphoreTake(done, portMAX_DELAY);
    ++*frames;
    ESP_ERROR_CHECK(esp_cache_msync(ring[first], SEGMENT, ESP_CACHE_MSYNC_FLAG_DIR_M2C));
    ESP_ERROR_CHECK(esp_cache_msync(ring[second], SEGMENT, ESP_CACHE_MSYNC_FLAG_DIR_M2C));
    ESP_LOGI("eth", "frame %d, check byte %02x", (int)*frames, ring[second][SEGMENT - 1]);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(frames);
    heap_caps_free(ring);
    vSemaphoreDelete(done);
}
