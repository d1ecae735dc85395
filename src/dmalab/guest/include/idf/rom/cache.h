/* Cache routines of the ROM, as ESP32-S2 and ESP32-S3 have them. They take no lock and check nothing; esp_cache_msync() does. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

int Cache_WriteBack_Addr(uint32_t addr, uint32_t size);
int Cache_Invalidate_Addr(uint32_t addr, uint32_t size);
void Cache_WriteBack_All(void);
void Cache_Invalidate_DCache_All(void);

#ifdef __cplusplus
}
#endif
