"""FreeRTOS semaphores, mutexes and queues as firmware sees them.

Expected behaviour: the FreeRTOS reference manual and ESP-IDF v5.5 components/freertos/FreeRTOS-Kernel/queue.c, with one core.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., object]

NOTE = """
static void note(const char *what) { printf("%s ", what); }
static void d(int number) { printf("%d", number); }
#define TASK(name, ...) static void name(void *arg) { (void)arg; __VA_ARGS__ vTaskDelete(NULL); }
#define START(name, priority) start(name, #name, priority)
static TaskHandle_t start(TaskFunction_t code, const char *name, unsigned priority)
{
    TaskHandle_t handle = NULL;
    if (xTaskCreate(code, name, 3072, NULL, priority, &handle) != pdPASS) abort();
    return handle;
}
"""


def events(run_c: Run, text: str, **more: object) -> list[str]:
    """What a clean firmware notes, in order."""
    one = run_c(NOTE + '#line 1 "main.c"\n' + text, **more)
    assert one.report.verdict == "clean", str(one.report)
    return one.out.split()


# --- semaphores -------------------------------------------------------------------------------------------------------


def test_binary_and_counting_semaphores_count(run_c: Run, word_bytes: int) -> None:
    text = """
    void app_main(void) {
        SemaphoreHandle_t b = xSemaphoreCreateBinary(), c = xSemaphoreCreateCounting(3, 1);
        d(xSemaphoreTake(b, 0)); d(xSemaphoreGive(b)); d(xSemaphoreGive(b)); d(xSemaphoreTake(b, 0)); d(xSemaphoreTake(b, 0));
        note("");
        printf("%u", (unsigned)uxSemaphoreGetCount(c));
        for (int i = 0; i < 3; i++) printf("%d", xSemaphoreGive(c));
        printf("%u", (unsigned)uxSemaphoreGetCount(c));
        for (int i = 0; i < 4; i++) printf("%d", xSemaphoreTake(c, portMAX_DELAY - (i == 3 ? portMAX_DELAY : 0)));
        vSemaphoreDelete(b); vSemaphoreDelete(c);
    }
    """
    assert events(run_c, text, word_bytes=word_bytes) == ["01010", "111031110"]


def test_a_take_gives_up_after_its_ticks(run_c: Run) -> None:
    one = run_c("""
    void app_main(void) {
        SemaphoreHandle_t b = xSemaphoreCreateBinary();
        SAY("got", xSemaphoreTake(b, 7)); SAY("tick", xTaskGetTickCount());
        SAY("us", esp_timer_get_time());
        vSemaphoreDelete(b);
    }
    """)
    assert one.report.verdict == "clean", str(one.report)
    assert one.numbers["got"] == 0
    assert one.numbers["tick"] == 7
    assert 70_000 <= one.numbers["us"] < 70_050


def test_the_most_urgent_waiter_gets_the_token_and_equals_queue_up(run_c: Run) -> None:
    text = """
    static SemaphoreHandle_t s;
    TASK(low1, xSemaphoreTake(s, portMAX_DELAY); note("low1");)
    TASK(low2, xSemaphoreTake(s, portMAX_DELAY); note("low2");)
    TASK(high, xSemaphoreTake(s, portMAX_DELAY); note("high");)
    void app_main(void) {
        s = xSemaphoreCreateCounting(5, 0);
        START(low1, 3); START(low2, 3); START(high, 4);
        xSemaphoreGive(s); xSemaphoreGive(s); xSemaphoreGive(s);
        printf("%u", (unsigned)uxSemaphoreGetCount(s));
        vSemaphoreDelete(s);
    }
    """
    assert events(run_c, text) == ["high", "low1", "low2", "0"]


def test_static_objects_live_in_the_callers_memory(run_c: Run) -> None:
    text = """
    static StaticSemaphore_t a, b, c; static StaticQueue_t queue; static uint8_t storage[8]; static StaticEventGroup_t e;
    void app_main(void) {
        size_t before = esp_get_free_heap_size();
        printf("%d%d%d%d%d ", (void *)xSemaphoreCreateBinaryStatic(&a) == &a, (void *)xSemaphoreCreateMutexStatic(&b) == &b,
               (void *)xSemaphoreCreateCountingStatic(2, 1, &c) == &c, (void *)xQueueCreateStatic(2, 4, storage, &queue) == &queue,
               (void *)xEventGroupCreateStatic(&e) == &e);
        printf("%d ", before == esp_get_free_heap_size());
        vSemaphoreDelete((SemaphoreHandle_t)&a); vQueueDelete((QueueHandle_t)&queue);
    }
    """
    assert events(run_c, text) == ["11111", "1"]


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ("xSemaphoreTake(NULL, 0);", "0x00000000 is no semaphore"),
        ("SemaphoreHandle_t s = xSemaphoreCreateBinary(); vSemaphoreDelete(s); xSemaphoreGive(s);", "is no semaphore"),
        ("xSemaphoreCreateCounting(0, 0);", "xSemaphoreCreateCounting with 0 of 0 tokens"),
        ("xSemaphoreCreateCounting(2, 3);", "xSemaphoreCreateCounting with 3 of 2 tokens"),
        ("xQueueCreate(0, 4);", "xQueueCreate with length 0"),
        ("int i = 0; xQueueSend(NULL, &i, 0);", "0x00000000 is no queue"),
        ("xQueueSend(xQueueCreate(2, 4), NULL, 0);", "xQueueSend without an item"),
        ("xQueueReceive(xQueueCreate(2, 4), NULL, 0);", "xQueueReceive without room for the item"),
        ("int i = 0; xQueueOverwrite(xQueueCreate(2, 4), &i);", "xQueueOverwrite on a queue longer than 1"),
    ],
)
def test_what_the_kernel_asserts(run_c: Run, body: str, failure: str) -> None:
    one = run_c(f"void app_main(void) {{ {body} }}")
    assert one.report.failure.endswith(failure)
    assert one.report.verdict == "failed"
    assert one.rules == ["guest-fault"]


# --- mutexes ----------------------------------------------------------------------------------------------------------

INHERIT = """
    static SemaphoreHandle_t m;
    static TaskHandle_t low_handle;
    TASK(low,
        xSemaphoreTake(m, portMAX_DELAY); note("low-has"); esp_rom_delay_us(30000);
        printf("%u ", (unsigned)uxTaskPriorityGet(NULL));
        xSemaphoreGive(m); note("low-gave"); printf("%u ", (unsigned)uxTaskPriorityGet(NULL));)
    TASK(middle, note("middle"); esp_rom_delay_us(50000); note("middle-end");)
    TASK(high, xSemaphoreTake(m, portMAX_DELAY); note("high-has"); xSemaphoreGive(m);)
    void app_main(void) {
        m = CREATE();
        vTaskPrioritySet(NULL, 9);
        low_handle = START(low, 2); vTaskDelay(1);
        START(high, 6); START(middle, 4); vTaskDelay(20);
        vSemaphoreDelete(m);
    }
"""


def test_a_mutex_lends_its_owner_the_priority_of_the_most_urgent_waiter(run_c: Run) -> None:
    """Without that, `middle` would keep `low` from releasing what `high` waits for."""
    text = INHERIT.replace("CREATE", "xSemaphoreCreateMutex")
    assert events(run_c, text) == ["low-has", "6", "high-has", "middle", "middle-end", "low-gave", "2"]


def test_a_binary_semaphore_does_not(run_c: Run) -> None:
    text = INHERIT.replace("CREATE()", "xSemaphoreCreateBinary(); xSemaphoreGive(m)")
    assert events(run_c, text) == ["low-has", "middle", "middle-end", "2", "high-has", "low-gave", "2"]


def test_a_lent_priority_goes_back_when_the_waiter_gives_up(run_c: Run) -> None:
    text = """
    static SemaphoreHandle_t m;
    TASK(low, xSemaphoreTake(m, portMAX_DELAY);
        for (int i = 0; i < 2; i++) { vTaskDelay(2); printf("%u ", (unsigned)uxTaskPriorityGet(NULL)); } xSemaphoreGive(m);)
    TASK(high, note(xSemaphoreTake(m, 3) ? "wrong" : "gave-up");)
    void app_main(void) { m = xSemaphoreCreateMutex(); START(low, 2); START(high, 6); vTaskDelay(10); vSemaphoreDelete(m); }
    """
    assert events(run_c, text) == ["6", "gave-up", "2"]


def test_a_lent_priority_outlives_vTaskPrioritySet(run_c: Run) -> None:
    text = """
    static SemaphoreHandle_t m;
    TASK(low, xSemaphoreTake(m, portMAX_DELAY); vTaskDelay(2); vTaskPrioritySet(NULL, 3); printf("%u ", (unsigned)uxTaskPriorityGet(NULL));
        xSemaphoreGive(m); printf("%u ", (unsigned)uxTaskPriorityGet(NULL));)
    TASK(high, xSemaphoreTake(m, portMAX_DELAY); xSemaphoreGive(m);)
    void app_main(void) { m = xSemaphoreCreateMutex(); START(low, 2); START(high, 6); vTaskDelay(10); vSemaphoreDelete(m); }
    """
    assert events(run_c, text) == ["6", "3"]


def test_only_the_owner_may_give_a_mutex(run_c: Run) -> None:
    one = run_c(
        NOTE
        + """
    static SemaphoreHandle_t m;
    TASK(other, xSemaphoreGive(m);)
    void app_main(void) {
        m = xSemaphoreCreateMutex();
        SAY("free", xSemaphoreGive(m));
        xSemaphoreTake(m, 0);
        START(other, 5);
    }
    """
    )
    assert one.numbers == {"free": 0}
    assert one.report.failure == "xSemaphoreGive on a mutex that another task holds"


def test_the_holder_of_a_mutex(run_c: Run) -> None:
    text = """
    void app_main(void) {
        SemaphoreHandle_t m = xSemaphoreCreateMutex();
        printf("%d", xSemaphoreGetMutexHolder(m) == NULL);
        xSemaphoreTake(m, 0);
        printf("%d ", xSemaphoreGetMutexHolder(m) == xTaskGetCurrentTaskHandle());
        xSemaphoreGive(m);
        vSemaphoreDelete(m);
    }
    """
    assert events(run_c, text) == ["11"]


def test_a_recursive_mutex_counts(run_c: Run) -> None:
    text = """
    static SemaphoreHandle_t m;
    TASK(other, printf("%d ", xSemaphoreTakeRecursive(m, 0)); printf("%d ", xSemaphoreGiveRecursive(m));)
    void app_main(void) {
        m = xSemaphoreCreateRecursiveMutex();
        xSemaphoreTakeRecursive(m, 0); xSemaphoreTakeRecursive(m, 0);
        START(other, 5);
        xSemaphoreGiveRecursive(m);
        START(other, 5);
        xSemaphoreGiveRecursive(m);
        START(other, 5);
        vSemaphoreDelete(m);
    }
    """
    assert events(run_c, text) == ["0", "0", "0", "0", "1", "1"]


def test_taking_a_plain_mutex_twice_is_a_deadlock(run_c: Run) -> None:
    one = run_c("""
    void app_main(void) {
        SemaphoreHandle_t m = xSemaphoreCreateMutex();
        xSemaphoreTake(m, portMAX_DELAY);
        xSemaphoreTake(m, portMAX_DELAY);
    }
    """)
    assert one.rules == ["deadlock"]
    (finding,) = one.problems
    assert "mutex created at main.c:3" in str(one.report)
    assert [where.line for where in finding.where] == [5]


# --- queues -----------------------------------------------------------------------------------------------------------


def test_queues_keep_order_front_goes_first_and_full_is_full(run_c: Run, word_bytes: int) -> None:
    text = """
    static int get(QueueHandle_t q) { int item = -1; xQueueReceive(q, &item, 0); return item; }
    void app_main(void) {
        QueueHandle_t q = xQueueCreate(3, sizeof(int));
        for (int i = 1; i <= 4; i++) printf("%d", i == 3 ? xQueueSendToFront(q, &i, 0) : xQueueSendToBack(q, &i, 0));
        printf(":%u:%u ", (unsigned)uxQueueMessagesWaiting(q), (unsigned)uxQueueSpacesAvailable(q));
        printf("%d", get(q)); printf("%d", get(q)); printf("%d", get(q)); printf("%d ", get(q));
        int one = 5; xQueueSend(q, &one, 0);
        int seen = 0; d(xQueuePeek(q, &seen, 0)); d(seen); printf(":%u ", (unsigned)uxQueueMessagesWaiting(q));
        d(xQueueReset(q)); d(uxQueueMessagesWaiting(q)); d(xQueuePeek(q, &seen, 0));
        vQueueDelete(q);
    }
    """
    assert events(run_c, text, word_bytes=word_bytes) == ["1110:3:0", "312-1", "15:1", "100"]


def test_a_queue_of_one_can_be_overwritten(run_c: Run) -> None:
    text = """
    void app_main(void) {
        QueueHandle_t q = xQueueCreate(1, 4); int in = 1, out = 0;
        xQueueOverwrite(q, &in); in = 2; xQueueOverwrite(q, &in); xQueueReceive(q, &out, 0);
        printf("%d %u", out, (unsigned)uxQueueMessagesWaiting(q));
        vQueueDelete(q);
    }
    """
    assert events(run_c, text) == ["2", "0"]


def test_senders_and_receivers_wait_their_ticks(run_c: Run) -> None:
    text = """
    void app_main(void) {
        QueueHandle_t q = xQueueCreate(1, 4); int item = 1;
        printf("%d:%u ", xQueueReceive(q, &item, 3), (unsigned)xTaskGetTickCount());
        printf("%d:%u ", xQueuePeek(q, &item, 3), (unsigned)xTaskGetTickCount());
        xQueueSend(q, &item, 0);
        printf("%d:%u ", xQueueSend(q, &item, 3), (unsigned)xTaskGetTickCount());
        printf("%d:%u ", xQueueSendToFront(q, &item, 3), (unsigned)xTaskGetTickCount());
        vQueueDelete(q);
    }
    """
    # Compilers evaluate the later argument of printf first.
    got = events(run_c, text.replace("printf(", "show("), defines=(SHOW,))
    assert got == ["0:3", "0:6", "0:9", "0:12"]


SHOW = "show(format,a,b)=do{int a_=(a);printf(format,a_,b);}while(0)"


def test_a_waiting_sender_gets_in_as_soon_as_there_is_room(run_c: Run) -> None:
    text = """
    static QueueHandle_t q;
    TASK(sender, int item = 2; note("blocks"); xQueueSend(q, &item, portMAX_DELAY); note("sent");)
    void app_main(void) {
        q = xQueueCreate(1, 4); int item = 1;
        xQueueSend(q, &item, 0);
        START(sender, 5);
        note("main"); xQueueReceive(q, &item, 0); printf("%d ", item);
        xQueueReceive(q, &item, 0); printf("%d ", item);
        vQueueDelete(q);
    }
    """
    assert events(run_c, text) == ["blocks", "main", "sent", "1", "2"]


def test_every_peeker_sees_an_item_and_the_receiver_takes_it(run_c: Run) -> None:
    text = """
    static QueueHandle_t q;
    static void peek(void *arg) { int item = 0; xQueuePeek(q, &item, portMAX_DELAY); printf("peek%d ", item); vTaskDelete(NULL); }
    TASK(receive, int item = 0; xQueueReceive(q, &item, portMAX_DELAY); printf("got%d ", item);)
    void app_main(void) {
        q = xQueueCreate(1, 4); int item = 7;
        start(peek, "p1", 6); start(peek, "p2", 5); START(receive, 4);
        xQueueSend(q, &item, 0);
        printf("%u ", (unsigned)uxQueueMessagesWaiting(q));
        vQueueDelete(q);
    }
    """
    assert events(run_c, text) == ["peek7", "peek7", "got7", "0"]


def test_a_peek_makes_no_room(run_c: Run) -> None:
    text = """
    static QueueHandle_t q;
    TASK(sender, int item = 2; printf("%d ", xQueueSend(q, &item, 5));)
    void app_main(void) {
        q = xQueueCreate(1, 4); int item = 1;
        xQueueSend(q, &item, 0);
        START(sender, 5);
        for (int i = 0; i < 3; i++) { xQueuePeek(q, &item, 0); vTaskDelay(1); }
        vTaskDelay(5);
        printf("%d ", item);
        vQueueDelete(q);
    }
    """
    assert events(run_c, text) == ["0", "1"]


def test_items_are_copied_when_they_are_sent(run_c: Run) -> None:
    text = """
    typedef struct { char text[20]; int number; } item_t;
    void app_main(void) {
        QueueHandle_t q = xQueueCreate(2, sizeof(item_t));
        item_t item = {"first", 1}, got;
        xQueueSend(q, &item, 0);
        strcpy(item.text, "second"); item.number = 2;
        xQueueSend(q, &item, 0);
        memset(&item, 0, sizeof item);
        xQueueReceive(q, &got, 0); printf("%s%d ", got.text, got.number);
        xQueueReceive(q, &got, 0); printf("%s%d ", got.text, got.number);
        vQueueDelete(q);
    }
    """
    assert events(run_c, text) == ["first1", "second2"]


# --- from interrupts --------------------------------------------------------------------------------------------------

ISR = """
static async_memcpy_handle_t mcp;
static uint8_t src[64] __attribute__((aligned(64))), dst[64] __attribute__((aligned(64)));
static bool IRAM_ATTR isr(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg);
static void interrupt(void) { ESP_ERROR_CHECK(esp_async_memcpy(mcp, dst, src, 64, isr, NULL)); esp_rom_delay_us(100); }
static void setup(void) { async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG(); ESP_ERROR_CHECK(install_engine(&config, &mcp)); }
static void done(void) { vTaskDelay(1); ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp)); }
static volatile BaseType_t results[8], woken[8];
"""


@pytest.mark.parametrize(("priority", "flag"), [(5, 1), (1, 0), (0, 0)])
def test_the_woken_flag_tells_of_a_more_urgent_task(run_c: Run, priority: int, flag: int, word_bytes: int) -> None:
    text = f"""
    static SemaphoreHandle_t s;
    TASK(waiter, xSemaphoreTake(s, portMAX_DELAY); note("waiter");)
    static bool IRAM_ATTR isr(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) {{
        BaseType_t w = pdFALSE; results[0] = xSemaphoreGiveFromISR(s, &w); woken[0] = w; return w;
    }}
    void app_main(void) {{
        setup(); s = xSemaphoreCreateBinary();
        START(waiter, {priority}); vTaskDelay(1);
        note("copy"); interrupt(); note("main");
        done();
        printf("%d%d ", results[0], woken[0]);
        vSemaphoreDelete(s);
    }}
    """
    order = ["copy", "waiter", "main"] if flag else ["copy", "main", "waiter"]
    assert events(run_c, ISR + text, word_bytes=word_bytes) == [*order, f"1{flag}"]


def test_a_flag_that_is_set_stays_set_and_is_never_cleared(run_c: Run) -> None:
    text = """
    static SemaphoreHandle_t s, t;
    TASK(waiter, xSemaphoreTake(s, portMAX_DELAY); note("waiter");)
    static bool IRAM_ATTR isr(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) {
        BaseType_t w = pdFALSE;
        xSemaphoreGiveFromISR(s, &w); xSemaphoreGiveFromISR(t, &w); woken[0] = w;
        w = pdFALSE; xSemaphoreGiveFromISR(t, &w); woken[1] = w;  /* full */
        int item; xQueueReceiveFromISR((QueueHandle_t)arg, &item, &w); woken[2] = w;
        return woken[0];
    }
    void app_main(void) {
        setup(); s = xSemaphoreCreateBinary(); t = xSemaphoreCreateBinary();
        QueueHandle_t q = xQueueCreate(2, 4); int item = 1; xQueueSend(q, &item, 0);
        START(waiter, 5);
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, dst, src, 64, isr, q)); esp_rom_delay_us(100);
        printf("%d%d%d ", woken[0], woken[1], woken[2]);
        done(); vSemaphoreDelete(s); vSemaphoreDelete(t); vQueueDelete(q);
    }
    """
    assert events(run_c, ISR + text) == ["waiter", "100"]


def test_queues_from_an_interrupt(run_c: Run) -> None:
    text = """
    static QueueHandle_t q, full, one;
    TASK(reader, int item; while (xQueueReceive(q, &item, portMAX_DELAY) && item) printf("r%d ", item);)
    TASK(writer, int item = 9; xQueueSend(full, &item, portMAX_DELAY); note("wrote");)
    static bool IRAM_ATTR isr(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) {
        BaseType_t w = pdFALSE; int a = 1, b = 2, zero = 0, item = 0;
        results[0] = xQueueSendFromISR(q, &a, &w); woken[0] = w;
        results[1] = xQueueSendToFrontFromISR(q, &b, &w);
        results[2] = xQueueSendToBackFromISR(q, &zero, NULL);
        results[3] = xQueueSendFromISR(q, &a, NULL);
        w = pdFALSE; results[4] = xQueueReceiveFromISR(full, &item, &w) * 10 + item; woken[4] = w;
        results[5] = xQueueOverwriteFromISR(one, &b, NULL);
        results[6] = xQueuePeekFromISR(one, &item) * 10 + item;
        results[7] = xQueueIsQueueFullFromISR(one) * 10 + xQueueIsQueueEmptyFromISR(one);
        return true;
    }
    void app_main(void) {
        setup(); q = xQueueCreate(3, 4); full = xQueueCreate(1, 4); one = xQueueCreate(1, 4);
        int item = 5; xQueueSend(full, &item, 0); xQueueSend(one, &item, 0);
        START(reader, 5); START(writer, 4);
        interrupt();
        for (int i = 0; i < 8; i++) printf("%d.", results[i]);
        printf(" %d%d ", woken[0], woken[4]);
        done(); vQueueDelete(q); vQueueDelete(full); vQueueDelete(one);
    }
    """
    # The front item went in before the reader ran; the queue of three was full at the fourth.
    assert events(run_c, ISR + text) == ["r2", "r1", "wrote", "1.1.1.0.15.1.12.10.", "11"]


def test_an_interrupt_yields_to_the_woken_task_even_without_saying_so(run_c: Run) -> None:
    """The port switches at the end of the interrupt only when asked; a tick later the scheduler notices anyway. Here at once: simplified."""
    text = """
    static SemaphoreHandle_t s;
    TASK(waiter, xSemaphoreTake(s, portMAX_DELAY); note("waiter");)
    static bool IRAM_ATTR isr(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) { xSemaphoreGiveFromISR(s, NULL); return false; }
    void app_main(void) {
        setup(); s = xSemaphoreCreateBinary(); START(waiter, 5);
        interrupt(); vTaskDelay(1); note("main"); done(); vSemaphoreDelete(s);
    }
    """
    assert events(run_c, ISR + text) == ["waiter", "main"]


@pytest.mark.parametrize(
    "call",
    [
        "xSemaphoreTake(s, 1)",
        "xQueueSend(q, &item, 1)",
        "xQueueReceive(q, &item, 1)",
        "vTaskDelay(1)",
        "ulTaskNotifyTake(pdTRUE, 1)",
        "xEventGroupWaitBits(g, 1, 0, 0, 1)",
        "xSemaphoreTake(m, 1)",
    ],
)
def test_waiting_in_an_interrupt_is_a_finding_and_never_a_hang(run_c: Run, call: str) -> None:
    one = run_c(
        NOTE
        + ISR
        + f"""
    static SemaphoreHandle_t s, m; static QueueHandle_t q; static EventGroupHandle_t g;
#line 1 "main.c"
    static bool IRAM_ATTR isr(async_memcpy_handle_t h, async_memcpy_event_t *e, void *arg) {{
        int item = 0; (void)item;
        {call};
        return false;
    }}
    void app_main(void) {{
        setup(); s = xSemaphoreCreateBinary(); m = xSemaphoreCreateMutex(); q = xQueueCreate(1, 4); g = xEventGroupCreate();
        interrupt(); note("on"); done();
        vSemaphoreDelete(s); vSemaphoreDelete(m); vQueueDelete(q); vEventGroupDelete(g);
    }}
    """
    )
    assert one.rules == ["isr-context"], str(one.report)
    assert one.problems[0].severity.value == "error"
    assert [(where.line, where.function) for where in one.problems[0].where] == [(3, "isr")]
    assert one.out == "on "


@pytest.mark.parametrize(
    "call", ["xSemaphoreGive(s)", "xTaskNotifyGive(t)", "xEventGroupSetBits(g, 1)", "xQueueSend(q, &item, 0)"]
)
def test_task_level_calls_that_do_not_wait_are_a_finding_too(run_c: Run, call: str) -> None:
    one = run_c(
        NOTE
        + ISR
        + f"""
    static SemaphoreHandle_t s; static QueueHandle_t q; static EventGroupHandle_t g; static TaskHandle_t t;
    static bool IRAM_ATTR isr(async_memcpy_handle_t h, async_memcpy_event_t *e, void *arg) {{ int item = 0; (void)item; {call}; return false; }}
    void app_main(void) {{
        setup(); s = xSemaphoreCreateBinary(); q = xQueueCreate(1, 4); g = xEventGroupCreate(); t = xTaskGetCurrentTaskHandle();
        interrupt(); note("on"); done();
        vSemaphoreDelete(s); vQueueDelete(q); vEventGroupDelete(g);
    }}
    """
    )
    assert one.rules == ["isr-context"], str(one.report)
    assert one.out == "on "
