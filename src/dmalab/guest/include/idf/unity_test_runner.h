/* Test cases that register themselves, and who runs them.
 *
 * A firmware without app_main is run by dmalab: every TEST_CASE, or those that --tests selects, in the order of their definition, in a task
 * of its own. With app_main, the firmware calls one of the functions below; --tests then narrows its choice.
 * Not modelled: resets. Cases of several stages or several devices are reported as skipped.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*test_func)(void);

typedef struct test_desc_t {
    const char *name;
    const char *desc; /* tags, such as "[dma][ignore]" */
    test_func *fn;
    const char *file;
    int line;
    uint8_t test_fn_count;
    const char **test_fn_name;
    struct test_desc_t *next;
} test_desc_t;

void unity_testcase_register(test_desc_t *desc);

void unity_run_all_tests(void);
void unity_run_test_by_name(const char *name);
void unity_run_test_by_index(int index);
void unity_run_tests_by_tag(const char *tag, bool invert);
int unity_get_test_count(void);
bool unity_get_test_info(int test_index, test_desc_t *out_info);
/* The chip asks over its console which test to run, for ever. Here all of them are run, once. */
void unity_run_menu(void);

#define UNITY_PASTE_(a, b) a##b
#define UNITY_PASTE(a, b) UNITY_PASTE_(a, b)
#define UNITY_TEST_UID(what) UNITY_PASTE(what, __LINE__)

#define UNITY_REGISTER(name_, tags_, functions_, count_, names_)                                             \
    static void __attribute__((constructor)) UNITY_TEST_UID(test_reg_helper_)(void)                          \
    {                                                                                                        \
        static test_desc_t description = {name_, tags_, functions_, __FILE__, __LINE__, count_, names_, NULL}; \
        unity_testcase_register(&description);                                                               \
    }

#define TEST_CASE(name_, tags_)                                                                      \
    static void UNITY_TEST_UID(test_func_)(void);                                                    \
    static test_func UNITY_TEST_UID(test_functions_)[] = {UNITY_TEST_UID(test_func_)};               \
    UNITY_REGISTER(name_, tags_, UNITY_TEST_UID(test_functions_), 1, NULL)                           \
    static void UNITY_TEST_UID(test_func_)(void)

#define UNITY_SEVERAL(name_, tags_, ...)                                                             \
    static test_func UNITY_TEST_UID(test_functions_)[] = {__VA_ARGS__};                              \
    UNITY_REGISTER(name_, tags_, UNITY_TEST_UID(test_functions_),                                    \
                   sizeof UNITY_TEST_UID(test_functions_) / sizeof *UNITY_TEST_UID(test_functions_), NULL)

#define TEST_CASE_MULTIPLE_STAGES(name_, tags_, ...) UNITY_SEVERAL(name_, tags_ "[multi_stage]", __VA_ARGS__)
#define TEST_CASE_MULTIPLE_DEVICES(name_, tags_, ...) UNITY_SEVERAL(name_, tags_ "[multi_device]", __VA_ARGS__)

#if CONFIG_IDF_TARGET_ESP32
#define TEST_CASE_ESP32(...) TEST_CASE(__VA_ARGS__)
#else
#define TEST_CASE_ESP32(...) __attribute__((unused)) static void UNITY_TEST_UID(test_func_)(void)
#endif

#ifdef __cplusplus
}
#endif
