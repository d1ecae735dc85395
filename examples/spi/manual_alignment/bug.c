/* A frame with a three-byte header is received straight into place; bounce buffers are switched off to save time.
 *
 * The payload begins at an odd address. The driver refuses, nobody looks, and the program reads what was there before.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "driver/spi_master.h"
#include "esp_heap_caps.h"
#include "esp_log.h"

#define PAYLOAD_BYTES 64
#define HEADER_BYTES 3

static const char *TAG = "manual_alignment";

static spi_device_handle_t open_device(void)
{
    spi_bus_config_t bus = {
        .mosi_io_num = 4, .miso_io_num = 2, .sclk_io_num = 0, .quadwp_io_num = -1, .quadhd_io_num = -1,
    };
    spi_device_interface_config_t config = {
        .clock_speed_hz = 1 * 1000 * 1000,
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
    uint8_t *frame = heap_caps_aligned_calloc(64, 1, HEADER_BYTES + PAYLOAD_BYTES, MALLOC_CAP_DMA);
    assert(frame);
    uint8_t *payload = frame + HEADER_BYTES;
    spi_transaction_t transaction = {
        .flags = SPI_TRANS_DMA_BUFFER_ALIGN_MANUAL,
        .length = PAYLOAD_BYTES * 8,
        .rx_buffer = payload,
    };
    spi_device_transmit(device, &transaction); /* BUG: refused, and the result is not looked at */
    ESP_LOGI(TAG, "first byte %02x", payload[0]);
    heap_caps_free(frame);
    close_device(device);
}
