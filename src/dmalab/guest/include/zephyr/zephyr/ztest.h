/* ztest: suites, hooks, assertions, skips. Results go to the console and into the report. */
#ifndef ZEPHYR_INCLUDE_ZTEST_H_
#define ZEPHYR_INCLUDE_ZTEST_H_

#include <stdio.h>
#include <string.h>
#include <zephyr/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TC_PASS 0
#define TC_FAIL 1
#define TC_SKIP 2
#define TC_FLAKY 3
#define TC_PRINT(...) printk(__VA_ARGS__)
#define TC_ERROR(fmt, ...) printk("    %s:%d: " fmt, __FILE__, __LINE__, ##__VA_ARGS__)
#define TC_START(name) printk("START - %s\n", name)

typedef void *(*ztest_suite_setup_t)(void);
typedef void (*ztest_suite_before_t)(void *fixture);
typedef void (*ztest_suite_after_t)(void *fixture);
typedef void (*ztest_suite_teardown_t)(void *fixture);
typedef bool (*ztest_suite_predicate_t)(const void *global_state);

struct ztest_suite_node {
	const char *name;
	ztest_suite_predicate_t predicate;
	ztest_suite_setup_t setup;
	ztest_suite_before_t before;
	ztest_suite_after_t after;
	ztest_suite_teardown_t teardown;
};

struct ztest_unit_test {
	const char *test_suite_name;
	const char *name;
	void (*test)(void *fixture);
	const char *file;
	int line;
};

typedef void (*ztest_rule_cb)(const struct ztest_unit_test *test, void *data);
struct ztest_test_rule {
	ztest_rule_cb before_each;
	ztest_rule_cb after_each;
};

/* Tells the build that a program of suites alone has an entry point. */
static const char dl_ztest_entry __asm__("dl_ztest_entry") __attribute__((used)) = 1; /* the same name in C++ */

#define ZTEST_SUITE(suite, predicate_, setup_, before_, after_, teardown_)                                            \
	static const struct ztest_suite_node dl_ztest_suite_##suite = {#suite, predicate_, setup_, before_, after_,   \
								       teardown_};                                    \
	static const struct ztest_suite_node *const dl_ztest_suite_ref_##suite                                        \
		__attribute__((used, section("dl_ztest_suites"))) = &dl_ztest_suite_##suite

#define DL_ZTEST(suite, fn, call)                                                                                     \
	static void dl_ztest_run_##suite##_##fn(void *dl_fixture)                                                     \
	{                                                                                                             \
		ARG_UNUSED(dl_fixture);                                                                               \
		call;                                                                                                 \
	}                                                                                                             \
	static const struct ztest_unit_test dl_ztest_unit_##suite##_##fn = {#suite, #fn, dl_ztest_run_##suite##_##fn, \
									    __FILE__, __LINE__};                      \
	static const struct ztest_unit_test *const dl_ztest_unit_ref_##suite##_##fn                                   \
		__attribute__((used, section("dl_ztest_units"))) = &dl_ztest_unit_##suite##_##fn

#define ZTEST(suite, fn)                                           \
	static void suite##_##fn(void);                            \
	DL_ZTEST(suite, fn, suite##_##fn());                       \
	static void suite##_##fn(void)
#define ZTEST_USER(suite, fn) ZTEST(suite, fn)
#define ZTEST_F(suite, fn)                                                                       \
	static void suite##_##fn(struct suite##_fixture *fixture);                               \
	DL_ZTEST(suite, fn, suite##_##fn((struct suite##_fixture *)dl_fixture));                 \
	static void suite##_##fn(struct suite##_fixture *fixture)
#define ZTEST_USER_F(suite, fn) ZTEST_F(suite, fn)
#define ZTEST_RULE(name, before_fn, after_fn)                                               \
	static const struct ztest_test_rule dl_ztest_rule_##name = {before_fn, after_fn};   \
	static const struct ztest_test_rule *const dl_ztest_rule_ref_##name                 \
		__attribute__((used, section("dl_ztest_rules"))) = &dl_ztest_rule_##name
#define ZTEST_DMEM
#define ZTEST_BMEM
#define ZTEST_SECTION

int ztest_run_test_suite(const char *name, bool shuffle, int suite_iter, int case_iter, ...);
void ztest_run_all(const void *state, bool shuffle, int suite_iter, int case_iter);
void ztest_verify_all_test_suites_ran(void);
#define ztest_run_test_suites(...) ztest_run_all(NULL, false, 1, 1)
void ztest_test_fail(void);
void ztest_test_pass(void);
void ztest_test_skip(void);
void ztest_skip_failed_assumption(void);
void ztest_simple_1cpu_before(void *data);
void ztest_simple_1cpu_after(void *data);

/* kind: 0 assertion, 1 assumption, 2 expectation. Returns whether to go on. */
bool dl_ztest_check(int kind, bool condition, const char *default_message, const char *file, int line, const char *function,
		    const char *format, ...);

/* No message at all, or a format with its arguments; the format may be NULL. */
#define DL_ZFORMAT(...) __VA_OPT__(__VA_ARGS__, ) NULL
#define DL_ZGO(kind, condition, text, ...)                                                                             \
	((void)dl_ztest_check(kind, (condition) ? true : false, text, __FILE__, __LINE__, __func__, DL_ZFORMAT(__VA_ARGS__)))

#define zassert(cond, text, ...) DL_ZGO(0, cond, text, __VA_ARGS__)
#define zassert_unreachable(...) DL_ZGO(0, false, "Reached unreachable code", __VA_ARGS__)
#define zassert_true(cond, ...) DL_ZGO(0, cond, #cond " is false", __VA_ARGS__)
#define zassert_false(cond, ...) DL_ZGO(0, !(cond), #cond " is true", __VA_ARGS__)
#define zassert_ok(cond, ...) DL_ZGO(0, !(cond), #cond " is non-zero", __VA_ARGS__)
#define zassert_not_ok(cond, ...) DL_ZGO(0, !!(cond), #cond " is zero", __VA_ARGS__)
#define zassert_is_null(ptr, ...) DL_ZGO(0, (ptr) == NULL, #ptr " is not NULL", __VA_ARGS__)
#define zassert_not_null(ptr, ...) DL_ZGO(0, (ptr) != NULL, #ptr " is NULL", __VA_ARGS__)
#define zassert_equal(a, b, ...) DL_ZGO(0, (a) == (b), #a " not equal to " #b, __VA_ARGS__)
#define zassert_not_equal(a, b, ...) DL_ZGO(0, (a) != (b), #a " equal to " #b, __VA_ARGS__)
#define zassert_equal_ptr(a, b, ...) DL_ZGO(0, (void *)(a) == (void *)(b), #a " not equal to " #b, __VA_ARGS__)
#define zassert_within(a, b, d, ...) \
	DL_ZGO(0, ((a) >= ((b) - (d))) && ((a) <= ((b) + (d))), #a " not within " #b " +/- " #d, __VA_ARGS__)
#define zassert_between_inclusive(a, l, u, ...) \
	DL_ZGO(0, ((a) >= (l)) && ((a) <= (u)), #a " not between " #l " and " #u, __VA_ARGS__)
#define zassert_mem_equal(buf, exp, size, ...) DL_ZGO(0, memcmp(buf, exp, size) == 0, #buf " not equal to " #exp, __VA_ARGS__)
#define zassert_mem_equal__(buf, exp, size, ...) zassert_mem_equal(buf, exp, size, __VA_ARGS__)
#define zassert_str_equal(s1, s2, ...) DL_ZGO(0, strcmp(s1, s2) == 0, #s1 " not equal to " #s2, __VA_ARGS__)

#define zassume(cond, text, ...) DL_ZGO(1, cond, text, __VA_ARGS__)
#define zassume_true(cond, ...) DL_ZGO(1, cond, #cond " is false", __VA_ARGS__)
#define zassume_false(cond, ...) DL_ZGO(1, !(cond), #cond " is true", __VA_ARGS__)
#define zassume_ok(cond, ...) DL_ZGO(1, !(cond), #cond " is non-zero", __VA_ARGS__)
#define zassume_not_ok(cond, ...) DL_ZGO(1, !!(cond), #cond " is zero", __VA_ARGS__)
#define zassume_is_null(ptr, ...) DL_ZGO(1, (ptr) == NULL, #ptr " is not NULL", __VA_ARGS__)
#define zassume_not_null(ptr, ...) DL_ZGO(1, (ptr) != NULL, #ptr " is NULL", __VA_ARGS__)
#define zassume_equal(a, b, ...) DL_ZGO(1, (a) == (b), #a " not equal to " #b, __VA_ARGS__)
#define zassume_not_equal(a, b, ...) DL_ZGO(1, (a) != (b), #a " equal to " #b, __VA_ARGS__)
#define zassume_mem_equal(buf, exp, size, ...) DL_ZGO(1, memcmp(buf, exp, size) == 0, #buf " not equal to " #exp, __VA_ARGS__)

#define zexpect(cond, text, ...) DL_ZGO(2, cond, text, __VA_ARGS__)
#define zexpect_true(cond, ...) DL_ZGO(2, cond, #cond " is false", __VA_ARGS__)
#define zexpect_false(cond, ...) DL_ZGO(2, !(cond), #cond " is true", __VA_ARGS__)
#define zexpect_ok(cond, ...) DL_ZGO(2, !(cond), #cond " is non-zero", __VA_ARGS__)
#define zexpect_not_ok(cond, ...) DL_ZGO(2, !!(cond), #cond " is zero", __VA_ARGS__)
#define zexpect_is_null(ptr, ...) DL_ZGO(2, (ptr) == NULL, #ptr " is not NULL", __VA_ARGS__)
#define zexpect_not_null(ptr, ...) DL_ZGO(2, (ptr) != NULL, #ptr " is NULL", __VA_ARGS__)
#define zexpect_equal(a, b, ...) DL_ZGO(2, (a) == (b), #a " not equal to " #b, __VA_ARGS__)
#define zexpect_not_equal(a, b, ...) DL_ZGO(2, (a) != (b), #a " equal to " #b, __VA_ARGS__)
#define zexpect_mem_equal(buf, exp, size, ...) DL_ZGO(2, memcmp(buf, exp, size) == 0, #buf " not equal to " #exp, __VA_ARGS__)
#define zexpect_str_equal(s1, s2, ...) DL_ZGO(2, strcmp(s1, s2) == 0, #s1 " not equal to " #s2, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
