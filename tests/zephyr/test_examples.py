"""The examples do what their README says."""

from __future__ import annotations

from pathlib import Path

import pytest

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


START = "static int soft_start(const struct device *dev, uint32_t channel)\n{"
OBJECTS = """
static K_SEM_DEFINE(extra_sem, 100, 100);
static K_EVENT_DEFINE(extra_event);
K_MEM_SLAB_DEFINE_STATIC(extra_slab, 32, 8, 4);
static K_FIFO_DEFINE(extra_fifo);
static struct k_spinlock extra_lock;
static uint32_t extra_item[2];
"""
WAITED = "the driver waited for {} in dma_start(soft-dma, 0): a channel has one owner and needs no lock, and every call may come from an interrupt"
HEAP = "the driver allocated memory in dma_start(soft-dma, 0): DMA drivers must not use a heap, for every call may come from an interrupt"


def with_start(tmp_path, statement):
    """The good driver, with a statement more at the beginning of its `start`."""
    text = (EXAMPLES / "soft_dma_good.c").read_text(encoding="utf-8")
    assert text.count(START) == 1
    path = tmp_path / "driver.c"
    path.write_text(text.replace(START, f"{OBJECTS}{START}\n\t{statement}"))
    return run(path, EXAMPLES / "soft_dma.overlay", includes=(EXAMPLES,))


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("k_sem_take(&extra_sem, K_FOREVER);", WAITED.format("semaphore extra_sem")),
        ("k_event_wait(&extra_event, 1, false, K_USEC(100));", WAITED.format("event extra_event")),
        ("k_fifo_get(&extra_fifo, K_USEC(100));", WAITED.format("queue extra_fifo")),
        ("k_usleep(100);", WAITED.format("a delay")),
        (
            "struct k_poll_event extra = K_POLL_EVENT_INITIALIZER(K_POLL_TYPE_SEM_AVAILABLE, 0, &extra_sem); extra_sem.count = 0; "
            "k_sem_reset(&extra_sem); k_poll(&extra, 1, K_USEC(100));",
            WAITED.format("one of several objects"),
        ),
        ("void *block; k_mem_slab_alloc(&extra_slab, &block, K_USEC(100));", WAITED.format("memory slab extra_slab")),
        ("k_free(k_malloc(16));", HEAP),
        ("free(malloc(16));", HEAP),
        ("k_fifo_get(&extra_fifo, K_NO_WAIT); k_fifo_alloc_put(&extra_fifo, extra_item);", HEAP),
    ],
)
def test_what_a_driver_must_not_do(tmp_path, statement, message):
    """In any call: here the first one is made by a thread, a later one by the callback, in an interrupt."""
    ran = with_start(tmp_path, statement)
    messages = [finding.message for finding in ran.report.findings if finding.rule == "channel-state"]
    assert messages[0] == message, ran.why


@pytest.mark.parametrize(
    "statement",
    [
        "k_spinlock_key_t key = k_spin_lock(&extra_lock); k_spin_unlock(&extra_lock, key);",
        "const unsigned int key = irq_lock(); irq_unlock(key);",
        "k_sem_take(&extra_sem, K_NO_WAIT); k_sem_give(&extra_sem);",
        "k_event_post(&extra_event, 1);",
        "void *block; if (!k_mem_slab_alloc(&extra_slab, &block, K_NO_WAIT)) k_mem_slab_free(&extra_slab, block);",
        "k_fifo_put(&extra_fifo, extra_item); k_fifo_get(&extra_fifo, K_NO_WAIT);",
        "k_busy_wait(1);",
    ],
)
def test_twin_what_a_driver_may_do(tmp_path, statement):
    ran = with_start(tmp_path, statement)
    assert ran.rules == [], ran.why
