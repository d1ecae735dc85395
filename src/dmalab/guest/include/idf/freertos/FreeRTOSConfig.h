/* Kernel settings of the default configuration. */
#pragma once

#include <assert.h>

#include "sdkconfig.h"

#define configTICK_RATE_HZ CONFIG_FREERTOS_HZ
#define configMAX_PRIORITIES 25
#define configMINIMAL_STACK_SIZE 768
#define configMAX_TASK_NAME_LEN CONFIG_FREERTOS_MAX_TASK_NAME_LEN
#define configNUMBER_OF_CORES CONFIG_FREERTOS_NUMBER_OF_CORES
#define configNUM_CORES configNUMBER_OF_CORES
#define configTASK_NOTIFICATION_ARRAY_ENTRIES CONFIG_FREERTOS_TASK_NOTIFICATION_ARRAY_ENTRIES
#define configSTACK_DEPTH_TYPE uint32_t
#define configUSE_PREEMPTION 1
#define configUSE_16_BIT_TICKS 0
#define configUSE_MUTEXES 1
#define configUSE_RECURSIVE_MUTEXES 1
#define configUSE_COUNTING_SEMAPHORES 1
#define configUSE_TASK_NOTIFICATIONS 1
#define configSUPPORT_STATIC_ALLOCATION 1
#define configSUPPORT_DYNAMIC_ALLOCATION 1
#define configASSERT(condition) assert(condition)
