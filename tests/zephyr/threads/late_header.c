/* A frame is written back, then its header is patched: the old header goes out. */
#include "head.h"

static uint8_t __aligned(32) frame[64];
static uint8_t __nocache wire[64];

int main(void)
{
	struct dma_block_config block = block_of(frame, wire, sizeof(frame));
	struct dma_config config = config_of(&block, 4);

	memset(frame, 0x11, sizeof(frame));
#ifdef RIGHT
	frame[0] = 0x7E;
#endif
	sys_cache_data_flush_range(frame, sizeof(frame));
#ifndef RIGHT
	frame[0] = 0x7E;
#endif
	dma_config(dma, 0, &config);
	dma_start(dma, 0);
	k_sem_take(&done, K_FOREVER);
	printk("%x\n", wire[0]);
	return 0;
}
