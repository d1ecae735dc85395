/* freertos/task.h: tasks and task notifications. */
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "idf_stub.h"

/* Where a stack lies unless the firmware says otherwise. */
#define STACK_CAPS (MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT)

/* --- creation --- */

BaseType_t xTaskCreatePinnedToCoreWithCaps(TaskFunction_t code, const char *name, configSTACK_DEPTH_TYPE stack_bytes,
                                           void *parameters, UBaseType_t priority, TaskHandle_t *created, BaseType_t core,
                                           UBaseType_t caps)
{
    const uint64_t answer = DL_CALL(xTaskCreatePinnedToCore, code, name, stack_bytes, parameters, priority, core, caps);
    if (LOW(answer) == pdPASS && created)
        STORE(created, AS_POINTER(TaskHandle_t, HIGH(answer)));
    return LOW(answer);
}

BaseType_t xTaskCreateWithCaps(TaskFunction_t code, const char *name, configSTACK_DEPTH_TYPE stack_bytes, void *parameters,
                               UBaseType_t priority, TaskHandle_t *created, UBaseType_t caps)
{
    return xTaskCreatePinnedToCoreWithCaps(code, name, stack_bytes, parameters, priority, created, tskNO_AFFINITY, caps);
}

BaseType_t xTaskCreatePinnedToCore(TaskFunction_t code, const char *name, uint32_t stack_bytes, void *parameters,
                                   UBaseType_t priority, TaskHandle_t *created, BaseType_t core)
{
    return xTaskCreatePinnedToCoreWithCaps(code, name, stack_bytes, parameters, priority, created, core, STACK_CAPS);
}

BaseType_t xTaskCreate(TaskFunction_t code, const char *name, configSTACK_DEPTH_TYPE stack_bytes, void *parameters,
                       UBaseType_t priority, TaskHandle_t *created)
{
    return xTaskCreatePinnedToCoreWithCaps(code, name, stack_bytes, parameters, priority, created, tskNO_AFFINITY, STACK_CAPS);
}

TaskHandle_t xTaskCreateStaticPinnedToCore(TaskFunction_t code, const char *name, uint32_t stack_bytes, void *parameters,
                                           UBaseType_t priority, StackType_t *stack, StaticTask_t *control, BaseType_t core)
{
    return AS_POINTER(TaskHandle_t, DL_CALL(xTaskCreateStaticPinnedToCore, code, name, stack_bytes, parameters, priority, stack,
                                            control, core));
}

TaskHandle_t xTaskCreateStatic(TaskFunction_t code, const char *name, uint32_t stack_bytes, void *parameters, UBaseType_t priority,
                               StackType_t *stack, StaticTask_t *control)
{
    return xTaskCreateStaticPinnedToCore(code, name, stack_bytes, parameters, priority, stack, control, tskNO_AFFINITY);
}

void vTaskDelete(TaskHandle_t task)
{
    DL_CALL(vTaskDelete, task);
}

void vTaskDeleteWithCaps(TaskHandle_t task)
{
    DL_CALL(vTaskDelete, task);
}

/* --- time --- */

void vTaskDelay(TickType_t ticks)
{
    DL_CALL(vTaskDelay, ticks);
}

BaseType_t xTaskDelayUntil(TickType_t *previous_wake, TickType_t increment)
{
    SEES(previous_wake, sizeof *previous_wake);
    const uint64_t answer = DL_CALL(xTaskDelayUntil, *previous_wake, increment);
    STORE(previous_wake, (TickType_t)HIGH(answer));
    return LOW(answer);
}

BaseType_t xTaskAbortDelay(TaskHandle_t task)
{
    return (BaseType_t)DL_CALL(xTaskAbortDelay, task);
}

TickType_t xTaskGetTickCount(void)
{
    return (TickType_t)DL_CALL(xTaskGetTickCount);
}

TickType_t xTaskGetTickCountFromISR(void)
{
    return (TickType_t)DL_CALL(xTaskGetTickCountFromISR);
}

/* --- state --- */

void vTaskSuspend(TaskHandle_t task)
{
    DL_CALL(vTaskSuspend, task);
}

void vTaskResume(TaskHandle_t task)
{
    DL_CALL(vTaskResume, task);
}

BaseType_t xTaskResumeFromISR(TaskHandle_t task)
{
    return (BaseType_t)DL_CALL(xTaskResumeFromISR, task);
}

void vTaskSuspendAll(void)
{
    DL_CALL(vTaskSuspendAll);
}

BaseType_t xTaskResumeAll(void)
{
    return (BaseType_t)DL_CALL(xTaskResumeAll);
}

BaseType_t xTaskGetSchedulerState(void)
{
    return (BaseType_t)DL_CALL(xTaskGetSchedulerState);
}

UBaseType_t uxTaskPriorityGet(const TaskHandle_t task)
{
    return (UBaseType_t)DL_CALL(uxTaskPriorityGet, task);
}

UBaseType_t uxTaskPriorityGetFromISR(const TaskHandle_t task)
{
    return (UBaseType_t)DL_CALL(uxTaskPriorityGetFromISR, task);
}

void vTaskPrioritySet(TaskHandle_t task, UBaseType_t priority)
{
    DL_CALL(vTaskPrioritySet, task, priority);
}

TaskHandle_t xTaskGetCurrentTaskHandle(void)
{
    return AS_POINTER(TaskHandle_t, DL_CALL(xTaskGetCurrentTaskHandle));
}

TaskHandle_t xTaskGetCurrentTaskHandleForCore(BaseType_t core)
{
    return AS_POINTER(TaskHandle_t, DL_CALL(xTaskGetCurrentTaskHandleForCore, core));
}

TaskHandle_t xTaskGetCurrentTaskHandleForCPU(BaseType_t core)
{
    return xTaskGetCurrentTaskHandleForCore(core);
}

TaskHandle_t xTaskGetIdleTaskHandle(void)
{
    return AS_POINTER(TaskHandle_t, DL_CALL(xTaskGetIdleTaskHandle));
}

TaskHandle_t xTaskGetHandle(const char *name)
{
    return AS_POINTER(TaskHandle_t, DL_CALL(xTaskGetHandle, name));
}

BaseType_t xTaskGetCoreID(TaskHandle_t task)
{
    return (BaseType_t)DL_CALL(xTaskGetCoreID, task);
}

BaseType_t xTaskGetAffinity(TaskHandle_t task)
{
    return xTaskGetCoreID(task);
}

char *pcTaskGetName(TaskHandle_t task)
{
    return AS_POINTER(char *, DL_CALL(pcTaskGetName, task));
}

UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t task)
{
    return (UBaseType_t)DL_CALL(uxTaskGetStackHighWaterMark, task);
}

configSTACK_DEPTH_TYPE uxTaskGetStackHighWaterMark2(TaskHandle_t task)
{
    return (configSTACK_DEPTH_TYPE)DL_CALL(uxTaskGetStackHighWaterMark, task);
}

UBaseType_t uxTaskGetNumberOfTasks(void)
{
    return (UBaseType_t)DL_CALL(uxTaskGetNumberOfTasks);
}

eTaskState eTaskGetState(TaskHandle_t task)
{
    return (eTaskState)DL_CALL(eTaskGetState, task);
}

/* --- notifications --- */

BaseType_t xTaskNotifyAndQueryIndexed(TaskHandle_t task, UBaseType_t index, uint32_t value, eNotifyAction action,
                                      uint32_t *previous_value)
{
    const uint64_t answer = DL_CALL(xTaskNotify, task, index, value, action);
    if (previous_value)
        STORE(previous_value, HIGH(answer));
    return LOW(answer);
}

BaseType_t xTaskNotifyIndexed(TaskHandle_t task, UBaseType_t index, uint32_t value, eNotifyAction action)
{
    return LOW(DL_CALL(xTaskNotify, task, index, value, action));
}

BaseType_t xTaskNotifyGiveIndexed(TaskHandle_t task, UBaseType_t index)
{
    return LOW(DL_CALL(xTaskNotify, task, index, 0, eIncrement));
}

BaseType_t xTaskNotifyIndexedFromISR(TaskHandle_t task, UBaseType_t index, uint32_t value, eNotifyAction action, BaseType_t *woken)
{
    const uint64_t answer = DL_CALL(xTaskNotifyFromISR, task, index, value, action);
    if (HIGH(answer) && woken)
        STORE(woken, pdTRUE);
    return LOW(answer);
}

void vTaskNotifyGiveIndexedFromISR(TaskHandle_t task, UBaseType_t index, BaseType_t *woken)
{
    const uint64_t answer = DL_CALL(xTaskNotifyFromISR, task, index, 0, eIncrement);
    if (HIGH(answer) && woken)
        STORE(woken, pdTRUE);
}

uint32_t ulTaskNotifyTakeIndexed(UBaseType_t index, BaseType_t clear_on_exit, TickType_t ticks)
{
    return (uint32_t)DL_CALL(ulTaskNotifyTake, index, clear_on_exit, ticks);
}

BaseType_t xTaskNotifyWaitIndexed(UBaseType_t index, uint32_t clear_on_entry, uint32_t clear_on_exit, uint32_t *value,
                                  TickType_t ticks)
{
    const uint64_t answer = DL_CALL(xTaskNotifyWait, index, clear_on_entry, clear_on_exit, ticks);
    if (value)
        STORE(value, HIGH(answer));
    return LOW(answer);
}

BaseType_t xTaskNotifyStateClearIndexed(TaskHandle_t task, UBaseType_t index)
{
    return (BaseType_t)DL_CALL(xTaskNotifyStateClear, task, index);
}

uint32_t ulTaskNotifyValueClearIndexed(TaskHandle_t task, UBaseType_t index, uint32_t bits)
{
    return (uint32_t)DL_CALL(ulTaskNotifyValueClear, task, index, bits);
}
