/* esp_private/gdma.h. Both styles of allocation are here; the release says which one the firmware sees. */
#include "esp_private/gdma.h"

#include "idf_stub.h"

#define BUS_AHB 0
#define BUS_AXI 1
#define BUS_LP 2

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 1, 0)
#define PRIORITY(config) ((config) ? (config)->intr_priority : 0)
#else
#define PRIORITY(config) 0
#endif

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
#define NEW_CHANNEL(function, bus)                                                                                             \
    esp_err_t function(const gdma_channel_alloc_config_t *config, gdma_channel_handle_t *ret_tx_chan,                          \
                       gdma_channel_handle_t *ret_rx_chan)                                                                     \
    {                                                                                                                          \
        if (config)                                                                                                            \
            SEES(config, sizeof *config);                                                                                      \
        const uint64_t answer = DL_CALL(gdma_new_channels, bus, config != NULL, ret_tx_chan != NULL, ret_rx_chan != NULL,      \
                                        config ? config->flags.isr_cache_safe : 0, PRIORITY(config));                          \
        if (LOW(answer) != ESP_OK)                                                                                             \
            return LOW(answer);                                                                                                \
        if (ret_tx_chan)                                                                                                       \
            STORE(ret_tx_chan, AS_POINTER(gdma_channel_handle_t, HIGH(answer)));                                               \
        if (ret_rx_chan)                                                                                                       \
            STORE(ret_rx_chan, AS_POINTER(gdma_channel_handle_t, DL_CALL(gdma_receiver_of, HIGH(answer))));                    \
        return ESP_OK;                                                                                                         \
    }

#if SOC_LP_AHB_GDMA_SUPPORTED
NEW_CHANNEL(gdma_new_lp_ahb_channel, BUS_LP)
#endif

#else
#define NEW_CHANNEL(function, bus)                                                                                             \
    esp_err_t function(const gdma_channel_alloc_config_t *config, gdma_channel_handle_t *ret_chan)                             \
    {                                                                                                                          \
        if (config)                                                                                                            \
            SEES(config, sizeof *config);                                                                                      \
        const gdma_channel_alloc_config_t plain = config ? *config : (gdma_channel_alloc_config_t){0};                         \
        const uint64_t answer = DL_CALL(gdma_new_channel, bus, plain.direction, plain.sibling_chan,                            \
                                        (uint32_t)(plain.flags.reserve_sibling & 1), (uint32_t)(plain.flags.isr_cache_safe & 1), \
                                        config && ret_chan);                                                                   \
        if (LOW(answer) == ESP_OK)                                                                                             \
            STORE(ret_chan, AS_POINTER(gdma_channel_handle_t, HIGH(answer)));                                                  \
        return LOW(answer);                                                                                                    \
    }

NEW_CHANNEL(gdma_new_channel, BUS_AHB)

esp_err_t gdma_set_transfer_ability(gdma_channel_handle_t dma_chan, const gdma_transfer_ability_t *ability)
{
    if (ability)
        SEES(ability, sizeof *ability);
    return (esp_err_t)DL_CALL(gdma_set_transfer_ability, dma_chan, ability != NULL, ability ? ability->sram_trans_align : 0,
                              ability ? ability->psram_trans_align : 0);
}
#endif

#if SOC_AHB_GDMA_SUPPORTED
NEW_CHANNEL(gdma_new_ahb_channel, BUS_AHB)
#endif
#if SOC_AXI_GDMA_SUPPORTED
NEW_CHANNEL(gdma_new_axi_channel, BUS_AXI)
#endif

esp_err_t gdma_del_channel(gdma_channel_handle_t dma_chan)
{
    return (esp_err_t)DL_CALL(gdma_del_channel, dma_chan);
}

esp_err_t gdma_get_channel_id(gdma_channel_handle_t dma_chan, int *channel_id)
{
    const uint64_t answer = DL_CALL(gdma_get_channel_id, dma_chan, channel_id != NULL);
    if (LOW(answer) == ESP_OK)
        STORE(channel_id, (int)HIGH(answer));
    return LOW(answer);
}

esp_err_t gdma_get_group_channel_id(gdma_channel_handle_t dma_chan, int *group_id, int *channel_id)
{
    const uint64_t answer = DL_CALL(gdma_get_group_channel_id, dma_chan);
    if (LOW(answer) != ESP_OK)
        return LOW(answer);
    if (group_id)
        STORE(group_id, (int)(HIGH(answer) >> 16));
    if (channel_id)
        STORE(channel_id, (int)(HIGH(answer) & 0xffff));
    return ESP_OK;
}

esp_err_t gdma_connect(gdma_channel_handle_t dma_chan, gdma_trigger_t trig_periph)
{
    return (esp_err_t)DL_CALL(gdma_connect, dma_chan, trig_periph.instance_id, trig_periph.bus_id,
                              trig_periph.periph == GDMA_TRIG_PERIPH_M2M);
}

esp_err_t gdma_disconnect(gdma_channel_handle_t dma_chan)
{
    return (esp_err_t)DL_CALL(gdma_disconnect, dma_chan);
}

esp_err_t gdma_get_free_m2m_trig_id_mask(gdma_channel_handle_t dma_chan, uint32_t *mask)
{
    const uint64_t answer = DL_CALL(gdma_get_free_m2m_trig_id_mask, dma_chan, mask != NULL);
    if (LOW(answer) == ESP_OK)
        STORE(mask, HIGH(answer));
    return LOW(answer);
}

esp_err_t gdma_apply_strategy(gdma_channel_handle_t dma_chan, const gdma_strategy_config_t *config)
{
    if (config)
        SEES(config, sizeof *config);
    return (esp_err_t)DL_CALL(gdma_apply_strategy, dma_chan, config != NULL, config ? config->owner_check : 0,
                              config ? config->auto_update_desc : 0, config ? config->eof_till_data_popped : 0);
}

esp_err_t gdma_set_priority(gdma_channel_handle_t dma_chan, uint32_t priority)
{
    return (esp_err_t)DL_CALL(gdma_set_priority, dma_chan, priority);
}

esp_err_t gdma_set_weight(gdma_channel_handle_t dma_chan, uint32_t weight)
{
    return (esp_err_t)DL_CALL(gdma_set_weight, dma_chan, weight);
}

esp_err_t gdma_config_transfer(gdma_channel_handle_t dma_chan, const gdma_transfer_config_t *config)
{
    if (config)
        SEES(config, sizeof *config);
    return (esp_err_t)DL_CALL(gdma_config_transfer, dma_chan, config != NULL, config ? config->max_data_burst_size : 0,
                              config ? config->access_ext_mem : 0);
}

esp_err_t gdma_get_alignment_constraints(gdma_channel_handle_t dma_chan, size_t *int_mem_alignment, size_t *ext_mem_alignment)
{
    const uint64_t inside = DL_CALL(gdma_get_alignment, dma_chan, 0);
    if (LOW(inside) != ESP_OK)
        return LOW(inside);
    if (int_mem_alignment)
        STORE(int_mem_alignment, (size_t)HIGH(inside));
    if (ext_mem_alignment)
        STORE(ext_mem_alignment, (size_t)HIGH(DL_CALL(gdma_get_alignment, dma_chan, 1)));
    return ESP_OK;
}

esp_err_t gdma_register_tx_event_callbacks(gdma_channel_handle_t dma_chan, gdma_tx_event_callbacks_t *cbs, void *user_data)
{
    if (cbs)
        SEES(cbs, sizeof *cbs);
    const gdma_tx_event_callbacks_t plain = cbs ? *cbs : (gdma_tx_event_callbacks_t){0};
    return (esp_err_t)DL_CALL(gdma_register_tx_event_callbacks, dma_chan, cbs != NULL, plain.on_trans_eof, plain.on_descr_err,
                              plain.on_link_switch, user_data);
}

esp_err_t gdma_register_rx_event_callbacks(gdma_channel_handle_t dma_chan, gdma_rx_event_callbacks_t *cbs, void *user_data)
{
    if (cbs)
        SEES(cbs, sizeof *cbs);
    const gdma_rx_event_callbacks_t plain = cbs ? *cbs : (gdma_rx_event_callbacks_t){0};
    return (esp_err_t)DL_CALL(gdma_register_rx_event_callbacks, dma_chan, cbs != NULL, plain.on_recv_eof, plain.on_descr_err,
                              plain.on_recv_done, plain.on_descr_empty, user_data);
}

esp_err_t gdma_start(gdma_channel_handle_t dma_chan, intptr_t desc_base_addr)
{
    return (esp_err_t)DL_CALL(gdma_start, dma_chan, (void *)desc_base_addr);
}

esp_err_t gdma_stop(gdma_channel_handle_t dma_chan)
{
    return (esp_err_t)DL_CALL(gdma_stop, dma_chan);
}

esp_err_t gdma_append(gdma_channel_handle_t dma_chan)
{
    return (esp_err_t)DL_CALL(gdma_append, dma_chan);
}

esp_err_t gdma_reset(gdma_channel_handle_t dma_chan)
{
    return (esp_err_t)DL_CALL(gdma_reset, dma_chan);
}

esp_err_t gdma_request_link_switch_event(gdma_channel_handle_t dma_chan)
{
    return (esp_err_t)DL_CALL(gdma_request_link_switch_event, dma_chan);
}

esp_err_t gdma_new_etm_event(gdma_channel_handle_t dma_chan, const gdma_etm_event_config_t *config,
                             esp_etm_event_handle_t *out_event)
{
    if (config)
        SEES(config, sizeof *config);
    const uint64_t answer = DL_CALL(gdma_new_etm_event, dma_chan, config ? config->event_type : -1, config && out_event);
    if (LOW(answer) == ESP_OK)
        STORE(out_event, AS_POINTER(esp_etm_event_handle_t, HIGH(answer)));
    return LOW(answer);
}

esp_err_t gdma_new_etm_task(gdma_channel_handle_t dma_chan, const gdma_etm_task_config_t *config, esp_etm_task_handle_t *out_task)
{
    if (config)
        SEES(config, sizeof *config);
    const uint64_t answer = DL_CALL(gdma_new_etm_task, dma_chan, config ? config->task_type : -1, config && out_task);
    if (LOW(answer) == ESP_OK)
        STORE(out_task, AS_POINTER(esp_etm_task_handle_t, HIGH(answer)));
    return LOW(answer);
}
