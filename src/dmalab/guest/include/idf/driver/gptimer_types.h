/* What timers and their callbacks are made of. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct gptimer_t *gptimer_handle_t;

typedef enum {
    GPTIMER_CLK_SRC_DEFAULT,
    GPTIMER_CLK_SRC_APB,
    GPTIMER_CLK_SRC_XTAL,
} gptimer_clock_source_t;

typedef enum {
    GPTIMER_COUNT_DOWN,
    GPTIMER_COUNT_UP,
} gptimer_count_direction_t;

typedef enum {
    GPTIMER_ETM_TASK_START_COUNT,
    GPTIMER_ETM_TASK_STOP_COUNT,
    GPTIMER_ETM_TASK_EN_ALARM,
    GPTIMER_ETM_TASK_RELOAD,
    GPTIMER_ETM_TASK_CAPTURE,
    GPTIMER_ETM_TASK_MAX,
} gptimer_etm_task_type_t;

typedef enum {
    GPTIMER_ETM_EVENT_ALARM_MATCH,
    GPTIMER_ETM_EVENT_MAX,
} gptimer_etm_event_type_t;

typedef struct {
    uint64_t count_value;
    uint64_t alarm_value;
} gptimer_alarm_event_data_t;

typedef bool (*gptimer_alarm_cb_t)(gptimer_handle_t timer, const gptimer_alarm_event_data_t *edata, void *user_ctx);
