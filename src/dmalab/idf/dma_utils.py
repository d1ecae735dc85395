"""Splitting a receive buffer into a cache-aligned body and edges that go through a stash.

Source: ESP-IDF v5.5 components/esp_hw_support/dma/esp_dma_utils.c (esp_dma_split_rx_buffer_to_cache_aligned,
esp_dma_merge_aligned_rx_buffers).
"""

from __future__ import annotations

from dataclasses import dataclass

from dmalab.core.caps import Cap
from dmalab.core.events import Sync
from dmalab.core.machine import BareMachine
from dmalab.core.spans import Span, align_up
from dmalab.idf.cache import line_by_address, sync_regions
from dmalab.idf.errors import EspErr, IdfError


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the buffer: where the engine writes, and where those bytes belong."""

    address: int
    """0 for a part that is not needed."""
    size: int
    recovery: int
    """Where the bytes must be copied to afterwards; 0 when they already are where they belong."""


@dataclass(frozen=True, slots=True)
class SplitBuffer:
    """The three parts and the stash behind the edges."""

    head: Part
    body: Part
    tail: Part
    stash: int
    """Address of the stash; 0 without one."""


_NONE = Part(0, 0, 0)


def split_rx_buffer(machine: BareMachine, address: int, size: int) -> SplitBuffer:
    """Cut a buffer so that the engine never writes into a line that also holds somebody else's bytes.

    The body, and on chips with cached internal RAM the stash, is invalidated here, before the transfer.

    Raises:
        IdfError: INVALID_ARG for no buffer, NO_MEM for the stash.
    """
    if not address or not size:
        raise IdfError(EspErr.INVALID_ARG, "no buffer")
    line = line_by_address(machine, address)
    if not line:
        return SplitBuffer(_NONE, Part(address, size, 0), _NONE, 0)
    block = machine.allocate_internal(2 * line, Cap.DMA | Cap.INTERNAL | Cap.BIT8, purpose="DMA stash")
    if block is None:
        raise IdfError(EspErr.NO_MEM, "no memory for the stash")
    stash = block.address
    machine.memory.store(stash, bytes(2 * line))
    before, behind = -address % line, (address + size) % line
    if before >= size or behind >= size:
        split = SplitBuffer(Part(stash, size, address), _NONE, _NONE, stash)
    else:
        body_size = size - before - behind
        split = SplitBuffer(
            Part(stash, before, address) if before else _NONE,
            Part(address + before, body_size, 0) if body_size else _NONE,
            Part(stash + line, behind, address + size - behind) if behind else _NONE,
            stash,
        )
    _invalidate(machine, split, line)
    return split


def _invalidate(machine: BareMachine, split: SplitBuffer, line: int) -> None:
    parts = [split.body]
    if line_by_address(machine, split.stash):
        parts += [split.head, split.tail]
    for part in parts:
        if part.address:
            span = Span(part.address, part.address + align_up(part.size, line))
            sync_regions(
                machine, Sync(span=span, op="invalidate", by=machine.now(), call="esp_async_memcpy", driver=True)
            )


def merge_rx_buffers(machine: BareMachine, split: SplitBuffer) -> None:
    """Copy the edges from the stash to where they belong, by the core."""
    for part in (split.head, split.tail):
        if part.address:
            machine.memory.store(part.recovery, machine.memory.load(part.address, part.size))
