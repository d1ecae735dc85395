/* Lists of items that threads and interrupts hand over: queues, FIFOs, LIFOs, stacks. The first word of an item belongs to the kernel while it
 * is in a list. Included by zephyr/kernel.h. */
#ifndef ZEPHYR_INCLUDE_KERNEL_QUEUES_H_
#define ZEPHYR_INCLUDE_KERNEL_QUEUES_H_

#ifdef __cplusplus
extern "C" {
#endif

/* --- queues --- */

struct k_queue {
	sys_slist_t data_q;
	uint32_t ready;
};
#define K_QUEUE_DEFINE(name) struct k_queue name = {{NULL, NULL}, 0}

void k_queue_init(struct k_queue *queue);
void k_queue_cancel_wait(struct k_queue *queue);
void k_queue_append(struct k_queue *queue, void *data);
int32_t k_queue_alloc_append(struct k_queue *queue, void *data);
void k_queue_prepend(struct k_queue *queue, void *data);
int32_t k_queue_alloc_prepend(struct k_queue *queue, void *data);
void k_queue_insert(struct k_queue *queue, void *prev, void *data);
int k_queue_append_list(struct k_queue *queue, void *head, void *tail);
int k_queue_merge_slist(struct k_queue *queue, sys_slist_t *list);
bool k_queue_unique_append(struct k_queue *queue, void *data);
bool k_queue_remove(struct k_queue *queue, void *data);
void *k_queue_get(struct k_queue *queue, k_timeout_t timeout);
int k_queue_is_empty(struct k_queue *queue);
void *k_queue_peek_head(struct k_queue *queue);
void *k_queue_peek_tail(struct k_queue *queue);

/* --- FIFOs and LIFOs: queues by other names --- */

struct k_fifo {
	struct k_queue _queue;
};
#define K_FIFO_DEFINE(name) struct k_fifo name = {{{NULL, NULL}, 0}}
#define k_fifo_init(fifo) k_queue_init(&(fifo)->_queue)
#define k_fifo_cancel_wait(fifo) k_queue_cancel_wait(&(fifo)->_queue)
#define k_fifo_put(fifo, data) k_queue_append(&(fifo)->_queue, data)
#define k_fifo_alloc_put(fifo, data) k_queue_alloc_append(&(fifo)->_queue, data)
#define k_fifo_put_list(fifo, head, tail) k_queue_append_list(&(fifo)->_queue, head, tail)
#define k_fifo_put_slist(fifo, list) k_queue_merge_slist(&(fifo)->_queue, list)
#define k_fifo_get(fifo, timeout) k_queue_get(&(fifo)->_queue, timeout)
#define k_fifo_is_empty(fifo) k_queue_is_empty(&(fifo)->_queue)
#define k_fifo_peek_head(fifo) k_queue_peek_head(&(fifo)->_queue)
#define k_fifo_peek_tail(fifo) k_queue_peek_tail(&(fifo)->_queue)

struct k_lifo {
	struct k_queue _queue;
};
#define K_LIFO_DEFINE(name) struct k_lifo name = {{{NULL, NULL}, 0}}
#define k_lifo_init(lifo) k_queue_init(&(lifo)->_queue)
#define k_lifo_put(lifo, data) k_queue_prepend(&(lifo)->_queue, data)
#define k_lifo_alloc_put(lifo, data) k_queue_alloc_prepend(&(lifo)->_queue, data)
#define k_lifo_get(lifo, timeout) k_queue_get(&(lifo)->_queue, timeout)

/* --- stacks of words --- */

typedef uintptr_t stack_data_t;

struct k_stack {
	stack_data_t *base;
	uint32_t entries;
	uint32_t used;
	uint32_t ready;
};
#define K_STACK_DEFINE(name, stack_num_entries)                        \
	static stack_data_t dl_stack_words_##name[stack_num_entries];  \
	struct k_stack name = {dl_stack_words_##name, stack_num_entries, 0, 0}

void k_stack_init(struct k_stack *stack, stack_data_t *buffer, uint32_t num_entries);
int32_t k_stack_alloc_init(struct k_stack *stack, uint32_t num_entries);
int k_stack_cleanup(struct k_stack *stack);
int k_stack_push(struct k_stack *stack, stack_data_t data);
int k_stack_pop(struct k_stack *stack, stack_data_t *data, k_timeout_t timeout);

#ifdef __cplusplus
}
#endif

#endif
