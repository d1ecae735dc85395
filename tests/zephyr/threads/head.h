/* What the programs of this folder share: the controller, and the plainest configuration. Each program is wrong, and right with -D RIGHT. */
#include <string.h>
#include <zephyr/cache.h>
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>

static const struct device *const dma = DEVICE_DT_GET(DT_NODELABEL(dma0));
static K_SEM_DEFINE(done, 0, 8);

static inline void give(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	k_sem_give(&done);
}

static inline struct dma_block_config block_of(const void *source, void *dest, size_t size)
{
	return (struct dma_block_config){.source_address = (uint32_t)(uintptr_t)source,
					 .dest_address = (uint32_t)(uintptr_t)dest,
					 .block_size = size};
}

static inline struct dma_config config_of(struct dma_block_config *head, uint32_t unit)
{
	return (struct dma_config){.channel_direction = MEMORY_TO_MEMORY,
				   .source_data_size = unit,
				   .dest_data_size = unit,
				   .source_burst_length = 4 * unit,
				   .dest_burst_length = 4 * unit,
				   .block_count = 1,
				   .head_block = head,
				   .dma_callback = give};
}
