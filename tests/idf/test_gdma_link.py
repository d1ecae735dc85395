"""Link lists: what mounting writes, in which order it checks, and that a failed mount writes nothing.

Source: ESP-IDF v5.5 components/esp_hw_support/dma/gdma_link.c; hal/dma_types.h for the bits.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import pytest

from dmalab import Machine
from dmalab.core.spans import Span
from dmalab.idf import EspErr
from dmalab.idf.gdma_link import LinkList, Mount

from .boards import P4, S3, code

BUFFER = 0x3FC9_F000


class Item(NamedTuple):
    size: int
    length: int
    eof: bool
    dma: bool
    buffer: int
    next: int


EMPTY = Item(0, 0, False, False, 0, 0)


def items(machine: Machine, link: LinkList, *, slot: int = 12) -> list[Item]:
    """The list as the engine sees it; `next` as an item number, -1 for the end."""
    found = []
    for number in range(link.capacity):
        region, offset, _ = machine.memory.locate(link.head + number * slot, 12)
        word, buffer, following = struct.unpack("<III", region.mem[offset : offset + 12].tobytes())
        to = -1 if not following else (following - link.head) // slot
        found.append(Item(word & 0xFFF, word >> 12 & 0xFFF, bool(word >> 30 & 1), bool(word >> 31), buffer, to))
    return found


def make(count: int, *, chip: str = S3, item_align: int = 4, buffer_align: int = 1) -> tuple[Machine, LinkList]:
    machine = Machine(chip)
    return machine, LinkList(machine, count, item_align=item_align, buffer_align=buffer_align)


def test_a_new_list_is_empty_and_belongs_to_the_cpu() -> None:
    machine, link = make(3)
    assert items(machine, link) == [EMPTY._replace(next=-1)] * 3


@pytest.mark.parametrize(
    ("count", "align", "message"),
    [
        (0, 1, "0 items with buffer alignment 1"),
        (-1, 4, "-1 items with buffer alignment 4"),
        (1, 3, "1 items with buffer alignment 3"),
    ],
)
def test_lists_that_make_no_sense(count: int, align: int, message: str) -> None:
    with code(EspErr.INVALID_ARG, message):
        make(count, buffer_align=align)


def test_the_word_of_the_specification() -> None:
    """Owner, end of frame, size and length 4092."""
    machine, link = make(1, buffer_align=4)
    link.mount(0, [Mount(address=BUFFER, size=4092, mark_eof=True, mark_final=True)])
    assert machine.memory.peek(link.head, 12) == struct.pack("<III", 0xC0FF_CFFC, BUFFER, 0)


@pytest.mark.parametrize(("align", "most"), [(1, 4095), (4, 4092), (16, 4080), (32, 4064), (64, 4032), (128, 3968)])
def test_an_item_carries_as_much_as_the_alignment_allows(align: int, most: int) -> None:
    machine, link = make(3, buffer_align=align)
    link.mount(0, [Mount(address=0x3FCA_0000, size=2 * most + 5, mark_eof=True, mark_final=True)])
    assert items(machine, link) == [
        Item(most, most, False, True, 0x3FCA_0000, 1),
        Item(most, most, False, True, 0x3FCA_0000 + most, 2),
        Item(5, 5, True, True, 0x3FCA_0000 + 2 * most, -1),
    ]


@pytest.mark.parametrize(("chip", "item_align", "slot"), [(S3, 4, 12), (P4, 4, 12), (P4, 8, 16)])
def test_items_lie_in_slots_of_their_alignment(chip: str, item_align: int, slot: int) -> None:
    machine, link = make(5, chip=chip, item_align=item_align)
    link.mount(0, [Mount(address=BUFFER, size=5 * 4095)])
    assert [item.next for item in items(machine, link, slot=slot)] == [1, 2, 3, 4, 0]
    assert link.head % item_align == 0


def test_items_never_wait_in_a_cache() -> None:
    """On esp32p4 they are written through the uncached alias."""
    machine, link = make(40, chip=P4, item_align=8)
    link.mount(0, [Mount(address=0x4FF5_0000, size=30 * 4095)])
    assert machine.memory.line_counts(Span(link.head, link.head + 40 * 16)) == (0, 0)


def test_parts_follow_each_other_and_the_last_points_on() -> None:
    machine, link = make(6)
    link.mount(0, [Mount(address=0x100, size=5), Mount(address=0, size=0), Mount(address=0x200, size=5000)])
    assert items(machine, link) == [
        Item(5, 5, False, True, 0x100, 1),
        Item(4095, 4095, False, True, 0x200, 2),
        Item(905, 905, False, True, 0x200 + 4095, 3),
        EMPTY._replace(next=-1),
        EMPTY._replace(next=-1),
        EMPTY,  # the item before the first points to it
    ]


def test_a_mount_wraps_at_the_end() -> None:
    machine, link = make(4)
    link.mount(3, [Mount(address=0x1000, size=2 * 4095, mark_eof=True, mark_final=True)])
    assert items(machine, link) == [
        Item(4095, 4095, True, True, 0x1000 + 4095, -1),
        EMPTY._replace(next=-1),
        EMPTY._replace(next=3),
        Item(4095, 4095, False, True, 0x1000, 0),
    ]


@pytest.mark.parametrize(
    ("start", "capacity", "first"), [(0, 4, 0), (5, 4, 1), (-1, 4, 3), (-1, 8, 7), (-1, 3, 0), (-1, 5, 0), (-1, 6, 3)]
)
def test_the_start_is_reduced_as_an_unsigned_number(start: int, capacity: int, first: int) -> None:
    machine, link = make(capacity)
    link.mount(start, [Mount(address=0x1000, size=1)])
    assert [item.dma for item in items(machine, link)].index(True) == first


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "nothing to mount"),
        (
            [Mount(address=0x1000, size=16), Mount(address=0x1008, size=16)],
            "buffer 0x00001008 is not aligned to 16 bytes",
        ),
        ([Mount(address=0x1000, size=3 * 4080 + 1)], "4 items needed, 3 there"),
        ([Mount(address=0, size=4096), Mount(address=0x1000, size=8000)], "4 items needed, 3 there"),
    ],
)
def test_a_mount_that_fails_writes_nothing(entries: list[Mount], message: str) -> None:
    machine, link = make(3, buffer_align=16)
    link.mount(0, [Mount(address=0x2000, size=16)])
    before = items(machine, link)
    with code(EspErr.INVALID_ARG, message):
        link.mount(1, entries)
    assert items(machine, link) == before


def test_a_long_list_is_the_same_as_many_short_ones() -> None:
    machine, link = make(2000)
    link.mount(0, [Mount(address=0x1000, size=1999 * 4095 + 7, mark_final=True)])
    expected = [Item(4095, 4095, False, True, 0x1000 + 4095 * i, i + 1) for i in range(1999)]
    assert items(machine, link) == [*expected, Item(7, 7, False, True, 0x1000 + 4095 * 1999, -1)]


def test_a_deleted_list_is_free_memory() -> None:
    machine, link = make(3)
    link.delete()
    assert machine.heap.blocks_heap.blocks() == []
