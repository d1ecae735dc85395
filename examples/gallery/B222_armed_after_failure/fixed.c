/* A transfer of a card driver times out. The driver reports the error, and its caller tries again with another buffer.
 *
 * Stopped on the way out, the channel is idle for whoever comes next.
 */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>

#define SECTOR 16384

static const struct device *const dma = DEVICE_DT_GET(DT_NODELABEL(dma0));
static uint8_t __nocache __aligned(32) card[SECTOR], sectors[2][SECTOR];
static K_SEM_DEFINE(done, 0, 1);

static void on_done(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	k_sem_give(&done);
}

static int read_sector(int channel, uint8_t *to, k_timeout_t limit)
{
	struct dma_block_config part = {
		.source_address = (uintptr_t)card,
		.dest_address = (uintptr_t)to,
		.block_size = SECTOR,
	};
	struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 4,
		.dest_data_size = 4,
		.source_burst_length = 4,
		.dest_burst_length = 4,
		.block_count = 1,
		.head_block = &part,
		.dma_callback = on_done,
	};
	if (dma_config(dma, channel, &config) || dma_start(dma, channel)) {
		return -EIO;
	}
	if (k_sem_take(&done, limit) != 0) {
		dma_stop(dma, channel);
		return -ETIMEDOUT;
	}
	return 0;
}

int main(void)
{
	int channel = dma_request_channel(dma, NULL);

	if (read_sector(channel, sectors[0], K_USEC(20)) != 0) {
		printk("again: %d\n", read_sector(channel, sectors[1], K_MSEC(10)));
	}
	dma_release_channel(dma, channel);
	return 0;
}
