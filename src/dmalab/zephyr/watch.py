"""Watches a DMA driver that somebody else wrote: does it keep to what Zephyr asks of drivers?

The driver is called through the public functions; each call is seen on its way in and out, and so is each callback. From that the
documented state of
each channel is known, whatever the driver thinks. Reported is only what the document demands: states lost or mistaken, memory
allocated, something
waited for, callbacks that come when nothing runs. How a driver answers arguments that are wrong in other ways is its own affair.
Source: zephyr doc/hardware/peripherals/dma.rst @057528b894be; include/zephyr/drivers/dma.h @012f1d3128ae; pulls 27723, 57495 (no heap).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from dmalab.core.channel_events import ChannelMisuse, ChannelMisused, CompletionMisused
from dmalab.core.events import Stamp
from dmalab.core.machine import BareMachine
from dmalab.zephyr.config import DMA_STATUS_COMPLETE
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.states import State

Op = Literal[
    "config",
    "reload",
    "start",
    "stop",
    "suspend",
    "resume",
    "get_status",
    "get_attribute",
    "request",
    "release",
    "filter",
]
OPS: tuple[Op, ...] = get_args(Op)
OPTIONAL: frozenset[Op] = frozenset({"reload", "stop", "suspend", "resume", "get_status", "get_attribute", "filter"})
"""Operations that a driver may lack: -ENOSYS, whether it leaves them out or answers so itself."""


@dataclass(slots=True, eq=False)
class _Channel:
    """What is known of one channel from outside."""

    state: State = State.INITIAL
    cyclic: bool = False
    next_cyclic: bool = False
    started: Stamp = field(default_factory=Stamp)
    stopped: Stamp | None = None
    in_callback: bool = False


@dataclass(slots=True, eq=False)
class _Call:
    """A call that is under way."""

    dev: int
    name: str
    op: Op
    channel: int
    channels: int
    by: Stamp
    state: State
    in_interrupt: bool


class Watch:
    """The watch of one machine."""

    def __init__(self, machine: BareMachine) -> None:
        self._machine = machine
        self._channels: dict[tuple[int, int], _Channel] = {}
        self._calls: list[_Call] = []

    # -- calls -------------------------------------------------------------------------------------------------------

    def enter(self, dev: int, name: str, op: Op, channel: int, *, cyclic: bool, channels: int) -> None:
        """A public call is about to reach the driver.

        Args:
            dev: The device.
            name: What it is called.
            op: The operation.
            channel: As the caller gave it.
            cyclic: For `config`: a circular transfer is asked for.
            channels: How many the driver says it has; 0 when it does not say.
        """
        one = self._channels.setdefault((dev, channel), _Channel())
        one.next_cyclic = cyclic
        interrupts = self._machine.scheduler.interrupts
        self._calls.append(
            _Call(dev, name, op, channel, channels, self._machine.now(), one.state, in_interrupt=interrupts.active)
        )

    def leave(self, result: int, *, busy: bool = False) -> None:
        """The driver has answered.

        Args:
            result: Its return value.
            busy: For `get_status`: what it said.
        """
        call = self._calls.pop()
        one = self._channels[call.dev, call.channel]
        if call.channels and call.channel >= call.channels and call.op not in ("get_attribute", "filter"):
            if result != -Errno.EINVAL and call.op != "release":
                self._lost(call, call.state, result, f"the driver has {call.channels} channels, so it is -EINVAL")
            return
        wrong = self._judge(call, one, result, busy=busy)
        if wrong:
            self._lost(call, call.state, result, wrong)
        if result == 0:
            self._follow(call, one)

    def _judge(self, call: _Call, one: _Channel, result: int, *, busy: bool) -> str:
        """What the document has against an answer; empty for nothing. The state is that of the moment the call was made."""
        state, op, ok = call.state, call.op, result == 0
        idle = state in (State.INITIAL, State.CONFIGURED)
        if result == -Errno.ENOSYS and op in OPTIONAL:
            return ""
        told: dict[Op, str] = {}
        if op == "start" and state is State.INITIAL and ok:
            told["start"] = "a channel must be configured before it is started"
        elif op == "start" and state is not State.INITIAL and not ok:
            told["start"] = (
                "starting a started channel succeeds"
                if not idle
                else "a configured channel can be started, also after a stop"
            )
        elif op == "stop" and not ok:
            told["stop"] = "stopping succeeds in every state"
        elif op in ("suspend", "resume") and idle and result != -Errno.EINVAL:
            told[op] = "the state must be checked: with no transfer under way it is -EINVAL"
        elif op in ("suspend", "resume") and not idle and not ok and state is one.state:
            told[op] = "suspending a suspended channel and resuming a running one are no-ops that succeed"
        elif op == "config" and one.in_callback and idle and result == -Errno.EBUSY:
            told["config"] = "the channel must be idle before its callback is called"
        elif op == "get_status" and result >= 0 and busy and idle and one.state is state:
            told["get_status"] = "it says busy, but no transfer is under way"
        return told.get(op, "")

    def _follow(self, call: _Call, one: _Channel) -> None:
        """Where the channel stands after a call that succeeded; a callback in between has the last word."""
        op, finished = call.op, one.state is not call.state
        if op == "config":
            one.state, one.cyclic, one.stopped = State.CONFIGURED, one.next_cyclic, None
        elif op == "start" and call.state is State.CONFIGURED and not finished:
            one.state, one.started, one.stopped = State.RUNNING, call.by, None
        elif op == "stop" and one.state is not State.INITIAL:
            if one.state in (State.RUNNING, State.SUSPENDED):
                one.stopped = self._machine.now()
            one.state = State.CONFIGURED
        elif op == "suspend" and one.state is State.RUNNING:
            one.state = State.SUSPENDED
        elif op == "resume" and one.state is State.SUSPENDED:
            one.state = State.RUNNING

    def callback(self, dev: int, name: str, channel: int, status: int) -> None:
        """The driver calls its client."""
        one = self._channels.setdefault((dev, channel), _Channel())
        starting = any(call.dev == dev and call.channel == channel and call.op == "start" for call in self._calls)
        # A stop that the driver's thread notices later is told as such.
        is_cancel = status == -Errno.ECANCELED and one.stopped is not None
        if one.state is State.CONFIGURED and not starting and not is_cancel:
            kind: Literal["stale", "double"] = "stale" if one.stopped is not None else "double"
            detail = "the driver does not drop what it had latched" if kind == "stale" else f"{name} tells it again"
            self._machine.bus.emit(
                CompletionMisused(
                    kind=kind,
                    channel=f"{name} channel {channel}",
                    started=one.started,
                    by=self._machine.now(),
                    detail=detail,
                )
            )
        if (status == DMA_STATUS_COMPLETE and not one.cyclic) or status < 0:
            one.state = State.CONFIGURED
        one.in_callback = self._machine.scheduler.interrupts.active
        if one.in_callback:
            self._machine.clock.schedule(0, lambda: setattr(one, "in_callback", False))

    # -- what drivers must not do ------------------------------------------------------------------------------------

    def allocates(self, call: str) -> None:
        """The heap is used."""
        if self._calls:
            self._emit("driver-allocates", self._calls[-1], f"{call}()")

    def waits(self, call: str, what: str) -> None:
        """Something that may wait is called."""
        if self._calls:
            self._emit("driver-locks", self._calls[-1], what)

    def _lost(self, call: _Call, state: State, result: int, why: str) -> None:
        self._emit("driver-lost-state", call, why, state=state, answer=_answer(result))

    def _emit(
        self, kind: ChannelMisuse, call: _Call, detail: str, *, state: State | None = None, answer: str = "0"
    ) -> None:
        names = {"request": "request_channel", "release": "release_channel", "filter": "chan_filter"}
        text = f"dma_{names.get(call.op, call.op)}({call.name}, {call.channel})"
        self._machine.bus.emit(
            ChannelMisused(
                kind=kind,
                call=text,
                channel=f"{call.name} channel {call.channel}",
                state=(state or call.state).value,
                answer=answer,
                by=self._machine.now() if kind != "driver-lost-state" else call.by,
                detail=detail,
            )
        )


def _answer(result: int) -> str:
    """A result by its name."""
    return next((f"-{code.name}" for code in Errno if code == -result), str(result)) if result < 0 else str(result)
