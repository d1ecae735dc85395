/* Where statics go: tightly coupled, uncached and instruction memory, as far as the chip has it; else ordinary memory. */
#ifndef ZEPHYR_INCLUDE_LINKER_SECTION_TAGS_H_
#define ZEPHYR_INCLUDE_LINKER_SECTION_TAGS_H_

#include <zephyr/toolchain.h>

#define __dtcm_bss_section __attribute__((section(".dtcm_bss")))
#define __dtcm_data_section __attribute__((section(".dtcm_data")))
#define __dtcm_noinit_section __attribute__((section(".dtcm_noinit")))
#define __itcm_section __attribute__((section(".iram1.itcm")))
#define __ramfunc __attribute__((section(".iram1.ramfunc"), noinline))
#define __noinit __attribute__((section(".noinit")))
#ifdef CONFIG_NOCACHE_MEMORY
#define __nocache __attribute__((section(".nocache")))
#define __nocache_load __attribute__((section(".nocache.load")))
#define __nocache_noinit __attribute__((section(".nocache.noinit")))
#else
#define __nocache
#define __nocache_load
#define __nocache_noinit __noinit
#endif
#define __kstackmem
#define __kernel

#endif
