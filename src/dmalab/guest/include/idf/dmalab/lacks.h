/* Functions that the chip or the release lacks: calling one ends the build, as it does with ESP-IDF; here it says what there is instead. */
#pragma once

#include "dmalab/target.h"

#ifdef DL_ENGINES
#define DL_TEXT_OF(x) #x
#define DL_TEXT(x) DL_TEXT_OF(x)
#define DL_RELEASE "v" DL_TEXT(DMALAB_IDF_MAJOR) "." DL_TEXT(DMALAB_IDF_MINOR)
#define DL_LACKS(engine) __attribute__((error(CONFIG_IDF_TARGET " has no " engine "; its engines: " DL_ENGINES)))
#define DL_NOT_IN_RELEASE(instead) __attribute__((error("ESP-IDF " DL_RELEASE " does not have it; " instead)))
#else
#define DL_LACKS(engine)
#define DL_NOT_IN_RELEASE(instead)
#endif

/* What v6.0 took away. */
#if DMALAB_IDF_MAJOR >= 6
#define DL_UP_TO_V5(instead) DL_NOT_IN_RELEASE(instead)
#else
#define DL_UP_TO_V5(instead)
#endif
#define DL_ALIGNED_BY_CAPS DL_UP_TO_V5("it has heap_caps_malloc() with MALLOC_CAP_DMA | MALLOC_CAP_CACHE_ALIGNED")
