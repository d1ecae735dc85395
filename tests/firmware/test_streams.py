"""FreeRTOS's stream and message buffers as firmware sees them.

Expected behaviour: ESP-IDF v5.5 components/freertos/FreeRTOS-Kernel/stream_buffer.c; FreeRTOS reference manual.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmalab.core.tasks import Waiters
from dmalab.guest.handlers.streams import LENGTH_BYTES, Stream

Run = Callable[..., object]

HEAD = """
#include "freertos/stream_buffer.h"
#include "freertos/message_buffer.h"
static StreamBufferHandle_t s; static char text[64];
#define SEND(t, ticks) printf("%d ", (int)xStreamBufferSend(s, t, strlen(t), ticks))
#define TAKE(n, ticks) do { int n_ = (int)xStreamBufferReceive(s, text, n, ticks); printf("%.*s@%d ", n_, text, (int)xTaskGetTickCount()); } while (0)
#line 1 "main.c"
"""


def run(run_c: Run, body: str, more: str = "", **options: object) -> list[str]:
    one = run_c(HEAD + more + f"void app_main(void) {{ {body} vStreamBufferDelete(s); }}", **options)
    assert one.report.verdict == "clean", str(one.report)
    return one.out.split()


def test_a_stream_takes_what_fits(run_c: Run, word_bytes: int) -> None:
    body = """s = xStreamBufferCreate(8, 1); SEND("abcde", 0); SEND("fghij", 1); printf("%d %d ", (int)xStreamBufferIsFull(s),
              (int)xStreamBufferBytesAvailable(s)); TAKE(3, 0); printf("%d ", (int)xStreamBufferSpacesAvailable(s)); TAKE(60, 0); TAKE(9, 0);"""
    assert run(run_c, body, word_bytes=word_bytes) == ["5", "3", "1", "8", "abc@1", "3", "defgh@1", "@1"]


def test_a_waiting_reader_is_woken_at_the_trigger_level_or_when_time_is_up(run_c: Run) -> None:
    writer = """static void writer(void *a) { for (int i = 0; i < 5; i++) { vTaskDelay(1); xStreamBufferSend(s, "x", 1, 0); } vTaskDelete(NULL); }"""
    body = """s = xStreamBufferCreate(8, 3); xTaskCreate(writer, "w", 2048, NULL, 5, NULL); TAKE(8, portMAX_DELAY); TAKE(8, 5);"""
    assert run(run_c, body, writer) == ["xxx@3", "xx@8"]


def test_a_writer_waits_for_room(run_c: Run) -> None:
    reader = (
        """static void reader(void *a) { vTaskDelay(2); TAKE(2, 0); vTaskDelay(2); TAKE(2, 0); vTaskDelete(NULL); }"""
    )
    body = """s = xStreamBufferCreate(4, 1); SEND("abcd", 0); xTaskCreate(reader, "r", 2048, NULL, 5, NULL); SEND("efgh", 9); TAKE(9, 0);"""
    assert run(run_c, body, reader) == ["4", "ab@2", "cd@4", "4", "efgh@4"]


def test_messages_come_whole(run_c: Run) -> None:
    body = """s = xMessageBufferCreate(20); SEND("first", 0); SEND("second", 0); SEND("third", 1);
              printf("%d %d ", (int)xMessageBufferNextLengthBytes(s), (int)xMessageBufferSpacesAvailable(s));
              TAKE(4, 0); TAKE(60, 0); TAKE(60, 0); printf("%d ", (int)xMessageBufferIsEmpty(s)); SEND("far too long for its buffer", 5);"""
    assert run(run_c, body) == ["5", "6", "0", "5", "1", "@1", "first@1", "second@1", "1", "0"]


def test_from_an_interrupt(run_c: Run) -> None:
    more = """static DMA_ATTR uint8_t a[64] __attribute__((aligned(64))), b[64] __attribute__((aligned(64)));
              static bool done(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) {
                  BaseType_t woken = pdFALSE; xStreamBufferSendFromISR(s, "isr", 3, &woken); return woken == pdTRUE; }"""
    body = """async_memcpy_handle_t m; async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(); ESP_ERROR_CHECK(install_engine(&c, &m));
              s = xStreamBufferCreate(8, 1); ESP_ERROR_CHECK(esp_async_memcpy(m, a, b, 64, done, NULL)); TAKE(8, portMAX_DELAY);
              printf("%d ", (int)xStreamBufferReset(s)); ESP_ERROR_CHECK(esp_async_memcpy_uninstall(m));"""
    assert run(run_c, body, more) == ["isr@0", "1"]


def test_waiting_in_an_interrupt_is_told(run_c: Run) -> None:
    one = run_c(HEAD + """
        static DMA_ATTR uint8_t a[64] __attribute__((aligned(64))), b[64] __attribute__((aligned(64)));
        static bool done(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) { xStreamBufferReceive(s, text, 8, 5); return false; }
        void app_main(void) {
            async_memcpy_handle_t m; async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(); ESP_ERROR_CHECK(install_engine(&c, &m));
            s = xStreamBufferCreate(8, 1); ESP_ERROR_CHECK(esp_async_memcpy(m, a, b, 64, done, NULL)); vTaskDelay(2);
            ESP_ERROR_CHECK(esp_async_memcpy_uninstall(m)); vStreamBufferDelete(s); }
    """)  # fmt: skip
    assert one.rules == ["isr-context"], str(one.report)


@pytest.mark.parametrize("call", ["xStreamBufferCreate(0, 0)", "xStreamBufferCreate(8, 9)", "xMessageBufferCreate(4)"])
def test_what_the_kernel_asserts(run_c: Run, call: str) -> None:
    one = run_c(HEAD + f"void app_main(void) {{ s = {call}; }}")
    assert one.rules == ["guest-fault"]


OPERATIONS = st.lists(st.one_of(st.binary(min_size=1, max_size=9), st.integers(1, 12)), max_size=40)


@given(OPERATIONS, st.integers(5, 24))
def test_messages_against_a_plain_queue(operations: list[bytes | int], size: int) -> None:
    stream = Stream(size, 1, True, Waiters("data"), Waiters("room"))
    plain: deque[bytes] = deque()
    for one in operations:
        used = sum(len(message) + LENGTH_BYTES for message in plain)
        assert stream.room == size - used
        if isinstance(one, bytes):
            fits = used + len(one) + LENGTH_BYTES <= size
            assert stream.put(one) == (len(one) if fits else 0)
            if fits:
                plain.append(one)
        else:
            assert stream.get(one) == (plain.popleft() if plain and len(plain[0]) <= one else b"")


@given(OPERATIONS, st.integers(1, 24))
def test_bytes_against_a_plain_string(operations: list[bytes | int], size: int) -> None:
    stream, plain = Stream(size, 1, False, Waiters("data"), Waiters("room")), b""
    for one in operations:
        if isinstance(one, bytes):
            count = stream.put(one)
            assert count == min(len(one), size - len(plain))
            plain += one[:count]
        else:
            assert stream.get(one) == plain[:one]
            plain = plain[one:]
