"""DMA buffers: memory and descriptors that belong together, and are moved into transfers as one.

`as_slice` and `as_mut_slice` always show the whole buffer, not only the part that is sent or was received. A shorter second transfer
leaves the tail of the first in place; `received_data` tells what is new.
Source: esp-rs/esp-hal v0.21.1 esp-hal/src/dma/buffers.rs; burst configuration and PSRAM reception as from v0.23.1 on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dmalab.chips.model import Kind
from dmalab.core.events import Sync
from dmalab.core.machine import BareMachine, Buffer
from dmalab.core.spans import Span
from dmalab.esphal.burst import BurstConfig, require_internal
from dmalab.esphal.descriptors import Descriptors, pieces_of
from dmalab.esphal.errors import DmaBufError, DmaBufErrorKind, Panic
from dmalab.esphal.moves import Movable, while_here

DEFAULT_BURST = BurstConfig()


class StaticBuffer(Movable):
    """A `&'static mut [u8]`: memory that lives for ever and has one owner."""

    def __init__(self, machine: BareMachine, address: int, size: int) -> None:
        super().__init__(machine, f"a static buffer of {size} bytes")
        self._memory = Buffer(machine, address, size)

    def __len__(self) -> int:
        return self._memory.size

    @property
    def address(self) -> int:
        """Where it lies."""
        return self._memory.address

    @property
    def span(self) -> Span:
        """The bytes it takes."""
        return Span(self.address, self.address + len(self))

    @while_here
    def read(self, offset: int = 0, size: int | None = None) -> bytes:
        """What the core reads.

        Raises:
            MovedError: a buffer object has it.
        """
        return self._memory.read(offset, size)

    @while_here
    def write(self, data: bytes, offset: int = 0) -> None:
        """The core writes `data`, `offset` bytes from the start.

        Raises:
            MovedError: a buffer object has it.
            IndexError: beyond its end.
        """
        if offset < 0 or offset + len(data) > len(self):
            raise IndexError(f"{len(data)} bytes at {offset} in a buffer of {len(self)}")
        self._memory.write(data, offset)


class MutSlice:
    """What `as_mut_slice` lends: the whole buffer, as long as the buffer object is here. A move ends the loan."""

    def __init__(self, owner: Movable, memory: Buffer) -> None:
        self._owner = owner
        self._memory = memory

    def __len__(self) -> int:
        return self._memory.size

    def __bytes__(self) -> bytes:
        self._owner.check_here()
        return self._memory.read()

    def __getitem__(self, index: int | slice) -> int | bytes:
        self._owner.check_here()
        if isinstance(index, slice):
            return self._memory.read()[index]
        return self._memory.read(self._at(index), 1)[0]

    def __setitem__(self, index: int | slice, value: int | bytes) -> None:
        self._owner.check_here()
        if isinstance(index, slice):
            low, high, step = index.indices(len(self))
            data = bytes(value) if not isinstance(value, int) else bytes([value]) * max(0, high - low)
            if step != 1 or len(data) != max(0, high - low):
                raise ValueError(f"{len(data)} bytes for the {max(0, high - low)} of the slice")
            if data:
                self._memory.write(data, low)
        else:
            self._memory.write(bytes([value] if isinstance(value, int) else value), self._at(index))

    def fill(self, value: int) -> None:
        """Set every byte."""
        self._owner.check_here()
        self._memory.write(bytes([value]) * len(self))

    def _at(self, index: int) -> int:
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(f"byte {index} of {len(self)}")
        return at


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What a transfer needs to know about a buffer it was given."""

    head: int
    """Address of the first descriptor."""
    span: Span
    """Bytes the engine may use, for claims and reports; may be empty."""
    burst: BurstConfig
    check_owner: bool | None = None
    """None checks where the engine can."""
    auto_write_back: bool = False
    external: bool = False
    """The data lies in PSRAM."""


class DmaBuffer(Movable):
    """What all buffer objects share: static memory and a burst configuration."""

    def __init__(self, machine: BareMachine, what: str, buffer: StaticBuffer, burst: BurstConfig) -> None:
        super().__init__(machine, what)
        self._buffer = buffer
        self._memory = Buffer(machine, buffer.address, len(buffer))
        self._burst = burst

    @property
    def span(self) -> Span:
        """Where the bytes lie."""
        return Span(self._memory.address, self._memory.address + self._memory.size)

    @while_here
    def capacity(self) -> int:
        """Bytes of storage."""
        return self._memory.size

    @while_here
    def as_slice(self) -> bytes:
        """The whole buffer as it is now, a copy."""
        return self._memory.read()

    @while_here
    def as_mut_slice(self) -> MutSlice:
        """The whole buffer, to be written."""
        return MutSlice(self, self._memory)

    def _check_length(self, length: int, *, receives: bool) -> None:
        """What `set_length` must be given.

        Raises:
            Panic: more than the capacity, or, where bytes are received, a length the alignment rules forbid.
        """
        if not 0 <= length <= self._memory.size:
            raise Panic(f"set_length({length}) on {self._what}: {DmaBufErrorKind.BUFFER_TOO_SMALL.value}")
        if receives:
            try:
                self._burst.check(self._machine, Span(self.span.low, self.span.low + length), is_rx=True)
            except DmaBufError as error:
                raise Panic(f"set_length({length}) on {self._what}: {error}") from None

    def _take_parts(self, *parts: Movable) -> None:
        """Own what the object is made of until `split`."""
        for part in parts:
            part.move_into(self._what, f"split() of {self._what} gives it back")

    def _split(self, *parts: Movable) -> None:
        self.move_into("its parts, by split()")
        for part in parts:
            part.give_back()

    # -- caches ------------------------------------------------------------------------------------------------------

    def _sync(self, op: str, span: Span, call: str) -> None:
        """Cache maintenance for the buffer, where its memory is behind a cache."""
        machine = self._machine
        region = machine.memory.find(span.low)
        if region is None or not region.cached or not span.size:
            return
        low = region.base + (span.low - region.base) // region.line_bytes * region.line_bytes
        high = region.base + -(-(span.high - region.base) // region.line_bytes) * region.line_bytes
        assert op in ("writeback", "invalidate")
        machine.sync(
            Sync(
                span=Span(low, high),
                op="writeback" if op == "writeback" else "invalidate",
                by=machine.now(),
                call=call,
                driver=True,
            )
        )

    def _is_external(self) -> bool:
        region = self._machine.memory.find(self._memory.address)
        return region is not None and region.kind is Kind.PSRAM


class DmaTxBuf(DmaBuffer):
    """A buffer to send from."""

    def __init__(
        self, machine: BareMachine, descriptors: Descriptors, buffer: StaticBuffer, burst: BurstConfig
    ) -> None:
        super().__init__(machine, f"a DmaTxBuf of {len(buffer)} bytes", buffer, burst)
        region = burst.check(machine, buffer.span, is_rx=False)
        require_internal(machine, descriptors.span)
        self._chunk = burst.max_chunk(machine, region, is_rx=False)
        descriptors.link(buffer.address, pieces_of(len(buffer), self._chunk))
        self._descriptors = descriptors
        self._length = len(buffer)
        self._take_parts(descriptors, buffer)

    @classmethod
    def new(cls, descriptors: Descriptors, buffer: StaticBuffer) -> DmaTxBuf:
        """Make a buffer object; the whole buffer would be sent.

        Raises:
            DmaBufError: UnsupportedMemoryRegion or InvalidAlignment of the buffer, then the region of the descriptors, then
                InsufficientDescriptors.
            MovedError: a part belongs to another object.
        """
        return cls.new_with_config(descriptors, buffer, DEFAULT_BURST)

    @classmethod
    def new_with_config(cls, descriptors: Descriptors, buffer: StaticBuffer, config: BurstConfig) -> DmaTxBuf:
        """Like `new`, with bursts."""
        descriptors.check_here()
        buffer.check_here()
        return cls(descriptors._machine, descriptors, buffer, config)  # noqa: SLF001 - one family

    @while_here
    def len(self) -> int:
        """Bytes that will be sent."""
        return self._length

    def __len__(self) -> int:
        return self.len()

    @while_here
    def set_length(self, length: int) -> None:
        """Send only the first `length` bytes; 0 is allowed.

        Raises:
            Panic: more than the capacity.
        """
        self._check_length(length, receives=False)
        self._descriptors.link(self._memory.address, pieces_of(length, self._chunk))
        self._length = length

    @while_here
    def fill(self, data: bytes) -> None:
        """Set the length and copy `data` to the front; what lies behind stays.

        Raises:
            Panic: more than the capacity.
        """
        self.set_length(len(data))
        if data:
            self._memory.write(data)

    def limit_chunk(self, chunk: int) -> None:
        """Give no descriptor more than `chunk` bytes. Raises DmaBufError: InsufficientDescriptors."""
        self._chunk = min(self._chunk, chunk)
        self._descriptors.link(self._memory.address, pieces_of(self.len(), self._chunk))

    @while_here
    def split(self) -> tuple[Descriptors, StaticBuffer]:
        """Take the object apart."""
        self._split(self._descriptors, self._buffer)
        return self._descriptors, self._buffer

    def check_reach(self, burst: BurstConfig) -> None:
        """Check again, with the bursts of the channel. Raises DmaBufError."""
        burst.check(self._machine, Span(self.span.low, self.span.low + self._length), is_rx=False)

    def prepare(self) -> Preparation:
        """Hand the list to the engine; repeating it does no harm."""
        span = Span(self.span.low, self.span.low + self._length)
        self._sync("writeback", span, "DmaTxBuf")
        self._descriptors.prepare_tx()
        return Preparation(head=self._descriptors.address, span=span, burst=self._burst, external=self._is_external())


class DmaRxBuf(DmaBuffer):
    """A buffer to receive into."""

    def __init__(
        self, machine: BareMachine, descriptors: Descriptors, buffer: StaticBuffer, burst: BurstConfig
    ) -> None:
        super().__init__(machine, f"a DmaRxBuf of {len(buffer)} bytes", buffer, burst)
        region = burst.check(machine, buffer.span, is_rx=True)
        require_internal(machine, descriptors.span)
        self._chunk = burst.max_chunk(machine, region, is_rx=True)
        descriptors.link(buffer.address, pieces_of(len(buffer), self._chunk))
        self._descriptors = descriptors
        self._take_parts(descriptors, buffer)

    @classmethod
    def new(cls, descriptors: Descriptors, buffer: StaticBuffer) -> DmaRxBuf:
        """Make a buffer object that receives into the whole buffer. Raises as `DmaTxBuf.new`."""
        return cls.new_with_config(descriptors, buffer, DEFAULT_BURST)

    @classmethod
    def new_with_config(cls, descriptors: Descriptors, buffer: StaticBuffer, config: BurstConfig) -> DmaRxBuf:
        """Like `new`, with bursts."""
        descriptors.check_here()
        buffer.check_here()
        return cls(descriptors._machine, descriptors, buffer, config)  # noqa: SLF001 - one family

    @while_here
    def len(self) -> int:
        """Room that is offered: the sum of the descriptors' sizes, not what was received."""
        return sum(self._descriptors.sizes())

    def __len__(self) -> int:
        return self.len()

    @while_here
    def set_length(self, length: int) -> None:
        """Receive into the first `length` bytes only.

        Raises:
            Panic: more than the capacity, or a length the alignment rules forbid.
        """
        self._check_length(length, receives=True)
        self._descriptors.link(self._memory.address, pieces_of(length, self._chunk))

    @while_here
    def number_of_received_bytes(self) -> int:
        """Bytes the hardware wrote, by the descriptors; 0 before the first transfer."""
        self._after_reception()
        return sum(self._descriptors.lengths())

    @while_here
    def received_data(self) -> Iterator[bytes]:
        """One piece per descriptor, each cut to what it received."""
        self._after_reception()
        address = 0
        pieces = []
        for size, length in zip(self._descriptors.sizes(), self._descriptors.lengths(), strict=True):
            pieces.append(self._memory.read(address, length))
            address += size
        return iter(pieces)

    @while_here
    def read_received_data(self, destination: bytearray) -> int:
        """Copy what was received, piece after piece; returns how much.

        Raises:
            Panic: the destination is shorter than the next piece.
        """
        at = 0
        for piece in self.received_data():
            if at + len(piece) > len(destination):
                raise Panic(
                    f"a destination of {len(destination)} bytes for {self.number_of_received_bytes()} received ones"
                )
            destination[at : at + len(piece)] = piece
            at += len(piece)
        return at

    def limit_chunk(self, chunk: int) -> None:
        """Give no descriptor more than `chunk` bytes. Raises DmaBufError: InsufficientDescriptors."""
        self._chunk = min(self._chunk, chunk)
        self._descriptors.link(self._memory.address, pieces_of(self.len(), self._chunk))

    @while_here
    def split(self) -> tuple[Descriptors, StaticBuffer]:
        """Take the object apart."""
        self._split(self._descriptors, self._buffer)
        return self._descriptors, self._buffer

    def check_reach(self, burst: BurstConfig) -> None:
        """Check again, with the bursts of the channel. Raises DmaBufError."""
        burst.check(self._machine, Span(self.span.low, self.span.low + self.len()), is_rx=True)

    def prepare(self) -> Preparation:
        """Hand the list to the engine, empty; repeating it does no harm."""
        span = Span(self.span.low, self.span.low + self.len())
        self._sync("invalidate", span, "DmaRxBuf")
        self._descriptors.prepare_rx()
        return Preparation(
            head=self._descriptors.address,
            span=span,
            burst=self._burst,
            auto_write_back=True,
            external=self._is_external(),
        )

    def _after_reception(self) -> None:
        self._sync("invalidate", self.span, "DmaRxBuf")


class DmaRxTxBuf(DmaBuffer):
    """One memory with two lists: what comes in overwrites what went out."""

    def __init__(
        self,
        machine: BareMachine,
        rx_descriptors: Descriptors,
        tx_descriptors: Descriptors,
        buffer: StaticBuffer,
        burst: BurstConfig,
    ) -> None:
        super().__init__(machine, f"a DmaRxTxBuf of {len(buffer)} bytes", buffer, burst)
        region = burst.check(machine, buffer.span, is_rx=True)
        burst.check(machine, buffer.span, is_rx=False)
        require_internal(machine, rx_descriptors.span)
        require_internal(machine, tx_descriptors.span)
        self._chunk = burst.max_chunk(machine, region, is_rx=True)
        self._rx, self._tx = rx_descriptors, tx_descriptors
        self._length = 0
        self._link(len(buffer))
        self._take_parts(rx_descriptors, tx_descriptors, buffer)

    @classmethod
    def new(cls, rx_descriptors: Descriptors, tx_descriptors: Descriptors, buffer: StaticBuffer) -> DmaRxTxBuf:
        """Make a buffer object for both directions. Raises as `DmaTxBuf.new`."""
        for part in (rx_descriptors, tx_descriptors, buffer):
            part.check_here()
        return cls(buffer._machine, rx_descriptors, tx_descriptors, buffer, DEFAULT_BURST)  # noqa: SLF001 - one family

    def _link(self, length: int) -> None:
        for descriptors in (self._rx, self._tx):
            descriptors.link(self._memory.address, pieces_of(length, self._chunk))
        self._length = length

    @while_here
    def len(self) -> int:
        """Bytes that will be exchanged."""
        return self._length

    def __len__(self) -> int:
        return self.len()

    @while_here
    def set_length(self, length: int) -> None:
        """Exchange the first `length` bytes only.

        Raises:
            Panic: more than the capacity, or a length the alignment rules forbid.
        """
        self._check_length(length, receives=True)
        self._link(length)

    @while_here
    def split(self) -> tuple[Descriptors, Descriptors, StaticBuffer]:
        """Take the object apart: receiving list, sending list, memory."""
        self._split(self._rx, self._tx, self._buffer)
        return self._rx, self._tx, self._buffer
