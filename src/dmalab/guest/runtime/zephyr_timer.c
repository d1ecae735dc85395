/* Timers and work queues. */
#include <errno.h>
#include <zephyr/kernel.h>

#include "zephyr_stub.h"

/* --- timers --- */

static void need_timer(struct k_timer *timer)
{
    if (timer->ready != DL_OBJECT_READY) {
        DL_CALL(k_timer_init, timer, timer->expiry_fn, timer->stop_fn);
        timer->ready = DL_OBJECT_READY;
    }
}

void k_timer_init(struct k_timer *timer, k_timer_expiry_t expiry_fn, k_timer_stop_t stop_fn)
{
    dl_range((uintptr_t)timer, sizeof *timer, 1, DL_PLACE(), DL_CALLER_FP());
    *timer = (struct k_timer){expiry_fn, stop_fn, NULL, DL_OBJECT_READY};
    DL_CALL(k_timer_init, timer, expiry_fn, stop_fn);
}

void k_timer_start(struct k_timer *timer, k_timeout_t duration, k_timeout_t period)
{
    need_timer(timer);
    DL_CALL(k_timer_start, timer, TICKS(duration), TICKS(period));
}

void k_timer_stop(struct k_timer *timer)
{
    need_timer(timer);
    DL_CALL(k_timer_stop, timer);
    if (timer->stop_fn)
        timer->stop_fn(timer);
}

uint32_t k_timer_status_get(struct k_timer *timer)
{
    need_timer(timer);
    return (uint32_t)DL_CALL(k_timer_status_get, timer);
}

uint32_t k_timer_status_sync(struct k_timer *timer)
{
    need_timer(timer);
    return (uint32_t)DL_CALL(k_timer_status_sync, timer);
}

k_ticks_t k_timer_remaining_ticks(const struct k_timer *timer)
{
    need_timer((struct k_timer *)timer);
    return (k_ticks_t)DL_CALL(k_timer_remaining_ticks, timer);
}

uint32_t k_timer_remaining_get(struct k_timer *timer)
{
    return (uint32_t)k_ticks_to_ms_floor64((uint64_t)k_timer_remaining_ticks(timer));
}

void k_timer_user_data_set(struct k_timer *timer, void *user_data)
{
    STORE(&timer->user_data, user_data);
}

void *k_timer_user_data_get(const struct k_timer *timer)
{
    return timer->user_data;
}

/* --- work --- */

struct k_work_q k_sys_work_q;

void k_work_init(struct k_work *work, k_work_handler_t handler)
{
    dl_range((uintptr_t)work, sizeof *work, 1, DL_PLACE(), DL_CALLER_FP());
    *work = (struct k_work){.handler = handler};
}

int k_work_submit_to_queue(struct k_work_q *queue, struct k_work *work)
{
    return (int)DL_CALL(k_work_submit, queue, work, work->handler);
}

int k_work_submit(struct k_work *work)
{
    return (int)DL_CALL(k_work_submit, &k_sys_work_q, work, work->handler);
}

int k_work_busy_get(const struct k_work *work)
{
    return (int)DL_CALL(k_work_busy_get, work);
}

bool k_work_is_pending(const struct k_work *work)
{
    return DL_CALL(k_work_busy_get, work) != 0;
}

int k_work_cancel(struct k_work *work)
{
    return (int)DL_CALL(k_work_cancel, work);
}

bool k_work_flush(struct k_work *work, struct k_work_sync *sync)
{
    (void)sync;
    return DL_CALL(k_work_flush, work) != 0;
}

bool k_work_cancel_sync(struct k_work *work, struct k_work_sync *sync)
{
    (void)sync;
    const bool was_pending = DL_CALL(k_work_busy_get, work) != 0;
    if (DL_CALL(k_work_cancel, work))
        DL_CALL(k_work_flush, work);
    return was_pending;
}

void k_work_queue_init(struct k_work_q *queue)
{
    STORE(&queue->ready, 0U);
}

void k_work_queue_start(struct k_work_q *queue, k_thread_stack_t *stack, size_t stack_size, int prio, const struct k_work_queue_config *cfg)
{
    (void)stack;
    DL_CALL(k_work_queue_start, queue, cfg ? cfg->name : NULL, prio, (uint32_t)stack_size);
}

k_tid_t k_work_queue_thread_get(struct k_work_q *queue)
{
    return &queue->thread;
}

void k_work_init_delayable(struct k_work_delayable *dwork, k_work_handler_t handler)
{
    dl_range((uintptr_t)dwork, sizeof *dwork, 1, DL_PLACE(), DL_CALLER_FP());
    *dwork = (struct k_work_delayable){.work = {.handler = handler}};
}

struct k_work_delayable *k_work_delayable_from_work(struct k_work *work)
{
    return CONTAINER_OF(work, struct k_work_delayable, work);
}

int k_work_schedule_for_queue(struct k_work_q *queue, struct k_work_delayable *dwork, k_timeout_t delay)
{
    return (int)DL_CALL(k_work_schedule, queue, dwork, dwork->work.handler, TICKS(delay), 0);
}

int k_work_schedule(struct k_work_delayable *dwork, k_timeout_t delay)
{
    return (int)DL_CALL(k_work_schedule, &k_sys_work_q, dwork, dwork->work.handler, TICKS(delay), 0);
}

int k_work_reschedule_for_queue(struct k_work_q *queue, struct k_work_delayable *dwork, k_timeout_t delay)
{
    return (int)DL_CALL(k_work_schedule, queue, dwork, dwork->work.handler, TICKS(delay), 1);
}

int k_work_reschedule(struct k_work_delayable *dwork, k_timeout_t delay)
{
    return (int)DL_CALL(k_work_schedule, &k_sys_work_q, dwork, dwork->work.handler, TICKS(delay), 1);
}

int k_work_cancel_delayable(struct k_work_delayable *dwork)
{
    return (int)DL_CALL(k_work_cancel, dwork);
}

bool k_work_cancel_delayable_sync(struct k_work_delayable *dwork, struct k_work_sync *sync)
{
    return k_work_cancel_sync(&dwork->work, sync);
}

bool k_work_flush_delayable(struct k_work_delayable *dwork, struct k_work_sync *sync)
{
    return k_work_flush(&dwork->work, sync);
}

int k_work_delayable_busy_get(const struct k_work_delayable *dwork)
{
    return (int)DL_CALL(k_work_busy_get, dwork);
}

bool k_work_delayable_is_pending(const struct k_work_delayable *dwork)
{
    return DL_CALL(k_work_busy_get, dwork) != 0;
}
