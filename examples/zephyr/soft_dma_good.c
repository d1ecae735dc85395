/* A DMA driver as Zephyr asks for it: static memory, one state for each channel that is changed in few places, no locks, every call from anywhere. */
#define DT_DRV_COMPAT acme_soft_dma

#include <dmalab/generic_dma.h>

#include "soft_dma_client.h"

#define CHANNELS DT_INST_PROP(0, dma_channels)

enum state { INITIAL, CONFIGURED, RUNNING, SUSPENDED };

struct channel {
	enum state state;
	struct dma_block_config block;
	uint32_t unit;
	dma_callback_t callback;
	void *user_data;
};

static ATOMIC_DEFINE(taken, CHANNELS);
static struct soft_data {
	struct dma_context context;
	struct channel channels[CHANNELS];
} soft_data = {.context = {.magic = DMA_MAGIC, .dma_channels = CHANNELS, .atomic = taken}};

static struct channel *channel_of(const struct device *dev, uint32_t channel)
{
	struct soft_data *data = dev->data;

	return channel < CHANNELS ? &data->channels[channel] : NULL;
}

static void on_interrupt(void *argument, uint32_t channel, int error)
{
	const struct device *dev = argument;
	struct channel *one = channel_of(dev, channel);

	if (one->state != RUNNING) {
		return; /* latched before a stop */
	}
	one->state = CONFIGURED; /* before the client is called, so that it may configure and start */
	if (one->callback) {
		one->callback(dev, one->user_data, channel, error ? -EIO : DMA_STATUS_COMPLETE);
	}
}

static int soft_config(const struct device *dev, uint32_t channel, struct dma_config *config)
{
	struct channel *one = channel_of(dev, channel);

	if (!one || !config || config->block_count != 1 || !config->head_block) {
		return -EINVAL;
	}
	if (config->channel_direction != MEMORY_TO_MEMORY || config->cyclic) {
		return -ENOTSUP;
	}
	if (one->state == RUNNING || one->state == SUSPENDED) {
		return -EBUSY;
	}
	if (config->head_block->block_size % config->source_data_size) {
		return -EINVAL;
	}
	one->block = *config->head_block;
	one->unit = config->source_data_size;
	one->callback = config->dma_callback;
	one->user_data = config->user_data;
	one->state = CONFIGURED;
	return 0;
}

static int soft_start(const struct device *dev, uint32_t channel)
{
	struct channel *one = channel_of(dev, channel);

	if (!one || one->state == INITIAL) {
		return -EINVAL;
	}
	if (one->state != CONFIGURED) {
		return 0;
	}
	one->state = RUNNING;
	generic_dma_load(channel, one->block.source_address, one->block.dest_address, one->block.block_size, one->unit);
	return generic_dma_enable(channel);
}

static int soft_stop(const struct device *dev, uint32_t channel)
{
	struct channel *one = channel_of(dev, channel);

	if (!one) {
		return -EINVAL;
	}
	if (one->state == RUNNING || one->state == SUSPENDED) {
		one->state = CONFIGURED;
		generic_dma_disable(channel);
	}
	return 0;
}

static int soft_suspend(const struct device *dev, uint32_t channel)
{
	struct channel *one = channel_of(dev, channel);

	if (!one || one->state == INITIAL || one->state == CONFIGURED) {
		return -EINVAL;
	}
	one->state = SUSPENDED;
	return generic_dma_pause(channel);
}

static int soft_resume(const struct device *dev, uint32_t channel)
{
	struct channel *one = channel_of(dev, channel);

	if (!one || one->state == INITIAL || one->state == CONFIGURED) {
		return -EINVAL;
	}
	if (one->state == SUSPENDED) {
		one->state = RUNNING;
		generic_dma_enable(channel);
	}
	return 0;
}

static int soft_get_status(const struct device *dev, uint32_t channel, struct dma_status *status)
{
	const struct channel *one = channel_of(dev, channel);

	if (!one || !status) {
		return -EINVAL;
	}
	*status = (struct dma_status){
		.busy = one->state == RUNNING || one->state == SUSPENDED,
		.dir = MEMORY_TO_MEMORY,
		.pending_length = generic_dma_left(channel),
	};
	return 0;
}

static DEVICE_API(dma, soft_api) = {
	.config = soft_config,
	.start = soft_start,
	.stop = soft_stop,
	.suspend = soft_suspend,
	.resume = soft_resume,
	.get_status = soft_get_status,
};

static int soft_init(const struct device *dev)
{
	for (uint32_t i = 0; i < CHANNELS; i++) {
		generic_dma_irq(i, on_interrupt, (void *)dev);
	}
	return 0;
}

DEVICE_DT_INST_DEFINE(0, soft_init, NULL, &soft_data, NULL, POST_KERNEL, CONFIG_DMA_INIT_PRIORITY, &soft_api);

int main(void)
{
	client_run(DEVICE_DT_GET(DT_NODELABEL(soft_dma)));
	return 0;
}
