/* A status query turns the address an engine reports into an index, and invalidates that entry before it reads it.
 *
 * Only the lower bound is checked. An address behind the table hits a line with other people's counters.
 */
#include <assert.h>

#include "esp_cache.h"
#include "esp_heap_caps.h"
#include "esp_log.h"

#define ENTRIES 8

typedef struct {
    uint32_t words[16]; /* a cache line each */
} entry_t;

static entry_t *table;

static int status(entry_t *reported)
{
    if (reported < table) {
        return -1;
    }
    ESP_ERROR_CHECK(esp_cache_msync(reported, sizeof(entry_t), ESP_CACHE_MSYNC_FLAG_DIR_M2C)); /* BUG */
    return (int)reported->words[0];
}

void app_main(void)
{
    table = heap_caps_aligned_calloc(64, ENTRIES, sizeof(entry_t), MALLOC_CAP_SPIRAM);
    uint32_t *counters = heap_caps_aligned_calloc(64, 16, sizeof(uint32_t), MALLOC_CAP_SPIRAM);
    assert(table && counters);
    ESP_ERROR_CHECK(esp_cache_msync(table, ENTRIES * sizeof(entry_t), ESP_CACHE_MSYNC_FLAG_DIR_C2M));

    ESP_LOGI("dma", "entry 3: %d", status(&table[3]));
    counters[0] = 1;
    entry_t *idle = (entry_t *)counters; /* what an idle engine's register still holds */
    ESP_LOGI("dma", "idle: %d", status(idle));
    ESP_LOGI("dma", "interrupts so far: %d", (int)counters[0]);

    heap_caps_free(counters);
    heap_caps_free(table);
}
