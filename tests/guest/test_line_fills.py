"""What a cache line costs compiled code: less where work covers the streaming of the line, and never less than nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dmalab import chips
from dmalab.options import Options
from dmalab.runner import run_firmware

CHIP = chips.load("esp32s3")
FILL, STREAM = (
    table["psram"] * CHIP.cpu_mhz // 1000 for table in (CHIP.timing.line_fill_ns, CHIP.timing.line_stream_ns)
)
LINES = 1000
ACCESS = CHIP.timing.access_cycles

SOURCE = """
#include <stdio.h>
#include <stdint.h>
#include "esp_cpu.h"
#include "esp_heap_caps.h"

static volatile uint32_t spins;

static void __attribute__((noinline)) spin(int accesses)
{
    for (int i = 0; i < accesses / 2; i++)
        spins++;
}

void app_main(void)
{
    volatile uint8_t *far = heap_caps_aligned_alloc(64, 32 * LINES + 64, MALLOC_CAP_SPIRAM);
    uint32_t begun = esp_cpu_get_cycle_count();
    BODY
    printf("%u", (unsigned)(esp_cpu_get_cycle_count() - begun));
    heap_caps_free((void *)far);
}
"""

Cycles = Callable[[str], int]


@pytest.fixture(scope="module")
def cycles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cycles]:
    """Cycles a piece of code takes, less what asking for the time does."""
    folder = tmp_path_factory.mktemp("fills")

    def measure(body: str) -> int:
        path: Path = folder / "main.c"
        path.write_text(SOURCE.replace("BODY", body))
        printed: list[bytes] = []
        options = Options(sources=(path,), defines=(f"LINES={LINES}",))
        report = run_firmware(options, CHIP, lambda data, _stream: printed.append(data))
        assert report.verdict == "clean"
        return int(b"".join(printed))

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        idle = measure("")
        yield lambda body: measure(body) - idle


def test_without_work_a_line_costs_its_fill(cycles: Cycles) -> None:
    """The access itself is all the work there is, and it is covered."""
    took = cycles("for (int i = 0; i < LINES; i++) far[32 * i];")
    assert took == pytest.approx(LINES * FILL, abs=2 * FILL)


@pytest.mark.parametrize("accesses", [10, 20, 60, 200])
def test_work_covers_what_streams(cycles: Cycles, accesses: int) -> None:
    work = accesses * ACCESS + CHIP.timing.call_cycles + ACCESS
    took = cycles(f"for (int i = 0; i < LINES; i++) {{ far[32 * i]; spin({accesses}); }}")
    assert took == pytest.approx(LINES * (FILL + max(0, work - STREAM)), rel=0.02)


def test_a_hit_costs_the_access(cycles: Cycles) -> None:
    took = cycles("far[0]; for (int i = 0; i < LINES; i++) far[0];")
    assert took == pytest.approx(FILL + LINES * ACCESS, abs=10)


def test_many_lines_do_not_pay_for_a_long_calculation(cycles: Cycles) -> None:
    """Streaming of two lines at most can cover what comes behind."""
    both = cycles("for (int i = 0; i < LINES; i++) far[32 * i]; spin(20000); far[32 * LINES];")
    lines = cycles("for (int i = 0; i < LINES; i++) far[32 * i]; far[32 * LINES];")
    assert 20000 * ACCESS - 2 * STREAM <= both - lines <= 20000 * ACCESS + CHIP.timing.call_cycles
