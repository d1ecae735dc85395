/* Which memory an address belongs to. The machine answers: it knows how much PSRAM is mapped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_attr.h"
#include "soc/soc.h"
#include "soc/soc_caps.h"

#ifdef __cplusplus
extern "C" {
#endif

bool esp_ptr_internal(const void *p);
bool esp_ptr_external_ram(const void *p);
/* Internal memory only; PSRAM is asked for by the next one. */
bool esp_ptr_dma_capable(const void *p);
bool esp_ptr_dma_ext_capable(const void *p);
bool esp_ptr_byte_accessible(const void *p);
bool esp_ptr_executable(const void *p);
bool esp_ptr_in_iram(const void *p);
bool esp_ptr_in_dram(const void *p);
bool esp_ptr_in_diram_dram(const void *p);
bool esp_ptr_in_diram_iram(const void *p);
bool esp_ptr_in_drom(const void *p);
bool esp_ptr_in_rom(const void *p);
bool esp_ptr_in_rtc_slow(const void *p);
bool esp_ptr_in_rtc_iram_fast(const void *p);
bool esp_ptr_in_rtc_dram_fast(const void *p);
bool esp_dram_match_iram(void);
bool esp_stack_ptr_in_dram(uint32_t sp);
bool esp_stack_ptr_in_extram(uint32_t sp);

static inline bool esp_ptr_word_aligned(const void *p)
{
    return ((uintptr_t)p & 3) == 0;
}

static inline bool esp_stack_ptr_is_sane(uint32_t sp)
{
    return (sp & 15) == 0 && (esp_stack_ptr_in_dram(sp) || esp_stack_ptr_in_extram(sp));
}

#ifdef __cplusplus
}
#endif
