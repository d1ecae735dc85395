/* driver/gptimer.h. Counts have 64 bits and come back whole; the error code is asked for first. */
#include "driver/gptimer.h"

#include "idf_stub.h"

enum { COUNT, CAPTURED, RESOLUTION };

esp_err_t gptimer_new_timer(const gptimer_config_t *config, gptimer_handle_t *ret_timer)
{
    if (config)
        SEES(config, sizeof *config);
    const uint64_t answer = DL_CALL(gptimer_new_timer, config && ret_timer, config ? config->resolution_hz : 0,
                                    config ? (uint32_t)(config->direction == GPTIMER_COUNT_UP) : 0);
    if (LOW(answer) == ESP_OK)
        STORE(ret_timer, AS_POINTER(gptimer_handle_t, HIGH(answer)));
    return LOW(answer);
}

esp_err_t gptimer_del_timer(gptimer_handle_t timer)
{
    return (esp_err_t)DL_CALL(gptimer_del_timer, timer);
}

esp_err_t gptimer_set_raw_count(gptimer_handle_t timer, uint64_t value)
{
    return (esp_err_t)DL_CALL(gptimer_set_raw_count, timer, value);
}

#define GETTER(function, what, type)                                                       \
    esp_err_t function(gptimer_handle_t timer, type *value)                                \
    {                                                                                      \
        const esp_err_t result = (esp_err_t)DL_CALL(gptimer_check, timer, value != NULL);  \
        if (result == ESP_OK)                                                              \
            STORE(value, (type)DL_CALL(gptimer_value, timer, what));                       \
        return result;                                                                     \
    }

GETTER(gptimer_get_raw_count, COUNT, uint64_t)
GETTER(gptimer_get_captured_count, CAPTURED, uint64_t)
GETTER(gptimer_get_resolution, RESOLUTION, uint32_t)

esp_err_t gptimer_register_event_callbacks(gptimer_handle_t timer, const gptimer_event_callbacks_t *cbs, void *user_data)
{
    if (cbs)
        SEES(cbs, sizeof *cbs);
    return (esp_err_t)DL_CALL(gptimer_register_event_callbacks, timer, cbs != NULL, cbs ? cbs->on_alarm : NULL, user_data);
}

esp_err_t gptimer_set_alarm_action(gptimer_handle_t timer, const gptimer_alarm_config_t *config)
{
    if (config)
        SEES(config, sizeof *config);
    const gptimer_alarm_config_t plain = config ? *config : (gptimer_alarm_config_t){0};
    return (esp_err_t)DL_CALL(gptimer_set_alarm_action, timer, config != NULL, plain.alarm_count, plain.reload_count,
                              (uint32_t)plain.flags.auto_reload_on_alarm);
}

esp_err_t gptimer_enable(gptimer_handle_t timer)
{
    return (esp_err_t)DL_CALL(gptimer_enable, timer);
}

esp_err_t gptimer_disable(gptimer_handle_t timer)
{
    return (esp_err_t)DL_CALL(gptimer_disable, timer);
}

esp_err_t gptimer_start(gptimer_handle_t timer)
{
    return (esp_err_t)DL_CALL(gptimer_start, timer);
}

esp_err_t gptimer_stop(gptimer_handle_t timer)
{
    return (esp_err_t)DL_CALL(gptimer_stop, timer);
}
