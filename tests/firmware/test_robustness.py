"""Whatever a firmware does to itself, dmalab reports it and goes on."""

from __future__ import annotations

import gc
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dmalab
from dmalab import Machine, chips
from dmalab.guest.arena import arena_for
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers import IDF
from dmalab.guest.process import GuestProcess
from dmalab.options import Options
from dmalab.runner import build_firmware, run_image

Run = Callable[..., object]
SOURCE = Path(dmalab.__file__).parents[1]

CRASHES = {
    "null": ("*(volatile int *)0 = 1;", "the firmware crashed: invalid access to 0x00000000"),
    "wild": ("*(volatile int *)0xdead0000 = 1;", "the firmware crashed: invalid access to 0xdead0000"),
    "jump": ("((void (*)(void))0x20)();", "the firmware crashed: invalid access to 0x00000020"),
    "divide": (
        "volatile int zero = 0, x = 5 / zero; (void)x;",
        "the firmware crashed: arithmetic fault (division by zero)",
    ),
    "trap": ("__builtin_trap();", "the firmware crashed: illegal instruction"),
    "abort": ("abort();", "abort() was called"),
    "assert": ("assert(1 + 1 == 3);", "assert failed: app_main main.c:2 (1 + 1 == 3)"),
    "exit": ("exit(3);", "the firmware called exit(3), which restarts a chip"),
    "_exit": ("_exit(0);", "the firmware called exit(0), which restarts a chip"),
    "restart": ("esp_restart();", "the firmware called esp_restart()"),
    "system_abort": ('esp_system_abort("because");', "because"),
}


@pytest.mark.parametrize("name", CRASHES)
def test_an_end_is_one_finding_that_names_its_line(run_c: Run, name: str, word_bytes: int) -> None:
    body, message = CRASHES[name]
    one = run_c(
        f'#include <assert.h>\n#include <unistd.h>\n#line 1 "main.c"\nvoid app_main(void) {{\n {body}\n}}',
        word_bytes=word_bytes,
    )
    assert [finding.rule for finding in one.report.findings] == ["guest-fault"], str(one.report)
    (finding,) = one.problems
    assert finding.message == message
    if name != "jump":
        assert [(where.line, where.function) for where in finding.where] == [(2, "app_main")]
    assert one.report.exit_code == 1


def test_what_was_printed_before_the_crash_is_kept(run_c: Run) -> None:
    one = run_c('void app_main(void) { printf("no newline"); *(volatile int *)0 = 1; }')
    assert one.out == "no newline"


def test_a_crash_in_flight_blames_nothing_else(run_c: Run) -> None:
    """The copy was still running, from and to the stack: that is no dead stack, and its driver no leak."""
    one = run_c("""
    void app_main(void) {
        async_memcpy_handle_t mcp; async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
        ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
        char from[512], to[512];
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, 512, NULL, NULL));
        abort();
    }
    """)
    assert one.rules == ["guest-fault"]


def test_a_stack_overflow_in_a_task(run_c: Run, word_bytes: int) -> None:
    one = run_c("""
    static int down(int n) { volatile char pad[200]; pad[0] = (char)n; return n > 10000 ? 0 : down(n + 1) + pad[0]; }
    static void task(void *arg) { down(0); vTaskDelete(NULL); }
    void app_main(void) { xTaskCreate(task, "deep", 2048, NULL, 5, NULL); }
    """, word_bytes=word_bytes)  # fmt: skip
    (finding,) = one.problems
    assert finding.rule == "guest-fault"
    assert finding.message.startswith("stack overflow in task deep: the stack pointer reached 0x3")
    assert {where.function for where in finding.where} == {"down"}


def test_a_frame_larger_than_the_stack_and_all_that_lies_below(run_c: Run, word_bytes: int) -> None:
    """The call that tells of function entries has no stack to return to either."""
    one = run_c("""
    void app_main(void) { volatile char log[1000 * 1024]; log[0] = 1; log[sizeof log - 1] = log[0]; }
    """, word_bytes=word_bytes)  # fmt: skip
    (finding,) = one.problems
    assert finding.message.startswith("stack overflow in task main: the stack pointer reached 0x3")
    assert {where.function for where in finding.where} == {"app_main"}


JUMP = """
    #include <setjmp.h>
    static jmp_buf out; static async_memcpy_handle_t mcp; static SemaphoreHandle_t done; static DMA_ATTR uint8_t from[512];
    static void give_up(void) { longjmp(out, 7); }
    static void part(int wait) {
        uint8_t to[512];
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, 512, give_done, done)); /* start */
        if (wait) xSemaphoreTake(done, portMAX_DELAY);
        give_up();
    }
    void app_main(void) {
        async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
        ESP_ERROR_CHECK(install_engine(&config, &mcp)); done = xSemaphoreCreateBinary();
        uint8_t mine[64];
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, from, mine, 64, NULL, NULL)); /* this frame lives on */
        int code = setjmp(out);
        if (!code) part(WAIT);
        SAY("code", code);
        vTaskDelay(2);
        ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp)); vSemaphoreDelete(done);
    }
"""


@pytest.mark.parametrize("wait", [False, True])
def test_a_jump_out_of_a_frame_that_an_engine_writes(run_c: Run, word_bytes: int, wait: bool) -> None:
    one = run_c(JUMP.replace("WAIT", str(int(wait))), word_bytes=word_bytes, chip="esp32c3")
    found = [finding for finding in one.problems if finding.rule == "dead-stack"]
    assert [where.function for finding in found for where in finding.where] == ([] if wait else ["part", "give_up"])
    if wait:
        assert (one.rules, one.said) == ([], {"code": "7"})


def test_a_stack_overflow_in_an_interrupt(run_c: Run, word_bytes: int) -> None:
    one = run_c("""
    static uint8_t from[64] __attribute__((aligned(64))), to[64] __attribute__((aligned(64)));
    static int down(int n) { volatile char pad[200]; pad[0] = (char)n; return n > 10000 ? 0 : down(n + 1) + pad[0]; }
    static bool on_done(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) { return down(0); }
    void app_main(void) {
        async_memcpy_handle_t mcp; async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
        ESP_ERROR_CHECK(install_engine(&config, &mcp));
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, 64, on_done, NULL));
        vTaskDelay(1);
    }
    """, word_bytes=word_bytes)  # fmt: skip
    (finding,) = one.problems
    assert finding.message.startswith("stack overflow in the interrupt: ")


def test_a_callback_that_jumps_to_nowhere(run_c: Run) -> None:
    one = run_c("""
    static uint8_t from[64] __attribute__((aligned(64))), to[64] __attribute__((aligned(64)));
    void app_main(void) {
        async_memcpy_handle_t mcp; async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
        ESP_ERROR_CHECK(install_engine(&config, &mcp));
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, 64, (async_memcpy_isr_cb_t)0x12345678, NULL));
        vTaskDelay(1);
    }
    """)
    (finding,) = one.problems
    assert finding.message == "the firmware crashed: invalid access to 0x12345678"


LOOPS = {
    "polling": "static volatile int never; void app_main(void) { while (!never) {} }",
    "empty": 'void app_main(void) { for (;;) __asm__ volatile(""); }',
    "asking": "void app_main(void) { for (;;) esp_timer_get_time(); }",
    "yielding": "void app_main(void) { for (;;) taskYIELD(); }",
    "sleeping": "void app_main(void) { for (;;) vTaskDelay(100); }",
    "printing": 'void app_main(void) { for (;;) puts("x"); }',
    "masked": "static volatile int never; void app_main(void) { portDISABLE_INTERRUPTS(); while (!never) {} }",
}
ISR_LOOPS = {
    "polling": "static volatile int never; while (!never) {}",
    "empty": 'for (;;) __asm__ volatile("");',
    "asking": "for (;;) esp_timer_get_time();",
}


@pytest.mark.parametrize("name", LOOPS)
def test_an_endless_loop_ends(run_c: Run, name: str) -> None:
    one = run_c(LOOPS[name], timeout_s=0.02)
    if name in ("asking", "yielding", "sleeping", "printing"):  # as a program may that goes on for ever
        assert one.report.notes == ("stopped after 0.02 s of chip time with the program still running (see --timeout)",)
        assert one.report.verdict == "clean"
    else:
        (finding,) = one.problems
        assert finding.rule == "guest-fault"
        assert finding.message.startswith("endless loop: ")


@pytest.mark.parametrize("name", ISR_LOOPS)
def test_an_endless_loop_in_an_interrupt_ends(run_c: Run, name: str) -> None:
    one = run_c(f"""
    static uint8_t from[64] __attribute__((aligned(64))), to[64] __attribute__((aligned(64)));
    static bool on_done(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) {{ {ISR_LOOPS[name]} return false; }}
    void app_main(void) {{
        async_memcpy_handle_t mcp; async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
        ESP_ERROR_CHECK(install_engine(&config, &mcp));
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, 64, on_done, NULL));
        vTaskDelay(1);
    }}
    """, timeout_s=0.02)  # fmt: skip
    if name == "asking":
        assert one.report.notes == ("stopped after 0.02 s of chip time with the program still running (see --timeout)",)
        return
    (finding,) = one.problems
    assert finding.message.startswith("endless loop: ")
    assert {where.function for where in finding.where} <= {"on_done", "app_main"}


def test_firmware_that_writes_over_its_own_stack(run_c: Run, word_bytes: int) -> None:
    one = run_c("""
    __attribute__((noinline)) void smash(char *p) { for (int i = -64; i < 400; i++) p[i] = (char)0xcc; }
    void app_main(void) { char local[8]; smash(local); }
    """, word_bytes=word_bytes)  # fmt: skip
    assert "guest-fault" in one.rules
    assert one.report.exit_code == 1


def test_firmware_that_writes_over_all_its_memory(run_c: Run) -> None:
    one = run_c("void app_main(void) { for (volatile char *p = (char *)0x3fc88000;; p += 64) *p = 0x55; }")
    assert one.report.exit_code == 1


def test_killed_from_outside(keep_source: Callable[..., Path]) -> None:
    """Whatever it was doing, its death is a finding."""
    part = chips.load("esp32s3")
    text = '#include <stdio.h>\nvoid app_main(void) { for (;;) puts("up"); }\n'
    image = build_firmware(Options(sources=(keep_source(text),), chips=("esp32s3",)), part)
    with arena_for(part) as arena, GuestProcess.start(image, arena) as process:
        machine = Machine(part, planes=arena)
        Firmware(machine, image, process, IDF, lambda _data, _stream: os.kill(process.pid, signal.SIGKILL)).run(600)
    (finding,) = machine.report().findings
    assert finding.message == "the firmware crashed: killed from outside"


def test_nothing_is_left_behind(run_c: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    gc.collect()  # a mapping goes with the last array that shows it
    descriptors = set(Path("/proc/self/fd").iterdir())
    for body in ("abort();", 'puts("x");', "exit(1);", "*(volatile int *)0 = 0;"):
        run_c(f"void app_main(void) {{ {body} }}")
    gc.collect()
    assert list(tmp_path.iterdir()) == []
    assert set(Path("/proc/self/fd").iterdir()) <= descriptors
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_two_firmwares_interleaved_in_one_process(keep_source: Callable[..., Path]) -> None:
    """One starts, the other runs from start to end, the first goes on."""
    text = '#include <stdio.h>\nstatic int n = 1;\nvoid app_main(void) {{ for (int i = 0; i < 3; i++) printf("{0}%d\\n", n++); }}\n'
    part = chips.load("esp32s3")
    printed: dict[str, list[bytes]] = {"a": [], "b": []}
    images = {
        name: build_firmware(Options(sources=(keep_source(text.format(name)),), chips=("esp32s3",)), part)
        for name in printed
    }

    def outer(data: bytes, _stream: int) -> None:
        printed["a"].append(data)
        if len(printed["a"]) == 1:
            options = Options(sources=(keep_source(text.format("b")),), chips=("esp32s3",))
            inner = run_image(options, part, images["b"], lambda data, _: printed["b"].append(data))
            assert inner.verdict == "clean"

    with arena_for(part) as arena, GuestProcess.start(images["a"], arena) as process:
        machine = Machine(part, planes=arena)
        Firmware(machine, images["a"], process, IDF, outer).run(10)
    assert machine.report().verdict == "clean"
    assert {name: b"".join(data) for name, data in printed.items()} == {"a": b"a1\na2\na3\n", "b": b"b1\nb2\nb3\n"}


def test_killing_dmalab_kills_its_guest(tmp_path: Path) -> None:
    source = tmp_path / "main.c"
    source.write_text('#include <stdio.h>\nvoid app_main(void) { puts("up"); for (;;) __asm__ volatile(""); }\n')
    dmalab_process = subprocess.Popen(
        [sys.executable, "-m", "dmalab", "run", str(source), "--timeout", "600"],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
    )
    assert dmalab_process.stdout is not None
    assert dmalab_process.stdout.readline() == b"up\n"
    children = Path(f"/proc/{dmalab_process.pid}/task/{dmalab_process.pid}/children").read_text().split()
    guests = [int(pid) for pid in children if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"firmware\0")]
    watches = [os.pidfd_open(pid) for pid in guests]
    assert len(watches) == 1
    dmalab_process.kill()
    dmalab_process.wait()
    dmalab_process.stdout.close()
    ready, _, _ = select.select(watches, [], [], 30)
    os.close(watches[0])
    assert ready, "the guest outlived dmalab"
