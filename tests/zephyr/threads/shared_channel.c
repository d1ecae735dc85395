/* One client takes its channel number from devicetree and never requests it; another one requests a channel and gets the same. */
#include "head.h"

#define SIZE 1024

static uint8_t __nocache from[SIZE], to[2][SIZE];

static int begin(int channel, uint8_t *sink)
{
	struct dma_block_config block = block_of(from, sink, SIZE);
	struct dma_config config = config_of(&block, 4);
	const int result = dma_config(dma, channel, &config);

	return result ? result : dma_start(dma, channel);
}

int main(void)
{
#ifdef RIGHT
	uint32_t mine = 0;

	dma_request_channel(dma, &mine);
#endif
	begin(0, to[0]);
	begin(dma_request_channel(dma, NULL), to[1]);
	k_sem_take(&done, K_MSEC(10));
	k_sem_take(&done, K_MSEC(10));
	return 0;
}
