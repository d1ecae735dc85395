"""What the watch over a foreign driver says, call by call, without a firmware."""

from __future__ import annotations

import pytest

from dmalab import Machine
from dmalab.core.channel_events import ChannelMisused, CompletionMisused
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.watch import Watch


class Driven:
    """A driver that answers as told."""

    def __init__(self):
        self.machine = Machine("mcu-m7", api="zephyr")
        self.watch = Watch(self.machine)
        self.events = []
        for kind in (ChannelMisused, CompletionMisused):
            self.machine.bus.subscribe(kind, self.events.append)

    def __call__(self, op, result=0, *, channel=0, busy=False, cyclic=False, channels=4, inside=None):
        self.watch.enter(1, "mine", op, channel, cyclic=cyclic, channels=channels)
        if inside is not None:
            inside()
        self.watch.leave(result, busy=busy)

    def callback(self, status=0, channel=0):
        self.watch.callback(1, "mine", channel, status)

    @property
    def said(self):
        return [(event.kind, event.detail) for event in self.events]


@pytest.fixture
def driver():
    return Driven()


IDLE = "the state must be checked: with no transfer under way it is -EINVAL"
NO_OP = "suspending a suspended channel and resuming a running one are no-ops that succeed"


def lead(driver, state):
    if state != "initial":
        driver("config")
    if state in ("running", "suspended"):
        driver("start")
    if state == "suspended":
        driver("suspend")


@pytest.mark.parametrize(
    ("state", "op", "result", "why"),
    [
        ("initial", "start", 0, "a channel must be configured before it is started"),
        ("configured", "start", -Errno.EBUSY, "a configured channel can be started, also after a stop"),
        ("running", "start", -Errno.EBUSY, "starting a started channel succeeds"),
        ("initial", "stop", -Errno.EALREADY, "stopping succeeds in every state"),
        ("configured", "stop", -Errno.EINVAL, "stopping succeeds in every state"),
        ("running", "stop", -Errno.EIO, "stopping succeeds in every state"),
        ("suspended", "stop", -Errno.EIO, "stopping succeeds in every state"),
        ("initial", "suspend", 0, IDLE),
        ("configured", "suspend", -Errno.EBUSY, IDLE),
        ("configured", "resume", 0, IDLE),
        ("suspended", "suspend", -Errno.EINVAL, NO_OP),
        ("running", "resume", -Errno.EINVAL, NO_OP),
    ],
)
def test_an_answer_the_document_forbids(driver, state, op, result, why):
    lead(driver, state)
    driver(op, result)
    assert driver.said == [("driver-lost-state", why)]


@pytest.mark.parametrize(
    ("state", "op", "result"),
    [
        ("initial", "start", -Errno.EINVAL),
        ("initial", "start", -Errno.EIO),
        ("initial", "stop", 0),
        ("initial", "suspend", -Errno.EINVAL),
        ("configured", "config", 0),
        ("configured", "config", -Errno.EINVAL),
        ("running", "config", -Errno.EBUSY),
        ("running", "reload", -Errno.EBUSY),
        ("running", "start", 0),
        ("running", "suspend", 0),
        ("suspended", "suspend", 0),
        ("suspended", "resume", 0),
        ("suspended", "stop", 0),
        ("running", "get_attribute", -Errno.EINVAL),
        ("initial", "stop", -Errno.ENOSYS),
        ("configured", "resume", -Errno.ENOSYS),
        ("running", "suspend", -Errno.ENOSYS),
        ("suspended", "resume", -Errno.ENOSYS),
    ],
)
def test_an_answer_the_document_allows(driver, state, op, result):
    lead(driver, state)
    driver(op, result)
    assert driver.said == []


def test_busy_without_a_transfer(driver):
    driver("config")
    driver("get_status", busy=True)
    driver("start")
    driver("get_status", busy=True)
    driver("stop")
    driver("get_status", busy=False)
    assert driver.said == [("driver-lost-state", "it says busy, but no transfer is under way")]


def test_a_channel_that_does_not_exist(driver):
    driver("stop", 0, channel=4)
    driver("stop", -Errno.EINVAL, channel=4)
    driver("stop", 0, channel=9, channels=0)  # it does not say how many it has
    assert driver.said == [("driver-lost-state", "the driver has 4 channels, so it is -EINVAL")]


def test_callbacks_that_nobody_owes(driver):
    driver("config")
    driver("start")
    driver.callback()
    driver.callback()
    driver("start")
    driver("stop")
    driver.callback()
    assert driver.said == [("double", "mine tells it again"), ("stale", "the driver does not drop what it had latched")]


def test_a_cancel_is_told_after_the_stop(driver):
    """Once; without a stop nobody owes it."""
    driver("config")
    driver("start")
    driver("stop")
    driver.callback(-Errno.ECANCELED)
    driver("start")
    driver.callback()
    driver.callback(-Errno.ECANCELED)
    assert driver.said == [("double", "mine tells it again")]


def test_a_callback_inside_start_is_a_completion(driver):
    driver("config")
    driver("start", inside=driver.callback)
    driver("start")
    driver.callback(-Errno.EIO)
    assert driver.said == []


def test_a_circular_transfer_may_call_for_ever(driver):
    driver("config", cyclic=True)
    driver("start")
    driver.callback()
    driver.callback(1)
    driver("suspend")
    driver("resume")
    driver("stop")
    assert driver.said == []


def test_heap_and_locks_count_inside_calls_only(driver):
    driver.watch.allocates("k_malloc")
    driver.watch.waits("k_mutex_lock", "mutex m")
    driver("config", inside=lambda: driver.watch.allocates("k_malloc"))
    driver("start", inside=lambda: driver.watch.waits("k_mutex_lock", "mutex m"))
    assert driver.said == [("driver-allocates", "k_malloc()"), ("driver-locks", "mutex m")]
