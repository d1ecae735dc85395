/* Constants of the GDMA register layer that tests look at. There are no registers. */
#pragma once

#include "soc/soc_caps.h"

#define GDMA_LL_CHANNEL_MAX_PRIORITY 5

#if SOC_AHB_GDMA_SUPPORTED
#define GDMA_LL_AHB_DESC_ALIGNMENT 4
#if SOC_AHB_GDMA_VERSION == 1
/* With bursts on, this version wants aligned buffers for receiving. */
#define GDMA_LL_AHB_RX_BURST_NEEDS_ALIGNMENT 1
#endif
#endif

#if SOC_AXI_GDMA_SUPPORTED
#define GDMA_LL_AXI_DESC_ALIGNMENT 8
#endif
