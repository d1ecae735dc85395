"""Kernel objects that threads and DMA callbacks hand data over with: what each call answers, from threads and from interrupts."""

from __future__ import annotations

import pytest

THREAD = """
static struct k_thread other; K_THREAD_STACK_DEFINE(other_stack, 1024);
static void begin(k_thread_entry_t entry, int priority)
{ k_thread_create(&other, other_stack, 1024, entry, NULL, NULL, NULL, priority, 0, K_NO_WAIT); }
/* Initialisers are evaluated in order, arguments are not. */
#define SHOW(format, ...) do { const int v_[] = {__VA_ARGS__, 0, 0}; printk(format "\\n", v_[0], v_[1], v_[2]); } while (0)
"""


@pytest.fixture
def shows(program):
    """Runs a program and compares what it prints, line by line; nothing may be found."""

    def check(text, *lines):
        ran = program(THREAD + text)
        assert ran.printed.splitlines() == list(lines), ran.why
        assert ran.rules == [], ran.why

    return check


# -- queues, FIFOs, LIFOs --------------------------------------------------------------------------------------------

ITEMS = """
struct item { void *link; int value; };
static struct item items[4] = {{0, 0}, {0, 1}, {0, 2}, {0, 3}};
static int value(void *item) { return item ? ((struct item *)item)->value : -1; }
"""


def test_a_fifo_gives_items_in_order(shows):
    shows(
        ITEMS
        + """
K_FIFO_DEFINE(fifo);
int main(void) {
	SHOW("%d %d", k_fifo_is_empty(&fifo), value(k_fifo_get(&fifo, K_NO_WAIT)));
	k_fifo_put(&fifo, &items[1]); k_fifo_put(&fifo, &items[2]);
	k_fifo_alloc_put(&fifo, &items[3]);
	SHOW("%d %d %d", k_fifo_is_empty(&fifo), value(k_fifo_peek_head(&fifo)), value(k_fifo_peek_tail(&fifo)));
	SHOW("%d %d %d", value(k_fifo_get(&fifo, K_FOREVER)), value(k_fifo_get(&fifo, K_NO_WAIT)), value(k_fifo_get(&fifo, K_MSEC(1))));
	SHOW("%d %d", value(k_fifo_get(&fifo, K_MSEC(5))), k_uptime_get_32());
	return 0;
}
""",
        "1 -1",
        "0 1 3",
        "1 2 3",
        "-1 5",
    )


def test_a_lifo_gives_the_last_first(shows):
    shows(
        ITEMS
        + """
int main(void) {
	struct k_lifo lifo; k_lifo_init(&lifo);
	k_lifo_put(&lifo, &items[1]); k_lifo_put(&lifo, &items[2]); k_lifo_alloc_put(&lifo, &items[3]);
	int a = value(k_lifo_get(&lifo, K_NO_WAIT)), b = value(k_lifo_get(&lifo, K_NO_WAIT)), c = value(k_lifo_get(&lifo, K_NO_WAIT));
	SHOW("%d %d %d", a, b, c);
	return 0;
}
""",
        "3 2 1",
    )


def test_queues_insert_remove_and_take_lists(shows):
    shows(
        ITEMS
        + """
K_QUEUE_DEFINE(queue);
int main(void) {
	k_queue_append(&queue, &items[1]); k_queue_prepend(&queue, &items[0]); k_queue_insert(&queue, &items[0], &items[3]);
	SHOW("%d %d", k_queue_unique_append(&queue, &items[3]), k_queue_unique_append(&queue, &items[2]));
	SHOW("%d %d", k_queue_remove(&queue, &items[1]), k_queue_remove(&queue, &items[1]));
	while (!k_queue_is_empty(&queue)) printk("%d ", value(k_queue_get(&queue, K_NO_WAIT)));
	items[1].link = &items[2]; items[2].link = NULL;
	SHOW("| %d %d", k_queue_append_list(&queue, &items[1], &items[2]), k_queue_append_list(&queue, NULL, NULL));
	SHOW("%d", value(k_queue_get(&queue, K_NO_WAIT)));
	SHOW("%d %d", value(k_queue_get(&queue, K_NO_WAIT)), value(k_queue_get(&queue, K_NO_WAIT)));
	sys_slist_t list; sys_slist_init(&list);
	SHOW("%d", k_queue_merge_slist(&queue, &list));
	sys_slist_append(&list, (sys_snode_t *)&items[3]);
	SHOW("%d %d", k_queue_merge_slist(&queue, &list), value(k_queue_peek_tail(&queue)));
	return 0;
}
""",
        "0 1",
        "1 0",
        "0 3 2 | 0 -22",
        "1",
        "2 -1",
        "-22",
        "0 3",
    )


def test_a_callback_puts_and_a_thread_gets(shows):
    """The usual way of received buffers; the thread that waits gets the item, nobody in between."""
    shows(
        ITEMS
        + """
K_FIFO_DEFINE(fifo);
static void put(const struct device *dev, void *user_data, uint32_t channel, int status) { k_fifo_put(&fifo, user_data); }
int main(void) {
	struct dma_block_config block = block_for(64);
	struct dma_config config = config_for(&block);
	config.dma_callback = put; config.user_data = &items[2];
	dma_config(dma, 0, &config); dma_start(dma, 0);
	SHOW("%d", value(k_fifo_get(&fifo, K_FOREVER)));
	return 0;
}
""",
        "2",
    )


def test_a_wait_can_be_cancelled(shows):
    shows(
        ITEMS
        + """
K_FIFO_DEFINE(fifo);
static void cancel(void *a, void *b, void *c) { k_fifo_cancel_wait(&fifo); }
int main(void) {
	begin(cancel, 5);
	SHOW("%d %d", value(k_fifo_get(&fifo, K_FOREVER)), k_uptime_get_32());
	return 0;
}
""",
        "-1 0",
    )


def test_an_item_twice_in_a_queue(program):
    """On a device the list would run in a circle."""
    ran = program(
        THREAD
        + ITEMS
        + "K_FIFO_DEFINE(fifo); int main(void) { k_fifo_put(&fifo, &items[0]); k_fifo_put(&fifo, &items[0]); return 0; }"
    )
    assert "queue fifo a second time" in ran.report.failure, ran.why


def test_the_kernel_writes_into_an_item(program):
    """The first word of a buffer that is put into a FIFO is the kernel's: a transfer that still fills the buffer is hit."""
    text = """
K_FIFO_DEFINE(fifo);
int main(void) {
	struct dma_block_config block = block_for(1024);
	struct dma_config config = config_for(&block);
	dma_config(dma, 0, &config); dma_start(dma, 0);
	%s
	k_fifo_put(&fifo, sink);
	k_sem_take(&done, K_FOREVER);
	return 0;
}
"""
    assert program(text % "").rules == ["touched-in-flight"]
    assert program(text % "k_sem_take(&done, K_FOREVER); k_sem_give(&done);").rules == []


def test_waiting_for_an_item_in_an_interrupt(program):
    ran = program(
        ITEMS
        + """
K_FIFO_DEFINE(fifo);
static void expired(struct k_timer *timer) { printk("%d\\n", value(k_fifo_get(&fifo, K_MSEC(1)))); }
K_TIMER_DEFINE(timer, expired, NULL);
int main(void) { k_timer_start(&timer, K_MSEC(1), K_NO_WAIT); k_msleep(5); return 0; }
"""
    )
    assert ran.printed == "-1\n", ran.why
    assert ran.rules == ["isr-context"], ran.why


# -- stacks ----------------------------------------------------------------------------------------------------------


def test_a_stack_gives_the_last_word_first(shows):
    shows(
        """
K_STACK_DEFINE(words, 2);
static void push(void *a, void *b, void *c) { k_stack_push(&words, 9); }
int main(void) {
	stack_data_t word = 0;
	SHOW("%d", k_stack_pop(&words, &word, K_NO_WAIT));
	SHOW("%d %d %d", k_stack_push(&words, 1), k_stack_push(&words, 2), k_stack_push(&words, 3));
	k_stack_pop(&words, &word, K_NO_WAIT); SHOW("%d", (int)word);
	k_stack_pop(&words, &word, K_FOREVER); SHOW("%d", (int)word);
	SHOW("%d", k_stack_pop(&words, &word, K_MSEC(2)));
	begin(push, 5);
	SHOW("%d %d", k_stack_pop(&words, &word, K_FOREVER), (int)word);
	struct k_stack made;
	SHOW("%d %d", k_stack_alloc_init(&made, 4), k_stack_push(&made, 7));
	SHOW("%d", k_stack_cleanup(&made));
	k_free(made.base);
	return 0;
}
""",
        f"{-16}",
        f"0 0 {-12}",
        "2",
        "1",
        f"{-11}",
        "0 9",
        "0 0",
        "0",
    )


# -- events ----------------------------------------------------------------------------------------------------------


def test_events_are_posted_set_cleared_and_waited_for(shows):
    shows(
        """
K_EVENT_DEFINE(event);
static void post(void *a, void *b, void *c) { k_event_post(&event, 2); k_event_post(&event, 4); }
int main(void) {
	SHOW("%x %x %x", k_event_post(&event, 1), k_event_post(&event, 3), k_event_test(&event, 7));
	SHOW("%x %x %x", k_event_set(&event, 0x10), k_event_set_masked(&event, 0xff, 0x0f), k_event_clear(&event, 0x11));
	SHOW("%x", k_event_test(&event, ~0u));
	SHOW("%x", k_event_wait(&event, 6, true, K_MSEC(1)));
	begin(post, 5);
	SHOW("%x", k_event_wait_all(&event, 6, false, K_FOREVER));
	SHOW("%x %x", k_event_wait_safe(&event, 2, false, K_NO_WAIT), k_event_test(&event, 7));
	SHOW("%x", k_event_wait_all_safe(&event, 6, false, K_NO_WAIT));
	return 0;
}
""",
        "0 1 3",
        "3 0 11",
        "e",
        "0",
        "6",
        "2 4",
        "0",
    )


def test_events_that_a_waiter_takes_are_gone(shows):
    shows(
        """
K_EVENT_DEFINE(event);
static void wait(void *a, void *b, void *c) { SHOW("got %x", k_event_wait_safe(&event, 6, false, K_FOREVER)); }
int main(void) {
	begin(wait, -1);
	k_msleep(1);
	SHOW("before %x", k_event_post(&event, 3));
	k_msleep(1);
	SHOW("left %x", k_event_test(&event, ~0u));
	k_event_post(&event, 2); /* nobody waits any more */
	SHOW("left %x", k_event_test(&event, ~0u));
	return 0;
}
""",
        "got 2",
        "before 0",
        "left 1",
        "left 3",
    )


def test_a_callback_posts_events(shows):
    shows(
        """
K_EVENT_DEFINE(event);
static void post(const struct device *dev, void *user_data, uint32_t channel, int status) { k_event_post(&event, BIT(channel)); }
int main(void) {
	struct dma_block_config block = block_for(64);
	struct dma_config config = config_for(&block);
	config.dma_callback = post;
	dma_config(dma, 0, &config); block.dest_address += 512; dma_config(dma, 3, &config);
	dma_start(dma, 0); dma_start(dma, 3);
	SHOW("%x", k_event_wait_all(&event, BIT(0) | BIT(3), false, K_FOREVER));
	return 0;
}
""",
        "9",
    )


# -- condition variables ---------------------------------------------------------------------------------------------


def test_a_condition_variable_gives_the_mutex_up_while_it_waits(shows):
    shows(
        """
K_MUTEX_DEFINE(mutex); K_CONDVAR_DEFINE(changed);
static int count;
static void change(void *a, void *b, void *c) {
	k_mutex_lock(&mutex, K_FOREVER);
	count = 7;
	SHOW("signal %d", k_condvar_signal(&changed));
	k_mutex_unlock(&mutex);
}
int main(void) {
	k_mutex_lock(&mutex, K_FOREVER);
	begin(change, -1);
	k_msleep(1);
	SHOW("count %d", count);
	SHOW("wait %d count %d", k_condvar_wait(&changed, &mutex, K_FOREVER), count);
	SHOW("wait %d", k_condvar_wait(&changed, &mutex, K_MSEC(1)));
	SHOW("unlock %d", k_mutex_unlock(&mutex));
	SHOW("broadcast %d init %d", k_condvar_broadcast(&changed), k_condvar_init(&changed));
	return 0;
}
""",
        "count 0",
        "signal 0",
        "wait 0 count 7",
        f"wait {-11}",
        "unlock 0",
        "broadcast 0 init 0",
    )


# -- polling ---------------------------------------------------------------------------------------------------------


def test_polling_tells_which_of_several_objects_is_there(shows):
    shows(
        ITEMS
        + """
K_SEM_DEFINE(sem, 0, 1); K_FIFO_DEFINE(fifo); K_MSGQ_DEFINE(msgq, 4, 2, 4); K_PIPE_DEFINE(pipe, 16, 4);
static struct k_poll_signal signal = K_POLL_SIGNAL_INITIALIZER(signal);
static struct k_poll_event events[] = {
	K_POLL_EVENT_STATIC_INITIALIZER(K_POLL_TYPE_SEM_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &sem, 0),
	K_POLL_EVENT_STATIC_INITIALIZER(K_POLL_TYPE_FIFO_DATA_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &fifo, 0),
	K_POLL_EVENT_STATIC_INITIALIZER(K_POLL_TYPE_MSGQ_DATA_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &msgq, 0),
	K_POLL_EVENT_STATIC_INITIALIZER(K_POLL_TYPE_PIPE_DATA_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &pipe, 0),
	K_POLL_EVENT_STATIC_INITIALIZER(K_POLL_TYPE_SIGNAL, K_POLL_MODE_NOTIFY_ONLY, &signal, 5),
	K_POLL_EVENT_STATIC_INITIALIZER(K_POLL_TYPE_IGNORE, K_POLL_MODE_NOTIFY_ONLY, NULL, 0),
};
static void show(int code) {
	printk("%d:", code);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) { printk(" %d", events[i].state); events[i].state = K_POLL_STATE_NOT_READY; }
	printk("\\n");
}
static int turn;
static void provide(void *a, void *b, void *c) {
	uint32_t word = 1;
	if (turn == 0) k_sem_give(&sem);
	if (turn == 1) k_fifo_put(&fifo, &items[0]);
	if (turn == 2) k_msgq_put(&msgq, &word, K_NO_WAIT);
	if (turn == 3) k_pipe_write(&pipe, (uint8_t *)"x", 1, K_NO_WAIT);
	if (turn == 4) k_poll_signal_raise(&signal, 42);
	if (turn == 5) { k_sem_take(&sem, K_NO_WAIT); k_fifo_cancel_wait(&fifo); }
}
int main(void) {
	uint32_t word; uint8_t byte; unsigned int signaled; int result;
	show(k_poll(events, ARRAY_SIZE(events), K_NO_WAIT));
	show(k_poll(events, ARRAY_SIZE(events), K_MSEC(1)));
	for (turn = 0; turn < 6; turn++) {
		begin(provide, 5);
		show(k_poll(events, ARRAY_SIZE(events), K_FOREVER));
		k_thread_join(&other, K_FOREVER);
		k_sem_take(&sem, K_NO_WAIT); k_fifo_get(&fifo, K_NO_WAIT); k_msgq_get(&msgq, &word, K_NO_WAIT);
		k_pipe_read(&pipe, &byte, 1, K_NO_WAIT);
		k_poll_signal_check(&signal, &signaled, &result);
		if (signaled) SHOW("signal %d", result);
		k_poll_signal_reset(&signal);
	}
	k_sem_give(&sem); k_poll_signal_raise(&signal, 1);
	show(k_poll(events, ARRAY_SIZE(events), K_FOREVER));
	return 0;
}
""",
        f"{-11}: 0 0 0 0 0 0",
        f"{-11}: 0 0 0 0 0 0",
        "0: 2 0 0 0 0 0",
        "0: 0 4 0 0 0 0",
        "0: 0 0 16 0 0 0",
        "0: 0 0 0 32 0 0",
        "0: 0 0 0 0 1 0",
        "signal 42",
        f"{-4}: 0 8 0 0 0 0",
        "0: 2 0 0 0 1 0",
    )


def test_a_callback_raises_a_signal(shows):
    shows(
        """
static void raise_it(const struct device *dev, void *user_data, uint32_t channel, int status)
{ k_poll_signal_raise(user_data, status); }
int main(void) {
	struct k_poll_signal signal; k_poll_signal_init(&signal);
	struct k_poll_event event; k_poll_event_init(&event, K_POLL_TYPE_SIGNAL, K_POLL_MODE_NOTIFY_ONLY, &signal);
	struct dma_block_config block = block_for(64);
	struct dma_config config = config_for(&block);
	config.dma_callback = raise_it; config.user_data = &signal;
	dma_config(dma, 0, &config); dma_start(dma, 0);
	SHOW("%d %d %d", k_poll(&event, 1, K_FOREVER), event.state, signal.result);
	return 0;
}
""",
        "0 1 0",
    )


def test_each_token_tells_one_thread_that_polls(shows):
    """The most urgent first; the next token tells the next one."""
    shows(
        """
K_SEM_DEFINE(sem, 0, 2);
static struct k_thread more; K_THREAD_STACK_DEFINE(more_stack, 1024);
static void wait(void *name, void *b, void *c) {
	struct k_poll_event event = K_POLL_EVENT_INITIALIZER(K_POLL_TYPE_SEM_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &sem);
	SHOW("%d: %d", (int)(uintptr_t)name, k_poll(&event, 1, K_MSEC(5)));
}
int main(void) {
	k_thread_create(&other, other_stack, 1024, wait, (void *)7, NULL, NULL, 7, 0, K_NO_WAIT);
	k_thread_create(&more, more_stack, 1024, wait, (void *)5, NULL, NULL, 5, 0, K_NO_WAIT);
	k_msleep(1);
	k_sem_give(&sem);
	k_sem_give(&sem);
	k_msleep(1);
	SHOW("%d", k_sem_count_get(&sem));
	return 0;
}
""",
        "5: 0",
        "7: 0",
        "2",
    )


def test_polling_gives_no_token(shows):
    """A thread that takes the semaphore gets it, not the one that polls for it."""
    shows(
        """
K_SEM_DEFINE(sem, 0, 2);
static void take(void *a, void *b, void *c) { SHOW("take %d", k_sem_take(&sem, K_FOREVER)); }
static void expired(struct k_timer *timer) { k_sem_give(&sem); }
K_TIMER_DEFINE(timer, expired, NULL);
int main(void) {
	struct k_poll_event event = K_POLL_EVENT_INITIALIZER(K_POLL_TYPE_SEM_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &sem);
	begin(take, -1);
	k_timer_start(&timer, K_MSEC(1), K_MSEC(1));
	SHOW("poll %d at %d", k_poll(&event, 1, K_FOREVER), k_uptime_get_32());
	k_timer_stop(&timer);
	SHOW("take %d", k_sem_take(&sem, K_NO_WAIT));
	return 0;
}
""",
        "take 0",
        "poll 0 at 2",
        "take 0",
    )


def test_a_block_that_is_handed_on_is_not_linked(shows):
    """Only a block that becomes free carries a link in its first word; one that somebody waits for goes to him as it is."""
    shows(
        """
K_MEM_SLAB_DEFINE(slab, 32, 1, 32);
static int *block;
static void hand(void *a, void *b, void *c) { *block = 7; k_mem_slab_free(&slab, block); }
int main(void) {
	int *next;
	k_mem_slab_alloc(&slab, (void **)&block, K_NO_WAIT); begin(hand, 3);
	SHOW("%d %d", k_mem_slab_alloc(&slab, (void **)&next, K_MSEC(5)), *next);
	k_mem_slab_free(&slab, next);
	SHOW("%d", *next);
	return 0;
}
""",
        "0 7",
        "0",
    )


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("struct k_event e; e.ready = 0x2B1E5; k_event_post(&e, 1);", "was never initialised"),
        (
            "static struct k_poll_event e = {.type = 3}; k_poll(&e, 1, K_NO_WAIT);",
            "k_poll got an event of type 3, which does not exist",
        ),
    ],
)
def test_wrong_objects_end_the_run(program, statement, message):
    ran = program(f"int main(void) {{ {statement} return 0; }}")
    assert message in ran.report.failure, ran.why


# -- pipes -----------------------------------------------------------------------------------------------------------


def test_pipes_carry_bytes(shows):
    shows(
        """
K_PIPE_DEFINE(pipe, 4, 4);
static uint8_t got[8];
static void read_all(void *a, void *b, void *c) { SHOW("read %d", k_pipe_read(&pipe, got, 8, K_FOREVER)); }
int main(void) {
	SHOW("%d %d", k_pipe_read(&pipe, got, 1, K_NO_WAIT), k_pipe_write(&pipe, (uint8_t *)"abcdef", 6, K_NO_WAIT));
	SHOW("%d %d", k_pipe_write(&pipe, (uint8_t *)"x", 1, K_MSEC(1)), k_pipe_read(&pipe, got, 2, K_NO_WAIT));
	begin(read_all, 5);
	SHOW("write %d", k_pipe_write(&pipe, (uint8_t *)"efghij", 6, K_FOREVER));
	k_msleep(1);
	printk("%.8s\\n", got);
	k_pipe_write(&pipe, (uint8_t *)"xyz", 3, K_NO_WAIT);
	k_pipe_reset(&pipe);
	SHOW("%d", k_pipe_read(&pipe, got, 1, K_NO_WAIT));
	k_pipe_close(&pipe);
	SHOW("%d %d", k_pipe_write(&pipe, got, 1, K_FOREVER), k_pipe_read(&pipe, got, 1, K_FOREVER));
	uint8_t room[4]; struct k_pipe made; k_pipe_init(&made, room, 4);
	SHOW("%d", k_pipe_write(&made, got, 4, K_NO_WAIT));
	return 0;
}
""",
        f"{-11} 4",
        f"{-11} 2",
        "write 6",
        "read 8",
        "cdefghij",
        f"{-11}",
        f"{-32} {-32}",
        "4",
    )


def test_a_reset_ends_waits(shows):
    shows(
        """
K_PIPE_DEFINE(pipe, 4, 4);
static void reset(void *a, void *b, void *c) { k_pipe_reset(&pipe); }
int main(void) { uint8_t byte; begin(reset, 5); SHOW("%d", k_pipe_read(&pipe, &byte, 1, K_FOREVER)); return 0; }
""",
        f"{-125}",
    )


# -- memory slabs ----------------------------------------------------------------------------------------------------


def test_a_slab_hands_out_its_blocks(shows):
    shows(
        """
K_MEM_SLAB_DEFINE(slab, 64, 2, 32);
static void *first;
static void give(void *a, void *b, void *c) { k_mem_slab_free(&slab, first); }
int main(void) {
	void *second, *third;
	SHOW("%d %d", k_mem_slab_alloc(&slab, &first, K_NO_WAIT), k_mem_slab_alloc(&slab, &second, K_FOREVER));
	SHOW("%d %d", (char *)second - (char *)first, (int)((uintptr_t)first % 32));
	SHOW("%d %d %d", k_mem_slab_alloc(&slab, &third, K_NO_WAIT), third == NULL, k_mem_slab_alloc(&slab, &third, K_MSEC(1)));
	SHOW("%u %u", k_mem_slab_num_used_get(&slab), k_mem_slab_num_free_get(&slab));
	begin(give, 5);
	SHOW("%d %d", k_mem_slab_alloc(&slab, &third, K_FOREVER), third == first);
	static char room[3]; struct k_mem_slab made;
	SHOW("%d", k_mem_slab_init(&made, room, 3, 1));
	return 0;
}
""".replace("static void give(", "static void give_back(").replace("begin(give,", "begin(give_back,"),
        "0 0",
        "64 0",
        f"{-12} 1 {-11}",
        "2 0",
        "0 1",
        f"{-22}",
    )


IN_FLIGHT = """
K_MEM_SLAB_DEFINE(slab, 256, 2, 32);
int main(void) {
	void *block;
	k_mem_slab_alloc(&slab, &block, K_NO_WAIT);
	sys_cache_data_invd_range(block, 256);
	struct dma_block_config one = block_for(256);
	one.dest_address = (uint32_t)block;
	struct dma_config config = config_for(&one);
	dma_config(dma, 0, &config); dma_start(dma, 0);
	%s
	return 0;
}
"""


def test_a_block_given_back_while_a_transfer_fills_it(program):
    ran = program(IN_FLIGHT % "k_mem_slab_free(&slab, block); k_sem_take(&done, K_FOREVER);")
    assert ran.rules == ["freed-in-flight"], ran.why


def test_twin_given_back_after_it(program):
    ran = program(IN_FLIGHT % "k_sem_take(&done, K_FOREVER); k_mem_slab_free(&slab, block);")
    assert ran.rules == [], ran.why


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("k_mem_slab_free(&slab, block); k_mem_slab_free(&slab, block);", "back to memory slab slab, a second time"),
        ("k_mem_slab_free(&slab, (char *)block + 4);", "back to memory slab slab, which is none of its blocks"),
    ],
)
def test_a_block_given_back_wrongly(program, statement, message):
    ran = program(
        "K_MEM_SLAB_DEFINE(slab, 256, 2, 32); int main(void) { void *block; k_mem_slab_alloc(&slab, &block, K_NO_WAIT); "
        + statement
        + " return 0; }"
    )
    assert message in ran.report.failure, ran.why


def test_in_cpp(program):
    """The definitions are initialisers in C++ as well."""
    ran = program(
        """
#include <zephyr/drivers/dma.h>
K_FIFO_DEFINE(fifo); K_LIFO_DEFINE(lifo); K_QUEUE_DEFINE(queue); K_STACK_DEFINE(stack, 3); K_EVENT_DEFINE(event);
K_CONDVAR_DEFINE(changed); K_PIPE_DEFINE(pipe, 4, 4); K_MEM_SLAB_DEFINE_STATIC(slab, 32, 2, 4);
static struct k_poll_signal raised = K_POLL_SIGNAL_INITIALIZER(raised);
static struct k_poll_event events[] = {
	K_POLL_EVENT_INITIALIZER(K_POLL_TYPE_SIGNAL, K_POLL_MODE_NOTIFY_ONLY, &raised),
	K_POLL_EVENT_STATIC_INITIALIZER(K_POLL_TYPE_FIFO_DATA_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &fifo, 3),
};
int main() {
	k_poll_signal_raise(&raised, 3);
	printk("%d", k_poll(events, 2, K_NO_WAIT));
	printk(" %d %d %d\\n", events[0].state, events[1].state, events[1].tag);
	return 0;
}
""",
        head="",
        name="program.cpp",
    )
    assert ran.printed == "0 1 0 3\n", ran.why


def test_suites_in_cpp(program):
    """Every header stands in a C++ file, and so does a test suite."""
    ran = program(
        """
#include <zephyr/cache.h>
#include <zephyr/drivers/dma.h>
#include <zephyr/logging/log.h>
#include <zephyr/pm/device.h>
#include <zephyr/sys/barrier.h>
#include <zephyr/sys/byteorder.h>
#include <zephyr/sys/check.h>
#include <zephyr/test_devices.h>
#include <zephyr/ztest.h>
LOG_MODULE_REGISTER(app);
K_SEM_DEFINE(sem, 0, 1); K_MUTEX_DEFINE(mutex); K_MSGQ_DEFINE(messages, 4, 2, 4); K_TIMER_DEFINE(timer, NULL, NULL);
static void body(void *, void *, void *) { k_sem_give(&sem); }
K_THREAD_DEFINE(thread, 1024, body, NULL, NULL, NULL, 3, 0, 0);
static void run(struct k_work *) {}
K_WORK_DEFINE(now, run); K_WORK_DELAYABLE_DEFINE(later, run);
ZTEST(cpp, test_one) { zassert_ok(k_sem_take(&sem, K_MSEC(5))); __ASSERT(1, "x"); }
ZTEST_SUITE(cpp, NULL, NULL, NULL, NULL, NULL);
""",
        head="",
        name="program.cpp",
    )
    assert ran.tests == {"cpp.test_one": "passed"}, ran.why
