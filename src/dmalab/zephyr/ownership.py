"""Which memory a channel owns while it runs.

A one-shot list owns all of its blocks, from dma_start to its end. A circular one owns one part at a time: the block it is in, or
the half of it where
halves are told; the rest is the program's. While a channel is suspended nothing moves, so nothing is owned. A linked channel owns
the burst it was triggered for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dmalab.core.generic_dma import GenericDma, Side
from dmalab.core.handover import check_handover
from dmalab.core.machine import BareMachine
from dmalab.core.memory import BadAddress, Claim
from dmalab.core.spans import Span
from dmalab.zephyr.channel import Channel


def label(channel: Channel) -> str:
    """The transfer in words, for reports."""
    assert channel.plan is not None
    kind = "circular transfer" if channel.plan.cyclic else "transfer"
    return f"{kind} of {channel.hardware.total} bytes by {channel.hardware.title}"


def take(machine: BareMachine, controller: GenericDma, channel: Channel, part: tuple[int, int] | None = None) -> None:
    """Hand the channel's memory to it, from now on; `part` limits it to some bytes of the list, `[low, high)`."""
    give_back(machine, channel)
    for span, write in _owned(channel) if part is None else _part(channel, *part):
        claim = Claim(
            span=span,
            write=write,
            owner=channel.first,
            label=label(channel),
            started=channel.started,
            catch_up=controller.catch_up,
            passed=_passed(controller, channel, write),
            ring=channel.plan is not None and channel.plan.cyclic,
        )
        try:
            machine.memory.claim(claim)
        except BadAddress:
            continue
        channel.claims.append(claim)


def give_back(machine: BareMachine, channel: Channel) -> None:
    """The channel's memory is the program's again."""
    for claim in channel.claims:
        machine.memory.release(claim)
    channel.claims.clear()


def check(machine: BareMachine, channel: Channel) -> None:
    """Say so when a block reaches beyond the object it lies in."""
    for block in channel.hardware.blocks:
        for side, write in ((block.source, False), (block.sink, True)):
            for span in side.spans(block.size):
                check_handover(machine, span, is_write=write, started=channel.started)


def slots(channel: Channel) -> int:
    """Parts into which a circular buffer falls."""
    assert channel.config is not None
    return len(channel.hardware.blocks) * (2 if channel.config.half_complete_callback_en else 1)


def _owned(channel: Channel) -> Iterator[tuple[Span, bool]]:
    assert channel.plan is not None
    assert channel.config is not None
    blocks = channel.hardware.blocks
    if not channel.plan.cyclic:
        for block in blocks:
            yield from _both(block.source, block.sink, block.size, 0, block.size)
        return
    parts = 2 if channel.config.half_complete_callback_en else 1
    block = blocks[channel.slot // parts]
    half = block.size // 2
    low, high = (0, block.size) if parts == 1 else (0, half) if channel.slot % 2 == 0 else (half, block.size)
    yield from _both(block.source, block.sink, block.size, low, high)


def _part(channel: Channel, low: int, high: int) -> Iterator[tuple[Span, bool]]:
    at = 0
    for block in channel.hardware.blocks:
        yield from _both(block.source, block.sink, block.size, low - at, high - at)
        at += block.size


def _both(source: Side, sink: Side, size: int, low: int, high: int) -> Iterator[tuple[Span, bool]]:
    for side, write in ((source, False), (sink, True)):
        at = 0
        for span in side.spans(size):
            start, stop = max(low, at), min(high, at + span.size)
            if start < stop:
                yield Span(span.low + start - at, span.low + stop - at), write
            at += span.size


def _passed(controller: GenericDma, channel: Channel, write: bool) -> Callable[[Span], bool]:
    return lambda span: controller.passed(channel.hardware, span, write=write)
