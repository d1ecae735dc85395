/* Byte order; every chip here is little endian. */
#ifndef ZEPHYR_INCLUDE_SYS_BYTEORDER_H_
#define ZEPHYR_INCLUDE_SYS_BYTEORDER_H_

#include <zephyr/types.h>

#define sys_le16_to_cpu(v) ((uint16_t)(v))
#define sys_cpu_to_le16(v) ((uint16_t)(v))
#define sys_le32_to_cpu(v) ((uint32_t)(v))
#define sys_cpu_to_le32(v) ((uint32_t)(v))
#define sys_le64_to_cpu(v) ((uint64_t)(v))
#define sys_cpu_to_le64(v) ((uint64_t)(v))
#define sys_be16_to_cpu(v) __builtin_bswap16(v)
#define sys_cpu_to_be16(v) __builtin_bswap16(v)
#define sys_be32_to_cpu(v) __builtin_bswap32(v)
#define sys_cpu_to_be32(v) __builtin_bswap32(v)
#define sys_be64_to_cpu(v) __builtin_bswap64(v)
#define sys_cpu_to_be64(v) __builtin_bswap64(v)

static inline void sys_put_le16(uint16_t val, uint8_t dst[2])
{
	dst[0] = (uint8_t)val;
	dst[1] = (uint8_t)(val >> 8);
}

static inline void sys_put_le32(uint32_t val, uint8_t dst[4])
{
	sys_put_le16((uint16_t)val, dst);
	sys_put_le16((uint16_t)(val >> 16), &dst[2]);
}

static inline void sys_put_be16(uint16_t val, uint8_t dst[2])
{
	dst[0] = (uint8_t)(val >> 8);
	dst[1] = (uint8_t)val;
}

static inline void sys_put_be32(uint32_t val, uint8_t dst[4])
{
	sys_put_be16((uint16_t)(val >> 16), dst);
	sys_put_be16((uint16_t)val, &dst[2]);
}

static inline uint16_t sys_get_le16(const uint8_t src[2])
{
	return (uint16_t)((uint16_t)src[1] << 8 | src[0]);
}

static inline uint32_t sys_get_le32(const uint8_t src[4])
{
	return (uint32_t)sys_get_le16(&src[2]) << 16 | sys_get_le16(src);
}

static inline uint16_t sys_get_be16(const uint8_t src[2])
{
	return (uint16_t)((uint16_t)src[0] << 8 | src[1]);
}

static inline uint32_t sys_get_be32(const uint8_t src[4])
{
	return (uint32_t)sys_get_be16(src) << 16 | sys_get_be16(&src[2]);
}

#endif
