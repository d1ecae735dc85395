/* The core's own counters. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "esp_attr.h"
#include "soc/soc_caps.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t esp_cpu_cycle_count_t;

int esp_cpu_get_core_id(void);
esp_cpu_cycle_count_t esp_cpu_get_cycle_count(void);

static inline bool esp_cpu_dbgr_is_attached(void)
{
    return false;
}

static inline bool esp_cpu_compare_and_set(volatile uint32_t *addr, uint32_t compare_value, uint32_t new_value)
{
    return __sync_bool_compare_and_swap(addr, compare_value, new_value);
}

#ifdef __cplusplus
}
#endif
