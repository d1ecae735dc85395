/* unity_test_runner.h: test cases as they registered themselves, which of them run, and the entry of a firmware that has nothing else.
 *
 * The list is kept in host memory: linking the firmware's own descriptions would store into them behind the back of the cache model.
 */
#include <stdio.h>
#include <stdlib.h>

#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "idf_unity.h"

enum { TEST_PRIORITY = 5 };            /* as in ESP-IDF's unit-test application */
enum verdict { LEAVE_OUT, RUN, SKIP }; /* guest/handlers/unity.py */

static const test_desc_t **cases;
static int case_count;

void unity_testcase_register(test_desc_t *desc)
{
    const test_desc_t **more = __real_realloc(cases, (size_t)(case_count + 1) * sizeof *more);
    if (!more)
        dl_die("test cases", 12);
    cases = more;
    cases[case_count++] = desc;
}

int unity_get_test_count(void)
{
    return case_count;
}

bool unity_get_test_info(int test_index, test_desc_t *out_info)
{
    if (test_index < 0 || test_index >= case_count)
        return false;
    STORE(out_info, *cases[test_index]);
    return true;
}

static void run_case(const test_desc_t *one)
{
    printf("Running %s...\n", one->name);
    Unity.TestFile = one->file;
    UnityDefaultTestRun(one->fn[0], one->name, one->line);
}

/* Runs those the caller and --tests agree on. All are announced first: should one end the firmware, the others are known to be missing. */
static void run_those(bool (*is_meant)(const test_desc_t *, const void *), const void *argument)
{
    char *runs = __real_calloc((size_t)case_count + 1, 1);
    if (!runs)
        dl_die("test cases", 12);
    for (int i = 0; i < case_count; i++) {
        const test_desc_t *one = cases[i];
        if (is_meant(one, argument))
            runs[i] = (char)DL_CALL(unity_planned, one->name, one->desc, one->file, one->line, one->test_fn_count);
    }
    for (int i = 0; i < case_count; i++) {
        if (runs[i] == RUN) {
            run_case(cases[i]);
        } else if (runs[i] == SKIP) {
            Unity.NumberOfTests++;
            Unity.TestIgnores++;
            printf("%s:%d:%s:IGNORE\n", cases[i]->file, cases[i]->line, cases[i]->name);
        }
    }
    __real_free(runs);
}

static bool is_any(const test_desc_t *one, const void *unused)
{
    (void)one, (void)unused;
    return true;
}

void unity_run_all_tests(void)
{
    run_those(is_any, NULL);
}

static bool has_name(const test_desc_t *one, const void *name)
{
    return !strcmp(one->name, name);
}

void unity_run_test_by_name(const char *name)
{
    run_those(has_name, name);
}

static bool has_index(const test_desc_t *one, const void *index)
{
    const int wanted = *(const int *)index;
    return wanted >= 0 && wanted < case_count && cases[wanted] == one;
}

void unity_run_test_by_index(int index)
{
    run_those(has_index, &index);
}

struct tag {
    const char *text;
    bool invert;
};

static bool has_tag(const test_desc_t *one, const void *argument)
{
    const struct tag *tag = argument;
    return (strstr(one->desc, tag->text) != NULL) != tag->invert;
}

void unity_run_tests_by_tag(const char *tag, bool invert)
{
    const struct tag wanted = {tag, invert};
    printf("Running tests %smatching '%s'...\n", invert ? "NOT " : "", tag);
    run_those(has_tag, &wanted);
}

void unity_run_menu(void)
{
    UnityBegin("");
    unity_run_all_tests();
    UnityEnd();
}

/* --- a firmware of test cases alone --- */

void __attribute__((weak)) app_main(void)
{
    dl_unity_checks_leaks = 1;
    vTaskPrioritySet(NULL, TEST_PRIORITY);
    unity_run_menu();
}
