"""Linked-list descriptors as they lie in memory.

Word 0 holds size (bits 0-11), length (12-23), err_eof (28), suc_eof (30) and owner (31); word 1 the buffer address;
word 2 the address of the next descriptor, 0 at the end. A descriptor takes 12 bytes, rounded up to the alignment of its
engine (16 on AXI GDMA).

Long lists are read and written as arrays: a 16 MiB copy has some 8000 descriptors.
Source: ESP-IDF hal/dma_types.h @102122904ad.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

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
        nodes: Array of shape (item_count, words per slot), in place. Column 2 must already hold the addresses of the
            following slots.
        eof: Whether the last one is marked as end of frame.
        next_address: What the last one points to.
    """
    limit = max_item_bytes(align)
    count = len(nodes)
    rest = size - limit * (count - 1)
    nodes[:, 0] = limit | limit << LENGTH_SHIFT | OWNER_DMA
    nodes[-1, 0] = rest | rest << LENGTH_SHIFT | OWNER_DMA | (SUC_EOF if eof else 0)
    nodes[:, 1] = np.arange(count, dtype=np.uint32) * np.uint32(limit) + np.uint32(address)
    nodes[-1, 2] = next_address


def returned(word: int, length: int, *, eof: bool) -> int:
    """Word 0 of a receive descriptor as the engine gives it back.

    Args:
        word: What it was.
        length: Bytes received.
        eof: Whether the frame ended here.
    """
    kept = word & ~(OWNER_DMA | SUC_EOF | ERR_EOF | SIZE_MASK << LENGTH_SHIFT)
    return kept | length << LENGTH_SHIFT | (SUC_EOF if eof else 0)
