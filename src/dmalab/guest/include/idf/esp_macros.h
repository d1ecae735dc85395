/* Small helpers that firmware finds through many other headers. */
#pragma once

#ifndef ESP_UNUSED
#define ESP_UNUSED(x) ((void)(x))
#endif
#define ESP_INFINITE_LOOP() \
    do {                    \
    } while (1)

/* For alignments that are powers of two. */
#define ESP_ALIGN_UP(number, align) (((number) + ((align) - 1)) & ~((align) - 1))
#define ESP_ALIGN_DOWN(number, align) ((number) & ~((align) - 1))
