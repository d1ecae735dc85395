/* Engines, their channels and what they serve. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "soc/gdma_channel.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    GDMA_TRIG_PERIPH_M2M, /* memory to memory */
    GDMA_TRIG_PERIPH_UART,
    GDMA_TRIG_PERIPH_UHCI,
    GDMA_TRIG_PERIPH_SPI,
    GDMA_TRIG_PERIPH_I2S,
    GDMA_TRIG_PERIPH_AES,
    GDMA_TRIG_PERIPH_SHA,
    GDMA_TRIG_PERIPH_ADC,
    GDMA_TRIG_PERIPH_DAC,
    GDMA_TRIG_PERIPH_LCD,
    GDMA_TRIG_PERIPH_CAM,
    GDMA_TRIG_PERIPH_RMT,
    GDMA_TRIG_PERIPH_PARLIO,
    GDMA_TRIG_PERIPH_I3C,
} gdma_trigger_peripheral_t;

typedef enum {
    GDMA_CHANNEL_DIRECTION_TX, /* memory to the outside */
    GDMA_CHANNEL_DIRECTION_RX,
} gdma_channel_direction_t;

typedef enum {
    GDMA_ETM_EVENT_EOF,
} gdma_etm_event_type_t;

typedef enum {
    GDMA_ETM_TASK_START,
} gdma_etm_task_type_t;

#ifdef __cplusplus
}
#endif
