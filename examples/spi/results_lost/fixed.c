/* A burst of samples is queued, and one result is taken to know that "it is done".
 *
 * Never more than queue_size transactions are on the way, and every result is taken.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "driver/spi_master.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#define SAMPLES 4
#define SAMPLE_BYTES 16

static const char *TAG = "results_lost";

static spi_device_handle_t open_device(void)
{
    spi_bus_config_t bus = {
        .mosi_io_num = 4, .miso_io_num = 2, .sclk_io_num = 0, .quadwp_io_num = -1, .quadhd_io_num = -1,
    };
    spi_device_interface_config_t config = {
        .clock_speed_hz = 1 * 1000 * 1000,
        .spics_io_num = 5,
        .queue_size = 2,
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
    uint8_t *samples = heap_caps_calloc(SAMPLES, SAMPLE_BYTES, MALLOC_CAP_DMA);
    assert(samples);
    spi_transaction_t transactions[SAMPLES] = {0}, *done;

    for (int i = 0; i < SAMPLES; i++) {
        transactions[i].length = SAMPLE_BYTES * 8;
        transactions[i].rx_buffer = samples + i * SAMPLE_BYTES;
        if (i >= 2)
            ESP_ERROR_CHECK(spi_device_get_trans_result(device, &done, portMAX_DELAY));
        ESP_ERROR_CHECK(spi_device_queue_trans(device, &transactions[i], portMAX_DELAY));
    }
    for (int i = 0; i < 2; i++)
        ESP_ERROR_CHECK(spi_device_get_trans_result(device, &done, portMAX_DELAY));
    ESP_LOGI(TAG, "%d samples taken", SAMPLES);
    heap_caps_free(samples);
    close_device(device);
}
