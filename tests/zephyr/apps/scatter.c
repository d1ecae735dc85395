/* Four blocks from one source to four places; the callback comes once, when all of them are there. */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>
#include <zephyr/ztest.h>

#define PARTS 4
#define SIZE 256

static uint8_t __nocache __aligned(32) source[SIZE];
static uint8_t __nocache __aligned(32) sinks[PARTS][SIZE];
static struct dma_block_config list[PARTS];
static unsigned int callbacks;
K_SEM_DEFINE(all_there, 0, 1);

static void on_done(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	callbacks++;
	if (status >= 0) {
		k_sem_give(&all_there);
	}
}

ZTEST(scatter, test_list)
{
	const struct device *dma = DEVICE_DT_GET(DT_NODELABEL(tst_dma0));
	struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 4,
		.dest_data_size = 4,
		.source_burst_length = 4,
		.dest_burst_length = 4,
		.block_count = PARTS,
		.head_block = list,
		.dma_callback = on_done,
	};

	for (int i = 0; i < SIZE; i++) {
		source[i] = (uint8_t)(255 - i);
	}
	memset(sinks, 0, sizeof(sinks));
	callbacks = 0;
	k_sem_reset(&all_there);
	for (int i = 0; i < PARTS; i++) {
		list[i] = (struct dma_block_config){
			.source_address = (uintptr_t)source,
			.dest_address = (uintptr_t)sinks[i],
			.block_size = SIZE,
			.source_gather_en = 1,
			.next_block = i + 1 < PARTS ? &list[i + 1] : NULL,
		};
	}
	int channel = dma_request_channel(dma, NULL);
	channel = channel < 0 ? 0 : channel;
	zassert_ok(dma_config(dma, channel, &config));
	zassert_ok(dma_start(dma, channel));
	zassert_ok(k_sem_take(&all_there, K_MSEC(1000)));
	for (int i = 0; i < PARTS; i++) {
		zassert_mem_equal(source, sinks[i], SIZE, "part %d", i);
	}
	zassert_equal(callbacks, 1);
}

/* Two blocks on the stack, without any flag. */
ZTEST(scatter, test_chain)
{
	static char __nocache out[2][SIZE];
	const struct device *dma = DEVICE_DT_GET(DT_ALIAS(dma_0));
	struct dma_block_config second = {.source_address = (uintptr_t)source, .dest_address = (uintptr_t)out[1], .block_size = 48};
	struct dma_block_config first = {
		.source_address = (uintptr_t)source + 48, .dest_address = (uintptr_t)out[0], .block_size = 48, .next_block = &second};
	struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 1,
		.dest_data_size = 1,
		.source_burst_length = 8,
		.dest_burst_length = 8,
		.block_count = 2,
		.head_block = &first,
		.dma_callback = on_done,
	};

	callbacks = 0;
	memset(out, 0, sizeof(out));
	zassert_ok(dma_config(dma, 2, &config));
	zassert_ok(dma_start(dma, 2));
	k_sleep(K_MSEC(20));
	zassert_true(callbacks >= 1);
	zassert_mem_equal(out[0], source + 48, 48);
	zassert_mem_equal(out[1], source, 48);
}
