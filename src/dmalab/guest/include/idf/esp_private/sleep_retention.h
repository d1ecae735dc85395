/* There is no sleep, so nothing is retained: SOC_PAU_SUPPORTED is never defined, and code that asks for retention is left out. */
#pragma once

#include "esp_err.h"
#include "soc/soc_caps.h"
