/* Small helpers that firmware finds through many other headers. */
#pragma once

#ifndef ESP_UNUSED
#define ESP_UNUSED(x) ((void)(x))
#endif
#define ESP_INFINITE_LOOP() \
    do {                    \
    } while (1)
