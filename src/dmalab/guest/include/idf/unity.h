/* Unity, the test framework of ESP-IDF: assertions, test cases, hooks.
 *
 * The checks are functions of the runtime: a failed one ends its test by a jump, which only works in the task that runs the test; anywhere
 * else it ends the firmware. `setUp` and `tearDown` are called around every test when the firmware has them.
 * Not modelled: colours, exclusion switches, the fixture macros (TEST_GROUP), 64-bit support as an option (it is always there).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "sdkconfig.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Tells the build that a program of test cases alone has something to run. */
static const char dl_unity_entry __asm__("dl_unity_entry") __attribute__((used)) = 1;

typedef void (*UnityTestFunction)(void);

struct UNITY_STORAGE_T {
    const char *TestFile;
    const char *CurrentTestName;
    unsigned CurrentTestLineNumber;
    unsigned NumberOfTests;
    unsigned TestFailures;
    unsigned TestIgnores;
    unsigned CurrentTestFailed;
    unsigned CurrentTestIgnored;
};
extern struct UNITY_STORAGE_T Unity;

void setUp(void);
void tearDown(void);

void UnityBegin(const char *file);
/* Prints the sums; answers the number of failed tests. */
int UnityEnd(void);
void UnityDefaultTestRun(UnityTestFunction function, const char *name, int line);
void UnityFail(const char *message, unsigned line);
void UnityIgnore(const char *message, unsigned line);
void UnityPass(const char *message);
void UnityMessage(const char *message, unsigned line);
void UnityPrint(const char *text);
void UnityPrintNumber(int64_t number);
void UnityPrintNumberUnsigned(uint64_t number);

#define UNITY_BEGIN() UnityBegin(__FILE__)
#define UNITY_END() UnityEnd()
#define RUN_TEST(function, ...) UnityDefaultTestRun(function, #function, __LINE__)
#define TEST_ABORT() UnityPass(NULL)

/* --- endings --- */

#define TEST_FAIL() UnityFail(NULL, __LINE__)
#define TEST_FAIL_MESSAGE(message) UnityFail(message, __LINE__)
#define TEST_IGNORE() UnityIgnore(NULL, __LINE__)
#define TEST_IGNORE_MESSAGE(message) UnityIgnore(message, __LINE__)
#define TEST_PASS() UnityPass(NULL)
#define TEST_PASS_MESSAGE(message) UnityPass(message)
#define TEST_MESSAGE(message) UnityMessage(message, __LINE__)
#define TEST_ONLY()

/* --- conditions --- */

void unity_check(bool holds, const char *complaint, const char *message, unsigned line);

#define TEST_ASSERT(condition) unity_check((condition) ? true : false, " Expression Evaluated To FALSE", NULL, __LINE__)
#define TEST_ASSERT_MESSAGE(condition, message) unity_check((condition) ? true : false, "", message, __LINE__)
#define TEST_ASSERT_TRUE(condition) TEST_ASSERT_TRUE_MESSAGE(condition, NULL)
#define TEST_ASSERT_TRUE_MESSAGE(condition, message) \
    unity_check((condition) ? true : false, " Expected TRUE Was FALSE", message, __LINE__)
#define TEST_ASSERT_FALSE(condition) TEST_ASSERT_FALSE_MESSAGE(condition, NULL)
#define TEST_ASSERT_FALSE_MESSAGE(condition, message) \
    unity_check((condition) ? false : true, " Expected FALSE Was TRUE", message, __LINE__)
#define TEST_ASSERT_UNLESS(condition) TEST_ASSERT_FALSE(condition)
#define TEST_ASSERT_UNLESS_MESSAGE(condition, message) TEST_ASSERT_FALSE_MESSAGE(condition, message)
#define TEST_ASSERT_NULL(pointer) TEST_ASSERT_NULL_MESSAGE(pointer, NULL)
#define TEST_ASSERT_NULL_MESSAGE(pointer, message) unity_check((pointer) == NULL, " Expected NULL", message, __LINE__)
#define TEST_ASSERT_NOT_NULL(pointer) TEST_ASSERT_NOT_NULL_MESSAGE(pointer, NULL)
#define TEST_ASSERT_NOT_NULL_MESSAGE(pointer, message) unity_check((pointer) != NULL, " Expected Non-NULL", message, __LINE__)
#define TEST_ASSERT_EMPTY(pointer) unity_check((pointer)[0] == 0, " Expected Empty", NULL, __LINE__)
#define TEST_ASSERT_NOT_EMPTY(pointer) unity_check((pointer)[0] != 0, " Expected Non-Empty", NULL, __LINE__)

#ifdef __cplusplus
}
#endif

#include "unity_numbers.h"

#include "unity_arrays.h"
#include "unity_floats.h"

/* Shows the names of the codes too. */
#define TEST_ESP_OK(rc) TEST_ESP_ERR(ESP_OK, rc)
#define TEST_ESP_ERR(err, rc) unity_check_esp_err(err, rc, __LINE__)

#include "unity_test_runner.h"
