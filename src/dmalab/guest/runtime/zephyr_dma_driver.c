/* The DMA calls on devices whose driver is part of the firmware: what the header's inline code does, with the checker looking on.
 *
 * Each call is announced before and after. The callback in the configuration is replaced for the length of dma_config by one that announces
 * itself and then calls the client's, so the driver must take both callback and user data from there, as every driver does.
 */
#include <errno.h>

#include "zephyr_dma_driver.h"
#include "zephyr_stub.h"

enum op { CONFIG, RELOAD, START, STOP, SUSPEND, RESUME, GET_STATUS, GET_ATTRIBUTE, REQUEST, RELEASE, FILTER }; /* zephyr/watch.py: OPS */

enum { CLIENTS = 256 };
static struct client {
    const struct device *dev;
    uint32_t channel;
    dma_callback_t callback;
    void *user_data;
} clients[CLIENTS];

static const struct dma_driver_api *api_of(const struct device *dev)
{
    return dev->api;
}

/* Channels of a driver with a context; 0 when it has none. */
static uint32_t channels_of(const struct device *dev)
{
    const struct dma_context *context = dev->data;
    return context && context->magic == DMA_MAGIC ? (uint32_t)context->dma_channels : 0;
}

static void enter(const struct device *dev, enum op op, uint32_t channel, uint32_t detail)
{
    DL_CALL(dma_driver_enter, dev, (uint32_t)op, channel, detail);
}

static int leave(const struct device *dev, enum op op, uint32_t channel, int result, uint32_t busy)
{
    DL_CALL(dma_driver_leave, dev, (uint32_t)op, channel, result, busy);
    return result;
}

static void announce(const struct device *dev, void *user_data, uint32_t channel, int status)
{
    const struct client *client = user_data;
    DL_CALL(dma_driver_callback, client->dev, client->channel, status);
    if (client->callback)
        client->callback(dev, client->user_data, channel, status);
}

static struct client *client_of(const struct device *dev, uint32_t channel)
{
    for (struct client *one = clients; one < clients + CLIENTS; one++)
        if (!one->dev || (one->dev == dev && one->channel == channel))
            return one;
    return NULL;
}

int dl_driver_config(const struct device *dev, uint32_t channel, struct dma_config *config)
{
    enter(dev, CONFIG, channel, channels_of(dev) << 1 | (config && config->cyclic));
    struct client *client = config && config->dma_callback ? client_of(dev, channel) : NULL;
    if (!client)
        return leave(dev, CONFIG, channel, api_of(dev)->config(dev, channel, config), 0);
    const struct client before = *client, now = {dev, channel, config->dma_callback, config->user_data};
    *client = now;
    config->dma_callback = announce;
    config->user_data = client;
    const int result = api_of(dev)->config(dev, channel, config);
    config->dma_callback = now.callback;
    config->user_data = now.user_data;
    if (result && before.dev)
        *client = before;
    return leave(dev, CONFIG, channel, result, 0);
}

/* A call that may be missing in the driver. */
#define OPTIONAL(op, channel, member, ...)                                                              \
    do {                                                                                                \
        if (!api_of(dev)->member)                                                                       \
            return -ENOSYS;                                                                             \
        enter(dev, op, channel, channels_of(dev) << 1);                                                 \
        return leave(dev, op, channel, api_of(dev)->member(dev, __VA_ARGS__), 0);                       \
    } while (0)

int dl_driver_reload(const struct device *dev, uint32_t channel, dl_dma_address_t src, dl_dma_address_t dst, size_t size)
{
    OPTIONAL(RELOAD, channel, reload, channel, src, dst, size);
}

int dl_driver_start(const struct device *dev, uint32_t channel)
{
    OPTIONAL(START, channel, start, channel);
}

int dl_driver_stop(const struct device *dev, uint32_t channel)
{
    OPTIONAL(STOP, channel, stop, channel);
}

int dl_driver_suspend(const struct device *dev, uint32_t channel)
{
    OPTIONAL(SUSPEND, channel, suspend, channel);
}

int dl_driver_resume(const struct device *dev, uint32_t channel)
{
    OPTIONAL(RESUME, channel, resume, channel);
}

int dl_driver_get_status(const struct device *dev, uint32_t channel, struct dma_status *stat)
{
    if (!api_of(dev)->get_status)
        return -ENOSYS;
    enter(dev, GET_STATUS, channel, channels_of(dev) << 1);
    const int result = api_of(dev)->get_status(dev, channel, stat);
    return leave(dev, GET_STATUS, channel, result, result >= 0 && stat->busy);
}

int dl_driver_get_attribute(const struct device *dev, uint32_t type, uint32_t *value)
{
    OPTIONAL(GET_ATTRIBUTE, 0, get_attribute, type, value);
}

int dl_driver_request_channel(const struct device *dev, void *filter_param)
{
    struct dma_context *context = dev->data;
    if (!context || context->magic != DMA_MAGIC)
        return -EINVAL;
    for (int channel = 0; channel < context->dma_channels; channel++) {
        atomic_t *word = &context->atomic[channel / (int)ATOMIC_BITS];
        const atomic_val_t bit = (atomic_val_t)ATOMIC_MASK(channel);
        if (__atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST) & bit)
            continue;
        if (!api_of(dev)->chan_filter)
            return channel;
        enter(dev, FILTER, (uint32_t)channel, channels_of(dev) << 1);
        if (leave(dev, FILTER, (uint32_t)channel, api_of(dev)->chan_filter(dev, channel, filter_param), 0))
            return channel;
        __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);
    }
    return -EINVAL;
}

void dl_driver_release_channel(const struct device *dev, uint32_t channel)
{
    struct dma_context *context = dev->data;
    if (!context || context->magic != DMA_MAGIC || channel >= (uint32_t)context->dma_channels)
        return;
    if (api_of(dev)->chan_release) {
        enter(dev, RELEASE, channel, channels_of(dev) << 1);
        api_of(dev)->chan_release(dev, channel);
        leave(dev, RELEASE, channel, 0, 0);
    }
    __atomic_fetch_and(&context->atomic[channel / ATOMIC_BITS], ~(atomic_val_t)ATOMIC_MASK(channel), __ATOMIC_SEQ_CST);
}

int dl_driver_chan_filter(const struct device *dev, int channel, void *filter_param)
{
    OPTIONAL(FILTER, (uint32_t)channel, chan_filter, channel, filter_param);
}
