"""Callbacks: when a driver calls the client, with what, in which context.

The documented driver calls with DMA_STATUS_COMPLETE at the end of the list (or of each pass of a circular one), with
DMA_STATUS_BLOCK at the end of
every other block when complete_callback_en is set, with DMA_STATUS_HALF_COMPLETE at half of each block when
half_complete_callback_en is set, and with
-EIO after a bus error unless error_callback_dis is set. The channel is idle before it is called, so it may be configured and
started right there.
An interrupt that comes late, after the channel was stopped or configured anew, is dropped.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dmalab.core.channel_events import CompletionMisuse, CompletionMisused
from dmalab.core.events import TouchedClaim
from dmalab.core.generic_dma import Mark
from dmalab.core.sync import Queue
from dmalab.zephyr.channel import Channel
from dmalab.zephyr.config import (
    DMA_STATUS_BLOCK,
    DMA_STATUS_COMPLETE,
    DMA_STATUS_HALF_COMPLETE,
    Direction,
)
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.priorities import task_priority

if TYPE_CHECKING:
    from dmalab.zephyr.controller import DmaDevice

WORKER_PRIORITY = task_priority(0)
"""Of the thread that calls back for dma_emul; the devicetree binding's default."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A callback that is due."""

    channel: Channel
    number: int
    """What the client is told."""
    status: int
    run: int
    callback: Any
    user_data: Any
    cancels: bool = False


class Completions:
    """The callbacks of one controller."""

    def __init__(self, device: DmaDevice) -> None:
        self._device = device
        self._queue: Queue | None = None
        device.machine.bus.subscribe(TouchedClaim, self._on_touched)

    def reached(self, one: Channel, mark: Mark, *, last: bool) -> None:
        """The controller got to a mark: raise the interrupt that the driver has for it."""
        if mark == "error":
            self._error(one)
            return
        # Both interrupts of a pair are latched before the first one's handler runs.
        calls = [self._call(one, number, status) for number, status in self._statuses(one, mark, last=last)]
        for call in calls:
            self._raise(call)

    def _statuses(self, one: Channel, mark: Mark, *, last: bool) -> list[tuple[int, int]]:
        """Channel number and status of each callback."""
        driver, config, number = self._device.driver, one.config, one.number
        assert config is not None
        assert one.plan is not None
        if mark == "half":
            status = DMA_STATUS_HALF_COMPLETE if config.half_complete_callback_en else DMA_STATUS_BLOCK
            return [(number, status)]
        blocks = len(one.hardware.blocks)
        style = driver.callbacks
        if mark == "block":
            told = {
                "documented": not last and config.complete_callback_en,
                "once": False,
                "every-zero": not last,
                "block-or-list": config.complete_callback_en,
                "block-and-list": config.complete_callback_en,
                "single-is-block": not last and config.complete_callback_en,
                "descriptors": not last and config.channel_direction != Direction.MEMORY_TO_PERIPHERAL,
            }[style]
            status = DMA_STATUS_COMPLETE if style in ("every-zero", "block-or-list") else DMA_STATUS_BLOCK
            return [(number & ~1 if driver.both_halves and self._copies(one) else number, status)] if told else []
        if mark != "end" or (style == "block-or-list" and config.complete_callback_en):
            return []
        if style == "single-is-block" and blocks == 1:
            return [(number, DMA_STATUS_BLOCK)]
        if driver.both_halves and self._copies(one):
            return [(number & ~1, DMA_STATUS_COMPLETE), (number | 1, DMA_STATUS_COMPLETE)]
        return [(number, DMA_STATUS_COMPLETE)]

    @staticmethod
    def _copies(one: Channel) -> bool:
        return one.config is not None and one.config.channel_direction == Direction.MEMORY_TO_MEMORY

    def _error(self, one: Channel) -> None:
        driver, config = self._device.driver, one.config
        assert config is not None
        if not driver.tells_errors:
            self._emit(one, "lost", "the driver's error interrupt ends the transfer and calls nobody")
        elif driver.error_status is None:
            self._raise(self._call(one, one.number, DMA_STATUS_COMPLETE))
        elif not (config.error_callback_dis and driver.obeys_error_dis):
            self._raise(self._call(one, one.number, driver.error_status))

    def cancel(self, one: Channel) -> None:
        """Tell that a stop was noticed."""
        config = one.config
        assert config is not None
        one.cancelling = True
        status = -int(Errno.ECANCELED)
        callback = None if config.error_callback_dis else config.dma_callback
        self._post(_Call(one, one.number, status, one.run, callback, config.user_data, cancels=True))

    def _on_touched(self, event: TouchedClaim) -> None:
        """Whoever touches memory in flight after asking for the status took the answer for a completion."""
        one = event.claim.owner
        if isinstance(one, Channel) and one.asked == one.run and self._device.channels[one.number] is one:
            self._device.machine.bus.emit(
                CompletionMisused(
                    kind="polled",
                    channel=one.hardware.title,
                    started=one.started,
                    by=event.by,
                    detail=f"{one.hardware.position} of {one.hardware.total} bytes had moved",
                    access=event.access,
                )
            )

    # -- delivery ----------------------------------------------------------------------------------------------------

    @staticmethod
    def _call(one: Channel, number: int, status: int) -> _Call:
        config = one.config
        assert config is not None
        return _Call(one, number, status, one.run, config.dma_callback, config.user_data)

    def _raise(self, call: _Call) -> None:
        one = call.channel
        if one.muted:
            if call.status == DMA_STATUS_COMPLETE and call.callback is not None:
                self._emit(
                    one, "lost", "an earlier dma_stop masked the channel's interrupt, and only dma_config unmasks it"
                )
        elif call.callback is None:
            return
        elif self._device.driver.in_thread:
            self._post(call)
        else:
            # However late interrupts come, those of one channel come in order.
            one.latched.append(call)
            self._device.machine.scheduler.interrupts.request(lambda: self._interrupt(one))

    def _interrupt(self, one: Channel) -> None:
        if not one.latched:
            return  # an earlier interrupt told it along
        if self._device.driver.merges:
            self._device.hardware.poll()
        call = one.latched.popleft()
        if self._device.driver.merges:
            later = [other for other in one.latched if (other.number, other.run) == (call.number, call.run)]
            one.latched = deque(other for other in one.latched if other not in later)
            call = later[-1] if later else call
        if self._is_due(call):
            call.callback(self._device, call.user_data, call.number, call.status)

    def _is_due(self, call: _Call) -> bool:
        """Whether the client is still to be called; counts the call."""
        one = call.channel
        if call.cancels:
            one.cancelling = False
            return call.callback is not None
        if call.run != one.run:
            if not (self._device.driver.late and one.stopped_run == call.run):
                return False
            self._emit(one, "stale", "it was latched before dma_stop, and the driver does not drop it")
            return True
        if call.status == DMA_STATUS_COMPLETE and one.plan is not None and not one.plan.cyclic:
            one.told += 1
            if one.told == 2 and self._device.driver.callbacks != "every-zero":
                self._emit(one, "double", f"{self._device.driver.title} tells it twice")
        return True

    def _post(self, call: _Call) -> None:
        """Let the driver's own thread call."""
        machine = self._device.machine
        if self._queue is None:
            self._queue = Queue(machine.scheduler, f"work queue of {self._device.name}", 1 << 16)
            self._queue.readers.served = True
            machine.scheduler.spawn(self._work(self._queue), f"{self._device.name} work queue", WORKER_PRIORITY)
        self._queue.try_send(call)

    async def _work(self, queue: Queue) -> None:
        while True:
            _, call = await queue.receive(call="dma_emul")
            assert isinstance(call, _Call)
            if not self._is_due(call):
                continue
            in_thread = getattr(call.callback, "in_thread", None)
            if in_thread is None:
                call.callback(self._device, call.user_data, call.number, call.status)
            else:
                await in_thread(self._device, call.user_data, call.number, call.status)

    def _emit(self, one: Channel, kind: CompletionMisuse, detail: str) -> None:
        machine = self._device.machine
        machine.bus.emit(
            CompletionMisused(
                kind=kind, channel=one.hardware.title, started=one.started, by=machine.now(), detail=detail
            )
        )
