/* Comparisons of numbers and pointers. Included by unity.h.
 *
 * A value is cut to the type in the macro's name, as Unity does, and travels as a 64-bit number with the way to show it.
 */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* How to show a number; the lower bits are its size in bytes. */
enum { UNITY_SHOW_SIGNED = 0, UNITY_SHOW_UNSIGNED = 16, UNITY_SHOW_HEX = 32, UNITY_SHOW_CHAR = 48 };

enum unity_relation { UNITY_EQUAL, UNITY_NOT_EQUAL, UNITY_GREATER, UNITY_LESS, UNITY_GREATER_OR_EQUAL, UNITY_LESS_OR_EQUAL };

void unity_check_number(enum unity_relation relation, unsigned style, int64_t threshold, int64_t actual, const char *message, unsigned line);
void unity_check_within(unsigned style, uint64_t delta, int64_t expected, int64_t actual, const char *message, unsigned line);
void unity_check_bits(uint64_t mask, uint64_t expected, uint64_t actual, const char *message, unsigned line);
void unity_check_esp_err(esp_err_t expected, esp_err_t actual, unsigned line);

/* The type of each name, and how it is shown. */
#define UNITY_TYPE_INT int
#define UNITY_TYPE_INT8 int8_t
#define UNITY_TYPE_INT16 int16_t
#define UNITY_TYPE_INT32 int32_t
#define UNITY_TYPE_INT64 int64_t
#define UNITY_TYPE_UINT unsigned
#define UNITY_TYPE_UINT8 uint8_t
#define UNITY_TYPE_UINT16 uint16_t
#define UNITY_TYPE_UINT32 uint32_t
#define UNITY_TYPE_UINT64 uint64_t
#define UNITY_TYPE_size_t size_t
#define UNITY_TYPE_HEX unsigned
#define UNITY_TYPE_HEX8 uint8_t
#define UNITY_TYPE_HEX16 uint16_t
#define UNITY_TYPE_HEX32 uint32_t
#define UNITY_TYPE_HEX64 uint64_t
#define UNITY_TYPE_CHAR signed char

#define UNITY_STYLE_INT (UNITY_SHOW_SIGNED | sizeof(int))
#define UNITY_STYLE_INT8 (UNITY_SHOW_SIGNED | sizeof(int8_t))
#define UNITY_STYLE_INT16 (UNITY_SHOW_SIGNED | sizeof(int16_t))
#define UNITY_STYLE_INT32 (UNITY_SHOW_SIGNED | sizeof(int32_t))
#define UNITY_STYLE_INT64 (UNITY_SHOW_SIGNED | sizeof(int64_t))
#define UNITY_STYLE_UINT (UNITY_SHOW_UNSIGNED | sizeof(unsigned))
#define UNITY_STYLE_UINT8 (UNITY_SHOW_UNSIGNED | sizeof(uint8_t))
#define UNITY_STYLE_UINT16 (UNITY_SHOW_UNSIGNED | sizeof(uint16_t))
#define UNITY_STYLE_UINT32 (UNITY_SHOW_UNSIGNED | sizeof(uint32_t))
#define UNITY_STYLE_UINT64 (UNITY_SHOW_UNSIGNED | sizeof(uint64_t))
#define UNITY_STYLE_size_t (UNITY_SHOW_UNSIGNED | sizeof(size_t))
#define UNITY_STYLE_HEX (UNITY_SHOW_HEX | sizeof(unsigned))
#define UNITY_STYLE_HEX8 (UNITY_SHOW_HEX | sizeof(uint8_t))
#define UNITY_STYLE_HEX16 (UNITY_SHOW_HEX | sizeof(uint16_t))
#define UNITY_STYLE_HEX32 (UNITY_SHOW_HEX | sizeof(uint32_t))
#define UNITY_STYLE_HEX64 (UNITY_SHOW_HEX | sizeof(uint64_t))
#define UNITY_STYLE_CHAR (UNITY_SHOW_CHAR | sizeof(signed char))

#define UNITY_NUMBER(type, relation, threshold, actual, message)                                                     \
    unity_check_number(UNITY_##relation, UNITY_STYLE_##type, (int64_t)(UNITY_TYPE_##type)(threshold),                \
                       (int64_t)(UNITY_TYPE_##type)(actual), message, __LINE__)
#define UNITY_WITHIN(type, delta, expected, actual, message)                                                         \
    unity_check_within(UNITY_STYLE_##type, (uint64_t)(delta), (int64_t)(UNITY_TYPE_##type)(expected),                \
                       (int64_t)(UNITY_TYPE_##type)(actual), message, __LINE__)

/* --- equal --- */

#define TEST_ASSERT_EQUAL(expected, actual) TEST_ASSERT_EQUAL_INT(expected, actual)
#define TEST_ASSERT_EQUAL_MESSAGE(expected, actual, message) TEST_ASSERT_EQUAL_INT_MESSAGE(expected, actual, message)
#define TEST_ASSERT_NOT_EQUAL(expected, actual) TEST_ASSERT_NOT_EQUAL_INT(expected, actual)
#define TEST_ASSERT_NOT_EQUAL_MESSAGE(expected, actual, message) TEST_ASSERT_NOT_EQUAL_INT_MESSAGE(expected, actual, message)
#define TEST_ASSERT_EQUAL_INT(expected, actual) UNITY_NUMBER(INT, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_INT_MESSAGE(expected, actual, message) UNITY_NUMBER(INT, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_INT8(expected, actual) UNITY_NUMBER(INT8, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_INT8_MESSAGE(expected, actual, message) UNITY_NUMBER(INT8, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_INT16(expected, actual) UNITY_NUMBER(INT16, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_INT16_MESSAGE(expected, actual, message) UNITY_NUMBER(INT16, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_INT32(expected, actual) UNITY_NUMBER(INT32, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_INT32_MESSAGE(expected, actual, message) UNITY_NUMBER(INT32, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_INT64(expected, actual) UNITY_NUMBER(INT64, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_INT64_MESSAGE(expected, actual, message) UNITY_NUMBER(INT64, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_UINT(expected, actual) UNITY_NUMBER(UINT, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_UINT_MESSAGE(expected, actual, message) UNITY_NUMBER(UINT, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_UINT8(expected, actual) UNITY_NUMBER(UINT8, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_UINT8_MESSAGE(expected, actual, message) UNITY_NUMBER(UINT8, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_UINT16(expected, actual) UNITY_NUMBER(UINT16, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_UINT16_MESSAGE(expected, actual, message) UNITY_NUMBER(UINT16, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_UINT32(expected, actual) UNITY_NUMBER(UINT32, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_UINT32_MESSAGE(expected, actual, message) UNITY_NUMBER(UINT32, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_UINT64(expected, actual) UNITY_NUMBER(UINT64, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_UINT64_MESSAGE(expected, actual, message) UNITY_NUMBER(UINT64, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_size_t(expected, actual) UNITY_NUMBER(size_t, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_size_t_MESSAGE(expected, actual, message) UNITY_NUMBER(size_t, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_HEX(expected, actual) UNITY_NUMBER(HEX, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_HEX_MESSAGE(expected, actual, message) UNITY_NUMBER(HEX, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_HEX8(expected, actual) UNITY_NUMBER(HEX8, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_HEX8_MESSAGE(expected, actual, message) UNITY_NUMBER(HEX8, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_HEX16(expected, actual) UNITY_NUMBER(HEX16, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_HEX16_MESSAGE(expected, actual, message) UNITY_NUMBER(HEX16, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_HEX32(expected, actual) UNITY_NUMBER(HEX32, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_HEX32_MESSAGE(expected, actual, message) UNITY_NUMBER(HEX32, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_HEX64(expected, actual) UNITY_NUMBER(HEX64, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_HEX64_MESSAGE(expected, actual, message) UNITY_NUMBER(HEX64, EQUAL, expected, actual, message)
#define TEST_ASSERT_EQUAL_CHAR(expected, actual) UNITY_NUMBER(CHAR, EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_CHAR_MESSAGE(expected, actual, message) UNITY_NUMBER(CHAR, EQUAL, expected, actual, message)

/* --- other relations --- */

#define TEST_ASSERT_NOT_EQUAL_INT(threshold, actual) UNITY_NUMBER(INT, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_INT_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_INT8(threshold, actual) UNITY_NUMBER(INT8, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_INT8_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT8, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_INT16(threshold, actual) UNITY_NUMBER(INT16, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_INT16_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT16, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_INT32(threshold, actual) UNITY_NUMBER(INT32, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_INT32_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT32, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_INT64(threshold, actual) UNITY_NUMBER(INT64, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_INT64_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT64, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_UINT(threshold, actual) UNITY_NUMBER(UINT, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_UINT_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_UINT8(threshold, actual) UNITY_NUMBER(UINT8, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_UINT8_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT8, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_UINT16(threshold, actual) UNITY_NUMBER(UINT16, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_UINT16_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT16, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_UINT32(threshold, actual) UNITY_NUMBER(UINT32, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_UINT32_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT32, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_UINT64(threshold, actual) UNITY_NUMBER(UINT64, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_UINT64_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT64, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_size_t(threshold, actual) UNITY_NUMBER(size_t, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_size_t_MESSAGE(threshold, actual, message) UNITY_NUMBER(size_t, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_HEX(threshold, actual) UNITY_NUMBER(HEX, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_HEX_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_HEX8(threshold, actual) UNITY_NUMBER(HEX8, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_HEX8_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX8, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_HEX16(threshold, actual) UNITY_NUMBER(HEX16, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_HEX16_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX16, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_HEX32(threshold, actual) UNITY_NUMBER(HEX32, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_HEX32_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX32, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_HEX64(threshold, actual) UNITY_NUMBER(HEX64, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_HEX64_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX64, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_NOT_EQUAL_CHAR(threshold, actual) UNITY_NUMBER(CHAR, NOT_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_CHAR_MESSAGE(threshold, actual, message) UNITY_NUMBER(CHAR, NOT_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN(threshold, actual) TEST_ASSERT_GREATER_THAN_INT(threshold, actual)
#define TEST_ASSERT_GREATER_THAN_MESSAGE(threshold, actual, message) TEST_ASSERT_GREATER_THAN_INT_MESSAGE(threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_INT(threshold, actual) UNITY_NUMBER(INT, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_INT_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_INT8(threshold, actual) UNITY_NUMBER(INT8, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_INT8_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT8, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_INT16(threshold, actual) UNITY_NUMBER(INT16, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_INT16_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT16, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_INT32(threshold, actual) UNITY_NUMBER(INT32, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_INT32_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT32, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_INT64(threshold, actual) UNITY_NUMBER(INT64, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_INT64_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT64, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_UINT(threshold, actual) UNITY_NUMBER(UINT, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_UINT_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_UINT8(threshold, actual) UNITY_NUMBER(UINT8, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_UINT8_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT8, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_UINT16(threshold, actual) UNITY_NUMBER(UINT16, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_UINT16_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT16, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_UINT32(threshold, actual) UNITY_NUMBER(UINT32, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_UINT32_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT32, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_UINT64(threshold, actual) UNITY_NUMBER(UINT64, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_UINT64_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT64, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_size_t(threshold, actual) UNITY_NUMBER(size_t, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_size_t_MESSAGE(threshold, actual, message) UNITY_NUMBER(size_t, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_HEX(threshold, actual) UNITY_NUMBER(HEX, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_HEX_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_HEX8(threshold, actual) UNITY_NUMBER(HEX8, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_HEX8_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX8, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_HEX16(threshold, actual) UNITY_NUMBER(HEX16, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_HEX16_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX16, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_HEX32(threshold, actual) UNITY_NUMBER(HEX32, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_HEX32_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX32, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_HEX64(threshold, actual) UNITY_NUMBER(HEX64, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_HEX64_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX64, GREATER, threshold, actual, message)
#define TEST_ASSERT_GREATER_THAN_CHAR(threshold, actual) UNITY_NUMBER(CHAR, GREATER, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_THAN_CHAR_MESSAGE(threshold, actual, message) UNITY_NUMBER(CHAR, GREATER, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN(threshold, actual) TEST_ASSERT_LESS_THAN_INT(threshold, actual)
#define TEST_ASSERT_LESS_THAN_MESSAGE(threshold, actual, message) TEST_ASSERT_LESS_THAN_INT_MESSAGE(threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_INT(threshold, actual) UNITY_NUMBER(INT, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_INT_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_INT8(threshold, actual) UNITY_NUMBER(INT8, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_INT8_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT8, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_INT16(threshold, actual) UNITY_NUMBER(INT16, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_INT16_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT16, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_INT32(threshold, actual) UNITY_NUMBER(INT32, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_INT32_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT32, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_INT64(threshold, actual) UNITY_NUMBER(INT64, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_INT64_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT64, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_UINT(threshold, actual) UNITY_NUMBER(UINT, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_UINT_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_UINT8(threshold, actual) UNITY_NUMBER(UINT8, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_UINT8_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT8, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_UINT16(threshold, actual) UNITY_NUMBER(UINT16, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_UINT16_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT16, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_UINT32(threshold, actual) UNITY_NUMBER(UINT32, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_UINT32_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT32, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_UINT64(threshold, actual) UNITY_NUMBER(UINT64, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_UINT64_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT64, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_size_t(threshold, actual) UNITY_NUMBER(size_t, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_size_t_MESSAGE(threshold, actual, message) UNITY_NUMBER(size_t, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_HEX(threshold, actual) UNITY_NUMBER(HEX, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_HEX_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_HEX8(threshold, actual) UNITY_NUMBER(HEX8, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_HEX8_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX8, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_HEX16(threshold, actual) UNITY_NUMBER(HEX16, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_HEX16_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX16, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_HEX32(threshold, actual) UNITY_NUMBER(HEX32, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_HEX32_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX32, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_HEX64(threshold, actual) UNITY_NUMBER(HEX64, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_HEX64_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX64, LESS, threshold, actual, message)
#define TEST_ASSERT_LESS_THAN_CHAR(threshold, actual) UNITY_NUMBER(CHAR, LESS, threshold, actual, NULL)
#define TEST_ASSERT_LESS_THAN_CHAR_MESSAGE(threshold, actual, message) UNITY_NUMBER(CHAR, LESS, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL(threshold, actual) TEST_ASSERT_GREATER_OR_EQUAL_INT(threshold, actual)
#define TEST_ASSERT_GREATER_OR_EQUAL_MESSAGE(threshold, actual, message) \
    TEST_ASSERT_GREATER_OR_EQUAL_INT_MESSAGE(threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_INT(threshold, actual) UNITY_NUMBER(INT, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_INT_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_INT8(threshold, actual) UNITY_NUMBER(INT8, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_INT8_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(INT8, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_INT16(threshold, actual) UNITY_NUMBER(INT16, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_INT16_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(INT16, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_INT32(threshold, actual) UNITY_NUMBER(INT32, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_INT32_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(INT32, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_INT64(threshold, actual) UNITY_NUMBER(INT64, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_INT64_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(INT64, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_UINT(threshold, actual) UNITY_NUMBER(UINT, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_UINT_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(UINT, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_UINT8(threshold, actual) UNITY_NUMBER(UINT8, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_UINT8_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(UINT8, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_UINT16(threshold, actual) UNITY_NUMBER(UINT16, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_UINT16_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(UINT16, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_UINT32(threshold, actual) UNITY_NUMBER(UINT32, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_UINT32_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(UINT32, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_UINT64(threshold, actual) UNITY_NUMBER(UINT64, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_UINT64_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(UINT64, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_size_t(threshold, actual) UNITY_NUMBER(size_t, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_size_t_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(size_t, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_HEX(threshold, actual) UNITY_NUMBER(HEX, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_HEX_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_HEX8(threshold, actual) UNITY_NUMBER(HEX8, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_HEX8_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(HEX8, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_HEX16(threshold, actual) UNITY_NUMBER(HEX16, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_HEX16_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(HEX16, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_HEX32(threshold, actual) UNITY_NUMBER(HEX32, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_HEX32_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(HEX32, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_HEX64(threshold, actual) UNITY_NUMBER(HEX64, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_HEX64_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(HEX64, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_GREATER_OR_EQUAL_CHAR(threshold, actual) UNITY_NUMBER(CHAR, GREATER_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_GREATER_OR_EQUAL_CHAR_MESSAGE(threshold, actual, message) \
    UNITY_NUMBER(CHAR, GREATER_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL(threshold, actual) TEST_ASSERT_LESS_OR_EQUAL_INT(threshold, actual)
#define TEST_ASSERT_LESS_OR_EQUAL_MESSAGE(threshold, actual, message) TEST_ASSERT_LESS_OR_EQUAL_INT_MESSAGE(threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_INT(threshold, actual) UNITY_NUMBER(INT, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_INT_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_INT8(threshold, actual) UNITY_NUMBER(INT8, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_INT8_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT8, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_INT16(threshold, actual) UNITY_NUMBER(INT16, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_INT16_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT16, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_INT32(threshold, actual) UNITY_NUMBER(INT32, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_INT32_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT32, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_INT64(threshold, actual) UNITY_NUMBER(INT64, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_INT64_MESSAGE(threshold, actual, message) UNITY_NUMBER(INT64, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_UINT(threshold, actual) UNITY_NUMBER(UINT, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_UINT_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_UINT8(threshold, actual) UNITY_NUMBER(UINT8, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_UINT8_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT8, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_UINT16(threshold, actual) UNITY_NUMBER(UINT16, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_UINT16_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT16, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_UINT32(threshold, actual) UNITY_NUMBER(UINT32, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_UINT32_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT32, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_UINT64(threshold, actual) UNITY_NUMBER(UINT64, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_UINT64_MESSAGE(threshold, actual, message) UNITY_NUMBER(UINT64, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_size_t(threshold, actual) UNITY_NUMBER(size_t, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_size_t_MESSAGE(threshold, actual, message) UNITY_NUMBER(size_t, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_HEX(threshold, actual) UNITY_NUMBER(HEX, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_HEX_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_HEX8(threshold, actual) UNITY_NUMBER(HEX8, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_HEX8_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX8, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_HEX16(threshold, actual) UNITY_NUMBER(HEX16, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_HEX16_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX16, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_HEX32(threshold, actual) UNITY_NUMBER(HEX32, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_HEX32_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX32, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_HEX64(threshold, actual) UNITY_NUMBER(HEX64, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_HEX64_MESSAGE(threshold, actual, message) UNITY_NUMBER(HEX64, LESS_OR_EQUAL, threshold, actual, message)
#define TEST_ASSERT_LESS_OR_EQUAL_CHAR(threshold, actual) UNITY_NUMBER(CHAR, LESS_OR_EQUAL, threshold, actual, NULL)
#define TEST_ASSERT_LESS_OR_EQUAL_CHAR_MESSAGE(threshold, actual, message) UNITY_NUMBER(CHAR, LESS_OR_EQUAL, threshold, actual, message)

/* --- within --- */

#define TEST_ASSERT_INT_WITHIN(delta, expected, actual) UNITY_WITHIN(INT, delta, expected, actual, NULL)
#define TEST_ASSERT_INT_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(INT, delta, expected, actual, message)
#define TEST_ASSERT_INT8_WITHIN(delta, expected, actual) UNITY_WITHIN(INT8, delta, expected, actual, NULL)
#define TEST_ASSERT_INT8_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(INT8, delta, expected, actual, message)
#define TEST_ASSERT_INT16_WITHIN(delta, expected, actual) UNITY_WITHIN(INT16, delta, expected, actual, NULL)
#define TEST_ASSERT_INT16_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(INT16, delta, expected, actual, message)
#define TEST_ASSERT_INT32_WITHIN(delta, expected, actual) UNITY_WITHIN(INT32, delta, expected, actual, NULL)
#define TEST_ASSERT_INT32_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(INT32, delta, expected, actual, message)
#define TEST_ASSERT_INT64_WITHIN(delta, expected, actual) UNITY_WITHIN(INT64, delta, expected, actual, NULL)
#define TEST_ASSERT_INT64_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(INT64, delta, expected, actual, message)
#define TEST_ASSERT_UINT_WITHIN(delta, expected, actual) UNITY_WITHIN(UINT, delta, expected, actual, NULL)
#define TEST_ASSERT_UINT_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(UINT, delta, expected, actual, message)
#define TEST_ASSERT_UINT8_WITHIN(delta, expected, actual) UNITY_WITHIN(UINT8, delta, expected, actual, NULL)
#define TEST_ASSERT_UINT8_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(UINT8, delta, expected, actual, message)
#define TEST_ASSERT_UINT16_WITHIN(delta, expected, actual) UNITY_WITHIN(UINT16, delta, expected, actual, NULL)
#define TEST_ASSERT_UINT16_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(UINT16, delta, expected, actual, message)
#define TEST_ASSERT_UINT32_WITHIN(delta, expected, actual) UNITY_WITHIN(UINT32, delta, expected, actual, NULL)
#define TEST_ASSERT_UINT32_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(UINT32, delta, expected, actual, message)
#define TEST_ASSERT_UINT64_WITHIN(delta, expected, actual) UNITY_WITHIN(UINT64, delta, expected, actual, NULL)
#define TEST_ASSERT_UINT64_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(UINT64, delta, expected, actual, message)
#define TEST_ASSERT_size_t_WITHIN(delta, expected, actual) UNITY_WITHIN(size_t, delta, expected, actual, NULL)
#define TEST_ASSERT_size_t_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(size_t, delta, expected, actual, message)
#define TEST_ASSERT_HEX_WITHIN(delta, expected, actual) UNITY_WITHIN(HEX, delta, expected, actual, NULL)
#define TEST_ASSERT_HEX_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(HEX, delta, expected, actual, message)
#define TEST_ASSERT_HEX8_WITHIN(delta, expected, actual) UNITY_WITHIN(HEX8, delta, expected, actual, NULL)
#define TEST_ASSERT_HEX8_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(HEX8, delta, expected, actual, message)
#define TEST_ASSERT_HEX16_WITHIN(delta, expected, actual) UNITY_WITHIN(HEX16, delta, expected, actual, NULL)
#define TEST_ASSERT_HEX16_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(HEX16, delta, expected, actual, message)
#define TEST_ASSERT_HEX32_WITHIN(delta, expected, actual) UNITY_WITHIN(HEX32, delta, expected, actual, NULL)
#define TEST_ASSERT_HEX32_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(HEX32, delta, expected, actual, message)
#define TEST_ASSERT_HEX64_WITHIN(delta, expected, actual) UNITY_WITHIN(HEX64, delta, expected, actual, NULL)
#define TEST_ASSERT_HEX64_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(HEX64, delta, expected, actual, message)
#define TEST_ASSERT_CHAR_WITHIN(delta, expected, actual) UNITY_WITHIN(CHAR, delta, expected, actual, NULL)
#define TEST_ASSERT_CHAR_WITHIN_MESSAGE(delta, expected, actual, message) UNITY_WITHIN(CHAR, delta, expected, actual, message)

/* --- bits and pointers --- */

#define TEST_ASSERT_BITS(mask, expected, actual) unity_check_bits(mask, expected, actual, NULL, __LINE__)
#define TEST_ASSERT_BITS_MESSAGE(mask, expected, actual, message) unity_check_bits(mask, expected, actual, message, __LINE__)
#define TEST_ASSERT_BITS_HIGH(mask, actual) unity_check_bits(mask, UINT64_MAX, actual, NULL, __LINE__)
#define TEST_ASSERT_BITS_LOW(mask, actual) unity_check_bits(mask, 0, actual, NULL, __LINE__)
#define TEST_ASSERT_BIT_HIGH(bit, actual) unity_check_bits(1ULL << (bit), UINT64_MAX, actual, NULL, __LINE__)
#define TEST_ASSERT_BIT_LOW(bit, actual) unity_check_bits(1ULL << (bit), 0, actual, NULL, __LINE__)

#define UNITY_POINTER(relation, expected, actual, message)                                                           \
    unity_check_number(UNITY_##relation, UNITY_SHOW_HEX | 4, (int64_t)(uintptr_t)(expected), (int64_t)(uintptr_t)(actual), message, \
                       __LINE__)
#define TEST_ASSERT_EQUAL_PTR(expected, actual) UNITY_POINTER(EQUAL, expected, actual, NULL)
#define TEST_ASSERT_EQUAL_PTR_MESSAGE(expected, actual, message) UNITY_POINTER(EQUAL, expected, actual, message)
#define TEST_ASSERT_NOT_EQUAL_PTR(expected, actual) UNITY_POINTER(NOT_EQUAL, expected, actual, NULL)
#define TEST_ASSERT_NOT_EQUAL_PTR_MESSAGE(expected, actual, message) UNITY_POINTER(NOT_EQUAL, expected, actual, message)

#ifdef __cplusplus
}
#endif
