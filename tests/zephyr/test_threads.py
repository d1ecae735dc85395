"""Bugs that users of Zephyr's DMA API reported, each as a small program, and the same program put right.

Each thread teaches a rule; the fix is said in Zephyr's words, at the line where it belongs.
Source: zephyrproject-rtos/zephyr issues 42205, 115717, 115726, 116757, 117132; thesofproject/sof issue 8867.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import run

THREADS = Path(__file__).parent / "threads"

BUGS = {
    "uart_ring": (
        {"stale-cpu-read": "sys_cache_data_invd_range(ring, 128)"},
        f"{6 * 64 * ord('x')}\n",
    ),
    "stack_list": (
        {
            "bad-descriptor-chain": "fill in head_block again before each dma_config(), or keep the blocks in static memory"
        },
        "",
    ),
    "reload": (
        {"channel-state": "reload a channel that is configured and idle: after its callback, or after dma_stop()"},
        "",
    ),
    "callback_mutex": ({"isr-context": "use a spin lock, or leave the work to a thread with k_work_submit()"}, ""),
    "stop_race": ({"freed-in-flight": "wait for the dma_callback"}, ""),
    "shared_channel": (
        {"channel-state": "request the channel by its number before using it, so that nobody else gets it"},
        "",
    ),
    "shared_line": ({"shared-line": "static __aligned(CONFIG_DCACHE_LINE_SIZE) uint8_t buffer[64]"}, "1 2\n"),
    "late_header": ({"stale-dma-read": "sys_cache_data_flush_range(frame, 64)"}, "7e\n"),
    "early_item": ({"touched-in-flight": "wait for the dma_callback"}, "0\n"),
}
"""What each program is found guilty of, with a part of the fix; and what the right one prints."""


@pytest.mark.parametrize("name", BUGS)
def test_the_bug_is_found(name):
    ran = run(THREADS / f"{name}.c")
    expected, _ = BUGS[name]
    for rule, fix in expected.items():
        fixes = [finding.fix for finding in ran.report.findings if finding.rule == rule]
        assert any(fix in one for one in fixes), ran.why
    assert not ran.report.failure, ran.why


@pytest.mark.parametrize("name", BUGS)
@pytest.mark.parametrize("policy", ["lazy", "eager"])
def test_twin_the_right_program_is_clean(name, policy):
    ran = run(THREADS / f"{name}.c", defines=("RIGHT",), policy=policy)
    assert ran.rules == [], ran.why
    assert ran.printed == BUGS[name][1], ran.why


def test_every_program_is_here():
    assert {path.stem for path in THREADS.glob("*.c")} == set(BUGS)
