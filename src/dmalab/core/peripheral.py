"""The far end of a channel that does not copy memory: a device that takes bytes, or gives them.

A device never touches memory. It is connected to a channel (`Engine.connect`) and says when it wants bytes to move
(`Engine.exchange`); the engine fetches and stores them.
"""

from __future__ import annotations

from typing import Protocol


class Peripheral(Protocol):
    """A device as an engine sees it."""

    title: str
    """How reports call it, such as `SPI2`."""

    def push(self, data: bytes) -> None:
        """The next bytes that the engine fetched from memory for the device, in order."""
        ...

    def pull(self, size: int) -> bytes:
        """The next `size` bytes that the device hands to the engine, in order."""
        ...
