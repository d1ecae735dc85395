/* Assertions at build time; run-time ones are the C library's assert(). */
#pragma once

#include <assert.h>

#ifdef __cplusplus
#define ESP_STATIC_ASSERT static_assert
#else
#define ESP_STATIC_ASSERT _Static_assert
#endif
#define TRY_STATIC_ASSERT(condition, message) assert((condition) && #message)
