/* Early returns with a log line. The _ISR forms log without taking a lock. */
#pragma once

#include "esp_compiler.h"
#include "esp_err.h"
#include "esp_log.h"

#define DMALAB_CHECK_(failed, log, log_tag, leave, format, ...)                          \
    do {                                                                                 \
        if (unlikely(failed)) {                                                          \
            log(log_tag, "%s(%d): " format, __FUNCTION__, __LINE__, ##__VA_ARGS__);      \
            leave;                                                                       \
        }                                                                                \
    } while (0)

#define DMALAB_CHECK_RC_(x, log, log_tag, leave, format, ...)                            \
    do {                                                                                 \
        esp_err_t err_rc_ = (x);                                                         \
        DMALAB_CHECK_(err_rc_ != ESP_OK, log, log_tag, leave, format, ##__VA_ARGS__);    \
    } while (0)

/* `ret` is the caller's variable, by convention of this API. */
#define DMALAB_LEAVE_(code, label) \
    {                              \
        ret = (code);              \
        goto label;                \
    }

#define ESP_RETURN_ON_ERROR(x, log_tag, format, ...) \
    DMALAB_CHECK_RC_(x, ESP_LOGE, log_tag, return err_rc_, format, ##__VA_ARGS__)
#define ESP_RETURN_ON_ERROR_ISR(x, log_tag, format, ...) \
    DMALAB_CHECK_RC_(x, ESP_EARLY_LOGE, log_tag, return err_rc_, format, ##__VA_ARGS__)
#define ESP_RETURN_VOID_ON_ERROR(x, log_tag, format, ...) \
    DMALAB_CHECK_RC_(x, ESP_LOGE, log_tag, return, format, ##__VA_ARGS__)
#define ESP_RETURN_VOID_ON_ERROR_ISR(x, log_tag, format, ...) \
    DMALAB_CHECK_RC_(x, ESP_EARLY_LOGE, log_tag, return, format, ##__VA_ARGS__)
#define ESP_GOTO_ON_ERROR(x, goto_tag, log_tag, format, ...) \
    DMALAB_CHECK_RC_(x, ESP_LOGE, log_tag, DMALAB_LEAVE_(err_rc_, goto_tag), format, ##__VA_ARGS__)
#define ESP_GOTO_ON_ERROR_ISR(x, goto_tag, log_tag, format, ...) \
    DMALAB_CHECK_RC_(x, ESP_EARLY_LOGE, log_tag, DMALAB_LEAVE_(err_rc_, goto_tag), format, ##__VA_ARGS__)

#define ESP_RETURN_ON_FALSE(a, err_code, log_tag, format, ...) \
    DMALAB_CHECK_(!(a), ESP_LOGE, log_tag, return err_code, format, ##__VA_ARGS__)
#define ESP_RETURN_ON_FALSE_ISR(a, err_code, log_tag, format, ...) \
    DMALAB_CHECK_(!(a), ESP_EARLY_LOGE, log_tag, return err_code, format, ##__VA_ARGS__)
#define ESP_RETURN_VOID_ON_FALSE(a, log_tag, format, ...) \
    DMALAB_CHECK_(!(a), ESP_LOGE, log_tag, return, format, ##__VA_ARGS__)
#define ESP_RETURN_VOID_ON_FALSE_ISR(a, log_tag, format, ...) \
    DMALAB_CHECK_(!(a), ESP_EARLY_LOGE, log_tag, return, format, ##__VA_ARGS__)
#define ESP_GOTO_ON_FALSE(a, err_code, goto_tag, log_tag, format, ...) \
    DMALAB_CHECK_(!(a), ESP_LOGE, log_tag, DMALAB_LEAVE_(err_code, goto_tag), format, ##__VA_ARGS__)
#define ESP_GOTO_ON_FALSE_ISR(a, err_code, goto_tag, log_tag, format, ...) \
    DMALAB_CHECK_(!(a), ESP_EARLY_LOGE, log_tag, DMALAB_LEAVE_(err_code, goto_tag), format, ##__VA_ARGS__)
