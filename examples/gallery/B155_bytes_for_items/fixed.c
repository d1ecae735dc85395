/* A controller moves items of four bytes, and its driver is given the number of items.
 *
 * block_size is in bytes, whatever the width of an item.
 */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>

#define ITEMS 64

static const struct device *const dma = DEVICE_DT_GET(DT_NODELABEL(dma0));
static uint32_t __nocache __aligned(32) samples[4 * ITEMS];
static K_SEM_DEFINE(done, 0, 1);

static void on_done(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	k_sem_give(&done);
}

static int fetch(int channel, uint32_t *to, size_t bytes)
{
	struct dma_block_config part = {
		.source_address = (uintptr_t)samples,
		.dest_address = (uintptr_t)to,
		.block_size = bytes,
	};
	struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = sizeof(uint32_t),
		.dest_data_size = sizeof(uint32_t),
		.source_burst_length = sizeof(uint32_t),
		.dest_burst_length = sizeof(uint32_t),
		.block_count = 1,
		.head_block = &part,
		.dma_callback = on_done,
	};
	int failed = dma_config(dma, channel, &config);
	return failed ? failed : dma_start(dma, channel);
}

int main(void)
{
	int channel = dma_request_channel(dma, NULL);
	uint32_t *block = k_aligned_alloc(32, ITEMS * sizeof(uint32_t));

	if (channel < 0 || block == NULL || fetch(channel, block, ITEMS * sizeof(uint32_t)) != 0) {
		return 1;
	}
	k_sem_take(&done, K_FOREVER);
	k_free(block);
	dma_release_channel(dma, channel);
	return 0;
}
