/* memcpy and friends, strings: the ranges are judged first, then libc's function runs.
 *
 * A source is judged before its destination, and both before a byte moves. Strings are measured first, with the bytes the core
 * sees; judging a load never changes those. Lengths are what C says the function reads.
 */
#define _GNU_SOURCE
#include <string.h>
#include <strings.h>

#include "dl_runtime.h"

#define REAL(result, name, ...) result __real_##name(__VA_ARGS__); result __wrap_##name(__VA_ARGS__)

static uint64_t charge(size_t size, uintptr_t place, uintptr_t fp)
{
    uint64_t cycles = (uint64_t)(size + 15) / 16 * dl_control->copy_cycles_per_16_bytes;
    dl_charge(cycles > INT32_MAX / 2 ? INT32_MAX / 2 : (int32_t)cycles, place, fp);
    return cycles;
}

#define LOADS(address, size) dl_range((uintptr_t)(address), (size), 0, DL_PLACE(), DL_CALLER_FP())
#define STORES(address, size) dl_range((uintptr_t)(address), (size), 1, DL_PLACE(), DL_CALLER_FP())
#define CHARGE(size) charge((size), DL_PLACE(), DL_CALLER_FP())

/* Whole blocks: line fills cover some of the work between them. */
#define BEGIN(size) dl_fill_ahead(CHARGE(size))
#define END() dl_fill_ahead(0)

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* --- blocks --- */

#define COPIES(name)                                              \
    REAL(void *, name, void *to, const void *from, size_t size);  \
    void *__wrap_##name(void *to, const void *from, size_t size)  \
    {                                                             \
        BEGIN(size);                                              \
        LOADS(from, size);                                        \
        STORES(to, size);                                         \
        END();                                                    \
        return __real_##name(to, from, size);                     \
    }

COPIES(memcpy)
COPIES(memmove)
COPIES(mempcpy)

REAL(void *, memset, void *to, int byte, size_t size);
void *__wrap_memset(void *to, int byte, size_t size)
{
    BEGIN(size);
    STORES(to, size);
    END();
    return __real_memset(to, byte, size);
}

REAL(void, bzero, void *to, size_t size);
void __wrap_bzero(void *to, size_t size)
{
    BEGIN(size);
    STORES(to, size);
    END();
    __real_memset(to, 0, size);
}

REAL(void, explicit_bzero, void *to, size_t size);
void __wrap_explicit_bzero(void *to, size_t size)
{
    BEGIN(size);
    STORES(to, size);
    END();
    __real_memset(to, 0, size);
}

REAL(int, memcmp, const void *a, const void *b, size_t size);
int __wrap_memcmp(const void *a, const void *b, size_t size)
{
    BEGIN(size);
    LOADS(a, size);
    LOADS(b, size);
    END();
    return __real_memcmp(a, b, size);
}

REAL(void *, memchr, const void *from, int byte, size_t size);
void *__wrap_memchr(const void *from, int byte, size_t size)
{
    const char *found = __real_memchr(from, byte, size);
    size_t length = found ? (size_t)(found - (const char *)from) + 1 : size;
    CHARGE(length);
    LOADS(from, length);
    return __real_memchr(from, byte, size);
}

REAL(void *, memmem, const void *from, size_t size, const void *needle, size_t needle_size);
void *__wrap_memmem(const void *from, size_t size, const void *needle, size_t needle_size)
{
    CHARGE(size);
    LOADS(from, size);
    LOADS(needle, needle_size);
    return __real_memmem(from, size, needle, needle_size);
}

/* --- strings --- */

REAL(size_t, strlen, const char *text);
size_t __wrap_strlen(const char *text)
{
    size_t size = __real_strlen(text) + 1;
    CHARGE(size);
    LOADS(text, size);
    return __real_strlen(text);
}

REAL(size_t, strnlen, const char *text, size_t limit);
size_t __wrap_strnlen(const char *text, size_t limit)
{
    size_t size = smaller(__real_strnlen(text, limit) + 1, limit);
    CHARGE(size);
    LOADS(text, size);
    return __real_strnlen(text, limit);
}

#define STRING_COPIES(name)                                 \
    REAL(char *, name, char *to, const char *from);         \
    char *__wrap_##name(char *to, const char *from)         \
    {                                                       \
        size_t size = __real_strlen(from) + 1;              \
        CHARGE(size);                                       \
        LOADS(from, size);                                  \
        STORES(to, size);                                   \
        return __real_##name(to, from);                     \
    }

STRING_COPIES(strcpy)
STRING_COPIES(stpcpy)

#define BOUNDED_COPIES(name)                                               \
    REAL(char *, name, char *to, const char *from, size_t size);           \
    char *__wrap_##name(char *to, const char *from, size_t size)           \
    {                                                                      \
        CHARGE(size);                                                      \
        LOADS(from, smaller(__real_strnlen(from, size) + 1, size));        \
        STORES(to, size); /* the rest is filled with zeros */              \
        return __real_##name(to, from, size);                              \
    }

BOUNDED_COPIES(strncpy)
BOUNDED_COPIES(stpncpy)

REAL(char *, strcat, char *to, const char *from);
char *__wrap_strcat(char *to, const char *from)
{
    size_t old = __real_strlen(to), size = __real_strlen(from) + 1;
    CHARGE(old + size);
    LOADS(from, size);
    LOADS(to, old + 1);
    STORES(to + old, size);
    return __real_strcat(to, from);
}

REAL(char *, strncat, char *to, const char *from, size_t limit);
char *__wrap_strncat(char *to, const char *from, size_t limit)
{
    size_t old = __real_strlen(to), length = __real_strnlen(from, limit);
    CHARGE(old + length + 1);
    LOADS(from, smaller(length + 1, limit));
    LOADS(to, old + 1);
    STORES(to + old, length + 1);
    return __real_strncat(to, from, limit);
}

/* The longer of two strings may go on after the difference; only what is compared counts as read. */
static size_t compared(const char *a, const char *b, size_t limit)
{
    size_t i = 0;
    while (i < limit && a[i] == b[i] && a[i])
        i++;
    return smaller(i + 1, limit);
}

#define COMPARES(name, parameters, arguments, limit) \
    int __real_##name parameters;                    \
    int __wrap_##name parameters;                    \
    int __wrap_##name parameters                     \
    {                                                \
        size_t size = compared(a, b, limit);         \
        CHARGE(size);                                \
        LOADS(a, size);                              \
        LOADS(b, size);                              \
        return __real_##name arguments;              \
    }

COMPARES(strcmp, (const char *a, const char *b), (a, b), SIZE_MAX)
COMPARES(strncmp, (const char *a, const char *b, size_t size_limit), (a, b, size_limit), size_limit)

/* Whole strings, where the exact extent isn't worth finding out. */
#define READS_BOTH(type, name, parameters, arguments) \
    type __real_##name parameters;                    \
    type __wrap_##name parameters;                    \
    type __wrap_##name parameters                     \
    {                                                 \
        size_t size_a = __real_strlen(a) + 1, size_b = __real_strlen(b) + 1; \
        CHARGE(size_a);                               \
        LOADS(a, size_a);                             \
        LOADS(b, size_b);                             \
        return __real_##name arguments;               \
    }

READS_BOTH(int, strcasecmp, (const char *a, const char *b), (a, b))
READS_BOTH(char *, strstr, (const char *a, const char *b), (a, b))
READS_BOTH(size_t, strspn, (const char *a, const char *b), (a, b))
READS_BOTH(size_t, strcspn, (const char *a, const char *b), (a, b))
READS_BOTH(char *, strpbrk, (const char *a, const char *b), (a, b))

#define FINDS(name)                                     \
    REAL(char *, name, const char *text, int byte);     \
    char *__wrap_##name(const char *text, int byte)     \
    {                                                   \
        size_t size = __real_strlen(text) + 1;          \
        CHARGE(size);                                   \
        LOADS(text, size);                              \
        return __real_##name(text, byte);               \
    }

FINDS(strchr)
FINDS(strrchr)
FINDS(strchrnul)

REAL(size_t, strlcpy, char *to, const char *from, size_t size);
size_t __wrap_strlcpy(char *to, const char *from, size_t size) /* not in every libc: done here */
{
    size_t length = __real_strlen(from);
    CHARGE(length + 1);
    LOADS(from, length + 1);
    if (size) {
        size_t kept = smaller(length, size - 1);
        STORES(to, kept + 1);
        __real_memcpy(to, from, kept);
        to[kept] = 0;
    }
    return length;
}

REAL(size_t, strlcat, char *to, const char *from, size_t size);
size_t __wrap_strlcat(char *to, const char *from, size_t size)
{
    size_t old = __real_strnlen(to, size), length = __real_strlen(from);
    LOADS(to, smaller(old + 1, size));
    CHARGE(old + length + 1);
    LOADS(from, length + 1);
    if (old < size) {
        size_t kept = smaller(length, size - old - 1);
        STORES(to + old, kept + 1);
        __real_memcpy(to + old, from, kept);
        to[old + kept] = 0;
    }
    return old + length;
}

void *__wrap_malloc(size_t size);

static char *duplicate(const char *text, size_t length)
{
    char *copy = __wrap_malloc(length + 1);
    if (copy) {
        __wrap_memcpy(copy, text, length);
        dl_range((uintptr_t)copy + length, 1, 1, DL_PLACE(), DL_CALLER_FP());
        copy[length] = 0;
    }
    return copy;
}

REAL(char *, strdup, const char *text);
char *__wrap_strdup(const char *text) { return duplicate(text, __real_strlen(text)); }

REAL(char *, strndup, const char *text, size_t limit);
char *__wrap_strndup(const char *text, size_t limit) { return duplicate(text, __real_strnlen(text, limit)); }

/* clang calls these in place of the plain names. */
void *__tsan_memcpy(void *to, const void *from, size_t size) __attribute__((alias("__wrap_memcpy")));
void *__tsan_memmove(void *to, const void *from, size_t size) __attribute__((alias("__wrap_memmove")));
void *__tsan_memset(void *to, int byte, size_t size) __attribute__((alias("__wrap_memset")));
