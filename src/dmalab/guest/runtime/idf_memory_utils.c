/* esp_psram.h; and esp_memory_utils.h: every predicate but the last is the machine's to answer. */
#include "esp_memory_utils.h"
#include "esp_psram.h"

#include "idf_stub.h"

#define PREDICATE(function) \
    bool function(const void *p) { return DL_CALL(function, p) != 0; }

PREDICATE(esp_ptr_internal)
PREDICATE(esp_ptr_external_ram)
PREDICATE(esp_ptr_dma_capable)
PREDICATE(esp_ptr_dma_ext_capable)
PREDICATE(esp_ptr_byte_accessible)
PREDICATE(esp_ptr_executable)
PREDICATE(esp_ptr_in_iram)
PREDICATE(esp_ptr_in_dram)
PREDICATE(esp_ptr_in_diram_dram)
PREDICATE(esp_ptr_in_diram_iram)
PREDICATE(esp_ptr_in_drom)
PREDICATE(esp_ptr_in_rom)
PREDICATE(esp_ptr_in_rtc_slow)
PREDICATE(esp_ptr_in_rtc_iram_fast)
PREDICATE(esp_ptr_in_rtc_dram_fast)

bool esp_stack_ptr_in_dram(uint32_t sp)
{
    return DL_CALL(esp_stack_ptr_in_dram, sp) != 0;
}

bool esp_stack_ptr_in_extram(uint32_t sp)
{
    return DL_CALL(esp_stack_ptr_in_extram, sp) != 0;
}

size_t esp_psram_get_size(void)
{
    return (size_t)DL_CALL(esp_psram_get_size);
}

bool esp_psram_is_initialized(void)
{
    return esp_psram_get_size() != 0;
}

bool esp_dram_match_iram(void) { return SOC_DRAM_LOW == SOC_IRAM_LOW && SOC_DRAM_HIGH == SOC_IRAM_HIGH; }
