/* The event task matrix: an event of one peripheral does something in another, without the core. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct esp_etm_channel_t *esp_etm_channel_handle_t;
typedef struct esp_etm_event_t *esp_etm_event_handle_t;
typedef struct esp_etm_task_t *esp_etm_task_handle_t;

typedef enum {
    ETM_CLK_SRC_DEFAULT,
} etm_clock_source_t;

typedef struct {
    etm_clock_source_t clk_src;
    struct etm_chan_flags {
        uint32_t allow_pd : 1;
    } flags;
} esp_etm_channel_config_t;

esp_err_t esp_etm_new_channel(const esp_etm_channel_config_t *config, esp_etm_channel_handle_t *ret_chan);
esp_err_t esp_etm_del_channel(esp_etm_channel_handle_t chan);
esp_err_t esp_etm_channel_enable(esp_etm_channel_handle_t chan);
esp_err_t esp_etm_channel_disable(esp_etm_channel_handle_t chan);
/* NULL disconnects that end. */
esp_err_t esp_etm_channel_connect(esp_etm_channel_handle_t chan, esp_etm_event_handle_t event, esp_etm_task_handle_t task);
esp_err_t esp_etm_del_event(esp_etm_event_handle_t event);
esp_err_t esp_etm_del_task(esp_etm_task_handle_t task);
esp_err_t esp_etm_dump(FILE *out_stream);

#ifdef __cplusplus
}
#endif
