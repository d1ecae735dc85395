"""FreeRTOS tasks as firmware sees them: priorities, time slices, delays, suspension, deletion.

Expected behaviour: the FreeRTOS reference manual and ESP-IDF v5.5 components/freertos/FreeRTOS-Kernel/tasks.c, with one core.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., object]

NOTE = """
static void note(const char *what) { printf("%s ", what); }
#define TASK(name, ...) static void name(void *arg) { (void)arg; __VA_ARGS__ vTaskDelete(NULL); }
#define START(name, priority) start(name, #name, priority)
static TaskHandle_t start(TaskFunction_t code, const char *name, unsigned priority)
{
    TaskHandle_t handle = NULL;
    if (xTaskCreate(code, name, 3072, NULL, priority, &handle) != pdPASS) abort();
    return handle;
}
static inline void busy_ms(unsigned ms) { esp_rom_delay_us(ms * 1000); }
"""
MAIN = "void app_main(void) { %s }"


def events(run_c: Run, text: str, **more: object) -> list[str]:
    """What a clean firmware notes, in order."""
    one = run_c(NOTE + '#line 1 "main.c"\n' + text, **more)
    assert one.report.verdict == "clean", str(one.report)
    return one.out.split()


def test_a_more_urgent_task_runs_before_its_creation_returns(run_c: Run, word_bytes: int) -> None:
    text = 'TASK(high, note("high");)' + MAIN % 'note("main"); START(high, 5); note("back");'
    assert events(run_c, text, word_bytes=word_bytes) == ["main", "high", "back"]


@pytest.mark.parametrize("priority", [0, 1])
def test_an_equal_or_lower_task_waits_until_the_creator_blocks(run_c: Run, priority: int) -> None:
    text = 'TASK(other, note("other");)' + MAIN % f'START(other, {priority}); note("main"); vTaskDelay(1); note("end");'
    assert events(run_c, text) == ["main", "other", "end"]


def test_equal_tasks_take_turns_by_tick(run_c: Run) -> None:
    text = """
    TASK(a, for (int i = 0; i < 3; i++) { note("a"); busy_ms(10); })
    TASK(b, for (int i = 0; i < 3; i++) { note("b"); busy_ms(10); })
    void app_main(void) { vTaskPrioritySet(NULL, 5); START(a, 3); START(b, 3); }
    """
    assert events(run_c, text) == ["a", "b", "a", "b", "a", "b"]


def test_yield_lets_an_equal_run_and_nobody_lower(run_c: Run) -> None:
    text = """
    TASK(equal, note("equal1"); taskYIELD(); note("equal2");)
    TASK(low, note("low");)
    void app_main(void) { START(low, 0); START(equal, 1); note("main1"); taskYIELD(); note("main2"); taskYIELD(); note("main3"); }
    """
    assert events(run_c, text) == ["main1", "equal1", "main2", "equal2", "main3", "low"]


def test_a_busy_low_task_is_preempted_when_a_delay_ends(run_c: Run) -> None:
    text = """
    TASK(low, note("low"); busy_ms(50); note("low-end");)
    void app_main(void) { START(low, 0); vTaskDelay(2); note("main"); vTaskDelay(10); note("end"); }
    """
    assert events(run_c, text) == ["low", "main", "low-end", "end"]


def test_a_busy_loop_without_calls_is_preempted_too(run_c: Run, word_bytes: int) -> None:
    text = """
    static volatile int go;
    TASK(low, note("low"); while (!go) {} note("saw");)
    void app_main(void) { START(low, 0); vTaskDelay(1); go = 1; note("main"); vTaskDelay(1); note("end"); }
    """
    assert events(run_c, text, word_bytes=word_bytes) == ["low", "main", "saw", "end"]


def test_delays_end_on_ticks(run_c: Run) -> None:
    one = run_c("""
    void app_main(void) {
        SAY("t0", xTaskGetTickCount());
        esp_rom_delay_us(3000);
        vTaskDelay(1);
        SAY("us1", esp_timer_get_time());
        vTaskDelay(pdMS_TO_TICKS(50));
        SAY("us2", esp_timer_get_time());
        SAY("t2", xTaskGetTickCount());
        vTaskDelay(0);
        SAY("t3", xTaskGetTickCount());
    }
    """)
    assert one.report.verdict == "clean"
    said = one.numbers
    assert (said["t0"], said["t2"], said["t3"]) == (0, 6, 6)
    assert 10_000 <= said["us1"] < 10_020
    assert 60_000 <= said["us2"] < 60_020


def test_delay_until_keeps_the_rhythm(run_c: Run) -> None:
    one = run_c("""
    void app_main(void) {
        TickType_t wake = xTaskGetTickCount();
        for (int i = 0; i < 3; i++) {
            esp_rom_delay_us(7000);
            BaseType_t waited = xTaskDelayUntil(&wake, 3);
            printf("%u:%d:%u ", (unsigned)wake, (int)waited, (unsigned)xTaskGetTickCount());
        }
        esp_rom_delay_us(80000);
        BaseType_t waited = xTaskDelayUntil(&wake, 3);
        printf("late %u:%d:%u", (unsigned)wake, (int)waited, (unsigned)xTaskGetTickCount());
    }
    """)
    assert one.out == "3:1:3 6:1:6 9:1:9 late 12:0:17"


def test_raising_another_task_switches_at_once_and_lowering_oneself_too(run_c: Run) -> None:
    text = """
    TASK(other, note("other1"); vTaskPrioritySet(NULL, 0); note("other2");)
    void app_main(void) {
        TaskHandle_t h = START(other, 0);
        note("main"); vTaskPrioritySet(h, 7); note("back"); vTaskDelay(1); note("end");
    }
    """
    assert events(run_c, text) == ["main", "other1", "back", "other2", "end"]


def test_suspend_and_resume(run_c: Run) -> None:
    text = """
    static TaskHandle_t self;
    TASK(other, note("one"); vTaskSuspend(NULL); note("two"); vTaskDelay(100); note("three");)
    void app_main(void) {
        self = START(other, 5);
        printf("%d ", eTaskGetState(self));
        vTaskResume(self);
        printf("%d ", eTaskGetState(self));
        vTaskSuspend(self);
        vTaskDelay(200);
        note("quiet");
        printf("%d ", eTaskGetState(self));
        vTaskResume(self);
        note("end");
    }
    """
    # A task that was suspended while it waited does not go on waiting: it comes back at once.
    assert events(run_c, text) == ["one", "3", "two", "2", "quiet", "3", "three", "end"]


def test_resuming_a_task_that_is_not_suspended_does_nothing(run_c: Run) -> None:
    text = """
    TASK(other, vTaskDelay(5); note("woke");)
    void app_main(void) { TaskHandle_t h = START(other, 5); vTaskResume(h); note("main"); vTaskDelay(10); }
    """
    assert events(run_c, text) == ["main", "woke"]


def test_a_deleted_task_never_runs_again_and_its_memory_comes_back(run_c: Run) -> None:
    one = run_c(
        NOTE
        + """
    TASK(other, for (;;) { note("tick"); vTaskDelay(1); })
    void app_main(void) {
        size_t before = esp_get_free_heap_size();
        TaskHandle_t h = START(other, 5);
        puts(""); SAY("taken", before - esp_get_free_heap_size() >= 3072);
        vTaskDelay(2);
        vTaskDelete(h);
        vTaskDelay(5);
        puts(""); SAY("left", before - esp_get_free_heap_size());
    }
    """
    )
    assert one.report.verdict == "clean", str(one.report)
    assert one.out.count("tick") == 3
    assert one.out.splitlines()[-1] == "left=0"


def test_states_names_handles_and_priorities(run_c: Run) -> None:
    one = run_c(
        NOTE
        + """
    static SemaphoreHandle_t sem;
    static void waits(void *arg) { xSemaphoreTake(sem, portMAX_DELAY); vTaskDelete(NULL); }
    static void ready(void *arg) { vTaskDelete(NULL); }
    void app_main(void) {
        sem = xSemaphoreCreateBinary();
        TaskHandle_t w = start(waits, "a name longer than fifteen", 5), r = start(ready, "ready", 0);
        SAY("self", eTaskGetState(xTaskGetCurrentTaskHandle()));
        SAY("waits", eTaskGetState(w));
        SAY("ready", eTaskGetState(r));
        printf("names=%s,%s,%s\\n", pcTaskGetName(NULL), pcTaskGetName(w), pcTaskGetName(r));
        SAY("found", xTaskGetHandle("ready") == r);
        SAY("missing", xTaskGetHandle("nobody") == NULL);
        SAY("main", xTaskGetHandle("main") == xTaskGetCurrentTaskHandle());
        SAY("priorities", uxTaskPriorityGet(NULL) * 100 + uxTaskPriorityGet(w) * 10 + uxTaskPriorityGet(r));
        SAY("core", xTaskGetCoreID(NULL) * 10 + xPortGetCoreID());
        SAY("scheduler", xTaskGetSchedulerState());
        xSemaphoreGive(sem);
        vTaskDelay(1);
        vSemaphoreDelete(sem);
    }
    """
    )
    assert one.report.verdict == "clean", str(one.report)
    assert one.said == {
        "self": "0", "waits": "2", "ready": "1", "names": "main,a name longer t,ready", "found": "1", "missing": "1", "main": "1",
        "priorities": "150", "core": "0", "scheduler": "2",
    }  # fmt: skip


def test_static_tasks_use_the_callers_memory(run_c: Run) -> None:
    text = """
    static StaticTask_t control;
    static StackType_t stack[4096];
    TASK(other, note("other");)
    void app_main(void) {
        TaskHandle_t h = xTaskCreateStatic(other, "other", sizeof stack, NULL, 5, stack, &control);
        note(h == (TaskHandle_t)&control ? "same" : "differs");
    }
    """
    assert events(run_c, text) == ["other", "same"]


def test_a_task_that_does_not_fit_is_refused(run_c: Run) -> None:
    one = run_c("""
    static void never(void *arg) {}
    void app_main(void) { TaskHandle_t h = (TaskHandle_t)7; SAY("made", xTaskCreate(never, "big", 64 << 20, 0, 1, &h)); SAY("h", (int)h); }
    """)
    assert one.report.verdict == "clean"
    assert one.said == {"made": "-1", "h": "7"}


def test_a_stack_in_psram(run_c: Run) -> None:
    one = run_c("""
    static void task(void *arg) { int local = 3; SAY("external", esp_ptr_external_ram(&local)); vTaskDeleteWithCaps(NULL); }
    void app_main(void) { SAY("made", xTaskCreateWithCaps(task, "psram", 4096, 0, 5, 0, MALLOC_CAP_SPIRAM)); }
    """)
    assert one.report.verdict == "clean", str(one.report)
    assert one.said == {"external": "1", "made": "1"}


def test_abort_delay(run_c: Run) -> None:
    text = """
    TASK(other, vTaskDelay(1000); note("awake");)
    void app_main(void) {
        TaskHandle_t h = START(other, 5);
        printf("%d ", xTaskAbortDelay(h));
        printf("%d ", (int)xTaskGetTickCount());
    }
    """
    assert events(run_c, text) == ["awake", "1", "0"]


def test_a_task_function_that_returns_is_a_fault(run_c: Run) -> None:
    one = run_c(NOTE + "static void task(void *arg) { }\nvoid app_main(void) { START(task, 5); }")
    assert one.rules == ["guest-fault"]
    (finding,) = one.problems
    assert finding.message == "the function of task task returned; a task must end with vTaskDelete(NULL)"


# --- the scheduler held off -------------------------------------------------------------------------------------------


def test_while_the_scheduler_is_suspended_nobody_else_runs(run_c: Run) -> None:
    text = """
    static SemaphoreHandle_t sem;
    TASK(high, xSemaphoreTake(sem, portMAX_DELAY); note("high");)
    void app_main(void) {
        sem = xSemaphoreCreateBinary();
        START(high, 5);
        vTaskSuspendAll();
        printf("%d ", xTaskGetSchedulerState());
        xSemaphoreGive(sem);
        note("main"); busy_ms(30); note("still");
        vTaskSuspendAll();
        printf("%d ", xTaskResumeAll());
        note("nested");
        printf("%d ", xTaskResumeAll());
        note("end");
        vSemaphoreDelete(sem);
    }
    """
    assert events(run_c, text) == ["0", "main", "still", "0", "nested", "high", "1", "end"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("vTaskSuspendAll(); vTaskDelay(1);", "vTaskDelay waits while the scheduler is suspended"),
        (
            "SemaphoreHandle_t s = xSemaphoreCreateBinary(); vTaskSuspendAll(); xSemaphoreTake(s, 5);",
            "xSemaphoreTake waits while the scheduler is suspended",
        ),
        ("xTaskResumeAll();", "xTaskResumeAll without vTaskSuspendAll"),
    ],
)
def test_waiting_with_the_scheduler_suspended_is_an_assertion(run_c: Run, body: str, message: str) -> None:
    one = run_c(MAIN % body)
    assert one.report.failure == message
    assert one.rules == ["guest-fault"]


def test_a_critical_section_holds_interrupts_and_switches_off(run_c: Run) -> None:
    text = """
    static portMUX_TYPE mux = portMUX_INITIALIZER_UNLOCKED;
    static volatile int fired;
    static void timer(void *arg) { fired = 1; note("timer"); }
    void app_main(void) {
        esp_timer_handle_t t;
        esp_timer_create_args_t args = {.callback = timer, .name = "t"};
        esp_timer_create(&args, &t);
        esp_timer_start_once(t, 100);
        portENTER_CRITICAL(&mux);
        portENTER_CRITICAL(&mux);
        busy_ms(1);
        portEXIT_CRITICAL(&mux);
        busy_ms(1);
        note(fired ? "wrong" : "quiet");
        portEXIT_CRITICAL(&mux);
        note(fired ? "then" : "late");
        esp_timer_delete(t);
    }
    """
    assert events(run_c, text) == ["quiet", "timer", "then"]


def test_a_critical_section_is_no_place_to_wait(run_c: Run) -> None:
    one = run_c("""
    static portMUX_TYPE mux = portMUX_INITIALIZER_UNLOCKED;
    void app_main(void) {
        portENTER_CRITICAL(&mux);
        vTaskDelay(1);
        portEXIT_CRITICAL(&mux);
        puts("on");
    }
    """)
    assert one.rules == ["isr-context"]
    (finding,) = one.problems
    assert [(where.line, where.function) for where in finding.where] == [(5, "app_main")]


def test_disabled_interrupts_stay_off_until_enabled(run_c: Run) -> None:
    one = run_c("""
    static volatile int done;
    static bool IRAM_ATTR on_done(async_memcpy_handle_t m, async_memcpy_event_t *e, void *a) { done = 1; return false; }
    static uint8_t src[512] __attribute__((aligned(64))), dst[512] __attribute__((aligned(64)));
    void app_main(void) {
        async_memcpy_handle_t mcp; async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
        ESP_ERROR_CHECK(install_engine(&config, &mcp));
        portDISABLE_INTERRUPTS();
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, dst, src, sizeof src, on_done, 0));
        esp_rom_delay_us(1000);
        int before = done;
        portENABLE_INTERRUPTS();
        SAY("before", before); SAY("after", done);
        ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    }
    """)
    assert one.report.verdict == "clean", str(one.report)
    assert one.said == {"before": "0", "after": "1"}
