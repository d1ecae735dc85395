/* The DMA calls on devices whose driver is part of the firmware. */
#ifndef ZEPHYR_DMA_DRIVER_H
#define ZEPHYR_DMA_DRIVER_H

#include <zephyr/drivers/dma.h>

int dl_driver_config(const struct device *dev, uint32_t channel, struct dma_config *config) __attribute__((visibility("hidden")));
int dl_driver_reload(const struct device *dev, uint32_t channel, dl_dma_address_t src, dl_dma_address_t dst, size_t size)
    __attribute__((visibility("hidden")));
int dl_driver_start(const struct device *dev, uint32_t channel) __attribute__((visibility("hidden")));
int dl_driver_stop(const struct device *dev, uint32_t channel) __attribute__((visibility("hidden")));
int dl_driver_suspend(const struct device *dev, uint32_t channel) __attribute__((visibility("hidden")));
int dl_driver_resume(const struct device *dev, uint32_t channel) __attribute__((visibility("hidden")));
int dl_driver_get_status(const struct device *dev, uint32_t channel, struct dma_status *stat) __attribute__((visibility("hidden")));
int dl_driver_get_attribute(const struct device *dev, uint32_t type, uint32_t *value) __attribute__((visibility("hidden")));
int dl_driver_request_channel(const struct device *dev, void *filter_param) __attribute__((visibility("hidden")));
void dl_driver_release_channel(const struct device *dev, uint32_t channel) __attribute__((visibility("hidden")));
int dl_driver_chan_filter(const struct device *dev, int channel, void *filter_param) __attribute__((visibility("hidden")));

#endif
