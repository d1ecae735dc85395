"""Fixes for memory in the wrong place or shape: another capability, another engine, whole cache lines, the engine's alignment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dmalab.fixes.anchors import Anchors, Copy, capabilities, size
from dmalab.fixes.coherency import keep_stores
from dmalab.fixes.edit import Edit, Proposal
from dmalab.fixes.source import Call

_ALIGN = re.compile(r"align(?: the)? address and(?: the)? size to (\d+) bytes")
_INTERNAL = "MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA"


def unreachable(anchors: Anchors) -> Iterator[Proposal]:
    """Internal memory for the buffer, RAM for a constant, or the driver of an engine that reaches it."""
    copy = anchors.copy()
    if copy is None:
        return
    for name in dict.fromkeys(_base(text) for text in (copy.source, copy.to)):
        allocation = anchors.allocation(name, copy.function)
        where = capabilities(allocation) if allocation is not None else None
        if where is not None and "MALLOC_CAP_SPIRAM" in where.text:
            yield Proposal(
                summary=f"allocate '{name}' in internal memory", edits=(Edit(where.start, where.end, _INTERNAL),)
            )
        array = anchors.array(name, copy.function) or anchors.array(name, None)
        if array is not None:
            yield from _place(name, array.text, array.start)
    installs = anchors.source.calls("esp_async_memcpy_install")
    if len(installs) == 1:
        end = installs[0].start + len(installs[0].name)
        yield Proposal(
            summary="install the driver of the AXI engine",
            edits=(Edit(installs[0].start, end, "esp_async_memcpy_install_gdma_axi"),),
        )


def _place(name: str, text: str, start: int) -> Iterator[Proposal]:
    external = re.search(r"EXT_RAM_(?:BSS|NOINIT)?_?ATTR", text)
    if external is not None:
        edit = Edit(start + external.start(), start + external.end(), "DMA_ATTR")
        yield Proposal(summary=f"place '{name}' in internal memory", edits=(edit,))
    elif (constant := re.match(r"static\s+const\s+|const\s+(?=static)", text)) and "DRAM_ATTR" not in text:
        at = start + constant.end()
        yield Proposal(summary=f"keep the constant '{name}' in RAM", edits=(Edit(at, at, "DRAM_ATTR "),))


def shared_line(anchors: Anchors) -> Iterator[Proposal]:
    """Whole lines for the buffer, or a sync that keeps the neighbour's stores."""
    line = anchors.finding.line.size if anchors.finding.line is not None else 0
    sync, copy = anchors.sync("invalidated"), anchors.copy()
    if sync is not None and line:
        function = anchors.source.function_at(sync.start)
        allocation = anchors.allocation(sync.arguments[0].text, function) if function is not None else None
        if allocation is not None:
            yield from _whole_lines(allocation, sync.arguments[1].text, line)
    if copy is not None and line:
        allocation = anchors.allocation(copy.to, copy.function)
        if allocation is not None:
            yield from _whole_lines(allocation, _rounded(copy.size, line), line)
    yield from keep_stores(anchors, sync)


def misaligned(anchors: Anchors) -> Iterator[Proposal]:
    """Both buffers and the length in multiples of what the engine needs, where all three have the same length in the source."""
    copy, found = anchors.copy(), _ALIGN.search(anchors.finding.fix)
    if copy is None or found is None:
        return
    align = int(found[1])
    if align & (align - 1) or align <= 1:
        return
    edits = [*_resized(anchors, copy, align)]
    if edits:
        yield Proposal(summary=f"start and length in multiples of {align} bytes", edits=tuple(edits))


def _resized(anchors: Anchors, copy: Copy, align: int) -> Iterator[Edit]:
    length = copy.call.arguments[3]
    rounded = _rounded(length.text, align)
    for name in dict.fromkeys((copy.to, copy.source)):
        allocation = anchors.allocation(name, copy.function)
        if allocation is None:
            array = anchors.array(name, copy.function) or anchors.array(name, None)
            if array is None or f"[{length.text}]" not in array.text:
                return
            at = array.start + array.text.index(f"[{length.text}]") + 1
            yield Edit(at, at + len(length.text), rounded)
            if "aligned" not in array.text:
                behind = at + len(length.text) + 1
                yield Edit(behind, behind, f" __attribute__((aligned({align})))")
            continue
        same = [piece for piece in allocation.arguments if piece.text == length.text]
        if len(same) != 1:
            return
        yield Edit(same[0].start, same[0].end, rounded)
        if allocation.name == "heap_caps_malloc":
            yield from _aligned(allocation, align)
    yield Edit(length.start, length.end, rounded)


def _whole_lines(allocation: Call, length: str, line: int) -> Iterator[Proposal]:
    """The allocation with a length of whole lines, at the start of one."""
    piece = size(allocation)
    if piece is None and allocation.name == "heap_caps_aligned_calloc" and allocation.arguments[1].text == "1":
        piece = allocation.arguments[2]
    if piece is None or capabilities(allocation) is None or piece.text == length:
        return
    edits = [Edit(piece.start, piece.end, length)]
    if allocation.name == "heap_caps_malloc":
        edits += _aligned(allocation, line)
    yield Proposal(summary="allocate whole cache lines", edits=tuple(edits))


def _aligned(allocation: Call, align: int) -> Iterator[Edit]:
    """heap_caps_malloc(n, caps) becomes heap_caps_aligned_alloc(align, n, caps)."""
    name_end = allocation.start + len(allocation.name)
    yield Edit(allocation.start, name_end, "heap_caps_aligned_alloc")
    first = allocation.arguments[0].start
    yield Edit(first, first, f"{align}, ")


def _rounded(length: str, align: int) -> str:
    plain = re.fullmatch(r"\w+", length) is not None
    return f"({length if plain else f'({length})'} + {align - 1}) / {align} * {align}"


def _base(text: str) -> str:
    """The name in an argument, without casts and address operators."""
    return re.sub(r"^\s*(?:\([^()]*\)\s*)*&?", "", text)
