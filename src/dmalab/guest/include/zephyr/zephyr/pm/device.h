/* Power states of devices: without CONFIG_PM_DEVICE every device is always active. */
#ifndef ZEPHYR_INCLUDE_PM_DEVICE_H_
#define ZEPHYR_INCLUDE_PM_DEVICE_H_

#include <zephyr/device.h>

enum pm_device_state {
	PM_DEVICE_STATE_ACTIVE,
	PM_DEVICE_STATE_SUSPENDED,
	PM_DEVICE_STATE_SUSPENDING,
	PM_DEVICE_STATE_OFF,
};

enum pm_device_action {
	PM_DEVICE_ACTION_SUSPEND,
	PM_DEVICE_ACTION_RESUME,
	PM_DEVICE_ACTION_TURN_OFF,
	PM_DEVICE_ACTION_TURN_ON,
};

#define PM_DEVICE_DT_DEFINE(node_id, action)
#define PM_DEVICE_DT_INST_DEFINE(idx, action)
#define PM_DEVICE_DEFINE(dev_id, action)
#define PM_DEVICE_DT_GET(node_id) NULL
#define PM_DEVICE_DT_INST_GET(idx) NULL
#define PM_DEVICE_GET(dev_id) NULL

static inline const char *pm_device_state_str(enum pm_device_state state)
{
	static const char *const names[] = {"active", "suspended", "suspending", "off"};

	return (unsigned int)state < ARRAY_SIZE(names) ? names[state] : "";
}

static inline int pm_device_state_get(const struct device *dev, enum pm_device_state *state)
{
	ARG_UNUSED(dev);
	*state = PM_DEVICE_STATE_ACTIVE;
	return 0;
}

static inline int pm_device_driver_init(const struct device *dev, int (*action)(const struct device *, enum pm_device_action))
{
	return action(dev, PM_DEVICE_ACTION_RESUME);
}

#endif
