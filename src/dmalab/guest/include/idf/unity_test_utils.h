/* Helpers of ESP-IDF's unit tests. */
#pragma once

#include "freertos/FreeRTOS.h"

#include "freertos/task.h"
#include "unity_test_utils_cache.h"
#include "unity_test_utils_memory.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Deletes another task; its memory is free at once. */
void unity_utils_task_delete(TaskHandle_t task);

#ifdef __cplusplus
}
#endif
