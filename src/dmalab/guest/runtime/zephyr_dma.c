/* zephyr/drivers/dma.h on the machine's controller. Devices with a driver of the firmware's own go on to zephyr_dma_driver.c. */
#include <zephyr/drivers/dma.h>

#include "zephyr_stub.h"
#include "zephyr_dma_driver.h"

enum { MOST_BLOCKS = 4096 };
enum { TAIL_ENDS, TAIL_CLOSED, TAIL_BEYOND, TAIL_NO_CONFIG, TAIL_WILD };

static int is_ours(const struct device *dev)
{
    return dev == &dl_zephyr_dma0;
}

/* A block in a stack frame that has ended: on this very stack, below everything that is alive. */
static int is_dead(const void *block, uintptr_t alive)
{
    const struct dl_stack stack = dl_fiber_stack();
    return (uintptr_t)block >= stack.low && (uintptr_t)block < alive && (uintptr_t)block < stack.high;
}

static void tell_block(uint32_t token, const struct dma_block_config *block, int dead)
{
    const uint32_t counts = (uint32_t)block->dest_scatter_count << 16 | block->source_gather_count;
    const uint32_t flags = block->source_gather_en | block->dest_scatter_en << 1 | block->source_addr_adj << 2 | block->dest_addr_adj << 4 |
                           block->source_reload_en << 6 | block->dest_reload_en << 7 | block->fifo_mode_control << 8 |
                           block->flow_control_mode << 12;
    DL_CALL(dma_config_block, token, (uint64_t)block->source_address, (uint64_t)block->dest_address, block->block_size,
            block->source_gather_interval, block->dest_scatter_interval, counts, flags, block, dead);
}

static int machine_config(const struct device *dev, uint32_t channel, struct dma_config *config, uintptr_t alive, uintptr_t place,
                          uintptr_t fp)
{
    if (!config)
        return (int)DL_CALL(dma_config_end, (uint32_t)DL_CALL(dma_config_begin, dev, channel, 0, 0, 0, 0, 0, 0, 0, 0), TAIL_NO_CONFIG);
    dl_range((uintptr_t)config, sizeof *config, 0, place, fp);
    const uint32_t flags = config->complete_callback_en | config->error_callback_dis << 1 | config->half_complete_callback_en << 2 |
                           config->source_handshake << 3 | config->dest_handshake << 4 | config->source_chaining_en << 5 |
                           config->dest_chaining_en << 6 | config->cyclic << 7;
    const uint32_t token = (uint32_t)DL_CALL(dma_config_begin, dev, channel, config->dma_slot | config->channel_direction << 8, flags,
                                             config->channel_priority | config->linked_channel << 8,
                                             config->source_data_size | (uint32_t)config->dest_data_size << 16,
                                             config->source_burst_length | (uint32_t)config->dest_burst_length << 16, config->block_count,
                                             config->dma_callback, config->user_data);
    uint32_t tail = TAIL_ENDS, count = 0;
    for (const struct dma_block_config *block = config->head_block; block; block = block->next_block) {
        if (count && block == config->head_block) {
            tail = TAIL_CLOSED;
            break;
        }
        /* A pointer is followed only as far as it makes sense: behind block_count it may be anything, and before when the list is broken. */
        const int is_wild = !dl_in_chip(block) || (uintptr_t)block % sizeof(void *);
        if (count == MOST_BLOCKS || is_wild) {
            tail = is_wild && count < config->block_count ? TAIL_WILD : TAIL_BEYOND;
            break;
        }
        dl_range((uintptr_t)block, sizeof *block, 0, place, fp);
        tell_block(token, block, is_dead(block, alive));
        count++;
    }
    return (int)DL_CALL(dma_config_end, token, tail);
}

int dma_config(const struct device *dev, uint32_t channel, struct dma_config *config)
{
    if (!is_ours(dev))
        return dl_driver_config(dev, channel, config);
    return machine_config(dev, channel, config, (uintptr_t)__builtin_frame_address(0), DL_PLACE(), DL_CALLER_FP());
}

int dma_reload(const struct device *dev, uint32_t channel, dl_dma_address_t src, dl_dma_address_t dst, size_t size)
{
    if (!is_ours(dev))
        return dl_driver_reload(dev, channel, src, dst, size);
    return (int)DL_CALL(dma_reload, dev, channel, (uint64_t)src, (uint64_t)dst, size);
}

#define SIMPLE(verb)                                              \
    int dma_##verb(const struct device *dev, uint32_t channel)    \
    {                                                             \
        if (!is_ours(dev))                                        \
            return dl_driver_##verb(dev, channel);                \
        return (int)DL_CALL(dma_##verb, dev, channel);            \
    }
SIMPLE(start)
SIMPLE(stop)
SIMPLE(suspend)
SIMPLE(resume)

int dma_get_status(const struct device *dev, uint32_t channel, struct dma_status *stat)
{
    if (!is_ours(dev))
        return dl_driver_get_status(dev, channel, stat);
    const uint64_t answer = DL_CALL(dma_get_status, dev, channel);
    if (LOW(answer) || !stat)
        return LOW(answer);
    const uint32_t written = (uint32_t)(answer >> 36) & 0x7f, snapshot = (uint32_t)(answer >> 44);
    const uint64_t lengths = DL_CALL(dma_status_word, snapshot, 0), positions = DL_CALL(dma_status_word, snapshot, 1);
    const uint64_t copied = DL_CALL(dma_status_word, snapshot, 2);
    if (written & 1)
        STORE(&stat->busy, (bool)(answer >> 32 & 1));
    if (written & 2)
        STORE(&stat->dir, (enum dma_channel_direction)(answer >> 33 & 7));
    if (written & 4)
        STORE(&stat->pending_length, (uint32_t)lengths);
    if (written & 8)
        STORE(&stat->free, HIGH(lengths));
    if (written & 16)
        STORE(&stat->write_position, (uint32_t)positions);
    if (written & 32)
        STORE(&stat->read_position, HIGH(positions));
    if (written & 64)
        STORE(&stat->total_copied, copied);
    return 0;
}

int dma_get_attribute(const struct device *dev, uint32_t type, uint32_t *value)
{
    if (!is_ours(dev))
        return dl_driver_get_attribute(dev, type, value);
    const uint64_t answer = DL_CALL(dma_get_attribute, dev, type);
    if (!LOW(answer) && value)
        STORE(value, HIGH(answer));
    return LOW(answer);
}

static uint32_t parameter(const void *param, uintptr_t place, uintptr_t fp)
{
    if (!param)
        return 0;
    dl_range((uintptr_t)param, sizeof(uint32_t), 0, place, fp);
    return *(const uint32_t *)param;
}

int dma_request_channel(const struct device *dev, void *filter_param)
{
    if (!is_ours(dev))
        return dl_driver_request_channel(dev, filter_param);
    return (int)DL_CALL(dma_request_channel, dev, filter_param != NULL, parameter(filter_param, DL_PLACE(), DL_CALLER_FP()));
}

void dma_release_channel(const struct device *dev, uint32_t channel)
{
    if (!is_ours(dev))
        dl_driver_release_channel(dev, channel);
    else
        DL_CALL(dma_release_channel, dev, channel);
}

int dma_chan_filter(const struct device *dev, int channel, void *filter_param)
{
    if (!is_ours(dev))
        return dl_driver_chan_filter(dev, channel, filter_param);
    return (int)DL_CALL(dma_chan_filter, dev, channel, filter_param != NULL, parameter(filter_param, DL_PLACE(), DL_CALLER_FP()));
}

/* --- callbacks --- */

void dl_zephyr_dma_callback(uintptr_t function, uintptr_t user_data, uintptr_t packed)
{
    ((dma_callback_t)function)(&dl_zephyr_dma0, (void *)user_data, (uint32_t)packed >> 16, (int16_t)(uint16_t)packed);
}

void dl_zephyr_dma_callback_in_thread(uintptr_t number)
{
    const uintptr_t function = (uintptr_t)DL_CALL(dma_callback_word, (uint32_t)number, 0);
    const uintptr_t user_data = (uintptr_t)DL_CALL(dma_callback_word, (uint32_t)number, 1);
    dl_zephyr_dma_callback(function, user_data, (uintptr_t)DL_CALL(dma_callback_word, (uint32_t)number, 2));
}

/* --- the device itself --- */

static bool filter_of_ours(const struct device *dev, int channel, void *filter_param)
{
    return dma_chan_filter(dev, channel, filter_param) > 0;
}

static const struct dma_driver_api api = {
    .config = dma_config,
    .reload = dma_reload,
    .start = dma_start,
    .stop = dma_stop,
    .suspend = dma_suspend,
    .resume = dma_resume,
    .get_status = dma_get_status,
    .get_attribute = dma_get_attribute,
    .chan_filter = filter_of_ours,
    .chan_release = dma_release_channel,
};
static struct device_state state = {.initialized = true};
extern const struct device __device_dts_ord_8 __attribute__((alias("dl_zephyr_dma0"))); /* guest/devicetree_macros.py: DMA_ORD */
const struct device dl_zephyr_dma0 = {.name = "dma0", .api = &api, .state = &state};
