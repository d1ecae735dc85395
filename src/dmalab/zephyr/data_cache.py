"""Cache maintenance that a driver does on the client's data, as the one of the Espressif chips does.

Before a transfer the source is flushed and the destination invalidated, after a received one the destination is invalidated; lines
at the edges are
flushed first where they hold somebody else's bytes.
Source: zephyr drivers/dma/dma_esp32_gdma.c (2026, pull 110843).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from dmalab.core.events import Sync
from dmalab.core.machine import BareMachine
from dmalab.core.spans import Span
from dmalab.zephyr.channel import Channel


def before(machine: BareMachine, channel: Channel, call: str) -> None:
    """A channel was configured or reloaded."""
    for block in channel.hardware.blocks:
        for span in block.source.spans(block.size):
            _sync(machine, span, "writeback", call)
    _invalidate(machine, channel, call)


def after(machine: BareMachine, channel: Channel) -> None:
    """A list came to its end."""
    _invalidate(machine, channel, "the end of a frame")


def _invalidate(machine: BareMachine, channel: Channel, call: str) -> None:
    for block in channel.hardware.blocks:
        for span in block.sink.spans(block.size):
            for edge in _edges(machine, span):
                _sync(machine, edge, "writeback", call)
            _sync(machine, span, "invalidate", call)


def _edges(machine: BareMachine, span: Span) -> Iterator[Span]:
    """One byte in each line that the span shares with others."""
    region = machine.memory.find(span.low)
    line = region.line_bytes if region is not None and region.cached else 1
    if span.low % line:
        yield Span(span.low, span.low + 1)
    if span.high % line:
        yield Span(span.high - 1, span.high)


def _sync(machine: BareMachine, span: Span, op: Literal["writeback", "invalidate"], call: str) -> None:
    region = machine.memory.find(span.low)
    if region is not None and region.cached and span.high <= region.end:
        machine.sync(Sync(span=span, op=op, by=machine.now(), call=call, driver=True))
