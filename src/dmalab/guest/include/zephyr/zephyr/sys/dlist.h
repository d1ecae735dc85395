/* Doubly linked lists with a head. */
#ifndef ZEPHYR_INCLUDE_SYS_DLIST_H_
#define ZEPHYR_INCLUDE_SYS_DLIST_H_

#include <zephyr/sys/util.h>

struct _dnode {
	union {
		struct _dnode *head;
		struct _dnode *next;
	};
	union {
		struct _dnode *tail;
		struct _dnode *prev;
	};
};
typedef struct _dnode sys_dlist_t;
typedef struct _dnode sys_dnode_t;

#define SYS_DLIST_STATIC_INIT(ptr) {{(ptr)}, {(ptr)}}

static inline void sys_dlist_init(sys_dlist_t *list)
{
	list->head = list;
	list->tail = list;
}

static inline void sys_dnode_init(sys_dnode_t *node)
{
	node->next = NULL;
	node->prev = NULL;
}

static inline bool sys_dnode_is_linked(const sys_dnode_t *node)
{
	return node->next != NULL;
}

static inline bool sys_dlist_is_empty(sys_dlist_t *list)
{
	return list->head == list;
}

static inline sys_dnode_t *sys_dlist_peek_head(sys_dlist_t *list)
{
	return sys_dlist_is_empty(list) ? NULL : list->head;
}

static inline sys_dnode_t *sys_dlist_peek_tail(sys_dlist_t *list)
{
	return sys_dlist_is_empty(list) ? NULL : list->tail;
}

static inline sys_dnode_t *sys_dlist_peek_next(sys_dlist_t *list, sys_dnode_t *node)
{
	return node && node != list->tail ? node->next : NULL;
}

static inline void sys_dlist_append(sys_dlist_t *list, sys_dnode_t *node)
{
	sys_dnode_t *const tail = list->tail;

	node->next = list;
	node->prev = tail;
	tail->next = node;
	list->tail = node;
}

static inline void sys_dlist_prepend(sys_dlist_t *list, sys_dnode_t *node)
{
	sys_dnode_t *const head = list->head;

	node->next = head;
	node->prev = list;
	head->prev = node;
	list->head = node;
}

static inline void sys_dlist_remove(sys_dnode_t *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	sys_dnode_init(node);
}

static inline sys_dnode_t *sys_dlist_get(sys_dlist_t *list)
{
	sys_dnode_t *node = sys_dlist_peek_head(list);

	if (node) {
		sys_dlist_remove(node);
	}
	return node;
}

#define SYS_DLIST_FOR_EACH_NODE(list, node) for (node = sys_dlist_peek_head(list); node; node = sys_dlist_peek_next(list, node))
#define SYS_DLIST_CONTAINER(node, container, field) ((node) ? CONTAINER_OF(node, __typeof__(*(container)), field) : NULL)
#define SYS_DLIST_FOR_EACH_CONTAINER(list, container, field)                                               \
	for (container = SYS_DLIST_CONTAINER(sys_dlist_peek_head(list), container, field); container;      \
	     container = SYS_DLIST_CONTAINER(sys_dlist_peek_next(list, &(container)->field), container, field))

#endif
