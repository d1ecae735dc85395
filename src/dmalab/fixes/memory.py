"""Fixes for memory in the wrong place or shape: another capability or section, whole cache lines, the engine's alignment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dmalab.fixes.anchors import Anchors
from dmalab.fixes.coherency import keep_stores, over, stale_cpu_read
from dmalab.fixes.dialect import rounded
from dmalab.fixes.edit import Edit, Proposal
from dmalab.fixes.source import Call, Function, Piece
from dmalab.fixes.transfers import Transfer, base

_ALIGN = re.compile(r"align(?: the)? address and(?: the)? size to (\d+) bytes")
_ROUNDED = re.compile(r"\+ .* / \w+ \* \w+$|ROUND_UP|WHOLE_LINES")
"""A length that was rounded already."""


def unreachable(anchors: Anchors) -> Iterator[Proposal]:
    """Memory that the engine reaches for the buffer, RAM for a constant, or an engine that reaches it."""
    transfer = anchors.transfer()
    if transfer is None:
        return
    for seen in anchors.views(transfer):
        for name in dict.fromkeys((base(seen.source), base(seen.to))):
            allocation = anchors.allocation(name, seen.function)
            edit = anchors.dialect.reachable(allocation) if allocation is not None else None
            if edit is not None:
                yield Proposal(summary=f"allocate '{name}' in internal memory", edits=(edit,))
            array = anchors.array(name, seen.function) or anchors.array(name, None)
            if array is not None:
                yield from anchors.dialect.reachable_place(name, array)
    yield from anchors.dialect.other_engine(anchors.source)


def shared_line(anchors: Anchors) -> Iterator[Proposal]:
    """Whole lines for the buffer; or a sync that keeps the neighbour's stores, or spares its lines."""
    line = anchors.finding.line.size if anchors.finding.line is not None else 0
    sync, transfer = anchors.sync("invalidated"), anchors.transfer()
    if sync is not None and line:
        function = anchors.source.function_at(sync.call.start)
        if function is not None:
            buffer, size = base(sync.buffer.text), sync.size.text
            # A range that was rounded by hand is what the buffer should have been; one that was not gets rounded.
            for whole in dict.fromkeys((size, anchors.dialect.whole_lines(size, line))):
                yield from _whole_lines(anchors, buffer, function, whole, line)
    if transfer is not None and line and transfer.size:
        for seen in anchors.views(transfer):
            whole = anchors.dialect.whole_lines(seen.size, line)
            yield from _whole_lines(anchors, base(seen.to), seen.function, whole, line)
    if sync is not None:
        statement = anchors.source.statement_at(sync.call.start)
        for before in anchors.before(statement) if statement is not None else ():
            if before.to == sync.buffer.text and before.size not in ("", sync.size.text):
                yield Proposal(summary="drop only what was received", edits=over(sync, before.to, before.size))
        yield from keep_stores(anchors, sync)
    if anchors.line("invalidated") is None and anchors.line("started") is None:
        yield from stale_cpu_read(anchors)


def _whole_lines(anchors: Anchors, name: str, function: Function, length: str, line: int) -> Iterator[Proposal]:
    """A buffer with a length of whole lines, at the start of one."""
    allocation = anchors.allocation(name, function)
    if allocation is not None:
        yield from _allocated(anchors, allocation, length, line)
        return
    array = anchors.array(name, function) or anchors.array(name, None)
    if array is None:
        return
    edits = [*_array(anchors, array, length, line)]
    if edits:
        yield Proposal(summary=f"give '{name}' whole cache lines", edits=tuple(edits))


def _array(anchors: Anchors, array: Piece, length: str, line: int) -> Iterator[Edit]:
    """An array of bytes of a length, aligned."""
    bracket = re.search(r"\[([^\]]*)\]", array.text)
    if bracket is None or array.text.count("[") != 1:
        return
    if bracket[1] != length and not _ROUNDED.search(bracket[1]):
        whole = anchors.dialect.whole_lines(bracket[1], line)
        yield Edit(array.start + bracket.start(1), array.start + bracket.end(1), whole)
    if "aligned" not in array.text:
        at = array.start + bracket.end()
        yield Edit(at, at, f" {anchors.dialect.aligned(line)}")


def _allocated(anchors: Anchors, allocation: Call, length: str, line: int) -> Iterator[Proposal]:
    shape = anchors.dialect.allocations[allocation.name]
    piece = allocation.arguments[shape.size] if shape.size is not None else None
    if piece is None and allocation.name == "heap_caps_aligned_calloc" and allocation.arguments[1].text == "1":
        piece = allocation.arguments[2]
    start = anchors.dialect.align(allocation, line)
    if piece is None or start is None:
        return
    edits = [*start]
    if piece.text != length:
        edits.append(Edit(piece.start, piece.end, length))
    if edits:
        yield Proposal(summary="allocate whole cache lines", edits=tuple(edits))


def misaligned(anchors: Anchors) -> Iterator[Proposal]:
    """Both buffers and the length in multiples of what the engine needs, where all three have the same length in the source."""
    transfer, found = anchors.transfer() or anchors.transfer("called"), _ALIGN.search(anchors.finding.fix)
    if transfer is None:
        return
    yield from anchors.dialect.less_alignment(anchors.source, transfer, anchors.finding.message)
    if found is None:
        return
    align = int(found[1])
    if align & (align - 1) or align <= 1:
        return
    for seen in anchors.views(transfer):
        edits = [*_resized(anchors, seen, align)]
        if not edits:
            continue
        yield Proposal(summary=f"start and length in multiples of {align} bytes", edits=tuple(edits))


def _resized(anchors: Anchors, transfer: Transfer, align: int) -> Iterator[Edit]:
    length = transfer.length
    if length is None:
        return
    whole = rounded(length.text, align)
    for name in dict.fromkeys((base(transfer.to), base(transfer.source))):
        allocation = anchors.allocation(name, transfer.function)
        if allocation is None:
            array = anchors.array(name, transfer.function) or anchors.array(name, None)
            if array is None or f"[{length.text}]" not in array.text:
                return
            at = array.start + array.text.index(f"[{length.text}]") + 1
            yield Edit(at, at + len(length.text), whole)
            if "aligned" not in array.text:
                behind = at + len(length.text) + 1
                yield Edit(behind, behind, f" {anchors.dialect.aligned(align)}")
            continue
        same = [piece for piece in allocation.arguments if piece.text == length.text]
        start = anchors.dialect.align(allocation, align)
        if len(same) != 1:
            return
        yield Edit(same[0].start, same[0].end, whole)
        yield from start or ()
    yield Edit(length.start, length.end, whole)
