/* Of the eFuse driver only the question whether the flash is encrypted. */
#pragma once

#include "hal/efuse_hal.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline bool esp_efuse_is_flash_encryption_enabled(void)
{
    return efuse_hal_flash_encryption_enabled();
}

#ifdef __cplusplus
}
#endif
