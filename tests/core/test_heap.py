"""The capability heap: blocks that never overlap, guards that notice, poison that is exact."""

from __future__ import annotations

from dataclasses import astuple
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dmalab.core.caps import Cap, parse
from dmalab.core.events import DeviceBytesOverwritten, FreedClaimed, Stamp, Sync
from dmalab.core.heap import GUARD, Block, Heap, HeapFacts
from dmalab.core.memory import Claim
from dmalab.core.region import POISON
from dmalab.core.spans import Span

from .machines import CACHED, PLAIN, Bench, bench, calm, transfer

INTERNAL = Cap.INTERNAL | Cap.BIT8 | Cap.DMA | Cap.DEFAULT | Cap.BIT32
EXTERNAL = Cap.SPIRAM | Cap.BIT8
SIZE = 4096


def heap(*, line_internal: int = 0, line_external: int = 32) -> tuple[Bench, Heap]:
    """Internal memory first, external memory only when it is asked for, or when nothing else is left."""
    one = bench(size=SIZE)
    arenas = [
        (PLAIN, PLAIN + SIZE, (int(INTERNAL), 0, 0)),
        (CACHED + 256, CACHED + SIZE, (int(Cap.SPIRAM), 0, int(Cap.BIT8 | Cap.DEFAULT))),
    ]
    made = Heap(one.memory, arenas, HeapFacts(line_internal, line_external), one.bus, one.stamp)
    return one, made


def block_of(block: Block | None) -> Block:
    assert block is not None
    return block


def poisoned(one: Bench) -> set[int]:
    return {region.base + at for region in one.memory.regions for at in (region.shadow & POISON).nonzero()[0].tolist()}


ALL = {*range(PLAIN, PLAIN + SIZE), *range(CACHED + 256, CACHED + SIZE)}


# -- any sequence ------------------------------------------------------------------------------------------------------

CAPS = (
    Cap.INTERNAL,
    Cap.DEFAULT,
    Cap.SPIRAM,
    Cap.DMA,
    Cap.DMA | Cap.SPIRAM,
    Cap.DMA_DESC_AXI,
    Cap.BIT32 | Cap.INTERNAL,
    Cap.SIMD,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("alloc"),
            st.one_of(st.integers(1, 64), st.integers(1, 1500)),
            st.sampled_from(CAPS),
            st.sampled_from((0, 1, 4, 8, 32, 64, 256)),
        ),
        st.tuples(st.sampled_from(("free", "free", "resize")), st.integers(0, 99), st.integers(1, 99), st.just(0)),
    ),
    min_size=5,
    max_size=40,
)


@calm(150)
@given(STEPS)
def test_blocks_never_overlap_and_everything_else_is_poison(steps: list[Any]) -> None:
    one, made = heap()
    live: list[Block] = []
    initial = [(made.free_size(caps), made.largest_free_block(caps)) for caps in (INTERNAL, EXTERNAL)]
    for verb, first, second, align in steps:
        if verb == "alloc":
            block = made.alloc(first, second, align=align)
            if block is None:
                continue
            assert block.address % max(align, 4) == 0
            assert block.size >= block.requested == first
            live.append(block)
        elif live and verb == "free":
            assert made.free(live.pop(first % len(live)).address)
        elif live:
            block = live[first % len(live)]
            assert made.resize(block, second) == (second <= block.size)
        ranges = sorted((block.low, block.high) for block in live)
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(ranges))
        assert all(
            block.low <= block.address and block.address + block.size + len(GUARD) <= block.high for block in live
        )
        owned = {at for block in live for at in range(block.address, block.address + block.size)}
        assert poisoned(one) == ALL - owned
        assert made.blocks() == sorted(live, key=lambda block: block.address)
    assert made.check_guards()
    for block in live:
        made.free(block.address)
    assert [(made.free_size(caps), made.largest_free_block(caps)) for caps in (INTERNAL, EXTERNAL)] == initial
    assert one.kinds() == []
    one.check()


@calm(150)
@given(STEPS, st.lists(st.integers(0, 99), min_size=1, max_size=4))
def test_taking_blocks_again_is_freeing_and_allocating_them(steps: list[Any], chosen: list[int]) -> None:
    pair = [heap(), heap()]
    requests: list[tuple[int, int, int]] = []
    live: list[list[Block]] = [[], []]
    for verb, first, second, align in steps:
        if verb == "alloc":
            got = [made.alloc(first, second, align=align, purpose="driver") for _, made in pair]
            if got[0] is None or got[1] is None:
                assert got == [None, None]
                continue
            requests.append((first, second, align))
            live[0].append(got[0])
            live[1].append(got[1])
        elif live[0] and verb == "free":
            at = first % len(requests)
            requests.pop(at)
            for (_, made), blocks in zip(pair, live, strict=True):
                made.free(blocks.pop(at).address)
    assume(requests)
    picked = list(dict.fromkeys(number % len(requests) for number in chosen))
    again = pair[0][1].take_again([live[0][number] for number in picked], by=Stamp(7))
    for _, made in pair[0 if again is None else 1 :]:
        blocks = live[0] if made is pair[0][1] else live[1]
        for number in picked:
            made.free(blocks[number].address)
        for number in picked:
            size, caps, align = requests[number]
            fresh = made.alloc(size, caps, align=align, purpose="driver", by=Stamp(7))
            assert fresh is not None
            blocks[number] = fresh
    if again is not None:
        assert [block.freed for block in (live[0][number] for number in picked)] == [Stamp(7)] * len(picked)
        for number, block in zip(picked, again, strict=True):
            live[0][number] = block
    mine, others = (sorted(blocks, key=lambda block: block.address) for blocks in live)
    assert [astuple(block) for block in mine] == [astuple(block) for block in others]
    assert pair[0][1].blocks() == mine
    assert poisoned(pair[0][0]) == poisoned(pair[1][0])
    for caps in (INTERNAL, EXTERNAL):
        assert pair[0][1].free_size(caps) == pair[1][1].free_size(caps)
        assert pair[0][1].largest_free_block(caps) == pair[1][1].largest_free_block(caps)
        assert pair[0][1].minimum_free_size(caps) == pair[1][1].minimum_free_size(caps)


def test_blocks_that_lie_in_order_are_taken_again_where_they_are() -> None:
    one, made = heap()
    first, second = (block_of(made.alloc(size, Cap.DMA, purpose="driver")) for size in (24, 100))
    again = made.take_again([first, second], by=Stamp(7))
    assert again is not None
    assert [block.address for block in again] == [first.address, second.address]
    assert made.take_again([again[1], again[0]], by=Stamp(8)) is None, "the first one would come to lie below"
    made.resize(again[0], 8)
    assert made.take_again(again, by=Stamp(8)) is None, "a block that has shrunk would not get as much again"
    one.memory.poke(again[1].address + again[1].size, b"oops")
    assert made.take_again(again, by=Stamp(8)) is None, "a guard that somebody broke is for `free` to tell"


def test_a_block_in_work_is_not_taken_again() -> None:
    one, made = heap()
    block = block_of(made.alloc(64, Cap.DMA, purpose="driver"))
    one.memory.claim(Claim(span=block.span, write=True, owner=one, label="copy", started=Stamp()))
    assert made.take_again([block], by=Stamp()) is None


def test_a_block_that_somebody_else_freed_is_not_taken_again() -> None:
    _, made = heap()
    block = block_of(made.alloc(64, Cap.DMA, purpose="driver"))
    made.free(block.address)
    assert made.take_again([block], by=Stamp()) is None
    made.alloc(64, Cap.DMA)
    assert made.take_again([block], by=Stamp()) is None, "it is somebody else's by now"


def test_a_hole_in_front_is_for_the_next_request() -> None:
    _, made = heap()
    hole, block = (block_of(made.alloc(64, Cap.DMA, purpose="driver")) for _ in range(2))
    made.free(hole.address)
    assert made.take_again([block], by=Stamp()) is None


@calm(100)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=12), st.data())
def test_every_address_is_found_in_the_block_that_has_it(sizes: list[int], data: st.DataObject) -> None:
    _, made = heap()
    blocks = [block for size in sizes if (block := made.alloc(size, Cap.INTERNAL))]
    gone = data.draw(st.sets(st.sampled_from(range(len(blocks))))) if blocks else set()
    for number in gone:
        made.free(blocks[number].address)
    for number, block in enumerate(blocks):
        for address in (block.address, block.address + block.size - 1):
            assert made.find(address) is (None if number in gone else block)
            assert made.find_freed(address) is (block if number in gone else None)
        assert made.find(block.address + block.size) is None
        assert made.find(block.address - 1) is None


# -- what the hardware makes of a request --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caps", "lines", "expected"),
    [
        # (size, alignment) of 100 bytes; lines of internal and external memory
        (Cap.INTERNAL, (64, 64), (100, 4)),
        (Cap.DMA, (0, 32), (100, 4)),
        (Cap.DMA, (64, 64), (128, 64)),
        (Cap.DMA | Cap.SPIRAM, (0, 32), (128, 32)),
        (Cap.DMA | Cap.SPIRAM, (64, 128), (128, 128)),
        (Cap.CACHE_ALIGNED | Cap.SPIRAM, (0, 32), (128, 32)),
        (Cap.CACHE_ALIGNED | Cap.INTERNAL, (0, 32), (100, 4)),
        (Cap.DMA_DESC_AHB, (0, 32), (100, 4)),
        (Cap.DMA_DESC_AXI, (0, 32), (104, 8)),
        (Cap.DMA_DESC_AXI, (64, 32), (128, 64)),
        (Cap.SIMD, (0, 32), (112, 16)),
    ],
)
def test_the_hook_rounds_size_and_alignment(caps: int, lines: tuple[int, int], expected: tuple[int, int]) -> None:
    _, made = heap(line_internal=lines[0], line_external=lines[1])
    size, align, _ = made.adjust(100, 4, caps)
    assert (size, align) == expected


def test_the_hook_searches_for_what_a_heap_can_have() -> None:
    _, made = heap()
    assert made.adjust(64, 4, Cap.DMA | Cap.SPIRAM | Cap.CACHE_ALIGNED)[2] == Cap.SPIRAM
    assert made.adjust(64, 4, Cap.DMA_DESC_AXI)[2] == Cap.DMA


def test_questions_do_not_pass_through_the_hook() -> None:
    _, made = heap()
    assert made.free_size(Cap.DMA | Cap.SPIRAM) == 0
    assert made.free_size(Cap.CACHE_ALIGNED) == 0
    assert made.alloc(64, Cap.DMA | Cap.SPIRAM) is not None


def test_a_request_near_4_gib_wraps_to_nothing() -> None:
    _, made = heap()
    assert made.alloc((1 << 32) - 1, Cap.DMA | Cap.SPIRAM) is None
    assert made.alloc((1 << 32) - 1, Cap.INTERNAL) is None


@pytest.mark.parametrize(("size", "align"), [(0, 0), (-1, 0), (8, 3), (8, 24), (8, -4)])
def test_requests_that_make_no_sense_get_nothing_quietly(size: int, align: int) -> None:
    _, made = heap()
    told: list[tuple[int, int]] = []
    made.on_failure = lambda *what: told.append(what)
    assert made.alloc(size, Cap.INTERNAL, align=align) is None
    assert told == []


@pytest.mark.parametrize("caps", [Cap.RTCRAM, Cap.EXEC | Cap.BIT8, Cap.EXEC | Cap.DMA, Cap.INTERNAL | Cap.SPIRAM, 0])
def test_impossible_capabilities_are_told_to_the_hook(caps: int) -> None:
    _, made = heap()
    told: list[tuple[int, int]] = []
    made.on_failure = lambda *what: told.append(what)
    assert made.alloc(8, caps) is None
    assert told == [(8, caps)]


def test_external_memory_is_the_last_resort_of_plain_requests() -> None:
    _, made = heap()
    places = []
    while (block := made.alloc(1000, Cap.BIT8)) is not None:
        places.append(block.address < PLAIN)
    assert places == [False] * 4 + [True] * 3


def test_32_bit_memory_comes_in_words() -> None:
    _, made = heap()
    block = made.alloc(5, Cap.BIT32 | Cap.INTERNAL)
    assert block is not None
    assert (block.size, block.requested) == (8, 5)


def test_the_low_water_mark_stays() -> None:
    _, made = heap()
    full = made.free_size(INTERNAL)
    block = made.alloc(1000, Cap.INTERNAL)
    assert block is not None
    low = made.free_size(INTERNAL)
    made.free(block.address)
    assert made.minimum_free_size(INTERNAL) == low < full == made.free_size(INTERNAL) < made.total_size(INTERNAL)


# -- misuse ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [-12, -1, 100, 103])
def test_an_access_next_to_a_block_is_poison(offset: int) -> None:
    one, made = heap()
    block = made.alloc(100, Cap.INTERNAL)
    assert block is not None
    one.memory.load(block.address + offset, 1)
    one.memory.store(block.address + offset, b"x")
    assert [(event.kind, event.is_store) for event in one.take()] == [("unallocated", False), ("unallocated", True)]


def test_a_store_that_nobody_saw_shows_in_the_guard() -> None:
    one, made = heap()
    block = made.alloc(100, Cap.INTERNAL)
    assert block is not None
    one.memory.regions[1].cpu[block.address + 100 - PLAIN] = 0
    assert not made.check_guards()
    (event,) = one.take()
    assert (event.kind, event.block, event.access) == (
        "overflow",
        block,
        Span(block.address + 100, block.address + 104),
    )
    assert made.check_guards()  # said once
    assert one.kinds() == []


def test_a_store_that_was_seen_is_not_told_again_by_the_guard() -> None:
    one, made = heap()
    block, other = made.alloc(100, Cap.INTERNAL), made.alloc(100, Cap.INTERNAL)
    assert block is not None
    assert other is not None
    one.memory.store(block.address + 100, b"x")
    assert [event.kind for event in one.take()] == ["unallocated"]
    one.memory.regions[1].cpu[other.address + 100 - PLAIN] = 0
    assert not made.check_guards()
    assert [event.block for event in one.take()] == [other]


def test_a_broken_guard_shows_at_the_free() -> None:
    one, made = heap()
    block = made.alloc(99, Cap.INTERNAL)
    assert block is not None
    one.memory.regions[1].cpu[block.address + 99 - PLAIN] = 0
    assert made.free(block.address)
    assert [event.kind for event in one.take()] == ["overflow"]


def test_double_free_and_wrong_free_are_told_apart() -> None:
    one, made = heap()
    first, second = made.alloc(64, Cap.INTERNAL), made.alloc(64, Cap.INTERNAL)
    assert first is not None
    assert second is not None
    assert made.free(0)
    made.free(first.address)
    assert not made.free(first.address)
    assert not made.free(second.address + 8)
    assert not made.free(0x7000_0000)
    assert [(event.kind, event.block) for event in one.take()] == [
        ("double-free", first),
        ("wrong-free", second),
        ("wrong-free", None),
    ]


def test_a_block_freed_in_flight_names_the_request() -> None:
    one, made = heap()
    seen: list[FreedClaimed] = []
    one.bus.subscribe(FreedClaimed, seen.append)
    block = made.alloc(64, Cap.INTERNAL)
    assert block is not None
    claim = Claim(
        span=Span(block.address + 8, block.address + 16), write=True, owner=None, label="", started=one.stamp()
    )
    one.memory.claim(claim)
    made.free(block.address)
    assert [(event.block, event.claim) for event in seen] == [(block, claim)]


@pytest.mark.parametrize("handed_on", [False, True])
def test_what_a_former_owner_received_and_never_read_is_not_lost_by_the_next_one(handed_on: bool) -> None:
    """The owner of the bytes may lose them by writing its dirty line back; whoever gets the memory afterwards has none to lose."""
    one, made = heap()
    block = made.alloc(64, Cap.SPIRAM)
    assert block is not None
    one.memory.store(block.address, b"old")
    line = Span(block.address & -32, (block.address & -32) + 32)
    one.memory.engine_write(block.span, np.full(64, 0x55, np.uint8), transfer())
    one.take()
    if handed_on:
        made.free(block.address)
        assert made.alloc(64, Cap.SPIRAM) is not None
    for region in one.memory.regions:
        region.check()
    one.memory.sync(Sync(span=line, op="writeback", by=one.stamp()))
    lost = [event for event in one.take() if isinstance(event, DeviceBytesOverwritten)]
    assert len(lost) == (0 if handed_on else 1)
    if handed_on:
        assert one.memory.load(block.address, 3) == b"\x55" * 3


@pytest.mark.parametrize("size", [1, 2, 3, 4, 1035])
def test_a_widened_block_has_whole_words_and_a_guard_behind_them(size: int) -> None:
    one, made = heap()
    block, behind = made.alloc(size, Cap.INTERNAL), made.alloc(8, Cap.INTERNAL)
    assert block is not None
    assert behind is not None
    made.widen(block)
    assert (block.size, block.requested) == (-(-size // 4) * 4, size)
    one.memory.store(block.address, bytes(block.size))
    one.memory.store(behind.address, bytes(8))
    assert one.take() == []
    assert made.check_guards()
    one.memory.store(block.address + block.size, b"\0")
    assert [event.kind for event in one.take()] == ["unallocated"]


def test_the_history_of_memory_ends_when_somebody_gets_it_again() -> None:
    _, made = heap()
    first = made.alloc(64, Cap.INTERNAL)
    assert first is not None
    made.free(first.address)
    assert made.find_freed(first.address + 63) is first
    second = made.alloc(64, Cap.INTERNAL)
    assert second is not None
    assert second.address == first.address
    assert made.find_freed(first.address) is None
    assert made.neighbour(second.address + 64) is second


def test_capability_names_are_read_as_chip_files_write_them() -> None:
    assert parse(("8BIT", "32BIT", "DMA")) == Cap.BIT8 | Cap.BIT32 | Cap.DMA
    with pytest.raises(ValueError, match="unknown capability 'FAST'"):
        parse(("FAST",))
