/* Tasks with their stack in memory of the caller's choice. */
#pragma once

#include "esp_heap_caps.h"

#ifdef __cplusplus
extern "C" {
#endif

BaseType_t xTaskCreatePinnedToCoreWithCaps(TaskFunction_t code, const char *name, configSTACK_DEPTH_TYPE stack_bytes,
                                           void *parameters, UBaseType_t priority, TaskHandle_t *created, BaseType_t core,
                                           UBaseType_t caps);
BaseType_t xTaskCreateWithCaps(TaskFunction_t code, const char *name, configSTACK_DEPTH_TYPE stack_bytes, void *parameters,
                               UBaseType_t priority, TaskHandle_t *created, UBaseType_t caps);
void vTaskDeleteWithCaps(TaskHandle_t task);

#ifdef __cplusplus
}
#endif
