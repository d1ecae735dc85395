/* Frames arrive in bursts, in a ring of descriptors. The task takes one frame for each wake, but a burst wakes it once.
 *
 * The ring fills up, the engine stops, and only another frame could wake the task: none will come.
 */
#include "esp_attr.h"
#include "esp_private/gdma.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "hal/dma_types.h"

#define SLOTS 4
#define BURST 3
#define FRAMES (3 * BURST)

static DMA_ATTR uint8_t wire[64], slots[SLOTS][64];
static DMA_ATTR dma_descriptor_t burst[BURST], ring[SLOTS];

static IRAM_ATTR bool on_frame(gdma_channel_handle_t channel, gdma_event_data_t *event, void *frame)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(frame, &woken);
    return woken == pdTRUE;
}

static void peer(void *tx) /* whoever sends, in bursts */
{
    for (int sent = 0; sent < FRAMES; sent += BURST) {
        for (int i = 0; i < BURST; i++) {
            dma_descriptor_t *next = i + 1 < BURST ? &burst[i + 1] : NULL;
            burst[i] = (dma_descriptor_t){.dw0 = {.size = 64, .length = 64, .suc_eof = 1, .owner = 1}, .buffer = wire, .next = next};
        }
        gdma_start(tx, (intptr_t)burst);
        vTaskDelay(2);
    }
    vTaskDelete(NULL);
}

void app_main(void)
{
    SemaphoreHandle_t frame = xSemaphoreCreateBinary();
    gdma_channel_handle_t tx, rx;
    gdma_channel_alloc_config_t config = {.direction = GDMA_CHANNEL_DIRECTION_TX, .flags.reserve_sibling = 1};
    ESP_ERROR_CHECK(gdma_new_ahb_channel(&config, &tx));
    config = (gdma_channel_alloc_config_t){.direction = GDMA_CHANNEL_DIRECTION_RX, .sibling_chan = tx};
    ESP_ERROR_CHECK(gdma_new_ahb_channel(&config, &rx));
    ESP_ERROR_CHECK(gdma_connect(rx, GDMA_MAKE_TRIGGER(GDMA_TRIG_PERIPH_M2M, 0)));
    ESP_ERROR_CHECK(gdma_connect(tx, GDMA_MAKE_TRIGGER(GDMA_TRIG_PERIPH_M2M, 0)));
    ESP_ERROR_CHECK(gdma_apply_strategy(rx, &(gdma_strategy_config_t){.owner_check = true, .auto_update_desc = true}));
    ESP_ERROR_CHECK(gdma_register_rx_event_callbacks(rx, &(gdma_rx_event_callbacks_t){.on_recv_eof = on_frame}, frame));
    for (int i = 0; i < SLOTS; i++)
        ring[i] = (dma_descriptor_t){.dw0 = {.size = 64, .owner = 1}, .buffer = slots[i], .next = &ring[(i + 1) % SLOTS]};
    ESP_ERROR_CHECK(gdma_start(rx, (intptr_t)ring));
    xTaskCreate(peer, "peer", 2048, tx, 1, NULL);
    for (int taken = 0; taken < FRAMES;) {
        xSemaphoreTake(frame, portMAX_DELAY);
        ring[taken++ % SLOTS].dw0.owner = 1; /* BUG: one frame, but the semaphore is binary */
    }
}
