"""The kernel calls that programs need less often; and that none is without a test."""

from __future__ import annotations

import re
from pathlib import Path

from .test_kernel import THREAD, shows  # noqa: F401 - a fixture

INCLUDE = Path(__file__).parents[2] / "src" / "dmalab" / "guest" / "include" / "zephyr" / "zephyr"
HEADERS = ("kernel.h", "kernel/*.h", "irq.h", "spinlock.h", "sys_clock.h", "sys/atomic.h", "device.h")
DECLARED = re.compile(r"^(?!typedef|#)[\w \*]*?\b((?:k_|irq_|sys_|atomic_|device_)\w+)\((?!\*)", re.MULTILINE)
INSIDE = {
    "k_queue_alloc_append": "k_fifo_alloc_put",
    "k_queue_alloc_prepend": "k_lifo_alloc_put",
    "k_queue_cancel_wait": "k_fifo_cancel_wait",
    "k_queue_init": "k_lifo_init",
    "k_queue_peek_head": "k_fifo_peek_head",
    "k_stack_init": "k_stack_alloc_init",
}
"""Functions that are tested by a name that is made of them."""


def test_every_kernel_function_has_a_test():
    names = set()
    for pattern in HEADERS:
        for header in INCLUDE.glob(pattern):
            names |= set(DECLARED.findall(header.read_text(encoding="utf-8")))
    folder = Path(__file__).parent
    files = [path for path in (*folder.glob("test_*.py"), *folder.glob("apps/*.c")) if path != Path(__file__)]
    own = Path(__file__).read_text(encoding="utf-8").partition("# -- tests --")[2]
    text = own + "".join(path.read_text(encoding="utf-8") for path in files)
    assert len(names) > 150
    assert [name for name in sorted(names) if not re.search(rf"\b{INSIDE.get(name, name)}\b", text)] == []


# -- tests -----------------------------------------------------------------------------------------------------------


def test_threads_are_suspended_woken_and_given_priorities(shows):  # noqa: F811
    shows(
        """
static volatile int steps;
static void work(void *a, void *b, void *c) { for (;;) { steps++; k_sleep(K_FOREVER); } }
int main(void) {
	begin(work, 5);
	k_usleep(1000);
	k_wakeup(&other); k_msleep(1);
	SHOW("%d", steps);
	k_thread_suspend(&other); k_wakeup(&other); k_msleep(1);
	SHOW("%d", steps);
	k_thread_resume(&other); k_msleep(1);
	SHOW("%d", steps);
	k_thread_priority_set(&other, 7);
	SHOW("%d %d", k_thread_priority_get(&other), k_sched_current_thread_query() == k_current_get());
	k_thread_abort(&other);
	SHOW("%d %d %d", k_is_pre_kernel(), k_is_preempt_thread(), k_can_yield());
	return 0;
}
""",
        "2",
        "2",
        "3",
        "7 1",
        "0 1 1",
    )


def test_a_locked_scheduler_lets_nobody_else_run(shows):  # noqa: F811
    shows(
        """
static volatile int ran;
static void work(void *a, void *b, void *c) { ran = 1; }
int main(void) {
	k_sched_lock();
	begin(work, -1);
	k_busy_wait(100);
	SHOW("%d", ran);
	k_sched_unlock();
	SHOW("%d", ran);
	struct k_spinlock lock = {}; k_spinlock_key_t key;
	SHOW("%d", k_spin_trylock(&lock, &key));
	k_spin_unlock(&lock, key);
	return 0;
}
""",
        "0",
        "1",
        "0",
    )


def test_time_in_all_units(shows):  # noqa: F811
    shows(
        """
int main(void) {
	const k_timepoint_t end = sys_timepoint_calc(K_MSEC(2));
	k_msleep(1);
	SHOW("%d %d", (int)k_uptime_ticks(), (int)sys_timepoint_timeout(end).ticks);
	const uint64_t before = k_cycle_get_64(); k_busy_wait(10);
	SHOW("%d", k_cycle_get_64() - before >= 10 * (CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC / 1000000));
	return 0;
}
""",
        "10 10",
        "1",
    )


def test_objects_made_at_run_time(shows):  # noqa: F811
    shows(
        """
static char room[2][8] __aligned(8);
static void expired(struct k_timer *timer) { ++*(int *)k_timer_user_data_get(timer); }
int main(void) {
	struct k_mutex mutex; struct k_event event; struct k_msgq given, made; struct k_timer timer; int count = 0; char item[8] = "a";
	SHOW("%d %d", k_mutex_init(&mutex), k_mutex_lock(&mutex, K_NO_WAIT));
	k_event_init(&event); SHOW("%d", k_event_test(&event, 1));
	k_msgq_init(&given, room[0], 8, 2); SHOW("%d", k_msgq_put(&given, item, K_NO_WAIT));
	SHOW("%d %d", k_msgq_alloc_init(&made, 8, 2), k_msgq_put(&made, item, K_NO_WAIT));
	k_free(made.buffer_start);
	k_timer_init(&timer, expired, NULL); k_timer_user_data_set(&timer, &count);
	k_timer_start(&timer, K_MSEC(2), K_NO_WAIT);
	SHOW("%d", k_timer_remaining_get(&timer));
	k_msleep(3);
	SHOW("%d %d", count, k_timer_remaining_get(&timer));
	return 0;
}
""",
        "0 0",
        "0",
        "0",
        "0 0",
        "2",
        "1 0",
    )


def test_the_kernel_heap(shows):  # noqa: F811
    shows(
        """
int main(void) {
	char *one = k_aligned_alloc(64, 10), *two = k_calloc(3, 4);
	SHOW("%d %d", (int)((uintptr_t)one % 64), two[0] | two[11]);
	two[0] = 5; two = k_realloc(two, 400);
	SHOW("%d", two[0]);
	k_free(one); k_free(two);
	return 0;
}
""",
        "0 0",
        "5",
    )


def test_work_is_scheduled_again_and_cancelled(shows):  # noqa: F811
    shows(
        """
static struct k_work_q queue; K_THREAD_STACK_DEFINE(queue_stack, 1024);
static int runs;
static struct k_work_delayable later;
static void run(struct k_work *work) { if (k_work_delayable_from_work(work) == &later) runs += 10; else runs++; }
int main(void) {
	struct k_work now; struct k_work_sync sync;
	k_work_queue_init(&queue);
	k_work_queue_start(&queue, queue_stack, 1024, 5, NULL);
	SHOW("%d", k_work_queue_thread_get(&queue) != NULL);
	k_work_init(&now, run); k_work_init_delayable(&later, run);
	SHOW("%d %d", k_work_submit_to_queue(&queue, &now), k_work_is_pending(&now));
	SHOW("%d %d", k_work_cancel(&now), k_work_cancel_sync(&now, &sync));
	SHOW("%d %d", k_work_schedule_for_queue(&queue, &later, K_MSEC(1)), k_work_delayable_busy_get(&later));
	SHOW("%d %d", k_work_reschedule_for_queue(&queue, &later, K_MSEC(5)), k_work_reschedule(&later, K_MSEC(3)));
	k_msleep(2); SHOW("%d", runs);
	k_msleep(2); SHOW("%d", runs);
	k_work_schedule(&later, K_MSEC(1));
	SHOW("%d", k_work_cancel_delayable_sync(&later, &sync));
	k_msleep(2); SHOW("%d", runs);
	return 0;
}
""",
        "1",
        "1 1",
        "0 0",
        "1 8",
        "1 1",
        "0",
        "10",
        "1",
        "10",
    )


def test_atomics_and_devices(shows):  # noqa: F811
    shows(
        """
int main(void) {
	atomic_t word = ATOMIC_INIT(5); void *place = NULL; atomic_ptr_t pointer = ATOMIC_PTR_INIT(NULL);
	SHOW("%d %d %d", (int)atomic_set(&word, 6), (int)atomic_dec(&word), (int)atomic_clear(&word));
	atomic_set_bit(&word, 1); atomic_set_bit_to(&word, 2, true); atomic_clear_bit(&word, 1);
	SHOW("%d %d", atomic_test_and_clear_bit(&word, 2), (int)atomic_get(&word));
	SHOW("%d %d", atomic_ptr_cas(&pointer, NULL, &place), atomic_ptr_get(&pointer) == &place);
	SHOW("%d", atomic_ptr_set(&pointer, NULL) == &place);
	SHOW("%d %d %d", device_get_binding("dma0") == dma, device_get_binding("nothing") == NULL, device_init(dma));
	return 0;
}
""",
        "5 6 5",
        "1 0",
        "1 1",
        "1",
        f"1 1 {-114}",
    )
