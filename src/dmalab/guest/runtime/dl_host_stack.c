/* Runs libc's stack-hungry functions on a stack of the host: printf needs kilobytes, a task may have two.
 *
 * Only leaf work goes there: nothing that asks the machine, for then another fiber could come along and use the same stack.
 */
#include "dl_runtime.h"

void dl_switch_stack(void (*function)(void *), void *argument, void *stack_high) DL_HIDDEN;

/* Frame pointers link the two stacks, so debuggers see through. */
#if defined(__i386__)
__asm__(".pushsection .text\n"
        ".globl dl_switch_stack\n.hidden dl_switch_stack\n.type dl_switch_stack, @function\n"
        "dl_switch_stack:\n.cfi_startproc\n"
        "push %ebp\n.cfi_def_cfa_offset 8\n.cfi_offset ebp, -8\n"
        "mov %esp, %ebp\n.cfi_def_cfa_register ebp\n"
        "mov 8(%ebp), %eax\n"
        "mov 12(%ebp), %ecx\n"
        "mov 16(%ebp), %esp\n"
        "sub $12, %esp\n"
        "push %ecx\n"
        "call *%eax\n"
        "leave\n.cfi_def_cfa esp, 4\n"
        "ret\n.cfi_endproc\n"
        ".size dl_switch_stack, .-dl_switch_stack\n.popsection\n");
#elif defined(__x86_64__)
__asm__(".pushsection .text\n"
        ".globl dl_switch_stack\n.hidden dl_switch_stack\n.type dl_switch_stack, @function\n"
        "dl_switch_stack:\n.cfi_startproc\n"
        "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset rbp, -16\n"
        "mov %rsp, %rbp\n.cfi_def_cfa_register rbp\n"
        "mov %rdi, %rax\n"
        "mov %rsi, %rdi\n"
        "mov %rdx, %rsp\n"
        "call *%rax\n"
        "leave\n.cfi_def_cfa rsp, 8\n"
        "ret\n.cfi_endproc\n"
        ".size dl_switch_stack, .-dl_switch_stack\n.popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection .text\n"
        ".globl dl_switch_stack\n.hidden dl_switch_stack\n.type dl_switch_stack, %function\n"
        "dl_switch_stack:\n"
        "stp x29, x30, [sp, #-16]!\n"
        "mov x29, sp\n"
        "mov x9, x0\n"
        "mov x0, x1\n"
        "mov sp, x2\n"
        "blr x9\n"
        "mov sp, x29\n"
        "ldp x29, x30, [sp], #16\n"
        "ret\n"
        ".size dl_switch_stack, .-dl_switch_stack\n.popsection\n");
#else
#error "this processor needs a dl_switch_stack"
#endif

enum { HOST_STACK_BYTES = 256 * 1024 };
static char host_stack[HOST_STACK_BYTES] __attribute__((aligned(64)));

/* Where the firmware stood when it went to the host stack; 0 while it isn't there. For backtraces of faults in libc. */
uintptr_t dl_host_stack_caller;

void dl_on_host_stack(void (*function)(void *), void *argument)
{
    dl_host_stack_caller = (uintptr_t)__builtin_frame_address(0);
    dl_switch_stack(function, argument, host_stack + sizeof host_stack);
    dl_host_stack_caller = 0;
}
