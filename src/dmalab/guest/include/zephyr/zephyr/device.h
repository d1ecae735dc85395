/* Devices: what they are made of, and how they are found. */
#ifndef ZEPHYR_INCLUDE_DEVICE_H_
#define ZEPHYR_INCLUDE_DEVICE_H_

#include <zephyr/devicetree.h>
#include <zephyr/init.h>
#include <zephyr/linker/section_tags.h>
#include <zephyr/sys/util.h>

#ifdef __cplusplus
extern "C" {
#endif

struct device_state {
	uint8_t init_res;
	bool initialized;
};

struct pm_device;

struct device {
	const char *name;
	const void *config;
	const void *api;
	struct device_state *state;
	void *data;
	struct pm_device *pm;
};

typedef int16_t device_handle_t;

bool device_is_ready(const struct device *dev);
const struct device *device_get_binding(const char *name);
int device_init(const struct device *dev);

#define DEVICE_NAME_GET(dev_id) _CONCAT(__device_, dev_id)
#define DEVICE_GET(dev_id) (&DEVICE_NAME_GET(dev_id))
#define DEVICE_DECLARE(dev_id) extern const struct device DEVICE_NAME_GET(dev_id)
#define DEVICE_DT_NAME_GET(node_id) DEVICE_NAME_GET(_CONCAT(dts_ord_, DT_DEP_ORD(node_id)))
#define DEVICE_DT_GET(node_id) (&DEVICE_DT_NAME_GET(node_id))
#define DEVICE_DT_GET_OR_NULL(node_id) COND_CODE_1(DT_NODE_HAS_STATUS_OKAY(node_id), (DEVICE_DT_GET(node_id)), (NULL))
#define DEVICE_DT_GET_ANY(compat) DEVICE_DT_GET_OR_NULL(DT_COMPAT_GET_ANY_STATUS_OKAY(compat))
#define DEVICE_DT_GET_ONE(compat) DEVICE_DT_GET(DT_COMPAT_GET_ANY_STATUS_OKAY(compat))
#define DEVICE_DT_INST_GET(inst) DEVICE_DT_GET(DT_DRV_INST(inst))
#define DEVICE_DT_NAME(node_id) DT_NODE_FULL_NAME(node_id)

#define DL_DEVICE(dev_id, dev_name, init_fn, pm_, data_, config_, level, prio, api_)                          \
	static struct device_state dl_devstate_##dev_id;                                                     \
	const struct device DEVICE_NAME_GET(dev_id) = {dev_name, config_, api_, &dl_devstate_##dev_id, data_, pm_}; \
	static const struct device *const dl_device_ref_##dev_id                                             \
		__attribute__((used, section("dl_zephyr_devices"))) = &DEVICE_NAME_GET(dev_id);              \
	DL_INIT_ENTRY(dev_##dev_id, NULL, init_fn, &DEVICE_NAME_GET(dev_id), level, prio)
#define DL_DEVICE_EXPANDED(dev_id, ...) DL_DEVICE(dev_id, __VA_ARGS__)

#define DEVICE_DEFINE(dev_id, name, init_fn, pm, data, config, level, prio, api, ...) \
	DL_DEVICE(dev_id, name, init_fn, pm, data, config, level, prio, api)
#define DEVICE_DT_DEFINE(node_id, init_fn, pm, data, config, level, prio, api, ...)                                 \
	DL_DEVICE_EXPANDED(_CONCAT(dts_ord_, DT_DEP_ORD(node_id)), DEVICE_DT_NAME(node_id), init_fn, pm, data, config, \
			   level, prio, api)
#define DEVICE_DT_INST_DEFINE(inst, ...) DEVICE_DT_DEFINE(DT_DRV_INST(inst), __VA_ARGS__)

#define DEVICE_API(class_name, name) const struct class_name##_driver_api name
#define DEVICE_API_GET(class_name, dev) ((const struct class_name##_driver_api *)(dev)->api)
#define DEVICE_API_IS(class_name, dev) ((dev)->api != NULL)

/* One declaration for each node of the tree, from the compiler's command line. */
#ifdef DL_DECLARE_DT_DEVICES
DL_DECLARE_DT_DEVICES
#endif

#ifdef __cplusplus
}
#endif

#endif
