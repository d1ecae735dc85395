/* The mailbox: posts a request, hands the machine the turn, waits until it comes back.
 *
 * The guest spins briefly and then sleeps on the turn word. While it spins it yields now and then: should both processes share a core,
 * spinning would only keep the other one from answering. A sleeper says so in guest_waits or machine_waits, so that the other
 * side wakes it only when needed. The machine side has no memory fence between its store and its look at guest_waits; should a
 * wake-up get lost that way, the time limit of the futex makes it a delay of a tenth of a second, once in a blue moon.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "dl_call.h"
#include "dl_runtime.h"

enum { YIELD_EVERY = 64 }; /* looks */

static int spin_limit;
static int parent;

void dl_mailbox_start(int spin, int parent_pid)
{
    spin_limit = spin;
    parent = parent_pid;
}

/* --- budget --- */

enum { SLICE_MAX = 1 << 30 }; /* leaves room: nothing charges as much as 2^30 cycles before a look */

int64_t dl_budget_left(void)
{
    return dl_control->budget - dl_hot.slice + dl_hot.left;
}

void dl_budget_load(void)
{
    int64_t budget = dl_control->budget;
    dl_hot.slice = dl_hot.left = budget > SLICE_MAX ? SLICE_MAX : budget < -1 ? -1 : (int32_t)budget;
    dl_hot.stack_claims = dl_control->stack_claims;
    dl_fill_forget();
}

void dl_budget_store(void)
{
    dl_control->budget = dl_budget_left();
    dl_hot.slice = dl_hot.left;
}

/* The slice is used up: the budget too, or only this much of it. */
void dl_budget_spent(uintptr_t place, uintptr_t fp)
{
    if (DL_RARE(dl_output_pending))
        dl_output_send();
    dl_budget_store();
    dl_budget_load();
    if (dl_hot.left < 0)
        dl_ask(DL_TICK, 0, 0, (struct dl_site){place, fp});
}

/* --- waiting --- */

static void pause_core(void)
{
#if defined(__i386__) || defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void sleep_on_turn(void)
{
    const struct timespec limit = {.tv_nsec = 100 * 1000 * 1000};
    __atomic_store_n(&dl_control->guest_waits, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&dl_control->turn, __ATOMIC_SEQ_CST) == DL_TURN_MACHINE) {
        syscall(SYS_futex, &dl_control->turn, FUTEX_WAIT, DL_TURN_MACHINE, &limit, 0, 0);
        if (parent && getppid() != parent)
            _exit(126);
    }
    __atomic_store_n(&dl_control->guest_waits, 0, __ATOMIC_SEQ_CST);
}

static void hand_over(void)
{
    dl_control->request_count++;
    __atomic_store_n(&dl_control->turn, DL_TURN_MACHINE, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&dl_control->machine_waits, __ATOMIC_SEQ_CST))
        syscall(SYS_futex, &dl_control->turn, FUTEX_WAKE, 1, 0, 0, 0);
    for (int i = 0; i < spin_limit; i++) {
        if (__atomic_load_n(&dl_control->turn, __ATOMIC_ACQUIRE) == DL_TURN_GUEST)
            return;
        pause_core();
        if (i % YIELD_EVERY == YIELD_EVERY - 1)
            sched_yield();
    }
    sleep_on_turn();
}

int dl_mailbox_is_waiting(void)
{
    return dl_control->turn == DL_TURN_MACHINE;
}

/* --- requests --- */

/* Return addresses in firmware, the nearest first. Frames of the runtime and of libc are left out. The stack may be broken, so
 * every step stays inside the fiber's stack and goes up. */
static uint32_t walk(uint64_t *frames, struct dl_site site)
{
    uint32_t count = 0;
    if (site.place && dl_is_firmware(site.place))
        frames[count++] = site.place;
    const struct dl_stack stack = dl_fiber_stack();
    uintptr_t fp = site.fp;
    while (count < DL_FRAMES && fp >= stack.low && fp <= stack.high - 2 * sizeof(void *) && fp % sizeof(void *) == 0) {
        const uintptr_t *frame = (const uintptr_t *)fp;
        if (dl_is_firmware(frame[1]))
            frames[count++] = frame[1];
        if (frame[0] <= fp)
            break;
        fp = frame[0];
    }
    return count;
}

void dl_post(uint32_t number, uint32_t nargs, const uint64_t *args, struct dl_site site)
{
    struct dl_request *request = &dl_control->request;
    if (DL_RARE(dl_alias_high))
        dl_alias_settle();
    dl_budget_store();
    request->call = number;
    request->nargs = nargs;
    request->fiber = dl_fiber_current();
    request->frame_count = walk((uint64_t *)request->frames, site);
    for (uint32_t i = 0; i < nargs; i++)
        request->args[i] = args[i];
    hand_over();
    dl_budget_load();
}

uint64_t dl_ask(uint32_t number, uint32_t nargs, const uint64_t *args, struct dl_site site)
{
    dl_post(number, nargs, args, site);
    return dl_fiber_obey();
}

void dl_text(const char *text, size_t length)
{
    if (length > DL_TEXT - 1)
        length = DL_TEXT - 1;
    memcpy(dl_control->text, text, length);
    dl_control->text[length] = 0;
}

void dl_end(uint32_t number, uint32_t nargs, const uint64_t *args, struct dl_site site)
{
    dl_post(number, nargs, args, site);
    _exit(dl_control->reply.action == DL_ACTION_EXIT ? (int)dl_control->reply.value : 70);
}

uint64_t dl_call(uint32_t number, uint32_t nargs, const uint64_t *args)
{
    if (DL_RARE(dl_output_pending))
        dl_output_send();
    return dl_ask(number, nargs, args, (struct dl_site){DL_PLACE(), DL_CALLER_FP()});
}
