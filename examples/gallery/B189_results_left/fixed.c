/* A display driver queues a transaction per stripe, and knows by a delay that they are over.
 *
 * Each result is collected before its transaction is used again.
 */
#include <assert.h>

#include "driver/spi_master.h"
#include "esp_heap_caps.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#define STRIPES 4
#define STRIPE_BYTES 64

void app_main(void)
{
    spi_bus_config_t bus = {
        .mosi_io_num = 4, .miso_io_num = -1, .sclk_io_num = 0, .quadwp_io_num = -1, .quadhd_io_num = -1,
    };
    spi_device_interface_config_t config = {.clock_speed_hz = 10 * 1000 * 1000, .spics_io_num = 5, .queue_size = 2};
    spi_device_handle_t display = NULL;
    ESP_ERROR_CHECK(spi_bus_initialize(SPI2_HOST, &bus, SPI_DMA_CH_AUTO));
    ESP_ERROR_CHECK(spi_bus_add_device(SPI2_HOST, &config, &display));
    uint8_t *stripes = heap_caps_calloc(STRIPES, STRIPE_BYTES, MALLOC_CAP_DMA);
    assert(stripes);
    spi_transaction_t transactions[STRIPES] = {0}, *done = NULL;

    for (int i = 0; i < STRIPES; i++) {
        transactions[i].length = STRIPE_BYTES * 8;
        transactions[i].tx_buffer = stripes + i * STRIPE_BYTES;
        ESP_ERROR_CHECK(spi_device_queue_trans(display, &transactions[i], portMAX_DELAY));
        ESP_ERROR_CHECK(spi_device_get_trans_result(display, &done, portMAX_DELAY));
    }
    heap_caps_free(stripes);
    ESP_ERROR_CHECK(spi_bus_remove_device(display));
    ESP_ERROR_CHECK(spi_bus_free(SPI2_HOST));
}
