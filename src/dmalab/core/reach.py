"""What an engine can get at: which memories, and with which alignment."""

from __future__ import annotations

from dmalab.chips.model import Engine as EngineFacts
from dmalab.chips.model import Kind
from dmalab.core.channel import Channel, Direction
from dmalab.core.events import EventBus, Misaligned, Stamp, Unreachable
from dmalab.core.memory import BadAddress, Memory
from dmalab.core.spans import Span
from dmalab.core.transfer import Transfer

SINGLE_BEAT = 4
"""Bytes that move at once with bursts off."""


class Reach:
    """The view that one engine has of the address space."""

    def __init__(self, facts: EngineFacts, memory: Memory, bus: EventBus, psram_align: int) -> None:
        """Args: `psram_align` is what encryption or error correction demands of addresses and sizes in PSRAM."""
        self._facts = facts
        self._memory = memory
        self._bus = bus
        self._psram_align = psram_align

    def kind(self, address: int) -> Kind | None:
        """What memory lies at an address; None for none."""
        region = self._memory.find(address)
        return region.kind if region is not None else None

    def covers(self, span: Span, *, write: bool) -> bool:
        """Whether one region that the hardware can read or write serves the whole span."""
        try:
            region, _, _ = self._memory.locate(span.low, span.high - span.low)
        except BadAddress:
            return False
        return region.kind in self._facts.reaches and not (write and region.kind is Kind.FLASH)

    def alignment(self, channel: Channel, *, external: bool) -> int:
        """What the hardware demands of addresses and sizes on a channel, in bytes."""
        align = self._psram_align if external else 1
        if self._facts.rx_burst_needs_alignment and channel.direction is Direction.RX and channel.burst:
            align = max(align, channel.burst if external else SINGLE_BEAT)
        return align

    def judge_alignment(self, channel: Channel, span: Span, started: Stamp) -> None:
        """Say so when a channel can't work on these bytes."""
        external = self.kind(span.low) is Kind.PSRAM
        align = self.alignment(channel, external=external)
        if (span.low | span.size) % align:
            where = "PSRAM" if external else "internal RAM"
            self._bus.emit(
                Misaligned(
                    span=span,
                    align=align,
                    engine=channel.title,
                    why=f"in {where} this channel needs address and size aligned to {align} bytes",
                    started=started,
                    refusal=None,
                )
            )

    def report_unreachable(self, transfer: Transfer) -> bool:
        """Say which memory of a transfer the engine can't get at; whether it gets at all."""
        fine = True
        for segments, write in ((transfer.sources, False), (transfer.sinks, True)):
            for segment in segments:
                if self.covers(segment.span, write=write):
                    continue
                fine = False
                region = self._memory.find(segment.span.low)
                self._bus.emit(
                    Unreachable(
                        span=segment.span,
                        region=region.name if region is not None else "no memory",
                        engine=self._facts.title,
                        is_write=write,
                        started=transfer.started,
                        refusal=None,
                    )
                )
        return fine
