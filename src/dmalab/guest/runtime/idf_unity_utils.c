/* unity_test_utils.h, test_utils.h, ccomp_timer.h. */
#include <stdio.h>

#include "ccomp_timer.h"
#include "esp_heap_caps.h"
#include "esp_timer.h"
#include "idf_unity.h"
#include "test_utils.h"

/* --- leaks --- */

enum { LEAK_LEVEL_BYTES = 1024 }; /* CONFIG_UNITY_CRITICAL_LEAK_LEVEL_GENERAL */

static size_t leak_level = LEAK_LEVEL_BYTES;
static size_t free_8bit, free_32bit;

void unity_utils_set_leak_level(size_t level)
{
    leak_level = level;
}

void unity_utils_record_free_mem(void)
{
    free_8bit = heap_caps_get_free_size(MALLOC_CAP_8BIT);
    free_32bit = heap_caps_get_free_size(MALLOC_CAP_32BIT);
}

void unity_utils_check_leak(unsigned int before_free, unsigned int after_free, const char *type, unsigned int threshold)
{
    if (after_free >= before_free)
        return;
    const unsigned leaked = before_free - after_free;
    printf("MALLOC_CAP_%s %s leak: Before %u bytes free, After %u bytes free (delta %u)\n", type,
           leaked <= threshold ? "potential" : "critical", before_free, after_free, leaked);
    unity_check(leaked <= threshold, "", "The test leaked too much memory", Unity.CurrentTestLineNumber);
}

void unity_utils_evaluate_leaks_direct(size_t threshold)
{
    const unsigned now_8bit = (unsigned)heap_caps_get_free_size(MALLOC_CAP_8BIT);
    const unsigned now_32bit = (unsigned)heap_caps_get_free_size(MALLOC_CAP_32BIT);
    unity_utils_check_leak((unsigned)free_8bit, now_8bit, "8BIT", (unsigned)threshold);
    unity_utils_check_leak((unsigned)free_32bit, now_32bit, "32BIT", (unsigned)threshold);
}

void unity_utils_evaluate_leaks(void)
{
    unity_utils_evaluate_leaks_direct(leak_level);
}

void unity_utils_setup_heap_record(size_t num_heap_records)
{
    (void)num_heap_records;
}

void unity_reset_leak_checks(void)
{
    unity_utils_record_free_mem();
}

esp_err_t test_utils_set_leak_level(size_t level, esp_type_leak_t type, esp_comp_leak_t component)
{
    if (type >= ESP_LEAK_TYPE_MAX)
        return ESP_ERR_INVALID_ARG;
    if (type == ESP_LEAK_TYPE_CRITICAL && component != ESP_COMP_LEAK_LWIP)
        leak_level = level;
    return ESP_OK;
}

esp_err_t test_utils_set_critical_leak_level(size_t level, esp_comp_leak_t component)
{
    return test_utils_set_leak_level(level, ESP_LEAK_TYPE_CRITICAL, component);
}

/* --- tasks --- */

void unity_utils_task_delete(TaskHandle_t task)
{
    vTaskDelete(task);
}

void test_utils_task_delete(TaskHandle_t task)
{
    vTaskDelete(task);
}

/* --- stop-watch --- */

static int64_t started = -1;

esp_err_t ccomp_timer_start(void)
{
    if (started >= 0)
        return ESP_ERR_INVALID_STATE;
    started = esp_timer_get_time();
    return ESP_OK;
}

int64_t ccomp_timer_get_time(void)
{
    return started < 0 ? -1 : esp_timer_get_time() - started;
}

int64_t ccomp_timer_stop(void)
{
    const int64_t elapsed = ccomp_timer_get_time();
    started = -1;
    return elapsed;
}
