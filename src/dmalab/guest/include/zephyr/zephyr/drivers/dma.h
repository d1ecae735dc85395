/* Zephyr's DMA API: constants, structures and calls of API version 1.1.0.
 *
 * The calls are functions here, not inline code: the machine's own controller answers them itself, and for a driver of the firmware they look
 * over its shoulder (docs/api-zephyr.md).
 */
#ifndef ZEPHYR_INCLUDE_DRIVERS_DMA_H_
#define ZEPHYR_INCLUDE_DRIVERS_DMA_H_

#include <zephyr/device.h>
#include <zephyr/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dma_channel_direction {
	MEMORY_TO_MEMORY = 0x0,
	MEMORY_TO_PERIPHERAL,
	PERIPHERAL_TO_MEMORY,
	PERIPHERAL_TO_PERIPHERAL,
	HOST_TO_MEMORY,
	MEMORY_TO_HOST,
	DMA_CHANNEL_DIRECTION_COMMON_COUNT,
	DMA_CHANNEL_DIRECTION_PRIV_START = DMA_CHANNEL_DIRECTION_COMMON_COUNT,
	DMA_CHANNEL_DIRECTION_MAX = 0x7
};

enum dma_addr_adj {
	DMA_ADDR_ADJ_INCREMENT,
	DMA_ADDR_ADJ_DECREMENT,
	DMA_ADDR_ADJ_NO_CHANGE,
};

enum dma_channel_filter {
	DMA_CHANNEL_NORMAL,
	DMA_CHANNEL_PERIODIC,
};

enum dma_attribute_type {
	DMA_ATTR_BUFFER_ADDRESS_ALIGNMENT,
	DMA_ATTR_BUFFER_SIZE_ALIGNMENT,
	DMA_ATTR_COPY_ALIGNMENT,
	DMA_ATTR_MAX_BLOCK_COUNT,
};

#define DMA_STATUS_COMPLETE 0
#define DMA_STATUS_BLOCK 1
#define DMA_STATUS_HALF_COMPLETE 2
#define DMA_MAGIC 0x47494749

/* The name it had before the sense was put into it; the sense is the same. */
#define error_callback_en error_callback_dis

#ifdef CONFIG_DMA_64BIT
typedef uint64_t dl_dma_address_t;
#else
typedef uint32_t dl_dma_address_t;
#endif

struct dma_block_config {
	dl_dma_address_t source_address;
	dl_dma_address_t dest_address;
	uint32_t source_gather_interval;
	uint32_t dest_scatter_interval;
	uint16_t dest_scatter_count;
	uint16_t source_gather_count;
	uint32_t block_size;
	struct dma_block_config *next_block;
	uint16_t source_gather_en: 1;
	uint16_t dest_scatter_en: 1;
	uint16_t source_addr_adj: 2;
	uint16_t dest_addr_adj: 2;
	uint16_t source_reload_en: 1;
	uint16_t dest_reload_en: 1;
	uint16_t fifo_mode_control: 4;
	uint16_t flow_control_mode: 1;
	uint16_t _reserved: 3;
};

typedef void (*dma_callback_t)(const struct device *dev, void *user_data, uint32_t channel, int status);

struct dma_config {
	uint32_t dma_slot: 8;
	uint32_t channel_direction: 3;
	uint32_t half_complete_callback_en: 1;
	uint32_t complete_callback_en: 1;
	uint32_t error_callback_dis: 1;
	uint32_t source_handshake: 1;
	uint32_t dest_handshake: 1;
	uint32_t channel_priority: 4;
	uint32_t source_chaining_en: 1;
	uint32_t dest_chaining_en: 1;
	uint32_t linked_channel: 7;
	uint32_t cyclic: 1;
	uint32_t _reserved: 2;
	uint32_t source_data_size: 16;
	uint32_t dest_data_size: 16;
	uint32_t source_burst_length: 16;
	uint32_t dest_burst_length: 16;
	uint32_t block_count;
	struct dma_block_config *head_block;
	void *user_data;
	dma_callback_t dma_callback;
};

struct dma_status {
	bool busy;
	enum dma_channel_direction dir;
	uint32_t pending_length;
	uint32_t free;
	uint32_t write_position;
	uint32_t read_position;
	uint64_t total_copied;
};

/* First member of the data of a driver that hands out channels. */
struct dma_context {
	int32_t magic;
	int dma_channels;
	atomic_t *atomic;
};

typedef int (*dma_api_config)(const struct device *dev, uint32_t channel, struct dma_config *config);
typedef int (*dma_api_reload)(const struct device *dev, uint32_t channel, dl_dma_address_t src, dl_dma_address_t dst, size_t size);
typedef int (*dma_api_start)(const struct device *dev, uint32_t channel);
typedef int (*dma_api_stop)(const struct device *dev, uint32_t channel);
typedef int (*dma_api_suspend)(const struct device *dev, uint32_t channel);
typedef int (*dma_api_resume)(const struct device *dev, uint32_t channel);
typedef int (*dma_api_get_status)(const struct device *dev, uint32_t channel, struct dma_status *status);
typedef int (*dma_api_get_attribute)(const struct device *dev, uint32_t type, uint32_t *value);
typedef bool (*dma_api_chan_filter)(const struct device *dev, int channel, void *filter_param);
typedef void (*dma_api_chan_release)(const struct device *dev, uint32_t channel);

struct dma_driver_api {
	dma_api_config config;
	dma_api_reload reload;
	dma_api_start start;
	dma_api_stop stop;
	dma_api_suspend suspend;
	dma_api_resume resume;
	dma_api_get_status get_status;
	dma_api_get_attribute get_attribute;
	dma_api_chan_filter chan_filter;
	dma_api_chan_release chan_release;
};

int dma_config(const struct device *dev, uint32_t channel, struct dma_config *config);
int dma_reload(const struct device *dev, uint32_t channel, dl_dma_address_t src, dl_dma_address_t dst, size_t size);
int dma_start(const struct device *dev, uint32_t channel);
int dma_stop(const struct device *dev, uint32_t channel);
int dma_suspend(const struct device *dev, uint32_t channel);
int dma_resume(const struct device *dev, uint32_t channel);
int dma_get_status(const struct device *dev, uint32_t channel, struct dma_status *stat);
int dma_get_attribute(const struct device *dev, uint32_t type, uint32_t *value);
int dma_request_channel(const struct device *dev, void *filter_param);
void dma_release_channel(const struct device *dev, uint32_t channel);
int dma_chan_filter(const struct device *dev, int channel, void *filter_param);

/* 1-based number of the top bit of a width in bytes; 0 unless it is a power of two up to 32. */
static inline uint32_t dma_width_index(uint32_t size)
{
	if (size < 1 || size > 32 || !is_power_of_two(size)) {
		return 0;
	}
	return find_msb_set(size);
}

/* As in the original, every power of two gives 0: the test is the wrong way round there too. */
static inline uint32_t dma_burst_index(uint32_t burst)
{
	if (burst < 1 || burst > 256 || is_power_of_two(burst)) {
		return 0;
	}
	return find_msb_set(burst);
}

#define DMA_BUF_ADDR_ALIGNMENT(node) DT_PROP(node, dma_buf_addr_alignment)
#define DMA_BUF_SIZE_ALIGNMENT(node) DT_PROP(node, dma_buf_size_alignment)
#define DMA_COPY_ALIGNMENT(node) DT_PROP(node, dma_copy_alignment)

#ifdef __cplusplus
}
#endif

#endif
