/* Queues, FIFOs and LIFOs (queues by other names), stacks.
 *
 * The order of the items is the machine's. What the kernel's list code would store into an item, its first word, is stored here, for it makes
 * the item's cache line dirty.
 */
#include <errno.h>
#include <zephyr/kernel.h>

#include "zephyr_stub.h"

enum { TAIL, HEAD, BEHIND }; /* guest/zephyr_handlers/queues.py: k_queue_put */
enum { AT_HEAD, AT_TAIL };

static void need_queue(struct k_queue *queue)
{
    if (queue->ready != DL_OBJECT_READY) {
        DL_CALL(k_queue_init, queue);
        queue->ready = DL_OBJECT_READY;
    }
}

#define LINK(item) STORE((uintptr_t *)(item), (uintptr_t)0)

void k_queue_init(struct k_queue *queue)
{
    dl_range((uintptr_t)queue, sizeof *queue, 1, DL_PLACE(), DL_CALLER_FP());
    *queue = (struct k_queue){{NULL, NULL}, DL_OBJECT_READY};
    DL_CALL(k_queue_init, queue);
}

void k_queue_cancel_wait(struct k_queue *queue)
{
    need_queue(queue);
    DL_CALL(k_queue_cancel_wait, queue);
}

void k_queue_append(struct k_queue *queue, void *data)
{
    need_queue(queue);
    LINK(data);
    DL_CALL(k_queue_put, queue, data, TAIL, NULL);
}

void k_queue_prepend(struct k_queue *queue, void *data)
{
    need_queue(queue);
    LINK(data);
    DL_CALL(k_queue_put, queue, data, HEAD, NULL);
}

void k_queue_insert(struct k_queue *queue, void *prev, void *data)
{
    need_queue(queue);
    LINK(data);
    DL_CALL(k_queue_put, queue, data, prev ? BEHIND : HEAD, prev);
}

/* A node from the heap carries the item, which is not touched. The node is freed when the item is taken: here at once, nobody sees it. */
static int32_t carried(struct k_queue *queue, void *data, int where)
{
    need_queue(queue);
    void *node = k_malloc(2 * sizeof(void *));
    if (!node)
        return -ENOMEM;
    k_free(node);
    DL_CALL(k_queue_put, queue, data, where, NULL);
    return 0;
}

int32_t k_queue_alloc_append(struct k_queue *queue, void *data)
{
    return carried(queue, data, TAIL);
}

int32_t k_queue_alloc_prepend(struct k_queue *queue, void *data)
{
    return carried(queue, data, HEAD);
}

int k_queue_append_list(struct k_queue *queue, void *head, void *tail)
{
    if (!head || !tail)
        return -EINVAL;
    need_queue(queue);
    void *next;
    for (void *item = head; item; item = item == tail ? NULL : next) {
        SEES(item, sizeof next);
        next = *(void **)item;
        LINK(item);
        DL_CALL(k_queue_put, queue, item, TAIL, NULL);
    }
    return 0;
}

int k_queue_merge_slist(struct k_queue *queue, sys_slist_t *list)
{
    if (sys_slist_is_empty(list))
        return -EINVAL;
    const int result = k_queue_append_list(queue, list->head, list->tail);
    sys_slist_init(list);
    return result;
}

bool k_queue_unique_append(struct k_queue *queue, void *data)
{
    need_queue(queue);
    if (DL_CALL(k_queue_holds, queue, data))
        return false;
    LINK(data);
    DL_CALL(k_queue_put, queue, data, TAIL, NULL);
    return true;
}

bool k_queue_remove(struct k_queue *queue, void *data)
{
    need_queue(queue);
    return DL_CALL(k_queue_remove, queue, data);
}

void *k_queue_get(struct k_queue *queue, k_timeout_t timeout)
{
    need_queue(queue);
    return (void *)(uintptr_t)DL_CALL(k_queue_get, queue, TICKS(timeout));
}

int k_queue_is_empty(struct k_queue *queue)
{
    return k_queue_peek_head(queue) == NULL;
}

void *k_queue_peek_head(struct k_queue *queue)
{
    need_queue(queue);
    return (void *)(uintptr_t)DL_CALL(k_queue_peek, queue, AT_HEAD);
}

void *k_queue_peek_tail(struct k_queue *queue)
{
    need_queue(queue);
    return (void *)(uintptr_t)DL_CALL(k_queue_peek, queue, AT_TAIL);
}

/* --- stacks --- */

static void need_stack(struct k_stack *stack)
{
    if (stack->ready != DL_OBJECT_READY) {
        DL_CALL(k_stack_init, stack, stack->entries);
        stack->ready = DL_OBJECT_READY;
    }
}

void k_stack_init(struct k_stack *stack, stack_data_t *buffer, uint32_t num_entries)
{
    dl_range((uintptr_t)stack, sizeof *stack, 1, DL_PLACE(), DL_CALLER_FP());
    *stack = (struct k_stack){buffer, num_entries, 0, DL_OBJECT_READY};
    DL_CALL(k_stack_init, stack, num_entries);
}

int32_t k_stack_alloc_init(struct k_stack *stack, uint32_t num_entries)
{
    stack_data_t *buffer = k_malloc(num_entries * sizeof *buffer);
    if (!buffer)
        return -ENOMEM;
    k_stack_init(stack, buffer, num_entries);
    return 0;
}

int k_stack_cleanup(struct k_stack *stack)
{
    need_stack(stack);
    const int code = (int)DL_CALL(k_stack_cleanup, stack);
    if (!code)
        stack->ready = 0;
    return code;
}

int k_stack_push(struct k_stack *stack, stack_data_t data)
{
    need_stack(stack);
    return (int)DL_CALL(k_stack_push, stack, (uint64_t)data);
}

int k_stack_pop(struct k_stack *stack, stack_data_t *data, k_timeout_t timeout)
{
    need_stack(stack);
    const uint64_t answer = DL_CALL(k_stack_pop, stack, TICKS(timeout));
    if (!LOW(answer))
        STORE(data, (stack_data_t)HIGH(answer));
    return LOW(answer);
}
