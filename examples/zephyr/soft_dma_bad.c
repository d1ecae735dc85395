/* The driver of soft_dma_good.c with what reviews of real drivers found: a heap block for each transfer, a mutex around everything, and a state that
 * the driver has lost when it is stopped or asked twice. */
#define DT_DRV_COMPAT acme_soft_dma

#include <dmalab/generic_dma.h>

#include "soft_dma_client.h"

#define CHANNELS DT_INST_PROP(0, dma_channels)

struct job {
	struct dma_block_config block;
	uint32_t unit;
};

struct channel {
	struct job *job;
	bool busy;
	dma_callback_t callback;
	void *user_data;
};

static ATOMIC_DEFINE(taken, CHANNELS);
static K_MUTEX_DEFINE(lock);
static struct soft_data {
	struct dma_context context;
	struct channel channels[CHANNELS];
} soft_data = {.context = {.magic = DMA_MAGIC, .dma_channels = CHANNELS, .atomic = taken}};

static void on_interrupt(void *argument, uint32_t channel, int error)
{
	const struct device *dev = argument;
	struct channel *one = &soft_data.channels[channel];

	one->callback(dev, one->user_data, channel, error ? -EIO : DMA_STATUS_COMPLETE);
	one->busy = false; /* BUG: too late, the client may have started the next transfer */
}

static int soft_config(const struct device *dev, uint32_t channel, struct dma_config *config)
{
	struct channel *one = &soft_data.channels[channel];

	k_mutex_lock(&lock, K_FOREVER); /* BUG: the call may come from an interrupt */
	if (one->busy) {
		k_mutex_unlock(&lock);
		return -EBUSY;
	}
	if (!one->job) {
		one->job = k_malloc(sizeof(*one->job)); /* BUG: a driver has no heap */
	}
	one->job->block = *config->head_block;
	one->job->unit = config->source_data_size;
	one->callback = config->dma_callback;
	one->user_data = config->user_data;
	k_mutex_unlock(&lock);
	return 0;
}

static int soft_start(const struct device *dev, uint32_t channel)
{
	struct channel *one = &soft_data.channels[channel];

	if (!one->job) {
		return -EINVAL;
	}
	if (one->busy) {
		return -EBUSY; /* BUG: starting a started channel succeeds */
	}
	one->busy = true;
	generic_dma_load(channel, one->job->block.source_address, one->job->block.dest_address, one->job->block.block_size,
			 one->job->unit);
	return generic_dma_enable(channel);
}

static int soft_stop(const struct device *dev, uint32_t channel)
{
	struct channel *one = &soft_data.channels[channel];

	if (!one->busy) {
		return -EALREADY; /* BUG: stopping a stopped channel succeeds */
	}
	generic_dma_disable(channel);
	return 0; /* BUG: still marked busy */
}

static int soft_suspend(const struct device *dev, uint32_t channel)
{
	return generic_dma_pause(channel); /* BUG: the state is not checked */
}

static int soft_resume(const struct device *dev, uint32_t channel)
{
	return generic_dma_enable(channel);
}

static int soft_get_status(const struct device *dev, uint32_t channel, struct dma_status *status)
{
	status->busy = soft_data.channels[channel].busy;
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
