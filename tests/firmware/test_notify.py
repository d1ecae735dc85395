"""FreeRTOS task notifications and event groups as firmware sees them.

Expected behaviour: the FreeRTOS reference manual and ESP-IDF v5.5 components/freertos/FreeRTOS-Kernel/tasks.c and event_groups.c.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., object]

NOTE = """
static void note(const char *what) { printf("%s ", what); }
static void d(int number) { printf("%d ", number); }
#define TASK(name, ...) static void name(void *arg) { (void)arg; __VA_ARGS__ vTaskDelete(NULL); }
#define START(name, priority) start(name, #name, priority)
static TaskHandle_t start(TaskFunction_t code, const char *name, unsigned priority)
{
    TaskHandle_t handle = NULL;
    if (xTaskCreate(code, name, 3072, NULL, priority, &handle) != pdPASS) abort();
    return handle;
}
static async_memcpy_handle_t mcp;
static uint8_t src[64] __attribute__((aligned(64))), dst[64] __attribute__((aligned(64)));
static bool IRAM_ATTR isr(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg);
#define INTERRUPTS() async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG(); ESP_ERROR_CHECK(install_engine(&config, &mcp))
#define INTERRUPT() ESP_ERROR_CHECK(esp_async_memcpy(mcp, dst, src, 64, isr, NULL)); esp_rom_delay_us(100)
#define NO_INTERRUPTS() vTaskDelay(1); ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp))
"""


def events(run_c: Run, text: str, **more: object) -> list[str]:
    """What a clean firmware notes, in order."""
    one = run_c(NOTE + '#line 1 "main.c"\n' + text, **more)
    assert one.report.verdict == "clean", str(one.report)
    return one.out.split()


# --- notifications ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "before", "value", "result", "after"),
    [
        ("eNoAction", 5, 3, 1, 5),
        ("eSetBits", 5, 10, 1, 15),
        ("eIncrement", 5, 77, 1, 6),
        ("eIncrement", 0xFFFFFFFF, 0, 1, 0),
        ("eSetValueWithOverwrite", 5, 3, 1, 3),
        ("eSetValueWithoutOverwrite", 5, 3, 0, 5),
    ],
)
def test_the_actions_on_a_task_with_a_pending_notification(
    run_c: Run, action: str, before: int, value: int, result: int, after: int
) -> None:
    one = run_c(
        NOTE
        + f"""
    static TaskHandle_t self;
    void app_main(void) {{
        self = xTaskGetCurrentTaskHandle();
        uint32_t got = 77, previous = 77;
        xTaskNotify(self, {before}u, eSetValueWithOverwrite);
        SAY("result", xTaskNotifyAndQuery(self, {value}u, {action}, &previous));
        SAY("previous", (uint32_t)previous & 0xffff);
        SAY("pending", xTaskNotifyWait(0, 0, &got, 0));
        printf("value=%u\\n", (unsigned)got);
    }}
    """
    )
    assert one.report.verdict == "clean", str(one.report)
    assert one.numbers == {"result": result, "previous": before & 0xFFFF, "pending": 1, "value": after}


def test_without_overwrite_a_free_slot_is_written(run_c: Run) -> None:
    text = """
    void app_main(void) {
        uint32_t got = 0; TaskHandle_t self = xTaskGetCurrentTaskHandle();
        d(xTaskNotify(self, 3, eSetValueWithoutOverwrite)); d(xTaskNotify(self, 4, eSetValueWithoutOverwrite));
        d(xTaskNotifyWait(0, 0, &got, 0)); d(got);
        d(xTaskNotify(self, 4, eSetValueWithoutOverwrite)); d(xTaskNotifyWait(0, 0, &got, 0)); d(got);
    }
    """
    assert events(run_c, text) == ["1", "0", "1", "3", "1", "1", "4"]


def test_take_counts_or_clears(run_c: Run, word_bytes: int) -> None:
    text = """
    void app_main(void) {
        TaskHandle_t self = xTaskGetCurrentTaskHandle();
        for (int i = 0; i < 3; i++) xTaskNotifyGive(self);
        d(ulTaskNotifyTake(pdFALSE, 0)); d(ulTaskNotifyTake(pdFALSE, 0)); d(ulTaskNotifyTake(pdFALSE, 0)); d(ulTaskNotifyTake(pdFALSE, 0));
        for (int i = 0; i < 3; i++) xTaskNotifyGive(self);
        d(ulTaskNotifyTake(pdTRUE, 0)); d(ulTaskNotifyTake(pdTRUE, 2)); d(xTaskGetTickCount());
    }
    """
    assert events(run_c, text, word_bytes=word_bytes) == ["3", "2", "1", "0", "3", "0", "2"]


def test_wait_clears_on_entry_and_on_exit(run_c: Run) -> None:
    text = """
    static TaskHandle_t other;
    TASK(waiter, uint32_t got = 0;
        d(xTaskNotifyWait(0x0f, 0xf0, &got, portMAX_DELAY)); printf("%x ", (unsigned)got);
        d(xTaskNotifyWait(0, 0, &got, 3)); printf("%x ", (unsigned)got);)
    void app_main(void) {
        other = START(waiter, 5);
        xTaskNotify(other, 0x111, eSetBits);
        d(xTaskNotifyWait(0xffffffff, 0, NULL, 5));
    }
    """
    assert events(run_c, text) == ["1", "111", "0", "101", "0"]


def test_a_notification_wakes_only_who_waits_for_one(run_c: Run) -> None:
    text = """
    TASK(sleeper, vTaskDelay(5); d(xTaskGetTickCount()); d(ulTaskNotifyTake(pdTRUE, portMAX_DELAY));)
    void app_main(void) { TaskHandle_t h = START(sleeper, 5); xTaskNotifyGive(h); note("main"); vTaskDelay(10); }
    """
    assert events(run_c, text) == ["main", "5", "1"]


def test_clearing_state_and_value(run_c: Run) -> None:
    text = """
    void app_main(void) {
        TaskHandle_t self = xTaskGetCurrentTaskHandle(); uint32_t got = 1;
        d(xTaskNotifyStateClear(NULL)); xTaskNotify(self, 0xff, eSetBits); d(xTaskNotifyStateClear(self));
        d(xTaskNotifyWait(0, 0, &got, 0)); d(got);
        d(ulTaskNotifyValueClear(NULL, 0x0f)); d(ulTaskNotifyValueClear(NULL, 0));
    }
    """
    assert events(run_c, text) == ["0", "1", "0", "255", "255", "240"]


@pytest.mark.parametrize(("priority", "flag"), [(5, 1), (1, 0)])
def test_from_an_interrupt(run_c: Run, priority: int, flag: int) -> None:
    text = f"""
    static TaskHandle_t other; static volatile int woken[2];
    TASK(waiter, uint32_t got; d(xTaskNotifyWait(0, 0, &got, portMAX_DELAY)); d(got);)
    static bool IRAM_ATTR isr(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) {{
        BaseType_t w = pdFALSE; vTaskNotifyGiveFromISR(other, &w); woken[0] = w;
        w = pdFALSE; xTaskNotifyFromISR(other, 0x30, eSetBits, &w); woken[1] = w;
        return true;
    }}
    void app_main(void) {{
        INTERRUPTS(); other = START(waiter, {priority}); vTaskDelay(1);
        INTERRUPT(); note("main"); d(woken[0] * 10 + woken[1]); NO_INTERRUPTS();
    }}
    """
    # The second notification finds the task ready already: it wakes nobody.
    expected = ["1", "49", "main", "10"] if flag else ["main", "0", "1", "49"]
    assert events(run_c, text) == expected


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ("xTaskNotifyGive(NULL);", "a notification to task NULL"),
        ("xTaskNotify((TaskHandle_t)src, 1, eSetBits);", "is no task handle"),
        ("ulTaskNotifyTakeIndexed(1, 0, 0);", "task notification index 1; only index 0 is configured"),
        ("xTaskNotify(xTaskGetCurrentTaskHandle(), 1, (eNotifyAction)9);", "xTaskNotify with action 9"),
        ("xEventGroupWaitBits(xEventGroupCreate(), 0, 0, 0, 0);", "xEventGroupWaitBits for no bits"),
        (
            "xEventGroupSetBits(xEventGroupCreate(), 1u << 24);",
            "xEventGroupSetBits with bits 0x01000000; an event group has 24 bits",
        ),
        ("xEventGroupSetBits(NULL, 1);", "0x00000000 is no event group"),
    ],
)
def test_what_the_kernel_asserts(run_c: Run, body: str, failure: str) -> None:
    one = run_c(NOTE + f"void app_main(void) {{ {body} }}")
    assert one.report.failure.endswith(failure)
    assert one.rules == ["guest-fault"]


# --- event groups -----------------------------------------------------------------------------------------------------


def test_waiting_for_any_and_for_all(run_c: Run, word_bytes: int) -> None:
    text = """
    static EventGroupHandle_t g;
    TASK(any, printf("any%x ", (unsigned)xEventGroupWaitBits(g, 0x3, pdFALSE, pdFALSE, portMAX_DELAY));)
    TASK(all, printf("all%x ", (unsigned)xEventGroupWaitBits(g, 0x3, pdTRUE, pdTRUE, portMAX_DELAY));)
    void app_main(void) {
        g = xEventGroupCreate(); START(any, 5); START(all, 6);
        printf("%x ", (unsigned)xEventGroupSetBits(g, 0x12));
        printf("%x ", (unsigned)xEventGroupSetBits(g, 0x1));
        printf("%x ", (unsigned)xEventGroupClearBits(g, 0x10)); printf("%x ", (unsigned)xEventGroupGetBits(g));
        vEventGroupDelete(g);
    }
    """
    assert events(run_c, text, word_bytes=word_bytes) == ["any12", "12", "all13", "10", "10", "0"]


def test_everybody_who_waits_is_judged_by_the_same_bits(run_c: Run) -> None:
    """Both want the bit and want it cleared: both get it, and a pulse is not missed by a task that runs later."""
    text = """
    static EventGroupHandle_t g;
    static void waits(void *arg) { printf("%s%x ", pcTaskGetName(NULL), (unsigned)xEventGroupWaitBits(g, 1, pdTRUE, pdTRUE, portMAX_DELAY)); vTaskDelete(NULL); }
    void app_main(void) {
        g = xEventGroupCreate(); start(waits, "a", 5); start(waits, "b", 5); start(waits, "c", 0); vTaskDelay(1);
        printf("%x ", (unsigned)xEventGroupSetBits(g, 1)); printf("%x ", (unsigned)xEventGroupSetBits(g, 2)); xEventGroupClearBits(g, 0xff);
        vTaskDelay(1);
        vEventGroupDelete(g);
    }
    """
    assert events(run_c, text) == ["a1", "b1", "0", "2", "c1"]


def test_a_wait_gives_up_with_the_bits_there_are(run_c: Run) -> None:
    text = """
    void app_main(void) {
        EventGroupHandle_t g = xEventGroupCreate(); xEventGroupSetBits(g, 0x5);
        d(xEventGroupWaitBits(g, 0x3, pdTRUE, pdTRUE, 0)); d(xTaskGetTickCount());
        d(xEventGroupWaitBits(g, 0x3, pdTRUE, pdTRUE, 4)); d(xTaskGetTickCount());
        d(xEventGroupWaitBits(g, 0x3, pdTRUE, pdFALSE, 4)); d(xEventGroupGetBits(g));
        vEventGroupDelete(g);
    }
    """
    assert events(run_c, text) == ["5", "0", "5", "4", "5", "4"]


def test_a_rendezvous(run_c: Run) -> None:
    text = """
    static EventGroupHandle_t g;
    static void meets(void *arg) { printf("%s%x ", pcTaskGetName(NULL), (unsigned)xEventGroupSync(g, (EventBits_t)(uintptr_t)arg, 0x7, portMAX_DELAY)); vTaskDelete(NULL); }
    void app_main(void) {
        g = xEventGroupCreate();
        xTaskCreate(meets, "a", 3072, (void *)1, 5, NULL); xTaskCreate(meets, "b", 3072, (void *)2, 6, NULL);
        note("main"); printf("%x ", (unsigned)xEventGroupSync(g, 4, 7, 0)); printf("%x ", (unsigned)xEventGroupGetBits(g));
        printf("%x ", (unsigned)xEventGroupSync(g, 1, 3, 2));
        vEventGroupDelete(g);
    }
    """
    assert events(run_c, text) == ["main", "b7", "a7", "7", "0", "1"]


def test_deleting_a_group_sends_its_waiters_home(run_c: Run) -> None:
    text = """
    static EventGroupHandle_t g;
    TASK(waits, d(xEventGroupWaitBits(g, 1, pdFALSE, pdFALSE, portMAX_DELAY));)
    void app_main(void) { g = xEventGroupCreate(); xEventGroupSetBits(g, 4); START(waits, 5); vEventGroupDelete(g); note("end"); }
    """
    assert events(run_c, text) == ["0", "end"]


def test_a_deleted_task_wants_nothing_any_more(run_c: Run) -> None:
    text = """
    static EventGroupHandle_t g;
    TASK(waits, xEventGroupWaitBits(g, 1, pdTRUE, pdFALSE, portMAX_DELAY);)
    void app_main(void) {
        g = xEventGroupCreate(); TaskHandle_t h = START(waits, 5); vTaskDelete(h);
        d(xEventGroupSetBits(g, 1)); vEventGroupDelete(g);
    }
    """
    assert events(run_c, text) == ["1"]


def test_setting_bits_from_an_interrupt(run_c: Run) -> None:
    text = """
    static EventGroupHandle_t g; static volatile int woken;
    TASK(waits, d(xEventGroupWaitBits(g, 1, pdTRUE, pdFALSE, portMAX_DELAY));)
    static bool IRAM_ATTR isr(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) {
        BaseType_t w = pdFALSE; d(xEventGroupGetBitsFromISR(g)); xEventGroupSetBitsFromISR(g, 1, &w); woken = w; return w;
    }
    void app_main(void) {
        INTERRUPTS(); g = xEventGroupCreate(); xEventGroupSetBits(g, 8); START(waits, 5); INTERRUPT(); d(woken); NO_INTERRUPTS();
        vEventGroupDelete(g);
    }
    """
    one = run_c(NOTE + text.replace("d(xEventGroupGetBitsFromISR(g)); ", ""))
    assert one.report.verdict == "clean", str(one.report)
    assert one.out.split() == ["9", "1"]
