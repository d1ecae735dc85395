/* unity.h: one test and how it ends.
 *
 * A test runs in a frame of `run_protected`. A failed check, an ignore or a pass leaves it by a jump there, so the frames in between die
 * without their exits: engines that still own memory in them are told. A check that fails in another task or in an interrupt has no frame
 * to jump to; then it ends the firmware, where on the chip the jump would crash.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include "esp_rom_sys.h"
#include "idf_unity.h"
#include "unity_test_utils.h"

struct UNITY_STORAGE_T Unity;
int dl_unity_checks_leaks;

void dl_abort(const char *message, uintptr_t place, uintptr_t fp) DL_HIDDEN __attribute__((noreturn));
int __real_vsnprintf(char *to, size_t size, const char *format, va_list list);
void __real_longjmp(jmp_buf target, int value) __attribute__((noreturn));

enum outcome { PASSED, FAILED, SKIPPED }; /* guest/handlers/unity.py: OUTCOMES */

static struct {
    jmp_buf frame;
    uintptr_t top; /* frames below it die with the jump */
    uint32_t fiber;
    volatile int is_set;
} protection;

static char reason[512];
#define OUTSIDE "a check failed outside the task that runs the test:"
static unsigned failed_line;

/* --- texts --- */

struct text {
    const char *format;
    va_list *args;
};

static void append(void *argument)
{
    const struct text *text = argument;
    const size_t used = strlen(reason);
    __real_vsnprintf(reason + used, sizeof reason - used, text->format, *text->args);
}

void dl_unity_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text text = {format, &args};
    dl_on_host_stack(append, &text);
    va_end(args);
}

void dl_unity_start(void)
{
    reason[0] = 0;
}

static const char *shown(const char *text)
{
    return text ? text : "";
}

static void print_result(unsigned line, const char *result)
{
    /* Unity's words, not the firmware's: that printf may wait is not to be said of them. */
    esp_rom_printf("%s:%u:%s:%s", shown(Unity.TestFile), line, shown(Unity.CurrentTestName), result);
}

/* --- leaving a test --- */

static void leave_test(uintptr_t place, uintptr_t fp)
{
    if (!protection.is_set || protection.fiber != dl_fiber_current())
        return;
    dl_leave_frames(protection.top, place, fp);
    __real_longjmp(protection.frame, 1);
}

void dl_unity_fail(const char *message, unsigned line)
{
    if (message)
        dl_unity_say(*reason ? ". %s" : " %s", message);
    print_result(line, "FAIL");
    printf(*reason ? ":%s\n" : "\n", reason);
    Unity.CurrentTestFailed = 1;
    failed_line = line;
    leave_test(DL_PLACE(), DL_CALLER_FP());
    static char words[sizeof reason + sizeof OUTSIDE] = OUTSIDE;
    memcpy(words + sizeof OUTSIDE - 1, reason, sizeof reason);
    dl_abort(words, DL_PLACE(), DL_CALLER_FP());
}

void UnityFail(const char *message, unsigned line)
{
    dl_unity_start();
    dl_unity_fail(message, line);
}

void unity_check(bool holds, const char *complaint, const char *message, unsigned line)
{
    if (holds)
        return;
    dl_unity_start();
    dl_unity_say("%s", complaint);
    dl_unity_fail(message, line);
}

void UnityIgnore(const char *message, unsigned line)
{
    dl_unity_start();
    if (message)
        dl_unity_say(" %s", message);
    print_result(line, "IGNORE");
    printf(message ? ":%s\n" : "\n", reason);
    Unity.CurrentTestIgnored = 1;
    leave_test(DL_PLACE(), DL_CALLER_FP());
}

void UnityPass(const char *message)
{
    if (message)
        UnityMessage(message, Unity.CurrentTestLineNumber);
    leave_test(DL_PLACE(), DL_CALLER_FP());
}

void UnityMessage(const char *message, unsigned line)
{
    print_result(line, "INFO");
    printf(": %s\n", shown(message));
}

void UnityPrint(const char *text)
{
    printf("%s", shown(text));
}

void UnityPrintNumber(int64_t number)
{
    printf("%lld", (long long)number);
}

void UnityPrintNumberUnsigned(uint64_t number)
{
    printf("%llu", (unsigned long long)number);
}

/* --- hooks --- */

void __attribute__((weak)) setUp(void)
{
    if (dl_unity_checks_leaks)
        unity_utils_record_free_mem();
}

void __attribute__((weak)) tearDown(void)
{
    if (dl_unity_checks_leaks && !Unity.CurrentTestFailed && !Unity.CurrentTestIgnored)
        unity_utils_evaluate_leaks();
}

/* --- running one --- */

static void __attribute__((noinline)) run_protected(void (*function)(void))
{
    protection.top = (uintptr_t)__builtin_frame_address(0);
    protection.fiber = dl_fiber_current();
    protection.is_set = 1;
    if (!_setjmp(protection.frame))
        function();
    protection.is_set = 0;
}

static UnityTestFunction body;

static void set_up_and_run(void)
{
    setUp();
    body();
}

static enum outcome conclude(void)
{
    if (Unity.CurrentTestFailed) {
        Unity.TestFailures++;
        return FAILED;
    }
    if (Unity.CurrentTestIgnored) {
        Unity.TestIgnores++;
        return SKIPPED;
    }
    print_result(Unity.CurrentTestLineNumber, "PASS\n");
    return PASSED;
}

void UnityDefaultTestRun(UnityTestFunction function, const char *name, int line)
{
    Unity.CurrentTestName = name;
    Unity.CurrentTestLineNumber = (unsigned)line;
    Unity.CurrentTestFailed = Unity.CurrentTestIgnored = 0;
    Unity.NumberOfTests++;
    dl_unity_start();
    failed_line = (unsigned)line;
    body = function;
    DL_CALL(unity_started, name, Unity.TestFile, line);
    run_protected(set_up_and_run);
    run_protected(tearDown);
    const enum outcome outcome = conclude();
    const char *why = outcome == PASSED ? "" : reason;
    dl_output_send(); /* which uses the text too */
    dl_text(why, strlen(why));
    DL_CALL(unity_ended, (int)outcome, failed_line);
}

void UnityBegin(const char *file)
{
    Unity = (struct UNITY_STORAGE_T){.TestFile = file};
}

int UnityEnd(void)
{
    printf("\n-----------------------\n%u Tests %u Failures %u Ignored \n%s\n", Unity.NumberOfTests, Unity.TestFailures, Unity.TestIgnores,
           Unity.TestFailures ? "FAIL" : "OK");
    return (int)Unity.TestFailures;
}
