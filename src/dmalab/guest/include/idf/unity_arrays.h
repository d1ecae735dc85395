/* Comparisons of strings, memory and arrays. Included by unity.h. What is compared is loaded by the core, so a stale cache line shows. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

void unity_check_string(const char *expected, const char *actual, size_t limit, const char *message, unsigned line);
void unity_check_memory(const void *expected, const void *actual, size_t bytes, size_t count, const char *message, unsigned line);
void unity_check_strings(const char **expected, const char **actual, size_t count, int each, const char *message, unsigned line);
/* With `each`, every element of `actual` is compared with the one number at `expected`. */
void unity_check_array(unsigned style, uint64_t delta, const void *expected, const void *actual, size_t count, int each, const char *message,
                       unsigned line);

#define TEST_ASSERT_EQUAL_STRING(expected, actual) unity_check_string(expected, actual, SIZE_MAX, NULL, __LINE__)
#define TEST_ASSERT_EQUAL_STRING_MESSAGE(expected, actual, message) unity_check_string(expected, actual, SIZE_MAX, message, __LINE__)
#define TEST_ASSERT_EQUAL_STRING_LEN(expected, actual, length) unity_check_string(expected, actual, length, NULL, __LINE__)
#define TEST_ASSERT_EQUAL_STRING_LEN_MESSAGE(expected, actual, length, message) \
    unity_check_string(expected, actual, length, message, __LINE__)
#define TEST_ASSERT_EQUAL_MEMORY(expected, actual, bytes) unity_check_memory(expected, actual, bytes, 1, NULL, __LINE__)
#define TEST_ASSERT_EQUAL_MEMORY_MESSAGE(expected, actual, bytes, message) unity_check_memory(expected, actual, bytes, 1, message, __LINE__)
#define TEST_ASSERT_EQUAL_MEMORY_ARRAY(expected, actual, bytes, count) unity_check_memory(expected, actual, bytes, count, NULL, __LINE__)
#define TEST_ASSERT_EQUAL_MEMORY_ARRAY_MESSAGE(expected, actual, bytes, count, message) \
    unity_check_memory(expected, actual, bytes, count, message, __LINE__)
#define TEST_ASSERT_EQUAL_STRING_ARRAY(expected, actual, count) \
    unity_check_strings((const char **)(expected), (const char **)(actual), count, 0, NULL, __LINE__)
#define TEST_ASSERT_EQUAL_STRING_ARRAY_MESSAGE(expected, actual, count, message) \
    unity_check_strings((const char **)(expected), (const char **)(actual), count, 0, message, __LINE__)

#define UNITY_ARRAY(type, delta, expected, actual, count, message) \
    unity_check_array(UNITY_STYLE_##type, delta, expected, actual, count, 0, message, __LINE__)
#define UNITY_EACH(type, expected, actual, count, message)                                                      \
    do {                                                                                                        \
        const UNITY_TYPE_##type unity_one_ = (UNITY_TYPE_##type)(expected);                                     \
        unity_check_array(UNITY_STYLE_##type, 0, &unity_one_, actual, count, 1, message, __LINE__);             \
    } while (0)

#define TEST_ASSERT_EQUAL_INT_ARRAY(expected, actual, count) UNITY_ARRAY(INT, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_INT_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(INT, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_INT8_ARRAY(expected, actual, count) UNITY_ARRAY(INT8, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_INT8_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(INT8, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_INT16_ARRAY(expected, actual, count) UNITY_ARRAY(INT16, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_INT16_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(INT16, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_INT32_ARRAY(expected, actual, count) UNITY_ARRAY(INT32, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_INT32_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(INT32, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_INT64_ARRAY(expected, actual, count) UNITY_ARRAY(INT64, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_INT64_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(INT64, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_UINT_ARRAY(expected, actual, count) UNITY_ARRAY(UINT, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_UINT_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(UINT, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_UINT8_ARRAY(expected, actual, count) UNITY_ARRAY(UINT8, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_UINT8_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(UINT8, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_UINT16_ARRAY(expected, actual, count) UNITY_ARRAY(UINT16, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_UINT16_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(UINT16, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_UINT32_ARRAY(expected, actual, count) UNITY_ARRAY(UINT32, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_UINT32_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(UINT32, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_UINT64_ARRAY(expected, actual, count) UNITY_ARRAY(UINT64, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_UINT64_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(UINT64, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_size_t_ARRAY(expected, actual, count) UNITY_ARRAY(size_t, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_size_t_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(size_t, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_HEX_ARRAY(expected, actual, count) UNITY_ARRAY(HEX, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_HEX_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(HEX, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_HEX8_ARRAY(expected, actual, count) UNITY_ARRAY(HEX8, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_HEX8_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(HEX8, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_HEX16_ARRAY(expected, actual, count) UNITY_ARRAY(HEX16, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_HEX16_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(HEX16, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_HEX32_ARRAY(expected, actual, count) UNITY_ARRAY(HEX32, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_HEX32_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(HEX32, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_HEX64_ARRAY(expected, actual, count) UNITY_ARRAY(HEX64, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_HEX64_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(HEX64, 0, expected, actual, count, message)
#define TEST_ASSERT_EQUAL_CHAR_ARRAY(expected, actual, count) UNITY_ARRAY(CHAR, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_CHAR_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(CHAR, 0, expected, actual, count, message)
#define UNITY_TYPE_PTR const void *
#define UNITY_STYLE_PTR (UNITY_SHOW_HEX | sizeof(void *))
#define TEST_ASSERT_EQUAL_PTR_ARRAY(expected, actual, count) UNITY_ARRAY(PTR, 0, expected, actual, count, NULL)
#define TEST_ASSERT_EQUAL_PTR_ARRAY_MESSAGE(expected, actual, count, message) UNITY_ARRAY(PTR, 0, expected, actual, count, message)

/* --- every element --- */

#define TEST_ASSERT_EACH_EQUAL_INT(expected, actual, count) UNITY_EACH(INT, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_INT_MESSAGE(expected, actual, count, message) UNITY_EACH(INT, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_INT8(expected, actual, count) UNITY_EACH(INT8, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_INT8_MESSAGE(expected, actual, count, message) UNITY_EACH(INT8, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_INT16(expected, actual, count) UNITY_EACH(INT16, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_INT16_MESSAGE(expected, actual, count, message) UNITY_EACH(INT16, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_INT32(expected, actual, count) UNITY_EACH(INT32, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_INT32_MESSAGE(expected, actual, count, message) UNITY_EACH(INT32, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_INT64(expected, actual, count) UNITY_EACH(INT64, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_INT64_MESSAGE(expected, actual, count, message) UNITY_EACH(INT64, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_UINT(expected, actual, count) UNITY_EACH(UINT, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_UINT_MESSAGE(expected, actual, count, message) UNITY_EACH(UINT, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_UINT8(expected, actual, count) UNITY_EACH(UINT8, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_UINT8_MESSAGE(expected, actual, count, message) UNITY_EACH(UINT8, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_UINT16(expected, actual, count) UNITY_EACH(UINT16, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_UINT16_MESSAGE(expected, actual, count, message) UNITY_EACH(UINT16, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_UINT32(expected, actual, count) UNITY_EACH(UINT32, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_UINT32_MESSAGE(expected, actual, count, message) UNITY_EACH(UINT32, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_UINT64(expected, actual, count) UNITY_EACH(UINT64, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_UINT64_MESSAGE(expected, actual, count, message) UNITY_EACH(UINT64, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_size_t(expected, actual, count) UNITY_EACH(size_t, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_size_t_MESSAGE(expected, actual, count, message) UNITY_EACH(size_t, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_HEX(expected, actual, count) UNITY_EACH(HEX, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_HEX_MESSAGE(expected, actual, count, message) UNITY_EACH(HEX, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_HEX8(expected, actual, count) UNITY_EACH(HEX8, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_HEX8_MESSAGE(expected, actual, count, message) UNITY_EACH(HEX8, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_HEX16(expected, actual, count) UNITY_EACH(HEX16, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_HEX16_MESSAGE(expected, actual, count, message) UNITY_EACH(HEX16, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_HEX32(expected, actual, count) UNITY_EACH(HEX32, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_HEX32_MESSAGE(expected, actual, count, message) UNITY_EACH(HEX32, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_HEX64(expected, actual, count) UNITY_EACH(HEX64, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_HEX64_MESSAGE(expected, actual, count, message) UNITY_EACH(HEX64, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_CHAR(expected, actual, count) UNITY_EACH(CHAR, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_CHAR_MESSAGE(expected, actual, count, message) UNITY_EACH(CHAR, expected, actual, count, message)
#define TEST_ASSERT_EACH_EQUAL_PTR(expected, actual, count) UNITY_EACH(PTR, expected, actual, count, NULL)
#define TEST_ASSERT_EACH_EQUAL_PTR_MESSAGE(expected, actual, count, message) UNITY_EACH(PTR, expected, actual, count, message)

/* --- within --- */

#define TEST_ASSERT_INT_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(INT, delta, expected, actual, count, NULL)
#define TEST_ASSERT_INT_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(INT, delta, expected, actual, count, message)
#define TEST_ASSERT_INT8_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(INT8, delta, expected, actual, count, NULL)
#define TEST_ASSERT_INT8_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(INT8, delta, expected, actual, count, message)
#define TEST_ASSERT_INT16_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(INT16, delta, expected, actual, count, NULL)
#define TEST_ASSERT_INT16_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(INT16, delta, expected, actual, count, message)
#define TEST_ASSERT_INT32_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(INT32, delta, expected, actual, count, NULL)
#define TEST_ASSERT_INT32_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(INT32, delta, expected, actual, count, message)
#define TEST_ASSERT_INT64_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(INT64, delta, expected, actual, count, NULL)
#define TEST_ASSERT_INT64_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(INT64, delta, expected, actual, count, message)
#define TEST_ASSERT_UINT_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(UINT, delta, expected, actual, count, NULL)
#define TEST_ASSERT_UINT_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(UINT, delta, expected, actual, count, message)
#define TEST_ASSERT_UINT8_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(UINT8, delta, expected, actual, count, NULL)
#define TEST_ASSERT_UINT8_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(UINT8, delta, expected, actual, count, message)
#define TEST_ASSERT_UINT16_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(UINT16, delta, expected, actual, count, NULL)
#define TEST_ASSERT_UINT16_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(UINT16, delta, expected, actual, count, message)
#define TEST_ASSERT_UINT32_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(UINT32, delta, expected, actual, count, NULL)
#define TEST_ASSERT_UINT32_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(UINT32, delta, expected, actual, count, message)
#define TEST_ASSERT_UINT64_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(UINT64, delta, expected, actual, count, NULL)
#define TEST_ASSERT_UINT64_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(UINT64, delta, expected, actual, count, message)
#define TEST_ASSERT_size_t_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(size_t, delta, expected, actual, count, NULL)
#define TEST_ASSERT_size_t_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(size_t, delta, expected, actual, count, message)
#define TEST_ASSERT_HEX_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(HEX, delta, expected, actual, count, NULL)
#define TEST_ASSERT_HEX_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(HEX, delta, expected, actual, count, message)
#define TEST_ASSERT_HEX8_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(HEX8, delta, expected, actual, count, NULL)
#define TEST_ASSERT_HEX8_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(HEX8, delta, expected, actual, count, message)
#define TEST_ASSERT_HEX16_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(HEX16, delta, expected, actual, count, NULL)
#define TEST_ASSERT_HEX16_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(HEX16, delta, expected, actual, count, message)
#define TEST_ASSERT_HEX32_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(HEX32, delta, expected, actual, count, NULL)
#define TEST_ASSERT_HEX32_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(HEX32, delta, expected, actual, count, message)
#define TEST_ASSERT_HEX64_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(HEX64, delta, expected, actual, count, NULL)
#define TEST_ASSERT_HEX64_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(HEX64, delta, expected, actual, count, message)
#define TEST_ASSERT_CHAR_ARRAY_WITHIN(delta, expected, actual, count) UNITY_ARRAY(CHAR, delta, expected, actual, count, NULL)
#define TEST_ASSERT_CHAR_ARRAY_WITHIN_MESSAGE(delta, expected, actual, count, message) \
    UNITY_ARRAY(CHAR, delta, expected, actual, count, message)

#ifdef __cplusplus
}
#endif
