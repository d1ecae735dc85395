/* A callback takes the mutex that threads guard a list with. */
#include "head.h"

static uint8_t __nocache from[64], to[64];
#ifdef RIGHT
static struct k_spinlock guard;
#else
static K_MUTEX_DEFINE(guard);
#endif
static int finished;

static void count(const struct device *dev, void *user_data, uint32_t channel, int status)
{
#ifdef RIGHT
	const k_spinlock_key_t key = k_spin_lock(&guard);
#else
	k_mutex_lock(&guard, K_FOREVER);
#endif
	finished++;
#ifdef RIGHT
	k_spin_unlock(&guard, key);
#else
	k_mutex_unlock(&guard);
#endif
	k_sem_give(&done);
}

int main(void)
{
	struct dma_block_config block = block_of(from, to, 64);
	struct dma_config config = config_of(&block, 4);

	config.dma_callback = count;
	dma_config(dma, 0, &config);
	dma_start(dma, 0);
	k_sem_take(&done, K_FOREVER);
	return 0;
}
