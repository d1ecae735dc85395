/* Capabilities of the chip; a macro that is not defined means "no". */
#pragma once

#include "dmalab/target.h"
#include "soc/soc_caps_eval.h"
