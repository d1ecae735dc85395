/* Audio blocks come from a slab. The receiver gets a block that its last user has filled, and invalidates it afterwards.
 *
 * The old samples are still dirty in the cache; an eviction during the transfer puts them over the new ones.
 */
#include <zephyr/cache.h>
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>

#define BLOCK 512

static const struct device *const dma = DEVICE_DT_GET(DT_NODELABEL(dma0));
static uint8_t __nocache __aligned(32) codec[BLOCK];
static uint8_t __aligned(32) block[BLOCK]; /* of the slab */
static K_SEM_DEFINE(received, 0, 1);

static void on_received(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	k_sem_give(&received);
}

static int receive(int channel)
{
	struct dma_block_config part = {
		.source_address = (uintptr_t)codec,
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
		.dma_callback = on_received,
	};
	int failed = dma_config(dma, channel, &config);
	return failed ? failed : dma_start(dma, channel);
}

int main(void)
{
	int channel = dma_request_channel(dma, NULL);

	memset(codec, 0x11, sizeof(codec));
	memset(block, 0x7f, sizeof(block)); /* BUG: its last user's samples, dirty when the controller gets it */
	if (channel < 0 || receive(channel) != 0) {
		return 1;
	}
	k_sem_take(&received, K_FOREVER);
	sys_cache_data_invd_range(block, BLOCK);
	printk("first sample %02x\n", block[0]);
	dma_release_channel(dma, channel);
	return 0;
}
