/* The chip and the release: chip.h is written at build time from the chip's description (guest/soc_header.py), the release comes as
 * -DDMALAB_IDF_MAJOR, _MINOR and _PATCH. */
#pragma once

#ifndef DMALAB_IDF_MAJOR
#define DMALAB_IDF_MAJOR 5
#define DMALAB_IDF_MINOR 5
#define DMALAB_IDF_PATCH 0
#endif

#include "dmalab/chip.h"
