/* Included first into every file of firmware.
 *
 * The compiler expands small __builtin_memcpy and __builtin_memset calls into moves that have no callbacks. Under these names they are
 * ordinary calls, which the runtime sees. Readers such as __builtin_strlen stay: C++ needs them in constant expressions.
 */
#ifndef DL_PRELUDE_H
#define DL_PRELUDE_H

#ifdef __cplusplus
extern "C" {
#endif
void *dl_builtin_memcpy(void *to, const void *from, __SIZE_TYPE__ size) __asm__("memcpy");
void *dl_builtin_memmove(void *to, const void *from, __SIZE_TYPE__ size) __asm__("memmove");
void *dl_builtin_mempcpy(void *to, const void *from, __SIZE_TYPE__ size) __asm__("mempcpy");
void *dl_builtin_memset(void *to, int byte, __SIZE_TYPE__ size) __asm__("memset");
#ifdef __cplusplus
}
#endif

#define __builtin_memcpy dl_builtin_memcpy
#define __builtin_memmove dl_builtin_memmove
#define __builtin_mempcpy dl_builtin_mempcpy
#define __builtin_memset dl_builtin_memset

#endif
