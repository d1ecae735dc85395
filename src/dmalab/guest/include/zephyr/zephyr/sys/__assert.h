/* __ASSERT: on, as Zephyr's tests have it (CONFIG_ASSERT). */
#ifndef ZEPHYR_INCLUDE_SYS___ASSERT_H_
#define ZEPHYR_INCLUDE_SYS___ASSERT_H_

#ifdef __cplusplus
extern "C" {
#endif
void dl_zephyr_assert(const char *expression, const char *file, int line, const char *format, ...);
#ifdef __cplusplus
}
#endif

#ifdef CONFIG_ASSERT
#define __ASSERT(test, fmt, ...)                                                             \
	do {                                                                                 \
		if (!(test)) {                                                               \
			dl_zephyr_assert(#test, __FILE__, __LINE__, fmt, ##__VA_ARGS__);     \
		}                                                                            \
	} while (0)
#else
#define __ASSERT(test, fmt, ...) ((void)sizeof(test))
#endif
#define __ASSERT_NO_MSG(test) __ASSERT(test, "%s", "")
#define __ASSERT_EVAL(expr1, expr2, test, fmt, ...) \
	do {                                        \
		expr2;                              \
		__ASSERT(test, fmt, ##__VA_ARGS__); \
	} while (0)

#endif
