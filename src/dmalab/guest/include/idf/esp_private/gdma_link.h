/* Lists of descriptors that take care of caches, splitting and owners. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_idf_version.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gdma_link_list_t *gdma_link_list_handle_t;

typedef struct {
    uint32_t num_items;
    size_t item_alignment; /* 0 stands for 4 */
#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 4, 4) || \
    (ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0) && ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 5, 2))
    size_t buffer_alignment;
#define DMALAB_LIST_HAS_BUFFER_ALIGNMENT 1
#endif
    struct {
        uint32_t items_in_ext_mem : 1;
        uint32_t check_owner : 1;
    } flags;
} gdma_link_list_config_t;

/* Where the last item of a buffer points to. Older releases have a flag in its place: true is the end of the list. */
typedef enum {
    GDMA_FINAL_LINK_TO_DEFAULT = 0,
    GDMA_FINAL_LINK_TO_NULL = 1,
    GDMA_FINAL_LINK_TO_HEAD = 2,
    GDMA_FINAL_LINK_TO_START = 3,
} gdma_final_node_link_type_t;

typedef struct {
    void *buffer;
#ifndef DMALAB_LIST_HAS_BUFFER_ALIGNMENT
    size_t buffer_alignment;
#endif
    size_t length;
    struct {
        uint32_t mark_eof : 1;
        uint32_t mark_final : 2;
        uint32_t bypass_buffer_align_check : 1;
    } flags;
} gdma_buffer_mount_config_t;

typedef enum {
    GDMA_LLI_OWNER_CPU,
    GDMA_LLI_OWNER_DMA,
} gdma_lli_owner_t;

esp_err_t gdma_new_link_list(const gdma_link_list_config_t *config, gdma_link_list_handle_t *ret_list);
esp_err_t gdma_del_link_list(gdma_link_list_handle_t list);
esp_err_t gdma_link_mount_buffers(gdma_link_list_handle_t list, int start_item_index,
                                  const gdma_buffer_mount_config_t *buf_config_array, size_t num_buf, int *end_item_index);
intptr_t gdma_link_get_head_addr(gdma_link_list_handle_t list);
intptr_t gdma_link_get_item_addr(gdma_link_list_handle_t list, int item_index);
esp_err_t gdma_link_concat(gdma_link_list_handle_t first_link, int first_link_item_index, gdma_link_list_handle_t second_link,
                           int second_link_item_index);
esp_err_t gdma_link_set_owner(gdma_link_list_handle_t list, int item_index, gdma_lli_owner_t owner);
esp_err_t gdma_link_get_owner(gdma_link_list_handle_t list, int item_index, gdma_lli_owner_t *owner);
size_t gdma_link_count_buffer_size_till_eof(gdma_link_list_handle_t list, int start_item_index);
void *gdma_link_get_buffer(gdma_link_list_handle_t list, int item_index);
size_t gdma_link_get_length(gdma_link_list_handle_t list, int item_index);
esp_err_t gdma_link_set_length(gdma_link_list_handle_t list, int item_index, size_t length);
bool gdma_link_check_end(gdma_link_list_handle_t list, int item_index);

#ifdef __cplusplus
}
#endif
