/* A circular copy. While the controller is in one half of the buffer, the program looks at the other: the one it was told of last. */
#include <zephyr/cache.h>
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>

#define SIZE 8192
#define HALF (SIZE / 2)

static uint8_t __aligned(CONFIG_DCACHE_LINE_SIZE) pattern[SIZE];
static uint8_t __aligned(CONFIG_DCACHE_LINE_SIZE) ring[SIZE];
K_MSGQ_DEFINE(finished, sizeof(uint32_t), 4, 4);

static void on_half(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	const uint32_t half = status == DMA_STATUS_HALF_COMPLETE ? 0 : 1;

	k_msgq_put(&finished, &half, K_NO_WAIT);
}

int main(void)
{
	const struct device *dma = DEVICE_DT_GET(DT_NODELABEL(dma0));
	const int channel = dma_request_channel(dma, NULL);
	struct dma_block_config block = {
		.source_address = (uint32_t)pattern, .dest_address = (uint32_t)ring, .block_size = SIZE};
	struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 4,
		.dest_data_size = 4,
		.source_burst_length = 16,
		.dest_burst_length = 16,
		.cyclic = 1,
		.half_complete_callback_en = 1,
		.block_count = 1,
		.head_block = &block,
		.dma_callback = on_half,
	};

	for (int i = 0; i < SIZE; i++) {
		pattern[i] = (uint8_t)(i >> 5);
	}
	sys_cache_data_flush_range(pattern, sizeof(pattern));
	if (channel < 0 || dma_config(dma, channel, &config) || dma_start(dma, channel)) {
		printk("no transfer\n");
		return 1;
	}
	for (int round = 0; round < 4; round++) {
		uint32_t half;

		k_msgq_get(&finished, &half, K_FOREVER);
		uint8_t *part = ring + half * HALF;

		sys_cache_data_invd_range(part, HALF);
		printk("half %u begins with %u\n", half, part[0]);
	}
	dma_stop(dma, channel);
	dma_release_channel(dma, channel);
	return 0;
}
