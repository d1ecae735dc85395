/* dmalab/generic_dma.h: the controller's hardware, for the firmware's own drivers. */
#include <dmalab/generic_dma.h>

#include "zephyr_stub.h"

int generic_dma_load(uint32_t channel, uint64_t source, uint64_t dest, uint32_t size, uint32_t unit)
{
    return (int)DL_CALL(generic_dma_load, channel, source, dest, size, unit);
}

int generic_dma_enable(uint32_t channel)
{
    return (int)DL_CALL(generic_dma_enable, channel);
}

int generic_dma_pause(uint32_t channel)
{
    return (int)DL_CALL(generic_dma_pause, channel);
}

int generic_dma_disable(uint32_t channel)
{
    return (int)DL_CALL(generic_dma_disable, channel);
}

uint32_t generic_dma_left(uint32_t channel)
{
    return (uint32_t)DL_CALL(generic_dma_left, channel);
}

int generic_dma_irq(uint32_t channel, generic_dma_isr_t isr, void *argument)
{
    return (int)DL_CALL(generic_dma_irq, channel, isr, argument);
}
