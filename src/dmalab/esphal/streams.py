"""Buffers that are filled or emptied while a transfer runs, and one that repeats for ever.

The SPI driver keeps its buffers to itself while it works, so there the views can only be used before and after. They are complete all the
same: a driver of a streaming peripheral lends them out.

A descriptor that the core is done with goes to the tail of the list again: a ring kept by software. When the core is too slow the list
runs dry and the engine stops; nothing in the view says so.
Source: esp-rs/esp-hal esp-hal/src/dma/buffers (DmaRxStreamBuf from v0.21.1, DmaTxStreamBuf and the four descriptors from v1.1 on,
DmaLoopBuf from v0.22.0 on).
"""

from __future__ import annotations

from collections.abc import Callable

from dmalab.core.descriptor import LENGTH_SHIFT, MAX_BYTES, OWNER_DMA, SUC_EOF
from dmalab.core.machine import BareMachine
from dmalab.esphal.buffers import DEFAULT_BURST, DmaBuffer, MutSlice, Preparation, StaticBuffer
from dmalab.esphal.burst import BurstConfig, require_internal
from dmalab.esphal.descriptors import Descriptors
from dmalab.esphal.errors import DmaBufError, DmaBufErrorKind
from dmalab.esphal.moves import Movable, while_here

MIN_STREAM_DESCRIPTORS = 4
"""The engine fetches descriptors ahead, so a shorter ring would run dry at once."""


class _Stream(DmaBuffer):
    """What both directions share: pieces of equal size, the remainder in the last."""

    def __init__(self, machine: BareMachine, what: str, descriptors: Descriptors, buffer: StaticBuffer) -> None:
        super().__init__(machine, what, buffer, DEFAULT_BURST)
        require_internal(machine, buffer.span)
        require_internal(machine, descriptors.span)
        count = len(descriptors)
        if count < MIN_STREAM_DESCRIPTORS:
            raise DmaBufError(
                DmaBufErrorKind.INSUFFICIENT_DESCRIPTORS, f"{MIN_STREAM_DESCRIPTORS} descriptors needed, {count} given"
            )
        chunk, rest = divmod(len(buffer), count)
        if chunk + rest > MAX_BYTES:
            raise DmaBufError(
                DmaBufErrorKind.INSUFFICIENT_DESCRIPTORS,
                f"{count} descriptors for {len(buffer)} bytes make pieces above {MAX_BYTES}",
            )
        self._sizes = [chunk] * (count - 1) + [chunk + rest]
        self._descriptors = descriptors
        descriptors.link(buffer.address, self._sizes)
        self._take_parts(descriptors, buffer)

    @while_here
    def descriptors(self) -> Descriptors:
        """The list, to look at."""
        return self._descriptors

    @while_here
    def split(self) -> tuple[Descriptors, StaticBuffer]:
        """Take the object apart."""
        self._split(self._descriptors, self._buffer)
        return self._descriptors, self._buffer


class DmaRxStreamBuf(_Stream):
    """A buffer that is emptied while it is filled."""

    @classmethod
    def new(cls, descriptors: Descriptors, buffer: StaticBuffer) -> DmaRxStreamBuf:
        """Make a buffer object.

        Raises:
            DmaBufError: UnsupportedMemoryRegion, or InsufficientDescriptors for fewer than 4 or pieces above 4095 bytes.
        """
        descriptors.check_here()
        buffer.check_here()
        what = f"a DmaRxStreamBuf of {len(buffer)} bytes"
        return cls(descriptors._machine, what, descriptors, buffer)  # noqa: SLF001 - one family

    def len(self) -> int:
        """Room that is offered."""
        return self._memory.size

    def check_reach(self, burst: BurstConfig) -> None:
        """Check again, with the bursts of the channel. Raises DmaBufError."""
        burst.check(self._machine, self.span, is_rx=True)

    def prepare(self) -> Preparation:
        """Hand the whole list to the engine, empty."""
        self._descriptors.link(self._memory.address, self._sizes)
        self._descriptors.prepare_rx()
        return Preparation(head=self._descriptors.address, span=self.span, burst=self._burst, auto_write_back=True)

    @while_here
    def into_view(self) -> DmaRxStreamBufView:
        """Begin to read along."""
        self.move_into("a view of it", "from_view() gives it back")
        return DmaRxStreamBufView(self)

    @staticmethod
    def from_view(view: DmaRxStreamBufView) -> DmaRxStreamBuf:
        """End reading along."""
        return view.end()


class DmaRxStreamBufView:
    """Reads what has arrived, in order, and gives the room back."""

    def __init__(self, owner: DmaRxStreamBuf) -> None:
        self._owner = owner
        self._list = owner._descriptors  # noqa: SLF001 - the view is the buffer, lent
        self._memory = owner._memory  # noqa: SLF001
        self._starts = [sum(owner._sizes[:index]) for index in range(len(owner._sizes))]  # noqa: SLF001
        self._at = 0
        self._consumed = 0
        """Bytes of the descriptor at `_at` that were taken."""

    def end(self) -> DmaRxStreamBuf:
        """Give the buffer object back."""
        self._owner.give_back()
        return self._owner

    def _ready(self) -> list[int]:
        """The descriptors that are full, from the next one on."""
        ready: list[int] = []
        count = self._list.linked
        for step in range(count):
            index = (self._at + step) % count
            if self._list.dma_owned(index) or not self._list.length(index):
                break
            ready.append(index)
        return ready

    def available_bytes(self) -> int:
        """Bytes that can be read."""
        ready = self._ready()
        return sum(self._list.length(index) for index in ready) - (self._consumed if ready else 0)

    def peek(self) -> bytes:
        """What can be read in one piece, without taking it: up to the end of the memory."""
        data = b""
        for index in self._ready():
            if data and index == 0:
                break
            skip = self._consumed if index == self._at else 0
            data += self._memory.read(self._starts[index] + skip, self._list.length(index) - skip)
            if self._list.length(index) < self._list.size(index):
                break
        return data

    def peek_until_eof(self) -> tuple[bytes, bool]:
        """Like `peek`, but not beyond the end of a frame; and whether that end is there."""
        data = b""
        for index in self._ready():
            if data and index == 0:
                break
            skip = self._consumed if index == self._at else 0
            data += self._memory.read(self._starts[index] + skip, self._list.length(index) - skip)
            if self._list.ends_frame(index):
                return data, True
        return data, False

    def pop(self, size: int) -> bytes:
        """Take up to `size` bytes; fewer when fewer are there."""
        taken = b""
        while len(taken) < size and (piece := self.peek()):
            part = piece[: size - len(taken)]
            taken += part
            self.consume(len(part))
        return taken

    def consume(self, size: int) -> int:
        """Drop up to `size` bytes; descriptors that are empty now go to the tail of the list. Returns how many were dropped."""
        dropped = 0
        for index in self._ready():
            if dropped >= size:
                break
            left = self._list.length(index) - self._consumed
            part = min(left, size - dropped)
            dropped += part
            self._consumed += part
            if part == left:
                self._recycle(index)
        return dropped

    def _recycle(self, index: int) -> None:
        descriptors, count = self._list, self._list.linked
        descriptors.set_flags(index, OWNER_DMA | descriptors.size(index))
        descriptors.set_next(index, 0)
        descriptors.set_next((index - 1) % count, descriptors.at(index))
        self._at = (index + 1) % count
        self._consumed = 0


class DmaTxStreamBuf(_Stream):
    """A buffer that is filled while it is sent. What is pushed before the start goes first; if nothing is, the whole buffer does."""

    def __init__(self, machine: BareMachine, what: str, descriptors: Descriptors, buffer: StaticBuffer) -> None:
        super().__init__(machine, what, descriptors, buffer)
        self._pushed = 0

    @classmethod
    def new(cls, descriptors: Descriptors, buffer: StaticBuffer) -> DmaTxStreamBuf:
        """Make a buffer object. Raises as `DmaRxStreamBuf.new`."""
        descriptors.check_here()
        buffer.check_here()
        what = f"a DmaTxStreamBuf of {len(buffer)} bytes"
        return cls(descriptors._machine, what, descriptors, buffer)  # noqa: SLF001 - one family

    def len(self) -> int:
        """Bytes that will be sent without a further push."""
        return self._pushed or self._memory.size

    @while_here
    def push(self, data: bytes) -> int:
        """Fill more of the buffer before the start; returns how much fitted."""
        part = data[: self._memory.size - self._pushed]
        if part:
            self._memory.write(part, self._pushed)
        self._pushed += len(part)
        return len(part)

    @while_here
    def push_with(self, fill: Callable[[MutSlice], int]) -> int:
        """Let `fill` write the free part; it returns how much it wrote."""
        free = MutSlice(self, self._memory.slice(self._pushed))
        count = fill(free)
        if not 0 <= count <= len(free):
            raise ValueError(f"{count} bytes pushed into {len(free)} free ones")
        self._pushed += count
        return count

    def check_reach(self, burst: BurstConfig) -> None:
        """Check again, with the bursts of the channel. Raises DmaBufError."""
        burst.check(self._machine, self.span, is_rx=False)

    def prepare(self) -> Preparation:
        """Hand full descriptors to the engine; a partly filled one stays with the core, unless it is the very first."""
        self._descriptors.link(self._memory.address, self._sizes)
        left = self._pushed or self._memory.size
        for index, size in enumerate(self._sizes):
            here = min(left, size)
            left -= here
            if here == size or (index == 0 and here):
                self._descriptors.set_flags(index, OWNER_DMA | SUC_EOF | here << LENGTH_SHIFT | size)
        return Preparation(head=self._descriptors.address, span=self.span, burst=self._burst, auto_write_back=True)

    @while_here
    def into_view(self) -> DmaTxStreamBufView:
        """Begin to fill along."""
        self.move_into("a view of it", "from_view() gives it back")
        return DmaTxStreamBufView(self, self._pushed or self._memory.size)

    @staticmethod
    def from_view(view: DmaTxStreamBufView) -> DmaTxStreamBuf:
        """End filling along."""
        return view.end()


class DmaTxStreamBufView:
    """Fills what has been sent."""

    def __init__(self, owner: DmaTxStreamBuf, filled: int) -> None:
        self._owner = owner
        self._list = owner._descriptors  # noqa: SLF001 - the view is the buffer, lent
        self._memory = owner._memory  # noqa: SLF001
        self._sizes = owner._sizes  # noqa: SLF001
        self._at, self._offset = 0, 0
        """The descriptor that is filled next, and how far it is."""
        for index, size in enumerate(self._sizes):
            if filled < size:
                self._at, self._offset = index, filled
                break
            filled -= size

    def end(self) -> DmaTxStreamBuf:
        """Give the buffer object back."""
        self._owner.give_back()
        self._owner._pushed = 0  # noqa: SLF001 - the view is the buffer, lent
        return self._owner

    def _free(self) -> list[int]:
        count = self._list.linked
        free: list[int] = []
        for step in range(count):
            index = (self._at + step) % count
            if self._list.dma_owned(index):
                break
            free.append(index)
        return free

    def available_bytes(self) -> int:
        """Bytes that can be pushed."""
        free = self._free()
        return sum(self._sizes[index] for index in free) - (self._offset if free else 0)

    def push(self, data: bytes) -> int:
        """Fill free room; returns how much fitted."""
        pushed = 0
        while pushed < len(data) and not self._list.dma_owned(self._at):
            index = self._at
            part = data[pushed : pushed + self._sizes[index] - self._offset]
            self._memory.write(part, sum(self._sizes[:index]) + self._offset)
            pushed += len(part)
            self.advance(len(part))
        return pushed

    def push_with(self, fill: Callable[[MutSlice], int]) -> int:
        """Let `fill` write free room that lies in one piece; it returns how much it wrote."""
        run = 0
        for index in self._free():
            if run and index == 0:
                break
            run += self._sizes[index]
        if not run:
            return 0
        start = sum(self._sizes[: self._at]) + self._offset
        lent = MutSlice(Movable(self._owner._machine, "free room"), self._memory.slice(start, run - self._offset))  # noqa: SLF001
        count = fill(lent)
        self.advance(count)
        return count

    def advance(self, count: int) -> None:
        """Count bytes as pushed that were written some other way; full descriptors go to the engine.

        Raises:
            ValueError: more than there is room for.
        """
        if count > self.available_bytes():
            raise ValueError(f"{count} bytes pushed into {self.available_bytes()} free ones")
        while count:
            index, size = self._at, self._sizes[self._at]
            part = min(count, size - self._offset)
            count -= part
            self._offset += part
            if self._offset == size:
                self._hand_over(index, size)

    def _hand_over(self, index: int, size: int) -> None:
        descriptors, ring = self._list, self._list.linked
        descriptors.set_flags(index, OWNER_DMA | SUC_EOF | size << LENGTH_SHIFT | size)
        descriptors.set_next(index, 0)
        if descriptors.at(index) != descriptors.address or descriptors.next((index - 1) % ring) == 0:
            descriptors.set_next((index - 1) % ring, descriptors.at(index))
        self._at, self._offset = (index + 1) % ring, 0


class DmaLoopBuf(DmaBuffer):
    """One descriptor that points to itself: the same bytes again and again, until somebody stops it."""

    def __init__(self, machine: BareMachine, descriptors: Descriptors, buffer: StaticBuffer) -> None:
        super().__init__(machine, f"a DmaLoopBuf of {len(buffer)} bytes", buffer, DEFAULT_BURST)
        require_internal(machine, buffer.span)
        require_internal(machine, descriptors.span)
        if not len(descriptors) or not 1 <= len(buffer) <= MAX_BYTES:
            raise DmaBufError(
                DmaBufErrorKind.INSUFFICIENT_DESCRIPTORS,
                f"one descriptor loops over 1 to {MAX_BYTES} bytes, not {len(buffer)}",
            )
        descriptors.link(buffer.address, [len(buffer)], ring=True)
        self._descriptors = descriptors
        self._take_parts(descriptors, buffer)

    @classmethod
    def new(cls, descriptors: Descriptors, buffer: StaticBuffer) -> DmaLoopBuf:
        """Make a buffer object.

        Raises:
            DmaBufError: UnsupportedMemoryRegion, or InsufficientDescriptors for more than one descriptor carries.
        """
        descriptors.check_here()
        buffer.check_here()
        return cls(descriptors._machine, descriptors, buffer)  # noqa: SLF001 - one family

    def len(self) -> int:
        """Bytes of one lap."""
        return self._memory.size

    def check_reach(self, burst: BurstConfig) -> None:
        """Check again, with the bursts of the channel. Raises DmaBufError."""
        burst.check(self._machine, self.span, is_rx=False)

    def prepare(self) -> Preparation:
        """Hand the ring to the engine."""
        size = self._memory.size
        self._descriptors.set_flags(0, OWNER_DMA | size << LENGTH_SHIFT | size)
        return Preparation(head=self._descriptors.address, span=self.span, burst=self._burst, check_owner=False)

    @while_here
    def split(self) -> tuple[Descriptors, StaticBuffer]:
        """Take the object apart."""
        self._split(self._descriptors, self._buffer)
        return self._descriptors, self._buffer
