/* SPI buses: set-up, memory for their DMA. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_idf_version.h"
#include "esp_intr_alloc.h"
#include "hal/spi_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SPI_MAX_DMA_LEN (4096 - 4)

#define SPI_SWAP_DATA_TX(data, length) (__builtin_bswap32((uint32_t)(data) << (32 - (length))))
#define SPI_SWAP_DATA_RX(data, length) (__builtin_bswap32(data) >> (32 - (length)))

#define SPICOMMON_BUSFLAG_SLAVE 0
#define SPICOMMON_BUSFLAG_MASTER (1 << 0)
#define SPICOMMON_BUSFLAG_IOMUX_PINS (1 << 1)
#define SPICOMMON_BUSFLAG_SCLK (1 << 2)
#define SPICOMMON_BUSFLAG_MISO (1 << 3)
#define SPICOMMON_BUSFLAG_MOSI (1 << 4)
#define SPICOMMON_BUSFLAG_DUAL (1 << 5)
#define SPICOMMON_BUSFLAG_WPHD (1 << 6)
#define SPICOMMON_BUSFLAG_QUAD (SPICOMMON_BUSFLAG_DUAL | SPICOMMON_BUSFLAG_WPHD)
#define SPICOMMON_BUSFLAG_IO4_IO7 (1 << 7)
#define SPICOMMON_BUSFLAG_OCTAL (SPICOMMON_BUSFLAG_QUAD | SPICOMMON_BUSFLAG_IO4_IO7)
#define SPICOMMON_BUSFLAG_NATIVE_PINS SPICOMMON_BUSFLAG_IOMUX_PINS

typedef enum {
    SPI_DMA_DISABLED = 0,
    SPI_DMA_CH1 = 1,
    SPI_DMA_CH2 = 2,
    SPI_DMA_CH_AUTO = 3,
} spi_common_dma_t;
typedef spi_common_dma_t spi_dma_chan_t;

typedef struct {
    union {
        int mosi_io_num;
        int data0_io_num;
    };
    union {
        int miso_io_num;
        int data1_io_num;
    };
    int sclk_io_num; /* -1 for none, as everywhere here */
    union {
        int quadwp_io_num;
        int data2_io_num;
    };
    union {
        int quadhd_io_num;
        int data3_io_num;
    };
    int data4_io_num; /* 4 to 7 count only with SPICOMMON_BUSFLAG_OCTAL */
    int data5_io_num;
    int data6_io_num;
    int data7_io_num;
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 2, 0)
    bool data_io_default_level;
#endif
    int max_transfer_sz; /* bytes; 0 for 4092 with DMA */
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 1, 0)
    size_t dma_burst_size; /* 0 for 32 */
#endif
    uint32_t flags;
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 0, 0)
    int isr_cpu_id;
#endif
    int intr_flags;
} spi_bus_config_t;

esp_err_t spi_bus_initialize(spi_host_device_t host_id, const spi_bus_config_t *bus_config, spi_dma_chan_t dma_chan);
esp_err_t spi_bus_free(spi_host_device_t host_id);

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 4, 0)
/* Zeroed memory the DMA of this bus works with as it is; free it with free(). */
void *spi_bus_dma_memory_alloc(spi_host_device_t host_id, size_t size, uint32_t extra_heap_caps);
#endif

#ifdef __cplusplus
}
#endif
