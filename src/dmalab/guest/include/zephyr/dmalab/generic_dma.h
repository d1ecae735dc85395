/* The hardware of mcu-m7's DMA controller, for firmware that brings its own driver: eight channels, one contiguous block each.
 *
 * This stands in for registers. Bytes move over time and past the cache, as under dmalab's own driver; the buffers belong to the channel from enable to
 * its interrupt. A channel used here must not be used through dma0 at the same time.
 */
#ifndef DMALAB_GENERIC_DMA_H
#define DMALAB_GENERIC_DMA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GENERIC_DMA_CHANNELS 8

/* error is 0, or 1 after a bus error. */
typedef void (*generic_dma_isr_t)(void *argument, uint32_t channel, int error);

/* Give an idle channel its block. unit: bytes of one access, a power of two. 0, -EINVAL, or -EBUSY while it runs. */
int generic_dma_load(uint32_t channel, uint64_t source, uint64_t dest, uint32_t size, uint32_t unit);
/* Begin, or go on after a pause. 0, or -EINVAL without a block. */
int generic_dma_enable(uint32_t channel);
/* Stop between two bytes, and keep the position. */
int generic_dma_pause(uint32_t channel);
/* Stop for good; the block is forgotten. */
int generic_dma_disable(uint32_t channel);
/* Bytes that have not moved yet; 0 when idle. */
uint32_t generic_dma_left(uint32_t channel);
/* Have a function called in an interrupt when the block has moved or a bus error ended it. */
int generic_dma_irq(uint32_t channel, generic_dma_isr_t isr, void *argument);

#ifdef __cplusplus
}
#endif

#endif
