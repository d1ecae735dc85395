/* Old names of the ROM routines. */
#pragma once

#include "esp_rom_sys.h"

#define ets_printf esp_rom_printf
#define ets_delay_us esp_rom_delay_us
