/* Threads, time, interrupts and spin locks. */
#include <errno.h>
#include <zephyr/kernel.h>

#include "zephyr_stub.h"

/* --- threads --- */

static void run_thread(void *argument)
{
    struct k_thread *thread = argument;
    thread->entry(thread->p1, thread->p2, thread->p3);
}

k_tid_t k_thread_create(struct k_thread *new_thread, k_thread_stack_t *stack, size_t stack_size, k_thread_entry_t entry, void *p1, void *p2,
                        void *p3, int prio, uint32_t options, k_timeout_t delay)
{
    (void)stack;
    dl_range((uintptr_t)new_thread, sizeof *new_thread, 1, DL_PLACE(), DL_CALLER_FP());
    *new_thread = (struct k_thread){.entry = entry, .p1 = p1, .p2 = p2, .p3 = p3, .base_prio = prio};
    DL_CALL(k_thread_create, new_thread, run_thread, 0, (uint32_t)stack_size, prio, options, TICKS(delay));
    return new_thread;
}

void k_thread_start(k_tid_t thread)
{
    DL_CALL(k_thread_start, thread);
}

void k_thread_abort(k_tid_t thread)
{
    DL_CALL(k_thread_abort, thread);
}

int k_thread_join(struct k_thread *thread, k_timeout_t timeout)
{
    return (int)DL_CALL(k_thread_join, thread, TICKS(timeout));
}

void k_thread_suspend(k_tid_t thread)
{
    DL_CALL(k_thread_suspend, thread);
}

void k_thread_resume(k_tid_t thread)
{
    DL_CALL(k_thread_resume, thread);
}

int k_thread_priority_get(k_tid_t thread)
{
    return (int)DL_CALL(k_thread_priority_get, thread);
}

void k_thread_priority_set(k_tid_t thread, int prio)
{
    STORE(&thread->base_prio, prio);
    DL_CALL(k_thread_priority_set, thread, prio);
}

int k_thread_name_set(k_tid_t thread, const char *str)
{
    k_tid_t named = thread ? thread : k_current_get();
    unsigned i = 0;
    for (; str[i] && i + 1 < sizeof named->name; i++)
        named->name[i] = str[i];
    named->name[i] = 0;
    return (int)DL_CALL(k_thread_name_set, named, str);
}

const char *k_thread_name_get(k_tid_t thread)
{
    return thread->name[0] ? thread->name : NULL;
}

k_tid_t k_current_get(void)
{
    return (k_tid_t)(uintptr_t)DL_CALL(k_current_get);
}

k_tid_t k_sched_current_thread_query(void)
{
    return k_current_get();
}

int32_t k_sleep(k_timeout_t timeout)
{
    return (int32_t)DL_CALL(k_sleep, TICKS(timeout));
}

int32_t k_msleep(int32_t ms)
{
    return (int32_t)DL_CALL(k_sleep, TICKS(K_MSEC(ms)));
}

int32_t k_usleep(int32_t us)
{
    return 1000 * (int32_t)DL_CALL(k_sleep, TICKS(K_USEC(us)));
}

void k_wakeup(k_tid_t thread)
{
    DL_CALL(k_wakeup, thread);
}

void k_yield(void)
{
    DL_CALL(k_yield);
}

void k_busy_wait(uint32_t usec_to_wait)
{
    DL_CALL(k_busy_wait, usec_to_wait);
}

bool k_is_in_isr(void)
{
    return DL_CALL(k_is_in_isr) != 0;
}

bool k_can_yield(void)
{
    return !k_is_in_isr();
}

int k_is_preempt_thread(void)
{
    return !k_is_in_isr() && k_thread_priority_get(k_current_get()) >= 0;
}

bool k_is_pre_kernel(void)
{
    return dl_fiber_current() == DL_FIBER_BOOT;
}

void k_sched_lock(void)
{
    DL_CALL(k_sched_lock);
}

void k_sched_unlock(void)
{
    DL_CALL(k_sched_unlock);
}

/* --- time --- */

int64_t k_uptime_ticks(void)
{
    return (int64_t)DL_CALL(k_uptime_ticks);
}

int64_t k_uptime_get(void)
{
    return (int64_t)k_ticks_to_ms_floor64(DL_CALL(k_uptime_ticks));
}

uint32_t k_uptime_get_32(void)
{
    return (uint32_t)k_ticks_to_ms_floor64(DL_CALL(k_uptime_ticks));
}

uint32_t k_uptime_seconds(void)
{
    return (uint32_t)(k_ticks_to_ms_floor64(DL_CALL(k_uptime_ticks)) / 1000);
}

int64_t k_uptime_delta(int64_t *reftime)
{
    const int64_t now = (int64_t)k_ticks_to_ms_floor64(DL_CALL(k_uptime_ticks)), before = *reftime;
    STORE(reftime, now);
    return now - before;
}

uint32_t k_cycle_get_32(void)
{
    return (uint32_t)DL_CALL(k_cycle_get);
}

uint64_t k_cycle_get_64(void)
{
    return DL_CALL(k_cycle_get);
}

k_timepoint_t sys_timepoint_calc(k_timeout_t timeout)
{
    if (timeout.ticks < 0)
        return (k_timepoint_t){UINT64_MAX};
    return (k_timepoint_t){timeout.ticks ? DL_CALL(k_uptime_ticks) + TICKS(timeout) : 0};
}

k_timeout_t sys_timepoint_timeout(k_timepoint_t timepoint)
{
    if (timepoint.tick == UINT64_MAX)
        return K_FOREVER;
    const uint64_t now = DL_CALL(k_uptime_ticks);
    return Z_TIMEOUT_TICKS(timepoint.tick > now ? (k_ticks_t)(timepoint.tick - now) : 0);
}

bool sys_timepoint_expired(k_timepoint_t timepoint)
{
    return sys_timepoint_timeout(timepoint).ticks == 0;
}

/* --- interrupts and spin locks --- */

unsigned int irq_lock(void)
{
    return (unsigned int)DL_CALL(irq_lock);
}

void irq_unlock(unsigned int key)
{
    DL_CALL(irq_unlock, key);
}

k_spinlock_key_t k_spin_lock(struct k_spinlock *l)
{
    const k_spinlock_key_t key = {(unsigned int)DL_CALL(k_spin_lock, l)};
    STORE(&l->locked, (uintptr_t)1);
    return key;
}

int k_spin_trylock(struct k_spinlock *l, k_spinlock_key_t *k)
{
    if (l->locked)
        return -EBUSY;
    *k = k_spin_lock(l);
    return 0;
}

void k_spin_unlock(struct k_spinlock *l, k_spinlock_key_t key)
{
    STORE(&l->locked, (uintptr_t)0);
    DL_CALL(k_spin_unlock, l, key.key);
}

bool k_spin_is_locked(struct k_spinlock *l)
{
    return l->locked != 0;
}
