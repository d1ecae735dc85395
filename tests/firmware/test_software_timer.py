"""FreeRTOS's software timers as firmware sees them.

Expected behaviour: ESP-IDF v5.5 components/freertos/FreeRTOS-Kernel/timers.c; FreeRTOS reference manual, "Software timers".
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., object]

TIMER = """
#include "freertos/timers.h"
static volatile int fired;
static void on_timer(TimerHandle_t t) { fired++; printf("%s@%d ", pcTimerGetName(t), (int)xTaskGetTickCount()); }
#define T(period, reload) xTimerCreate("t", period, reload, (void *)7, on_timer)
#line 1 "main.c"
"""


def run(run_c: Run, body: str, **more: object) -> list[str]:
    one = run_c(TIMER + f"void app_main(void) {{ {body} }}", **more)
    assert one.report.verdict == "clean", str(one.report)
    return one.out.split()


def test_once(run_c: Run, word_bytes: int) -> None:
    body = """TimerHandle_t t = T(2, pdFALSE); printf("%d ", (int)xTimerIsTimerActive(t)); xTimerStart(t, 0);
              printf("%d ", (int)xTimerIsTimerActive(t)); vTaskDelay(5); printf("%d ", (int)xTimerIsTimerActive(t)); xTimerDelete(t, 0);"""
    assert run(run_c, body, word_bytes=word_bytes) == ["0", "1", "t@2", "0"]


def test_no_callback_is_lost_while_its_task_does_not_get_the_core(run_c: Run) -> None:
    """More of them than the service has to do in any test."""
    body = """TimerHandle_t t = xTimerCreate("t", 1, pdTRUE, NULL, count); xTimerStart(t, 0); vTaskPrioritySet(NULL, 5);
              esp_rom_delay_us(20000000); vTaskPrioritySet(NULL, 1); xTimerStop(t, 0); vTaskDelay(1); printf("%d", counted);"""
    counting = "static int counted; static void count(TimerHandle_t t) { counted++; }\n"
    one = run_c(TIMER + counting + f"void app_main(void) {{ {body} }}")
    assert one.report.verdict == "clean", str(one.report)
    assert int(one.out) >= 1999


def test_a_period_ends_on_ticks_and_keeps_its_rhythm(run_c: Run) -> None:
    body = """TimerHandle_t t = T(2, pdTRUE); esp_rom_delay_us(13000); xTimerStart(t, 0); vTaskDelay(7); xTimerStop(t, 0);
              vTaskDelay(5); xTimerDelete(t, 0);"""
    assert run(run_c, body) == ["t@3", "t@5", "t@7"]


def test_reset_begins_anew_and_a_change_starts(run_c: Run) -> None:
    body = """TimerHandle_t t = T(3, pdFALSE); xTimerStart(t, 0); vTaskDelay(2); xTimerReset(t, 0);
              printf("%d ", (int)xTimerGetExpiryTime(t)); vTaskDelay(4);
              xTimerChangePeriod(t, 1, 0); printf("%d ", (int)xTimerGetPeriod(t)); vTaskDelay(2); xTimerDelete(t, 0);"""
    assert run(run_c, body) == ["5", "t@5", "1", "t@7"]


def test_identity_and_reload_mode(run_c: Run) -> None:
    body = """static StaticTimer_t room; TimerHandle_t t = xTimerCreateStatic("s", 1, pdTRUE, (void *)7, on_timer, &room);
              printf("%d ", (void *)t == (void *)&room); printf("%d ", (int)(intptr_t)pvTimerGetTimerID(t));
              vTimerSetTimerID(t, (void *)9); printf("%d ", (int)(intptr_t)pvTimerGetTimerID(t));
              vTimerSetReloadMode(t, pdFALSE); printf("%d ", (int)uxTimerGetReloadMode(t));
              xTimerStart(t, 0); vTaskDelay(3); xTimerDelete(t, 0);"""
    assert run(run_c, body) == ["1", "7", "9", "0", "s@1"]


def test_callbacks_wait_for_more_urgent_tasks(run_c: Run) -> None:
    """The service task has priority 1, as app_main, and less than a task of the firmware's with 5."""
    one = run_c(
        TIMER
        + """
        static void busy(void *arg) { esp_rom_delay_us(35000); printf("busy "); vTaskDelete(NULL); }
        void app_main(void) { TimerHandle_t t = T(1, pdFALSE); xTimerStart(t, 0); xTaskCreate(busy, "busy", 2048, NULL, 5, NULL);
                              vTaskDelay(5); xTimerDelete(t, 0); }
        """
    )
    assert one.report.verdict == "clean", str(one.report)
    assert one.out.split() == ["busy", "t@3"]


def test_a_deleted_timer_does_not_fire(run_c: Run) -> None:
    body = """TimerHandle_t t = T(1, pdTRUE); xTimerStart(t, 0); vTaskDelay(1); xTimerDelete(t, 0); vTaskDelay(3);"""
    assert len(run(run_c, body)) <= 1


@pytest.mark.parametrize("form", ["xTimerStart(timer, 0)", "xTimerStartFromISR(timer, NULL)"])
def test_the_form_for_tasks_in_an_interrupt_is_told(run_c: Run, form: str) -> None:
    one = run_c(
        TIMER
        + """
        static TimerHandle_t timer; static DMA_ATTR uint8_t a[64] __attribute__((aligned(64))), b[64] __attribute__((aligned(64)));
        static bool done(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) { FORM; return false; }
        void app_main(void) {
            async_memcpy_handle_t m; async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG();
            ESP_ERROR_CHECK(install_engine(&c, &m)); timer = T(1, pdFALSE);
            ESP_ERROR_CHECK(esp_async_memcpy(m, a, b, 64, done, NULL)); vTaskDelay(3);
            ESP_ERROR_CHECK(esp_async_memcpy_uninstall(m)); xTimerDelete(timer, 0); }
        """.replace("FORM", form)
    )
    assert one.rules == ([] if "FromISR" in form else ["isr-context"]), str(one.report)
    assert one.out.split() == ["t@1"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("T(0, pdFALSE);", "xTimerCreate with a period of 0 ticks"),
        ("xTimerStop(NULL, 0);", "0x00000000 is no software timer"),
    ],
)
def test_what_the_kernel_asserts(run_c: Run, body: str, message: str) -> None:
    one = run_c(TIMER + f"void app_main(void) {{ {body} }}")
    assert [finding.message for finding in one.problems] == [message]
