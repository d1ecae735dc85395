"""A peripheral's FIFO between a sending and a receiving DMA channel.

What one channel sends into it, another receives from it, in order: a peripheral in loopback. A sender stalls while the FIFO is full, a
receiver while it is empty. A program can also feed it, or take from it, as the outside world would.

Not modelled: the peripheral's own pace, frames, and errors of the line.
"""

from __future__ import annotations

from collections.abc import Callable

DEPTH = 64
"""Bytes a FIFO holds."""


class Fifo:
    """First in, first out."""

    def __init__(self, title: str, depth: int = DEPTH) -> None:
        """Args: `depth` in bytes, at least 1."""
        self.title = title
        self.depth = depth
        self.changed: Callable[[], None] = lambda: None
        """Told when bytes came or went from outside, so that stalled channels go on."""
        self._bytes = bytearray()

    def __len__(self) -> int:
        return len(self._bytes)

    @property
    def room(self) -> int:
        """Bytes that still fit."""
        return self.depth - len(self._bytes)

    def push(self, data: bytes) -> None:
        """Take bytes from a channel; the controller never offers more than `room`."""
        self._bytes += data

    def pull(self, size: int) -> bytes:
        """Give bytes to a channel; the controller never asks for more than there are."""
        data = bytes(self._bytes[:size])
        del self._bytes[:size]
        return data

    def feed(self, data: bytes) -> int:
        """Bytes from outside, as many as fit; how many did."""
        taken = data[: self.room]
        self.push(taken)
        self.changed()
        return len(taken)

    def drain(self, size: int | None = None) -> bytes:
        """Bytes to the outside: `size`, or all there are."""
        data = self.pull(len(self) if size is None else size)
        self.changed()
        return data

    def clear(self) -> None:
        """Forget everything, as a reset of the peripheral does."""
        self._bytes.clear()
        self.changed()
