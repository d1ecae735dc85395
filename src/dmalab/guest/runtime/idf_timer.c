/* esp_timer.h. */
#include "esp_timer.h"

#include "idf_stub.h"

esp_err_t esp_timer_create(const esp_timer_create_args_t *create_args, esp_timer_handle_t *out_handle)
{
    if (create_args)
        SEES(create_args, sizeof *create_args);
    const esp_timer_create_args_t args = create_args ? *create_args : (esp_timer_create_args_t){0};
    const uint64_t answer = DL_CALL(esp_timer_create, create_args != NULL, args.callback, args.arg, args.dispatch_method, args.name,
                                    args.skip_unhandled_events, out_handle != NULL);
    if (LOW(answer) == ESP_OK)
        STORE(out_handle, AS_POINTER(esp_timer_handle_t, HIGH(answer)));
    return LOW(answer);
}

esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t timeout_us)
{
    return (esp_err_t)DL_CALL(esp_timer_start_once, timer, timeout_us);
}

esp_err_t esp_timer_start_periodic(esp_timer_handle_t timer, uint64_t period)
{
    return (esp_err_t)DL_CALL(esp_timer_start_periodic, timer, period);
}

esp_err_t esp_timer_restart(esp_timer_handle_t timer, uint64_t timeout_us)
{
    return (esp_err_t)DL_CALL(esp_timer_restart, timer, timeout_us);
}

esp_err_t esp_timer_stop(esp_timer_handle_t timer)
{
    return (esp_err_t)DL_CALL(esp_timer_stop, timer);
}

esp_err_t esp_timer_delete(esp_timer_handle_t timer)
{
    return (esp_err_t)DL_CALL(esp_timer_delete, timer);
}

bool esp_timer_is_active(esp_timer_handle_t timer)
{
    return DL_CALL(esp_timer_is_active, timer) != 0;
}

int64_t esp_timer_get_time(void)
{
    return (int64_t)DL_CALL(esp_timer_get_time);
}

int64_t esp_timer_get_next_alarm(void)
{
    return (int64_t)DL_CALL(esp_timer_get_next_alarm);
}
