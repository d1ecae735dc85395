/* esp_cache.h, esp_private/esp_cache_private.h and esp_dma_utils.h. */
#include <stdarg.h>
#include <stdbool.h>

#include "esp_dma_utils.h"
#include "esp_private/esp_cache_private.h"
#include "idf_stub.h"

esp_err_t esp_cache_msync(void *addr, size_t size, int flags)
{
    return (esp_err_t)DL_CALL(esp_cache_msync, addr, size, flags);
}

size_t esp_cache_get_line_size_by_addr(const void *addr)
{
    return (size_t)DL_CALL(esp_cache_get_line_size_by_addr, addr);
}

esp_err_t esp_cache_get_alignment(uint32_t heap_caps, size_t *out_alignment)
{
    const uint64_t answer = DL_CALL(esp_cache_get_alignment, heap_caps, out_alignment != NULL);
    if (LOW(answer) == ESP_OK)
        STORE(out_alignment, (size_t)HIGH(answer));
    return LOW(answer);
}

/* Stores the block and, for who asked, its real size. */
#define STORE_BLOCK(answer, out_ptr, actual_size)                                          \
    do {                                                                                   \
        if (LOW(answer) != ESP_OK)                                                         \
            break;                                                                         \
        if (actual_size)                                                                   \
            STORE(actual_size, (size_t)DL_CALL(esp_dma_actual_size, HIGH(answer)));        \
        STORE(out_ptr, AS_POINTER(void *, HIGH(answer)));                                  \
    } while (0)

esp_err_t esp_cache_aligned_malloc(size_t size, uint32_t heap_caps, void **out_ptr, size_t *actual_size)
{
    const uint64_t answer = DL_CALL(esp_cache_aligned_malloc, size, heap_caps, out_ptr != NULL);
    STORE_BLOCK(answer, out_ptr, actual_size);
    return LOW(answer);
}

esp_err_t esp_cache_aligned_calloc(size_t n, size_t size, uint32_t heap_caps, void **out_ptr, size_t *actual_size)
{
    const uint64_t answer = DL_CALL(esp_cache_aligned_calloc, n, size, heap_caps, out_ptr != NULL);
    STORE_BLOCK(answer, out_ptr, actual_size);
    return LOW(answer);
}

esp_err_t esp_cache_aligned_malloc_prefer(size_t size, void **out_ptr, size_t *actual_size, size_t flag_nums, ...)
{
    uint64_t answer = (uint32_t)ESP_ERR_INVALID_ARG;
    va_list choices;
    va_start(choices, flag_nums);
    for (size_t i = 0; i < flag_nums; i++) {
        answer = DL_CALL(esp_cache_aligned_malloc, size, va_arg(choices, uint32_t), out_ptr != NULL);
        if (LOW(answer) != ESP_ERR_NO_MEM)
            break;
    }
    va_end(choices);
    STORE_BLOCK(answer, out_ptr, actual_size);
    return LOW(answer);
}

esp_err_t esp_cache_aligned_calloc_prefer(size_t n, size_t size, void **out_ptr, size_t *actual_size, size_t flag_nums, ...)
{
    uint64_t answer = (uint32_t)ESP_ERR_INVALID_ARG;
    va_list choices;
    va_start(choices, flag_nums);
    for (size_t i = 0; i < flag_nums; i++) {
        answer = DL_CALL(esp_cache_aligned_calloc, n, size, va_arg(choices, uint32_t), out_ptr != NULL);
        if (LOW(answer) != ESP_ERR_NO_MEM)
            break;
    }
    va_end(choices);
    STORE_BLOCK(answer, out_ptr, actual_size);
    return LOW(answer);
}

esp_err_t esp_dma_capable_malloc(size_t size, const esp_dma_mem_info_t *dma_mem_info, void **out_ptr, size_t *actual_size)
{
    if (dma_mem_info)
        SEES(dma_mem_info, sizeof *dma_mem_info);
    const esp_dma_mem_info_t info = dma_mem_info ? *dma_mem_info : (esp_dma_mem_info_t){0};
    const uint64_t answer = DL_CALL(esp_dma_capable_malloc, size, dma_mem_info != NULL, info.extra_heap_caps,
                                    info.dma_alignment_bytes, out_ptr != NULL);
    STORE_BLOCK(answer, out_ptr, actual_size);
    return LOW(answer);
}

esp_err_t esp_dma_capable_calloc(size_t calloc_num, size_t size, const esp_dma_mem_info_t *dma_mem_info, void **out_ptr,
                                 size_t *actual_size)
{
    if (dma_mem_info)
        SEES(dma_mem_info, sizeof *dma_mem_info);
    const esp_dma_mem_info_t info = dma_mem_info ? *dma_mem_info : (esp_dma_mem_info_t){0};
    const uint64_t answer = DL_CALL(esp_dma_capable_calloc, calloc_num, size, dma_mem_info != NULL, info.extra_heap_caps,
                                    info.dma_alignment_bytes, out_ptr != NULL);
    STORE_BLOCK(answer, out_ptr, actual_size);
    return LOW(answer);
}

bool esp_dma_is_buffer_alignment_satisfied(const void *ptr, size_t size, esp_dma_mem_info_t info)
{
    return DL_CALL(esp_dma_is_buffer_alignment_satisfied, ptr, size, info.extra_heap_caps, info.dma_alignment_bytes) != 0;
}

esp_err_t esp_dma_malloc(size_t size, uint32_t flags, void **out_ptr, size_t *actual_size)
{
    const uint64_t answer = DL_CALL(esp_dma_malloc, size, flags, out_ptr != NULL);
    STORE_BLOCK(answer, out_ptr, actual_size);
    return LOW(answer);
}

esp_err_t esp_dma_calloc(size_t n, size_t size, uint32_t flags, void **out_ptr, size_t *actual_size)
{
    const uint64_t answer = DL_CALL(esp_dma_calloc, n, size, flags, out_ptr != NULL);
    STORE_BLOCK(answer, out_ptr, actual_size);
    return LOW(answer);
}

bool esp_dma_is_buffer_aligned(const void *ptr, size_t size, esp_dma_buf_location_t location)
{
    return DL_CALL(esp_dma_is_buffer_aligned, ptr, size, location) != 0;
}
