"""Splitting a receive buffer into edges and body, by brute force over offsets and lengths, and putting it together again.

Source: ESP-IDF v5.5 components/esp_hw_support/dma/esp_dma_utils.c.
"""

from __future__ import annotations

import pytest

from dmalab import Machine
from dmalab.core.events import Sync
from dmalab.core.spans import Span
from dmalab.idf import MALLOC_CAP_8BIT, MALLOC_CAP_DMA, MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM, AsyncMemcpy, EspErr
from dmalab.idf.dma_utils import Part, SplitBuffer, merge_rx_buffers, split_rx_buffer
from dmalab.idf.gdma_link import node_count

from .boards import P4, S3, code, play

NONE = Part(0, 0, 0)
CASES = [
    # chip, caps, line, whether the stash is behind a cache too
    (S3, MALLOC_CAP_SPIRAM, 32, False),
    (P4, MALLOC_CAP_SPIRAM, 64, True),
    (P4, MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT, 64, True),
]


def expected(low: int, size: int, line: int, stash: int) -> tuple[Part, Part, Part]:
    """By walking over the bytes: which whole lines does the buffer own?"""
    owned = [at for at in range(low, low + size) if at % line == 0 and at + line <= low + size]
    boundaries = [at for at in range(low + 1, low + size) if at % line == 0]
    if not owned and not boundaries:
        return Part(stash, size, low), NONE, NONE
    body = (owned[0], owned[-1] + line) if owned else (boundaries[0], boundaries[0])
    head, tail = body[0] - low, low + size - body[1]
    return (
        Part(stash, head, low) if head else NONE,
        Part(body[0], body[1] - body[0], 0) if owned else NONE,
        Part(stash + line, tail, body[1]) if tail else NONE,
    )


def whole_lines(size: int, line: int) -> int:
    return -(-size // line) * line


@pytest.mark.parametrize(("chip", "caps", "line", "stash_cached"), CASES)
def test_every_offset_and_length(chip: str, caps: int, line: int, stash_cached: bool) -> None:
    machine = Machine(chip)
    heap = machine.heap.blocks_heap
    buffer = machine.heap.alloc(5 * line, caps, align=line)
    dropped: list[Span] = []
    machine.bus.subscribe(Sync, lambda sync: dropped.append(sync.span))
    for offset in range(line):
        for size in (*range(1, 2 * line + 2), 3 * line - 1, 3 * line):
            low = buffer.address + offset
            split = split_rx_buffer(machine, low, size)
            assert (split.head, split.body, split.tail) == expected(low, size, line, split.stash), (offset, size)
            edges = (split.head, split.tail) if stash_cached else ()
            parts = [part for part in (split.body, *edges) if part.size]
            assert dropped == [Span(part.address, part.address + whole_lines(part.size, line)) for part in parts]
            dropped.clear()
            heap.free(split.stash)


@pytest.mark.parametrize(("chip", "caps", "line", "stash_cached"), CASES)
def test_the_edges_come_home(chip: str, caps: int, line: int, stash_cached: bool) -> None:
    machine = Machine(chip)
    buffer = machine.heap.alloc(3 * line, caps, align=line)
    for offset, size in ((1, line), (3, 2 * line), (0, 2 * line), (5, 3), (line - 1, 2), (line // 2, line // 2)):
        buffer.write(b"." * 3 * line)
        low = buffer.address + offset
        split = split_rx_buffer(machine, low, size)
        for part, letter in ((split.head, b"h"), (split.tail, b"t")):
            if part.size:
                machine.memory.store(part.address, letter * part.size)
        merge_rx_buffers(machine, split)
        content = machine.memory.peek(buffer.address, 3 * line)
        head, tail = split.head.size, split.tail.size
        assert content[offset : offset + head] == b"h" * head
        assert content[offset + size - tail : offset + size] == b"t" * tail
        assert set(content[:offset] + content[offset + size :]) == set(b".")


@pytest.mark.parametrize(
    ("offset", "size", "parts"),
    [
        (0, 64, (0, 64, 0)),  # exact fit
        (0, 63, (63, 0, 0)),  # inside one line: everything goes through the stash
        (1, 63, (63, 0, 0)),  # head == length
        (1, 64, (63, 0, 1)),
        (63, 2, (1, 0, 1)),
        (0, 65, (0, 64, 1)),
        (63, 65, (1, 64, 0)),
        (63, 66, (1, 64, 1)),
    ],
)
def test_exact_fits_with_64_byte_lines(offset: int, size: int, parts: tuple[int, int, int]) -> None:
    machine = Machine(P4)
    buffer = machine.heap.alloc(256, MALLOC_CAP_SPIRAM, align=64)
    split = split_rx_buffer(machine, buffer.address + offset, size)
    assert (split.head.size, split.body.size, split.tail.size) == parts


def test_without_a_cache_there_is_nothing_to_split() -> None:
    machine = Machine(S3)
    buffer = machine.heap.alloc(64, MALLOC_CAP_INTERNAL)
    before = len(machine.heap.blocks_heap.blocks())
    assert split_rx_buffer(machine, buffer.address + 1, 33) == SplitBuffer(
        NONE, Part(buffer.address + 1, 33, 0), NONE, 0
    )
    assert len(machine.heap.blocks_heap.blocks()) == before


@pytest.mark.parametrize(("address", "size"), [(0, 64), (0x3C21_0000, 0)])
def test_no_buffer(address: int, size: int) -> None:
    with code(EspErr.INVALID_ARG, "no buffer"):
        split_rx_buffer(Machine(S3), address, size)


@pytest.mark.parametrize(
    ("size", "align", "count"),
    [(1, 1, 1), (4095, 1, 1), (4096, 1, 2), (4092, 4, 1), (4093, 4, 2), (4080, 16, 1), (4081, 16, 2), (4064, 32, 1),
     (4032, 64, 1), (3968, 128, 1), (3969, 128, 2), (0, 1, 0), (100, 0, 0), (100, 3, 0), (100, -4, 0)],
)  # fmt: skip
def test_node_count(size: int, align: int, count: int) -> None:
    assert node_count(size, align) == count


def test_a_prefetch_into_the_stash_is_no_fault_of_the_firmware() -> None:
    """ESP-IDF invalidates its stash before the copy and nobody touches it; the random policy may fill any line all the same."""

    async def main(machine: Machine) -> None:
        src, dst = (machine.heap.alloc(size, MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL) for size in (100, 300))
        src.write(b"\x5a" * 100)
        done = machine.semaphore()
        with AsyncMemcpy.install_gdma_axi(machine) as mcp:
            mcp.memcpy(dst.address + 3, src, 100, lambda _event: done.give_from_isr())
            (stash,) = (one for one in machine.heap.blocks_heap.blocks() if one.purpose == "DMA stash")
            region, offset, _ = machine.memory.locate(stash.address, stash.size)
            for line in range(*region.lines_of(offset, stash.size)):
                machine.memory.prefetch(region, line)
            await done.take()
            assert dst.read(3, 100) == b"\x5a" * 100

    assert play(main, P4).findings == ()
