/* Two blocks in one list: the first gathers every second word of a table, the second brings a header behind it. */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>

#define WORDS 16

static uint32_t __nocache table[2 * WORDS];
static uint32_t __nocache header[4] = {0xC0DE, 1, 2, 3};
static uint32_t __nocache packed[WORDS + 4];
K_SEM_DEFINE(done, 0, 1);

static void on_done(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	k_sem_give(&done);
}

int main(void)
{
	const struct device *dma = DEVICE_DT_GET(DT_NODELABEL(dma0));
	struct dma_block_config tail = {
		.source_address = (uint32_t)header, .dest_address = (uint32_t)&packed[WORDS], .block_size = sizeof(header)};
	struct dma_block_config even = {
		.source_address = (uint32_t)table,
		.dest_address = (uint32_t)packed,
		.block_size = WORDS * sizeof(uint32_t),
		.source_gather_en = 1,
		.source_gather_count = 1,
		.source_gather_interval = sizeof(uint32_t),
		.next_block = &tail,
	};
	struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 4,
		.dest_data_size = 4,
		.source_burst_length = 4,
		.dest_burst_length = 4,
		.block_count = 2,
		.head_block = &even,
		.dma_callback = on_done,
	};

	for (int i = 0; i < 2 * WORDS; i++) {
		table[i] = i;
	}
	const int channel = dma_request_channel(dma, NULL);

	if (channel < 0 || dma_config(dma, channel, &config) || dma_start(dma, channel) || k_sem_take(&done, K_MSEC(10))) {
		printk("no transfer\n");
		return 1;
	}
	printk("%u %u %u ... %x\n", packed[0], packed[1], packed[2], packed[WORDS]);
	dma_release_channel(dma, channel);
	return 0;
}
