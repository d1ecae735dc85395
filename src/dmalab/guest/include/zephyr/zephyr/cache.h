/* Data-cache maintenance. Instruction caches have nothing to keep up here: their calls succeed. */
#ifndef ZEPHYR_INCLUDE_CACHE_H_
#define ZEPHYR_INCLUDE_CACHE_H_

#include <zephyr/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

int sys_cache_data_flush_range(void *addr, size_t size);
int sys_cache_data_invd_range(void *addr, size_t size);
int sys_cache_data_flush_and_invd_range(void *addr, size_t size);
int sys_cache_data_flush_all(void);
int sys_cache_data_invd_all(void);
int sys_cache_data_flush_and_invd_all(void);
size_t sys_cache_data_line_size_get(void);
void sys_cache_data_enable(void);
void sys_cache_data_disable(void);

int sys_cache_instr_flush_all(void);
int sys_cache_instr_invd_all(void);
int sys_cache_instr_flush_and_invd_all(void);
int sys_cache_instr_flush_range(void *addr, size_t size);
int sys_cache_instr_invd_range(void *addr, size_t size);
int sys_cache_instr_flush_and_invd_range(void *addr, size_t size);
size_t sys_cache_instr_line_size_get(void);
void sys_cache_instr_enable(void);
void sys_cache_instr_disable(void);

/* Only parts with mirrored memory answer otherwise. */
static inline bool sys_cache_is_ptr_cached(void *ptr)
{
	ARG_UNUSED(ptr);
	return false;
}

static inline bool sys_cache_is_ptr_uncached(void *ptr)
{
	ARG_UNUSED(ptr);
	return false;
}

static inline void *sys_cache_cached_ptr_get(void *ptr)
{
	return ptr;
}

static inline void *sys_cache_uncached_ptr_get(void *ptr)
{
	return ptr;
}

#ifdef __cplusplus
}
#endif

#endif
