/* Address ranges of the chip, half open. There are no registers to read or write. */
#pragma once

#include "dmalab/target.h"
#include "esp_bit_defs.h"
