"""However a firmware ends, the machine hears of it, and no process is left behind."""

from __future__ import annotations

import gc
import os
import select
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from dmalab.guest.places import Places
from dmalab.guest.process import RETURN, GuestProcess, GuestRequest, Number

from .fake import NUMBERS, FakeMachine

Make = Callable[..., FakeMachine]


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("*(volatile int *)0x10 = 1;", signal.SIGSEGV),
        ("volatile int zero = 0; volatile int got = 100 / zero; (void)got;", signal.SIGFPE),
        ("__builtin_trap();", signal.SIGILL),
        ("((void (*)(void))0x20)();", signal.SIGSEGV),
        ("*(volatile char *)0x40000000 = 1;", signal.SIGSEGV),  # flash
    ],
)
def test_a_signal_is_a_fault_with_a_backtrace(machine: Make, word_bytes: int, body: str, number: int) -> None:
    one = machine(f"void guilty(void) {{ {body} }}\nvoid app_main(void) {{\n guilty(); }}", word_bytes=word_bytes)
    run = one.run()
    assert run.end is not None
    assert run.end.number == Number.FAULT
    assert run.end.args[0] == number
    if "0x10" in body:
        assert run.end.args[1] == 0x10
    places = Places(one.image)
    functions = [places.of(run.end.args[2]).function, *(places.of_return(frame).function for frame in run.end.frames)]
    assert [name for name in functions if name] == ["guilty", "app_main"]
    assert one.guest is not None
    assert is_gone(one.guest.pid)


def test_a_fault_inside_libc_names_the_firmwares_call(machine: Make, word_bytes: int) -> None:
    one = machine("void app_main(void) {\n strtol((char *)8, 0, 0);\n}", word_bytes=word_bytes)
    run = one.run()
    assert run.end is not None
    assert run.end.args[0] == signal.SIGSEGV
    assert Places(one.image).of_return(run.end.frames[0]).line == 2


def test_a_fault_while_printing_names_the_printf(machine: Make, word_bytes: int) -> None:
    one = machine('void app_main(void) {\n printf("%s", (char *)8);\n}', word_bytes=word_bytes)
    run = one.run()
    assert run.end is not None
    assert run.end.args[:2] == [signal.SIGSEGV, 8]
    assert Places(one.image).of_return(run.end.frames[0]).line == 2


def test_a_smashed_stack_still_ends_in_a_report(machine: Make, word_bytes: int) -> None:
    one = machine(
        """
        __attribute__((noinline)) void smash(char *p) { for (int i = -64; i < 256; i++) p[i] = (char)0xcc; }
        void app_main(void) { char local[8]; smash(local); }
        """,
        word_bytes=word_bytes,
    )
    run = one.run()
    assert run.end is not None
    assert run.end.number == Number.FAULT


def test_abort(machine: Make, word_bytes: int) -> None:
    one = machine("void app_main(void) {\n abort();\n}", word_bytes=word_bytes)
    run = one.run()
    assert run.end is not None
    assert run.end.number == Number.ABORT
    assert run.message == "abort() was called"
    assert Places(one.image).of_return(run.end.frames[0]).line == 2


def test_a_failed_assertion(machine: Make, word_bytes: int) -> None:
    run = machine("#include <assert.h>\nvoid app_main(void) { assert(1 + 1 == 3); }", word_bytes=word_bytes).run()
    assert run.end is not None
    assert run.end.number == Number.ABORT
    assert run.message == "assert failed: app_main main.c:2 (1 + 1 == 3)"


@pytest.mark.parametrize("call", ["exit(42)", "_exit(42)", "quick_exit(42)"])
def test_exit(machine: Make, call: str) -> None:
    run = machine(f"#include <unistd.h>\nvoid app_main(void) {{ {call}; }}").run()
    assert run.end is not None
    assert (run.end.number, run.end.args) == (Number.EXIT, [42])


def test_an_endless_loop_without_any_access(machine: Make, word_bytes: int) -> None:
    one = machine('void app_main(void) {\n for (;;) __asm__ volatile("");\n}', word_bytes=word_bytes, loop_seconds=0.1)
    run = one.run()
    assert run.end is not None
    assert run.end.number == Number.FAULT
    assert run.end.args[0] == signal.SIGVTALRM
    assert Places(one.image).of(run.end.args[2]).line == 2


def test_a_loop_with_accesses_is_no_endless_loop(machine: Make) -> None:
    """Its budget moves, and TICKs come: whether it ever ends is for the machine to judge."""
    one = machine(
        "void app_main(void) { volatile int v; for (int i = 0; i < 100000000; i++) { v = i; } }".replace(
            "volatile int v", "static volatile int v"
        ),
        loop_seconds=0.02,
    )
    run = one.run()
    assert run.end is not None
    assert run.end.number == Number.TASK_RETURNED


def test_stack_overflow(machine: Make, word_bytes: int) -> None:
    one = machine(
        """
        volatile int depth;
        int down(int n) { volatile char pad[100]; pad[0] = (char)n; depth = n; return down(n + 1) + pad[0]; }
        void app_main(void) { down(0); }
        """,
        word_bytes=word_bytes,
        stack_bytes=4096,
    )
    run = one.run()
    assert run.end is not None
    assert run.end.number == Number.STACK_OVERFLOW
    assert one.main_stack[0] - 512 < run.end.args[0] < one.main_stack[0]
    assert {Places(one.image).of_return(frame).function for frame in run.end.frames} == {"down"}


def test_killed_from_outside_while_the_machine_waits(machine: Make) -> None:
    """The loop counts as progress, so nothing but the kill ends it."""
    one = machine(
        'volatile int v; void app_main(void) { ask(PING, 0, 0, 0); for (;;) __asm__ volatile(""); }', loop_seconds=3600
    )

    def ping(request: GuestRequest) -> tuple[int, int, int, None]:
        assert one.guest is not None
        os.kill(one.guest.pid, signal.SIGKILL)
        return RETURN, request.fiber, 0, None

    one.handlers[NUMBERS["ping"]] = ping
    run = one.run()
    assert run.end is not None
    assert run.end.is_death
    assert run.end.number == Number.FAULT
    assert run.end.args == [signal.SIGKILL, 0, 0]


def test_a_raw_exit_system_call(machine: Make) -> None:
    run = machine(
        "#include <sys/syscall.h>\nlong syscall(long, ...);\nvoid app_main(void) { syscall(SYS_exit_group, 9); }"
    ).run()
    assert run.end is not None
    assert run.end.is_death
    assert (run.end.number, run.end.args) == (Number.EXIT, [9])


def test_the_machine_may_walk_away(machine: Make) -> None:
    one = machine("void app_main(void) {}")
    with GuestProcess.start(one.image, one.arena) as guest:
        guest.wait()
    assert is_gone(guest.pid)
    guest.kill()  # harmless


def test_an_exception_in_the_machine_leaves_no_process(machine: Make) -> None:
    one = machine("void app_main(void) { for (;;) ask(PING, 0, 0, 0); }")

    def ping(_: GuestRequest) -> tuple[int, int, int, None]:
        raise KeyboardInterrupt

    one.handlers[NUMBERS["ping"]] = ping
    with pytest.raises(KeyboardInterrupt):
        one.run()
    assert one.guest is not None
    assert is_gone(one.guest.pid)


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_the_guest_dies_with_its_parent(state: str, machine: Make, cache_dir: Path, tmp_path: Path) -> None:
    """A machine killed outright takes its guest along, whether that waits for an answer or computes."""
    one = machine('void app_main(void) { ask(PING, 0, 0, 0); for (;;) __asm__ volatile(""); }')
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import os, signal, sys
            sys.path[:0] = {[str(Path(__file__).parent), *sys.path]!r}
            from pathlib import Path
            import fake
            from dmalab import chips
            from dmalab.guest.build import build
            chip = chips.load("esp32p4")
            image = build([Path({str(tmp_path / "firmware.c")!r})], chip=chip, api="none", calls_header=fake.HEADER,
                          cache_dir=Path({str(cache_dir)!r}))
            machine = fake.FakeMachine(chip, image, loop_seconds=3600)
            def ping(request):
                print(machine.guest.pid, flush=True)
                if {state == "waiting"!r}:
                    os.kill(os.getpid(), signal.SIGKILL)
                return fake.RETURN, request.fiber, 0, None
            machine.handlers[fake.NUMBERS["ping"]] = ping
            machine.run()
            """
        )
    )
    assert one.image.path.exists()
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    watch = os.pidfd_open(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    ready, _, _ = select.select([watch], [], [], 30)
    os.close(watch)
    assert ready, "the guest outlived its parent"


def test_no_zombies_and_no_descriptors_are_left(machine: Make) -> None:
    one = machine("void app_main(void) {}")
    one.run()
    before = {path.name for path in Path("/proc/self/fd").iterdir()}
    for _ in range(5):
        again = FakeMachine(one.chip, one.image)
        again.run()
        again.arena.close()
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)
    del again
    gc.collect()  # the mapping goes with the last array that shows it
    assert {path.name for path in Path("/proc/self/fd").iterdir()} <= before


def test_a_debugger_finds_the_guest_stopped(machine: Make) -> None:
    one = machine('void app_main(void) { puts("on"); }')
    with GuestProcess.start(one.image, one.arena, wait_for_debugger=True) as guest:
        request = guest.wait()
        assert request.number == Number.BOOT
        words = guest._words
        # Answer without waiting: the guest stops itself instead of asking.
        from dmalab.guest import process

        words[process._REPLY_32] = RETURN
        words[process._TURN] = 1
        _, status = os.waitpid(guest.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        os.kill(guest.pid, signal.SIGCONT)
        assert guest.wait().number == Number.TASK_RETURNED
