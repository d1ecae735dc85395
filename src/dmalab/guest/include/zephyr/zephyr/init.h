/* Functions that run before main, by level and priority. */
#ifndef ZEPHYR_INCLUDE_INIT_H_
#define ZEPHYR_INCLUDE_INIT_H_

#include <zephyr/toolchain.h>
#include <zephyr/types.h>

struct device;

enum dl_init_level {
	DL_INIT_EARLY,
	DL_INIT_PRE_KERNEL_1,
	DL_INIT_PRE_KERNEL_2,
	DL_INIT_POST_KERNEL,
	DL_INIT_APPLICATION,
	DL_INIT_SMP,
};

struct dl_init_entry {
	int (*function)(void);
	int (*device_function)(const struct device *dev);
	const struct device *dev;
	int level;
	int priority;
};

#define DL_INIT_ENTRY(id, fn, dev_fn, device, init_level, prio)                                          \
	static const struct dl_init_entry dl_init_##id = {fn, dev_fn, device, DL_INIT_##init_level, prio}; \
	static const struct dl_init_entry *const dl_init_ref_##id                                        \
		__attribute__((used, section("dl_zephyr_init"))) = &dl_init_##id

#define SYS_INIT(fn, level, prio) SYS_INIT_NAMED(fn, fn, level, prio)
#define SYS_INIT_NAMED(name, fn, level, prio) DL_INIT_ENTRY(name, fn, NULL, NULL, level, prio)

#endif
