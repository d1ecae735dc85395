/* A receive buffer in the middle of a structure: its first and last lines hold the neighbours' stores, which the invalidate drops. */
#include "head.h"

#ifdef RIGHT
#define LINES __aligned(32)
#else
#define LINES
#endif

static struct {
	uint32_t count;
	uint8_t LINES rx[64];
	uint32_t LINES errors;
} __aligned(32) uart;
static uint8_t __nocache wire[64];

int main(void)
{
	struct dma_block_config block = block_of(wire, uart.rx, sizeof(uart.rx));
	struct dma_config config = config_of(&block, 1);

	sys_cache_data_flush_and_invd_range(uart.rx, sizeof(uart.rx));
	dma_config(dma, 0, &config);
	dma_start(dma, 0);
	uart.count = 1;
	uart.errors = 2;
	k_sem_take(&done, K_FOREVER);
	sys_cache_data_invd_range(uart.rx, sizeof(uart.rx));
	printk("%u %u\n", uart.count, uart.errors);
	return 0;
}
