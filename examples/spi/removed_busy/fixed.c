/* A display is switched off: the last frame is queued, then the device goes.
 *
 * The result is taken first.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "driver/spi_master.h"
#include "esp_heap_caps.h"
#include "esp_log.h"

#define FRAME_BYTES 1024

static const char *TAG = "removed_busy";

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
    uint8_t *black = heap_caps_calloc(1, FRAME_BYTES, MALLOC_CAP_DMA);
    assert(black);
    static spi_transaction_t transaction;
    spi_transaction_t *done;
    transaction.length = FRAME_BYTES * 8;
    transaction.tx_buffer = black;
    ESP_ERROR_CHECK(spi_device_queue_trans(device, &transaction, portMAX_DELAY));
    ESP_ERROR_CHECK(spi_device_get_trans_result(device, &done, portMAX_DELAY));
    ESP_LOGI(TAG, "off");
    heap_caps_free(black);
    close_device(device);
}
