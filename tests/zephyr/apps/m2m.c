/* One block from memory to memory, on two channels and with two bursts; everything on the stack of the test but the buffers. */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>
#include <zephyr/ztest.h>

#define LENGTH 48
#define GUARD 32
#define LIST DT_PATH(zephyr_user)

#define DEVICE_AT(index, _) DEVICE_DT_GET(DT_PHANDLE_BY_IDX(LIST, dma_test_devs, index))

static const struct device *const controllers[] = {LISTIFY(DT_PROP_LEN(LIST, dma_test_devs), DEVICE_AT, (,))};

static const char phrase[LENGTH] = "the quick brown fox jumps over the lazy dog ...";
static char __nocache __aligned(32) received[LENGTH + GUARD];
static K_SEM_DEFINE(over, 0, 1);
static int last_status;

static void on_done(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	last_status = status;
	k_sem_give(user_data);
}

static void copy(const struct device *dma, uint32_t channel, uint16_t burst)
{
	struct dma_block_config block = {
		.source_address = (uintptr_t)phrase, .dest_address = (uintptr_t)received, .block_size = LENGTH};
	struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 1,
		.dest_data_size = 1,
		.source_burst_length = burst,
		.dest_burst_length = burst,
		.block_count = 1,
		.head_block = &block,
		.user_data = &over,
		.dma_callback = on_done,
	};

	zassert_true(device_is_ready(dma), "%s is not ready", dma->name);
	memset(received, 0, LENGTH);
	memset(received + LENGTH, 0xA5, GUARD);
	last_status = -1;
	zassert_ok(dma_config(dma, channel, &config));
	k_sem_reset(&over);
	zassert_ok(dma_start(dma, channel));
	zassert_ok(k_sem_take(&over, K_MSEC(2000)), "no callback");
	zassert_equal(last_status, DMA_STATUS_COMPLETE);
	zassert_str_equal(phrase, received);
	for (int i = 0; i < GUARD; i++) {
		zassert_equal((uint8_t)received[LENGTH + i], 0xA5, "guard byte %d", i);
	}
	zassert_equal(k_sem_count_get(&over), 0, "a second callback");
}

static void on_each(uint32_t channel, uint16_t burst)
{
	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		TC_PRINT("%s channel %u burst %u\n", controllers[i]->name, channel, burst);
		copy(controllers[i], channel, burst);
	}
}

ZTEST(m2m, test_channel0_burst8)
{
	on_each(0, 8);
}

ZTEST(m2m, test_channel1_burst8)
{
	on_each(1, 8);
}

ZTEST(m2m, test_channel0_burst16)
{
	on_each(0, 16);
}

ZTEST(m2m, test_channel1_burst16)
{
	on_each(1, 16);
}

ZTEST_SUITE(m2m, NULL, NULL, NULL, NULL, NULL);
