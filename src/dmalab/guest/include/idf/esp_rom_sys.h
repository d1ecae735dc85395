/* ROM routines: a busy wait and a printf that takes no lock. */
#pragma once

#include <stdarg.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

int esp_rom_printf(const char *fmt, ...);
int esp_rom_vprintf(const char *fmt, va_list ap);
/* Spins: the core is busy and engines go on. */
void esp_rom_delay_us(uint32_t us);
uint32_t esp_rom_get_cpu_ticks_per_us(void);

#ifdef __cplusplus
}
#endif
