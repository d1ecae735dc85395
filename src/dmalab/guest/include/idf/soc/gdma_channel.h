/* Request ids of the peripherals that engines serve: SOC_GDMA_TRIG_PERIPH_<name> and its _BUS, from the chip's description. */
#pragma once

#include "dmalab/target.h"
