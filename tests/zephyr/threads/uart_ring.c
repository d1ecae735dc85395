/* Circular UART reception into cached memory. The parser reads each half as it is told, but drops its old lines only once, before the start: the
 * first lap is right, the second one stale. */
#include "head.h"

#define RING 128

static uint8_t __aligned(32) ring[RING];
static uint8_t __nocache wire[RING / 2];

static void parse(const uint8_t *part, unsigned int *sum)
{
#ifdef RIGHT
	sys_cache_data_invd_range((void *)part, RING / 2);
#endif
	for (int i = 0; i < RING / 2; i++) {
		*sum += part[i];
	}
}

int main(void)
{
	struct dma_block_config in = block_of(NULL, ring, RING), out = block_of(wire, NULL, RING / 2);
	struct dma_config receive = config_of(&in, 1), send = config_of(&out, 1);
	const int rx = dma_request_channel(dma, NULL), tx = dma_request_channel(dma, NULL);
	unsigned int sum = 0;

	receive.channel_direction = PERIPHERAL_TO_MEMORY;
	send.channel_direction = MEMORY_TO_PERIPHERAL;
	receive.dma_slot = send.dma_slot = 2;
	receive.cyclic = 1;
	receive.half_complete_callback_en = 1;
	send.dma_callback = NULL;
	memset(wire, 'x', sizeof(wire));
	sys_cache_data_invd_range(ring, RING);
	dma_config(dma, rx, &receive);
	dma_config(dma, tx, &send);
	dma_start(dma, rx);
	for (int turn = 0; turn < 6; turn++) {
		dma_start(dma, tx); /* the other end of the line */
		k_sem_take(&done, K_FOREVER);
		parse(ring + turn % 2 * (RING / 2), &sum);
	}
	dma_stop(dma, rx);
	printk("%u\n", sum);
	return 0;
}
