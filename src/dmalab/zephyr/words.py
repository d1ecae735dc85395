"""Fixes in Zephyr's words."""

from __future__ import annotations

from dmalab.chips.model import Kind

_FROM_ISR = {
    "k_sem_take": "take the semaphore in a thread; an interrupt gives it with k_sem_give(), or takes it with K_NO_WAIT",
    "k_mutex_lock": "mutexes are for threads: use a spin lock, or leave the work to a thread with k_work_submit()",
    "k_mutex_unlock": "mutexes are for threads: use a spin lock, or leave the work to a thread with k_work_submit()",
    "k_msgq_put": "k_msgq_put() with K_NO_WAIT",
    "k_msgq_get": "k_msgq_get() with K_NO_WAIT",
    "k_sleep": "leave the delay to a thread: k_work_schedule(), or a k_timer",
    "k_thread_join": "join in a thread",
}


class ZephyrWords:
    """See `rules.words.Words`."""

    def writeback(self, name: str, size: int) -> str:
        """Cache to memory; unaligned ranges are fine in this direction."""
        return f"sys_cache_data_flush_range({name}, {size})"

    def invalidate(self, name: str, size: int) -> str:
        """Memory to cache; address and size must be multiples of the line."""
        return f"sys_cache_data_invd_range({name}, {size})"

    def writeback_invalidate(self, name: str, size: int) -> str:
        """Write back, then drop."""
        return f"sys_cache_data_flush_and_invd_range({name}, {size})"

    def allocate(self, size: int, kind: Kind) -> str:
        """Whole cache lines, or no cache at all."""
        return f"static __aligned(CONFIG_DCACHE_LINE_SIZE) uint8_t buffer[{size}], or __nocache"

    def completion(self) -> str:
        """The only sign that a transfer is over."""
        return "the dma_callback"

    def from_isr(self, call: str) -> str:
        """By the call that was made."""
        return _FROM_ISR.get(call, "leave it to a thread: k_work_submit()")
