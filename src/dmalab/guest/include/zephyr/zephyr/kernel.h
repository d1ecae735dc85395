/* Zephyr's kernel objects. The machine keeps their state; the structures here say where they are and how they began. */
#ifndef ZEPHYR_INCLUDE_KERNEL_H_
#define ZEPHYR_INCLUDE_KERNEL_H_

#include <zephyr/irq.h>
#include <zephyr/linker/section_tags.h>
#include <zephyr/spinlock.h>
#include <zephyr/sys/__assert.h>
#include <zephyr/sys/atomic.h>
#include <zephyr/sys/dlist.h>
#include <zephyr/sys/printk.h>
#include <zephyr/sys/slist.h>
#include <zephyr/sys/util.h>
#include <zephyr/sys_clock.h>
#include <zephyr/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- threads --- */

#define K_PRIO_COOP(x) (-(CONFIG_NUM_COOP_PRIORITIES - (x)))
#define K_PRIO_PREEMPT(x) (x)
#define K_HIGHEST_THREAD_PRIO (-CONFIG_NUM_COOP_PRIORITIES)
#define K_LOWEST_THREAD_PRIO CONFIG_NUM_PREEMPT_PRIORITIES
#define K_LOWEST_APPLICATION_THREAD_PRIO (K_LOWEST_THREAD_PRIO - 1)
#define K_HIGHEST_APPLICATION_THREAD_PRIO (K_HIGHEST_THREAD_PRIO)
#define K_ESSENTIAL BIT(0)
#define K_FP_REGS BIT(1)
#define K_USER BIT(2)
#define K_INHERIT_PERMS BIT(3)

typedef void (*k_thread_entry_t)(void *p1, void *p2, void *p3);

struct k_thread {
	k_thread_entry_t entry;
	void *p1;
	void *p2;
	void *p3;
	char name[CONFIG_THREAD_MAX_NAME_LEN];
	int32_t base_prio;
};
typedef struct k_thread *k_tid_t;

struct z_thread_stack_element {
	char data;
};
typedef struct z_thread_stack_element k_thread_stack_t;

/* The machine gives every thread a stack of its own, of the size asked for and what host code needs besides. */
#define K_THREAD_STACK_LEN(size) (size)
#define K_THREAD_STACK_DEFINE(sym, size) k_thread_stack_t __attribute__((section(".noinit.stacks"))) sym[size]
#define K_KERNEL_STACK_DEFINE(sym, size) K_THREAD_STACK_DEFINE(sym, size)
#define K_THREAD_STACK_ARRAY_DEFINE(sym, n, size) k_thread_stack_t __attribute__((section(".noinit.stacks"))) sym[n][size]
#define K_THREAD_STACK_MEMBER(sym, size) k_thread_stack_t sym[size]
#define K_KERNEL_STACK_MEMBER(sym, size) k_thread_stack_t sym[size]
#define K_THREAD_STACK_DECLARE(sym, size) extern k_thread_stack_t sym[size]
#define K_THREAD_STACK_SIZEOF(sym) sizeof(sym)
#define K_KERNEL_STACK_SIZEOF(sym) sizeof(sym)
#define K_THREAD_STACK_BUFFER(sym) ((char *)(sym))

k_tid_t k_thread_create(struct k_thread *new_thread, k_thread_stack_t *stack, size_t stack_size, k_thread_entry_t entry, void *p1,
			void *p2, void *p3, int prio, uint32_t options, k_timeout_t delay);
void k_thread_start(k_tid_t thread);
void k_thread_abort(k_tid_t thread);
int k_thread_join(struct k_thread *thread, k_timeout_t timeout);
void k_thread_suspend(k_tid_t thread);
void k_thread_resume(k_tid_t thread);
int k_thread_priority_get(k_tid_t thread);
void k_thread_priority_set(k_tid_t thread, int prio);
int k_thread_name_set(k_tid_t thread, const char *str);
const char *k_thread_name_get(k_tid_t thread);
k_tid_t k_current_get(void);
k_tid_t k_sched_current_thread_query(void);
int32_t k_sleep(k_timeout_t timeout);
int32_t k_msleep(int32_t ms);
int32_t k_usleep(int32_t us);
void k_wakeup(k_tid_t thread);
void k_yield(void);
void k_busy_wait(uint32_t usec_to_wait);
bool k_can_yield(void);
bool k_is_in_isr(void);
int k_is_preempt_thread(void);
bool k_is_pre_kernel(void);
void k_sched_lock(void);
void k_sched_unlock(void);
#define k_thread_access_grant(thread, ...) ((void)(thread))
#define k_object_access_grant(object, thread) ((void)(object))

struct dl_static_thread {
	struct k_thread *thread;
	k_thread_stack_t *stack;
	size_t stack_size;
	k_thread_entry_t entry;
	void *p1;
	void *p2;
	void *p3;
	int prio;
	uint32_t options;
	int32_t delay_ms;
	const char *name;
};

#define K_THREAD_DEFINE(name_, stack_size_, entry_, p1_, p2_, p3_, prio_, options_, delay_)                               \
	K_THREAD_STACK_DEFINE(dl_stack_##name_, stack_size_);                                                           \
	struct k_thread dl_thread_##name_;                                                                               \
	static const struct dl_static_thread dl_static_##name_ = {                                                       \
		&dl_thread_##name_, dl_stack_##name_, stack_size_, (k_thread_entry_t)(entry_), (void *)(uintptr_t)(p1_), \
		(void *)(uintptr_t)(p2_), (void *)(uintptr_t)(p3_), prio_, options_, delay_, #name_};                    \
	static const struct dl_static_thread *const dl_static_ref_##name_                                                \
		__attribute__((used, section("dl_zephyr_threads"))) = &dl_static_##name_;                                \
	const k_tid_t name_ = &dl_thread_##name_
#define K_KERNEL_THREAD_DEFINE K_THREAD_DEFINE

/* --- time --- */

int64_t k_uptime_ticks(void);
int64_t k_uptime_get(void);
uint32_t k_uptime_get_32(void);
uint32_t k_uptime_seconds(void);
int64_t k_uptime_delta(int64_t *reftime);
uint32_t k_cycle_get_32(void);
uint64_t k_cycle_get_64(void);

typedef struct {
	uint64_t tick;
} k_timepoint_t;
k_timepoint_t sys_timepoint_calc(k_timeout_t timeout);
k_timeout_t sys_timepoint_timeout(k_timepoint_t timepoint);
bool sys_timepoint_expired(k_timepoint_t timepoint);

/* --- semaphores --- */

#define K_SEM_MAX_LIMIT UINT_MAX
#define DL_OBJECT_READY 0x2B1E5U

struct k_sem {
	unsigned int count;
	unsigned int limit;
	uint32_t ready;
};
#define K_SEM_DEFINE(name, initial_count, count_limit) struct k_sem name = {initial_count, count_limit, 0}

int k_sem_init(struct k_sem *sem, unsigned int initial_count, unsigned int limit);
int k_sem_take(struct k_sem *sem, k_timeout_t timeout);
void k_sem_give(struct k_sem *sem);
void k_sem_reset(struct k_sem *sem);
unsigned int k_sem_count_get(struct k_sem *sem);

/* --- mutexes --- */

struct k_mutex {
	uint32_t lock_count;
	uint32_t ready;
};
#define K_MUTEX_DEFINE(name) struct k_mutex name = {0, DL_MUTEX_STATIC}
#define DL_MUTEX_STATIC 1U

int k_mutex_init(struct k_mutex *mutex);
int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout);
int k_mutex_unlock(struct k_mutex *mutex);

/* --- message queues --- */

struct k_msgq {
	size_t msg_size;
	uint32_t max_msgs;
	char *buffer_start;
	uint32_t used_msgs;
	uint32_t ready;
};
#define K_MSGQ_DEFINE(name, msg_size_, max_msgs_, align_)                                          \
	static char __aligned(align_) dl_msgq_buffer_##name[(max_msgs_) * (msg_size_)];            \
	struct k_msgq name = {msg_size_, max_msgs_, dl_msgq_buffer_##name, 0, 0}

void k_msgq_init(struct k_msgq *msgq, char *buffer, size_t msg_size, uint32_t max_msgs);
int k_msgq_alloc_init(struct k_msgq *msgq, size_t msg_size, uint32_t max_msgs);
int k_msgq_put(struct k_msgq *msgq, const void *data, k_timeout_t timeout);
int k_msgq_put_front(struct k_msgq *msgq, const void *data);
int k_msgq_get(struct k_msgq *msgq, void *data, k_timeout_t timeout);
int k_msgq_peek(struct k_msgq *msgq, void *data);
void k_msgq_purge(struct k_msgq *msgq);
uint32_t k_msgq_num_used_get(struct k_msgq *msgq);
uint32_t k_msgq_num_free_get(struct k_msgq *msgq);

#ifdef __cplusplus
}
#endif
#include <zephyr/kernel/queues.h>
#include <zephyr/kernel/events.h>
#include <zephyr/kernel/memory.h>
#include <zephyr/kernel/polling.h>
#ifdef __cplusplus
extern "C" {
#endif

/* --- timers --- */

struct k_timer;
typedef void (*k_timer_expiry_t)(struct k_timer *timer);
typedef void (*k_timer_stop_t)(struct k_timer *timer);

struct k_timer {
	k_timer_expiry_t expiry_fn;
	k_timer_stop_t stop_fn;
	void *user_data;
	uint32_t ready;
};
#define K_TIMER_DEFINE(name, expiry, stop) struct k_timer name = {expiry, stop, NULL, 0}

void k_timer_init(struct k_timer *timer, k_timer_expiry_t expiry_fn, k_timer_stop_t stop_fn);
void k_timer_start(struct k_timer *timer, k_timeout_t duration, k_timeout_t period);
void k_timer_stop(struct k_timer *timer);
uint32_t k_timer_status_get(struct k_timer *timer);
uint32_t k_timer_status_sync(struct k_timer *timer);
k_ticks_t k_timer_remaining_ticks(const struct k_timer *timer);
uint32_t k_timer_remaining_get(struct k_timer *timer);
void k_timer_user_data_set(struct k_timer *timer, void *user_data);
void *k_timer_user_data_get(const struct k_timer *timer);

/* --- work --- */

struct k_work;
typedef void (*k_work_handler_t)(struct k_work *work);

enum {
	K_WORK_RUNNING_BIT = 0,
	K_WORK_CANCELING_BIT = 1,
	K_WORK_QUEUED_BIT = 2,
	K_WORK_DELAYED_BIT = 3,
	K_WORK_RUNNING = BIT(K_WORK_RUNNING_BIT),
	K_WORK_CANCELING = BIT(K_WORK_CANCELING_BIT),
	K_WORK_QUEUED = BIT(K_WORK_QUEUED_BIT),
	K_WORK_DELAYED = BIT(K_WORK_DELAYED_BIT),
};

struct k_work_q {
	struct k_thread thread;
	uint32_t ready;
};

struct k_work {
	sys_snode_t node;
	k_work_handler_t handler;
	struct k_work_q *queue;
	uint32_t flags;
};

struct k_work_delayable {
	struct k_work work;
	struct k_work_q *queue;
};

struct k_work_sync {
	uint32_t unused;
};

struct k_work_queue_config {
	const char *name;
	bool no_yield;
	bool essential;
	uint32_t work_timeout_ms;
};

#define Z_WORK_INITIALIZER(work_handler) {{NULL}, work_handler, NULL, 0}
#define K_WORK_DEFINE(work, work_handler) struct k_work work = Z_WORK_INITIALIZER(work_handler)
#define Z_WORK_DELAYABLE_INITIALIZER(work_handler) {Z_WORK_INITIALIZER(work_handler), NULL}
#define K_WORK_DELAYABLE_DEFINE(work, work_handler) struct k_work_delayable work = Z_WORK_DELAYABLE_INITIALIZER(work_handler)

extern struct k_work_q k_sys_work_q;

void k_work_init(struct k_work *work, k_work_handler_t handler);
int k_work_submit(struct k_work *work);
int k_work_submit_to_queue(struct k_work_q *queue, struct k_work *work);
int k_work_busy_get(const struct k_work *work);
bool k_work_is_pending(const struct k_work *work);
int k_work_cancel(struct k_work *work);
bool k_work_cancel_sync(struct k_work *work, struct k_work_sync *sync);
bool k_work_flush(struct k_work *work, struct k_work_sync *sync);
void k_work_queue_init(struct k_work_q *queue);
void k_work_queue_start(struct k_work_q *queue, k_thread_stack_t *stack, size_t stack_size, int prio,
			const struct k_work_queue_config *cfg);
k_tid_t k_work_queue_thread_get(struct k_work_q *queue);
void k_work_init_delayable(struct k_work_delayable *dwork, k_work_handler_t handler);
struct k_work_delayable *k_work_delayable_from_work(struct k_work *work);
int k_work_schedule(struct k_work_delayable *dwork, k_timeout_t delay);
int k_work_schedule_for_queue(struct k_work_q *queue, struct k_work_delayable *dwork, k_timeout_t delay);
int k_work_reschedule(struct k_work_delayable *dwork, k_timeout_t delay);
int k_work_reschedule_for_queue(struct k_work_q *queue, struct k_work_delayable *dwork, k_timeout_t delay);
int k_work_cancel_delayable(struct k_work_delayable *dwork);
bool k_work_cancel_delayable_sync(struct k_work_delayable *dwork, struct k_work_sync *sync);
bool k_work_flush_delayable(struct k_work_delayable *dwork, struct k_work_sync *sync);
int k_work_delayable_busy_get(const struct k_work_delayable *dwork);
bool k_work_delayable_is_pending(const struct k_work_delayable *dwork);

/* --- heap --- */

void *k_malloc(size_t size);
void *k_calloc(size_t nmemb, size_t size);
void *k_aligned_alloc(size_t align, size_t size);
void *k_realloc(void *ptr, size_t size);
void k_free(void *ptr);

/* --- endings --- */

FUNC_NORETURN void dl_zephyr_panic(const char *what);
#define k_panic() dl_zephyr_panic("k_panic()")
#define k_oops() dl_zephyr_panic("k_oops()")

#ifdef __cplusplus
}
#endif

#endif
