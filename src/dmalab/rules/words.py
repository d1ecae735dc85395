"""The words a vendor layer lends to the rules: how its users write a write-back, an invalidate, an allocation."""

from __future__ import annotations

from typing import Protocol

from dmalab.chips.model import Kind


class Words(Protocol):
    """What to write instead, in the user's API."""

    def writeback(self, name: str, size: int) -> str:
        """A call that writes `size` bytes at `name` back."""
        ...

    def invalidate(self, name: str, size: int) -> str:
        """A call that invalidates them."""
        ...

    def writeback_invalidate(self, name: str, size: int) -> str:
        """A call that does both, and keeps the neighbours alive."""
        ...

    def allocate(self, size: int, kind: Kind) -> str:
        """A call that allocates memory engines can use."""
        ...

    def completion(self) -> str:
        """What to wait for."""
        ...

    def from_isr(self, call: str) -> str:
        """What to call instead inside an interrupt."""
        ...
