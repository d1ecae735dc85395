/* A driver keeps its dma_config, whose head_block points into the stack frame of the function that filled it in. */
#include "head.h"

static uint8_t __nocache from[256], to[256];
static struct {
	struct dma_config config;
	struct dma_block_config blocks[2];
} driver;

static void __attribute__((noinline)) prepare(void)
{
#ifdef RIGHT
	struct dma_block_config *blocks = driver.blocks;
#else
	struct dma_block_config blocks[2];
#endif
	blocks[0] = block_of(from, to, 128);
	blocks[1] = block_of(from + 128, to + 128, 128);
	blocks[0].next_block = &blocks[1];
	driver.config = config_of(blocks, 4);
	driver.config.block_count = 2;
}

int main(void)
{
	const int channel = dma_request_channel(dma, NULL);

	prepare();
	if (dma_config(dma, channel, &driver.config) == 0 && dma_start(dma, channel) == 0) {
		k_sem_take(&done, K_MSEC(10));
	}
	return 0;
}
