"""Splitting a receive buffer into a cache-aligned body and edges that go through a stash.

Source: ESP-IDF components/esp_hw_support/dma/esp_dma_utils.c (v5.3.2 to v5.5),
components/esp_driver_dma/src/esp_dma_utils.c (v6.0, master).
"""

from __future__ import annotations

from dataclasses import dataclass

from dmalab.core.caps import Cap
from dmalab.core.events import Stamp, Sync
from dmalab.core.heap import Block
from dmalab.core.machine import BareMachine
from dmalab.core.spans import Span, align_up
from dmalab.idf.cache import line_by_address, sync_regions
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.release import Release
from dmalab.idf.release import of as release_of


@dataclass(slots=True)
class Part:
    """A piece of the buffer: where the engine writes, and where those bytes belong."""

    address: int
    """0 for a part that is not needed."""
    size: int
    recovery: int
    """Where the bytes must be copied to afterwards; 0 when they already are where they belong."""


@dataclass(slots=True)
class SplitBuffer:
    """The three parts and the stash behind the edges."""

    head: Part
    body: Part
    tail: Part
    stash: int
    """Address of the stash; 0 without one."""


_NONE = Part(0, 0, 0)
_STASH_CAPS = int(Cap.DMA | Cap.INTERNAL | Cap.BIT8)


def split_rx_buffer(
    machine: BareMachine,
    address: int,
    size: int,
    *,
    stash: int = 0,
    release: Release | None = None,
    by: Stamp | None = None,
    again: Block | None = None,
) -> SplitBuffer:
    """Cut a buffer so that the engine never writes into a line that also holds somebody else's bytes.

    The body, and on chips with cached internal RAM the stash, is invalidated here, before the transfer.

    Args:
        machine: Where.
        address: Of the buffer.
        size: Its bytes.
        stash: v6.0 on: two lines of the caller's own; 0 to have them allocated.
        release: Whose rules; the machine's when left out.
        by: Who asks; whoever runs now when left out.
        again: The stash of a former split of the same line size, which the heap has given anew.
    Raises:
        IdfError: INVALID_ARG for no buffer or a misaligned stash, NO_MEM for the stash.
    """
    if not address or not size:
        raise IdfError(EspErr.INVALID_ARG, "no buffer")
    line = line_by_address(machine, address)
    if not line:
        return SplitBuffer(_NONE, Part(address, size, 0), _NONE, 0)
    modern = (release or release_of(machine)).since("6.0")
    by = by or machine.now()
    stash = _stash(machine, line, stash if modern else 0, by, again)
    split = _cut(address, size, line, stash, tail_first=modern)
    _invalidate(machine, split, line, by)
    return split


def stash_bytes(machine: BareMachine, address: int) -> int:
    """Size of the stash that a buffer at this address needs; 0 where it has no cache."""
    return 2 * line_by_address(machine, address)


def _stash(machine: BareMachine, line: int, given: int, by: Stamp, again: Block | None) -> int:
    if given:
        own_line = line_by_address(machine, given) or 1
        if given % own_line:
            raise IdfError(EspErr.INVALID_ARG, f"the stash {given:#010x} is not aligned to {own_line} bytes")
        return given
    block = again or machine.allocate_internal(2 * line, _STASH_CAPS, purpose="DMA stash", by=by)
    if block is None:
        raise IdfError(EspErr.NO_MEM, "no memory for the stash")
    machine.memory.store(block.address, bytes(2 * line))
    return block.address


def _cut(address: int, size: int, line: int, stash: int, *, tail_first: bool) -> SplitBuffer:
    """The three parts; `tail_first` puts the tail into the first line of the stash when there is no head."""
    before, behind = -address % line, (address + size) % line
    if before >= size or behind >= size:
        return SplitBuffer(Part(stash, size, address), _NONE, _NONE, stash)
    body = size - before - behind
    tail_at = stash if tail_first and not before else stash + line
    return SplitBuffer(
        Part(stash, before, address) if before else _NONE,
        Part(address + before, body, 0) if body else _NONE,
        Part(tail_at, behind, address + size - behind) if behind else _NONE,
        stash,
    )


def split_buffer(address: int, size: int, stash: int, stash_size: int, align: int) -> SplitBuffer:
    """The first form of the split (v5.3.2, v5.4.0): the caller gives stash and alignment, and sees to the caches itself.

    Raises:
        IdfError: INVALID_ARG for no buffer, an alignment that is no power of two, or a stash that is misaligned or
            smaller than two of them.
    """
    if not address or not size or not stash or align < 1 or align & (align - 1):
        raise IdfError(EspErr.INVALID_ARG, "no buffer, no stash or no alignment")
    if stash % align or stash_size < 2 * align:
        raise IdfError(EspErr.INVALID_ARG, f"the stash must be two times {align} bytes, and aligned to them")
    return _cut(address, size, align, stash, tail_first=False)


def cut_as_split(machine: BareMachine, address: int, size: int, stash: int, align: int) -> SplitBuffer:
    """How `split_rx_buffer` (alignment 0) or `split_buffer` cut a buffer with this stash, without doing anything."""
    line = align or line_by_address(machine, address)
    if not line:
        return SplitBuffer(_NONE, Part(address, size, 0), _NONE, 0)
    return _cut(address, size, line, stash, tail_first=not align and release_of(machine).since("6.0"))


def _invalidate(machine: BareMachine, split: SplitBuffer, line: int, by: Stamp) -> None:
    parts = [split.body]
    if line_by_address(machine, split.stash):
        parts += [split.head, split.tail]
    for part in parts:
        if part.address:
            span = Span(part.address, part.address + align_up(part.size, line))
            sync_regions(machine, Sync(span=span, op="invalidate", by=by, call="esp_async_memcpy", driver=True))


def merge_barrier(machine: BareMachine, release: Release | None = None) -> None:
    """What a merge begins with from v6.0 on: it waits for what is still on its way to PSRAM, on silicon that lets it lag."""
    if machine.posted is not None and (release or release_of(machine)).since("6.0"):
        machine.posted.drain()


def merge_rx_buffers(machine: BareMachine, split: SplitBuffer, *, release: Release | None = None) -> None:
    """Copy the edges from the stash to where they belong, by the core.

    Args:
        machine: Where.
        split: What was received into.
        release: Whose rules; the machine's when left out.
    """
    merge_barrier(machine, release)
    for part in (split.head, split.tail):
        if part.address:
            merge_part(machine, part.recovery, part.address, part.size)


def merge_part(machine: BareMachine, to: int, stash: int, size: int) -> None:
    """Copy one edge from the stash to where it belongs.

    The stash is ESP-IDF's own and nobody else touches its lines; a prefetch that `--policy random` puts there between its
    invalidate and the transfer would be no fault of the firmware. So it is read past the cache where there is a way, unless the core has
    written into it.
    """
    memory = machine.memory
    region, offset, _ = memory.locate(stash, size)
    past_the_cache = region.alias_base and not region.has_dirty(*region.lines_of(offset, size))
    data = memory.peek(region.alias_base + offset, size) if past_the_cache else memory.load(stash, size)
    memory.store(to, data)
