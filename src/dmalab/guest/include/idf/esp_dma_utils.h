/* Memory that suits both an engine and the cache. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dmalab/lacks.h"
#include "esp_bit_defs.h"
#include "esp_err.h"
#include "esp_heap_caps.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int extra_heap_caps;
    size_t dma_alignment_bytes;
} esp_dma_mem_info_t;

typedef enum {
    ESP_DMA_BUF_LOCATION_INTERNAL,
    ESP_DMA_BUF_LOCATION_PSRAM,
    ESP_DMA_BUF_LOCATION_AUTO,
} esp_dma_buf_location_t;

#define ESP_DMA_MALLOC_FLAG_PSRAM BIT(0)

DL_ALIGNED_BY_CAPS
esp_err_t esp_dma_capable_malloc(size_t size, const esp_dma_mem_info_t *dma_mem_info, void **out_ptr, size_t *actual_size);
DL_ALIGNED_BY_CAPS
esp_err_t esp_dma_capable_calloc(size_t calloc_num, size_t size, const esp_dma_mem_info_t *dma_mem_info, void **out_ptr,
                                 size_t *actual_size);
DL_ALIGNED_BY_CAPS
bool esp_dma_is_buffer_alignment_satisfied(const void *ptr, size_t size, esp_dma_mem_info_t dma_mem_info);

DL_ALIGNED_BY_CAPS
esp_err_t esp_dma_malloc(size_t size, uint32_t flags, void **out_ptr, size_t *actual_size)
    __attribute__((deprecated("use esp_dma_capable_malloc()")));
DL_ALIGNED_BY_CAPS
esp_err_t esp_dma_calloc(size_t n, size_t size, uint32_t flags, void **out_ptr, size_t *actual_size)
    __attribute__((deprecated("use esp_dma_capable_calloc()")));
DL_ALIGNED_BY_CAPS
bool esp_dma_is_buffer_aligned(const void *ptr, size_t size, esp_dma_buf_location_t location)
    __attribute__((deprecated("use esp_dma_is_buffer_alignment_satisfied()")));

#ifdef __cplusplus
}
#endif
