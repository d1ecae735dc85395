/* Fibers: one per task, on a stack in chip memory, and one for interrupts. The machine decides which one runs.
 *
 * Fiber 0 is the process's own stack. An interrupt starts on a fresh fiber 1 and leaves it by ISR_RETURN; one that arrives while
 * fiber 1 runs nests on its stack. ucontext saves the registers; errno and the C++ exception globals belong to the thread, so they
 * are kept per fiber here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "dl_runtime.h"

/* libstdc++'s __cxa_eh_globals: the caught exceptions of this thread. */
struct exception_globals {
    void *caught;
    unsigned uncaught;
};
struct exception_globals *__cxa_get_globals(void) __attribute__((weak));

struct fiber {
    ucontext_t context;
    struct dl_stack stack;
    int error;
    struct exception_globals exceptions;
    /* What START or CALL told it to run. */
    uint64_t entry;
    uint64_t args[3];
};

static struct fiber **fibers;
static uint32_t fiber_count;
static uint32_t current;

uint32_t dl_fiber_current(void) { return current; }

struct dl_stack dl_fiber_stack(void)
{
    return fibers && current < fiber_count ? fibers[current]->stack : (struct dl_stack){0, 0};
}

static struct fiber *fiber(uint32_t id)
{
    if (id >= fiber_count) {
        struct fiber **more = __real_realloc(fibers, (id + 1) * sizeof *fibers);
        if (!more)
            dl_die("fibers", ENOMEM);
        memset(more + fiber_count, 0, (id + 1 - fiber_count) * sizeof *more);
        fibers = more;
        fiber_count = id + 1;
    }
    if (!fibers[id] && !(fibers[id] = __real_calloc(1, sizeof **fibers)))
        dl_die("fibers", ENOMEM);
    return fibers[id];
}

static void become(uint32_t id)
{
    current = id;
    dl_hot.stack_low = fibers[id]->stack.low;
    dl_control->stack_low = (uint32_t)fibers[id]->stack.low;
}

enum { BOOT_STACK_BYTES = 1 << 20 }; /* as far as backtraces look; the kernel's limit is higher */

void dl_fiber_boot(uintptr_t host_stack_high)
{
    fiber(DL_FIBER_BOOT)->stack = (struct dl_stack){host_stack_high - BOOT_STACK_BYTES, host_stack_high};
    fiber(DL_FIBER_INTERRUPT);
    become(DL_FIBER_BOOT);
    dl_hot.stack_low = 0; /* the kernel guards this one */
}

void dl_fiber_interrupt_stack(uintptr_t low, uintptr_t size)
{
    fiber(DL_FIBER_INTERRUPT)->stack = (struct dl_stack){low, low + size};
}

static void switch_to(uint32_t id)
{
    struct fiber *from = fibers[current], *to = fiber(id);
    from->error = errno;
    if (__cxa_get_globals) {
        from->exceptions = *__cxa_get_globals();
        *__cxa_get_globals() = to->exceptions;
    }
    become(id);
    swapcontext(&from->context, &to->context);
    errno = from->error;
}

static void prepare(struct fiber *new, void (*body)(void))
{
    if (getcontext(&new->context))
        dl_die("getcontext", errno);
    new->context.uc_stack.ss_sp = (void *)new->stack.low;
    new->context.uc_stack.ss_size = new->stack.high - new->stack.low;
    new->context.uc_link = 0;
    new->exceptions = (struct exception_globals){0, 0};
    makecontext(&new->context, body, 0);
}

static void task_body(void)
{
    struct fiber *self = fibers[current];
    ((void (*)(uintptr_t))(uintptr_t)self->entry)((uintptr_t)self->args[0]);
    if (dl_output_pending)
        dl_output_send();
    for (;;)
        dl_ask(DL_TASK_RETURNED, 0, 0, (struct dl_site){0, 0});
}

static uint64_t run_handler(uint64_t entry, const uint64_t *args)
{
    uintptr_t (*handler)(uintptr_t, uintptr_t, uintptr_t) = (void *)(uintptr_t)entry;
    return handler((uintptr_t)args[0], (uintptr_t)args[1], (uintptr_t)args[2]);
}

static void interrupt_body(void)
{
    struct fiber *self = fibers[current];
    for (;;) {
        /* A handler that returns void leaves anything here; the machine knows its type. */
        const uint64_t value = run_handler(self->entry, self->args);
        dl_post(DL_ISR_RETURN, 1, &value, (struct dl_site){0, 0});
        if (dl_control->reply.action == DL_ACTION_CALL) {
            self->entry = dl_control->reply.args[0];
            memcpy(self->args, (const void *)&dl_control->reply.args[1], sizeof self->args);
        } else {
            dl_fiber_obey();
        }
    }
}

/* Does what the reply says. Comes back when the pending call of the fiber that entered here is answered. */
uint64_t dl_fiber_obey(void)
{
    const struct dl_reply *reply = &dl_control->reply;
    for (;;) {
        switch ((enum dl_action)reply->action) {
        case DL_ACTION_EXIT:
            _exit((int)reply->value);
        case DL_ACTION_RETURN:
            if (reply->fiber == current)
                return reply->value;
            if (reply->fiber >= fiber_count || !fibers[reply->fiber])
                dl_die("reply to an unknown fiber", EPROTO);
            switch_to(reply->fiber);
            break; /* somebody switched back to us: look at the reply that did it */
        case DL_ACTION_START: {
            struct fiber *new = fiber(reply->fiber);
            new->stack = (struct dl_stack){(uintptr_t)reply->args[2], (uintptr_t)(reply->args[2] + reply->args[3])};
            new->entry = reply->args[0];
            new->args[0] = reply->args[1];
            prepare(new, task_body);
            if (reply->fiber == current) { /* what ran here is over: a task that ended, or a callback in a service task */
                become(current);
                if (__cxa_get_globals)
                    *__cxa_get_globals() = new->exceptions;
                setcontext(&new->context);
                dl_die("setcontext", errno);
            }
            switch_to(reply->fiber);
            break;
        }
        case DL_ACTION_CALL:
            if (current == DL_FIBER_INTERRUPT) {
                const uint64_t args[] = {reply->args[1], reply->args[2], reply->args[3]};
                const uint64_t value = run_handler(reply->args[0], args);
                dl_post(DL_ISR_RETURN, 1, &value, (struct dl_site){0, 0});
            } else {
                struct fiber *isr = fibers[DL_FIBER_INTERRUPT];
                isr->entry = reply->args[0];
                memcpy(isr->args, (const void *)&reply->args[1], sizeof isr->args);
                prepare(isr, interrupt_body);
                switch_to(DL_FIBER_INTERRUPT);
            }
            break;
        default:
            dl_die("reply with an unknown action", EPROTO);
        }
    }
}
