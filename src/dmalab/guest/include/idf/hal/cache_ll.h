/* Levels of the caches by the memory behind them, and the uncached view of internal RAM where there is one. There are no registers. */
#pragma once

#include "dmalab/target.h"
#include "hal/cache_types.h"

#if SOC_CACHE_L2_SUPPORTED
#define CACHE_LL_LEVEL_INT_MEM 1
#define CACHE_LL_LEVEL_EXT_MEM 2
#define CACHE_LL_LEVEL_ALL 3
#define CACHE_LL_LEVEL_NUMS 2
#else
#define CACHE_LL_LEVEL_INT_MEM 0
#define CACHE_LL_LEVEL_EXT_MEM 1
#define CACHE_LL_LEVEL_ALL 2
#define CACHE_LL_LEVEL_NUMS 1
#endif

#ifdef SOC_NON_CACHEABLE_OFFSET_SRAM
#define CACHE_LL_L2MEM_NON_CACHE_ADDR(address) ((intptr_t)(address) + SOC_NON_CACHEABLE_OFFSET_SRAM)
#define CACHE_LL_L2MEM_CACHE_ADDR(address) ((uintptr_t)(address)-SOC_NON_CACHEABLE_OFFSET_SRAM)
#endif
