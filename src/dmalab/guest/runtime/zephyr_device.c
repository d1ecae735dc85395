/* Devices and what runs before main. */
#include <errno.h>
#include <string.h>
#include <zephyr/device.h>

#include "zephyr_stub.h"

LIST(struct device, dl_zephyr_devices);

bool device_is_ready(const struct device *dev)
{
    return dev && dev->state && dev->state->initialized && !dev->state->init_res;
}

int device_init(const struct device *dev)
{
    return dev->state->initialized ? -EALREADY : -ENOENT; /* deferred initialisation is not modelled: nothing is left to do */
}

const struct device *device_get_binding(const char *name)
{
    if (!name || !*name)
        return NULL;
    if (!strcmp(name, dl_zephyr_dma0.name))
        return &dl_zephyr_dma0;
    for (const struct device *const *one = __start_dl_zephyr_devices; one != __stop_dl_zephyr_devices; one++)
        if (!strcmp((*one)->name, name) && device_is_ready(*one))
            return *one;
    return NULL;
}
