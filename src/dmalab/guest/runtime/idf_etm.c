/* esp_etm.h, and the events and tasks of GPIO, timers, esp_timer, the system tick and async memcpy. */
#include "esp_etm.h"

#include <stdarg.h>

#include "driver/gpio_etm.h"
#include "driver/gptimer_etm.h"
#include "esp_async_memcpy.h"
#include "esp_systick_etm.h"
#include "esp_timer.h"
#include "idf_stub.h"

esp_err_t esp_etm_new_channel(const esp_etm_channel_config_t *config, esp_etm_channel_handle_t *ret_chan)
{
    if (config)
        SEES(config, sizeof *config);
    const uint64_t answer = DL_CALL(esp_etm_new_channel, config && ret_chan, config ? (uint32_t)config->flags.allow_pd : 0);
    if (LOW(answer) == ESP_OK)
        STORE(ret_chan, AS_POINTER(esp_etm_channel_handle_t, HIGH(answer)));
    return LOW(answer);
}

esp_err_t esp_etm_del_channel(esp_etm_channel_handle_t chan)
{
    return (esp_err_t)DL_CALL(esp_etm_del_channel, chan);
}

esp_err_t esp_etm_channel_enable(esp_etm_channel_handle_t chan)
{
    return (esp_err_t)DL_CALL(esp_etm_channel_enable, chan);
}

esp_err_t esp_etm_channel_disable(esp_etm_channel_handle_t chan)
{
    return (esp_err_t)DL_CALL(esp_etm_channel_disable, chan);
}

esp_err_t esp_etm_channel_connect(esp_etm_channel_handle_t chan, esp_etm_event_handle_t event, esp_etm_task_handle_t task)
{
    return (esp_err_t)DL_CALL(esp_etm_channel_connect, chan, event, task);
}

esp_err_t esp_etm_del_event(esp_etm_event_handle_t event)
{
    return (esp_err_t)DL_CALL(esp_etm_del_event, event);
}

esp_err_t esp_etm_del_task(esp_etm_task_handle_t task)
{
    return (esp_err_t)DL_CALL(esp_etm_del_task, task);
}

esp_err_t esp_etm_dump(FILE *out_stream)
{
    return (esp_err_t)DL_CALL(esp_etm_dump, out_stream != NULL);
}

/* Every edge or action of `list` up to a zero: how many there are. */
#define COUNT(list, most)                              \
    ({                                                 \
        uint32_t count_ = 0;                           \
        while (count_ < (most) && (int)(list)[count_]) \
            count_++;                                  \
        count_;                                        \
    })

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
/* The pointers behind the first end with NULL; for one object nobody looks for more, and ESP-IDF's examples leave the NULL out. With
 * fewer pointers than objects wanted, all of them are cleared. */
#define NEW_GPIO_OBJECTS(call, handle_t, list, first)                                                    \
    do {                                                                                                 \
        if (!config || !(first))                                                                         \
            return ESP_ERR_INVALID_ARG;                                                                  \
        SEES(config, sizeof *config);                                                                    \
        const uint32_t wanted = COUNT(list, 3);                                                          \
        handle_t *outputs[4] = {(first)};                                                                \
        uint32_t given = 1;                                                                              \
        va_list rest;                                                                                    \
        va_start(rest, first);                                                                           \
        for (handle_t *next; given < wanted && (next = va_arg(rest, handle_t *)); given++)               \
            outputs[given] = next;                                                                       \
        va_end(rest);                                                                                    \
        if (given < wanted) {                                                                            \
            for (uint32_t i = 0; i < given; i++)                                                         \
                STORE(outputs[i], NULL);                                                                 \
            return ESP_ERR_INVALID_ARG;                                                                  \
        }                                                                                                \
        const uint64_t answer = DL_CALL(call, (list)[0], (list)[1], (list)[2], wanted);                  \
        uint64_t handle = HIGH(answer);                                                                  \
        for (uint32_t i = 0; LOW(answer) == ESP_OK && i < wanted; i++) {                                 \
            STORE(outputs[i], AS_POINTER(handle_t, handle));                                             \
            handle = i + 1 < wanted ? DL_CALL(gpio_etm_next, handle) : 0;                                \
        }                                                                                                \
        return LOW(answer);                                                                              \
    } while (0)

esp_err_t gpio_new_etm_event(const gpio_etm_event_config_t *config, esp_etm_event_handle_t *ret_event, ...)
{
    NEW_GPIO_OBJECTS(gpio_new_etm_event, esp_etm_event_handle_t, config->edges, ret_event);
}

esp_err_t gpio_new_etm_task(const gpio_etm_task_config_t *config, esp_etm_task_handle_t *ret_task, ...)
{
    NEW_GPIO_OBJECTS(gpio_new_etm_task, esp_etm_task_handle_t, config->actions, ret_task);
}
#else
esp_err_t gpio_new_etm_event(const gpio_etm_event_config_t *config, esp_etm_event_handle_t *ret_event)
{
    if (!config || !ret_event)
        return ESP_ERR_INVALID_ARG;
    SEES(config, sizeof *config);
    const uint64_t answer = DL_CALL(gpio_new_etm_event, config->edge, 0, 0, 1);
    if (LOW(answer) == ESP_OK)
        STORE(ret_event, AS_POINTER(esp_etm_event_handle_t, HIGH(answer)));
    return LOW(answer);
}

esp_err_t gpio_new_etm_task(const gpio_etm_task_config_t *config, esp_etm_task_handle_t *ret_task)
{
    if (!config || !ret_task)
        return ESP_ERR_INVALID_ARG;
    SEES(config, sizeof *config);
    const uint64_t answer = DL_CALL(gpio_new_etm_task, config->action, 0, 0, 1);
    if (LOW(answer) == ESP_OK)
        STORE(ret_task, AS_POINTER(esp_etm_task_handle_t, HIGH(answer)));
    return LOW(answer);
}
#endif

esp_err_t gpio_etm_event_bind_gpio(esp_etm_event_handle_t event, int gpio_num)
{
    return (esp_err_t)DL_CALL(gpio_etm_event_bind_gpio, event, gpio_num);
}

esp_err_t gpio_etm_task_add_gpio(esp_etm_task_handle_t task, int gpio_num)
{
    return (esp_err_t)DL_CALL(gpio_etm_task_add_gpio, task, gpio_num);
}

esp_err_t gpio_etm_task_rm_gpio(esp_etm_task_handle_t task, int gpio_num)
{
    return (esp_err_t)DL_CALL(gpio_etm_task_rm_gpio, task, gpio_num);
}

/* Stores the handle of a `pair` answer. */
#define STORE_HANDLE(answer, type, pointer)                                \
    do {                                                                   \
        if (LOW(answer) == ESP_OK)                                         \
            STORE(pointer, AS_POINTER(type, HIGH(answer)));                \
    } while (0)

esp_err_t gptimer_new_etm_event(gptimer_handle_t timer, const gptimer_etm_event_config_t *config, esp_etm_event_handle_t *out_event)
{
    if (config)
        SEES(config, sizeof *config);
    const uint64_t answer = DL_CALL(gptimer_new_etm_event, timer, config ? (int)config->event_type : -1, config && out_event);
    STORE_HANDLE(answer, esp_etm_event_handle_t, out_event);
    return LOW(answer);
}

esp_err_t gptimer_new_etm_task(gptimer_handle_t timer, const gptimer_etm_task_config_t *config, esp_etm_task_handle_t *out_task)
{
    if (config)
        SEES(config, sizeof *config);
    const uint64_t answer = DL_CALL(gptimer_new_etm_task, timer, config ? (int)config->task_type : -1, config && out_task);
    STORE_HANDLE(answer, esp_etm_task_handle_t, out_task);
    return LOW(answer);
}

esp_err_t esp_timer_new_etm_alarm_event(esp_etm_event_handle_t *out_event)
{
    const uint64_t answer = DL_CALL(esp_timer_new_etm_alarm_event, out_event != NULL);
    STORE_HANDLE(answer, esp_etm_event_handle_t, out_event);
    return LOW(answer);
}

esp_err_t esp_systick_new_etm_alarm_event(int core_id, esp_etm_event_handle_t *out_event)
{
    const uint64_t answer = DL_CALL(esp_systick_new_etm_alarm_event, core_id, out_event != NULL);
    STORE_HANDLE(answer, esp_etm_event_handle_t, out_event);
    return LOW(answer);
}

esp_err_t esp_async_memcpy_new_etm_event(async_memcpy_handle_t mcp, async_memcpy_etm_event_t event_type,
                                         esp_etm_event_handle_t *out_event)
{
    const uint64_t answer = DL_CALL(esp_async_memcpy_new_etm_event, mcp, (int)event_type, out_event != NULL);
    STORE_HANDLE(answer, esp_etm_event_handle_t, out_event);
    return LOW(answer);
}
