/* What depends on the port: types, critical sections, yielding. Functions stand where the chip has inline assembly. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As in ESP-IDF, whose port brings all of these along; sources rely on it. */
#include "esp_attr.h"
#include "esp_cpu.h"
#include "esp_heap_caps.h"
#include "esp_macros.h"
#include "esp_memory_utils.h"
#include "esp_rom_sys.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "freertos/FreeRTOSConfig.h"
#include "soc/soc_caps.h"
#include "spinlock.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int BaseType_t;
typedef unsigned int UBaseType_t;
typedef uint32_t TickType_t;
typedef uint8_t StackType_t;

#define portCHAR uint8_t
#define portFLOAT float
#define portDOUBLE double
#define portLONG int32_t
#define portSHORT int16_t
#define portSTACK_TYPE uint8_t
#define portBASE_TYPE int

#define portMAX_DELAY ((TickType_t)0xffffffffUL)
#define portTICK_PERIOD_MS ((TickType_t)1000 / configTICK_RATE_HZ)
#define portTICK_RATE_MS portTICK_PERIOD_MS
#define portBYTE_ALIGNMENT 16
#define portSTACK_GROWTH (-1)
#define portNUM_PROCESSORS configNUMBER_OF_CORES

typedef spinlock_t portMUX_TYPE;

#define portMUX_INITIALIZER_UNLOCKED SPINLOCK_INITIALIZER
#define portMUX_INITIALIZE(mux) spinlock_initialize(mux)
#define portMUX_FREE_VAL SPINLOCK_FREE
#define portMUX_NO_TIMEOUT SPINLOCK_WAIT_FOREVER
#define portMUX_TRY_LOCK SPINLOCK_NO_WAIT

BaseType_t xPortEnterCriticalTimeout(portMUX_TYPE *mux, BaseType_t timeout);
void vPortEnterCritical(portMUX_TYPE *mux);
void vPortExitCritical(portMUX_TYPE *mux);
BaseType_t xPortEnterCriticalTimeoutISR(portMUX_TYPE *mux, BaseType_t timeout);
void vPortEnterCriticalISR(portMUX_TYPE *mux);
void vPortExitCriticalISR(portMUX_TYPE *mux);
BaseType_t xPortEnterCriticalTimeoutSafe(portMUX_TYPE *mux, BaseType_t timeout);
void vPortEnterCriticalSafe(portMUX_TYPE *mux);
void vPortExitCriticalSafe(portMUX_TYPE *mux);

#define portENTER_CRITICAL(mux) vPortEnterCritical(mux)
#define portEXIT_CRITICAL(mux) vPortExitCritical(mux)
#define portTRY_ENTER_CRITICAL(mux, timeout) xPortEnterCriticalTimeout(mux, timeout)
#define portENTER_CRITICAL_ISR(mux) vPortEnterCriticalISR(mux)
#define portEXIT_CRITICAL_ISR(mux) vPortExitCriticalISR(mux)
#define portTRY_ENTER_CRITICAL_ISR(mux, timeout) xPortEnterCriticalTimeoutISR(mux, timeout)
#define portENTER_CRITICAL_SAFE(mux) vPortEnterCriticalSafe(mux)
#define portEXIT_CRITICAL_SAFE(mux) vPortExitCriticalSafe(mux)
#define portTRY_ENTER_CRITICAL_SAFE(mux, timeout) xPortEnterCriticalTimeoutSafe(mux, timeout)

UBaseType_t xPortSetInterruptMask(void);
void vPortClearInterruptMask(UBaseType_t mask);

#define portDISABLE_INTERRUPTS() ((void)xPortSetInterruptMask())
#define portENABLE_INTERRUPTS() vPortClearInterruptMask(0)
#define portSET_INTERRUPT_MASK_FROM_ISR() xPortSetInterruptMask()
#define portCLEAR_INTERRUPT_MASK_FROM_ISR(mask) vPortClearInterruptMask(mask)

void vPortYield(void);
/* Asks for a task switch when `wanted` is not 0. */
void vPortYieldFromISR(BaseType_t wanted);

#define portYIELD() vPortYield()
#define portYIELD_WITHIN_API() vPortYield()
/* Without an argument always yields; with one, when it is not 0. `sizeof(#…)` is 1 exactly when there is no argument. */
#define portYIELD_FROM_ISR(...) vPortYieldFromISR((sizeof(#__VA_ARGS__) == 1) | ((__VA_ARGS__ + 0) != 0))
#define portEND_SWITCHING_ISR(wanted) vPortYieldFromISR(wanted)

BaseType_t xPortInIsrContext(void);
bool xPortCanYield(void);
BaseType_t xPortGetCoreID(void);
void *pvPortMalloc(size_t size);
void vPortFree(void *block);

#define portGET_CORE_ID() xPortGetCoreID()
#define portCHECK_IF_IN_ISR() xPortInIsrContext()
#define portASSERT_IF_IN_ISR() configASSERT(xPortInIsrContext() == 0)

static inline bool xPortCheckValidListMem(const void *ptr)
{
    return ptr != NULL;
}

#ifdef __cplusplus
}
#endif
