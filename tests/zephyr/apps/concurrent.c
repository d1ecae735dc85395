/* Several channels at once, one configuration object for all of them. */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>
#include <zephyr/test_devices.h>
#include <zephyr/ztest.h>

#define CHANNELS CONFIG_CONCURRENT_CHANNELS
#define SIZE 64

static uint8_t __nocache __aligned(32) source[CHANNELS][SIZE], sink[CHANNELS][SIZE];
static struct dma_block_config blocks[CHANNELS];
static K_SEM_DEFINE(done, 0, CHANNELS);
static volatile int worst;

static void on_done(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	if (status < 0) {
		worst = status;
	}
	k_sem_give(&done);
}

ZTEST(concurrent, test_all_at_once)
{
	const struct device *dma = TEST_DEVS_GET_BY_IDX(dma_test_devs, 0);
	struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 1,
		.dest_data_size = 1,
		.source_burst_length = 1,
		.dest_burst_length = 1,
		.complete_callback_en = 1,
		.block_count = 1,
		.dma_callback = on_done,
	};
	uint32_t channels[CHANNELS];

	for (int c = 0; c < CHANNELS; c++) {
		for (int i = 0; i < SIZE; i++) {
			source[c][i] = (uint8_t)(c ^ i);
		}
		memset(sink[c], 0, SIZE);
		const int requested = dma_request_channel(dma, NULL);
		channels[c] = requested < 0 ? (uint32_t)c * CONFIG_CONCURRENT_STRIDE : (uint32_t)requested;
	}
	for (int c = 0; c < CHANNELS; c++) {
		blocks[c] = (struct dma_block_config){
			.source_address = (uintptr_t)source[c], .dest_address = (uintptr_t)sink[c], .block_size = SIZE};
		config.head_block = &blocks[c];
		zassert_ok(dma_config(dma, channels[c], &config));
	}
	for (int c = 0; c < CHANNELS; c++) {
		zassert_ok(dma_start(dma, channels[c]));
	}
	for (int c = 0; c < CHANNELS; c++) {
		zassert_ok(k_sem_take(&done, K_MSEC(2000)), "completion %d", c);
	}
	k_sleep(K_MSEC(1));
	zassert_equal(worst, 0);
	for (int c = 0; c < CHANNELS; c++) {
		zassert_mem_equal(source[c], sink[c], SIZE, "channel %u", channels[c]);
		dma_release_channel(dma, channels[c]);
	}
}
