/* The blocks of a digest are prepared in a local array and fed to the engine by a function that returns at once.
 *
 * The next call's locals lie where the block was, and the engine digests those.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define BLOCK_BYTES 256

static DMA_ATTR uint8_t engine_input[BLOCK_BYTES] __attribute__((aligned(64)));

static IRAM_ATTR bool on_idle(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *idle)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(idle, &woken);
    return woken == pdTRUE;
}

static void feed(async_memcpy_handle_t mcp, SemaphoreHandle_t idle, const char *text)
{
    uint8_t block[BLOCK_BYTES] __attribute__((aligned(64))) = {0};
    size_t length = strlen(text);
    memcpy(block, text, length);
    block[length] = 0x80;
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, engine_input, block, sizeof(block), on_idle, idle));
    /* BUG: the engine may not have read `block` yet */
}

void app_main(void)
{
    SemaphoreHandle_t idle = xSemaphoreCreateBinary();
    assert(idle);
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));

    feed(mcp, idle, "abc");
    xSemaphoreTake(idle, portMAX_DELAY);

    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    vSemaphoreDelete(idle);
}
