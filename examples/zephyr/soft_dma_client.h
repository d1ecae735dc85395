/* Exercises a DMA driver through Zephyr's public calls: a copy, a copy that is suspended, one that is stopped, and starts from the callback. */
#ifndef SOFT_DMA_CLIENT_H
#define SOFT_DMA_CLIENT_H

#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>

#define CLIENT_SIZE 4096

static uint8_t __nocache client_source[CLIENT_SIZE], client_sink[CLIENT_SIZE];
static K_SEM_DEFINE(client_done, 0, 8);
static struct dma_block_config client_block;
static struct dma_config client_config;
static volatile int client_rounds;

static void tell(const char *what, int result)
{
	printk("%s %d\n", what, result);
}

static void client_callback(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	if (--client_rounds > 0) {
		tell("config in the callback", dma_config(dev, channel, &client_config));
		tell("start in the callback", dma_start(dev, channel));
	}
	k_sem_give(&client_done);
}

static void client_run(const struct device *dev)
{
	struct dma_status status = {0};
	const int channel = dma_request_channel(dev, NULL);

	client_block = (struct dma_block_config){.source_address = (uint32_t)client_source,
						 .dest_address = (uint32_t)client_sink,
						 .block_size = CLIENT_SIZE};
	client_config = (struct dma_config){.channel_direction = MEMORY_TO_MEMORY,
					    .source_data_size = 4,
					    .dest_data_size = 4,
					    .source_burst_length = 16,
					    .dest_burst_length = 16,
					    .block_count = 1,
					    .head_block = &client_block,
					    .dma_callback = client_callback};
	memset(client_source, 0x5A, CLIENT_SIZE);
	printk("channel %d\n", channel);

	tell("stop", dma_stop(dev, channel));
	tell("suspend", dma_suspend(dev, channel));
	tell("config", dma_config(dev, channel, &client_config));

	client_rounds = 1;
	tell("start", dma_start(dev, channel));
	tell("start", dma_start(dev, channel));
	tell("suspend", dma_suspend(dev, channel));
	tell("suspend", dma_suspend(dev, channel));
	k_busy_wait(50);
	tell("resume", dma_resume(dev, channel));
	tell("resume", dma_resume(dev, channel));
	tell("done", k_sem_take(&client_done, K_MSEC(100)));
	tell("different", memcmp(client_source, client_sink, CLIENT_SIZE) != 0);
	tell("status", dma_get_status(dev, channel, &status));
	tell("busy", status.busy);

	client_rounds = 2;
	tell("start", dma_start(dev, channel));
	k_sem_take(&client_done, K_MSEC(100));
	k_sem_take(&client_done, K_MSEC(100));

	client_rounds = 1;
	tell("start", dma_start(dev, channel));
	tell("stop", dma_stop(dev, channel));
	tell("stop", dma_stop(dev, channel));
	tell("status", dma_get_status(dev, channel, &status));
	tell("busy", status.busy);
	tell("start", dma_start(dev, channel));
	tell("done", k_sem_take(&client_done, K_MSEC(100)));
	dma_release_channel(dev, channel);
}

#endif
