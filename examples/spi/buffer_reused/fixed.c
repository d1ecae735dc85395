/* Lines of a display are sent from one buffer, one after the other.
 *
 * Each line is drawn when the one before has left the buffer. (Two buffers in turn would keep the wire busy.)
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "driver/spi_master.h"
#include "esp_heap_caps.h"
#include "esp_log.h"

#define LINE_BYTES 480
#define LINES 4

static const char *TAG = "buffer_reused";

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
    uint8_t *pixels = heap_caps_malloc(LINE_BYTES, MALLOC_CAP_DMA);
    assert(pixels);
    spi_transaction_t transaction = {.length = LINE_BYTES * 8, .tx_buffer = pixels}, *done;

    for (int line = 0; line < LINES; line++) {
        memset(pixels, 0x10 + line, LINE_BYTES);
        ESP_ERROR_CHECK(spi_device_queue_trans(device, &transaction, portMAX_DELAY));
        ESP_ERROR_CHECK(spi_device_get_trans_result(device, &done, portMAX_DELAY));
    }
    ESP_LOGI(TAG, "%d lines sent", LINES);
    heap_caps_free(pixels);
    close_device(device);
}
