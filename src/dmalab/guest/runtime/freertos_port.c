/* freertos/portmacro.h: critical sections, yielding, context. The machine owns the scheduler; the lock word is only kept up to date,
 * because it shares a cache line with its neighbours. */
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "idf_stub.h"

/* --- critical sections --- */

#define OWNED 0xCDCDU /* how core 0 signs a lock */

#define ENTER(suffix)                                                                            \
    BaseType_t xPortEnterCriticalTimeout##suffix(portMUX_TYPE *mux, BaseType_t timeout)          \
    {                                                                                            \
        const BaseType_t taken = (BaseType_t)DL_CALL(xPortEnterCriticalTimeout##suffix, mux, timeout); \
        if (taken && mux) {                                                                      \
            STORE(&mux->owner, OWNED);                                                           \
            STORE(&mux->count, mux->count + 1);                                                  \
        }                                                                                        \
        return taken;                                                                            \
    }                                                                                            \
                                                                                                 \
    void vPortEnterCritical##suffix(portMUX_TYPE *mux)                                           \
    {                                                                                            \
        DL_CALL(xPortEnterCriticalTimeout##suffix, mux, portMUX_NO_TIMEOUT);                     \
        if (mux) {                                                                               \
            STORE(&mux->owner, OWNED);                                                           \
            STORE(&mux->count, mux->count + 1);                                                  \
        }                                                                                        \
    }

#define EXIT(suffix)                                                                             \
    void vPortExitCritical##suffix(portMUX_TYPE *mux)                                            \
    {                                                                                            \
        if (mux && mux->count) {                                                                 \
            STORE(&mux->count, mux->count - 1);                                                  \
            if (!mux->count)                                                                     \
                STORE(&mux->owner, SPINLOCK_FREE);                                               \
        }                                                                                        \
        DL_CALL(vPortExitCritical##suffix, mux);                                                 \
    }

ENTER()
EXIT()
ENTER(ISR)
EXIT(ISR)
ENTER(Safe)
EXIT(Safe)

UBaseType_t xPortSetInterruptMask(void)
{
    return (UBaseType_t)DL_CALL(xPortSetInterruptMask);
}

void vPortClearInterruptMask(UBaseType_t mask)
{
    DL_CALL(vPortClearInterruptMask, mask);
}

/* --- yielding and context --- */

void vPortYield(void)
{
    DL_CALL(vPortYield);
}

void vPortYieldFromISR(BaseType_t wanted)
{
    if (wanted)
        DL_CALL(vPortYieldFromISR);
}

BaseType_t xPortInIsrContext(void)
{
    return (BaseType_t)DL_CALL(xPortInIsrContext);
}

bool xPortCanYield(void)
{
    return DL_CALL(xPortCanYield) != 0;
}

BaseType_t xPortGetCoreID(void)
{
    return (BaseType_t)DL_CALL(esp_cpu_get_core_id);
}

/* --- kernel heap --- */

#define KERNEL_HEAP (MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT)

void *pvPortMalloc(size_t size)
{
    return AS_POINTER(void *, DL_CALL(heap_caps_malloc, size, KERNEL_HEAP));
}

void vPortFree(void *block)
{
    DL_CALL(heap_caps_free, block);
}
