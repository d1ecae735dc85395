/* A receiver notes that it runs after it has started the controller; the callback notes that it is ready again.
 *
 * A short transfer is over before the first note is made. The note "runs" stays, and every later receive is refused.
 */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>

#define SIZE 64

static const struct device *const dma = DEVICE_DT_GET(DT_NODELABEL(dma0));
static uint8_t __nocache __aligned(32) uart[SIZE], line[SIZE];
static volatile bool runs;
static K_SEM_DEFINE(received, 0, 1);

static void on_received(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	runs = false;
	k_sem_give(&received);
}

static int receive(int channel)
{
	struct dma_block_config part = {
		.source_address = (uintptr_t)uart,
		.dest_address = (uintptr_t)line,
		.block_size = SIZE,
	};
	struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 4, .dest_data_size = 4,
		.source_burst_length = 4, .dest_burst_length = 4,
		.block_count = 1,
		.head_block = &part,
		.dma_callback = on_received,
	};
	if (runs) {
		return -EBUSY;
	}
	int failed = dma_config(dma, channel, &config);
	if (failed || (failed = dma_start(dma, channel)) != 0) {
		return failed;
	}
	k_busy_wait(20); /* guard time of the line */
	runs = true;
	return 0;
}

int main(void)
{
	int channel = dma_request_channel(dma, NULL);

	for (int number = 0; number < 2; number++) {
		(void)receive(channel);
		k_sem_take(&received, K_FOREVER); /* BUG: waits for a receive that was refused */
	}
	dma_release_channel(dma, channel);
	return 0;
}
