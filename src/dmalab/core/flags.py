"""Planes of flags, one byte of bits per element.

Most accesses concern a few elements, where a NumPy call costs ten times what it does; those are done on the bytes themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

import numpy as np

from dmalab.core.planes import Bytes

SHORT: Final = 256
"""Elements up to which bytes are faster than arrays."""
FEW: Final = 6
"""Elements up to which a loop is faster than either."""
PIECE: Final = 1 << 16
"""Elements of a temporary array at most."""
ALL_BITS = 0xFF


@cache
def _setting(bits: int) -> bytes:
    """A translation table that sets bits."""
    return bytes(value | bits for value in range(256))


@cache
def _clearing(bits: int) -> bytes:
    """A translation table that clears bits."""
    return bytes(value & ~bits for value in range(256))


class Flags:
    """The flags of one plane; ranges are half-open."""

    __slots__ = ("_array", "_bytes")

    def __init__(self, array: Bytes) -> None:
        self._array = array
        self._bytes = memoryview(array)  # type: ignore[arg-type]

    def union(self, low: int, high: int) -> int:
        """All bits that any element has."""
        count = high - low
        if count == 1:
            return self._bytes[low]
        if count > SHORT:
            return int(np.bitwise_or.reduce(self._array[low:high]))
        chunk = self._bytes[low:high].tobytes()
        bits = chunk[0] if chunk else 0
        if chunk.count(bits) != count:
            for value in set(chunk):
                bits |= value
        return bits

    def common(self, low: int, high: int) -> int:
        """The bits that all elements have; all eight for an empty range."""
        if high - low == 1:
            return self._bytes[low]
        if high - low > SHORT:
            return int(np.bitwise_and.reduce(self._array[low:high]))
        bits = ALL_BITS
        for value in set(self._bytes[low:high].tobytes()):
            bits &= value
        return bits

    def set(self, low: int, high: int, bits: int) -> None:
        """Set bits in all elements."""
        flags = self._bytes
        if high - low <= FEW:
            for index in range(low, high):
                flags[index] |= bits
        elif high - low <= SHORT:
            flags[low:high] = flags[low:high].tobytes().translate(_setting(bits))
        else:
            self._array[low:high] |= np.uint8(bits)

    def clear(self, low: int, high: int, bits: int) -> None:
        """Clear bits in all elements."""
        flags = self._bytes
        if high - low <= FEW:
            for index in range(low, high):
                flags[index] &= ~bits
        elif high - low <= SHORT:
            flags[low:high] = flags[low:high].tobytes().translate(_clearing(bits))
        else:
            self._array[low:high] &= np.uint8(ALL_BITS & ~bits)

    def replace(self, index: int, mask: int, bits: int) -> None:
        """In one element, put `bits` where `mask` is."""
        self._bytes[index] = self._bytes[index] & ~mask | bits

    def any_without(self, low: int, high: int, bits: int) -> bool:
        """Whether some element has none of the bits."""
        count = high - low
        if count == 1:
            return not self._bytes[low] & bits
        if count > SHORT:
            return any(not (piece & np.uint8(bits)).min() for piece in self._pieces(low, high))
        return any(not value & bits for value in set(self._bytes[low:high].tobytes()))

    def count_without(self, low: int, high: int, bits: int) -> int:
        """How many elements have none of the bits."""
        if high - low == 1:
            return int(not self._bytes[low] & bits)
        if high - low <= FEW:
            return sum(not value & bits for value in self._bytes[low:high])
        return high - low - sum(int(np.count_nonzero(piece & np.uint8(bits))) for piece in self._pieces(low, high))

    def _pieces(self, low: int, high: int) -> Iterator[Bytes]:
        """A long range in parts: the host maps fresh pages for every large temporary array, which costs more than the work itself."""
        for start in range(low, high, PIECE):
            yield self._array[start : min(start + PIECE, high)]
