"""Fixes for cache and memory that disagree: a sync where one is missing, or other flags and ranges for one that has no effect."""

from __future__ import annotations

from collections.abc import Iterator

from dmalab.fixes.anchors import Anchors
from dmalab.fixes.edit import Edit, Proposal, include, insert_before, takes_insertion
from dmalab.fixes.lifetime import wait_for
from dmalab.fixes.source import Call, Statement

WIDTH = 110
"""Columns; a longer call is broken in front of its flags."""
WRITE_BACK = "ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED"
INVALIDATE = "ESP_CACHE_MSYNC_FLAG_DIR_M2C"
BOTH = "ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_INVALIDATE | ESP_CACHE_MSYNC_FLAG_UNALIGNED"
"""Loses no store of a neighbour, and takes any range."""
BOTH_V5_1 = "ESP_CACHE_MSYNC_FLAG_INVALIDATE | ESP_CACHE_MSYNC_FLAG_UNALIGNED"
"""The same in the first release that has the call: it knows one direction and no name for it."""


def stale_dma_read(anchors: Anchors) -> Iterator[Proposal]:
    """The stores came before the start: write back. They came after it: wait."""
    copy = anchors.copy()
    if copy is None:
        return
    stored, started = anchors.where("stored"), anchors.where("started")
    late = (stored.time_ns if stored else None) or 0
    if stored is not None and started is not None and late > (started.time_ns or 0):
        yield from wait_for(anchors, copy, anchors.statement("stored"))
        return
    yield from _sync_in_front(
        anchors, copy.statement, copy.source, copy.size, WRITE_BACK, "write the source back before the start"
    )


def stale_cpu_read(anchors: Anchors) -> Iterator[Proposal]:
    """Invalidate between the transfer and the look; or, where the line was filled in flight, wait before that."""
    filled, loaded = anchors.statement("filled"), anchors.statement("loaded")
    if filled is not None and (copy := anchors.copy_before(filled)) is not None:
        yield from wait_for(anchors, copy, filled)
    if loaded is None:
        return
    copy = anchors.copy_before(loaded)
    if copy is None:
        return
    summary = "invalidate the destination between the transfer and the read"
    for flags in (INVALIDATE, BOTH_V5_1):
        yield from _sync_in_front(anchors, loaded, copy.to, copy.size, flags, summary)


def dirty_line(anchors: Anchors) -> Iterator[Proposal]:
    """Leave no dirty line in the destination at the start; or wait, where the store came later."""
    copy = anchors.copy()
    if copy is None:
        return
    stored, started = anchors.where("stored"), anchors.where("started")
    if stored is not None and started is not None and (stored.time_ns or 0) > (started.time_ns or 0):
        yield from wait_for(anchors, copy, anchors.statement("stored"))
        return
    summary = "write the destination back and drop its lines before the start"
    yield from _sync_in_front(anchors, copy.statement, copy.to, copy.size, BOTH, summary)


def discarded_write(anchors: Anchors) -> Iterator[Proposal]:
    """Write back what the invalidate would drop."""
    yield from keep_stores(anchors, anchors.sync("dropped"))


def keep_stores(anchors: Anchors, sync: Call | None) -> Iterator[Proposal]:
    """An invalidate that writes back first."""
    if sync is not None and "M2C" in sync.arguments[2].text:
        yield _flags(sync, BOTH, "write back before dropping the lines")


def ineffective_sync(anchors: Anchors) -> Iterator[Proposal]:
    """Other flags where the call was refused or went the wrong way; the copy's range where it was too short."""
    sync = anchors.sync("synced")
    if sync is None:
        return
    flags, message = sync.arguments[2].text, anchors.finding.message
    if "was refused" in message:
        if "M2C" in flags:
            yield _flags(sync, BOTH, "a direction that takes any range")
        elif "UNALIGNED" not in flags:
            wanted = flags if flags != "0" else "ESP_CACHE_MSYNC_FLAG_DIR_C2M"
            yield _flags(sync, f"{wanted} | ESP_CACHE_MSYNC_FLAG_UNALIGNED", "allow a range that is not whole lines")
    elif "covered only" in message:
        copy = anchors.copy()
        if copy is not None:
            yield Proposal(
                summary="cover the whole source",
                edits=(_replace(sync, 0, copy.source), _replace(sync, 1, copy.size)),
            )
    elif "had to be" in message:
        right = INVALIDATE if "had to be invalidated" in message else WRITE_BACK
        yield _flags(sync, right, "the other direction")
    copy = anchors.copy()
    if copy is not None and sync.start > copy.call.start:
        yield from wait_for(anchors, copy, anchors.source.statement_at(sync.start))


def _flags(sync: Call, flags: str, summary: str) -> Proposal:
    return Proposal(summary=summary, edits=(_replace(sync, 2, flags),))


def _replace(call: Call, index: int, text: str) -> Edit:
    argument = call.arguments[index]
    return Edit(argument.start, argument.end, text)


def _sync_in_front(
    anchors: Anchors, statement: Statement, buffer: str, size: str, flags: str, summary: str
) -> Iterator[Proposal]:
    if not takes_insertion(statement):
        return
    line = f"ESP_ERROR_CHECK(esp_cache_msync({buffer}, {size}, {flags}));"
    indent = anchors.source.indent(statement.start)
    if len(indent) + len(line) > WIDTH:
        line = line.replace(f", {flags}", f",\n{indent}{' ' * len('ESP_ERROR_CHECK(esp_cache_msync(')}{flags}")
    yield Proposal(
        summary=summary,
        edits=(*include(anchors.source, "esp_cache.h"), insert_before(anchors.source, statement, line)),
    )
