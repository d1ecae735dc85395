/* Chooses the chip file by the compiler option -DDMALAB_TARGET_<chip>, and the release by -DDMALAB_IDF_MAJOR, _MINOR and _PATCH. */
#pragma once

#ifndef DMALAB_IDF_MAJOR
#define DMALAB_IDF_MAJOR 5
#define DMALAB_IDF_MINOR 5
#define DMALAB_IDF_PATCH 0
#endif

#if defined(DMALAB_TARGET_esp32s3)
#include "dmalab/esp32s3.h"
#elif defined(DMALAB_TARGET_esp32p4)
#include "dmalab/esp32p4.h"
#else
#error "no chip chosen: compile with -DDMALAB_TARGET_<chip>, and add a file in dmalab/ for a new one"
#endif
