/* Zephyr's compiler attributes and helpers. */
#ifndef ZEPHYR_INCLUDE_TOOLCHAIN_H_
#define ZEPHYR_INCLUDE_TOOLCHAIN_H_

#ifndef __aligned
#define __aligned(x) __attribute__((__aligned__(x)))
#endif
#ifndef __packed
#define __packed __attribute__((__packed__))
#endif
#ifndef __used
#define __used __attribute__((__used__))
#endif
#ifndef __unused
#define __unused __attribute__((__unused__))
#endif
#ifndef __maybe_unused
#define __maybe_unused __attribute__((__unused__))
#endif
#ifndef __weak
#define __weak __attribute__((__weak__))
#endif
#ifndef __deprecated
#define __deprecated __attribute__((__deprecated__))
#endif
#ifndef __noinline
#define __noinline __attribute__((__noinline__))
#endif
#define ALWAYS_INLINE inline __attribute__((__always_inline__))
#define FUNC_NORETURN __attribute__((__noreturn__))
#define CODE_UNREACHABLE __builtin_unreachable()
#define __printf_like(f, a) __attribute__((format(printf, f, a)))
#define __in_section_unique(name) __attribute__((section("." #name)))
#define Z_GENERIC_SECTION(name) __attribute__((section(#name)))
#define __GENERIC_SECTION(name) Z_GENERIC_SECTION(name)
#define likely(x) __builtin_expect((bool)!!(x), true)
#define unlikely(x) __builtin_expect((bool)!!(x), false)
#define ARG_UNUSED(x) (void)(x)
#ifdef __cplusplus
#define BUILD_ASSERT(expression, ...) static_assert(expression, "" __VA_ARGS__)
#else
#define BUILD_ASSERT(expression, ...) _Static_assert(expression, "" __VA_ARGS__)
#endif
#define compiler_barrier() __asm__ volatile("" ::: "memory")
#ifndef __syscall
#define __syscall static inline
#endif
#define EXTERN_C_BEGIN
#define EXTERN_C_END

#endif
