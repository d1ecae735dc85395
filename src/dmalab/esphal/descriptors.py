"""A static array of DMA descriptors, and how buffer objects link it.

A descriptor is three words: flags (size, length, end of frame, owner), buffer address, next. Linking cuts a buffer into pieces; preparing
hands the pieces to the engine. Spare descriptors stay unlinked, which is no error.
Source: esp-rs/esp-hal v0.21.1 esp-hal/src/dma/mod.rs (DescriptorSet, descriptor_count), dma/buffers.rs.
"""

from __future__ import annotations

from collections.abc import Sequence

from dmalab.core.descriptor import LENGTH_SHIFT, NODE_BYTES, OWNER_DMA, SIZE_MASK, SUC_EOF
from dmalab.core.machine import BareMachine
from dmalab.core.spans import Span, align_up
from dmalab.esphal.errors import DmaBufError, DmaBufErrorKind
from dmalab.esphal.moves import Movable

CHUNK_SIZE = 4092
"""Bytes per descriptor that the macros count with: the largest multiple of four the size field holds."""


def descriptor_count(size: int, chunk_size: int = CHUNK_SIZE, *, circular: bool = False) -> int:
    """Descriptors for `size` bytes.

    A circular list has at least three, so that one can be filled while another is read.
    """
    if circular and size <= 2 * chunk_size:
        return 3
    return -(-size // chunk_size)


class Descriptors(Movable):
    """A slice of descriptors in chip memory."""

    def __init__(self, machine: BareMachine, address: int, count: int, align: int = 4) -> None:
        super().__init__(machine, f"a slice of {count} DMA descriptors")
        self.address = address
        self.count = count
        self.stride = align_up(NODE_BYTES, align)
        self.linked = 0
        """Descriptors in use, from the first."""

    def __len__(self) -> int:
        return self.count

    @property
    def span(self) -> Span:
        """The memory they take."""
        return Span(self.address, self.address + self.count * self.stride)

    def at(self, index: int) -> int:
        """Address of one."""
        return self.address + index * self.stride

    def link(self, address: int, pieces: Sequence[int], *, ring: bool = False) -> None:
        """Point one descriptor at each piece of a buffer; all belong to the CPU.

        Args:
            address: Where the first piece begins; the others follow without a gap.
            pieces: Their sizes in bytes, 1 to 4095 each, or a single 0.
            ring: Whether the last one points to the first.
        Raises:
            DmaBufError: InsufficientDescriptors.
        """
        if len(pieces) > self.count:
            raise DmaBufError(
                DmaBufErrorKind.INSUFFICIENT_DESCRIPTORS, f"{len(pieces)} descriptors needed, {self.count} given"
            )
        self.linked = len(pieces)
        for index, size in enumerate(pieces):
            last = index + 1 == len(pieces)
            following = 0 if last else self.at(index + 1)
            self.write(index, size, address, self.address if last and ring else following)
            address += size

    def write(self, index: int, flags: int, buffer: int, following: int) -> None:
        """Write one whole descriptor."""
        words = (flags, buffer, following)
        image = b"".join(word.to_bytes(4, "little") for word in words)
        self._machine.memory.driver_store(self.at(index), image)

    def flags(self, index: int) -> int:
        """The first word, as memory holds it."""
        return self._word(self.at(index))

    def next(self, index: int) -> int:
        """The address of the following descriptor; 0 at the end."""
        return self._word(self.at(index) + 8)

    def buffer(self, index: int) -> int:
        """The address of the piece."""
        return self._word(self.at(index) + 4)

    def _word(self, address: int) -> int:
        region, offset, _ = self._machine.memory.locate(address, 4)
        return int.from_bytes(region.mem[offset : offset + 4].tobytes(), "little")

    def set_flags(self, index: int, flags: int) -> None:
        """Write the first word."""
        self._machine.memory.driver_store(self.at(index), flags.to_bytes(4, "little"))

    def set_next(self, index: int, address: int) -> None:
        """Write the link."""
        self._machine.memory.driver_store(self.at(index) + 8, address.to_bytes(4, "little"))

    # -- what the fields say -----------------------------------------------------------------------------------------

    def size(self, index: int) -> int:
        """Room in bytes."""
        return self.flags(index) & SIZE_MASK

    def length(self, index: int) -> int:
        """Valid bytes."""
        return self.flags(index) >> LENGTH_SHIFT & SIZE_MASK

    def dma_owned(self, index: int) -> bool:
        """Whether the engine may use it."""
        return bool(self.flags(index) & OWNER_DMA)

    def ends_frame(self, index: int) -> bool:
        """Whether it carries the end-of-frame mark."""
        return bool(self.flags(index) & SUC_EOF)

    def sizes(self) -> list[int]:
        """Room of every linked one."""
        return [self.size(index) for index in range(self.linked)]

    def lengths(self) -> list[int]:
        """Valid bytes of every linked one."""
        return [self.length(index) for index in range(self.linked)]

    # -- handing over ------------------------------------------------------------------------------------------------

    def prepare_tx(self, *, end_each: bool = False) -> None:
        """Give every linked one to the engine, to be sent whole; the last ends the frame."""
        for index in range(self.linked):
            size = self.size(index)
            end = SUC_EOF if end_each or index + 1 == self.linked else 0
            self.set_flags(index, OWNER_DMA | end | size << LENGTH_SHIFT | size)

    def prepare_rx(self) -> None:
        """Give every linked one to the engine, empty."""
        for index in range(self.linked):
            self.set_flags(index, OWNER_DMA | self.size(index))


def pieces_of(length: int, chunk: int) -> list[int]:
    """Piece sizes of `length` bytes; a single empty one for 0."""
    whole, rest = divmod(length, chunk)
    return [chunk] * whole + ([rest] if rest or not whole else [])
