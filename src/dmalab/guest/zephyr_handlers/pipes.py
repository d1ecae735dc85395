"""Zephyr pipes: streams of bytes. The bytes under way are the machine's; the pipe's own buffer in memory is not used.

Source: zephyr doc/kernel/services/data_passing/pipes.rst (the interface since 4.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dmalab.core.tasks import Waiters
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.zephyr_handlers import drivers, pollers
from dmalab.guest.zephyr_handlers.objects import known, timeout_ps
from dmalab.guest.zephyr_handlers.threads import name_of
from dmalab.zephyr.errors import Errno

calls = Handlers()


@dataclass(slots=True, eq=False)
class Pipe:
    """A stream of bytes."""

    size: int
    readers: Waiters
    writers: Waiters
    data: bytearray = field(default_factory=bytearray)
    closed: bool = False
    resets: int = 0


def _pipe(firmware: Firmware, address: int) -> Pipe:
    return known(firmware, address, Pipe, "pipe")


def _wake_all(firmware: Firmware, waiters: Waiters) -> None:
    while firmware.machine.scheduler.wake(waiters) is not None:
        pass


@calls.add
def k_pipe_init(firmware: Firmware, pipe: int, size: int) -> None:
    name = name_of(firmware, "pipe", pipe)
    firmware.handles[pipe] = Pipe(size, Waiters(f"{name} (empty)"), Waiters(f"{name} (full)"))


@calls.add
def k_pipe_end(firmware: Firmware, pipe: int, close: int) -> None:
    one = _pipe(firmware, pipe)
    if close:
        one.closed = True
    else:
        one.data.clear()
        one.resets += 1
    _wake_all(firmware, one.readers)
    _wake_all(firmware, one.writers)


async def _transfer(
    firmware: Firmware, one: Pipe, waiters: Waiters, move: Callable[[int], int], length: int, ticks: int, call: str
) -> int:
    """Move bytes until all have moved, time runs out, or the pipe ends; how many, or an error when none did."""
    scheduler = firmware.machine.scheduler
    timeout, began, resets, done = timeout_ps(ticks), firmware.machine.clock.now_ps, one.resets, 0
    if ticks:
        drivers.waits(firmware, call, waiters.what)
    while True:
        done += move(done)
        if done == length:
            return done
        if one.closed:
            return done or -Errno.EPIPE
        left = None if timeout is None else timeout - (firmware.machine.clock.now_ps - began)
        if (left is not None and left <= 0) or not scheduler.may_wait(call):
            return done or -Errno.EAGAIN
        if not await scheduler.wait(waiters, left, call):
            return done or -Errno.EAGAIN
        if one.resets != resets:
            return -Errno.ECANCELED


@calls.add
async def k_pipe_write(firmware: Firmware, pipe: int, data: int, length: int, ticks: int) -> int:
    one = _pipe(firmware, pipe)
    if one.closed:
        return -Errno.EPIPE

    def move(done: int) -> int:
        count = min(length - done, one.size - len(one.data))
        if count:
            one.data += firmware.machine.memory.load(data + done, count)
            _wake_all(firmware, one.readers)
            pollers.tell(firmware, pipe, pollers.PIPE)
        return count

    return await _transfer(firmware, one, one.writers, move, length, ticks, "k_pipe_write")


@calls.add
async def k_pipe_read(firmware: Firmware, pipe: int, data: int, length: int, ticks: int) -> int:
    one = _pipe(firmware, pipe)

    def move(done: int) -> int:
        count = min(length - done, len(one.data))
        if count:
            firmware.machine.memory.store(data + done, bytes(one.data[:count]))
            del one.data[:count]
            _wake_all(firmware, one.writers)
        return count

    return await _transfer(firmware, one, one.readers, move, length, ticks, "k_pipe_read")
