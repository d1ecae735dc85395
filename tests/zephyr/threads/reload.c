/* The next buffer is given to a channel that is still busy with the one before; nobody looks at the result, and the first buffer is filled twice. */
#include "head.h"

#define SIZE 2048

static uint8_t __nocache from[SIZE], to[2][SIZE];

int main(void)
{
	struct dma_block_config block = block_of(from, to[0], SIZE);
	struct dma_config config = config_of(&block, 4);
	const int channel = dma_request_channel(dma, NULL);

	dma_config(dma, channel, &config);
	dma_start(dma, channel);
#ifdef RIGHT
	k_sem_take(&done, K_FOREVER);
#endif
	dma_reload(dma, channel, (uint32_t)(uintptr_t)from, (uint32_t)(uintptr_t)to[1], SIZE);
	dma_start(dma, channel);
	k_sem_take(&done, K_FOREVER);
	dma_release_channel(dma, channel);
	return 0;
}
