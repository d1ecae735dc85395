"""Every edge of the documented picture, one by one, and every edge in which a driver differs."""

from __future__ import annotations

import pytest

from dmalab import zephyr
from dmalab.zephyr.drivers import DRIVERS
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.states import EDGES, VERBS, Situation, State, edge

from .boards import drive

# Written down from the document, not from the table: from, call, to (or the error).
PICTURE = [
    ("INITIAL", "config", "CONFIGURED"),
    ("CONFIGURED", "config", "CONFIGURED"),
    ("CONFIGURED", "stop", "CONFIGURED"),
    ("CONFIGURED", "start", "RUNNING"),
    ("RUNNING", "start", "RUNNING"),
    ("RUNNING", "resume", "RUNNING"),
    ("RUNNING", "suspend", "SUSPENDED"),
    ("RUNNING", "stop", "CONFIGURED"),
    ("SUSPENDED", "suspend", "SUSPENDED"),
    ("SUSPENDED", "resume", "RUNNING"),
    ("SUSPENDED", "stop", "CONFIGURED"),
]
DECIDED = [
    ("INITIAL", "start", "EINVAL"),
    ("INITIAL", "stop", "INITIAL"),
    ("INITIAL", "suspend", "EINVAL"),
    ("INITIAL", "resume", "EINVAL"),
    ("INITIAL", "reload", "EINVAL"),
    ("CONFIGURED", "suspend", "EINVAL"),
    ("CONFIGURED", "resume", "EINVAL"),
    ("CONFIGURED", "reload", "CONFIGURED"),
    ("RUNNING", "config", "EBUSY"),
    ("RUNNING", "reload", "EBUSY"),
    ("SUSPENDED", "config", "EBUSY"),
    ("SUSPENDED", "start", "SUSPENDED"),
    ("SUSPENDED", "reload", "EBUSY"),
]


def bring(bench, state, channel=0):
    """Lead a fresh channel to a state."""
    if state != "INITIAL":
        bench.dma.config(channel, bench.config())
    if state in ("RUNNING", "SUSPENDED"):
        bench.dma.start(channel)
    if state == "SUSPENDED":
        bench.dma.suspend(channel)
    assert bench.dma.state(channel).name == state


def call(bench, verb, channel=0):
    if verb == "config":
        return bench.code(bench.dma.config, channel, bench.config())
    if verb == "reload":
        return bench.code(bench.dma.reload, channel, bench.source.address, bench.sink.address, bench.size)
    return bench.code(getattr(bench.dma, verb), channel)


def test_the_table_holds_exactly_the_picture_and_what_was_decided():
    written = {(start, verb): end for start, verb, end in PICTURE + DECIDED}
    table = {
        (situation.name, verb): end.name if isinstance(end, Errno) else end.state.name
        for (situation, verb), end in EDGES.items()
    }
    assert table == written
    assert len(table) == len(State) * len(VERBS)


@pytest.mark.parametrize(("start", "verb", "end"), PICTURE + DECIDED)
def test_edge(start, verb, end):
    async def body(bench):
        bring(bench, start)
        answer = call(bench, verb)
        after = bench.dma.state(0).name
        if end in State.__members__:
            assert (answer, after) == (0, end)
        else:
            assert (answer, after) == (end, start)
        assert [bench.dma.state(number) for number in range(1, 8)] == [State.INITIAL] * 7

    drive(body, size=8192)


def test_the_end_of_a_list_leads_to_configured_before_the_callback_runs():
    async def body(bench):
        bench.dma.config(3, bench.config(user_data="mine"))
        await bench.finish(3)
        assert bench.calls == [(3, 0, "CONFIGURED", "mine")]
        await bench.finish(3)  # no new configuration is needed
        assert len(bench.calls) == 2

    assert drive(body).verdict == "clean"


def test_a_finished_channel_starts_again_after_stops():
    async def body(bench):
        bench.dma.config(0, bench.config())
        bench.dma.start(0)
        bench.dma.stop(0)
        bench.dma.stop(0)
        assert bench.calls == []
        await bench.finish()
        assert bench.statuses == [0]

    assert drive(body, size=4096).verdict == "clean"


def test_a_channel_is_configured_and_started_in_its_callback():
    async def body(bench):
        def again(dev, user_data, channel, status):
            bench.called(dev, user_data, channel, status)
            if len(bench.calls) < 4:
                zephyr.dma_config(dev, channel, config)
                zephyr.dma_start(dev, channel)

        config = bench.config(dma_callback=again)
        bench.dma.config(0, config)
        await bench.finish()
        assert bench.statuses == [0, 0, 0, 0]

    assert drive(body).verdict == "clean"


# Rows of the table of drivers: situation, call, then the answer of each driver as it was read.
COLUMNS = ("emul", "dw", "stm32", "stm32u5", "edma", "nxp_edma", "lpc", "xmc4xxx", "esp32")
ROWS = {
    ("CONFIGURED", "config"): "EBUSY 0 EBUSY EBUSY 0 EPERM 0 0 0",
    ("RUNNING", "config"): "EBUSY EBUSY EBUSY EBUSY 0 EPERM 0 EINVAL 0",
    ("SUSPENDED", "config"): "- EBUSY - EBUSY 0 EPERM - EINVAL -",
    ("RUNNING", "start"): "0 0 0 0 0 EPERM 0 0 0",
    ("SUSPENDED", "start"): "- 0 - 0 0 0 - 0 -",
    ("FINISHED", "start"): "0 EBUSY 0 0 0 EPERM 0 0 0",
    ("STOPPED", "start"): "0 EBUSY 0 0 0 EPERM 0 0 0",
    ("INITIAL", "stop"): "0 0 0 0 0 EPERM ? 0 0",
    ("CONFIGURED", "stop"): "0 0 0 0 0 EPERM 0 0 0",
    ("SUSPENDED", "suspend"): "- EINVAL - 0 0 EPERM - 0 -",
    ("CONFIGURED", "suspend"): "ENOSYS EINVAL ENOSYS ETIMEDOUT EINVAL EPERM ENOSYS 0 ENOSYS",
    ("RUNNING", "resume"): "ENOSYS EINVAL ENOSYS 0 0 ? ENOSYS 0 ENOSYS",
    ("CONFIGURED", "resume"): "ENOSYS EINVAL ENOSYS 0 EINVAL ? ENOSYS 0 ENOSYS",
}
CASES = [
    (driver, situation, verb, answer)
    for (situation, verb), answers in ROWS.items()
    for driver, answer in zip(COLUMNS, answers.split(), strict=True)
    if answer not in "-?"
]


@pytest.mark.parametrize(("driver", "situation", "verb", "answer"), CASES)
def test_drivers_answer_as_they_were_read(driver, situation, verb, answer):
    async def body(bench):
        more = {"source_burst_length": 1, "dest_burst_length": 1} if driver == "nxp_edma" else {}
        if situation != "INITIAL":
            bench.dma.config(0, bench.config(**more))
        if situation in ("RUNNING", "SUSPENDED", "FINISHED", "STOPPED"):
            bench.dma.start(0)
        if situation == "SUSPENDED":
            bench.dma.suspend(0)
        if situation == "FINISHED":
            await bench.machine.sleep_us(10_000)
        if situation == "STOPPED":
            bench.dma.stop(0)
            await bench.machine.sleep_us(10_000)
        assert call(bench, verb) == (0 if answer == "0" else answer)

    drive(body, driver=driver, size=2048)


@pytest.mark.parametrize(
    ("driver", "answer"),
    [
        ("documented", "EINVAL"),
        ("emul", "EIO"),
        ("dw", "EBUSY"),
        ("nxp_edma", "EPERM"),
        ("esp32", "EINVAL"),
        ("edma", 0),
    ],
)
def test_start_of_a_channel_never_configured(driver, answer):
    async def body(bench):
        assert call(bench, "start") == answer
        assert bench.dma.state(0) is State.INITIAL

    drive(body, driver=driver)


@pytest.mark.parametrize("driver", sorted(DRIVERS))
def test_every_driver_has_an_answer_everywhere(driver):
    for situation in Situation:
        for verb in VERBS:
            assert edge(DRIVERS[driver].edges, situation, verb) is not None
