/* Edges as events, levels as tasks. From v5.3 on one call makes several of one channel; its pointers end with NULL. */
#pragma once

#include "driver/gpio.h"
#include "esp_etm.h"
#include "esp_idf_version.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    GPIO_ETM_EVENT_EDGE_POS = 1,
    GPIO_ETM_EVENT_EDGE_NEG,
    GPIO_ETM_EVENT_EDGE_ANY,
} gpio_etm_event_edge_t;
#define GPIO_ETM_EVENT_EDGE_TYPES 3

typedef enum {
    GPIO_ETM_TASK_ACTION_SET = 1,
    GPIO_ETM_TASK_ACTION_CLR,
    GPIO_ETM_TASK_ACTION_TOG,
} gpio_etm_task_action_t;
#define GPIO_ETM_TASK_ACTION_TYPES 3

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
typedef struct {
    union {
        gpio_etm_event_edge_t edge;
        gpio_etm_event_edge_t edges[GPIO_ETM_EVENT_EDGE_TYPES];
    };
} gpio_etm_event_config_t;

typedef struct {
    union {
        gpio_etm_task_action_t action;
        gpio_etm_task_action_t actions[GPIO_ETM_TASK_ACTION_TYPES];
    };
} gpio_etm_task_config_t;

esp_err_t gpio_new_etm_event(const gpio_etm_event_config_t *config, esp_etm_event_handle_t *ret_event, ...);
esp_err_t gpio_new_etm_task(const gpio_etm_task_config_t *config, esp_etm_task_handle_t *ret_task, ...);
#else
typedef struct {
    gpio_etm_event_edge_t edge;
} gpio_etm_event_config_t;

typedef struct {
    gpio_etm_task_action_t action;
} gpio_etm_task_config_t;

esp_err_t gpio_new_etm_event(const gpio_etm_event_config_t *config, esp_etm_event_handle_t *ret_event);
esp_err_t gpio_new_etm_task(const gpio_etm_task_config_t *config, esp_etm_task_handle_t *ret_task);
#endif

esp_err_t gpio_etm_event_bind_gpio(esp_etm_event_handle_t event, int gpio_num);
esp_err_t gpio_etm_task_add_gpio(esp_etm_task_handle_t task, int gpio_num);
esp_err_t gpio_etm_task_rm_gpio(esp_etm_task_handle_t task, int gpio_num);

#ifdef __cplusplus
}
#endif
