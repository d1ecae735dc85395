/* Of flash encryption only whether it is on. */
#pragma once

#include "hal/efuse_hal.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline bool esp_flash_encryption_enabled(void)
{
    return efuse_hal_flash_encryption_enabled();
}

#ifdef __cplusplus
}
#endif
