/* esp_async_memcpy.h. The configuration is taken apart here; members that the release does not have are sent as 0. */
#include "esp_async_memcpy.h"

#include "idf_stub.h"

struct config {
    uint32_t backlog;
    size_t sram_trans_align;
    size_t psram_trans_align;
    size_t dma_burst_size;
    uint32_t weight;
    uint32_t flags;
};

static struct config unpack(const async_memcpy_config_t *config)
{
    struct config plain = {0};
    if (!config)
        return plain;
    plain.backlog = config->backlog;
    plain.flags = config->flags;
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
    plain.weight = config->weight;
#else
    plain.sram_trans_align = config->sram_trans_align;
    plain.psram_trans_align = config->psram_trans_align;
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
    plain.dma_burst_size = config->dma_burst_size;
#endif
    return plain;
}

/* Up to release 5.1 a failed installation clears the caller's handle; later ones leave it alone. */
#define FAILURE_CLEARS_HANDLE (ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 2, 0))

/* What the firmware was built with. The interrupt of CP_DMA could run with the cache off up to release 5.1, the others' when asked to. */
#if CONFIG_GDMA_ENABLE_WEIGHTED_ARBITRATION
#define WEIGHTED 1
#else
#define WEIGHTED 0
#endif
#if CONFIG_GDMA_ISR_IRAM_SAFE || CONFIG_GDMA_ISR_HANDLER_IN_IRAM || (SOC_CP_DMA_SUPPORTED && ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 2, 0))
#define CACHE_SAFE 2
#else
#define CACHE_SAFE 0
#endif
#define BUILD_OPTIONS (WEIGHTED | CACHE_SAFE)

#define INSTALL(function)                                                                                                  \
    esp_err_t function(const async_memcpy_config_t *config, async_memcpy_handle_t *mcp)                                    \
    {                                                                                                                      \
        if (config)                                                                                                        \
            SEES(config, sizeof *config);                                                                                  \
        const struct config plain = unpack(config);                                                                        \
        const uint64_t answer = DL_CALL(function, config != NULL, plain.backlog, plain.sram_trans_align,                   \
                                        plain.psram_trans_align, plain.dma_burst_size, plain.weight, plain.flags,          \
                                        mcp != NULL, BUILD_OPTIONS);                                                                      \
        if (mcp && (LOW(answer) == ESP_OK || FAILURE_CLEARS_HANDLE))                                                       \
            STORE(mcp, LOW(answer) == ESP_OK ? AS_POINTER(async_memcpy_handle_t, HIGH(answer)) : NULL);                    \
        return LOW(answer);                                                                                                \
    }

INSTALL(esp_async_memcpy_install)
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 2, 0)
#if SOC_AHB_GDMA_SUPPORTED
INSTALL(esp_async_memcpy_install_gdma_ahb)
#endif
#if SOC_AXI_GDMA_SUPPORTED
INSTALL(esp_async_memcpy_install_gdma_axi)
#endif
#if SOC_LP_AHB_GDMA_SUPPORTED
INSTALL(esp_async_memcpy_install_gdma_lp_ahb)
#endif
#if SOC_CP_DMA_SUPPORTED
INSTALL(esp_async_memcpy_install_cpdma)
#endif
#endif

esp_err_t esp_async_memcpy_uninstall(async_memcpy_handle_t mcp)
{
    return (esp_err_t)DL_CALL(esp_async_memcpy_uninstall, mcp);
}

esp_err_t esp_async_memcpy(async_memcpy_handle_t mcp, void *dst, void *src, size_t n, async_memcpy_isr_cb_t cb_isr,
                           void *cb_args)
{
    return (esp_err_t)DL_CALL(esp_async_memcpy, mcp, dst, src, n, cb_isr, cb_args);
}

esp_err_t esp_memcpy_blocking(async_memcpy_handle_t mcp, void *dst, void *src, size_t n, int32_t timeout_ms)
{
    return (esp_err_t)DL_CALL(esp_memcpy_blocking, mcp, dst, src, n, timeout_ms);
}
