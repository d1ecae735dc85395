/* Synchronising a range between the data cache and memory. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dmalab/lacks.h"
#include "esp_bit_defs.h"
#include "esp_err.h"
#include "esp_idf_version.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ESP_CACHE_MSYNC_FLAG_INVALIDATE BIT(0)
#define ESP_CACHE_MSYNC_FLAG_UNALIGNED BIT(1)
#define ESP_CACHE_MSYNC_FLAG_DIR_C2M BIT(2)
#define ESP_CACHE_MSYNC_FLAG_DIR_M2C BIT(3)
#define ESP_CACHE_MSYNC_FLAG_TYPE_DATA BIT(4)
#define ESP_CACHE_MSYNC_FLAG_TYPE_INST BIT(5)

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 1, 0)
DL_NOT_IN_RELEASE("it came with v5.1; rom/cache.h has what there was")
#endif
esp_err_t esp_cache_msync(void *addr, size_t size, int flags);
/* Line size in bytes that serves this address, 0 where no data cache does. */
size_t esp_cache_get_line_size_by_addr(const void *addr);

#ifdef __cplusplus
}
#endif
