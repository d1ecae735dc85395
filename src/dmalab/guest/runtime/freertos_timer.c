/* freertos/timers.h. No command wakes a task at once, so no form for interrupts says that one was woken. */
#include "freertos/FreeRTOS.h"
#include "freertos/timers.h"

#include "idf_stub.h"

enum { FROM_TASK, FROM_ISR };

TimerHandle_t xTimerCreate(const char *name, const TickType_t period, const BaseType_t auto_reload, void *id,
                           TimerCallbackFunction_t callback)
{
    return AS_POINTER(TimerHandle_t, DL_CALL(xTimerCreate, name, period, auto_reload, id, callback, 0));
}

TimerHandle_t xTimerCreateStatic(const char *name, const TickType_t period, const BaseType_t auto_reload, void *id,
                                 TimerCallbackFunction_t callback, StaticTimer_t *control)
{
    return AS_POINTER(TimerHandle_t, DL_CALL(xTimerCreate, name, period, auto_reload, id, callback, control));
}

#define COMMAND(name, call)                                                  \
    BaseType_t name(TimerHandle_t timer, TickType_t ticks)                   \
    {                                                                        \
        (void)ticks;                                                         \
        return (BaseType_t)DL_CALL(call, timer, FROM_TASK);                  \
    }                                                                        \
    BaseType_t name##FromISR(TimerHandle_t timer, BaseType_t *woken)         \
    {                                                                        \
        (void)woken;                                                         \
        return (BaseType_t)DL_CALL(call, timer, FROM_ISR);                   \
    }

COMMAND(xTimerStart, xTimerStart)
COMMAND(xTimerReset, xTimerStart)
COMMAND(xTimerStop, xTimerStop)

BaseType_t xTimerChangePeriod(TimerHandle_t timer, TickType_t period, TickType_t ticks)
{
    (void)ticks;
    return (BaseType_t)DL_CALL(xTimerChangePeriod, timer, period, FROM_TASK);
}

BaseType_t xTimerChangePeriodFromISR(TimerHandle_t timer, TickType_t period, BaseType_t *woken)
{
    (void)woken;
    return (BaseType_t)DL_CALL(xTimerChangePeriod, timer, period, FROM_ISR);
}

BaseType_t xTimerDelete(TimerHandle_t timer, TickType_t ticks)
{
    (void)ticks;
    return (BaseType_t)DL_CALL(xTimerDelete, timer);
}

BaseType_t xTimerIsTimerActive(TimerHandle_t timer)
{
    return (BaseType_t)DL_CALL(xTimerIsTimerActive, timer);
}

void *pvTimerGetTimerID(const TimerHandle_t timer)
{
    return AS_POINTER(void *, DL_CALL(pvTimerGetTimerID, timer));
}

void vTimerSetTimerID(TimerHandle_t timer, void *id)
{
    DL_CALL(vTimerSetTimerID, timer, id);
}

const char *pcTimerGetName(TimerHandle_t timer)
{
    return AS_POINTER(const char *, DL_CALL(pcTimerGetName, timer));
}

TickType_t xTimerGetPeriod(TimerHandle_t timer)
{
    return (TickType_t)DL_CALL(xTimerGetPeriod, timer);
}

TickType_t xTimerGetExpiryTime(TimerHandle_t timer)
{
    return (TickType_t)DL_CALL(xTimerGetExpiryTime, timer);
}

void vTimerSetReloadMode(TimerHandle_t timer, const BaseType_t auto_reload)
{
    DL_CALL(vTimerSetReloadMode, timer, auto_reload);
}

UBaseType_t uxTimerGetReloadMode(TimerHandle_t timer)
{
    return (UBaseType_t)DL_CALL(uxTimerGetReloadMode, timer);
}
