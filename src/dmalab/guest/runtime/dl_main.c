/* Boot: before any constructor runs the arena is mapped and the machine has answered BOOT; main then waits to be told what to run.
 *
 * Environment, all written by the machine: DMALAB_ARENA_FD (required), DMALAB_PARENT (its process id), DMALAB_LOOP_SECONDS,
 * DMALAB_STOP (1: stop for a debugger once the firmware is mapped).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "dl_runtime.h"

void app_main(void) __attribute__((weak));
int __real_main(void) __attribute__((weak)); /* the firmware's own main, for APIs that begin there */

static const char *setting(char **environment, const char *name)
{
    size_t length = strlen(name);
    for (; *environment; environment++)
        if (!strncmp(*environment, name, length) && (*environment)[length] == '=')
            return *environment + length + 1;
    return 0;
}

/* With an unlimited stack the kernel lays out 32-bit address spaces from the bottom, over the chip's addresses. */
static void limit_stack(char **arguments, char **environment)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) || limit.rlim_cur != RLIM_INFINITY)
        return;
    limit.rlim_cur = 8 << 20;
    if (setrlimit(RLIMIT_STACK, &limit))
        return;
    execve("/proc/self/exe", arguments, environment);
    dl_die("exec", errno);
}

static void die_with(int parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL))
        dl_die("prctl", errno);
    if (parent && getppid() != parent)
        _exit(126);
}

static int spin_count(void)
{
    cpu_set_t cores;
    return sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_COUNT(&cores) == 1 ? 0 : 2000;
}

static void boot(int argc, char **arguments, char **environment)
{
    (void)argc;
    const char *descriptor = setting(environment, "DMALAB_ARENA_FD");
    const char *parent = setting(environment, "DMALAB_PARENT");
    const char *seconds = setting(environment, "DMALAB_LOOP_SECONDS");
    if (!descriptor)
        dl_die("this firmware runs under dmalab only", EINVAL);
    int arena = atoi(descriptor);
    int parent_pid = parent ? atoi(parent) : 0;
    limit_stack(arguments, environment);
    die_with(parent_pid);
    dl_memory_attach(arena);
    dl_fiber_boot((uintptr_t)environment);
    dl_mailbox_start(spin_count(), parent_pid);
    dl_fault_start(seconds ? atof(seconds) : 10.0);
    dl_memory_map(arena, getauxval(AT_PHDR), (unsigned)getauxval(AT_PHNUM));
    close(arena);
    dl_output_start();

    const uint64_t args[] = {sizeof(void *), (uintptr_t)app_main, (uintptr_t)__real_main};
    dl_ask(DL_BOOT, 3, args, (struct dl_site){0, 0});
    dl_fiber_interrupt_stack((uintptr_t)dl_control->reply.args[2], (uintptr_t)dl_control->reply.args[3]);
    if (setting(environment, "DMALAB_STOP")) {
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
        raise(SIGSTOP);
    }
}

__attribute__((section(".preinit_array"), used)) static void (*boot_first)(int, char **, char **) = boot;

/* Constructors are done. Fiber 0 has nothing left to do; the machine starts the first task in reply. */
int __wrap_main(void);
int __wrap_main(void)
{
    if (dl_output_pending)
        dl_output_send();
    for (;;)
        dl_ask(DL_TASK_RETURNED, 0, 0, (struct dl_site){0, 0});
}
