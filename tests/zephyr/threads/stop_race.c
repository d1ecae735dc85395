/* A request is given up: its memory is freed before the channel is stopped, so the controller goes on writing into it. */
#include "head.h"

struct request {
	uint8_t __aligned(32) data[512];
	int status;
};

static uint8_t __nocache from[512];

static void finish(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	((struct request *)user_data)->status = status;
}

int main(void)
{
	struct request *request = k_aligned_alloc(32, sizeof(*request));
	struct dma_block_config block = block_of(from, request->data, sizeof(request->data));
	struct dma_config config = config_of(&block, 4);

	config.dma_callback = finish;
	config.user_data = request;
	sys_cache_data_invd_range(request->data, sizeof(request->data));
	dma_config(dma, 3, &config);
	dma_start(dma, 3);
#ifdef RIGHT
	dma_stop(dma, 3);
	k_free(request);
#else
	k_free(request);
	dma_stop(dma, 3);
#endif
	return 0;
}
