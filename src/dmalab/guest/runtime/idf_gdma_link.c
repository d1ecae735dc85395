/* esp_private/gdma_link.h. A mount tells its entries one by one, then asks for the whole. */
#include "esp_private/gdma_link.h"

#include "idf_stub.h"

esp_err_t gdma_new_link_list(const gdma_link_list_config_t *config, gdma_link_list_handle_t *ret_list)
{
    if (config)
        SEES(config, sizeof *config);
    const gdma_link_list_config_t plain = config ? *config : (gdma_link_list_config_t){0};
#ifdef DMALAB_LIST_HAS_BUFFER_ALIGNMENT
    const size_t buffer_alignment = plain.buffer_alignment;
#else
    const size_t buffer_alignment = 1;
#endif
    const uint64_t answer = DL_CALL(gdma_new_link_list, config && ret_list, plain.num_items, plain.item_alignment, buffer_alignment,
                                    (uint32_t)plain.flags.items_in_ext_mem, (uint32_t)plain.flags.check_owner);
    if (LOW(answer) == ESP_OK)
        STORE(ret_list, AS_POINTER(gdma_link_list_handle_t, HIGH(answer)));
    return LOW(answer);
}

esp_err_t gdma_del_link_list(gdma_link_list_handle_t list)
{
    return (esp_err_t)DL_CALL(gdma_del_link_list, list);
}

esp_err_t gdma_link_mount_buffers(gdma_link_list_handle_t list, int start_item_index,
                                  const gdma_buffer_mount_config_t *buf_config_array, size_t num_buf, int *end_item_index)
{
    if (!list || !buf_config_array || !num_buf)
        return ESP_ERR_INVALID_ARG;
    SEES(buf_config_array, num_buf * sizeof *buf_config_array);
    for (size_t i = 0; i < num_buf; i++) {
        const gdma_buffer_mount_config_t *entry = &buf_config_array[i];
#ifdef DMALAB_LIST_HAS_BUFFER_ALIGNMENT
        const size_t alignment = 0;
#else
        const size_t alignment = entry->buffer_alignment ? entry->buffer_alignment : 1;
#endif
        DL_CALL(gdma_link_mount_entry, list, entry->buffer, entry->length, alignment, (uint32_t)entry->flags.mark_eof,
                (uint32_t)entry->flags.mark_final, (uint32_t)entry->flags.bypass_buffer_align_check);
    }
    const uint64_t answer = DL_CALL(gdma_link_mount_buffers, list, start_item_index);
    if (LOW(answer) == ESP_OK && end_item_index)
        STORE(end_item_index, (int)HIGH(answer));
    return LOW(answer);
}

intptr_t gdma_link_get_head_addr(gdma_link_list_handle_t list)
{
    return (intptr_t)DL_CALL(gdma_link_get_head_addr, list);
}

intptr_t gdma_link_get_item_addr(gdma_link_list_handle_t list, int item_index)
{
    return (intptr_t)DL_CALL(gdma_link_get_item_addr, list, item_index);
}

esp_err_t gdma_link_concat(gdma_link_list_handle_t first_link, int first_link_item_index, gdma_link_list_handle_t second_link,
                           int second_link_item_index)
{
    return (esp_err_t)DL_CALL(gdma_link_concat, first_link, first_link_item_index, second_link, second_link_item_index);
}

esp_err_t gdma_link_set_owner(gdma_link_list_handle_t list, int item_index, gdma_lli_owner_t owner)
{
    return (esp_err_t)DL_CALL(gdma_link_set_owner, list, item_index, owner);
}

esp_err_t gdma_link_get_owner(gdma_link_list_handle_t list, int item_index, gdma_lli_owner_t *owner)
{
    const uint64_t answer = DL_CALL(gdma_link_get_owner, list, item_index, owner != NULL);
    if (LOW(answer) == ESP_OK)
        STORE(owner, (gdma_lli_owner_t)HIGH(answer));
    return LOW(answer);
}

size_t gdma_link_count_buffer_size_till_eof(gdma_link_list_handle_t list, int start_item_index)
{
    return (size_t)DL_CALL(gdma_link_count_buffer_size_till_eof, list, start_item_index);
}

void *gdma_link_get_buffer(gdma_link_list_handle_t list, int item_index)
{
    return AS_POINTER(void *, DL_CALL(gdma_link_get_buffer, list, item_index));
}

size_t gdma_link_get_length(gdma_link_list_handle_t list, int item_index)
{
    return (size_t)DL_CALL(gdma_link_get_length, list, item_index);
}

esp_err_t gdma_link_set_length(gdma_link_list_handle_t list, int item_index, size_t length)
{
    return (esp_err_t)DL_CALL(gdma_link_set_length, list, item_index, length);
}

bool gdma_link_check_end(gdma_link_list_handle_t list, int item_index)
{
    return DL_CALL(gdma_link_check_end, list, item_index) != 0;
}
