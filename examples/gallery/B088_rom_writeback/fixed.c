/* A LED matrix is drawn pixel by pixel into a frame in PSRAM, and the whole frame is written back once.
 *
 * The call takes the lock that holds the other core off, and there is one for a frame.
 */
#include <assert.h>

#include "esp_cache.h"
#include "esp_heap_caps.h"

#define WIDTH 64
#define HEIGHT 32

static void draw(uint16_t *frame, int x, int y, uint16_t colour)
{
    frame[y * WIDTH + x] = colour;
}

void app_main(void)
{
    uint16_t *frame = heap_caps_aligned_calloc(64, WIDTH * HEIGHT, sizeof(uint16_t), MALLOC_CAP_SPIRAM);
    assert(frame);
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            draw(frame, x, y, x ^ y);
        }
    }
    ESP_ERROR_CHECK(esp_cache_msync(frame, WIDTH * HEIGHT * sizeof(uint16_t), ESP_CACHE_MSYNC_FLAG_DIR_C2M));
    heap_caps_free(frame);
}
