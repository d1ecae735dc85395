/* Comparisons of floating-point numbers. Included by unity.h. Two numbers are equal when they differ by no more than 0.00001 of the
 * expected one (float) or 1e-12 of it (double), as in Unity.
 */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

enum unity_trait { UNITY_INF, UNITY_NEG_INF, UNITY_NAN, UNITY_DETERMINATE };

/* Numbers count as equal that differ by no more than `delta`, or than `precision` of the expected one. */
void unity_check_float(enum unity_relation relation, double delta, double precision, double threshold, double actual, const char *message,
                       unsigned line);
void unity_check_floats(size_t bytes, double precision, const void *expected, const void *actual, size_t count, int each, const char *message,
                        unsigned line);
void unity_check_trait(enum unity_trait trait, bool wanted, double actual, const char *message, unsigned line);

#define UNITY_FLOAT_PRECISION 0.00001
#define UNITY_DOUBLE_PRECISION 1e-12

#define TEST_ASSERT_FLOAT_WITHIN(delta, expected, actual) \
    unity_check_float(UNITY_EQUAL, delta, 0, (float)(expected), (float)(actual), NULL, __LINE__)
#define TEST_ASSERT_FLOAT_WITHIN_MESSAGE(delta, expected, actual, message) \
    unity_check_float(UNITY_EQUAL, delta, 0, (float)(expected), (float)(actual), message, __LINE__)
#define TEST_ASSERT_EQUAL_FLOAT(expected, actual) \
    unity_check_float(UNITY_EQUAL, 0, UNITY_FLOAT_PRECISION, (float)(expected), (float)(actual), NULL, __LINE__)
#define TEST_ASSERT_EQUAL_FLOAT_MESSAGE(expected, actual, message) \
    unity_check_float(UNITY_EQUAL, 0, UNITY_FLOAT_PRECISION, (float)(expected), (float)(actual), message, __LINE__)
#define TEST_ASSERT_NOT_EQUAL_FLOAT(expected, actual) \
    unity_check_float(UNITY_NOT_EQUAL, 0, UNITY_FLOAT_PRECISION, (float)(expected), (float)(actual), NULL, __LINE__)
#define TEST_ASSERT_NOT_EQUAL_FLOAT_MESSAGE(expected, actual, message) \
    unity_check_float(UNITY_NOT_EQUAL, 0, UNITY_FLOAT_PRECISION, (float)(expected), (float)(actual), message, __LINE__)
#define TEST_ASSERT_GREATER_THAN_FLOAT(threshold, actual) \
    unity_check_float(UNITY_GREATER, 0, 0, (float)(threshold), (float)(actual), NULL, __LINE__)
#define TEST_ASSERT_GREATER_THAN_FLOAT_MESSAGE(threshold, actual, message) \
    unity_check_float(UNITY_GREATER, 0, 0, (float)(threshold), (float)(actual), message, __LINE__)
#define TEST_ASSERT_LESS_THAN_FLOAT(threshold, actual) \
    unity_check_float(UNITY_LESS, 0, 0, (float)(threshold), (float)(actual), NULL, __LINE__)
#define TEST_ASSERT_LESS_THAN_FLOAT_MESSAGE(threshold, actual, message) \
    unity_check_float(UNITY_LESS, 0, 0, (float)(threshold), (float)(actual), message, __LINE__)
#define TEST_ASSERT_GREATER_OR_EQUAL_FLOAT(threshold, actual) \
    unity_check_float(UNITY_GREATER_OR_EQUAL, 0, 0, (float)(threshold), (float)(actual), NULL, __LINE__)
#define TEST_ASSERT_GREATER_OR_EQUAL_FLOAT_MESSAGE(threshold, actual, message) \
    unity_check_float(UNITY_GREATER_OR_EQUAL, 0, 0, (float)(threshold), (float)(actual), message, __LINE__)
#define TEST_ASSERT_LESS_OR_EQUAL_FLOAT(threshold, actual) \
    unity_check_float(UNITY_LESS_OR_EQUAL, 0, 0, (float)(threshold), (float)(actual), NULL, __LINE__)
#define TEST_ASSERT_LESS_OR_EQUAL_FLOAT_MESSAGE(threshold, actual, message) \
    unity_check_float(UNITY_LESS_OR_EQUAL, 0, 0, (float)(threshold), (float)(actual), message, __LINE__)
#define TEST_ASSERT_EQUAL_FLOAT_ARRAY(expected, actual, count) \
    unity_check_floats(sizeof(float), UNITY_FLOAT_PRECISION, expected, actual, count, 0, NULL, __LINE__)
#define TEST_ASSERT_EQUAL_FLOAT_ARRAY_MESSAGE(expected, actual, count, message) \
    unity_check_floats(sizeof(float), UNITY_FLOAT_PRECISION, expected, actual, count, 0, message, __LINE__)
#define TEST_ASSERT_EACH_EQUAL_FLOAT(expected, actual, count)                                                     \
    do {                                                                                                        \
        const float unity_one_ = (expected);                                                                    \
        unity_check_floats(sizeof(float), UNITY_FLOAT_PRECISION, &unity_one_, actual, count, 1, NULL, __LINE__); \
    } while (0)
#define TEST_ASSERT_FLOAT_IS_INF(actual) unity_check_trait(UNITY_INF, true, actual, NULL, __LINE__)
#define TEST_ASSERT_FLOAT_IS_INF_MESSAGE(actual, message) unity_check_trait(UNITY_INF, true, actual, message, __LINE__)
#define TEST_ASSERT_FLOAT_IS_NOT_INF(actual) unity_check_trait(UNITY_INF, false, actual, NULL, __LINE__)
#define TEST_ASSERT_FLOAT_IS_NOT_INF_MESSAGE(actual, message) unity_check_trait(UNITY_INF, false, actual, message, __LINE__)
#define TEST_ASSERT_FLOAT_IS_NEG_INF(actual) unity_check_trait(UNITY_NEG_INF, true, actual, NULL, __LINE__)
#define TEST_ASSERT_FLOAT_IS_NEG_INF_MESSAGE(actual, message) unity_check_trait(UNITY_NEG_INF, true, actual, message, __LINE__)
#define TEST_ASSERT_FLOAT_IS_NOT_NEG_INF(actual) unity_check_trait(UNITY_NEG_INF, false, actual, NULL, __LINE__)
#define TEST_ASSERT_FLOAT_IS_NOT_NEG_INF_MESSAGE(actual, message) unity_check_trait(UNITY_NEG_INF, false, actual, message, __LINE__)
#define TEST_ASSERT_FLOAT_IS_NAN(actual) unity_check_trait(UNITY_NAN, true, actual, NULL, __LINE__)
#define TEST_ASSERT_FLOAT_IS_NAN_MESSAGE(actual, message) unity_check_trait(UNITY_NAN, true, actual, message, __LINE__)
#define TEST_ASSERT_FLOAT_IS_NOT_NAN(actual) unity_check_trait(UNITY_NAN, false, actual, NULL, __LINE__)
#define TEST_ASSERT_FLOAT_IS_NOT_NAN_MESSAGE(actual, message) unity_check_trait(UNITY_NAN, false, actual, message, __LINE__)
#define TEST_ASSERT_FLOAT_IS_DETERMINATE(actual) unity_check_trait(UNITY_DETERMINATE, true, actual, NULL, __LINE__)
#define TEST_ASSERT_FLOAT_IS_DETERMINATE_MESSAGE(actual, message) unity_check_trait(UNITY_DETERMINATE, true, actual, message, __LINE__)
#define TEST_ASSERT_FLOAT_IS_NOT_DETERMINATE(actual) unity_check_trait(UNITY_DETERMINATE, false, actual, NULL, __LINE__)
#define TEST_ASSERT_FLOAT_IS_NOT_DETERMINATE_MESSAGE(actual, message) unity_check_trait(UNITY_DETERMINATE, false, actual, message, __LINE__)

#define TEST_ASSERT_DOUBLE_WITHIN(delta, expected, actual) \
    unity_check_float(UNITY_EQUAL, delta, 0, (double)(expected), (double)(actual), NULL, __LINE__)
#define TEST_ASSERT_DOUBLE_WITHIN_MESSAGE(delta, expected, actual, message) \
    unity_check_float(UNITY_EQUAL, delta, 0, (double)(expected), (double)(actual), message, __LINE__)
#define TEST_ASSERT_EQUAL_DOUBLE(expected, actual) \
    unity_check_float(UNITY_EQUAL, 0, UNITY_DOUBLE_PRECISION, (double)(expected), (double)(actual), NULL, __LINE__)
#define TEST_ASSERT_EQUAL_DOUBLE_MESSAGE(expected, actual, message) \
    unity_check_float(UNITY_EQUAL, 0, UNITY_DOUBLE_PRECISION, (double)(expected), (double)(actual), message, __LINE__)
#define TEST_ASSERT_NOT_EQUAL_DOUBLE(expected, actual) \
    unity_check_float(UNITY_NOT_EQUAL, 0, UNITY_DOUBLE_PRECISION, (double)(expected), (double)(actual), NULL, __LINE__)
#define TEST_ASSERT_NOT_EQUAL_DOUBLE_MESSAGE(expected, actual, message) \
    unity_check_float(UNITY_NOT_EQUAL, 0, UNITY_DOUBLE_PRECISION, (double)(expected), (double)(actual), message, __LINE__)
#define TEST_ASSERT_GREATER_THAN_DOUBLE(threshold, actual) \
    unity_check_float(UNITY_GREATER, 0, 0, (double)(threshold), (double)(actual), NULL, __LINE__)
#define TEST_ASSERT_GREATER_THAN_DOUBLE_MESSAGE(threshold, actual, message) \
    unity_check_float(UNITY_GREATER, 0, 0, (double)(threshold), (double)(actual), message, __LINE__)
#define TEST_ASSERT_LESS_THAN_DOUBLE(threshold, actual) \
    unity_check_float(UNITY_LESS, 0, 0, (double)(threshold), (double)(actual), NULL, __LINE__)
#define TEST_ASSERT_LESS_THAN_DOUBLE_MESSAGE(threshold, actual, message) \
    unity_check_float(UNITY_LESS, 0, 0, (double)(threshold), (double)(actual), message, __LINE__)
#define TEST_ASSERT_GREATER_OR_EQUAL_DOUBLE(threshold, actual) \
    unity_check_float(UNITY_GREATER_OR_EQUAL, 0, 0, (double)(threshold), (double)(actual), NULL, __LINE__)
#define TEST_ASSERT_GREATER_OR_EQUAL_DOUBLE_MESSAGE(threshold, actual, message) \
    unity_check_float(UNITY_GREATER_OR_EQUAL, 0, 0, (double)(threshold), (double)(actual), message, __LINE__)
#define TEST_ASSERT_LESS_OR_EQUAL_DOUBLE(threshold, actual) \
    unity_check_float(UNITY_LESS_OR_EQUAL, 0, 0, (double)(threshold), (double)(actual), NULL, __LINE__)
#define TEST_ASSERT_LESS_OR_EQUAL_DOUBLE_MESSAGE(threshold, actual, message) \
    unity_check_float(UNITY_LESS_OR_EQUAL, 0, 0, (double)(threshold), (double)(actual), message, __LINE__)
#define TEST_ASSERT_EQUAL_DOUBLE_ARRAY(expected, actual, count) \
    unity_check_floats(sizeof(double), UNITY_DOUBLE_PRECISION, expected, actual, count, 0, NULL, __LINE__)
#define TEST_ASSERT_EQUAL_DOUBLE_ARRAY_MESSAGE(expected, actual, count, message) \
    unity_check_floats(sizeof(double), UNITY_DOUBLE_PRECISION, expected, actual, count, 0, message, __LINE__)
#define TEST_ASSERT_EACH_EQUAL_DOUBLE(expected, actual, count)                                                     \
    do {                                                                                                        \
        const double unity_one_ = (expected);                                                                    \
        unity_check_floats(sizeof(double), UNITY_DOUBLE_PRECISION, &unity_one_, actual, count, 1, NULL, __LINE__); \
    } while (0)
#define TEST_ASSERT_DOUBLE_IS_INF(actual) unity_check_trait(UNITY_INF, true, actual, NULL, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_INF_MESSAGE(actual, message) unity_check_trait(UNITY_INF, true, actual, message, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_NOT_INF(actual) unity_check_trait(UNITY_INF, false, actual, NULL, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_NOT_INF_MESSAGE(actual, message) unity_check_trait(UNITY_INF, false, actual, message, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_NEG_INF(actual) unity_check_trait(UNITY_NEG_INF, true, actual, NULL, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_NEG_INF_MESSAGE(actual, message) unity_check_trait(UNITY_NEG_INF, true, actual, message, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_NOT_NEG_INF(actual) unity_check_trait(UNITY_NEG_INF, false, actual, NULL, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_NOT_NEG_INF_MESSAGE(actual, message) unity_check_trait(UNITY_NEG_INF, false, actual, message, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_NAN(actual) unity_check_trait(UNITY_NAN, true, actual, NULL, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_NAN_MESSAGE(actual, message) unity_check_trait(UNITY_NAN, true, actual, message, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_NOT_NAN(actual) unity_check_trait(UNITY_NAN, false, actual, NULL, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_NOT_NAN_MESSAGE(actual, message) unity_check_trait(UNITY_NAN, false, actual, message, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_DETERMINATE(actual) unity_check_trait(UNITY_DETERMINATE, true, actual, NULL, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_DETERMINATE_MESSAGE(actual, message) unity_check_trait(UNITY_DETERMINATE, true, actual, message, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_NOT_DETERMINATE(actual) unity_check_trait(UNITY_DETERMINATE, false, actual, NULL, __LINE__)
#define TEST_ASSERT_DOUBLE_IS_NOT_DETERMINATE_MESSAGE(actual, message) \
    unity_check_trait(UNITY_DETERMINATE, false, actual, message, __LINE__)

#ifdef __cplusplus
}
#endif
