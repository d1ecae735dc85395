/* Tasks and task notifications. Stack depths are bytes. */
#pragma once

#ifndef portMAX_DELAY
#error "include freertos/FreeRTOS.h first"
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tskTaskControlBlock *TaskHandle_t;

typedef enum {
    eRunning = 0,
    eReady,
    eBlocked,
    eSuspended,
    eDeleted,
    eInvalid,
} eTaskState;

typedef enum {
    eNoAction = 0,
    eSetBits,
    eIncrement,
    eSetValueWithOverwrite,
    eSetValueWithoutOverwrite,
} eNotifyAction;

#define tskIDLE_PRIORITY ((UBaseType_t)0U)
#define tskNO_AFFINITY ((BaseType_t)CONFIG_FREERTOS_NO_AFFINITY)
#define tskDEFAULT_INDEX_TO_NOTIFY 0
#define taskSCHEDULER_SUSPENDED ((BaseType_t)0)
#define taskSCHEDULER_NOT_STARTED ((BaseType_t)1)
#define taskSCHEDULER_RUNNING ((BaseType_t)2)

#define taskYIELD() portYIELD()
#define taskENTER_CRITICAL(mux) portENTER_CRITICAL(mux)
#define taskEXIT_CRITICAL(mux) portEXIT_CRITICAL(mux)
#define taskENTER_CRITICAL_ISR(mux) portENTER_CRITICAL_ISR(mux)
#define taskEXIT_CRITICAL_ISR(mux) portEXIT_CRITICAL_ISR(mux)
#define taskENTER_CRITICAL_FROM_ISR() portSET_INTERRUPT_MASK_FROM_ISR()
#define taskEXIT_CRITICAL_FROM_ISR(mask) portCLEAR_INTERRUPT_MASK_FROM_ISR(mask)
#define taskDISABLE_INTERRUPTS() portDISABLE_INTERRUPTS()
#define taskENABLE_INTERRUPTS() portENABLE_INTERRUPTS()

BaseType_t xTaskCreate(TaskFunction_t code, const char *name, configSTACK_DEPTH_TYPE stack_bytes, void *parameters,
                       UBaseType_t priority, TaskHandle_t *created);
BaseType_t xTaskCreatePinnedToCore(TaskFunction_t code, const char *name, uint32_t stack_bytes, void *parameters,
                                   UBaseType_t priority, TaskHandle_t *created, BaseType_t core);
TaskHandle_t xTaskCreateStatic(TaskFunction_t code, const char *name, uint32_t stack_bytes, void *parameters,
                               UBaseType_t priority, StackType_t *stack, StaticTask_t *control);
TaskHandle_t xTaskCreateStaticPinnedToCore(TaskFunction_t code, const char *name, uint32_t stack_bytes, void *parameters,
                                           UBaseType_t priority, StackType_t *stack, StaticTask_t *control,
                                           BaseType_t core);
void vTaskDelete(TaskHandle_t task);

void vTaskDelay(TickType_t ticks);
BaseType_t xTaskDelayUntil(TickType_t *previous_wake, TickType_t increment);
#define vTaskDelayUntil(previous_wake, increment) ((void)xTaskDelayUntil(previous_wake, increment))
BaseType_t xTaskAbortDelay(TaskHandle_t task);
TickType_t xTaskGetTickCount(void);
TickType_t xTaskGetTickCountFromISR(void);

void vTaskSuspend(TaskHandle_t task);
void vTaskResume(TaskHandle_t task);
BaseType_t xTaskResumeFromISR(TaskHandle_t task);
void vTaskSuspendAll(void);
BaseType_t xTaskResumeAll(void);
BaseType_t xTaskGetSchedulerState(void);

UBaseType_t uxTaskPriorityGet(const TaskHandle_t task);
UBaseType_t uxTaskPriorityGetFromISR(const TaskHandle_t task);
void vTaskPrioritySet(TaskHandle_t task, UBaseType_t priority);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
TaskHandle_t xTaskGetCurrentTaskHandleForCore(BaseType_t core);
TaskHandle_t xTaskGetCurrentTaskHandleForCPU(BaseType_t core);
TaskHandle_t xTaskGetIdleTaskHandle(void);
TaskHandle_t xTaskGetHandle(const char *name);
BaseType_t xTaskGetCoreID(TaskHandle_t task);
BaseType_t xTaskGetAffinity(TaskHandle_t task);
char *pcTaskGetName(TaskHandle_t task);
UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t task);
configSTACK_DEPTH_TYPE uxTaskGetStackHighWaterMark2(TaskHandle_t task);
UBaseType_t uxTaskGetNumberOfTasks(void);
eTaskState eTaskGetState(TaskHandle_t task);

BaseType_t xTaskNotifyGiveIndexed(TaskHandle_t task, UBaseType_t index);
void vTaskNotifyGiveIndexedFromISR(TaskHandle_t task, UBaseType_t index, BaseType_t *woken);
uint32_t ulTaskNotifyTakeIndexed(UBaseType_t index, BaseType_t clear_on_exit, TickType_t ticks);
BaseType_t xTaskNotifyIndexed(TaskHandle_t task, UBaseType_t index, uint32_t value, eNotifyAction action);
BaseType_t xTaskNotifyAndQueryIndexed(TaskHandle_t task, UBaseType_t index, uint32_t value, eNotifyAction action,
                                      uint32_t *previous_value);
BaseType_t xTaskNotifyIndexedFromISR(TaskHandle_t task, UBaseType_t index, uint32_t value, eNotifyAction action,
                                     BaseType_t *woken);
BaseType_t xTaskNotifyWaitIndexed(UBaseType_t index, uint32_t clear_on_entry, uint32_t clear_on_exit, uint32_t *value,
                                  TickType_t ticks);
BaseType_t xTaskNotifyStateClearIndexed(TaskHandle_t task, UBaseType_t index);
uint32_t ulTaskNotifyValueClearIndexed(TaskHandle_t task, UBaseType_t index, uint32_t bits);

#define xTaskNotifyGive(task) xTaskNotifyGiveIndexed(task, tskDEFAULT_INDEX_TO_NOTIFY)
#define vTaskNotifyGiveFromISR(task, woken) vTaskNotifyGiveIndexedFromISR(task, tskDEFAULT_INDEX_TO_NOTIFY, woken)
#define ulTaskNotifyTake(clear_on_exit, ticks) ulTaskNotifyTakeIndexed(tskDEFAULT_INDEX_TO_NOTIFY, clear_on_exit, ticks)
#define xTaskNotify(task, value, action) xTaskNotifyIndexed(task, tskDEFAULT_INDEX_TO_NOTIFY, value, action)
#define xTaskNotifyAndQuery(task, value, action, previous_value) \
    xTaskNotifyAndQueryIndexed(task, tskDEFAULT_INDEX_TO_NOTIFY, value, action, previous_value)
#define xTaskNotifyFromISR(task, value, action, woken) \
    xTaskNotifyIndexedFromISR(task, tskDEFAULT_INDEX_TO_NOTIFY, value, action, woken)
#define xTaskNotifyWait(clear_on_entry, clear_on_exit, value, ticks) \
    xTaskNotifyWaitIndexed(tskDEFAULT_INDEX_TO_NOTIFY, clear_on_entry, clear_on_exit, value, ticks)
#define xTaskNotifyStateClear(task) xTaskNotifyStateClearIndexed(task, tskDEFAULT_INDEX_TO_NOTIFY)
#define ulTaskNotifyValueClear(task, bits) ulTaskNotifyValueClearIndexed(task, tskDEFAULT_INDEX_TO_NOTIFY, bits)

#ifdef __cplusplus
}
#endif

#include "freertos/idf_additions.h"
