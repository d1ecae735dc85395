"""Linked-list descriptors as they lie in memory.

Word 0 holds size (bits 0-11), length (12-23), err_eof (28), suc_eof (30) and owner (31); word 1 the buffer address; word 2 the
address of the next descriptor, 0 at the end. A descriptor takes 12 bytes, rounded up to the alignment of its engine (16 on AXI GDMA).

Long lists are read and written as arrays: a 16 MiB copy has some 8000 descriptors.
Source: ESP-IDF hal/dma_types.h @102122904ad.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dmalab.core.region import Bytes
from dmalab.core.spans import align_up

WORDS = 3
NODE_BYTES = 4 * WORDS
MAX_BYTES = 4095
"""What the 12-bit size field holds."""
SIZE_MASK = 0xFFF
LENGTH_SHIFT = 12
ERR_EOF = 1 << 28
SUC_EOF = 1 << 30
OWNER_DMA = 1 << 31

Words = npt.NDArray[np.uint32]


def max_item_bytes(align: int) -> int:
    """Most bytes one descriptor carries when buffers are aligned to `align` (a power of two)."""
    return MAX_BYTES & -align


def slot_bytes(align: int) -> int:
    """Distance of descriptors that lie in a row."""
    return align_up(NODE_BYTES, align)


def item_count(size: int, align: int) -> int:
    """Descriptors that `size` bytes take."""
    limit = max_item_bytes(align)
    return (size + limit - 1) // limit


def build(address: int, size: int, *, align: int, nodes: Words, eof: bool, next_address: int) -> None:
    """Fill a row of descriptors for one buffer.

    Args:
        address: Of the buffer.
        size: Bytes of the buffer; at least 1.
        align: Buffer alignment, which limits the bytes per descriptor.
        nodes: Array of shape (item_count, words per slot), in place. Column 2 must already hold the addresses of the following slots.
        eof: Whether the last one is marked as end of frame.
        next_address: What the last one points to.
    """
    limit = max_item_bytes(align)
    count = len(nodes)
    sizes = np.full(count, limit, dtype=np.uint32)
    sizes[-1] = size - limit * (count - 1)
    nodes[:, 0] = sizes | (sizes << LENGTH_SHIFT) | np.uint32(OWNER_DMA)
    nodes[:, 1] = address + limit * np.arange(count, dtype=np.uint32)
    nodes[-1, 2] = next_address
    if eof:
        nodes[-1, 0] |= np.uint32(SUC_EOF)


@dataclass(frozen=True, slots=True)
class Chain:
    """A list as an engine found it: one row per descriptor, in order."""

    addresses: npt.NDArray[np.int64]
    words: Words
    """Shape (count, 3), a copy."""
    cyclic: bool
    """The list comes back to a descriptor it had already visited."""
    broken_at: int | None
    """Address of a descriptor that lies in no memory the engine can read; None when the list is sound."""

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Capacities in bytes."""
        return (self.words[:, 0] & np.uint32(SIZE_MASK)).astype(np.int64)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Valid bytes."""
        return ((self.words[:, 0] >> np.uint32(LENGTH_SHIFT)) & np.uint32(SIZE_MASK)).astype(np.int64)

    @property
    def buffers(self) -> npt.NDArray[np.int64]:
        """Buffer addresses."""
        return self.words[:, 1].astype(np.int64)

    @property
    def dma_owned(self) -> npt.NDArray[np.bool_]:
        """Whether each belongs to the engine."""
        owned: npt.NDArray[np.bool_] = (self.words[:, 0] & np.uint32(OWNER_DMA)) != 0
        return owned

    @property
    def ends(self) -> npt.NDArray[np.bool_]:
        """Whether each carries the end-of-frame mark."""
        marked: npt.NDArray[np.bool_] = (self.words[:, 0] & np.uint32(SUC_EOF)) != 0
        return marked

    def until_eof(self) -> int:
        """How many descriptors there are up to and including the first end-of-frame mark; all when there is none."""
        marks = np.flatnonzero(self.ends)
        return int(marks[0]) + 1 if len(marks) else len(self.words)


def row(data: Bytes, start: int) -> tuple[Words, int]:
    """The descriptors that lie in a row at the beginning of `data`, each pointing to the next.

    Args:
        data: Memory from the first descriptor on; at least 12 bytes.
        start: Address of that descriptor.
    Returns:
        Their words, shape (count, 3), and the distance between them (0 for a single one).
    """
    first = data[:NODE_BYTES].copy().view(np.uint32)
    stride = int(first[2]) - start
    if not NODE_BYTES <= stride <= 64 or stride % 4:
        return first.reshape(1, WORDS), 0
    count = (len(data) - NODE_BYTES) // stride + 1
    padded = np.zeros(count * stride, dtype=np.uint8)
    usable = min(len(padded), len(data))
    padded[:usable] = data[:usable]
    table = padded.view(np.uint32).reshape(count, stride // 4)[:, :WORDS]
    expected = start + stride * np.arange(1, count + 1, dtype=np.int64)
    breaks = np.flatnonzero(table[:, 2].astype(np.int64) != expected)
    length = int(breaks[0]) + 1 if len(breaks) else count
    return table[:length], stride
