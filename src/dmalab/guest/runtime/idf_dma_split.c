/* esp_private/esp_dma_utils.h. The machine answers where each part of a split buffer lies. */
#include "esp_private/esp_dma_utils.h"

#include "idf_stub.h"

enum { ALIGNED, RECOVERY, LENGTH };

/* Fills the array; `stash` is what the split was made with. */
#define STORE_PARTS(array, buffer, size, stash, align)                                                                     \
    for (uint32_t part_ = 0; part_ < 3; part_++) {                                                                         \
        dma_aligned_buffer_t one_ = {                                                                                      \
            AS_POINTER(void *, DL_CALL(esp_dma_split_part, buffer, size, stash, align, part_, ALIGNED)),                   \
            AS_POINTER(void *, DL_CALL(esp_dma_split_part, buffer, size, stash, align, part_, RECOVERY)),                  \
            (size_t)DL_CALL(esp_dma_split_part, buffer, size, stash, align, part_, LENGTH)};                               \
        STORE(&(array)->aligned_buffer[part_], one_);                                                                      \
    }

esp_err_t esp_dma_split_rx_buffer_to_cache_aligned(void *rx_buffer, size_t buffer_len, dma_buffer_split_array_t *align_buf_array,
                                                   uint8_t **ret_stash_buffer)
{
    uint8_t *given = NULL;
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
    if (ret_stash_buffer) {
        SEES(ret_stash_buffer, sizeof *ret_stash_buffer);
        given = *ret_stash_buffer;
    }
#endif
    const uint64_t answer = DL_CALL(esp_dma_split_rx_buffer, rx_buffer, buffer_len, given, align_buf_array && ret_stash_buffer);
    if (LOW(answer) != ESP_OK)
        return LOW(answer);
    STORE_PARTS(align_buf_array, rx_buffer, buffer_len, HIGH(answer), 0);
    STORE(ret_stash_buffer, AS_POINTER(uint8_t *, HIGH(answer)));
    return ESP_OK;
}

esp_err_t esp_dma_split_buffer_to_aligned(void *input_buffer, size_t input_buffer_len, void *stash_buffer, size_t stash_buffer_len,
                                          size_t split_alignment, dma_buffer_split_array_t *align_buf_array)
{
    const uint64_t answer = DL_CALL(esp_dma_split_buffer, input_buffer, input_buffer_len, stash_buffer, stash_buffer_len,
                                    split_alignment, align_buf_array != NULL);
    if (LOW(answer) != ESP_OK)
        return LOW(answer);
    STORE_PARTS(align_buf_array, input_buffer, input_buffer_len, stash_buffer, split_alignment);
    return ESP_OK;
}

#define MERGE(array)                                                                                             \
    do {                                                                                                         \
        if (!(array))                                                                                            \
            return ESP_ERR_INVALID_ARG;                                                                          \
        SEES(array, sizeof *(array));                                                                            \
        DL_CALL(esp_dma_merge_begin);                                                                            \
        for (int part_ = 0; part_ < 3; part_++) {                                                                \
            const dma_aligned_buffer_t one_ = (array)->aligned_buffer[part_];                                    \
            if (one_.aligned_buffer && one_.recovery_address)                                                    \
                DL_CALL(esp_dma_merge_part, one_.recovery_address, one_.aligned_buffer, one_.length);            \
        }                                                                                                        \
        return ESP_OK;                                                                                           \
    } while (0)

esp_err_t esp_dma_merge_aligned_rx_buffers(dma_buffer_split_array_t *align_buf_array)
{
    MERGE(align_buf_array);
}

esp_err_t esp_dma_merge_aligned_buffers(dma_buffer_split_array_t *align_buf_array)
{
    MERGE(align_buf_array);
}

uint32_t esp_dma_calculate_node_count(size_t buffer_size, size_t buffer_alignment, size_t max_buffer_size_per_node)
{
    return (uint32_t)DL_CALL(esp_dma_calculate_node_count, buffer_size, buffer_alignment, max_buffer_size_per_node);
}
