/* A stop-watch of ESP-IDF's tests that discounts cache misses on the chip. Here it is the time of the chip's clock. */
#pragma once

#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ESP_ERR_INVALID_STATE when it runs already. */
esp_err_t ccomp_timer_start(void);
/* Microseconds since the start; -1 when it does not run. */
int64_t ccomp_timer_stop(void);
int64_t ccomp_timer_get_time(void);

#ifdef __cplusplus
}
#endif
