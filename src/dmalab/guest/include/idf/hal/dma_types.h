/* Descriptors of linked lists as engines read them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_assert.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DMA_DESCRIPTOR_BUFFER_OWNER_CPU 0
#define DMA_DESCRIPTOR_BUFFER_OWNER_DMA 1
#define DMA_DESCRIPTOR_BUFFER_MAX_SIZE 4095
#define DMA_DESCRIPTOR_BUFFER_MAX_SIZE_4B_ALIGNED (4095 - 3)
#define DMA_DESCRIPTOR_BUFFER_MAX_SIZE_16B_ALIGNED (4095 - 15)
#define DMA_DESCRIPTOR_BUFFER_MAX_SIZE_64B_ALIGNED (4095 - 63)

#define DMA_DESCRIPTOR_FIELDS_(type)                                                                        \
    struct {                                                                                                \
        uint32_t size : 12;   /* bytes the buffer holds */                                                  \
        uint32_t length : 12; /* bytes that are valid: set by software to send, by hardware on receive */   \
        uint32_t reversed24_27 : 4;                                                                         \
        uint32_t err_eof : 1;                                                                               \
        uint32_t reserved29 : 1;                                                                            \
        uint32_t suc_eof : 1; /* the frame ends here */                                                     \
        uint32_t owner : 1;   /* who may touch the buffer */                                                \
    } dw0;                                                                                                  \
    void *buffer;                                                                                           \
    type *next; /* NULL ends the list */

typedef struct dma_descriptor_s dma_descriptor_t;
struct dma_descriptor_s {
    DMA_DESCRIPTOR_FIELDS_(dma_descriptor_t)
} __attribute__((aligned(4)));
typedef dma_descriptor_t dma_descriptor_align4_t;

typedef struct dma_descriptor_align8_s dma_descriptor_align8_t;
struct dma_descriptor_align8_s {
    DMA_DESCRIPTOR_FIELDS_(dma_descriptor_align8_t)
} __attribute__((aligned(8)));

#if __SIZEOF_POINTER__ == 4
ESP_STATIC_ASSERT(sizeof(dma_descriptor_t) == 12, "a descriptor has three words");
ESP_STATIC_ASSERT(sizeof(dma_descriptor_align8_t) == 16, "padded to its alignment");
#endif

typedef enum {
    DMA_CHANNEL_DIRECTION_TX,
    DMA_CHANNEL_DIRECTION_RX,
} dma_channel_direction_t;

/* Descriptors that `data_size` bytes need. */
static inline size_t dma_desc_get_required_num(size_t data_size, size_t max_desc_size)
{
    return (data_size + max_desc_size - 1) / max_desc_size;
}

#ifdef __cplusplus
}
#endif
