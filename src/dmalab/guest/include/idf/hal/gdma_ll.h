/* Constants of the GDMA register layer that firmware can look at: GDMA_LL_<name>, from the chip's description. There are no registers. */
#pragma once

#include "soc/soc_caps.h"

#define GDMA_LL_GET(attribute) GDMA_LL_##attribute
