/* longjmp: the frames between the jump and its target die without their exits, so engines that still own memory in them are told.
 *
 * libc keeps the target's stack pointer in a form of its own. So setjmp notes it in the last word of the jmp_buf, which belongs to the
 * signal mask and is never used: kernels have 64 signals, masks have room for 1024.
 */
#include <setjmp.h>

#include "dl_runtime.h"

#if defined(__i386__)
_Static_assert(sizeof(jmp_buf) == 156, "NOTE is the last word of a jmp_buf");
#define SETJMP(name)                                                               \
    __asm__(".pushsection .text\n"                                                 \
            ".globl __wrap_" #name "\n.type __wrap_" #name ", @function\n"         \
            "__wrap_" #name ":\n.cfi_startproc\n"                                  \
            "mov 4(%esp), %eax\n"                                                  \
            "lea 4(%esp), %ecx\n"                                                  \
            "mov %ecx, 152(%eax)\n"                                                \
            "jmp __real_" #name "\n.cfi_endproc\n"                                 \
            ".size __wrap_" #name ", .-__wrap_" #name "\n.popsection\n")
#elif defined(__x86_64__)
_Static_assert(sizeof(jmp_buf) == 200, "NOTE is the last word of a jmp_buf");
#define SETJMP(name)                                                               \
    __asm__(".pushsection .text\n"                                                 \
            ".globl __wrap_" #name "\n.type __wrap_" #name ", @function\n"         \
            "__wrap_" #name ":\n.cfi_startproc\n"                                  \
            "lea 8(%rsp), %rax\n"                                                  \
            "mov %rax, 192(%rdi)\n"                                                \
            "jmp __real_" #name "\n.cfi_endproc\n"                                 \
            ".size __wrap_" #name ", .-__wrap_" #name "\n.popsection\n")
#elif defined(__aarch64__)
_Static_assert(sizeof(jmp_buf) == 312, "NOTE is the last word of a jmp_buf");
#define SETJMP(name)                                                               \
    __asm__(".pushsection .text\n"                                                 \
            ".globl __wrap_" #name "\n.type __wrap_" #name ", %function\n"         \
            "__wrap_" #name ":\n"                                                  \
            "mov x9, sp\n"                                                         \
            "str x9, [x0, #304]\n"                                                 \
            "b __real_" #name "\n"                                                 \
            ".size __wrap_" #name ", .-__wrap_" #name "\n.popsection\n")
#else
#error "this processor needs a SETJMP"
#endif

/* All forms: the macro setjmp of <setjmp.h> is _setjmp, sigsetjmp is __sigsetjmp. */
SETJMP(setjmp);
SETJMP(_setjmp);
SETJMP(__sigsetjmp);

static uintptr_t noted(const struct __jmp_buf_tag *target)
{
    return ((const uintptr_t *)(target + 1))[-1];
}

void dl_leave_frames(uintptr_t high, uintptr_t place, uintptr_t fp)
{
    const struct dl_stack stack = dl_fiber_stack();
    if (!dl_control->stack_claims || high <= stack.low || high > stack.high || !dl_window_of(stack.low))
        return;
    const uint64_t dead[] = {stack.low, high};
    dl_ask(DL_FRAME_EXIT, 2, dead, (struct dl_site){place, fp});
}

#define LONGJMP(name)                                                                   \
    void __real_##name(struct __jmp_buf_tag *target, int value) __attribute__((noreturn)); \
    void __wrap_##name(struct __jmp_buf_tag *target, int value) __attribute__((noreturn)); \
    void __wrap_##name(struct __jmp_buf_tag *target, int value)                         \
    {                                                                                   \
        dl_leave_frames(noted(target), DL_PLACE(), DL_CALLER_FP());                     \
        __real_##name(target, value);                                                   \
    }

LONGJMP(longjmp)
LONGJMP(_longjmp)
LONGJMP(siglongjmp)
