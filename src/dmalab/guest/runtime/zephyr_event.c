/* Event objects, condition variables, and waiting for several objects at once. */
#include <errno.h>
#include <zephyr/kernel.h>

#include "zephyr_stub.h"

/* --- events --- */

enum { ANY = 0, ALL = 1, RESET = 2, SAFE = 4 }; /* guest/zephyr_handlers/events.py: k_event_wait */

static void need_event(struct k_event *event)
{
    if (event->ready != DL_OBJECT_READY) {
        DL_CALL(k_event_init, event);
        event->ready = DL_OBJECT_READY;
    }
}

void k_event_init(struct k_event *event)
{
    dl_range((uintptr_t)event, sizeof *event, 1, DL_PLACE(), DL_CALLER_FP());
    *event = (struct k_event){0, DL_OBJECT_READY};
    DL_CALL(k_event_init, event);
}

/* A macro, so that the store to the structure is one of the API function's caller. */
#define SET_MASKED(event, events_, mask)                                          \
    ({                                                                            \
        need_event(event);                                                        \
        const uint64_t answer_ = DL_CALL(k_event_set_masked, event, events_, mask); \
        STORE(&(event)->events, HIGH(answer_));                                   \
        (uint32_t)answer_;                                                        \
    })

uint32_t k_event_set_masked(struct k_event *event, uint32_t events, uint32_t events_mask)
{
    return SET_MASKED(event, events, events_mask);
}

uint32_t k_event_post(struct k_event *event, uint32_t events)
{
    return SET_MASKED(event, events, events);
}

uint32_t k_event_set(struct k_event *event, uint32_t events)
{
    return SET_MASKED(event, events, UINT32_MAX);
}

uint32_t k_event_clear(struct k_event *event, uint32_t events)
{
    return SET_MASKED(event, 0, events);
}

static uint32_t wait_for(struct k_event *event, uint32_t events, uint32_t how, k_timeout_t timeout)
{
    need_event(event);
    return (uint32_t)DL_CALL(k_event_wait, event, events, how, TICKS(timeout));
}

uint32_t k_event_wait(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout)
{
    return wait_for(event, events, ANY | (reset ? RESET : 0), timeout);
}

uint32_t k_event_wait_all(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout)
{
    return wait_for(event, events, ALL | (reset ? RESET : 0), timeout);
}

uint32_t k_event_wait_safe(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout)
{
    return wait_for(event, events, ANY | SAFE | (reset ? RESET : 0), timeout);
}

uint32_t k_event_wait_all_safe(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout)
{
    return wait_for(event, events, ALL | SAFE | (reset ? RESET : 0), timeout);
}

uint32_t k_event_test(struct k_event *event, uint32_t events_mask)
{
    return k_event_wait(event, events_mask, false, K_NO_WAIT);
}

/* --- condition variables --- */

static void need_condvar(struct k_condvar *condvar)
{
    if (condvar->ready != DL_OBJECT_READY) {
        DL_CALL(k_condvar_init, condvar);
        condvar->ready = DL_OBJECT_READY;
    }
}

int k_condvar_init(struct k_condvar *condvar)
{
    dl_range((uintptr_t)condvar, sizeof *condvar, 1, DL_PLACE(), DL_CALLER_FP());
    condvar->ready = DL_OBJECT_READY;
    DL_CALL(k_condvar_init, condvar);
    return 0;
}

int k_condvar_signal(struct k_condvar *condvar)
{
    need_condvar(condvar);
    DL_CALL(k_condvar_wake, condvar, 0);
    return 0;
}

int k_condvar_broadcast(struct k_condvar *condvar)
{
    need_condvar(condvar);
    return (int)DL_CALL(k_condvar_wake, condvar, 1);
}

int k_condvar_wait(struct k_condvar *condvar, struct k_mutex *mutex, k_timeout_t timeout)
{
    need_condvar(condvar);
    return (int)DL_CALL(k_condvar_wait, condvar, mutex, TICKS(timeout));
}

/* --- polling --- */

void k_poll_event_init(struct k_poll_event *event, uint32_t type, int mode, void *obj)
{
    dl_range((uintptr_t)event, sizeof *event, 1, DL_PLACE(), DL_CALLER_FP());
    *event = (struct k_poll_event)K_POLL_EVENT_INITIALIZER(type, mode, obj);
}

/* An object that is defined statically and was never used before is not known to the machine. */
static void need_polled(const struct k_poll_event *event)
{
    if (event->type == K_POLL_TYPE_SEM_AVAILABLE)
        (void)k_sem_count_get(event->sem);
    else if (event->type == K_POLL_TYPE_DATA_AVAILABLE)
        (void)k_queue_peek_head(event->queue);
    else if (event->type == K_POLL_TYPE_MSGQ_DATA_AVAILABLE)
        (void)k_msgq_num_used_get(event->msgq);
    else if (event->type == K_POLL_TYPE_PIPE_DATA_AVAILABLE)
        dl_zephyr_need_pipe(event->pipe);
}

int k_poll(struct k_poll_event *events, int num_events, k_timeout_t timeout)
{
    SEES(events, (size_t)num_events * sizeof *events);
    DL_CALL(k_poll_begin);
    for (int i = 0; i < num_events; i++) {
        need_polled(&events[i]);
        DL_CALL(k_poll_add, (uint32_t)events[i].type, events[i].obj);
    }
    /* Looked at when the machine already knows that somebody polls: a signal raised in between is told by its raise. */
    for (int i = 0; i < num_events; i++)
        if (events[i].type == K_POLL_TYPE_SIGNAL && events[i].signal->signaled)
            DL_CALL(k_poll_signaled, i);
    const int code = (int)DL_CALL(k_poll_wait, TICKS(timeout));
    dl_range((uintptr_t)events, (size_t)num_events * sizeof *events, 1, DL_PLACE(), DL_CALLER_FP());
    for (int i = 0; i < num_events; i++)
        events[i].state |= (uint32_t)DL_CALL(k_poll_state, i) & 0x3F;
    return code;
}

void k_poll_signal_init(struct k_poll_signal *sig)
{
    dl_range((uintptr_t)sig, sizeof *sig, 1, DL_PLACE(), DL_CALLER_FP());
    sys_dlist_init(&sig->poll_events);
    sig->signaled = 0;
    sig->result = 0;
}

void k_poll_signal_reset(struct k_poll_signal *sig)
{
    STORE(&sig->signaled, 0U);
}

void k_poll_signal_check(struct k_poll_signal *sig, unsigned int *signaled, int *result)
{
    SEES(sig, sizeof *sig);
    STORE(signaled, sig->signaled);
    STORE(result, sig->result);
}

int k_poll_signal_raise(struct k_poll_signal *sig, int result)
{
    STORE(&sig->result, result);
    STORE(&sig->signaled, 1U);
    DL_CALL(k_poll_signal_raise, sig);
    return 0;
}
