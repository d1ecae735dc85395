/* Hosts, lines and clock sources of the SPI controllers. */
#pragma once

#include <stdint.h>

#include "esp_bit_defs.h"
#include "soc/soc_caps.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    SPI1_HOST = 0, /* belongs to the flash */
    SPI2_HOST = 1,
#if SOC_SPI_PERIPH_NUM > 2
    SPI3_HOST = 2,
#endif
    SPI_HOST_MAX,
} spi_host_device_t;

typedef enum {
    SPI_CLK_SRC_DEFAULT = 0,
} spi_clock_source_t;

typedef enum {
    SPI_SAMPLING_POINT_PHASE_0 = 0,
    SPI_SAMPLING_POINT_PHASE_1,
} spi_sampling_point_t;

typedef struct {
    uint8_t cmd_lines;
    uint8_t addr_lines;
    uint8_t data_lines;
} spi_line_mode_t;

#ifdef __cplusplus
}
#endif
