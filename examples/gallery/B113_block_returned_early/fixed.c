/* A receiver is stopped: its block goes back to the pool, then the controller is told.
 *
 * The controller is stopped first; then the block is nobody's but the driver's.
 */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>

#define BLOCK 4096

static const struct device *const dma = DEVICE_DT_GET(DT_NODELABEL(dma0));
static uint8_t __nocache __aligned(32) wire[BLOCK];

static void on_block(const struct device *dev, void *user_data, uint32_t channel, int status)
{
}

static int listen(int channel, uint8_t *block)
{
	struct dma_block_config part = {
		.source_address = (uintptr_t)wire,
		.dest_address = (uintptr_t)block,
		.block_size = BLOCK,
	};
	struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 4,
		.dest_data_size = 4,
		.source_burst_length = 4,
		.dest_burst_length = 4,
		.block_count = 1,
		.head_block = &part,
		.dma_callback = on_block,
	};
	int failed = dma_config(dma, channel, &config);
	return failed ? failed : dma_start(dma, channel);
}

int main(void)
{
	int channel = dma_request_channel(dma, NULL);
	uint8_t *block = k_aligned_alloc(32, BLOCK);

	if (channel < 0 || block == NULL || listen(channel, block) != 0) {
		return 1;
	}
	k_busy_wait(2);
	dma_stop(dma, channel);
	k_free(block);
	dma_release_channel(dma, channel);
	return 0;
}
