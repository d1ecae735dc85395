/* A helper asks for memory that is external and good for engines, and every caller trusts it.
 *
 * In this release no heap has both capabilities: NULL, and the caller falls over it.
 */
#include <assert.h>
#include <string.h>

#include "esp_heap_caps.h"
#include "esp_log.h"

#define PICTURE_BYTES (64 * 1024)

static void *picture_alloc(size_t size)
{
    return heap_caps_malloc(size, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA); /* BUG */
}

void app_main(void)
{
    uint8_t *picture = picture_alloc(PICTURE_BYTES);
    memset(picture, 0xff, PICTURE_BYTES);
    ESP_LOGI("codec", "cleared %d bytes", PICTURE_BYTES);
    heap_caps_free(picture);
}
