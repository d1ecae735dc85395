/* What the emulated controller promises: exact requests, links that are checked at start, cancelling, restarting with an old configuration. */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>
#include <zephyr/ztest.h>

#define SIZE 64
#define WAIT K_MSEC(1000)

struct job {
	struct k_sem over;
	void *user_data;
	uint32_t channel;
	int status;
	int calls;
	uint8_t source[SIZE];
	uint8_t sink[SIZE];
};

static const struct device *const dma = DEVICE_DT_GET(DT_NODELABEL(tst_dma0));
static struct job __nocache jobs[2];
static struct dma_config configs[2];
static struct dma_block_config blocks[2];

static void on_done(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	struct job *job = user_data;

	job->user_data = user_data;
	job->channel = channel;
	job->status = status;
	job->calls++;
	k_sem_give(&job->over);
}

static void prepare(void)
{
	for (int i = 0; i < 2; i++) {
		memset(&jobs[i], 0, sizeof(jobs[i]));
		k_sem_init(&jobs[i].over, 0, 1);
		for (int j = 0; j < SIZE; j++) {
			jobs[i].source[j] = (uint8_t)(j + 64 * i);
		}
		blocks[i] = (struct dma_block_config){.source_address = (uintptr_t)jobs[i].source,
						      .dest_address = (uintptr_t)jobs[i].sink,
						      .block_size = SIZE};
		configs[i] = (struct dma_config){
			.channel_direction = MEMORY_TO_MEMORY,
			.source_data_size = 1,
			.dest_data_size = 1,
			.source_burst_length = 1,
			.dest_burst_length = 1,
			.complete_callback_en = 1,
			.block_count = 1,
			.head_block = &blocks[i],
			.user_data = &jobs[i],
			.dma_callback = on_done,
		};
	}
}

static void link_to(int from, uint32_t to)
{
	configs[from].source_chaining_en = 1;
	configs[from].linked_channel = to;
}

ZTEST(emulated, test_a_request_by_number)
{
	uint32_t wanted = 1;

	zassert_equal(dma_request_channel(dma, NULL), 0);
	dma_release_channel(dma, 0);
	zassert_equal(dma_request_channel(dma, &wanted), 1);
	zassert_equal(dma_request_channel(dma, &wanted), -EINVAL);
	wanted = 0;
	zassert_equal(dma_request_channel(dma, &wanted), 0);
	zassert_equal(dma_request_channel(dma, NULL), -EINVAL, "both are taken");
	wanted = DT_PROP(DT_NODELABEL(tst_dma0), dma_channels);
	zassert_equal(dma_request_channel(dma, &wanted), -EINVAL);
	dma_release_channel(dma, 0);
	dma_release_channel(dma, 1);
}

ZTEST(emulated, test_b_unconfigured_link)
{
	prepare();
	link_to(1, 0);
	zassert_ok(dma_config(dma, 1, &configs[1]));
	zassert_equal(dma_start(dma, 1), -EINVAL);
	zassert_equal(dma_start(dma, 0), -EIO);
	zassert_equal(jobs[1].calls, 0);
	zassert_ok(dma_stop(dma, 1));
}

ZTEST(emulated, test_c_stop_of_unused_channel)
{
	zassert_ok(dma_stop(dma, 0));
	zassert_equal(dma_start(dma, 0), -EIO);
}

ZTEST(emulated, test_d_two_at_once)
{
	prepare();
	for (int i = 0; i < 2; i++) {
		zassert_ok(dma_config(dma, i, &configs[i]));
	}
	zassert_ok(dma_start(dma, 0));
	zassert_ok(dma_start(dma, 1));
	for (int i = 0; i < 2; i++) {
		zassert_ok(k_sem_take(&jobs[i].over, WAIT));
		zassert_equal(jobs[i].calls, 1);
		zassert_equal(jobs[i].channel, i);
		zassert_equal(jobs[i].status, DMA_STATUS_COMPLETE);
		zassert_equal_ptr(jobs[i].user_data, &jobs[i]);
		zassert_mem_equal(jobs[i].sink, jobs[i].source, SIZE);
	}
}

ZTEST(emulated, test_e_links_are_checked)
{
	prepare();
	link_to(0, DT_PROP(DT_NODELABEL(tst_dma0), dma_channels));
	zassert_equal(dma_config(dma, 0, &configs[0]), -EINVAL);
	link_to(0, 0);
	zassert_equal(dma_config(dma, 0, &configs[0]), -EINVAL);
	link_to(0, 1);
	link_to(1, 0);
	zassert_ok(dma_config(dma, 0, &configs[0]));
	zassert_ok(dma_config(dma, 1, &configs[1]));
	zassert_equal(dma_start(dma, 0), -EINVAL);
	zassert_ok(dma_stop(dma, 0));
	zassert_ok(dma_stop(dma, 1));
}

ZTEST(emulated, test_f_active_link)
{
	prepare();
	link_to(0, 1);
	zassert_ok(dma_config(dma, 0, &configs[0]));
	zassert_ok(dma_config(dma, 1, &configs[1]));
	zassert_ok(dma_start(dma, 1));
	zassert_equal(dma_start(dma, 0), -EINVAL);
	zassert_ok(k_sem_take(&jobs[1].over, WAIT));
	zassert_equal(jobs[1].calls, 1);
	zassert_equal(jobs[0].calls, 0);
	zassert_ok(dma_start(dma, 0));
	zassert_ok(k_sem_take(&jobs[0].over, WAIT));
	zassert_ok(k_sem_take(&jobs[1].over, WAIT));
	zassert_equal(jobs[0].calls, 1);
	zassert_equal(jobs[1].calls, 2);
	zassert_mem_equal(jobs[1].sink, jobs[1].source, SIZE);
}

ZTEST(emulated, test_g_cancel_and_restart)
{
	prepare();
	link_to(0, 1);
	zassert_ok(dma_config(dma, 0, &configs[0]));
	zassert_ok(dma_config(dma, 1, &configs[1]));
	zassert_ok(dma_start(dma, 0));
	zassert_ok(dma_stop(dma, 0));
	zassert_equal(dma_start(dma, 0), -EBUSY);
	zassert_ok(k_sem_take(&jobs[0].over, WAIT));
	zassert_equal(jobs[0].status, -ECANCELED);
	zassert_equal(jobs[0].calls, 1);
	zassert_equal(jobs[1].calls, 0);
	zassert_ok(dma_start(dma, 0));
	zassert_ok(k_sem_take(&jobs[0].over, WAIT));
	zassert_ok(k_sem_take(&jobs[1].over, WAIT));
	zassert_equal(jobs[0].status, DMA_STATUS_COMPLETE);
	zassert_mem_equal(jobs[0].sink, jobs[0].source, SIZE);
	zassert_mem_equal(jobs[1].sink, jobs[1].source, SIZE);
}

ZTEST_SUITE(emulated, NULL, NULL, NULL, NULL, NULL);
