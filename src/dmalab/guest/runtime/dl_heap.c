/* malloc and friends are API calls: the machine owns the chip's heap. C++'s operators end there too.
 *
 * What libc allocates for itself (asprintf, getline) lies in host memory; free and realloc tell the two apart by address.
 */
#include <stdlib.h>

#include "dl_call.h"
#include "dl_runtime.h"

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
void __wrap_abort(void) __attribute__((noreturn));
void dl_abort(const char *message, uintptr_t place, uintptr_t fp) DL_HIDDEN __attribute__((noreturn));

/* What the API does about a failed allocation, if anything. Firmware code may run in it. */
void dl_heap_failed(size_t size) __attribute__((weak));

static void *checked(uint64_t block, size_t size)
{
    if (!block && size && dl_heap_failed)
        dl_heap_failed(size);
    return (void *)(uintptr_t)block;
}

void *__wrap_malloc(size_t size) { return checked(DL_CALL(malloc, size), size); }

void *__wrap_calloc(size_t count, size_t size) { return checked(DL_CALL(calloc, count, size), count ? size : 0); }

void *__wrap_realloc(void *block, size_t size)
{
    if (block && !dl_in_chip(block))
        return __real_realloc(block, size);
    return checked(DL_CALL(realloc, block, size), size);
}

void __wrap_free(void *block)
{
    if (block && !dl_in_chip(block))
        __real_free(block);
    else
        DL_CALL(free, block);
}

static void *new_or_abort(size_t size)
{
    void *block = __wrap_malloc(size ? size : 1);
    if (!block)
        dl_abort("operator new: out of memory", 0, DL_CALLER_FP());
    return block;
}

/* The mangled names of operator new and delete; size_t is 'j' or 'm'. The definitions here replace libstdc++'s. */
#if UINTPTR_MAX > UINT32_MAX
#define WITH_SIZE(before, after) before##m##after
#else
#define WITH_SIZE(before, after) before##j##after
#endif

#define NEW(name)              \
    void *name(size_t size);   \
    void *name(size_t size) { return new_or_abort(size); }
#define NEW_NOTHROW(name)                       \
    void *name(size_t size, const void *tag);   \
    void *name(size_t size, const void *tag) { (void)tag; return __wrap_malloc(size ? size : 1); }
#define DELETE(name)         \
    void name(void *block);  \
    void name(void *block) { if (block) __wrap_free(block); }
#define DELETE_WITH(name, type)          \
    void name(void *block, type extra);  \
    void name(void *block, type extra) { (void)extra; if (block) __wrap_free(block); }

NEW(WITH_SIZE(_Znw, ))
NEW(WITH_SIZE(_Zna, ))
NEW_NOTHROW(WITH_SIZE(_Znw, RKSt9nothrow_t))
NEW_NOTHROW(WITH_SIZE(_Zna, RKSt9nothrow_t))
DELETE(_ZdlPv)
DELETE(_ZdaPv)
DELETE_WITH(WITH_SIZE(_ZdlPv, ), size_t)
DELETE_WITH(WITH_SIZE(_ZdaPv, ), size_t)
DELETE_WITH(_ZdlPvRKSt9nothrow_t, const void *)
DELETE_WITH(_ZdaPvRKSt9nothrow_t, const void *)
