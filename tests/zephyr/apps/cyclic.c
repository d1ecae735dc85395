/* A circular copy: a pass, a look at it while suspended, another pass. */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>
#include <zephyr/ztest.h>

#define SIZE 4096

static uint8_t __nocache __aligned(32) source[SIZE];
static uint8_t __nocache __aligned(32) sink[SIZE];
static K_SEM_DEFINE(pass, 0, 1);

static void on_pass(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	k_sem_give(&pass);
}

ZTEST(cyclic, test_passes)
{
	const struct device *dma = DEVICE_DT_GET(DT_NODELABEL(tst_dma0));
	static struct dma_block_config block = {.block_size = SIZE};
	static struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 4,
		.dest_data_size = 4,
		.source_burst_length = 4,
		.dest_burst_length = 4,
		.block_count = 1,
		.complete_callback_en = 1,
		.cyclic = 1,
		.head_block = &block,
		.dma_callback = on_pass,
	};
	struct dma_status status;

	for (int i = 0; i < SIZE; i++) {
		source[i] = (uint8_t)(i * 7);
	}
	block.source_address = (uintptr_t)source;
	block.dest_address = (uintptr_t)sink;
	const int channel = dma_request_channel(dma, NULL);
	zassert_true(channel >= 0);
	zassert_ok(dma_config(dma, channel, &config));
	zassert_ok(dma_start(dma, channel));
	zassert_ok(k_sem_take(&pass, K_MSEC(10)));
	zassert_ok(dma_suspend(dma, channel));
	zassert_mem_equal(source, sink, SIZE, "first pass");
	k_sem_reset(&pass);
	memset(sink, 0, SIZE);
	zassert_ok(dma_resume(dma, channel));
	zassert_ok(k_sem_take(&pass, K_MSEC(10)));
	zassert_ok(dma_get_status(dma, channel, &status));
	zassert_true(status.busy, "a circular transfer goes on");
	zassert_ok(dma_stop(dma, channel));
	zassert_mem_equal(source, sink, SIZE, "second pass");
	zassert_ok(dma_get_status(dma, channel, &status));
	zassert_false(status.busy);
	zassert_true(status.total_copied >= 2 * SIZE, "%u", (unsigned int)status.total_copied);
	dma_release_channel(dma, channel);
}
