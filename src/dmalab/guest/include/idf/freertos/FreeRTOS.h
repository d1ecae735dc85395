/* The kernel's types and settings. Include before any other header of this folder. */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sdkconfig.h"

#include "freertos/FreeRTOSConfig.h"
#include "freertos/projdefs.h"
#include "freertos/portable.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Memory for objects whose owner provides it. Sizes are the chip's, so that layouts stay true; the machine keeps the contents. */
typedef struct {
    uint32_t opaque_[87];
} StaticTask_t;

typedef struct {
    uint32_t opaque_[21];
} StaticQueue_t;

typedef StaticQueue_t StaticSemaphore_t;

typedef struct {
    uint32_t opaque_[10];
} StaticEventGroup_t;

#ifdef __cplusplus
}
#endif
