/* Alignment that encrypted flash and PSRAM, or PSRAM with ECC, ask of engines. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_memory_utils.h"
#include "sdkconfig.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes; 1 where nothing is asked. NULL asks for external memory as such. */
static inline size_t esp_mspi_get_alignment(const void *ptr)
{
    size_t alignment = 1;
#if CONFIG_SECURE_FLASH_ENC_ENABLED
    if (ptr == NULL || esp_ptr_in_drom(ptr) || esp_ptr_external_ram(ptr)) alignment = SOC_MEMSPI_ENCRYPTION_ALIGNMENT;
#endif
#if CONFIG_SPIRAM_ECC_ENABLE
    if (ptr == NULL || esp_ptr_external_ram(ptr)) alignment = SOC_MEMSPI_ENCRYPTION_ALIGNMENT;
#endif
    (void)ptr;
    return alignment;
}

/* False for NULL and for no bytes. */
static inline bool esp_mspi_buffer_alignment_satisfied(const void *ptr, size_t size)
{
    return ptr != NULL && size != 0 && (((uintptr_t)ptr | size) & (esp_mspi_get_alignment(ptr) - 1)) == 0;
}

#ifdef __cplusplus
}
#endif
