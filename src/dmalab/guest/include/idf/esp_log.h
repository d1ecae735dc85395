/* Logging. One line per record: `I (123) tag: text`, where 123 is virtual milliseconds. */
#pragma once

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>

#include "esp_rom_sys.h"
#include "sdkconfig.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ESP_LOG_NONE = 0,
    ESP_LOG_ERROR = 1,
    ESP_LOG_WARN = 2,
    ESP_LOG_INFO = 3,
    ESP_LOG_DEBUG = 4,
    ESP_LOG_VERBOSE = 5,
    ESP_LOG_MAX = 6,
} esp_log_level_t;

typedef int (*vprintf_like_t)(const char *, va_list);

#ifndef LOG_LOCAL_LEVEL
#define LOG_LOCAL_LEVEL CONFIG_LOG_MAXIMUM_LEVEL
#endif

uint32_t esp_log_timestamp(void);
uint32_t esp_log_early_timestamp(void);
/* "*" sets the default for every tag and forgets what was set before. */
void esp_log_level_set(const char *tag, esp_log_level_t level);
esp_log_level_t esp_log_level_get(const char *tag);
vprintf_like_t esp_log_set_vprintf(vprintf_like_t func);

/* Not declared as printf-like: on the chip uint32_t is `unsigned long`, here it is not, and right firmware would be warned about. */
void esp_log_write(esp_log_level_t level, const char *tag, const char *format, ...);
void esp_log_writev(esp_log_level_t level, const char *tag, const char *format, va_list args);

void esp_log_buffer_hex_internal(const char *tag, const void *buffer, uint16_t buff_len, esp_log_level_t level);
void esp_log_buffer_char_internal(const char *tag, const void *buffer, uint16_t buff_len, esp_log_level_t level);
void esp_log_buffer_hexdump_internal(const char *tag, const void *buffer, uint16_t buff_len, esp_log_level_t level);

#define LOG_COLOR_E ""
#define LOG_COLOR_W ""
#define LOG_COLOR_I ""
#define LOG_COLOR_D ""
#define LOG_COLOR_V ""
#define LOG_RESET_COLOR ""

#define LOG_FORMAT(letter, format) #letter " (%" PRIu32 ") %s: " format "\n"

#define DMALAB_LOG_(letter, level, tag, format, ...) \
    esp_log_write(level, tag, LOG_FORMAT(letter, format), esp_log_timestamp(), tag, ##__VA_ARGS__)

#define ESP_LOG_LEVEL(level, tag, format, ...)                                       \
    do {                                                                             \
        if ((level) == ESP_LOG_ERROR) {                                              \
            DMALAB_LOG_(E, ESP_LOG_ERROR, tag, format, ##__VA_ARGS__);               \
        } else if ((level) == ESP_LOG_WARN) {                                        \
            DMALAB_LOG_(W, ESP_LOG_WARN, tag, format, ##__VA_ARGS__);                \
        } else if ((level) == ESP_LOG_DEBUG) {                                       \
            DMALAB_LOG_(D, ESP_LOG_DEBUG, tag, format, ##__VA_ARGS__);               \
        } else if ((level) == ESP_LOG_VERBOSE) {                                     \
            DMALAB_LOG_(V, ESP_LOG_VERBOSE, tag, format, ##__VA_ARGS__);             \
        } else {                                                                     \
            DMALAB_LOG_(I, ESP_LOG_INFO, tag, format, ##__VA_ARGS__);                \
        }                                                                            \
    } while (0)

#define ESP_LOG_LEVEL_LOCAL(level, tag, format, ...)                 \
    do {                                                             \
        if (LOG_LOCAL_LEVEL >= (level)) {                            \
            ESP_LOG_LEVEL(level, tag, format, ##__VA_ARGS__);        \
        }                                                            \
    } while (0)

#define ESP_LOGE(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_ERROR, tag, format, ##__VA_ARGS__)
#define ESP_LOGW(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_WARN, tag, format, ##__VA_ARGS__)
#define ESP_LOGI(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_INFO, tag, format, ##__VA_ARGS__)
#define ESP_LOGD(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_DEBUG, tag, format, ##__VA_ARGS__)
#define ESP_LOGV(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_VERBOSE, tag, format, ##__VA_ARGS__)

/* The lock-free forms, allowed in an interrupt and before the scheduler runs. */
#define DMALAB_LOG_EARLY_(letter, level, tag, format, ...)                                                    \
    do {                                                                                                      \
        if (LOG_LOCAL_LEVEL >= (level)) {                                                                     \
            esp_rom_printf(LOG_FORMAT(letter, format), esp_log_early_timestamp(), tag, ##__VA_ARGS__);        \
        }                                                                                                     \
    } while (0)

#define ESP_EARLY_LOGE(tag, format, ...) DMALAB_LOG_EARLY_(E, ESP_LOG_ERROR, tag, format, ##__VA_ARGS__)
#define ESP_EARLY_LOGW(tag, format, ...) DMALAB_LOG_EARLY_(W, ESP_LOG_WARN, tag, format, ##__VA_ARGS__)
#define ESP_EARLY_LOGI(tag, format, ...) DMALAB_LOG_EARLY_(I, ESP_LOG_INFO, tag, format, ##__VA_ARGS__)
#define ESP_EARLY_LOGD(tag, format, ...) DMALAB_LOG_EARLY_(D, ESP_LOG_DEBUG, tag, format, ##__VA_ARGS__)
#define ESP_EARLY_LOGV(tag, format, ...) DMALAB_LOG_EARLY_(V, ESP_LOG_VERBOSE, tag, format, ##__VA_ARGS__)

/* On the chip these keep their text in internal RAM; here every constant stays readable. */
#define ESP_DRAM_LOGE ESP_EARLY_LOGE
#define ESP_DRAM_LOGW ESP_EARLY_LOGW
#define ESP_DRAM_LOGI ESP_EARLY_LOGI
#define ESP_DRAM_LOGD ESP_EARLY_LOGD
#define ESP_DRAM_LOGV ESP_EARLY_LOGV

#define DMALAB_LOG_BUFFER_(kind, tag, buffer, buff_len, level)                            \
    do {                                                                                  \
        if (LOG_LOCAL_LEVEL >= (level)) {                                                 \
            esp_log_buffer_##kind##_internal(tag, buffer, (uint16_t)(buff_len), level);   \
        }                                                                                 \
    } while (0)

#define ESP_LOG_BUFFER_HEX_LEVEL(tag, buffer, buff_len, level) DMALAB_LOG_BUFFER_(hex, tag, buffer, buff_len, level)
#define ESP_LOG_BUFFER_CHAR_LEVEL(tag, buffer, buff_len, level) DMALAB_LOG_BUFFER_(char, tag, buffer, buff_len, level)
#define ESP_LOG_BUFFER_HEXDUMP(tag, buffer, buff_len, level) DMALAB_LOG_BUFFER_(hexdump, tag, buffer, buff_len, level)
#define ESP_LOG_BUFFER_HEX(tag, buffer, buff_len) ESP_LOG_BUFFER_HEX_LEVEL(tag, buffer, buff_len, ESP_LOG_INFO)
#define ESP_LOG_BUFFER_CHAR(tag, buffer, buff_len) ESP_LOG_BUFFER_CHAR_LEVEL(tag, buffer, buff_len, ESP_LOG_INFO)

#ifdef __cplusplus
}
#endif
