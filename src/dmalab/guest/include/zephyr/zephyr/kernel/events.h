/* Event objects and condition variables. Included by zephyr/kernel.h. */
#ifndef ZEPHYR_INCLUDE_KERNEL_EVENTS_H_
#define ZEPHYR_INCLUDE_KERNEL_EVENTS_H_

#ifdef __cplusplus
extern "C" {
#endif

struct k_event {
	uint32_t events;
	uint32_t ready;
};
#define K_EVENT_DEFINE(name) struct k_event name = {0, 0}

void k_event_init(struct k_event *event);
uint32_t k_event_post(struct k_event *event, uint32_t events);
uint32_t k_event_set(struct k_event *event, uint32_t events);
uint32_t k_event_set_masked(struct k_event *event, uint32_t events, uint32_t events_mask);
uint32_t k_event_clear(struct k_event *event, uint32_t events);
uint32_t k_event_wait(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout);
uint32_t k_event_wait_all(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout);
uint32_t k_event_wait_safe(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout);
uint32_t k_event_wait_all_safe(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout);
uint32_t k_event_test(struct k_event *event, uint32_t events_mask);

struct k_condvar {
	uint32_t ready;
};
#define K_CONDVAR_DEFINE(name) struct k_condvar name = {0}

int k_condvar_init(struct k_condvar *condvar);
int k_condvar_signal(struct k_condvar *condvar);
int k_condvar_broadcast(struct k_condvar *condvar);
int k_condvar_wait(struct k_condvar *condvar, struct k_mutex *mutex, k_timeout_t timeout);

#ifdef __cplusplus
}
#endif

#endif
