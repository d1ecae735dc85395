/* Ends of a firmware that are not a return: signals, abort, assert, exit, an endless loop.
 *
 * Handlers run on their own stack, so a broken or exhausted one doesn't matter. Each end is one request; the firmware never goes on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "dl_runtime.h"

extern uintptr_t dl_host_stack_caller DL_HIDDEN;

/* --- what was going on --- */

struct registers {
    uintptr_t pc, sp, fp;
};

static struct registers registers_of(const ucontext_t *context)
{
#if defined(__i386__)
    const greg_t *r = context->uc_mcontext.gregs;
    return (struct registers){(uintptr_t)r[REG_EIP], (uintptr_t)r[REG_ESP], (uintptr_t)r[REG_EBP]};
#elif defined(__x86_64__)
    const greg_t *r = context->uc_mcontext.gregs;
    return (struct registers){(uintptr_t)r[REG_RIP], (uintptr_t)r[REG_RSP], (uintptr_t)r[REG_RBP]};
#elif defined(__aarch64__)
    const mcontext_t *m = &context->uc_mcontext;
    return (struct registers){m->pc, m->sp, m->regs[29]};
#else
#error "this processor needs registers_of"
#endif
}

/* Where to start the backtrace. Inside libc the frame pointer may be anything; then the first word on the stack that points into
 * firmware code is most likely the return address of the call into libc. */
static struct dl_site site_of(struct registers at)
{
    if (dl_host_stack_caller)
        return (struct dl_site){0, dl_host_stack_caller};
    if (dl_is_firmware(at.pc))
        return (struct dl_site){0, at.fp};
    const struct dl_stack stack = dl_fiber_stack();
    uintptr_t slot = at.sp & ~(sizeof(void *) - 1);
    for (int i = 0; i < 1024 && slot >= stack.low && slot + sizeof(void *) <= stack.high; i++, slot += sizeof(void *)) {
        uintptr_t word = *(const uintptr_t *)slot;
        if (dl_is_firmware(word))
            return (struct dl_site){word, at.fp > slot ? at.fp : 0};
    }
    return (struct dl_site){0, 0};
}

/* A frame so large that the call which would have told of the overflow had no stack either. */
static int has_overflowed(int number, struct registers at)
{
    return (number == SIGSEGV || number == SIGBUS) && !dl_host_stack_caller && at.sp < dl_hot.stack_low;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    static volatile sig_atomic_t nested;
    const struct registers at = registers_of(context);
    if (nested++ || !dl_control)
        _exit(128 + number);
    const int overflowed = has_overflowed(number, at);
    dl_hot.stack_low = 0;
    dl_output_send();
    dl_text("", 0);
    if (overflowed) {
        const uint64_t pointer[] = {at.sp};
        dl_end(DL_STACK_OVERFLOW, 1, pointer, (struct dl_site){dl_is_firmware(at.pc) ? at.pc + 1 : 0, at.fp});
    }
    const uint64_t args[] = {(uint64_t)number, number == SIGSEGV || number == SIGBUS ? (uintptr_t)info->si_addr : 0, at.pc};
    dl_end(DL_FAULT, 3, args, site_of(at));
}

/* --- the endless loop --- */

static unsigned idle_alarms;
enum { ALARMS = 4 };

/* Four alarms without a request and without a change of budget. Waiting for the machine is not idling. */
static void on_alarm(int number, siginfo_t *info, void *context)
{
    static uint32_t seen_requests;
    static int64_t seen_left;
    if (seen_requests != dl_control->request_count || seen_left != dl_budget_left() || dl_mailbox_is_waiting()) {
        seen_requests = dl_control->request_count;
        seen_left = dl_budget_left();
        idle_alarms = 0;
        return;
    }
    if (++idle_alarms >= ALARMS)
        on_fault(number, info, context);
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | flags};
    sigfillset(&action.sa_mask);
    if (sigaction(number, &action, 0))
        dl_die("sigaction", errno);
}

void dl_fault_start(double loop_seconds)
{
    static char signal_stack[64 * 1024] __attribute__((aligned(64)));
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};
    const stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    if (sigaltstack(&stack, 0))
        dl_die("sigaltstack", errno);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        handle(faults[i], on_fault, 0);
    handle(SIGVTALRM, on_alarm, SA_RESTART);
    const long micros = (long)(loop_seconds * 1e6 / ALARMS);
    const struct timeval period = {micros / 1000000, micros % 1000000};
    const struct itimerval timer = {period, period};
    if (setitimer(ITIMER_VIRTUAL, &timer, 0))
        dl_die("setitimer", errno);
}

/* --- ends by the firmware's own wish --- */

void dl_abort(const char *message, uintptr_t place, uintptr_t fp) DL_HIDDEN __attribute__((noreturn));
void dl_abort(const char *message, uintptr_t place, uintptr_t fp)
{
    dl_output_send();
    dl_text(message, strlen(message));
    dl_end(DL_ABORT, 0, 0, (struct dl_site){place, fp});
}

void __wrap_abort(void) __attribute__((noreturn));
void __wrap_abort(void) { dl_abort("abort() was called", DL_PLACE(), DL_CALLER_FP()); }

void __wrap___assert_fail(const char *expression, const char *file, unsigned line, const char *function) __attribute__((noreturn));

struct assertion {
    const char *expression, *file, *function;
    unsigned line;
    char message[512];
};

static void describe_assertion(void *argument)
{
    struct assertion *a = argument;
    snprintf(a->message, sizeof a->message, "assert failed: %s %s:%u (%s)", a->function ? a->function : "?",
                    a->file, a->line, a->expression);
}

void __wrap___assert_fail(const char *expression, const char *file, unsigned line, const char *function)
{
    static struct assertion assertion;
    assertion.expression = expression, assertion.file = file, assertion.function = function, assertion.line = line;
    dl_on_host_stack(describe_assertion, &assertion);
    dl_abort(assertion.message, DL_PLACE(), DL_CALLER_FP());
}

static void leave(int status, uintptr_t place, uintptr_t fp) __attribute__((noreturn));
static void leave(int status, uintptr_t place, uintptr_t fp)
{
    dl_output_send();
    const uint64_t args[] = {(uint32_t)status};
    dl_end(DL_EXIT, 1, args, (struct dl_site){place, fp});
}

void __wrap_exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));
void __wrap_exit(int status) { leave(status, DL_PLACE(), DL_CALLER_FP()); }
void __wrap__exit(int status) { leave(status, DL_PLACE(), DL_CALLER_FP()); }
void __wrap__Exit(int status) __attribute__((noreturn, alias("__wrap__exit")));
void __wrap_quick_exit(int status) __attribute__((noreturn, alias("__wrap__exit")));
