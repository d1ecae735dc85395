/* A descriptor of 24 bytes is allocated on a line of its own, and synced in whole lines. Only the sync is rounded.
 *
 * The allocation ends with the descriptor, so the rest of its line belongs to the next block of the heap.
 */
#include <assert.h>

#include "esp_cache.h"
#include "esp_heap_caps.h"
#include "esp_log.h"

#define LINE 64
#define WHOLE_LINES(n) (((n) + LINE - 1) / LINE * LINE)

typedef struct {
    uint32_t control, stride, picture[4];
} descriptor_t;

typedef struct {
    uint32_t encoded, dropped;
} stats_t;

void app_main(void)
{
    descriptor_t *item = heap_caps_aligned_calloc(LINE, 1, sizeof(descriptor_t), MALLOC_CAP_INTERNAL);
    stats_t *stats = heap_caps_calloc(1, sizeof(stats_t), MALLOC_CAP_INTERNAL);
    assert(item && stats);

    for (int picture = 0; picture < 3; picture++) {
        item->control = 0x80000000 | picture;
        ESP_ERROR_CHECK(esp_cache_msync(item, WHOLE_LINES(sizeof(*item)), ESP_CACHE_MSYNC_FLAG_DIR_C2M));
        stats->encoded++;
        /* the codec has run by now and left its result in the descriptor */
        /* BUG: the line is longer than the allocation */
        ESP_ERROR_CHECK(esp_cache_msync(item, WHOLE_LINES(sizeof(*item)), ESP_CACHE_MSYNC_FLAG_DIR_M2C));
        ESP_LOGI("jpeg", "status %08x, %d pictures", (unsigned)item->control, (int)stats->encoded);
    }
    heap_caps_free(stats);
    heap_caps_free(item);
}
