/* Memory copies by an engine, completed in an interrupt. The configuration's layout follows the release. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dmalab/lacks.h"
#include "esp_err.h"
#include "esp_etm.h"
#include "esp_idf_version.h"
#include "soc/soc_caps.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct async_memcpy_context_t *async_memcpy_handle_t;
typedef async_memcpy_handle_t async_memcpy_t;

typedef struct {
    void *data;
} async_memcpy_event_t;

/* Runs in an interrupt; true means that it woke a task of higher priority. `event` is valid only during the call. */
typedef bool (*async_memcpy_isr_cb_t)(async_memcpy_handle_t mcp_hdl, async_memcpy_event_t *event, void *cb_args);

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
typedef struct {
    uint32_t backlog;
    uint32_t weight;
    size_t dma_burst_size;
    uint32_t flags;
} async_memcpy_config_t;

#define ASYNC_MEMCPY_DEFAULT_CONFIG() {.backlog = 8, .weight = 0, .dma_burst_size = 16, .flags = 0}

#elif ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
typedef struct {
    uint32_t backlog;
    size_t sram_trans_align; /* ignored */
    union {
        size_t psram_trans_align; /* old name; the value is taken for a burst */
        size_t dma_burst_size;
    };
    uint32_t flags;
} async_memcpy_config_t;

#define ASYNC_MEMCPY_DEFAULT_CONFIG() {.backlog = 8, .sram_trans_align = 0, .dma_burst_size = 16, .flags = 0}

#else
typedef struct {
    uint32_t backlog;
    size_t sram_trans_align;
    size_t psram_trans_align;
    uint32_t flags;
} async_memcpy_config_t;

#define ASYNC_MEMCPY_DEFAULT_CONFIG() {.backlog = 8, .sram_trans_align = 0, .psram_trans_align = 0, .flags = 0}
#endif

/* The default engine: CP_DMA where there is one, else the AHB engine. */
#if !SOC_ASYNC_MEMCPY_SUPPORTED
DL_LACKS("engine that copies memory")
#endif
esp_err_t esp_async_memcpy_install(const async_memcpy_config_t *config, async_memcpy_handle_t *mcp);

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 2, 0)
#define DL_BY_ENGINE DL_NOT_IN_RELEASE("it has esp_async_memcpy_install()")
#else
#define DL_BY_ENGINE
#endif
#if !SOC_AHB_GDMA_SUPPORTED
DL_LACKS("AHB GDMA")
#endif
DL_BY_ENGINE esp_err_t esp_async_memcpy_install_gdma_ahb(const async_memcpy_config_t *config, async_memcpy_handle_t *mcp);
#if !SOC_AXI_GDMA_SUPPORTED
DL_LACKS("AXI GDMA")
#endif
DL_BY_ENGINE esp_err_t esp_async_memcpy_install_gdma_axi(const async_memcpy_config_t *config, async_memcpy_handle_t *mcp);
#if !SOC_LP_AHB_GDMA_SUPPORTED
DL_LACKS("LP AHB GDMA")
#elif ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 1, 0)
DL_NOT_IN_RELEASE("it came with v6.1")
#endif
esp_err_t esp_async_memcpy_install_gdma_lp_ahb(const async_memcpy_config_t *config, async_memcpy_handle_t *mcp);
#if !SOC_CP_DMA_SUPPORTED
DL_LACKS("CP_DMA")
#endif
DL_BY_ENGINE esp_err_t esp_async_memcpy_install_cpdma(const async_memcpy_config_t *config, async_memcpy_handle_t *mcp);

esp_err_t esp_async_memcpy_uninstall(async_memcpy_handle_t mcp);
esp_err_t esp_async_memcpy(async_memcpy_handle_t mcp, void *dst, void *src, size_t n, async_memcpy_isr_cb_t cb_isr,
                           void *cb_args);

typedef enum {
    ASYNC_MEMCPY_ETM_EVENT_COPY_DONE,
} async_memcpy_etm_event_t;

esp_err_t esp_async_memcpy_new_etm_event(async_memcpy_handle_t mcp, async_memcpy_etm_event_t event_type,
                                         esp_etm_event_handle_t *out_event);
/* Newer than any numbered release, and offered to all of them. The only legal timeout is -1, which waits for ever. */
esp_err_t esp_memcpy_blocking(async_memcpy_handle_t mcp, void *dst, void *src, size_t n, int32_t timeout_ms);

#ifdef __cplusplus
}
#endif
