/* Checks of arguments at run time. */
#ifndef ZEPHYR_INCLUDE_SYS_CHECK_H_
#define ZEPHYR_INCLUDE_SYS_CHECK_H_

#define CHECKIF(expr) if (expr)

#endif
