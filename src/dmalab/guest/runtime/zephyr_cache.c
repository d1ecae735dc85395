/* zephyr/cache.h. Without CONFIG_CACHE_MANAGEMENT and CONFIG_DCACHE every call answers -ENOTSUP and does nothing. */
#include <errno.h>
#include <zephyr/cache.h>

#include "zephyr_stub.h"

enum { FLUSH, INVALIDATE, FLUSH_AND_INVALIDATE };

#if defined(CONFIG_CACHE_MANAGEMENT) && defined(CONFIG_DCACHE)
#define RANGE(op) return (int)DL_CALL(sys_cache_data_range, op, addr, size)
#define ALL(op) return (int)DL_CALL(sys_cache_data_all, op)
size_t sys_cache_data_line_size_get(void)
{
    return (size_t)DL_CALL(sys_cache_data_line_size_get);
}
#else
#define RANGE(op) return -ENOTSUP
#define ALL(op) return -ENOTSUP
size_t sys_cache_data_line_size_get(void)
{
    return 0;
}
#endif

int sys_cache_data_flush_range(void *addr, size_t size)
{
    RANGE(FLUSH);
}

int sys_cache_data_invd_range(void *addr, size_t size)
{
    RANGE(INVALIDATE);
}

int sys_cache_data_flush_and_invd_range(void *addr, size_t size)
{
    RANGE(FLUSH_AND_INVALIDATE);
}

int sys_cache_data_flush_all(void)
{
    ALL(FLUSH);
}

int sys_cache_data_invd_all(void)
{
    ALL(INVALIDATE);
}

int sys_cache_data_flush_and_invd_all(void)
{
    ALL(FLUSH_AND_INVALIDATE);
}

/* The cache is on from the start, and can't be switched off in flight. */
void sys_cache_data_enable(void)
{
}

void sys_cache_data_disable(void)
{
    sys_cache_data_flush_and_invd_all();
}

void sys_cache_instr_enable(void)
{
}

void sys_cache_instr_disable(void)
{
}

#define INSTRUCTION_ALL(name) \
    int sys_cache_instr_##name##_all(void) { return 0; }
#define INSTRUCTION_RANGE(name) \
    int sys_cache_instr_##name##_range(void *addr, size_t size) { (void)addr, (void)size; return 0; }
INSTRUCTION_ALL(flush)
INSTRUCTION_ALL(invd)
INSTRUCTION_ALL(flush_and_invd)
INSTRUCTION_RANGE(flush)
INSTRUCTION_RANGE(invd)
INSTRUCTION_RANGE(flush_and_invd)

size_t sys_cache_instr_line_size_get(void)
{
    return sys_cache_data_line_size_get();
}
