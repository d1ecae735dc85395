/* Cache-aligned memory and the alignment it needs. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dmalab/lacks.h"
#include "esp_bit_defs.h"
#include "esp_cache.h"
#include "esp_err.h"
#include "esp_heap_caps.h"

#ifdef __cplusplus
extern "C" {
#endif

esp_err_t esp_cache_get_alignment(uint32_t heap_caps, size_t *out_alignment);
DL_ALIGNED_BY_CAPS
esp_err_t esp_cache_aligned_malloc(size_t size, uint32_t heap_caps, void **out_ptr, size_t *actual_size);
DL_ALIGNED_BY_CAPS
esp_err_t esp_cache_aligned_calloc(size_t n, size_t size, uint32_t heap_caps, void **out_ptr, size_t *actual_size);
DL_ALIGNED_BY_CAPS
esp_err_t esp_cache_aligned_malloc_prefer(size_t size, void **out_ptr, size_t *actual_size, size_t flag_nums, ...);
DL_ALIGNED_BY_CAPS
esp_err_t esp_cache_aligned_calloc_prefer(size_t n, size_t size, void **out_ptr, size_t *actual_size, size_t flag_nums,
                                          ...);

#ifdef __cplusplus
}
#endif
