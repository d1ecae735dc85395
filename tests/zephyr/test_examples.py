"""The examples do what their README says."""

from __future__ import annotations

from pathlib import Path

from .programs import run

EXAMPLES = Path(__file__).parents[2] / "examples" / "zephyr"


def test_cyclic():
    ran = run(EXAMPLES / "cyclic.c")
    assert ran.rules == [], ran.why
    assert ran.printed == "half 0 begins with 0\nhalf 1 begins with 128\n" * 2


def test_scatter_gather():
    ran = run(EXAMPLES / "scatter_gather.c")
    assert ran.rules == [], ran.why
    assert ran.printed == "0 2 4 ... c0de\n"


def test_the_cache_pair():
    bug, fixed = run(EXAMPLES / "cache_bug.c"), run(EXAMPLES / "cache_fixed.c")
    assert bug.rules == ["stale-cpu-read", "stale-dma-read"]
    assert bug.printed.endswith("after:  0 characters\n")
    fixes = [finding.fix for finding in bug.report.findings]
    assert fixes[0] == "before cache_bug.c:32: sys_cache_data_flush_range(message, 64)"
    assert "sys_cache_data_invd_range(copy, 64)" in fixes[1]
    assert fixed.rules == [], fixed.why
    assert fixed.printed.endswith("after:  13 characters\n")


def test_the_good_driver_is_clean():
    ran = run(EXAMPLES / "soft_dma_good.c", EXAMPLES / "soft_dma.overlay")
    assert ran.rules == [], ran.why
    assert "config in the callback 0\nstart in the callback 0\n" in ran.printed
    assert ran.printed.endswith("busy 0\nstart 0\ndone 0\n")


def test_the_bad_driver_is_found_out():
    ran = run(EXAMPLES / "soft_dma_bad.c", EXAMPLES / "soft_dma.overlay")
    messages = [finding.message for finding in ran.report.findings if finding.rule == "channel-state"]
    assert messages == [
        (
            "the driver lost track of soft-dma channel 0: dma_stop(soft-dma, 0) answered -EALREADY while the channel was never "
            "configured; stopping succeeds in every state"
        ),
        (
            "the driver lost track of soft-dma channel 0: dma_suspend(soft-dma, 0) answered 0 while the channel was never configured; "
            "the state must be checked: with no transfer under way it is -EINVAL"
        ),
        (
            "the driver waited for mutex lock in dma_config(soft-dma, 0): a channel has one owner and needs no lock, and every call may "
            "come from an interrupt"
        ),
        (
            "the driver allocated memory in dma_config(soft-dma, 0): DMA drivers must not use a heap, for every call may come from an "
            "interrupt"
        ),
        (
            "the driver lost track of soft-dma channel 0: dma_start(soft-dma, 0) answered -EBUSY while the channel was running; starting "
            "a started channel succeeds"
        ),
        (
            "the driver lost track of soft-dma channel 0: dma_config(soft-dma, 0) answered -EBUSY while the channel was configured, "
            "idle; the channel must be idle before its callback is called"
        ),
        (
            "the driver lost track of soft-dma channel 0: dma_start(soft-dma, 0) answered -EBUSY while the channel was configured, idle; "
            "a configured channel can be started, also after a stop"
        ),
        (
            "the driver lost track of soft-dma channel 0: dma_get_status(soft-dma, 0) answered 0 while the channel was configured, idle; "
            "it says busy, but no transfer is under way"
        ),
        (
            "the driver lost track of soft-dma channel 0: dma_start(soft-dma, 0) answered -EBUSY while the channel was configured, idle; "
            "a configured channel can be started, also after a stop"
        ),
    ]
    assert ran.rules.count("isr-context") == 2  # the mutex, taken and given in the callback's dma_config
