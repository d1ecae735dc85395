/* Blocks of a slab go to a parser through a FIFO; the block is put in when its transfer is started, not when it is done. */
#include "head.h"

#define SIZE 4096

K_MEM_SLAB_DEFINE_STATIC(blocks, SIZE, 2, 32);
static K_FIFO_DEFINE(received);
static uint8_t __nocache wire[SIZE];

static void put(const struct device *dev, void *user_data, uint32_t channel, int status)
{
#ifdef RIGHT
	k_fifo_put(&received, user_data);
#endif
}

int main(void)
{
	uint8_t *packet;
	unsigned int sum = 0;

	k_mem_slab_alloc(&blocks, (void **)&packet, K_NO_WAIT);
	sys_cache_data_invd_range(packet, SIZE);
	struct dma_block_config block = block_of(wire, packet + 32, SIZE - 32); /* the first line is the kernel's */
	struct dma_config config = config_of(&block, 4);

	config.dma_callback = put;
	config.user_data = packet;
	dma_config(dma, 0, &config);
	dma_start(dma, 0);
#ifndef RIGHT
	k_fifo_put(&received, packet);
#endif
	packet = k_fifo_get(&received, K_FOREVER);
	sys_cache_data_invd_range(packet + 32, SIZE - 32);
	for (int i = 32; i < SIZE; i++) {
		sum += packet[i];
	}
	k_mem_slab_free(&blocks, packet);
	printk("%u\n", sum);
	return 0;
}
