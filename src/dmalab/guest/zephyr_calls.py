"""The calls that Zephyr firmware can make on the machine; see `calls` for what a row means and what must hold between stub and handler.

Time-outs travel as ticks, 2^64 - 1 waits for ever. Kernel objects are known by the address of their structure.
"""

from __future__ import annotations

from dmalab.guest.calls import CallTable
from dmalab.guest.calls import call as _call

ZEPHYR = CallTable(
    (
        # --- C library heap, as for every API
        _call("malloc", "size:size", "ptr"),
        _call("calloc", "count:size size:size", "ptr"),
        _call("realloc", "block:ptr size:size", "ptr"),
        _call("free", "block:ptr"),
        # --- Kernel heap
        _call("k_aligned_alloc", "alignment:size size:size", "ptr"),  # also k_malloc
        _call("k_calloc", "count:size size:size", "ptr"),
        _call("k_free", "block:ptr"),
        # --- DMA (zephyr/drivers/dma.h). The configuration comes in pieces, for a list has no limit: begin answers a token, each
        # block is told, end
        # answers the code. flags: bit 0 complete, 1 error_dis, 2 half, 3-4 handshakes, 5 source chaining, 6 dest chaining, 7 cyclic
        _call(
            "dma_config_begin",
            "dev:ptr channel:u32 slot_direction:u32 flags:u32 priority_link:u32 sizes:u32 bursts:u32 block_count:u32 "
            "callback:fn user_data:ptr",
            "u32",
        ),
        _call(
            "dma_config_block",
            "token:u32 source:u64 dest:u64 size:u32 gather_interval:u32 scatter_interval:u32 counts:u32 flags:u32 at:ptr dead:u32",
        ),
        # tail: 0 the list ended with NULL, 1 it came back to its head, 2 it goes on behind block_count, 3 there was no configuration, 4 it leads
        # out of memory
        _call("dma_config_end", "token:u32 tail:u32", "i32"),
        _call("dma_reload", "dev:ptr channel:u32 source:u64 dest:u64 size:size", "i32"),
        _call("dma_start", "dev:ptr channel:u32", "i32"),
        _call("dma_stop", "dev:ptr channel:u32", "i32"),
        _call("dma_suspend", "dev:ptr channel:u32", "i32"),
        _call("dma_resume", "dev:ptr channel:u32", "i32"),
        # Bits 0-31 code, 32 busy, 33-35 direction, 36-42 which members the driver writes, 44-63 number of the snapshot that
        # status_word reads
        _call("dma_get_status", "dev:ptr channel:u32", "u64"),
        _call("dma_status_word", "snapshot:u32 word:u32", "u64"),
        _call("dma_get_attribute", "dev:ptr type:u32", "pair", "value"),
        _call("dma_request_channel", "dev:ptr has_param:u32 param:u32", "i32"),
        _call("dma_release_channel", "dev:ptr channel:u32"),
        _call("dma_chan_filter", "dev:ptr channel:i32 has_param:u32 param:u32", "i32"),
        # A callback that runs in a thread of the driver: 0 its function, 1 user data, 2 channel and status
        _call("dma_callback_word", "number:u32 word:u32", "u64"),
        # --- What the firmware's own DMA drivers do, for the checker
        _call("dma_driver_enter", "dev:ptr op:u32 channel:u32 detail:u32"),
        _call("dma_driver_leave", "dev:ptr op:u32 channel:u32 result:i32 busy:u32"),
        _call("dma_driver_callback", "dev:ptr channel:u32 status:i32"),
        # --- The controller's hardware, for the firmware's own drivers (dmalab/generic_dma.h)
        _call("generic_dma_load", "channel:u32 source:u64 dest:u64 size:u32 unit:u32", "i32"),
        _call("generic_dma_enable", "channel:u32", "i32"),
        _call("generic_dma_pause", "channel:u32", "i32"),
        _call("generic_dma_disable", "channel:u32", "i32"),
        _call("generic_dma_left", "channel:u32", "u32"),
        _call("generic_dma_irq", "channel:u32 isr:fn argument:ptr", "i32"),
        # --- Cache (zephyr/cache.h). op: 0 flush, 1 invalidate, 2 both
        _call("sys_cache_data_range", "op:u32 address:ptr size:size", "i32"),
        _call("sys_cache_data_all", "op:u32", "i32"),
        _call("sys_cache_data_line_size_get", "", "u32"),
        # --- Threads
        _call(
            "k_thread_create",
            "thread:ptr entry:fn name:str stack_bytes:u32 priority:i32 options:u32 delay:u64",
            "i32",
        ),
        _call("k_thread_start", "thread:ptr"),
        _call("k_thread_abort", "thread:ptr"),
        _call("k_thread_join", "thread:ptr ticks:u64", "i32"),
        _call("k_thread_suspend", "thread:ptr"),
        _call("k_thread_resume", "thread:ptr"),
        _call("k_thread_priority_get", "thread:ptr", "i32"),
        _call("k_thread_priority_set", "thread:ptr priority:i32"),
        _call("k_thread_name_set", "thread:ptr name:str", "i32"),
        _call("k_current_get", "", "ptr"),
        _call("k_main_thread", "thread:ptr dma_callback:fn dma_callback_in_thread:fn"),
        _call("k_sleep", "ticks:u64", "i32"),
        _call("k_wakeup", "thread:ptr"),
        _call("k_yield"),
        _call("k_busy_wait", "us:u32"),
        _call("k_uptime_ticks", "", "u64"),
        _call("k_cycle_get", "", "u64"),
        _call("k_is_in_isr", "", "u32"),
        _call("k_sched_lock"),
        _call("k_sched_unlock"),
        _call("irq_lock", "", "u32"),
        _call("irq_unlock", "key:u32"),
        _call("k_spin_lock", "lock:ptr", "u32"),
        _call("k_spin_unlock", "lock:ptr key:u32"),
        # --- Semaphores, mutexes, message queues. Counts come back so that the structure can show them
        _call("k_sem_init", "sem:ptr initial:u32 limit:u32", "i32"),
        _call("k_sem_take", "sem:ptr ticks:u64", "pair", "count"),
        _call("k_sem_give", "sem:ptr", "u32"),
        _call("k_sem_reset", "sem:ptr"),
        _call("k_sem_count_get", "sem:ptr", "u32"),
        _call("k_mutex_init", "mutex:ptr", "i32"),
        _call("k_mutex_lock", "mutex:ptr ticks:u64", "i32"),
        _call("k_mutex_unlock", "mutex:ptr", "i32"),
        _call("k_msgq_init", "msgq:ptr item_bytes:u32 length:u32"),
        _call("k_msgq_put", "msgq:ptr data:ptr ticks:u64 front:u32", "i32"),
        _call("k_msgq_get", "msgq:ptr data:ptr ticks:u64", "i32"),
        _call("k_msgq_peek", "msgq:ptr data:ptr", "i32"),
        _call("k_msgq_purge", "msgq:ptr"),
        _call("k_msgq_num_used_get", "msgq:ptr", "u32"),
        # --- Queues (FIFOs, LIFOs) and stacks. where: 0 tail, 1 head, 2 behind prev
        _call("k_queue_init", "queue:ptr"),
        _call("k_queue_put", "queue:ptr item:ptr where:u32 prev:ptr"),
        _call("k_queue_get", "queue:ptr ticks:u64", "ptr"),
        _call("k_queue_cancel_wait", "queue:ptr"),
        _call("k_queue_peek", "queue:ptr tail:u32", "ptr"),
        _call("k_queue_holds", "queue:ptr item:ptr", "u32"),
        _call("k_queue_remove", "queue:ptr item:ptr", "u32"),
        _call("k_stack_init", "stack:ptr entries:u32"),
        _call("k_stack_cleanup", "stack:ptr", "i32"),
        _call("k_stack_push", "stack:ptr word:u64", "i32"),
        _call("k_stack_pop", "stack:ptr ticks:u64", "pair", "word"),
        # --- Events and condition variables. how: bit 0 all, 1 reset before, 2 take what came
        _call("k_event_init", "event:ptr"),
        _call("k_event_set_masked", "event:ptr events:u32 mask:u32", "pair", "events"),
        _call("k_event_wait", "event:ptr events:u32 how:u32 ticks:u64", "u32"),
        _call("k_condvar_init", "condvar:ptr"),
        _call("k_condvar_wake", "condvar:ptr every:u32", "i32"),
        _call("k_condvar_wait", "condvar:ptr mutex:ptr ticks:u64", "i32"),
        # --- Pipes and memory slabs
        _call("k_pipe_init", "pipe:ptr size:u32"),
        _call("k_pipe_write", "pipe:ptr data:ptr length:u32 ticks:u64", "i32"),
        _call("k_pipe_read", "pipe:ptr data:ptr length:u32 ticks:u64", "i32"),
        _call("k_pipe_end", "pipe:ptr close:u32"),
        _call("k_mem_slab_init", "slab:ptr buffer:ptr block_bytes:u32 count:u32"),
        _call("k_mem_slab_alloc", "slab:ptr ticks:u64", "pair", "block"),
        _call("k_mem_slab_free", "slab:ptr block:ptr"),
        # --- Polling: the events come one by one, then which of the signals are raised, then the wait, then the state of each is
        # asked for
        _call("k_poll_begin"),
        _call("k_poll_add", "type:u32 object:ptr"),
        _call("k_poll_signaled", "number:u32"),
        _call("k_poll_wait", "ticks:u64", "i32"),
        _call("k_poll_state", "number:u32", "u32"),
        _call("k_poll_signal_raise", "signal:ptr"),
        # --- Timers and work queues
        _call("k_timer_init", "timer:ptr expiry:fn stop:fn"),
        _call("k_timer_start", "timer:ptr duration:u64 period:u64"),
        _call("k_timer_stop", "timer:ptr"),
        _call("k_timer_status_get", "timer:ptr", "u32"),
        _call("k_timer_status_sync", "timer:ptr", "u32"),
        _call("k_timer_remaining_ticks", "timer:ptr", "u64"),
        _call("k_work_queue_start", "queue:ptr name:str priority:i32 stack_bytes:u32"),
        _call("k_work_submit", "queue:ptr work:ptr handler:fn", "i32"),
        _call("k_work_schedule", "queue:ptr work:ptr handler:fn ticks:u64 again:u32", "i32"),
        _call("k_work_cancel", "work:ptr", "i32"),
        _call("k_work_flush", "work:ptr", "i32"),
        _call("k_work_busy_get", "work:ptr", "u32"),
        # --- Test cases and endings; the text of a message stands in the arena
        _call("ztest_begin", "suite:str name:str file:str line:i32"),
        _call("ztest_end", "outcome:i32"),
        _call("zephyr_fail", "assertion:u32"),
    )
)
"""Every call of the API, in the order of its number."""
