"""Fixes in esp-hal's words. Its buffer objects keep the caches; what goes wrong came around them."""

from __future__ import annotations

from dmalab.chips.model import Kind


class EspHalWords:
    """See `rules.words.Words`."""

    def writeback(self, name: str, size: int) -> str:
        """A sending buffer object writes back when the transfer takes it."""
        return f"move {name}, {size} bytes, into the transfer in a DmaTxBuf, which writes the cache back"

    def invalidate(self, name: str, size: int) -> str:
        """A receiving one invalidates before, and once more when the received data are asked for."""
        return f"move {name}, {size} bytes, into the transfer in a DmaRxBuf, and read it with received_data(), which invalidates"

    def writeback_invalidate(self, name: str, size: int) -> str:
        """A buffer object for both does both."""
        return f"move {name}, {size} bytes, into the transfer in a DmaRxTxBuf, which does both"

    def allocate(self, size: int, kind: Kind) -> str:
        """Statics; only an explicit one lies in PSRAM."""
        wanted = str(size) if size else "size"
        return f"a static buffer of {wanted} bytes in PSRAM" if kind is Kind.PSRAM else f"dma_buffers!({wanted})"

    def completion(self) -> str:
        """What gives the memory back."""
        return "wait() of the transfer"

    def from_isr(self, call: str) -> str:
        """Nothing of esp-hal may wait in an interrupt."""
        return f"look at is_done() there, and leave {call.rpartition('::')[2]}() to a task"
