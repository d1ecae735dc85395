/* Threads of the computer have no place on the machine: two would run at once, and neither would be a task. std::thread comes here too. */
#include <pthread.h>

#include "dl_runtime.h"

void dl_abort(const char *message, uintptr_t place, uintptr_t fp) DL_HIDDEN __attribute__((noreturn));

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*entry)(void *), void *argument)
{
    (void)thread, (void)attributes, (void)entry, (void)argument;
    dl_abort("pthread_create and std::thread are not modelled: make a task of the operating system's", DL_PLACE(), DL_CALLER_FP());
}

/* Nobody could ever signal it. */
static const char *const waits = "pthread_cond_wait and std::condition_variable are not modelled: use a semaphore or an event";

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    (void)condition, (void)mutex;
    dl_abort(waits, DL_PLACE(), DL_CALLER_FP());
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *end)
{
    (void)condition, (void)mutex, (void)end;
    dl_abort(waits, DL_PLACE(), DL_CALLER_FP());
}
