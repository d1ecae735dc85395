/* A transfer of two blocks is stopped in the second one, while the first one's interrupt waits behind a lock.
 *
 * Interrupts are let in before the stop, so that no sign of the old transfer is left when it returns.
 */
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>

#define SIZE 16384
#define CHANNEL 0 /* given by the devicetree */

static const struct device *const dma = DEVICE_DT_GET(DT_NODELABEL(dma0));
static uint8_t __nocache __aligned(32) from[SIZE], to[SIZE];
static K_SEM_DEFINE(done, 0, 4);

static void on_done(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	k_sem_give(&done);
}

static int configure(void)
{
	static struct dma_block_config parts[2];
	parts[0] = (struct dma_block_config){
		.source_address = (uintptr_t)from, .dest_address = (uintptr_t)to, .block_size = 64, .next_block = &parts[1],
	};
	parts[1] = (struct dma_block_config){
		.source_address = (uintptr_t)from + 64, .dest_address = (uintptr_t)to + 64, .block_size = SIZE - 64,
	};
	struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.complete_callback_en = 1,
		.source_data_size = 4, .dest_data_size = 4,
		.source_burst_length = 4, .dest_burst_length = 4,
		.block_count = 2,
		.head_block = &parts[0],
		.dma_callback = on_done,
	};
	return dma_config(dma, CHANNEL, &config);
}

int main(void)
{
	if (configure() != 0 || dma_start(dma, CHANNEL) != 0) {
		return 1;
	}
	unsigned int key = irq_lock();
	k_busy_wait(20); /* the first block ends in here */
	irq_unlock(key);
	dma_stop(dma, CHANNEL);
	k_sem_reset(&done);
	if (configure() != 0 || dma_start(dma, CHANNEL) != 0) {
		return 1;
	}
	k_sem_take(&done, K_FOREVER);
	k_sleep(K_MSEC(1));
	return 0;
}
