/* Waiting for several objects at once. Included by zephyr/kernel.h. */
#ifndef ZEPHYR_INCLUDE_KERNEL_POLLING_H_
#define ZEPHYR_INCLUDE_KERNEL_POLLING_H_

#ifdef __cplusplus
extern "C" {
#endif

#define K_POLL_TYPE_IGNORE 0
#define K_POLL_TYPE_SIGNAL BIT(0)
#define K_POLL_TYPE_SEM_AVAILABLE BIT(1)
#define K_POLL_TYPE_DATA_AVAILABLE BIT(2)
#define K_POLL_TYPE_FIFO_DATA_AVAILABLE K_POLL_TYPE_DATA_AVAILABLE
#define K_POLL_TYPE_MSGQ_DATA_AVAILABLE BIT(3)
#define K_POLL_TYPE_PIPE_DATA_AVAILABLE BIT(4)

#define K_POLL_STATE_NOT_READY 0
#define K_POLL_STATE_SIGNALED BIT(0)
#define K_POLL_STATE_SEM_AVAILABLE BIT(1)
#define K_POLL_STATE_DATA_AVAILABLE BIT(2)
#define K_POLL_STATE_FIFO_DATA_AVAILABLE K_POLL_STATE_DATA_AVAILABLE
#define K_POLL_STATE_CANCELLED BIT(3)
#define K_POLL_STATE_MSGQ_DATA_AVAILABLE BIT(4)
#define K_POLL_STATE_PIPE_DATA_AVAILABLE BIT(5)

enum k_poll_modes {
	K_POLL_MODE_NOTIFY_ONLY = 0,
	K_POLL_NUM_MODES
};

struct k_poll_signal {
	sys_dlist_t poll_events;
	unsigned int signaled;
	int result;
};
#define K_POLL_SIGNAL_INITIALIZER(obj) {.poll_events = SYS_DLIST_STATIC_INIT(&(obj).poll_events), .signaled = 0, .result = 0}

struct z_poller;
struct k_pipe;
struct k_poll_event {
	sys_dnode_t _node;
	struct z_poller *poller;
	uint32_t tag: 8;
	uint32_t type: 5;
	uint32_t state: 6;
	uint32_t mode: 1;
	uint32_t unused: 12;
	union {
		void *obj;
		void *typed_K_POLL_TYPE_IGNORE;
		struct k_poll_signal *signal, *typed_K_POLL_TYPE_SIGNAL;
		struct k_sem *sem, *typed_K_POLL_TYPE_SEM_AVAILABLE;
		struct k_fifo *fifo, *typed_K_POLL_TYPE_FIFO_DATA_AVAILABLE;
		struct k_queue *queue, *typed_K_POLL_TYPE_DATA_AVAILABLE;
		struct k_msgq *msgq, *typed_K_POLL_TYPE_MSGQ_DATA_AVAILABLE;
		struct k_pipe *pipe, *typed_K_POLL_TYPE_PIPE_DATA_AVAILABLE;
	};
};
#define K_POLL_EVENT_INITIALIZER(event_type, event_mode, event_obj) \
	K_POLL_EVENT_STATIC_INITIALIZER(event_type, event_mode, event_obj, 0)
#define K_POLL_EVENT_STATIC_INITIALIZER(event_type, event_mode, event_obj, event_tag) \
	{.tag = event_tag, .type = event_type, .state = K_POLL_STATE_NOT_READY, .mode = event_mode, .unused = 0, .obj = event_obj}

void k_poll_event_init(struct k_poll_event *event, uint32_t type, int mode, void *obj);
int k_poll(struct k_poll_event *events, int num_events, k_timeout_t timeout);
void k_poll_signal_init(struct k_poll_signal *sig);
void k_poll_signal_reset(struct k_poll_signal *sig);
void k_poll_signal_check(struct k_poll_signal *sig, unsigned int *signaled, int *result);
int k_poll_signal_raise(struct k_poll_signal *sig, int result);

#ifdef __cplusplus
}
#endif

#endif
