/* A long message takes two descriptors. Each of them is filled in, and the last one ends the frame.
 *
 * With the link between them the engine gets to the end of the frame.
 */
#include <assert.h>

#include "esp_attr.h"
#include "esp_private/gdma.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "hal/dma_types.h"

#define PART 2048

static DMA_ATTR uint8_t message[2 * PART], outbox[2 * PART];
static DMA_ATTR dma_descriptor_t to_send[2], to_fill[2];

static IRAM_ATTR bool on_eof(gdma_channel_handle_t channel, gdma_event_data_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

static void fill_in(dma_descriptor_t *list, uint8_t *buffer)
{
    for (int i = 0; i < 2; i++) {
        list[i].dw0.size = list[i].dw0.length = PART;
        list[i].dw0.suc_eof = i == 1;
        list[i].dw0.owner = DMA_DESCRIPTOR_BUFFER_OWNER_DMA;
        list[i].buffer = buffer + i * PART;
        list[i].next = i == 0 ? &list[1] : NULL;
    }
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    gdma_channel_handle_t tx = NULL, rx = NULL;
    gdma_channel_alloc_config_t config = {.direction = GDMA_CHANNEL_DIRECTION_TX, .flags.reserve_sibling = 1};
    ESP_ERROR_CHECK(gdma_new_ahb_channel(&config, &tx));
    config = (gdma_channel_alloc_config_t){.direction = GDMA_CHANNEL_DIRECTION_RX, .sibling_chan = tx};
    ESP_ERROR_CHECK(gdma_new_ahb_channel(&config, &rx));
    ESP_ERROR_CHECK(gdma_connect(rx, GDMA_MAKE_TRIGGER(GDMA_TRIG_PERIPH_M2M, 0)));
    ESP_ERROR_CHECK(gdma_connect(tx, GDMA_MAKE_TRIGGER(GDMA_TRIG_PERIPH_M2M, 0)));
    gdma_rx_event_callbacks_t callbacks = {.on_recv_eof = on_eof};
    ESP_ERROR_CHECK(gdma_register_rx_event_callbacks(rx, &callbacks, done));
    fill_in(to_send, message);
    fill_in(to_fill, outbox);
    ESP_ERROR_CHECK(gdma_start(rx, (intptr_t)to_fill));
    ESP_ERROR_CHECK(gdma_start(tx, (intptr_t)to_send));
    xSemaphoreTake(done, portMAX_DELAY);
    ESP_ERROR_CHECK(gdma_del_channel(tx));
    ESP_ERROR_CHECK(gdma_del_channel(rx));
    vSemaphoreDelete(done);
}
