/* A LED matrix is drawn pixel by pixel into a frame in PSRAM, and each pixel is pushed out with the ROM's own routine.
 *
 * That routine takes no lock: while it works, the other core runs code from memory that is cached too.
 */
#include <assert.h>

#include "esp_heap_caps.h"
#include "rom/cache.h"

#define WIDTH 64
#define HEIGHT 32

static void draw(uint16_t *frame, int x, int y, uint16_t colour)
{
    uint16_t *pixel = &frame[y * WIDTH + x];
    *pixel = colour;
    Cache_WriteBack_Addr((uint32_t)pixel, sizeof(*pixel)); /* BUG: no lock, and once per pixel */
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
    heap_caps_free(frame);
}
