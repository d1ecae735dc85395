/* External RAM. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* At start-up already, as by default. */
static inline esp_err_t esp_psram_init(void)
{
    return ESP_ERR_INVALID_STATE;
}

bool esp_psram_is_initialized(void);
/* Bytes fitted; 0 without any. */
size_t esp_psram_get_size(void);

#ifdef __cplusplus
}
#endif
