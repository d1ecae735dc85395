/* Of the cache's hardware layer only its lines: maintenance goes through esp_cache.h. */
#pragma once

#include <stdint.h>

#include "dmalab/target.h"
#include "hal/cache_ll.h"
#include "hal/cache_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes; 0 for memory that is not behind a cache. */
static inline uint32_t cache_hal_get_cache_line_size(uint32_t cache_level, cache_type_t type)
{
    (void)type;
    return cache_level == CACHE_LL_LEVEL_INT_MEM ? DMALAB_INTERNAL_LINE : DMALAB_EXTERNAL_LINE;
}

#ifdef __cplusplus
}
#endif
