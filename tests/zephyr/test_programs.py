"""C programs: what only firmware can do wrong, the kernel, ztest, configuration."""

from __future__ import annotations

import pytest

from dmalab.errors import CannotRunError, OptionError
from dmalab.guest.toolchain import BuildError
from dmalab.options import Options
from dmalab.report.json import run_data

from .programs import run

# -- what only firmware can do wrong ---------------------------------------------------------------------------------

KEPT = """
static struct dma_config config;
static void __attribute__((noinline)) prepare(void) {
	struct dma_block_config block = block_for(64);
	config = config_for(&block);
	printk("%%d\\n", dma_config(dma, 0, &config));
}
int main(void) {
	%s
	prepare();
	%s
	printk("%%d\\n", dma_config(dma, 0, &config));
	return 0;
}
"""


def test_a_list_on_a_dead_stack(program):
    ran = program(KEPT % ("", ""))
    finding = next(
        one for one in ran.report.findings if "stack frame" in one.message and one.rule == "bad-descriptor-chain"
    )
    assert finding.message == (
        "dma_config(dma0, 0) got block 1 of its list from a stack frame that has ended: what lies there now is somebody else's"
    )
    assert (
        finding.fix
        == "at program.c:12: fill in head_block again before each dma_config(), or keep the blocks in static memory"
    )


def test_twin_the_list_is_filled_in_again(program):
    ran = program(KEPT % ("", "struct dma_block_config again = block_for(64); config.head_block = &again;"))
    assert ran.rules == [], ran.why


FREED = """
int main(void) {
	struct dma_block_config *block = k_malloc(sizeof(*block));
	*block = block_for(64);
	struct dma_config config = config_for(block);
	%s
	dma_config(dma, 0, &config);
	%s
	return 0;
}
"""


def test_a_freed_list(program):
    ran = program(FREED % ("k_free(block);", ""))
    assert [one.message for one in ran.report.findings if one.rule == "bad-descriptor-chain"] == [
        "dma_config(dma0, 0) got block 1 of its list from memory that had been freed"
    ]
    assert "heap-misuse" in ran.rules


def test_twin_freed_after_the_configuration(program):
    assert program(FREED % ("", "k_free(block);")).rules == []


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("block.next_block = (void *)0x3f8;", "next_block of block 1"),
        ("block.next_block = (void *)((char *)source + 2);", "next_block of block 1"),
        ("config.head_block = (void *)0x3f8;", "head_block"),
    ],
)
def test_a_list_that_leads_out_of_memory(program, statement, where):
    """It is refused, where a device faults."""
    ran = program(
        "int main(void) { struct dma_block_config block = block_for(64); struct dma_config config = config_for(&block);"
        f' config.block_count = 2; {statement} printk("%d\\n", dma_config(dma, 0, &config)); return 0; }}'
    )
    assert ran.printed == "-22\n", ran.why
    assert [finding.message.partition(", and following")[0] for finding in ran.report.findings] == [
        f"dma_config(dma0, 0) got a list that leads out of memory: {where} is no address of a block"
    ]


def test_blocks_may_live_on_the_stack_of_the_caller(program):
    ran = program("""
static int __attribute__((noinline)) start(void) {
	struct dma_block_config second = block_for(64), first = block_for(64);
	first.next_block = &second;
	struct dma_config config = config_for(&first);
	config.block_count = 2;
	return dma_config(dma, 0, &config) || dma_start(dma, 0);
}
int main(void) { start(); k_sem_take(&done, K_FOREVER); return 0; }
""")
    assert ran.rules == [], ran.why


def test_a_data_buffer_on_a_dead_stack(program):
    ran = program("""
static void __attribute__((noinline)) start(void) {
	uint8_t local[64] __aligned(32);
	memset(local, 1, sizeof(local));
	sys_cache_data_flush_range(local, sizeof(local));
	struct dma_block_config block = block_for(64);
	block.source_address = (uint32_t)local;
	struct dma_config config = config_for(&block);
	dma_config(dma, 0, &config); dma_start(dma, 0);
}
int main(void) { start(); k_sem_take(&done, K_FOREVER); return 0; }
""")
    assert "dead-stack" in ran.rules, ran.why


IN_CALLBACK = """
K_MUTEX_DEFINE(lock);
static void busy(const struct device *dev, void *user_data, uint32_t channel, int status) { %s k_sem_give(&done); }
int main(void) {
	struct dma_block_config block = block_for(64);
	struct dma_config config = config_for(&block);
	config.dma_callback = busy;
	dma_config(dma, 0, &config); dma_start(dma, 0);
	k_sem_take(&done, K_FOREVER);
	return 0;
}
"""


@pytest.mark.parametrize(
    ("statement", "message", "fix"),
    [
        (
            "k_mutex_lock(&lock, K_FOREVER);",
            "k_mutex_lock was called in an interrupt, but it may wait",
            "mutexes are for threads: use a spin lock, or leave the work to a thread with k_work_submit()",
        ),
        (
            "k_msleep(1);",
            "k_sleep was called in an interrupt, but it may wait",
            "leave the delay to a thread: k_work_schedule(), or a k_timer",
        ),
        (
            "k_sem_take(&done, K_MSEC(1));",
            "k_sem_take was called in an interrupt, but it may wait",
            "take the semaphore in a thread; an interrupt gives it with k_sem_give(), or takes it with K_NO_WAIT",
        ),
    ],
)
def test_waiting_in_a_callback(program, statement, message, fix):
    ran = program(IN_CALLBACK % statement)
    assert [(one.rule, one.message, one.fix) for one in ran.report.findings] == [
        ("isr-context", message, f"at program.c:3: {fix}")
    ]


@pytest.mark.parametrize(
    "statement", ["k_sem_take(&done, K_NO_WAIT);", "k_busy_wait(1);", 'printk("x");', "k_uptime_get();"]
)
def test_twin_what_a_callback_may_do(program, statement):
    assert program(IN_CALLBACK % statement).rules == []


def test_dtcm_is_out_of_reach(program):
    ran = program("""
static uint8_t __dtcm_bss_section near[64];
static uint8_t __dtcm_data_section filled[4] = {1, 2, 3, 4};
static int last;
static void keep(const struct device *dev, void *user_data, uint32_t channel, int status) { last = status; k_sem_give(&done); }
int main(void) {
	struct dma_block_config block = block_for(64);
	block.source_address = (uint32_t)near;
	struct dma_config config = config_for(&block);
	config.dma_callback = keep;
	dma_config(dma, 0, &config); dma_start(dma, 0);
	k_sem_take(&done, K_FOREVER);
	printk("%x %d %d\\n", (unsigned)near >> 24, last == -EIO, filled[3]);
	return 0;
}
""")
    assert ran.printed == "20 1 4\n"
    (finding,) = ran.report.findings
    assert (
        finding.message
        == ("dma0 channel 0 can't read [0x20000010, 0x20000050), which is dtcm: it sends zeros or hangs")
        or finding.rule == "unreachable-memory"
    )


def test_a_user_data_pointer_and_the_device_come_back(program):
    ran = program("""
static void check(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	printk("%d %d %u %d\\n", dev == dma, user_data == &done, channel, status);
	k_sem_give(user_data);
}
int main(void) {
	struct dma_block_config block = block_for(64);
	struct dma_config config = config_for(&block);
	config.dma_callback = check;
	config.user_data = &done;
	dma_config(dma, 5, &config);
	memset(&config, 0xFF, sizeof(config)); /* everything was copied */
	memset(&block, 0xFF, sizeof(block));
	dma_start(dma, 5);
	k_sem_take(&done, K_FOREVER);
	return 0;
}
""")
    assert ran.printed == "1 1 5 0\n"
    assert ran.rules == [], ran.why


def test_status_attribute_filter_and_helpers_in_c(program):
    ran = program("""
int main(void) {
	struct dma_status status;
	uint32_t value = 0, three = 3;
	struct dma_block_config block = block_for(1024);
	struct dma_config config = config_for(&block);
	memset(&status, 0xEE, sizeof(status));
	int code = dma_get_status(dma, 0, &status);
	printk("%d %d %d %u %u %u %u %u\\n", code, status.busy, status.dir, status.pending_length, status.free, status.write_position,
		status.read_position, (unsigned)status.total_copied);
	dma_config(dma, 0, &config);
	dma_start(dma, 0);
	code = dma_get_status(dma, 0, &status);
	printk("%d %d %d\\n", code, status.busy, status.pending_length + status.write_position == 1024);
	k_sem_take(&done, K_FOREVER);
	dma_get_status(dma, 0, &status);
	printk("%d %u\\n", status.busy, (unsigned)status.total_copied);
	code = dma_get_attribute(dma, DMA_ATTR_MAX_BLOCK_COUNT, &value);
	printk("%d %u %d\\n", code, value, dma_get_attribute(dma, 17, &value) == -EINVAL);
	printk("%d %d %d\\n", dma_chan_filter(dma, 3, NULL), dma_chan_filter(dma, 3, &three), dma_chan_filter(dma, 4, &three));
	printk("%d\\n", dma_request_channel(dma, &three));
	dma_release_channel(dma, 3);
	printk("%u %u %u\\n", dma_width_index(4), dma_burst_index(16), dma_burst_index(5));
	printk("%d %d\\n", dma_get_status(dma, 8, &status) == -EINVAL, dma_config(dma, 0, NULL) == -EINVAL);
	printk("%d\\n", dma_reload(dma, 0, (uint32_t)source, (uint32_t)sink, 64));
	return 0;
}
""")
    assert ran.printed.splitlines() == [
        "0 0 0 0 0 0 0 0",
        "0 1 1",
        "0 1024",
        "0 4096 1",
        "1 1 0",
        "3",
        "3 0 3",
        "1 1",
        "0",
    ], ran.why


def test_drivers_leave_members_of_the_status_alone(program):
    text = """
int main(void) {
	struct dma_status status;
	memset(&status, 0xEE, sizeof(status));
	dma_get_status(dma, 0, &status);
	printk("%x %x %x\\n", status.busy, status.pending_length, status.free);
	return 0;
}
"""
    assert program(text, options={"driver": "stm32"}).printed == "0 0 eeeeeeee\n"
    assert program(text, options={"driver": "dw"}).printed == "ee 0 0\n"


def test_layout_of_the_structures(program):
    ran = program("""
int main(void) {
	printk("%u %u %u\\n", sizeof(struct dma_block_config), offsetof(struct dma_block_config, next_block),
		offsetof(struct dma_block_config, block_size));
	printk("%u %u %u %u\\n", sizeof(struct dma_config), offsetof(struct dma_config, head_block),
		offsetof(struct dma_config, user_data), offsetof(struct dma_config, dma_callback));
	printk("%u %u %u\\n", sizeof(struct dma_context), offsetof(struct dma_context, atomic), sizeof(struct dma_driver_api));
	struct dma_config config = {0};
	config.complete_callback_en = 1;
	config.linked_channel = 1;
	config.cyclic = 1;
	printk("%x\\n", *(uint32_t *)&config);
	return 0;
}
""")
    assert ran.printed.splitlines() == ["32 24 20", "28 16 20 24", "12 8 40", "20401000"]


def test_cache_calls_in_c(program):
    text = """
static uint8_t __aligned(32) cached[64];
int main(void) {
	cached[0] = 1;
	printk("%d %d %d %d %d %d %u\\n", sys_cache_data_flush_range(cached, 64), sys_cache_data_flush_all(),
		sys_cache_data_flush_and_invd_range(cached, 64), sys_cache_data_flush_and_invd_all(),
		sys_cache_data_invd_range(cached, 64), %s, (unsigned)sys_cache_data_line_size_get());
	printk("%d %d %d\\n", sys_cache_instr_invd_all(), sys_cache_is_ptr_cached(cached), sys_cache_uncached_ptr_get(cached) == cached);
	return 0;
}
"""
    on = program(text.replace("%s", "0"))
    assert on.printed == "0 0 0 0 0 0 32\n0 0 1\n", on.why
    off = program(text.replace("%s", "sys_cache_data_invd_all()"), defines=("CONFIG_CACHE_MANAGEMENT=n",))
    assert off.printed == "-95 -95 -95 -95 -95 -95 0\n0 0 1\n"


def test_invalidating_everything_takes_the_stacks_along(program):
    ran = program("int main(void) { sys_cache_data_invd_all(); return 0; }")
    assert "shared-line" in ran.rules, ran.why


# -- the kernel ------------------------------------------------------------------------------------------------------


def test_threads(program):
    ran = program("""
K_THREAD_STACK_DEFINE(stack, 1024);
static struct k_thread thread;
static void work(void *a, void *b, void *c) {
	printk("%s %d %d %d\\n", k_thread_name_get(k_current_get()), (int)a, (int)b, (int)c);
	k_msleep(5);
	printk("after %d\\n", (int)k_uptime_get());
}
static void later(void *a, void *b, void *c) { printk("later %d\\n", (int)k_uptime_get()); }
K_THREAD_DEFINE(other, 1024, later, NULL, NULL, NULL, 3, 0, 20);
int main(void) {
	k_tid_t id = k_thread_create(&thread, stack, K_THREAD_STACK_SIZEOF(stack), work, (void *)1, (void *)2, (void *)3, 5, 0, K_FOREVER);
	k_thread_name_set(id, "worker");
	printk("%d %d\\n", k_thread_join(id, K_NO_WAIT) == -EBUSY, k_thread_priority_get(id));
	k_thread_start(id);
	printk("%d\\n", k_thread_join(id, K_MSEC(1)) == -EAGAIN);
	printk("%d\\n", k_thread_join(id, K_FOREVER));
	k_thread_create(&thread, stack, 1024, work, 0, 0, 0, 5, 0, K_NO_WAIT);
	k_thread_abort(id);
	printk("%d %d\\n", k_thread_join(id, K_FOREVER), k_is_in_isr());
	k_msleep(30);
	return 0;
}
""")
    assert ran.printed.splitlines() == ["1 5", "worker 1 2 3", "1", "after 5", "0", "0 0", "later 20"], ran.why
    assert ran.rules == []


def test_cooperative_threads_are_not_preempted(program):
    ran = program("""
K_THREAD_STACK_ARRAY_DEFINE(stacks, 2, 1024);
static struct k_thread threads[2];
static K_SEM_DEFINE(go, 0, 1);
static void urgent(void *a, void *b, void *c) { k_sem_take(&go, K_FOREVER); printk("urgent\\n"); }
static void steady(void *a, void *b, void *c) {
	k_sem_give(&go);
	printk("steady goes on\\n");
	if (a) { k_yield(); } else { k_msleep(1); }
	printk("steady again\\n");
}
int main(void) {
	for (int yields = 0; yields < 2; yields++) {
		for (int cooperative = 0; cooperative < 2; cooperative++) {
			const int low = cooperative ? -2 : 5, high = cooperative ? -5 : 2;
			k_thread_create(&threads[0], stacks[0], 1024, urgent, 0, 0, 0, high, 0, K_NO_WAIT);
			k_msleep(1);
			k_thread_create(&threads[1], stacks[1], 1024, steady, (void *)yields, 0, 0, low, 0, K_NO_WAIT);
			k_thread_join(&threads[0], K_FOREVER);
			k_thread_join(&threads[1], K_FOREVER);
		}
	}
	return 0;
}
""")
    preempted, kept = ["urgent", "steady goes on", "steady again"], ["steady goes on", "urgent", "steady again"]
    assert ran.printed.splitlines() == (preempted + kept) * 2, ran.why


def test_semaphores_mutexes_and_queues(program):
    ran = program("""
static K_SEM_DEFINE(sem, 1, 2);
static K_MUTEX_DEFINE(mutex);
K_MSGQ_DEFINE(queue, 4, 2, 4);
static int other_result;
static void other(void *a, void *b, void *c) { other_result = k_mutex_unlock(&mutex); k_sem_reset(&sem); }
K_THREAD_STACK_DEFINE(stack, 1024);
static struct k_thread thread;
int main(void) {
	int first = k_sem_take(&sem, K_NO_WAIT), second = k_sem_take(&sem, K_NO_WAIT);
	printk("%d %d\\n", first, second == -EBUSY);
	printk("%d\\n", k_sem_take(&sem, K_MSEC(2)) == -EAGAIN);
	k_sem_give(&sem); k_sem_give(&sem); k_sem_give(&sem);
	printk("%u %u\\n", k_sem_count_get(&sem), sem.count);
	printk("%d %d\\n", k_sem_init(&sem, 3, 2) == -EINVAL, k_sem_init(&sem, 0, 0) == -EINVAL);
	k_sem_init(&sem, 0, 1);
	printk("%d\\n", k_mutex_unlock(&mutex) == -EINVAL);
	first = k_mutex_lock(&mutex, K_FOREVER); second = k_mutex_lock(&mutex, K_NO_WAIT);
	printk("%d %d\\n", first, second);
	k_thread_create(&thread, stack, 1024, other, 0, 0, 0, 1, 0, K_NO_WAIT);
	first = k_sem_take(&sem, K_FOREVER);
	printk("%d %d\\n", first == -EAGAIN, other_result == -EPERM);
	first = k_mutex_unlock(&mutex); second = k_mutex_unlock(&mutex);
	printk("%d %d\\n", first, second);
	uint32_t item = 7, got = 0;
	printk("%d", k_msgq_put(&queue, &item, K_NO_WAIT)); item = 8;
	printk(" %d", k_msgq_put_front(&queue, &item));
	printk(" %d %d\\n", k_msgq_put(&queue, &item, K_NO_WAIT) == -ENOMSG, k_msgq_put(&queue, &item, K_MSEC(1)) == -EAGAIN);
	printk("%u %u", k_msgq_num_used_get(&queue), k_msgq_num_free_get(&queue));
	k_msgq_peek(&queue, &got); printk(" %u", got);
	k_msgq_get(&queue, &got, K_FOREVER); k_msgq_get(&queue, &got, K_FOREVER); printk(" %u", got);
	printk(" %d %d\\n", k_msgq_get(&queue, &got, K_NO_WAIT) == -ENOMSG, k_msgq_peek(&queue, &got) == -ENOMSG);
	k_msgq_put(&queue, &item, K_NO_WAIT); k_msgq_purge(&queue);
	printk("%u\\n", k_msgq_num_used_get(&queue));
	return 0;
}
""")
    assert ran.printed.splitlines() == [
        "0 1",
        "1",
        "2 2",
        "1 1",
        "1",
        "0 0",
        "1 1",
        "0 0",
        "0 0 1 1",
        "2 0 8 7 1 1",
        "0",
    ], ran.why
    assert ran.rules == []


def test_timers_and_work(program):
    ran = program("""
static int ticks, works;
static void expire(struct k_timer *timer) { ticks += 1 + 100 * !k_is_in_isr(); }
static void stopped(struct k_timer *timer) { printk("stopped\\n"); }
K_TIMER_DEFINE(timer, expire, stopped);
static void handler(struct k_work *work) { works += 1 + 100 * k_is_in_isr(); }
K_WORK_DEFINE(work, handler);
static void slow(struct k_work *work) { k_msleep(3); works += 10; }
K_WORK_DELAYABLE_DEFINE(delayed, slow);
K_THREAD_STACK_DEFINE(stack, 1024);
static struct k_work_q own;
int main(void) {
	struct k_work_sync sync;
	k_timer_start(&timer, K_MSEC(1), K_MSEC(2));
	k_msleep(6);
	printk("%d %u\\n", ticks, k_timer_status_get(&timer));
	k_timer_stop(&timer);
	k_msleep(5);
	printk("%d %d\\n", ticks, (int)k_timer_remaining_ticks(&timer));
	k_timer_start(&timer, K_MSEC(1), K_NO_WAIT);
	printk("%u\\n", k_timer_status_sync(&timer));
	int first = k_work_submit(&work), second = k_work_submit(&work);
	printk("%d %d %d\\n", first, second, works);
	k_msleep(1);
	printk("%d\\n", works);
	first = k_work_schedule(&delayed, K_MSEC(2)); second = k_work_schedule(&delayed, K_MSEC(2));
	printk("%d %d %d\\n", first, second, k_work_delayable_is_pending(&delayed));
	k_work_flush_delayable(&delayed, &sync);
	printk("%d\\n", works);
	k_work_schedule(&delayed, K_MSEC(2));
	printk("%d\\n", k_work_cancel_delayable(&delayed));
	k_msleep(5);
	k_work_queue_init(&own);
	k_work_queue_start(&own, stack, K_THREAD_STACK_SIZEOF(stack), 3, NULL);
	k_work_submit_to_queue(&own, &work);
	printk("%d\\n", works);
	k_work_flush(&work, &sync);
	printk("%d %d\\n", works, k_work_busy_get(&work));
	return 0;
}
""")
    assert ran.printed.splitlines() == ["3 3", "stopped", "3 0", "1", "1 1 2", "2", "1 0 1", "12", "0", "12", "13 0"], (
        ran.why
    )
    assert ran.rules == []


def test_time_locks_and_atomics(program):
    ran = program("""
static ATOMIC_DEFINE(bits, 40);
static struct k_spinlock lock;
int main(void) {
	int64_t before = k_uptime_get();
	k_busy_wait(2500);
	printk("%d %u\\n", (int)k_uptime_delta(&before), k_uptime_seconds());
	uint32_t cycles = k_cycle_get_32();
	k_busy_wait(10);
	printk("%d\\n", k_cyc_to_us_floor32(k_cycle_get_32() - cycles) >= 10);
	unsigned outer = irq_lock(), inner = irq_lock();
	irq_unlock(inner); irq_unlock(outer);
	k_spinlock_key_t key = k_spin_lock(&lock);
	printk("%d\\n", k_spin_is_locked(&lock));
	k_spin_unlock(&lock, key);
	K_SPINLOCK(&lock) { printk("in %d\\n", k_spin_is_locked(&lock)); }
	bool first = atomic_test_and_set_bit(bits, 33), second = atomic_test_and_set_bit(bits, 33);
	printk("%d %d %d\\n", first, second, atomic_test_bit(bits, 33));
	atomic_t value = ATOMIC_INIT(5);
	const long was = atomic_inc(&value), now = atomic_get(&value), swapped = atomic_cas(&value, 6, 9);
	printk("%ld %ld %ld %ld\\n", was, now, swapped, atomic_get(&value));
	printk("%d %d %d\\n", (int)ROUND_UP(33, 32), (int)DIV_ROUND_UP(9, 4), find_msb_set(48));
	k_timepoint_t end = sys_timepoint_calc(K_MSEC(1));
	printk("%d", sys_timepoint_expired(end));
	k_msleep(2);
	printk(" %d\\n", sys_timepoint_expired(end));
	printk("%d\\n", k_sleep(K_NO_WAIT));
	return 0;
}
""")
    assert ran.printed.splitlines() == ["2 0", "1", "1", "in 1", "0 1 1", "5 6 1 9", "64 3 6", "0 1", "0"], ran.why


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "static struct k_sem s; int main(void) { k_sem_give(&s); return 0; }",
            "semaphore s was never initialised (its limit is 0)",
        ),
        (
            "static struct k_mutex m; int main(void) { return k_mutex_lock(&m, K_FOREVER); }",
            "mutex m was never initialised",
        ),
        (
            "static struct k_spinlock l; int main(void) { k_spin_lock(&l); k_spin_lock(&l); return 0; }",
            "spin lock l is locked a second time by its owner",
        ),
        ('int main(void) { __ASSERT(1 == 2, "no %d", 7); return 0; }', "ASSERTION FAIL [1 == 2] @ program.c:1: no 7"),
        ("int main(void) { k_panic(); }", "the firmware called k_panic()"),
    ],
)
def test_endings(program, text, message):
    ran = program(text)
    assert [one.message for one in ran.report.findings if one.rule == "guest-fault"] == [message], ran.why
    assert ran.report.exit_code == 1


def test_a_deadlock_names_what_is_waited_for(program):
    ran = program("int main(void) { k_sem_take(&done, K_FOREVER); return 0; }")
    assert [one.message for one in ran.report.findings] == [
        "every task waits and nothing is pending: main waits for semaphore done"
    ]


def test_a_heap_block_that_leaks(program):
    assert program("int main(void) { k_malloc(10); return 0; }").rules == ["leak"]
    assert program("int main(void) { k_free(k_malloc(10)); return 0; }").rules == []


def test_log_and_init_levels(program):
    ran = program("""
LOG_MODULE_REGISTER(app, LOG_LEVEL_WRN);
static int early(void) { printk("early\\n"); return 0; }
static int late(void) { printk("late\\n"); return 0; }
SYS_INIT(late, APPLICATION, 90);
SYS_INIT(early, POST_KERNEL, 10);
int main(void) { k_msleep(1500); LOG_WRN("value %d", 5); LOG_INF("not told"); LOG_ERR("bad"); return 0; }
""")
    assert ran.printed.splitlines() == [
        "early",
        "late",
        "[00:00:01.500,000] <wrn> app: value 5",
        "[00:00:01.500,000] <err> app: bad",
    ]


# -- ztest -----------------------------------------------------------------------------------------------------------

SUITE = """
#include <zephyr/ztest.h>
static int hooks;
struct all_fixture { int value; };
static struct all_fixture fixture_;
static void *setup(void) { fixture_.value = 3; return &fixture_; }
static void before(void *data) { hooks++; }
static void after(void *data) { hooks += 10; }
static void teardown(void *data) { printk("hooks %d\\n", hooks); }
ZTEST_SUITE(all, NULL, setup, before, after, teardown);
ZTEST(all, test_d_passes) { zassert_equal(1, 1); }
ZTEST(all, test_a_fails) { zassert_equal(1, 2, "one is %d", 1); printk("never\\n"); }
ZTEST(all, test_b_skips) { ztest_test_skip(); printk("never\\n"); }
ZTEST_F(all, test_c_has_a_fixture) { zassert_equal(fixture->value, 3); zassert_within(5, 6, 1); zassert_not_null(fixture); }
ZTEST(all, test_e_expects) { zexpect_true(false); printk("goes on\\n"); }
ZTEST(all, test_f_assumes) { zassume_true(false, "not here"); }
ZTEST(other, test_pass_early) { ztest_test_pass(); zassert_unreachable(); }
"""


def test_ztest_outcomes_in_text_and_json(program):
    ran = program(SUITE, head="", name="suite.c")
    assert ran.tests == {
        "all.test_a_fails": "failed",
        "all.test_b_skips": "skipped",
        "all.test_c_has_a_fixture": "passed",
        "all.test_d_passes": "passed",
        "all.test_e_expects": "failed",
        "all.test_f_assumes": "skipped",
        "other.test_pass_early": "passed",
    }
    assert list(ran.tests) == sorted(ran.tests)
    assert " FAIL - test_a_fails in 0.000 seconds\n" in ran.printed
    assert " SKIP - test_b_skips in 0.000 seconds\n" in ran.printed
    assert "hooks 66\n" in ran.printed
    assert "never" not in ran.printed
    assert "PROJECT EXECUTION FAILED" in ran.printed
    cases = {case["name"]: case for case in run_data(ran.report)["tests"]}
    assert cases["all.test_a_fails"]["message"] == "suite.c:12 all_test_a_fails: 1 not equal to 2: one is 1"
    assert cases["all.test_f_assumes"]["message"] == "suite.c:16 all_test_f_assumes: false is false: not here"
    assert cases["all.test_a_fails"]["line"] == 12
    assert (ran.report.verdict, ran.report.exit_code) == ("failed", 1)


GENERATED = """
#include <zephyr/drivers/dma.h>
#include <zephyr/pm/device.h>
#include <zephyr/test_devices.h>
#include <zephyr/ztest.h>

#define PROP dma_test_devs
#if TEST_DEVS_EXIST(PROP)
#define COUNT TEST_DEVS_LEN(PROP)
#define GET(idx, _) TEST_DEVS_GET_BY_IDX(PROP, idx)
#else
#error nothing to test
#endif
#define ALIGNMENT DT_PROP_OR(TEST_DEVS_NODE_BY_IDX(PROP, 0), dma_buf_addr_alignment, 32)
#define OTHER DT_INST_PROP_OR(tst_dma0, dma_buf_addr_alignment, 32)
static const struct device *const devices[] = {LISTIFY(COUNT, GET, (,))};
static __aligned(ALIGNMENT) uint8_t buffer[4] __used __attribute__((__section__(".nocache.dma")));
#define DEFINE(idx, _)                                                          \\
	ZTEST(generated, test_dev##idx##_ready)                                 \\
	{                                                                       \\
		zassert_true(device_is_ready(devices[idx]), "%s", devices[idx]->name); \\
	}                                                                       \\
	ZTEST(generated, test_dev##idx##_again) { zassert_equal(OTHER, 32); }
LISTIFY(COUNT, DEFINE, ())
#define NAME(i, _) test_dma##i
#define LIST LISTIFY(1, NAME, (,))
#define TASK(name)                                                                       \\
	ZTEST(generated, test_##name##_label)                                            \\
	{                                                                                \\
		const struct device *dma = DEVICE_DT_GET(DT_NODELABEL(name));            \\
		enum pm_device_state state;                                              \\
		zassert_ok(pm_device_state_get(dma, &state));                            \\
		zassert_equal(state, PM_DEVICE_STATE_ACTIVE, "%s", pm_device_state_str(state)); \\
		zassert_equal((uintptr_t)buffer >> 24, 0x30);                            \\
	}
FOR_EACH(TASK, (), LIST);
"""


def test_tests_generated_for_each_device(program):
    ran = program(GENERATED, head="", name="generated.c")
    assert set(ran.tests.values()) == {"passed"}, ran.why
    assert [name.partition(".")[2] for name in ran.tests] == [
        "test_dev0_again",
        "test_dev0_ready",
        "test_test_dma0_label",
    ]


def test_an_assertion_in_a_callback_fails_the_test(program):
    ran = program("""
#include <zephyr/ztest.h>
static void wrong(const struct device *dev, void *user_data, uint32_t channel, int status) { zassert_true(false, "in the interrupt"); }
ZTEST(isr, test_it) {
	struct dma_block_config block = block_for(64);
	struct dma_config config = config_for(&block);
	config.dma_callback = wrong;
	zassert_ok(dma_config(dma, 0, &config));
	zassert_ok(dma_start(dma, 0));
	k_sleep(K_FOREVER);
}
ZTEST(isr, test_next) { }
""")
    assert ran.tests == {"isr.test_it": "failed", "isr.test_next": "passed"}, ran.why


# -- configuration ---------------------------------------------------------------------------------------------------


def test_conf_overlay_kconfig_and_defines(tmp_path):
    (tmp_path / "main.c").write_text(
        """
#include <zephyr/drivers/dma.h>
#define CLIENT DT_NODELABEL(client)
#define SHOW(i) printk("instance %d %u\\n", i, DT_PROP(DT_INST(i, acme_client), speed));
int main(void) {
	printk("%d %d %s %d\\n", CONFIG_ONE, CONFIG_TWO, CONFIG_TEXT, IS_ENABLED(CONFIG_OFF));
	printk("%d %d\\n", CONFIG_THREE, IS_ENABLED(CONFIG_NEVER));
	printk("%d %s\\n", DT_DMAS_CELL(0), DEVICE_DT_GET(DT_PHANDLE_BY_IDX(CLIENT, dmas, 1))->name);
	printk("%d %d %d\\n", DT_PROP_LEN(CLIENT, list), DT_PROP_BY_IDX(CLIENT, list, 1), DT_PROP_OR(CLIENT, missing, 9));
	printk("%d %d %d\\n", DT_NODE_EXISTS(DT_ALIAS(sensor)), DT_NODE_HAS_STATUS_OKAY(DT_NODELABEL(off)), DT_NODE_HAS_PROP(CLIENT, flag));
	printk("%d %x\\n", DT_PROP(DT_NODELABEL(dma0), dma_channels), DT_REG_ADDR(CLIENT));
	printk("%d\\n", DT_NUM_INST_STATUS_OKAY(acme_client));
	DT_FOREACH_OKAY_INST_acme_client(SHOW)
	return 0;
}
""".replace("DT_DMAS_CELL(0)", "DT_PHA_BY_IDX(CLIENT, dmas, 1, slot)")
    )
    (tmp_path / "prj.conf").write_text(
        '# comment\nCONFIG_ONE=1\nCONFIG_TWO=2\nCONFIG_TEXT="hi"\n# CONFIG_OFF is not set\n'
    )
    (tmp_path / "more.conf").write_text("CONFIG_TWO=22\n")
    (tmp_path / "Kconfig").write_text(
        'mainmenu "x"\n\nconfig THREE\n\tint "three"\n\tdefault 5 if NEVER\n\tdefault 33\n\nconfig ONE\n\tint\n\tdefault 11\n'
        '\nconfig NEVER\n\tbool "n"\n\tdefault n\n\nsource "Kconfig.zephyr"\n'
    )
    (tmp_path / "app.overlay").write_text("""
/* comment */
&dma0 { dma-channels = <4>; };
/ {
	aliases { sensor = &client; };
	client: client@1000 {
		compatible = "acme,client";
		reg = <0x1000 0x10>;
		dmas = <&dma0 1 2>, <&dma0 3 4>;
		list = <1 0x20 (1 + 2)>;
		speed = <7>;
		flag;
		gone;
		/delete-property/ gone;
	};
	off: off { status = "disabled"; compatible = "acme,client"; speed = <8>; };
};
""")
    names = ("main.c", "prj.conf", "more.conf", "Kconfig", "app.overlay")
    ran = run(*(tmp_path / name for name in names), defines=("CONFIG_TWO=222",))
    assert ran.printed.splitlines() == [
        "1 222 hi 0",
        "33 0",
        "4 dma0",
        "3 32 9",
        "1 0 1",
        "4 1000",
        "1",
        "instance 0 7",
    ], ran.why


@pytest.mark.parametrize(("chip", "channels", "last"), [("mcu-m7", 2, 1), ("esp32s3", 4, 3), ("esp32c3", 5, 5)])
def test_an_overlay_says_how_many_channels_there_are(tmp_path, chip, channels, last):
    """Pairs of Espressif chips stay whole."""
    overlay = tmp_path / "few.overlay"
    overlay.write_text(f"&dma0 {{ dma-channels = <{channels}>; }};")
    (tmp_path / "main.c").write_text(f"""
#include <zephyr/drivers/dma.h>
int main(void) {{
	printk("%d %d %d\\n", DT_PROP(DT_NODELABEL(dma0), dma_channels),
		dma_stop(DEVICE_DT_GET(DT_NODELABEL(dma0)), {last}), dma_stop(DEVICE_DT_GET(DT_NODELABEL(dma0)), {last + 1}));
	return 0;
}}
""")
    ran = run(tmp_path / "main.c", overlay, chip=chip)
    assert ran.printed == f"{channels} 0 -22\n", ran.why


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("bad.conf", "CONFIG_X\n", "bad.conf:1: 'CONFIG_X' is no CONFIG_NAME=VALUE"),
        ("bad.overlay", "&uart7 { };\n", "bad.overlay: no node has the label uart7"),
        ("bad.overlay", "/ { a = <1>\n };\n", "bad.overlay:2: '}' stands where ';' is expected"),
        ("bad.overlay", "/ { a { b = <&nobody>; }; };\n", "devicetree: nothing is called &nobody"),
        ("bad.overlay", "/ { a", "bad.overlay: it ends too early"),
        ("bad.overlay", "&dma0 { dma-channels = <9>; };", "devicetree: dma-channels of dma0 is 9; mcu-m7 has 8"),
        ("bad.overlay", "&dma0 { dma-channels = <0>; };", "devicetree: dma-channels of dma0 is 0; mcu-m7 has 8"),
        ("bad.overlay", '&dma0 { dma-channels = "two"; };', 'devicetree: dma-channels of dma0 is "two"; mcu-m7 has 8'),
    ],
)
def test_bad_configuration_is_one_line(tmp_path, name, text, complaint):
    (tmp_path / "main.c").write_text("int main(void) { return 0; }")
    (tmp_path / name).write_text(text)
    with pytest.raises(BuildError) as caught:
        run(tmp_path / "main.c", tmp_path / name)
    assert str(caught.value).endswith(complaint)


def test_the_cache_can_be_configured_away(program):
    text = """
static uint8_t __aligned(32) from[64], to[64];
int main(void) {
	struct dma_block_config block = block_for(64);
	block.source_address = (uint32_t)from; block.dest_address = (uint32_t)to;
	struct dma_config config = config_for(&block);
	memset(from, 7, sizeof(from));
	dma_config(dma, 0, &config); dma_start(dma, 0);
	k_sem_take(&done, K_FOREVER);
	return printk("%d\\n", to[5]), 0;
}
"""
    assert program(text, defines=("CONFIG_DCACHE=n",)).rules == []
    assert program(text, defines=("CONFIG_DCACHE=n",)).printed == "7\n"
    assert program(text).rules == ["stale-dma-read"]


def test_a_program_without_an_entry_point(program):
    with pytest.raises(CannotRunError, match=r"no entry point: define void main\(void\)"):
        program("int nothing;")


def test_options_are_checked(tmp_path):
    source = tmp_path / "a.c"
    source.write_text("")
    assert Options(sources=(source,), api="zephyr").chips == ("mcu-m7",)
    with pytest.raises(OptionError, match="--option driver: unknown value 'stm'; available: documented, dw,"):
        Options(sources=(source,), api="zephyr", options={"driver": "stm"})
    with pytest.raises(OptionError, match="--option: driver is for --api zephyr"):
        Options(sources=(source,), options={"driver": "stm32"})
    conf = tmp_path / "prj.conf"
    conf.write_text("")
    with pytest.raises(OptionError, match="not a C, C"):
        Options(sources=(source, conf))


HANDED_ON = """
static uint8_t a[2048] __aligned(32), b[2048] __aligned(32), c[2048] __aligned(32);
int main(void) {
	struct dma_block_config first = block_for(2048), second = block_for(2048);
	first.source_address = (uint32_t)a; first.dest_address = (uint32_t)b;
	second.source_address = (uint32_t)b; second.dest_address = (uint32_t)c;
	struct dma_config from = config_for(&first), to = config_for(&second);
	sys_cache_data_flush_and_invd_all();
	from.linked_channel = 1; from.source_chaining_en = SOURCE; from.dest_chaining_en = DEST;
	dma_config(dma, 0, &from); dma_config(dma, 1, &to);
	dma_start(dma, 0);
	if (!SOURCE && !DEST) dma_start(dma, 1);
	k_msleep(1);
	return 0;
}
"""


@pytest.mark.parametrize(("source", "dest"), [(1, 0), (0, 1), (1, 1), (0, 0)])
def test_a_linked_channel_takes_what_the_first_one_brought(program, source, dest):
    """The trigger orders them, burst by burst or at the end; two channels that are merely started have no order."""
    ran = program(HANDED_ON.replace("SOURCE", str(source)).replace("DEST", str(dest)))
    assert ran.rules == ([] if source or dest else ["touched-in-flight"]), ran.why
