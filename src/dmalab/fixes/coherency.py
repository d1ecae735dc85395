"""Fixes for cache and memory that disagree: a sync where one is missing, or another operation and range for one that has no effect."""

from __future__ import annotations

from collections.abc import Iterator

from dmalab.fixes.anchors import Anchors
from dmalab.fixes.dialect import Op, SyncCall
from dmalab.fixes.edit import Edit, Proposal, include, insert_before, takes_line_before
from dmalab.fixes.lifetime import too_early
from dmalab.fixes.source import Statement
from dmalab.fixes.transfers import Transfer

WIDTH = 110
"""Columns; a longer call is broken in front of its last argument."""


def stale_dma_read(anchors: Anchors) -> Iterator[Proposal]:
    """The stores came before the start: write back. They came after it: wait."""
    transfer = anchors.transfer()
    if transfer is None:
        return
    if anchors.came_after("stored", "started"):
        yield from too_early(anchors, transfer, anchors.statement("stored"))
    else:
        summary = "write the source back before the start"
        yield from _before_start(anchors, transfer, transfer.source, "writeback", summary)


def stale_cpu_read(anchors: Anchors) -> Iterator[Proposal]:
    """Invalidate between the transfer and the look; or, where the line was filled in flight, wait before that."""
    filled, loaded = anchors.statement("filled"), anchors.statement("loaded")
    if filled is not None:
        for transfer in anchors.before(filled):
            yield from too_early(anchors, transfer, filled)
    if loaded is None:
        return
    summary = "invalidate the destination between the transfer and the read"
    for buffer, size in _received(anchors, loaded):
        yield from _sync_in_front(anchors, loaded, buffer, size, "invalidate", summary)


def _received(anchors: Anchors, loaded: Statement) -> Iterator[tuple[str, str]]:
    """What may have been received before a statement: what the transfers in sight wrote, and what the finding names."""
    named = anchors.named
    if named is not None:
        yield named
    for transfer in anchors.before(loaded):
        if transfer.to and transfer.size and (named is None or transfer.to != named[0]):
            yield transfer.to, transfer.size


def dirty_line(anchors: Anchors) -> Iterator[Proposal]:
    """Leave no dirty line in the destination at the start; or wait, where the store came later."""
    transfer = anchors.transfer()
    if transfer is None:
        wrote = anchors.statement("stored")
        if wrote is not None:
            # A write-back put old bytes over received ones: the line was dirtied after it had been received.
            summary = "invalidate what was received before storing to it"
            for buffer, size in _received(anchors, wrote):
                yield from _sync_in_front(anchors, wrote, buffer, size, "invalidate", summary)
        return
    if anchors.came_after("stored", "started"):
        yield from too_early(anchors, transfer, anchors.statement("stored"))
        return
    summary = "write the destination back and drop its lines before the start"
    yield from _before_start(anchors, transfer, transfer.to, "writeback+invalidate", summary)


def discarded_write(anchors: Anchors) -> Iterator[Proposal]:
    """Write back what the invalidate would drop."""
    yield from keep_stores(anchors, anchors.sync("dropped"))


def keep_stores(anchors: Anchors, sync: SyncCall | None) -> Iterator[Proposal]:
    """An invalidate that writes back first."""
    if sync is not None and sync.op == "invalidate":
        yield from _as(anchors, sync, "writeback+invalidate", "write back before dropping the lines")


def ineffective_sync(anchors: Anchors) -> Iterator[Proposal]:
    """Another operation where the call was refused or went the wrong way; the transfer's range where it was too short."""
    sync, message = anchors.sync("synced"), anchors.finding.message
    if sync is None:
        return
    transfer, receives = anchors.transfer(), anchors.where("loaded") is not None
    if "was refused" in message:
        edit = anchors.dialect.accepts_any_range(sync)
        if edit is not None:
            why = (
                "a direction that takes any range"
                if sync.op == "invalidate"
                else "allow a range that is not whole lines"
            )
            yield Proposal(summary=why, edits=(edit,))
    elif "covered only" in message:
        yield from _cover(anchors, sync, transfer)
    elif "had to be" in message:
        right: Op = "invalidate" if "had to be invalidated" in message else "writeback"
        yield from _as(anchors, sync, right, "the other direction")
    if receives:
        yield from stale_cpu_read(anchors)
    elif transfer is not None and sync.call.start > transfer.call.start:
        yield from too_early(anchors, transfer, anchors.source.statement_at(sync.call.start))


def _cover(anchors: Anchors, sync: SyncCall, transfer: Transfer | None) -> Iterator[Proposal]:
    """The range of the whole buffer."""
    views = anchors.views(transfer) if transfer is not None else []
    here = anchors.source.function_at(sync.call.start)
    ranges = [("the whole source", seen.source, seen.size) for seen in views if seen.function == here]
    if anchors.named is not None:
        ranges.append(("the whole buffer", *anchors.named))
    for what, buffer, size in ranges:
        if buffer and size:
            yield Proposal(summary=f"cover {what}", edits=over(sync, buffer, size))


def over(sync: SyncCall, buffer: str, size: str) -> tuple[Edit, ...]:
    """A sync with another range."""
    return (Edit(sync.buffer.start, sync.buffer.end, buffer), Edit(sync.size.start, sync.size.end, size))


def alias_mix(anchors: Anchors) -> Iterator[Proposal]:
    """Empty the cache of the range between its cached and its uncached use."""
    uncached, cached = anchors.statement("uncached"), anchors.where("cached")
    if uncached is None or cached is None or anchors.named is None:
        return
    summary = "write back and drop the cached lines before the uncached use"
    yield from _sync_in_front(anchors, uncached, *anchors.named, "writeback+invalidate", summary)


def unsafe_maintenance(anchors: Anchors) -> Iterator[Proposal]:
    """The call that takes the lock, and writes back what it drops."""
    line = anchors.line("called")
    if line is not None:
        yield from anchors.dialect.locked(anchors.source, line)


def ordering(anchors: Anchors) -> Iterator[Proposal]:
    """A write-back waits for everything that is on its way to memory."""
    loaded = anchors.statement("loaded")
    for transfer in anchors.before(loaded) if loaded is not None else ():
        if loaded is not None and transfer.to and transfer.size:
            summary = "write back a line after the transfer, which waits for its last bytes"
            yield from _sync_in_front(anchors, loaded, transfer.to, transfer.size, "writeback", summary)


def _as(anchors: Anchors, sync: SyncCall, op: Op, summary: str) -> Iterator[Proposal]:
    edit = anchors.dialect.with_op(sync, op)
    if edit is not None:
        yield Proposal(summary=summary, edits=(edit,))


def _before_start(anchors: Anchors, transfer: Transfer, buffer: str, op: Op, summary: str) -> Iterator[Proposal]:
    """In front of the start; where the helper that starts does not say what it moves, what the finding names."""
    if buffer and transfer.size:
        yield from _sync_in_front(anchors, transfer.statement, buffer, transfer.size, op, summary)
    if anchors.named is not None:
        yield from _sync_in_front(anchors, transfer.statement, *anchors.named, op, summary)


def _sync_in_front(
    anchors: Anchors, statement: Statement, buffer: str, size: str, op: Op, summary: str
) -> Iterator[Proposal]:
    line = anchors.dialect.sync(op, buffer, size)
    if line is None or not takes_line_before(statement):
        return
    indent = anchors.source.indent(statement.start)
    if len(indent) + len(line) > WIDTH:
        head, _, last = line.rpartition(", ")
        line = f"{head},\n{indent}{' ' * (line.rindex('(', 0, line.index(buffer)) + 1)}{last}"
    yield Proposal(
        summary=summary,
        edits=(*include(anchors.source, anchors.dialect.cache_header), insert_before(anchors.source, statement, line)),
    )
