/* One channel triggers another: at the end of its list, at the end of each burst but the last, or both. */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>
#include <zephyr/ztest.h>

#define LENGTH 48
#define BURST 16

static char __nocache __aligned(32) source[LENGTH], first[LENGTH], second[LENGTH];
static unsigned int calls[2];

static void count(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	calls[channel]++;
}

static void run(bool minor, bool major, size_t expected)
{
	const struct device *dma = DEVICE_DT_GET(DT_NODELABEL(dma0));
	struct dma_block_config block = {.source_address = (uintptr_t)source, .dest_address = (uintptr_t)second, .block_size = LENGTH};
	struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 1,
		.dest_data_size = 1,
		.source_burst_length = BURST,
		.dest_burst_length = BURST,
		.block_count = 1,
		.head_block = &block,
		.dma_callback = count,
	};

	for (int i = 0; i < LENGTH; i++) {
		source[i] = (char)(i + 1);
	}
	memset(first, 0, LENGTH);
	memset(second, 0, LENGTH);
	calls[0] = calls[1] = 0;
	zassert_ok(dma_config(dma, 1, &config));
	config.source_chaining_en = minor;
	config.dest_chaining_en = major;
	config.linked_channel = 1;
	block.dest_address = (uintptr_t)first;
	zassert_ok(dma_config(dma, 0, &config));
	zassert_ok(dma_start(dma, 0));
	k_sleep(K_MSEC(20));
	zassert_mem_equal(first, source, LENGTH);
	zassert_mem_equal(second, source, expected);
	for (size_t i = expected; i < LENGTH; i++) {
		zassert_equal(second[i], CONFIG_WHOLE ? source[i] : 0, "byte %u", (unsigned int)i);
	}
	zassert_equal(calls[0], 1);
	zassert_equal(calls[1], CONFIG_WHOLE || expected == LENGTH ? 1 : 0);
}

ZTEST(link, test_major)
{
	run(false, true, BURST);
}

ZTEST(link, test_minor)
{
	run(true, false, LENGTH - BURST);
}

ZTEST(link, test_minor_and_major)
{
	run(true, true, LENGTH);
}
