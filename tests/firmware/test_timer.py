"""esp_timer as firmware sees it.

Expected behaviour: ESP-IDF v5.5 components/esp_timer/src/esp_timer.c and its documentation. Callbacks run in a task of priority 22.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., object]

TIMER = """
static esp_timer_handle_t t;
static volatile int fired;
static void on_timer(void *arg) { fired++; printf("%s@%lld ", arg ? (const char *)arg : "t", (long long)((esp_timer_get_time() + 5) / 50 * 50)); }
static esp_timer_handle_t make(const char *name) {
    esp_timer_handle_t made; esp_timer_create_args_t args = {.callback = on_timer, .arg = (void *)name, .name = name};
    ESP_ERROR_CHECK(esp_timer_create(&args, &made)); return made;
}
#line 1 "main.c"
"""


def run(run_c: Run, body: str, **more: object) -> list[str]:
    one = run_c(TIMER + f"void app_main(void) {{ {body} }}", **more)
    assert one.report.verdict == "clean", str(one.report)
    return one.out.split()


def test_once(run_c: Run, word_bytes: int) -> None:
    body = """t = make("once"); esp_timer_start_once(t, 2000); printf("%d ", esp_timer_is_active(t)); vTaskDelay(2);
              printf("%d ", esp_timer_is_active(t)); esp_timer_delete(t);"""
    assert run(run_c, body, word_bytes=word_bytes) == ["1", "once@2000", "0"]


def test_periodic_keeps_its_rhythm_until_stopped(run_c: Run) -> None:
    body = """t = make("p"); esp_timer_start_periodic(t, 1000); esp_rom_delay_us(3500); esp_timer_stop(t); vTaskDelay(2); esp_timer_delete(t);"""
    assert run(run_c, body) == ["p@1000", "p@2000", "p@3000"]


def test_timers_preempt_a_busy_task_and_fire_in_order(run_c: Run) -> None:
    body = """esp_timer_handle_t a = make("a"), b = make("b");
              esp_timer_start_once(b, 300); esp_timer_start_once(a, 200); while (fired < 2) {} printf("main ");
              esp_timer_delete(a); esp_timer_delete(b);"""
    assert run(run_c, body) == ["a@200", "b@300", "main"]


def test_restart(run_c: Run) -> None:
    body = """t = make("r"); esp_timer_start_once(t, 1000); esp_rom_delay_us(500); esp_timer_restart(t, 1000); esp_rom_delay_us(2000);
              printf("%d ", esp_timer_restart(t, 5) == ESP_ERR_INVALID_STATE);
              esp_timer_start_periodic(t, 5000); esp_timer_restart(t, 500); esp_rom_delay_us(1100); esp_timer_stop(t); esp_timer_delete(t);"""
    assert run(run_c, body) == ["r@1500", "1", "r@3000", "r@3500"]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("esp_timer_create(NULL, &t)", "ESP_ERR_INVALID_ARG"),
        ("esp_timer_create(&none, &t)", "ESP_ERR_INVALID_ARG"),
        ("esp_timer_create(&args, NULL)", "ESP_ERR_INVALID_ARG"),
        ("esp_timer_start_once(NULL, 5)", "ESP_ERR_INVALID_ARG"),
        ("esp_timer_start_periodic(NULL, 5)", "ESP_ERR_INVALID_ARG"),
        ("esp_timer_stop(NULL)", "ESP_ERR_INVALID_ARG"),
        ("esp_timer_delete(NULL)", "ESP_ERR_INVALID_ARG"),
        ("esp_timer_restart(NULL, 5)", "ESP_ERR_INVALID_ARG"),
        ("esp_timer_stop(idle)", "ESP_ERR_INVALID_STATE"),
        ("esp_timer_restart(idle, 5)", "ESP_ERR_INVALID_STATE"),
        ("esp_timer_start_once(armed, 5)", "ESP_ERR_INVALID_STATE"),
        ("esp_timer_start_periodic(armed, 5)", "ESP_ERR_INVALID_STATE"),
        ("esp_timer_delete(armed)", "ESP_ERR_INVALID_STATE"),
    ],
)
def test_error_codes(run_c: Run, call: str, code: str) -> None:
    body = f"""static esp_timer_create_args_t none, args = {{.callback = on_timer}}; (void)none; (void)args;
               esp_timer_handle_t idle = make("i"), armed = make("a"); esp_timer_start_once(armed, 1000000);
               printf("%s", esp_err_to_name({call})); esp_timer_stop(armed); esp_timer_delete(armed); esp_timer_delete(idle);"""
    assert run(run_c, body) == [code]


def test_a_period_of_less_than_50_us_is_50_us(run_c: Run) -> None:
    body = """t = make("p"); ESP_ERROR_CHECK(esp_timer_start_periodic(t, 0)); esp_rom_delay_us(175); esp_timer_stop(t); esp_timer_delete(t);"""
    assert run(run_c, body) == ["p@50", "p@100", "p@150"]


def test_a_callback_may_stop_and_delete_its_timer(run_c: Run) -> None:
    one = run_c("""
    static esp_timer_handle_t t;
    static void last(void *arg) { esp_timer_stop(t); printf("%s ", esp_err_to_name(esp_timer_delete(t))); }
    void app_main(void) {
        esp_timer_create_args_t args = {.callback = last};
        esp_timer_create(&args, &t); esp_timer_start_periodic(t, 100); vTaskDelay(1); printf("main");
    }
    """)
    assert one.report.verdict == "clean", str(one.report)
    assert one.out == "ESP_OK main"


def test_a_callback_may_wait(run_c: Run) -> None:
    """It runs in a task; other timers wait for it."""
    one = run_c(
        TIMER
        + """
    static void slow(void *arg) { printf("slow "); vTaskDelay(2); printf("slow-end "); }
    void app_main(void) {
        esp_timer_handle_t s; esp_timer_create_args_t args = {.callback = slow};
        esp_timer_create(&args, &s); t = make("quick");
        esp_timer_start_once(s, 100); esp_timer_start_once(t, 200);
        vTaskDelay(1); printf("main "); vTaskDelay(3); esp_timer_delete(s); esp_timer_delete(t);
    }
    """
    )
    assert one.report.verdict == "clean", str(one.report)
    assert one.out.split() == ["slow", "main", "slow-end", "quick@20000"]


def test_the_next_alarm_and_the_clock(run_c: Run) -> None:
    body = """t = make("x"); esp_timer_start_once(t, 5000); printf("%d ", (int)(esp_timer_get_next_alarm() / 10 * 10));
              int64_t before = esp_timer_get_time(); esp_rom_delay_us(250); printf("%d ", (int)((esp_timer_get_time() - before) / 10 * 10));
              printf("%u ", (unsigned)esp_log_timestamp()); esp_timer_stop(t); esp_timer_delete(t);"""
    assert run(run_c, body) == ["5000", "250", "0"]


def test_a_timer_left_armed_keeps_the_program_running_until_it_fired(run_c: Run) -> None:
    assert run(run_c, 't = make("late"); esp_timer_start_once(t, 1000000); printf("end ");') == ["end", "late@1000000"]
