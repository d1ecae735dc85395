/* Receiving into buffers that share cache lines with other data. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "esp_dma_utils.h"
#include "esp_err.h"
#include "esp_idf_version.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    void *aligned_buffer;   /* where the engine writes; NULL for a part that is not needed */
    void *recovery_address; /* where those bytes belong */
    size_t length;
} dma_aligned_buffer_t;

typedef struct {
    union {
        struct {
            dma_aligned_buffer_t head;
            dma_aligned_buffer_t body;
            dma_aligned_buffer_t tail;
        } buf;
        dma_aligned_buffer_t aligned_buffer[3];
    };
} dma_buffer_split_array_t;

esp_err_t esp_dma_split_rx_buffer_to_cache_aligned(void *rx_buffer, size_t buffer_len, dma_buffer_split_array_t *align_buf_array,
                                                   uint8_t **ret_stash_buffer);
esp_err_t esp_dma_merge_aligned_rx_buffers(dma_buffer_split_array_t *align_buf_array);

/* The first form: stash and alignment are the caller's. */
esp_err_t esp_dma_split_buffer_to_aligned(void *input_buffer, size_t input_buffer_len, void *stash_buffer, size_t stash_buffer_len,
                                          size_t split_alignment, dma_buffer_split_array_t *align_buf_array);
esp_err_t esp_dma_merge_aligned_buffers(dma_buffer_split_array_t *align_buf_array);

/* Descriptors that a buffer needs; 0 for an alignment that is no power of two. */
uint32_t esp_dma_calculate_node_count(size_t buffer_size, size_t buffer_alignment, size_t max_buffer_size_per_node);

#ifdef __cplusplus
}
#endif
