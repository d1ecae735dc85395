/* Semaphores, mutexes, message queues and the kernel heap.
 *
 * Objects that are defined statically are made known to the machine when they are first used. The counts in the structures are kept up to date
 * because the kernel's stores share cache lines with their neighbours.
 */
#include <errno.h>
#include <zephyr/kernel.h>

#include "zephyr_stub.h"

/* --- semaphores --- */

static void need_sem(struct k_sem *sem)
{
    if (sem->ready != DL_OBJECT_READY) {
        DL_CALL(k_sem_init, sem, sem->count, sem->limit);
        sem->ready = DL_OBJECT_READY;
    }
}

int k_sem_init(struct k_sem *sem, unsigned int initial_count, unsigned int limit)
{
    if (limit == 0 || initial_count > limit)
        return -EINVAL;
    dl_range((uintptr_t)sem, sizeof *sem, 1, DL_PLACE(), DL_CALLER_FP());
    *sem = (struct k_sem){initial_count, limit, DL_OBJECT_READY};
    return (int)DL_CALL(k_sem_init, sem, initial_count, limit);
}

int k_sem_take(struct k_sem *sem, k_timeout_t timeout)
{
    need_sem(sem);
    const uint64_t answer = DL_CALL(k_sem_take, sem, TICKS(timeout));
    STORE(&sem->count, HIGH(answer));
    return LOW(answer);
}

void k_sem_give(struct k_sem *sem)
{
    need_sem(sem);
    const uint32_t count = (uint32_t)DL_CALL(k_sem_give, sem);
    STORE(&sem->count, count);
}

void k_sem_reset(struct k_sem *sem)
{
    need_sem(sem);
    STORE(&sem->count, 0U);
    DL_CALL(k_sem_reset, sem);
}

unsigned int k_sem_count_get(struct k_sem *sem)
{
    need_sem(sem);
    return (unsigned int)DL_CALL(k_sem_count_get, sem);
}

/* --- mutexes --- */

static void need_mutex(struct k_mutex *mutex)
{
    if (mutex->ready == DL_MUTEX_STATIC) {
        DL_CALL(k_mutex_init, mutex);
        mutex->ready = DL_OBJECT_READY;
    }
}

int k_mutex_init(struct k_mutex *mutex)
{
    dl_range((uintptr_t)mutex, sizeof *mutex, 1, DL_PLACE(), DL_CALLER_FP());
    *mutex = (struct k_mutex){0, DL_OBJECT_READY};
    return (int)DL_CALL(k_mutex_init, mutex);
}

int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout)
{
    need_mutex(mutex);
    const int result = (int)DL_CALL(k_mutex_lock, mutex, TICKS(timeout));
    if (!result)
        STORE(&mutex->lock_count, mutex->lock_count + 1);
    return result;
}

int k_mutex_unlock(struct k_mutex *mutex)
{
    need_mutex(mutex);
    const int result = (int)DL_CALL(k_mutex_unlock, mutex);
    if (!result)
        STORE(&mutex->lock_count, mutex->lock_count - 1);
    return result;
}

/* --- message queues --- */

static void need_msgq(struct k_msgq *msgq)
{
    if (msgq->ready != DL_OBJECT_READY) {
        DL_CALL(k_msgq_init, msgq, (uint32_t)msgq->msg_size, msgq->max_msgs);
        msgq->ready = DL_OBJECT_READY;
    }
}

void k_msgq_init(struct k_msgq *msgq, char *buffer, size_t msg_size, uint32_t max_msgs)
{
    dl_range((uintptr_t)msgq, sizeof *msgq, 1, DL_PLACE(), DL_CALLER_FP());
    *msgq = (struct k_msgq){msg_size, max_msgs, buffer, 0, DL_OBJECT_READY};
    DL_CALL(k_msgq_init, msgq, (uint32_t)msg_size, max_msgs);
}

int k_msgq_alloc_init(struct k_msgq *msgq, size_t msg_size, uint32_t max_msgs)
{
    char *buffer = k_malloc(msg_size * max_msgs);
    if (!buffer)
        return -ENOMEM;
    k_msgq_init(msgq, buffer, msg_size, max_msgs);
    return 0;
}

static int put(struct k_msgq *msgq, const void *data, uint64_t ticks, uint32_t front)
{
    need_msgq(msgq);
    return (int)DL_CALL(k_msgq_put, msgq, data, ticks, front);
}

int k_msgq_put(struct k_msgq *msgq, const void *data, k_timeout_t timeout)
{
    const int result = put(msgq, data, TICKS(timeout), 0);
    if (!result)
        STORE(&msgq->used_msgs, msgq->used_msgs + 1);
    return result;
}

int k_msgq_put_front(struct k_msgq *msgq, const void *data)
{
    const int result = put(msgq, data, 0, 1);
    if (!result)
        STORE(&msgq->used_msgs, msgq->used_msgs + 1);
    return result;
}

int k_msgq_get(struct k_msgq *msgq, void *data, k_timeout_t timeout)
{
    need_msgq(msgq);
    const int result = (int)DL_CALL(k_msgq_get, msgq, data, TICKS(timeout));
    if (!result)
        STORE(&msgq->used_msgs, msgq->used_msgs - 1);
    return result;
}

int k_msgq_peek(struct k_msgq *msgq, void *data)
{
    need_msgq(msgq);
    return (int)DL_CALL(k_msgq_peek, msgq, data);
}

void k_msgq_purge(struct k_msgq *msgq)
{
    need_msgq(msgq);
    STORE(&msgq->used_msgs, 0U);
    DL_CALL(k_msgq_purge, msgq);
}

uint32_t k_msgq_num_used_get(struct k_msgq *msgq)
{
    need_msgq(msgq);
    return (uint32_t)DL_CALL(k_msgq_num_used_get, msgq);
}

uint32_t k_msgq_num_free_get(struct k_msgq *msgq)
{
    return msgq->max_msgs - k_msgq_num_used_get(msgq);
}

/* --- heap --- */

void *k_aligned_alloc(size_t align, size_t size)
{
    return (void *)(uintptr_t)DL_CALL(k_aligned_alloc, align, size);
}

void *k_malloc(size_t size)
{
    return (void *)(uintptr_t)DL_CALL(k_aligned_alloc, sizeof(void *), size);
}

void *k_calloc(size_t nmemb, size_t size)
{
    return (void *)(uintptr_t)DL_CALL(k_calloc, nmemb, size);
}

void *k_realloc(void *ptr, size_t size)
{
    return (void *)(uintptr_t)DL_CALL(realloc, ptr, size);
}

void k_free(void *ptr)
{
    DL_CALL(k_free, ptr);
}
