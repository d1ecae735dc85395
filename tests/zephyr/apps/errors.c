/* Callbacks with and without error reports, reconfigured channels, lists, stops, reloads: each ends in a callback. */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>
#include <zephyr/ztest.h>

#define SIZE 64

static uint8_t __nocache __aligned(4) source[SIZE], sink[SIZE], second_sink[SIZE];
static const struct device *const dma = DEVICE_DT_GET(DT_NODELABEL(dma0));

struct errors_fixture {
	struct dma_config config;
	struct dma_block_config block;
	int channel;
	volatile int status;
	volatile int calls;
};
static struct errors_fixture only;

static void on_done(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	struct errors_fixture *fixture = user_data;

	fixture->calls++;
	fixture->status = status;
}

static void *set_up(void)
{
	return &only;
}

static void before(void *data)
{
	struct errors_fixture *fixture = data;

	memset(source, 0xAA, SIZE);
	memset(sink, 0x55, SIZE);
	fixture->block = (struct dma_block_config){
		.source_address = (uintptr_t)source, .dest_address = (uintptr_t)sink, .block_size = SIZE};
	fixture->config = (struct dma_config){
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 1,
		.dest_data_size = 1,
		.source_burst_length = 1,
		.dest_burst_length = 1,
		.complete_callback_en = 1,
		.block_count = 1,
		.head_block = &fixture->block,
		.user_data = fixture,
		.dma_callback = on_done,
	};
	fixture->calls = 0;
	fixture->status = 99;
	fixture->channel = dma_request_channel(dma, NULL);
	zassert_true(fixture->channel >= 0);
	zassert_ok(dma_config(dma, fixture->channel, &fixture->config));
}

static void after(void *data)
{
	struct errors_fixture *fixture = data;

	dma_stop(dma, fixture->channel);
	dma_release_channel(dma, fixture->channel);
}

static void run(struct errors_fixture *fixture)
{
	zassert_ok(dma_start(dma, fixture->channel));
	k_sleep(K_MSEC(5));
	zassert_true(fixture->calls > 0, "no callback");
}

ZTEST_F(errors, test_reports_on_and_off)
{
	for (int off = 0; off < 2; off++) {
		fixture->config.error_callback_dis = off;
		fixture->calls = 0;
		zassert_ok(dma_config(dma, fixture->channel, &fixture->config));
		run(fixture);
		zassert_equal(fixture->status, 0);
		zassert_equal(fixture->calls, 1);
	}
}

ZTEST_F(errors, test_two_channels_with_different_flags)
{
	struct errors_fixture other = *fixture;

	other.channel = dma_request_channel(dma, NULL);
	zassert_not_equal(other.channel, fixture->channel);
	other.config.user_data = &other;
	other.config.error_callback_dis = 1;
	other.block.dest_address = (uintptr_t)second_sink;
	other.config.head_block = &other.block;
	zassert_ok(dma_config(dma, other.channel, &other.config));
	zassert_ok(dma_start(dma, other.channel));
	run(fixture);
	zassert_equal(fixture->calls, 1);
	zassert_equal(other.calls, 1);
	zassert_equal(other.status, 0);
	zassert_mem_equal(source, second_sink, SIZE);
	dma_release_channel(dma, other.channel);
}

ZTEST_F(errors, test_stops_around_a_configuration_without_callback)
{
	const uint32_t last = DT_PROP(DT_NODELABEL(dma0), dma_channels) - 1;

	fixture->config.dma_callback = NULL;
	zassert_ok(dma_config(dma, last, &fixture->config));
	for (int twice = 0; twice < 2; twice++) {
		for (uint32_t i = 1; i <= last; i++) {
			zassert_ok(dma_stop(dma, i), "channel %u", (unsigned int)i);
		}
	}
}

ZTEST_F(errors, test_cyclic_by_second_config)
{
	fixture->config.cyclic = 1;
	fixture->block.source_reload_en = 1;
	fixture->block.dest_reload_en = 1;
	zassert_ok(dma_config(dma, fixture->channel, &fixture->config));
	run(fixture);
}

ZTEST_F(errors, test_directions)
{
	const enum dma_channel_direction directions[] = {MEMORY_TO_MEMORY, MEMORY_TO_PERIPHERAL, PERIPHERAL_TO_MEMORY,
							 PERIPHERAL_TO_PERIPHERAL};

	ARRAY_FOR_EACH(directions, i) {
		fixture->config.channel_direction = directions[i];
		fixture->calls = 0;
		const int result = dma_config(dma, fixture->channel, &fixture->config);

		if (result == -ENOTSUP) {
			continue;
		}
		zassert_ok(result, "direction %u", (unsigned int)i);
		run(fixture);
	}
	zassert_mem_equal(source, sink, SIZE);
}

ZTEST_F(errors, test_two_blocks_by_second_config)
{
	static struct dma_block_config second;

	second = fixture->block;
	fixture->block.next_block = &second;
	fixture->config.block_count = 2;
	zassert_ok(dma_config(dma, fixture->channel, &fixture->config));
	run(fixture);
	zassert_equal(fixture->calls, 2);
	zassert_equal(fixture->status, DMA_STATUS_COMPLETE);
}

ZTEST_F(errors, test_stop_and_start_again)
{
	zassert_ok(dma_start(dma, fixture->channel));
	zassert_ok(dma_stop(dma, fixture->channel));
	run(fixture);
	zassert_equal(fixture->calls, 1);
	zassert_mem_equal(source, sink, SIZE);
}

ZTEST_F(errors, test_reload_after_the_end)
{
	run(fixture);
	memset(sink, 0, SIZE);
	zassert_ok(dma_reload(dma, fixture->channel, (uintptr_t)source, (uintptr_t)sink, SIZE));
	run(fixture);
	zassert_equal(fixture->calls, 2);
	zassert_mem_equal(source, sink, SIZE);
}

ZTEST(errors, test_channels_out_of_range)
{
	zassert_equal(dma_stop(dma, DT_PROP(DT_NODELABEL(dma0), dma_channels)), -EINVAL);
	zassert_equal(dma_stop(dma, UINT32_MAX), -EINVAL);
	for (uint32_t i = 1; i < DT_PROP(DT_NODELABEL(dma0), dma_channels); i++) {
		zassert_ok(dma_stop(dma, i));
		zassert_ok(dma_stop(dma, i));
	}
}

ZTEST_SUITE(errors, NULL, set_up, before, after, NULL);
