/* ztest: suites in the order of their names, each test in a thread of its own, results on the console and to the machine. */
#include <stdarg.h>
#include <string.h>
#include <zephyr/ztest.h>

#include "zephyr_stub.h"

LIST(struct ztest_suite_node, dl_ztest_suites);
LIST(struct ztest_unit_test, dl_ztest_units);
LIST(struct ztest_test_rule, dl_ztest_rules);

enum outcome { PASSED, FAILED, SKIPPED }; /* guest/zephyr_handlers/ztest.py: OUTCOMES */
enum { NAMES = 1024, STACK_BYTES = CONFIG_ZTEST_STACK_SIZE };

static const char *const words[] = {"PASS", "FAIL", "SKIP"};
static struct k_thread test_thread __attribute__((section(".bss.dl_ztest_thread")));
static volatile enum outcome outcome;
static volatile bool in_test;
static char reason[512];
static void *fixture;
static const struct ztest_unit_test *running;
static struct {
    unsigned passed, failed, skipped, suites_failed;
} totals;
static bool ran_any;

int dl_zephyr_has_tests(void)
{
    return __start_dl_ztest_units != __stop_dl_ztest_units;
}

/* --- one test --- */

static void each_rule(bool before)
{
    for (const struct ztest_test_rule *const *one = __start_dl_ztest_rules; one != __stop_dl_ztest_rules; one++) {
        const ztest_rule_cb call = before ? (*one)->before_each : (*one)->after_each;
        if (call)
            call(running, fixture);
    }
}

static void test_body(void *suite_, void *unused1, void *unused2)
{
    const struct ztest_suite_node *suite = suite_;
    (void)unused1, (void)unused2;
    in_test = true;
    each_rule(true);
    if (suite && suite->before)
        suite->before(fixture);
    running->test(fixture);
    in_test = false;
}

static void run_test(const struct ztest_suite_node *suite, const struct ztest_unit_test *test)
{
    running = test;
    outcome = PASSED;
    reason[0] = 0;
    printk("START - %s\n", test->name);
    DL_CALL(ztest_begin, test->test_suite_name, test->name, test->file, test->line);
    const int64_t began = k_uptime_get();
    k_thread_create(&test_thread, NULL, STACK_BYTES, test_body, (void *)suite, NULL, NULL, CONFIG_ZTEST_THREAD_PRIORITY, 0, K_NO_WAIT);
    k_thread_name_set(&test_thread, test->name);
    k_thread_join(&test_thread, K_FOREVER);
    in_test = false;
    if (suite && suite->after)
        suite->after(fixture);
    each_rule(false);
    const uint32_t ms = (uint32_t)(k_uptime_get() - began);
    printk(" %s - %s in %u.%03u seconds\n", words[outcome], test->name, ms / 1000, ms % 1000);
    printk("===================================================================\n");
    dl_zephyr_say("%s", reason);
    DL_CALL(ztest_end, (int)outcome);
    unsigned *counts[] = {&totals.passed, &totals.failed, &totals.skipped};
    ++*counts[outcome];
}

static void finish_test(void)
{
    if (!in_test)
        return;
    const bool in_isr = k_is_in_isr();
    k_thread_abort(&test_thread);
    if (!in_isr)
        k_thread_abort(k_current_get());
}

void ztest_test_fail(void)
{
    outcome = FAILED;
    finish_test();
}

void ztest_test_pass(void)
{
    if (outcome != FAILED)
        outcome = PASSED;
    finish_test();
}

void ztest_test_skip(void)
{
    if (outcome != FAILED)
        outcome = SKIPPED;
    finish_test();
}

void ztest_skip_failed_assumption(void)
{
    ztest_test_skip();
}

void ztest_simple_1cpu_before(void *data)
{
    (void)data;
}

void ztest_simple_1cpu_after(void *data)
{
    (void)data;
}

/* Appends a text, formatted on the host stack, to the reason of the present outcome. */
static void add_reason(const char *text)
{
    const size_t used = strlen(reason), length = strlen(text), room = sizeof reason - 1 - used;
    memcpy(reason + used, text, length < room ? length : room);
    reason[used + (length < room ? length : room)] = 0;
}

bool dl_ztest_check(int kind, bool condition, const char *default_message, const char *file, int line, const char *function,
                    const char *format, ...)
{
    static const char *const kinds[] = {"Assertion", "Assumption", "Expectation"};
    if (condition)
        return true;
    const char *slash = strrchr(file, '/');
    file = slash ? slash + 1 : file;
    printk("\n    %s failed at %s:%d: %s: %s\n", kinds[kind], file, line, function, default_message);
    reason[0] = 0;
    dl_zephyr_say("%s:%d %s: %s", file, line, function, default_message);
    add_reason(dl_control->text);
    if (format && *format) {
        va_list args, again;
        va_start(args, format);
        va_copy(again, args);
        vprintk(format, args);
        printk("\n");
        dl_zephyr_text(format, &again);
        add_reason(": ");
        add_reason(dl_control->text);
        va_end(again);
        va_end(args);
    }
    if (kind == 1) {
        ztest_test_skip();
    } else if (kind == 0) {
        ztest_test_fail();
    } else {
        outcome = FAILED;
    }
    return false;
}

/* --- suites --- */

static const struct ztest_suite_node *suite_called(const char *name)
{
    for (const struct ztest_suite_node *const *one = __start_dl_ztest_suites; one != __stop_dl_ztest_suites; one++)
        if (!strcmp((*one)->name, name))
            return *one;
    return NULL;
}

/* The next name in alphabetical order among the tests of a suite, or among the suites when `suite` is NULL. */
static const struct ztest_unit_test *next_unit(const char *suite, const char *after)
{
    const struct ztest_unit_test *best = NULL;
    for (const struct ztest_unit_test *const *one = __start_dl_ztest_units; one != __stop_dl_ztest_units; one++) {
        const char *name = suite ? (*one)->name : (*one)->test_suite_name;
        if (suite && strcmp((*one)->test_suite_name, suite))
            continue;
        if (after && strcmp(name, after) <= 0)
            continue;
        if (!best || strcmp(name, suite ? best->name : best->test_suite_name) < 0)
            best = *one;
    }
    return best;
}

static void run_suite(const char *name)
{
    const struct ztest_suite_node *suite = suite_called(name);
    const unsigned failed_before = totals.failed;
    ran_any = true;
    printk("Running TESTSUITE %s\n===================================================================\n", name);
    fixture = suite && suite->setup ? suite->setup() : NULL;
    for (const struct ztest_unit_test *test = next_unit(name, NULL); test; test = next_unit(name, test->name))
        run_test(suite, test);
    if (suite && suite->teardown)
        suite->teardown(fixture);
    const bool failed = totals.failed != failed_before;
    totals.suites_failed += failed;
    printk("TESTSUITE %s %s\n\n", name, failed ? "failed." : "succeeded");
}

int ztest_run_test_suite(const char *name, bool shuffle, int suite_iter, int case_iter, ...)
{
    (void)shuffle, (void)suite_iter, (void)case_iter;
    run_suite(name);
    return totals.failed ? -1 : 0;
}

void ztest_run_all(const void *state, bool shuffle, int suite_iter, int case_iter)
{
    (void)shuffle, (void)suite_iter, (void)case_iter;
    const struct ztest_unit_test *first = next_unit(NULL, NULL);
    for (; first; first = next_unit(NULL, first->test_suite_name)) {
        const struct ztest_suite_node *suite = suite_called(first->test_suite_name);
        if (!suite || !suite->predicate || suite->predicate(state))
            run_suite(first->test_suite_name);
    }
}

void ztest_verify_all_test_suites_ran(void)
{
}

void test_main(void) __attribute__((weak));

void dl_zephyr_run_tests(void)
{
    printk("*** Booting Zephyr OS on dmalab ***\n");
    if (test_main)
        test_main();
    else
        ztest_run_all(NULL, false, 1, 1);
    printk("------ TESTSUITE SUMMARY: %u passed, %u failed, %u skipped ------\n", totals.passed, totals.failed, totals.skipped);
    printk("PROJECT EXECUTION %s\n", totals.failed || !ran_any ? "FAILED" : "SUCCESSFUL");
}
