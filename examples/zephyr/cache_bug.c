/* A message is built in cached memory, copied by the controller and read back. Nobody tells the cache. */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>

static char __aligned(CONFIG_DCACHE_LINE_SIZE) message[64];
static char __aligned(CONFIG_DCACHE_LINE_SIZE) copy[64];
K_SEM_DEFINE(done, 0, 1);

static void on_done(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	k_sem_give(&done);
}

int main(void)
{
	const struct device *dma = DEVICE_DT_GET(DT_NODELABEL(dma0));
	struct dma_block_config block = {
		.source_address = (uint32_t)message, .dest_address = (uint32_t)copy, .block_size = sizeof(message)};
	struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 1,
		.dest_data_size = 1,
		.source_burst_length = 16,
		.dest_burst_length = 16,
		.block_count = 1,
		.head_block = &block,
		.dma_callback = on_done,
	};

	printk("before: %u characters\n", (unsigned int)strlen(copy));
	strcpy(message, "hello, memory");
	if (dma_config(dma, 0, &config) || dma_start(dma, 0) || k_sem_take(&done, K_MSEC(10))) {
		return 1;
	}
	printk("after:  %u characters\n", (unsigned int)strlen(copy)); /* BUG: neither flushed before the start nor invalidated here */
	return 0;
}
