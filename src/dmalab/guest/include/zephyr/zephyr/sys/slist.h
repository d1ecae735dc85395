/* Singly linked lists. */
#ifndef ZEPHYR_INCLUDE_SYS_SLIST_H_
#define ZEPHYR_INCLUDE_SYS_SLIST_H_

#include <zephyr/sys/util.h>

typedef struct _snode {
	struct _snode *next;
} sys_snode_t;
typedef struct _slist {
	sys_snode_t *head;
	sys_snode_t *tail;
} sys_slist_t;

#define SYS_SLIST_STATIC_INIT(ptr) {NULL, NULL}

static inline void sys_slist_init(sys_slist_t *list)
{
	list->head = NULL;
	list->tail = NULL;
}

static inline bool sys_slist_is_empty(sys_slist_t *list)
{
	return list->head == NULL;
}

static inline sys_snode_t *sys_slist_peek_head(sys_slist_t *list)
{
	return list->head;
}

static inline sys_snode_t *sys_slist_peek_tail(sys_slist_t *list)
{
	return list->tail;
}

static inline sys_snode_t *sys_slist_peek_next(sys_snode_t *node)
{
	return node ? node->next : NULL;
}

static inline void sys_slist_append(sys_slist_t *list, sys_snode_t *node)
{
	node->next = NULL;
	if (list->tail) {
		list->tail->next = node;
	} else {
		list->head = node;
	}
	list->tail = node;
}

static inline void sys_slist_prepend(sys_slist_t *list, sys_snode_t *node)
{
	node->next = list->head;
	list->head = node;
	if (!list->tail) {
		list->tail = node;
	}
}

static inline sys_snode_t *sys_slist_get(sys_slist_t *list)
{
	sys_snode_t *const node = list->head;

	if (node) {
		list->head = node->next;
		if (!list->head) {
			list->tail = NULL;
		}
	}
	return node;
}

#define SYS_SLIST_FOR_EACH_NODE(list, node) for (node = sys_slist_peek_head(list); node; node = sys_slist_peek_next(node))
#define SYS_SLIST_CONTAINER(node, container, field) ((node) ? CONTAINER_OF(node, __typeof__(*(container)), field) : NULL)
#define SYS_SLIST_FOR_EACH_CONTAINER(list, container, field)                                               \
	for (container = SYS_SLIST_CONTAINER(sys_slist_peek_head(list), container, field); container;      \
	     container = SYS_SLIST_CONTAINER(sys_slist_peek_next(&(container)->field), container, field))

#endif
