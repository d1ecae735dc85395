/* Samples arrive in a slot. The reader gives the slot back to the engine, so that nothing gets lost, and copies it out.
 *
 * Copied out first, the slot is the reader's until it has been read.
 */
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define SLOT_BYTES 2048
#define ROUNDS 4

static DMA_ATTR uint8_t converter[SLOT_BYTES] __attribute__((aligned(64)));
static DMA_ATTR uint8_t slot[SLOT_BYTES] __attribute__((aligned(64)));

static IRAM_ATTR bool on_full(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *full)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(full, &woken);
    return woken == pdTRUE;
}

static void give_to_engine(async_memcpy_handle_t mcp, SemaphoreHandle_t full)
{
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, slot, converter, SLOT_BYTES, on_full, full));
}

void app_main(void)
{
    SemaphoreHandle_t full = xSemaphoreCreateBinary();
    uint8_t *block = malloc(SLOT_BYTES);
    assert(full && block);
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));

    give_to_engine(mcp, full);
    for (int round = 0; round < ROUNDS; round++) {
        xSemaphoreTake(full, portMAX_DELAY);
        memcpy(block, slot, SLOT_BYTES);
        give_to_engine(mcp, full);
    }
    xSemaphoreTake(full, portMAX_DELAY);
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    free(block);
    vSemaphoreDelete(full);
}
