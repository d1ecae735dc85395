"""FreeRTOS's stream and message buffers: bytes, or messages of any length, from one writer to one reader.

Source: ESP-IDF components/freertos/FreeRTOS-Kernel/stream_buffer.c.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from dmalab.core.clock import PS_PER_US
from dmalab.core.tasks import Task, Waiters
from dmalab.guest.calls import pair
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.queues import delete, name_of, register
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.handlers.ticks import timeout_us

calls = Handlers()

LENGTH_BYTES = 4
"""What the length of a message takes in its buffer."""


@dataclass(slots=True, eq=False)
class Stream:
    """A buffer of `size` bytes. Messages keep their lengths in `lengths`; a stream has none."""

    size: int
    trigger: int
    """Bytes that wake a waiting reader of a stream."""
    has_messages: bool
    readers: Waiters
    writers: Waiters
    data: bytearray = field(default_factory=bytearray)
    lengths: deque[int] = field(default_factory=deque)

    @property
    def room(self) -> int:
        """Free bytes; a message takes `LENGTH_BYTES` more than it has."""
        return self.size - len(self.data) - LENGTH_BYTES * len(self.lengths)

    def put(self, data: bytes) -> int:
        """Take in what fits, a message as a whole or not at all; how many bytes that were."""
        if self.has_messages:
            if len(data) + LENGTH_BYTES > self.room:
                return 0
            self.lengths.append(len(data))
        else:
            data = data[: self.room]
        self.data += data
        return len(data)

    def get(self, most: int) -> bytes:
        """Hand out up to `most` bytes, or the first message if it is no longer."""
        size = self.next_bytes()
        if self.has_messages and size > most:
            return b""
        taken = bytes(self.data[: min(size, most)])
        del self.data[: len(taken)]
        if self.has_messages and self.lengths:
            self.lengths.popleft()
        return taken

    def next_bytes(self) -> int:
        """Bytes that the next reception can bring."""
        return (self.lengths[0] if self.lengths else 0) if self.has_messages else len(self.data)

    def wakes(self) -> bool:
        """Whether there is enough for a reader that waits."""
        return bool(self.lengths) if self.has_messages else len(self.data) >= self.trigger


def _stream(firmware: Firmware, handle: int) -> Stream:
    stream = firmware.handles.get(handle)
    if not isinstance(stream, Stream):
        raise FirmwareAssert(f"{handle:#010x} is no stream or message buffer")
    return stream


@calls.add
def xStreamBufferCreate(firmware: Firmware, size: int, trigger: int, has_messages: int, control: int) -> int:
    kind = "message buffer" if has_messages else "stream buffer"
    if not size or trigger > size or (has_messages and size <= LENGTH_BYTES):
        raise FirmwareAssert(f"a {kind} of {size} bytes with a trigger level of {trigger}")
    name = name_of(firmware, kind)
    stream = Stream(size, max(1, trigger), bool(has_messages), Waiters(f"data in {name}"), Waiters(f"room in {name}"))
    return register(firmware, stream, control, kind, extra=size + 1)


@calls.add
def vStreamBufferDelete(firmware: Firmware, handle: int) -> None:
    _stream(firmware, handle)
    delete(firmware, handle)


def _sent(firmware: Firmware, stream: Stream, data: bytes) -> tuple[int, Task | None]:
    count = stream.put(data)
    return count, firmware.machine.scheduler.wake(stream.readers) if count and stream.wakes() else None


@calls.add
async def xStreamBufferSend(firmware: Firmware, handle: int, address: int, size: int, ticks: int) -> int:
    stream, scheduler = _stream(firmware, handle), firmware.machine.scheduler
    if not scheduler.may_wait("xStreamBufferSend", blocking=bool(ticks)):
        ticks = 0
    data = firmware.machine.memory.load(address, size) if size else b""
    needed = size + LENGTH_BYTES if stream.has_messages else min(size, stream.size)
    if needed > stream.size:
        return 0
    end = _deadline(firmware, ticks)
    while stream.room < needed and await _waits(firmware, stream.writers, end, "xStreamBufferSend"):
        pass
    return _sent(firmware, stream, data)[0]


@calls.add
def xStreamBufferSendFromISR(firmware: Firmware, handle: int, address: int, size: int) -> int:
    stream = _stream(firmware, handle)
    count, woken = _sent(firmware, stream, firmware.machine.memory.load(address, size) if size else b"")
    return pair(count, int(firmware.machine.scheduler.outranks_current(woken)))


@calls.add
async def xStreamBufferReceive(firmware: Firmware, handle: int, address: int, size: int, ticks: int) -> int:
    stream, scheduler = _stream(firmware, handle), firmware.machine.scheduler
    if not scheduler.may_wait("xStreamBufferReceive", blocking=bool(ticks)):
        ticks = 0
    if not stream.data and not stream.lengths:
        await _waits(firmware, stream.readers, _deadline(firmware, ticks), "xStreamBufferReceive")
    return _received(firmware, stream, address, size)[0]


@calls.add
def xStreamBufferReceiveFromISR(firmware: Firmware, handle: int, address: int, size: int) -> int:
    count, woken = _received(firmware, _stream(firmware, handle), address, size)
    return pair(count, int(firmware.machine.scheduler.outranks_current(woken)))


def _received(firmware: Firmware, stream: Stream, address: int, size: int) -> tuple[int, Task | None]:
    data = stream.get(size)
    if not data:
        return 0, None
    firmware.machine.memory.store(address, data)
    return len(data), firmware.machine.scheduler.wake(stream.writers)


def _deadline(firmware: Firmware, ticks: int) -> int | None:
    us = timeout_us(ticks)
    return None if us is None else firmware.machine.clock.now_ps + round(us * PS_PER_US)


async def _waits(firmware: Firmware, waiters: Waiters, end: int | None, call: str) -> bool:
    """Wait to be told; False when there is no time left."""
    left = None if end is None else end - firmware.machine.clock.now_ps
    if left is not None and left <= 0:
        return False
    return bool(await firmware.machine.scheduler.wait(waiters, left, call))


@calls.add
def xStreamBufferReset(firmware: Firmware, handle: int) -> int:
    stream = _stream(firmware, handle)
    if stream.readers or stream.writers:
        return 0
    stream.data.clear()
    stream.lengths.clear()
    return 1


@calls.add
def xStreamBufferSetTriggerLevel(firmware: Firmware, handle: int, trigger: int) -> int:
    stream = _stream(firmware, handle)
    if trigger > stream.size:
        return 0
    stream.trigger = max(1, trigger)
    return 1


@calls.add
def xStreamBufferBytesAvailable(firmware: Firmware, handle: int) -> int:
    stream = _stream(firmware, handle)
    return stream.size - stream.room


@calls.add
def xStreamBufferSpacesAvailable(firmware: Firmware, handle: int) -> int:
    return _stream(firmware, handle).room


@calls.add
def xStreamBufferNextMessageLengthBytes(firmware: Firmware, handle: int) -> int:
    return _stream(firmware, handle).next_bytes()
