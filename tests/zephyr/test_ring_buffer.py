"""Byte rings: by copying, by claims, and as what DMA fills."""

from __future__ import annotations


def test_puts_and_gets(program):
    ran = program("""
#include <zephyr/sys/ring_buffer.h>
RING_BUF_DECLARE(ring, 8);
int main(void) {
	uint8_t got[8] = {0}, *data;
	printk("%u %u %d\\n", ring_buf_capacity_get(&ring), ring_buf_space_get(&ring), ring_buf_is_empty(&ring));
	printk("%u\\n", ring_buf_put(&ring, (const uint8_t *)"abcdefghij", 10));
	printk("%u\\n", ring_buf_put(&ring, (const uint8_t *)"x", 1));
	uint32_t size = ring_buf_peek(&ring, got, 3); printk("%u %.3s %u\\n", size, got, ring_buf_size_get(&ring));
	size = ring_buf_get(&ring, got, 5); printk("%u %.5s\\n", size, got);
	ring_buf_put(&ring, (const uint8_t *)"klm", 3);
	size = ring_buf_get_claim(&ring, &data, 8); printk("%u %.3s\\n", size, data);
	size = ring_buf_get_claim(&ring, &data, 8); printk("%u %.3s\\n", size, data);
	printk("%d\\n", ring_buf_get_finish(&ring, 7));
	printk("%d\\n", ring_buf_get_finish(&ring, 4));
	printk("%u\\n", ring_buf_get(&ring, NULL, 1));
	size = ring_buf_put_claim(&ring, &data, 100); printk("%u\\n", size);
	int code = ring_buf_put_finish(&ring, size + 1); printk("%d\\n", code);
	code = ring_buf_put_finish(&ring, 2); printk("%d %u\\n", code, ring_buf_size_get(&ring));
	ring_buf_reset(&ring); printk("%d\\n", ring_buf_is_empty(&ring));
	struct ring_buf made; static uint8_t room[4]; ring_buf_init(&made, 4, room);
	printk("%u\\n", ring_buf_put(&made, (const uint8_t *)"abcdef", 6));
	return 0;
}
""")
    assert ran.rules == [], ran.why
    lines = ["8 8 1", "8", "0", "3 abc 8", "5 abcde", "3 fgh", "3 klm", "-22", "0", "1", "5", "-22", "0 3", "1", "4"]
    assert ran.printed.splitlines() == lines, ran.why


FILLED = """
#include <zephyr/sys/ring_buffer.h>
static uint8_t __aligned(32) bytes[256];
static struct ring_buf ring = RING_BUF_INIT(bytes, 256);
int main(void) {
	uint8_t *data, got[64];
	sys_cache_data_invd_range(bytes, 256);
	for (int turn = 0; turn < 2; turn++) {
		ring_buf_put_claim(&ring, &data, 128);
		struct dma_block_config block = block_for(128);
		block.dest_address = (uint32_t)data;
		struct dma_config config = config_for(&block);
		dma_config(dma, 0, &config); dma_start(dma, 0);
		%s
		ring_buf_put_finish(&ring, 128);
		ring_buf_get(&ring, got, 64);
		k_sem_take(&done, K_MSEC(1));
	}
	return 0;
}
"""


def test_bytes_taken_from_a_claim_that_is_still_filled(program):
    assert "touched-in-flight" in program(FILLED % "").rules


def test_twin_taken_when_they_are_there(program):
    assert program(FILLED % "k_sem_take(&done, K_FOREVER);").rules == []
