/* printk: output without a lock, allowed everywhere. */
#ifndef ZEPHYR_INCLUDE_SYS_PRINTK_H_
#define ZEPHYR_INCLUDE_SYS_PRINTK_H_

#include <stdarg.h>
#include <stdio.h>
#include <zephyr/toolchain.h>

#ifdef __cplusplus
extern "C" {
#endif
void printk(const char *fmt, ...) __printf_like(1, 2);
void vprintk(const char *fmt, va_list ap);
#ifdef __cplusplus
}
#endif
#define snprintk snprintf
#define vsnprintk vsnprintf
#define printf_once printk

#endif
