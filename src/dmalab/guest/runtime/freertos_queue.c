/* freertos/queue.h, semphr.h and event_groups.h. A flag "a task was woken" is only ever set, never cleared, as in the kernel. */
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"

#include "idf_stub.h"

#define HANDLE(answer) AS_POINTER(QueueHandle_t, answer)

/* The tail of a FromISR function. */
#define RETURN_WITH_WOKEN(call, woken)        \
    do {                                      \
        const uint64_t answer_ = (call);      \
        if (HIGH(answer_) && (woken))         \
            STORE(woken, pdTRUE);             \
        return LOW(answer_);                  \
    } while (0)

/* --- queues --- */

QueueHandle_t xQueueCreate(UBaseType_t length, UBaseType_t item_bytes)
{
    return HANDLE(DL_CALL(xQueueCreate, length, item_bytes, 0, 0));
}

QueueHandle_t xQueueCreateStatic(UBaseType_t length, UBaseType_t item_bytes, uint8_t *storage, StaticQueue_t *control)
{
    return HANDLE(DL_CALL(xQueueCreate, length, item_bytes, storage, control));
}

void vQueueDelete(QueueHandle_t queue)
{
    DL_CALL(vQueueDelete, queue);
}

BaseType_t xQueueSend(QueueHandle_t queue, const void *item, TickType_t ticks)
{
    return (BaseType_t)DL_CALL(xQueueSend, queue, item, ticks);
}

BaseType_t xQueueSendToBack(QueueHandle_t queue, const void *item, TickType_t ticks)
{
    return (BaseType_t)DL_CALL(xQueueSend, queue, item, ticks);
}

BaseType_t xQueueSendToFront(QueueHandle_t queue, const void *item, TickType_t ticks)
{
    return (BaseType_t)DL_CALL(xQueueSendToFront, queue, item, ticks);
}

BaseType_t xQueueOverwrite(QueueHandle_t queue, const void *item)
{
    return (BaseType_t)DL_CALL(xQueueOverwrite, queue, item);
}

BaseType_t xQueueReceive(QueueHandle_t queue, void *item, TickType_t ticks)
{
    return (BaseType_t)DL_CALL(xQueueReceive, queue, item, ticks);
}

BaseType_t xQueuePeek(QueueHandle_t queue, void *item, TickType_t ticks)
{
    return (BaseType_t)DL_CALL(xQueuePeek, queue, item, ticks);
}

BaseType_t xQueueSendFromISR(QueueHandle_t queue, const void *item, BaseType_t *woken)
{
    RETURN_WITH_WOKEN(DL_CALL(xQueueSendFromISR, queue, item), woken);
}

BaseType_t xQueueSendToBackFromISR(QueueHandle_t queue, const void *item, BaseType_t *woken)
{
    RETURN_WITH_WOKEN(DL_CALL(xQueueSendFromISR, queue, item), woken);
}

BaseType_t xQueueSendToFrontFromISR(QueueHandle_t queue, const void *item, BaseType_t *woken)
{
    RETURN_WITH_WOKEN(DL_CALL(xQueueSendToFrontFromISR, queue, item), woken);
}

BaseType_t xQueueOverwriteFromISR(QueueHandle_t queue, const void *item, BaseType_t *woken)
{
    RETURN_WITH_WOKEN(DL_CALL(xQueueOverwriteFromISR, queue, item), woken);
}

BaseType_t xQueueReceiveFromISR(QueueHandle_t queue, void *item, BaseType_t *woken)
{
    RETURN_WITH_WOKEN(DL_CALL(xQueueReceiveFromISR, queue, item), woken);
}

BaseType_t xQueuePeekFromISR(QueueHandle_t queue, void *item)
{
    return (BaseType_t)DL_CALL(xQueuePeekFromISR, queue, item);
}

UBaseType_t uxQueueMessagesWaiting(const QueueHandle_t queue)
{
    return (UBaseType_t)DL_CALL(uxQueueMessagesWaiting, queue);
}

UBaseType_t uxQueueMessagesWaitingFromISR(const QueueHandle_t queue)
{
    return (UBaseType_t)DL_CALL(uxQueueMessagesWaiting, queue);
}

UBaseType_t uxQueueSpacesAvailable(const QueueHandle_t queue)
{
    return (UBaseType_t)DL_CALL(uxQueueSpacesAvailable, queue);
}

BaseType_t xQueueIsQueueEmptyFromISR(const QueueHandle_t queue)
{
    return DL_CALL(uxQueueMessagesWaiting, queue) == 0;
}

BaseType_t xQueueIsQueueFullFromISR(const QueueHandle_t queue)
{
    return DL_CALL(uxQueueSpacesAvailable, queue) == 0;
}

BaseType_t xQueueReset(QueueHandle_t queue)
{
    return (BaseType_t)DL_CALL(xQueueReset, queue);
}

/* --- semaphores and mutexes --- */

SemaphoreHandle_t xSemaphoreCreateBinary(void)
{
    return HANDLE(DL_CALL(xSemaphoreCreateBinary, 0));
}

SemaphoreHandle_t xSemaphoreCreateBinaryStatic(StaticSemaphore_t *control)
{
    return HANDLE(DL_CALL(xSemaphoreCreateBinary, control));
}

SemaphoreHandle_t xSemaphoreCreateCounting(UBaseType_t maximum, UBaseType_t initial)
{
    return HANDLE(DL_CALL(xSemaphoreCreateCounting, maximum, initial, 0));
}

SemaphoreHandle_t xSemaphoreCreateCountingStatic(UBaseType_t maximum, UBaseType_t initial, StaticSemaphore_t *control)
{
    return HANDLE(DL_CALL(xSemaphoreCreateCounting, maximum, initial, control));
}

SemaphoreHandle_t xSemaphoreCreateMutex(void)
{
    return HANDLE(DL_CALL(xSemaphoreCreateMutex, 0));
}

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *control)
{
    return HANDLE(DL_CALL(xSemaphoreCreateMutex, control));
}

SemaphoreHandle_t xSemaphoreCreateRecursiveMutex(void)
{
    return HANDLE(DL_CALL(xSemaphoreCreateRecursiveMutex, 0));
}

SemaphoreHandle_t xSemaphoreCreateRecursiveMutexStatic(StaticSemaphore_t *control)
{
    return HANDLE(DL_CALL(xSemaphoreCreateRecursiveMutex, control));
}

void vSemaphoreDelete(SemaphoreHandle_t semaphore)
{
    DL_CALL(vSemaphoreDelete, semaphore);
}

BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks)
{
    return (BaseType_t)DL_CALL(xSemaphoreTake, semaphore, ticks);
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore)
{
    return (BaseType_t)DL_CALL(xSemaphoreGive, semaphore);
}

BaseType_t xSemaphoreTakeRecursive(SemaphoreHandle_t mutex, TickType_t ticks)
{
    return (BaseType_t)DL_CALL(xSemaphoreTakeRecursive, mutex, ticks);
}

BaseType_t xSemaphoreGiveRecursive(SemaphoreHandle_t mutex)
{
    return (BaseType_t)DL_CALL(xSemaphoreGiveRecursive, mutex);
}

BaseType_t xSemaphoreTakeFromISR(SemaphoreHandle_t semaphore, BaseType_t *woken)
{
    RETURN_WITH_WOKEN(DL_CALL(xSemaphoreTakeFromISR, semaphore), woken);
}

BaseType_t xSemaphoreGiveFromISR(SemaphoreHandle_t semaphore, BaseType_t *woken)
{
    RETURN_WITH_WOKEN(DL_CALL(xSemaphoreGiveFromISR, semaphore), woken);
}

UBaseType_t uxSemaphoreGetCount(SemaphoreHandle_t semaphore)
{
    return (UBaseType_t)DL_CALL(uxSemaphoreGetCount, semaphore);
}

UBaseType_t uxSemaphoreGetCountFromISR(SemaphoreHandle_t semaphore)
{
    return (UBaseType_t)DL_CALL(uxSemaphoreGetCount, semaphore);
}

TaskHandle_t xSemaphoreGetMutexHolder(SemaphoreHandle_t mutex)
{
    return AS_POINTER(TaskHandle_t, DL_CALL(xSemaphoreGetMutexHolder, mutex));
}

/* --- event groups --- */

EventGroupHandle_t xEventGroupCreate(void)
{
    return AS_POINTER(EventGroupHandle_t, DL_CALL(xEventGroupCreate, 0));
}

EventGroupHandle_t xEventGroupCreateStatic(StaticEventGroup_t *control)
{
    return AS_POINTER(EventGroupHandle_t, DL_CALL(xEventGroupCreate, control));
}

EventBits_t xEventGroupWaitBits(EventGroupHandle_t group, const EventBits_t bits, const BaseType_t clear_on_exit,
                                const BaseType_t wait_for_all, TickType_t ticks)
{
    return (EventBits_t)DL_CALL(xEventGroupWaitBits, group, bits, clear_on_exit, wait_for_all, ticks);
}

EventBits_t xEventGroupSetBits(EventGroupHandle_t group, const EventBits_t bits)
{
    return (EventBits_t)DL_CALL(xEventGroupSetBits, group, bits);
}

BaseType_t xEventGroupSetBitsFromISR(EventGroupHandle_t group, const EventBits_t bits, BaseType_t *woken)
{
    RETURN_WITH_WOKEN(DL_CALL(xEventGroupSetBitsFromISR, group, bits), woken);
}

EventBits_t xEventGroupClearBits(EventGroupHandle_t group, const EventBits_t bits)
{
    return (EventBits_t)DL_CALL(xEventGroupClearBits, group, bits);
}

EventBits_t xEventGroupGetBits(EventGroupHandle_t group)
{
    return (EventBits_t)DL_CALL(xEventGroupClearBits, group, 0);
}

EventBits_t xEventGroupGetBitsFromISR(EventGroupHandle_t group)
{
    return (EventBits_t)DL_CALL(xEventGroupClearBits, group, 0);
}

EventBits_t xEventGroupSync(EventGroupHandle_t group, const EventBits_t set, const EventBits_t wait_for, TickType_t ticks)
{
    return (EventBits_t)DL_CALL(xEventGroupSync, group, set, wait_for, ticks);
}

void vEventGroupDelete(EventGroupHandle_t group)
{
    DL_CALL(vEventGroupDelete, group);
}
