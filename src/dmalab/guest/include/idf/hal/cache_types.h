/* Kinds of caches. */
#pragma once

typedef enum {
    CACHE_TYPE_DATA,
    CACHE_TYPE_INSTRUCTION,
    CACHE_TYPE_ALL,
} cache_type_t;
