/* Memory-leak check around a test: free heap before, free heap after, a threshold. */
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that a test may leave allocated. */
void unity_utils_set_leak_level(size_t leak_level);
void unity_utils_record_free_mem(void);
void unity_utils_check_leak(unsigned int before_free, unsigned int after_free, const char *type, unsigned int threshold);
void unity_utils_evaluate_leaks_direct(size_t threshold);
void unity_utils_evaluate_leaks(void);
/* Heap tracing is not modelled: leaks are named by dmalab's own report. */
void unity_utils_setup_heap_record(size_t num_heap_records);

#ifdef __cplusplus
}
#endif
