/* Memory barriers. One core is modelled, so the compiler's barrier does. */
#ifndef ZEPHYR_INCLUDE_SYS_BARRIER_H_
#define ZEPHYR_INCLUDE_SYS_BARRIER_H_

#define barrier_dmem_fence_full() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define barrier_dsync_fence_full() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define barrier_isync_fence_full() __asm__ volatile("" ::: "memory")

#endif
