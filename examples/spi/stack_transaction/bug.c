/* A helper queues a command and returns; the results are collected later.
 *
 * The transaction lies on the helper's stack. The driver keeps a pointer to it, and reads it after the frame is gone.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "driver/spi_master.h"
#include "esp_heap_caps.h"
#include "esp_log.h"

static const char *TAG = "stack_transaction";
static const uint8_t COMMANDS[] = {0x11, 0x29, 0x2c};

static spi_device_handle_t open_device(void)
{
    spi_bus_config_t bus = {
        .mosi_io_num = 4, .miso_io_num = 2, .sclk_io_num = 0, .quadwp_io_num = -1, .quadhd_io_num = -1,
    };
    spi_device_interface_config_t config = {
        .clock_speed_hz = 100 * 1000,
        .spics_io_num = 5,
        .queue_size = 3,
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

static void send_command(spi_device_handle_t device, uint8_t command)
{
    spi_transaction_t transaction = {.flags = SPI_TRANS_USE_TXDATA, .length = 8, .tx_data = {command}};
    ESP_ERROR_CHECK(spi_device_queue_trans(device, &transaction, portMAX_DELAY));
} /* BUG: the transaction ends here, and is not sent yet */

void app_main(void)
{
    spi_device_handle_t device = open_device();
    spi_transaction_t *done;
    for (size_t i = 0; i < sizeof COMMANDS; i++) {
        send_command(device, COMMANDS[i]);
        ESP_LOGI(TAG, "command %02x queued", COMMANDS[i]);
        ESP_ERROR_CHECK(spi_device_get_trans_result(device, &done, portMAX_DELAY));
    }
    close_device(device);
}
