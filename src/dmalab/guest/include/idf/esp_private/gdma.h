/* Channels of the DMA engines, for drivers that build lists of their own. What the allocation looks like follows the release. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dmalab/lacks.h"
#include "esp_err.h"
#include "esp_etm.h"
#include "esp_idf_version.h"
#include "hal/gdma_types.h"
#include "soc/soc_caps.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gdma_channel_t *gdma_channel_handle_t;

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
typedef struct {
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 1, 0)
    int intr_priority; /* 0 takes the default */
#endif
    struct {
        uint32_t isr_cache_safe : 1;
    } flags;
} gdma_channel_alloc_config_t;
#else
typedef struct {
    gdma_channel_handle_t sibling_chan; /* take the other half of this one's pair; NULL for any */
    gdma_channel_direction_t direction;
    struct {
        int reserve_sibling : 1;
        int isr_cache_safe : 1; /* from v5.5 on */
    } flags;
} gdma_channel_alloc_config_t;
#endif

typedef struct {
    size_t sram_trans_align;
    size_t psram_trans_align;
} gdma_transfer_ability_t;

typedef struct {
    size_t max_data_burst_size; /* 0 switches bursts off */
    bool access_ext_mem;
} gdma_transfer_config_t;

typedef struct {
    union {
        intptr_t rx_eof_desc_addr;
        intptr_t tx_eof_desc_addr;
    };
    struct {
        uint32_t abnormal_eof : 1;
        uint32_t normal_eof : 1;
    } flags;
} gdma_event_data_t;

/* Runs in an interrupt; true means that it woke a task of higher priority. `event_data` is NULL for errors. */
typedef bool (*gdma_event_callback_t)(gdma_channel_handle_t dma_chan, gdma_event_data_t *event_data, void *user_data);

typedef struct {
    gdma_event_callback_t on_trans_eof;
    gdma_event_callback_t on_descr_err;
    gdma_event_callback_t on_link_switch;
} gdma_tx_event_callbacks_t;

typedef struct {
    gdma_event_callback_t on_recv_eof;
    gdma_event_callback_t on_descr_err;
    gdma_event_callback_t on_recv_done;
    gdma_event_callback_t on_descr_empty;
} gdma_rx_event_callbacks_t;

typedef struct {
    gdma_trigger_peripheral_t periph;
    int instance_id;
    int bus_id;
} gdma_trigger_t;

#define GDMA_MAKE_TRIGGER(peri, id) \
    (gdma_trigger_t) { .periph = peri, .instance_id = SOC_##peri##id, .bus_id = SOC_##peri##id##_BUS }

typedef struct {
    bool owner_check;
    bool auto_update_desc;
    bool eof_till_data_popped;
} gdma_strategy_config_t;

typedef struct {
    gdma_etm_event_type_t event_type;
} gdma_etm_event_config_t;

typedef struct {
    gdma_etm_task_type_t task_type;
} gdma_etm_task_config_t;

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
/* One pointer takes one half, two take a pair that can copy. */
#define DL_CHANNELS gdma_channel_handle_t *ret_tx_chan, gdma_channel_handle_t *ret_rx_chan
#else
#define DL_CHANNELS gdma_channel_handle_t *ret_chan
#endif
#if !SOC_GDMA_SUPPORTED
DL_LACKS("GDMA")
#endif
DL_UP_TO_V5("it has gdma_new_ahb_channel() with two pointers")
esp_err_t gdma_new_channel(const gdma_channel_alloc_config_t *config, gdma_channel_handle_t *ret_chan);
#if !SOC_AHB_GDMA_SUPPORTED
DL_LACKS("AHB GDMA")
#endif
esp_err_t gdma_new_ahb_channel(const gdma_channel_alloc_config_t *config, DL_CHANNELS);
#if !SOC_AXI_GDMA_SUPPORTED
DL_LACKS("AXI GDMA")
#endif
esp_err_t gdma_new_axi_channel(const gdma_channel_alloc_config_t *config, DL_CHANNELS);
#if !SOC_LP_AHB_GDMA_SUPPORTED
DL_LACKS("LP AHB GDMA")
#elif ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 1, 0)
DL_NOT_IN_RELEASE("it came with v6.1")
#endif
esp_err_t gdma_new_lp_ahb_channel(const gdma_channel_alloc_config_t *config, DL_CHANNELS);
DL_UP_TO_V5("it has gdma_config_transfer()")
esp_err_t gdma_set_transfer_ability(gdma_channel_handle_t dma_chan, const gdma_transfer_ability_t *ability);

esp_err_t gdma_del_channel(gdma_channel_handle_t dma_chan);
esp_err_t gdma_get_channel_id(gdma_channel_handle_t dma_chan, int *channel_id);
esp_err_t gdma_get_group_channel_id(gdma_channel_handle_t dma_chan, int *group_id, int *channel_id);
esp_err_t gdma_connect(gdma_channel_handle_t dma_chan, gdma_trigger_t trig_periph);
esp_err_t gdma_disconnect(gdma_channel_handle_t dma_chan);
esp_err_t gdma_get_free_m2m_trig_id_mask(gdma_channel_handle_t dma_chan, uint32_t *mask);
esp_err_t gdma_apply_strategy(gdma_channel_handle_t dma_chan, const gdma_strategy_config_t *config);
esp_err_t gdma_set_priority(gdma_channel_handle_t dma_chan, uint32_t priority);
esp_err_t gdma_set_weight(gdma_channel_handle_t dma_chan, uint32_t weight);
esp_err_t gdma_config_transfer(gdma_channel_handle_t dma_chan, const gdma_transfer_config_t *config);
esp_err_t gdma_get_alignment_constraints(gdma_channel_handle_t dma_chan, size_t *int_mem_alignment, size_t *ext_mem_alignment);
esp_err_t gdma_register_tx_event_callbacks(gdma_channel_handle_t dma_chan, gdma_tx_event_callbacks_t *cbs, void *user_data);
esp_err_t gdma_register_rx_event_callbacks(gdma_channel_handle_t dma_chan, gdma_rx_event_callbacks_t *cbs, void *user_data);
esp_err_t gdma_start(gdma_channel_handle_t dma_chan, intptr_t desc_base_addr);
esp_err_t gdma_stop(gdma_channel_handle_t dma_chan);
/* The list has grown: read its last link again and go on. */
esp_err_t gdma_append(gdma_channel_handle_t dma_chan);
esp_err_t gdma_reset(gdma_channel_handle_t dma_chan);
esp_err_t gdma_request_link_switch_event(gdma_channel_handle_t dma_chan);
esp_err_t gdma_new_etm_event(gdma_channel_handle_t dma_chan, const gdma_etm_event_config_t *config,
                             esp_etm_event_handle_t *out_event);
esp_err_t gdma_new_etm_task(gdma_channel_handle_t dma_chan, const gdma_etm_task_config_t *config, esp_etm_task_handle_t *out_task);

#ifdef __cplusplus
}
#endif
