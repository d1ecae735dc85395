/* What the eFuses say about the chip: set by --option flash_encryption and --option revision. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sdkconfig.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline bool efuse_hal_flash_encryption_enabled(void)
{
#if CONFIG_SECURE_FLASH_ENC_ENABLED
    return true;
#else
    return false;
#endif
}

/* major * 100 + minor; 0 where dmalab does not tell revisions apart. */
static inline uint32_t efuse_hal_chip_revision(void)
{
#ifdef DMALAB_CHIP_REVISION
    return DMALAB_CHIP_REVISION;
#else
    return 0;
#endif
}

static inline uint32_t efuse_hal_get_major_chip_version(void)
{
    return efuse_hal_chip_revision() / 100;
}

static inline uint32_t efuse_hal_get_minor_chip_version(void)
{
    return efuse_hal_chip_revision() % 100;
}

#ifdef __cplusplus
}
#endif
