/* An identification of five bytes is read into a structure.
 *
 * This chip's DMA receives whole words: it writes eight bytes, and the members behind the five change.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "driver/spi_master.h"
#include "esp_heap_caps.h"
#include "esp_log.h"

static const char *TAG = "odd_receive";

static spi_device_handle_t open_device(void)
{
    spi_bus_config_t bus = {
        .mosi_io_num = 4, .miso_io_num = 2, .sclk_io_num = 0, .quadwp_io_num = -1, .quadhd_io_num = -1,
    };
    spi_device_interface_config_t config = {
        .clock_speed_hz = 8 * 1000 * 1000,
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

void app_main(void)
{
    spi_device_handle_t device = open_device();
    struct {
        uint8_t identity[5];
        uint8_t retries[3];
    } state __attribute__((aligned(4))) = {.retries = {1, 2, 3}};
    spi_transaction_t transaction = {.length = 5 * 8, .rx_buffer = state.identity}; /* BUG: no word multiple */
    ESP_ERROR_CHECK(spi_device_transmit(device, &transaction));
    ESP_LOGI(TAG, "identity %02x, %d retries", state.identity[0], state.retries[0]);
    close_device(device);
}
