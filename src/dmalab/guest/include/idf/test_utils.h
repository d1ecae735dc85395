/* Helpers of ESP-IDF's unit-test application, as far as tests of DMA use them. */
#pragma once

#include <stdint.h>

#include "esp_err.h"
#include "unity_test_utils.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ESP_LEAK_TYPE_WARNING = 0,
    ESP_LEAK_TYPE_CRITICAL,
    ESP_LEAK_TYPE_MAX,
} esp_type_leak_t;

typedef enum {
    ESP_COMP_LEAK_GENERAL = 0,
    ESP_COMP_LEAK_LWIP,
    ESP_COMP_LEAK_ALL = 255,
} esp_comp_leak_t;

/* Only the critical level of the general component is looked at. */
esp_err_t test_utils_set_leak_level(size_t leak_level, esp_type_leak_t type, esp_comp_leak_t component);
esp_err_t test_utils_set_critical_leak_level(size_t leak_level, esp_comp_leak_t component);
/* What is allocated from here on counts. */
void unity_reset_leak_checks(void);
void test_utils_task_delete(TaskHandle_t task);

#define IDF_LOG_PERFORMANCE(item, value_fmt, value, ...) \
    printf("[Performance][" item "]: " value_fmt "\n", value, ##__VA_ARGS__)

#ifdef __cplusplus
}
#endif
