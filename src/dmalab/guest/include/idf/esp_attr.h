/* Where code and data are placed.
 *
 * The guest has four places (docs/guest.md, section 4): internal RAM, flash, instruction RAM and PSRAM. Section names carry a running
 * number, because one section may not hold constants and variables of one source file; the linker script gathers them.
 * Simplified: RTC memory and tightly coupled memory are taken for ordinary internal RAM.
 */
#pragma once

#include "sdkconfig.h"

#define DMALAB_JOIN_(a, b) a##b
#define DMALAB_TEXT_(x) #x
#define DMALAB_TEXT(x) DMALAB_TEXT_(x)
#define DMALAB_NUMBERED(name) __attribute__((section(name "." DMALAB_TEXT(__COUNTER__))))

#define IRAM_ATTR DMALAB_NUMBERED(".iram1")
#define FORCE_INLINE_ATTR static inline __attribute__((always_inline))
#define NOINLINE_ATTR __attribute__((noinline))

#define DRAM_ATTR DMALAB_NUMBERED(".data.dram")
#define IRAM_DATA_ATTR DMALAB_NUMBERED(".data.iram")
#define IRAM_BSS_ATTR DMALAB_NUMBERED(".bss.iram")
#define WORD_ALIGNED_ATTR __attribute__((aligned(4)))
#define DMA_ATTR WORD_ALIGNED_ATTR DRAM_ATTR
#define __NOINIT_ATTR DMALAB_NUMBERED(".bss.noinit")
#define COREDUMP_DRAM_ATTR DMALAB_NUMBERED(".data.coredump")
#define COREDUMP_IRAM_ATTR IRAM_ATTR

#define TCM_IRAM_ATTR IRAM_ATTR
#define TCM_DRAM_ATTR DMALAB_NUMBERED(".data.tcm")
#define SPM_IRAM_ATTR TCM_IRAM_ATTR
#define SPM_DRAM_ATTR TCM_DRAM_ATTR

#define RTC_DATA_ATTR DMALAB_NUMBERED(".data.rtc")
#define RTC_RODATA_ATTR DMALAB_NUMBERED(".data.rtc_rodata")
#define RTC_FAST_ATTR DMALAB_NUMBERED(".data.rtc_fast")
#define RTC_SLOW_ATTR DMALAB_NUMBERED(".data.rtc_slow")
#define RTC_NOINIT_ATTR DMALAB_NUMBERED(".bss.rtc_noinit")
#define RTC_IRAM_ATTR IRAM_ATTR

#if CONFIG_SPIRAM
#define EXT_RAM_BSS_ATTR DMALAB_NUMBERED(".ext_ram.bss")
#define EXT_RAM_NOINIT_ATTR DMALAB_NUMBERED(".ext_ram.noinit")
#else
#define EXT_RAM_BSS_ATTR
#define EXT_RAM_NOINIT_ATTR __NOINIT_ATTR
#endif
#define EXT_RAM_ATTR EXT_RAM_BSS_ATTR

/* A string constant in internal RAM, for code that runs while the flash cache is off. */
#define DRAM_STR(text)                                \
    (__extension__({                                  \
        static const DRAM_ATTR char dram_text_[] = (text); \
        (const char *)&dram_text_[0];                 \
    }))

#define IDF_DEPRECATED(reason) __attribute__((deprecated(reason)))
#ifndef __cplusplus
#define FLAG_ATTR(type)
#else
#define FLAG_ATTR(type)                                                            \
    inline constexpr type operator~(type a) { return static_cast<type>(~static_cast<int>(a)); } \
    inline constexpr type operator|(type a, type b) { return static_cast<type>(static_cast<int>(a) | static_cast<int>(b)); } \
    inline constexpr type operator&(type a, type b) { return static_cast<type>(static_cast<int>(a) & static_cast<int>(b)); } \
    inline type &operator|=(type &a, type b) { a = a | b; return a; }              \
    inline type &operator&=(type &a, type b) { a = a & b; return a; }
#endif
