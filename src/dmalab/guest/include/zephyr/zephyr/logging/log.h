/* LOG_ERR and its kin: one line each, at once. Levels are those of the module, up to CONFIG_LOG_MAX_LEVEL. */
#ifndef ZEPHYR_INCLUDE_LOGGING_LOG_H_
#define ZEPHYR_INCLUDE_LOGGING_LOG_H_

#include <zephyr/sys/util.h>

#define LOG_LEVEL_NONE 0
#define LOG_LEVEL_ERR 1
#define LOG_LEVEL_WRN 2
#define LOG_LEVEL_INF 3
#define LOG_LEVEL_DBG 4

#ifdef __cplusplus
extern "C" {
#endif
void dl_zephyr_log(int level, const char *module, const char *function, const char *format, ...) __printf_like(4, 5);
void dl_zephyr_hexdump(int level, const char *module, const void *data, size_t size, const char *text);
#ifdef __cplusplus
}
#endif

#define LOG_MODULE_REGISTER(...) DL_LOG_MODULE(__VA_ARGS__, CONFIG_LOG_DEFAULT_LEVEL)
#define LOG_MODULE_DECLARE(...) DL_LOG_MODULE(__VA_ARGS__, CONFIG_LOG_DEFAULT_LEVEL)
#define DL_LOG_MODULE(module, level, ...)                                       \
	static const char *const dl_log_module __attribute__((unused)) = #module; \
	enum { DL_LOG_LEVEL = (level) }

#define DL_LOG(level, ...)                                                                                  \
	do {                                                                                                \
		if ((level) <= DL_LOG_LEVEL && (level) <= CONFIG_LOG_MAX_LEVEL) {                           \
			dl_zephyr_log(level, dl_log_module, __func__, __VA_ARGS__);                         \
		}                                                                                           \
	} while (0)
#ifdef CONFIG_LOG
#define LOG_ERR(...) DL_LOG(LOG_LEVEL_ERR, __VA_ARGS__)
#define LOG_WRN(...) DL_LOG(LOG_LEVEL_WRN, __VA_ARGS__)
#define LOG_INF(...) DL_LOG(LOG_LEVEL_INF, __VA_ARGS__)
#define LOG_DBG(...) DL_LOG(LOG_LEVEL_DBG, __VA_ARGS__)
#else
#define LOG_ERR(...) ((void)0)
#define LOG_WRN(...) ((void)0)
#define LOG_INF(...) ((void)0)
#define LOG_DBG(...) ((void)0)
#endif
#define LOG_RAW printk
#define LOG_PRINTK printk
#define LOG_HEXDUMP_ERR(data, size, text) dl_zephyr_hexdump(LOG_LEVEL_ERR, dl_log_module, data, size, text)
#define LOG_HEXDUMP_WRN(data, size, text) dl_zephyr_hexdump(LOG_LEVEL_WRN, dl_log_module, data, size, text)
#define LOG_HEXDUMP_INF(data, size, text) dl_zephyr_hexdump(LOG_LEVEL_INF, dl_log_module, data, size, text)
#define LOG_HEXDUMP_DBG(data, size, text) ((void)0)

#endif
