/* A transfer whose callback configures and starts the next one, four in all; also suspended halfway, and started after stops. */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>
#include <zephyr/ztest.h>

#define ROUNDS 4
#define SIZE CONFIG_LOOP_SIZE
#define NODE DT_NODELABEL(tst_dma0)

static uint8_t __nocache __aligned(DT_PROP_OR(NODE, dma_buf_addr_alignment, 32)) source[SIZE];
static uint8_t __nocache __aligned(DT_PROP_OR(NODE, dma_buf_addr_alignment, 32)) sinks[ROUNDS][SIZE];
static const struct device *const dma = DEVICE_DT_GET(NODE);
static struct dma_config config;
static struct dma_block_config block;
static volatile uint32_t rounds;
static volatile bool ignore;

static void aim(uint32_t round)
{
	block.block_size = SIZE;
	block.source_address = (uintptr_t)source;
	block.dest_address = (uintptr_t)sinks[round];
}

static void next_round(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	if (ignore) {
		return;
	}
	zassert_true(status >= 0, "status %d", status);
	rounds++;
	if (rounds < ROUNDS) {
		aim(rounds);
		zassert_ok(dma_config(dev, channel, &config));
		zassert_ok(dma_start(dev, channel));
	}
}

static uint32_t prepare(void)
{
	for (int i = 0; i < SIZE; i++) {
		source[i] = (uint8_t)i;
	}
	memset(sinks, 0, sizeof(sinks));
	config = (struct dma_config){
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 1,
		.dest_data_size = 1,
		.source_burst_length = 1,
		.dest_burst_length = 1,
		.block_count = 1,
		.head_block = &block,
		.dma_callback = next_round,
	};
	rounds = 0;
	ignore = false;
	aim(0);
	const int requested = dma_request_channel(dma, NULL);
	const uint32_t channel = requested < 0 ? CONFIG_LOOP_CHANNEL : (uint32_t)requested;
	zassert_ok(dma_config(dma, channel, &config));
	return channel;
}

static void check(void)
{
	zassert_true(rounds >= ROUNDS, "%u rounds", rounds);
	for (int i = 0; i < ROUNDS; i++) {
		zassert_mem_equal(source, sinks[i], SIZE, "round %d", i);
	}
}

ZTEST(loop, test_loop)
{
	const uint32_t channel = prepare();

	zassert_ok(dma_start(dma, channel));
	k_sleep(K_MSEC(250));
	check();
	dma_release_channel(dma, channel);
}

ZTEST(loop, test_suspend_resume)
{
	const uint32_t channel = prepare();
	uint32_t seen;

	zassert_ok(dma_start(dma, channel));
	do {
		const unsigned int key = irq_lock();
		const int result = dma_suspend(dma, channel);

		if (result == -ENOSYS) {
			ignore = true;
			dma_stop(dma, channel);
			irq_unlock(key);
			ztest_test_skip();
		}
		seen = rounds;
		irq_unlock(key);
		k_busy_wait(100);
	} while (seen != rounds);
	zassert_true(rounds < ROUNDS, "suspended too late");
	k_sleep(K_MSEC(250));
	zassert_equal(rounds, seen, "a suspended channel went on");
	zassert_ok(dma_resume(dma, channel));
	k_sleep(K_MSEC(250));
	check();
	dma_release_channel(dma, channel);
}

ZTEST(loop, test_stop_before_start)
{
	const uint32_t channel = prepare();

	zassert_ok(dma_stop(dma, channel));
	zassert_ok(dma_start(dma, channel));
	k_sleep(K_MSEC(250));
	check();
	zassert_ok(dma_stop(dma, channel));
	zassert_ok(dma_stop(dma, channel));
	dma_release_channel(dma, channel);
}
