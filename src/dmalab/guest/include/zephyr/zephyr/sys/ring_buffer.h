/* Byte rings: one side puts, the other gets, by copying or by claiming a stretch of the memory itself, which is how DMA fills and empties them.
 *
 * Inline, so that every load and store is seen as the firmware's. One producer and one consumer need no lock. */
#ifndef ZEPHYR_INCLUDE_SYS_RING_BUFFER_H_
#define ZEPHYR_INCLUDE_SYS_RING_BUFFER_H_

#include <errno.h>
#include <string.h>
#include <zephyr/sys/util.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ring_buf {
	uint8_t *buffer;
	uint32_t size;
	/* Bytes since the beginning; `put_claimed` and `get_claimed` run ahead of what has been finished. */
	uint32_t put, put_claimed;
	uint32_t get, get_claimed;
};

#define RING_BUF_INIT(buf, buf_size) {.buffer = (buf), .size = (buf_size), .put = 0, .put_claimed = 0, .get = 0, .get_claimed = 0}
#define RING_BUF_DECLARE(name, size8)                        \
	static uint8_t __noinit dl_ring_bytes_##name[size8]; \
	struct ring_buf name = RING_BUF_INIT(dl_ring_bytes_##name, size8)

static inline void ring_buf_init(struct ring_buf *buf, uint32_t size, uint8_t *data)
{
	*buf = (struct ring_buf)RING_BUF_INIT(data, size);
}

static inline void ring_buf_reset(struct ring_buf *buf)
{
	buf->put = buf->put_claimed = buf->get = buf->get_claimed = 0;
}

static inline uint32_t ring_buf_capacity_get(const struct ring_buf *buf)
{
	return buf->size;
}

static inline uint32_t ring_buf_size_get(const struct ring_buf *buf)
{
	return buf->put - buf->get;
}

static inline uint32_t ring_buf_space_get(const struct ring_buf *buf)
{
	return buf->size - ring_buf_size_get(buf);
}

static inline bool ring_buf_is_empty(const struct ring_buf *buf)
{
	return buf->put == buf->get;
}

/* The longest stretch from position `at` on that does not wrap. */
static inline uint32_t dl_ring_stretch(const struct ring_buf *buf, uint32_t at, uint32_t available, uint32_t wanted, uint8_t **data)
{
	const uint32_t offset = at % buf->size;
	const uint32_t straight = buf->size - offset;
	const uint32_t most = available < straight ? available : straight;

	*data = buf->buffer + offset;
	return wanted < most ? wanted : most;
}

static inline uint32_t ring_buf_put_claim(struct ring_buf *buf, uint8_t **data, uint32_t size)
{
	const uint32_t found = dl_ring_stretch(buf, buf->put_claimed, buf->size - (buf->put_claimed - buf->get), size, data);

	buf->put_claimed += found;
	return found;
}

static inline int ring_buf_put_finish(struct ring_buf *buf, uint32_t size)
{
	if (size > buf->put_claimed - buf->put) {
		return -EINVAL;
	}
	buf->put += size;
	buf->put_claimed = buf->put;
	return 0;
}

static inline uint32_t ring_buf_get_claim(struct ring_buf *buf, uint8_t **data, uint32_t size)
{
	const uint32_t found = dl_ring_stretch(buf, buf->get_claimed, buf->put - buf->get_claimed, size, data);

	buf->get_claimed += found;
	return found;
}

static inline int ring_buf_get_finish(struct ring_buf *buf, uint32_t size)
{
	if (size > buf->get_claimed - buf->get) {
		return -EINVAL;
	}
	buf->get += size;
	buf->get_claimed = buf->get;
	return 0;
}

static inline uint32_t ring_buf_put(struct ring_buf *buf, const uint8_t *data, uint32_t size)
{
	uint32_t total = 0, part;
	uint8_t *to;

	while ((part = ring_buf_put_claim(buf, &to, size - total)) != 0) {
		memcpy(to, data + total, part);
		total += part;
	}
	ring_buf_put_finish(buf, total);
	return total;
}

static inline uint32_t ring_buf_peek(struct ring_buf *buf, uint8_t *data, uint32_t size)
{
	uint32_t total = 0, part;
	uint8_t *from;

	while ((part = ring_buf_get_claim(buf, &from, size - total)) != 0) {
		memcpy(data + total, from, part);
		total += part;
	}
	ring_buf_get_finish(buf, 0);
	return total;
}

/* Without `data` the bytes are dropped. */
static inline uint32_t ring_buf_get(struct ring_buf *buf, uint8_t *data, uint32_t size)
{
	uint32_t total = 0, part;
	uint8_t *from;

	while ((part = ring_buf_get_claim(buf, &from, size - total)) != 0) {
		if (data) {
			memcpy(data + total, from, part);
		}
		total += part;
	}
	ring_buf_get_finish(buf, total);
	return total;
}

#ifdef __cplusplus
}
#endif

#endif
