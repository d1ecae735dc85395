/* For the stub files idf_*.c and freertos_*.c: each function there has the name, the types and the results of the vendor's, asks the
 * machine by one DL_CALL, and unpacks the answer (conventions: guest/calls.py).
 *
 * The stubs are not instrumented. What the real driver would load or store in the firmware's memory is therefore declared by hand, with
 * SEES and STORE, or a stale or untold byte would escape. Both must stand in the API function itself: the firmware's place is found from
 * its frame. That is also why this header, alone among the stubs, looks into dl_runtime.h.
 */
#ifndef IDF_STUB_H
#define IDF_STUB_H

#include <stddef.h>
#include <stdint.h>

#include "dl_call.h"
#include "dl_runtime.h"

/* The driver is about to load `size` bytes at `address`. */
#define SEES(address, size) dl_range((uintptr_t)(address), (size), 0, DL_PLACE(), DL_CALLER_FP())

/* *pointer = value, as a store of the core. */
#define STORE(pointer, value)                                                                       \
    do {                                                                                            \
        __auto_type stored_to_ = (pointer);                                                         \
        __auto_type stored_ = (value); /* before the store is announced: it may ask the machine */  \
        dl_range((uintptr_t)stored_to_, sizeof *stored_to_, 1, DL_PLACE(), DL_CALLER_FP());         \
        *stored_to_ = stored_;                                                                      \
    } while (0)

/* The two halves of a `pair` answer. */
#define LOW(answer) ((int32_t)(uint32_t)(answer))
#define HIGH(answer) ((uint32_t)((answer) >> 32))

/* A machine address as a pointer of type T. */
#define AS_POINTER(T, value) ((T)(uintptr_t)(value))

#endif
