"""Link lists by release (idf-api §2.9). What all releases share is in tests/idf/test_gdma_link.py."""

from __future__ import annotations

import pytest

from dmalab import Machine, chips
from dmalab.idf import EspErr
from dmalab.idf.gdma_link import Final, LinkList, Mount, Owner

from .conftest import refused

BUFFER = 0x3FC9_F000


def words(link: LinkList, item: int) -> tuple[int, bool, bool, int]:
    """Length, end of frame, owner, and the number of the next item (-1 for none)."""
    word = link._word(item)
    following = link._read(item, 8)
    return (
        word >> 12 & 0xFFF,
        bool(word >> 30 & 1),
        bool(word >> 31),
        -1 if not following else (following - link.head) // 12,
    )


@pytest.mark.parametrize(
    ("release", "start", "first"),
    [("v5.4", 5, None), ("v5.4", -1, None), ("v5.4.1", 5, 1), ("v5.3.3", -1, 3), ("v6.0", -1, 3)],
)
def test_a_start_beyond_the_list(release: str, start: int, first: int | None) -> None:
    link = LinkList(Machine("esp32s3", idf=release), 4)
    if first is None:
        with refused(EspErr.INVALID_ARG, "§2.9 (2)"):
            link.mount(start, [Mount(address=BUFFER, size=1)])
    else:
        assert link.mount(start, [Mount(address=BUFFER, size=1)]) == first


@pytest.mark.parametrize(
    ("final", "following"), [(Final.DEFAULT, 3), (Final.NULL, -1), (Final.HEAD, 0), (Final.START, 1)]
)
def test_where_the_last_item_points_to(final: Final, following: int) -> None:
    link = LinkList(Machine("esp32s3", idf="v6.0"), 5)
    assert link.mount(1, [Mount(address=BUFFER, size=5000, mark_eof=True, mark_final=final)]) == 2
    assert words(link, 2) == (905, True, True, following)
    assert words(link, 0)[3] == 1
    assert link.ends_at(2) is (final is Final.NULL)


@pytest.mark.parametrize(("release", "usable"), [("v5.5", 3), ("v6.0", 1), ("v5.5.3", 1)])
def test_items_of_the_engine_are_not_used(release: str, usable: int) -> None:
    """§2.9 (3): anywhere in the ring, or in a row from the start on."""
    link = LinkList(Machine("esp32s3", idf=release), 4, check_owner=True)
    link.set_owner(1, Owner.DMA)
    with refused(EspErr.INVALID_ARG, "§2.9 (6)"):
        link.mount(0, [Mount(address=BUFFER, size=4095 * usable + 1)])
    link.mount(0, [Mount(address=BUFFER, size=4095 * usable)])


def test_empty_entries() -> None:
    """§2.9 (4): older releases count NULL with a length; newer ones wipe the slot at hand."""
    old = LinkList(Machine("esp32s3", idf="v5.5"), 2)
    with refused(EspErr.INVALID_ARG, "§2.9 (4)"):
        old.mount(0, [Mount(address=0, size=4096), Mount(address=BUFFER, size=10)])
    new = LinkList(Machine("esp32s3", idf="v6.0"), 2)
    assert new.mount(0, [Mount(address=0, size=4096), Mount(address=BUFFER, size=10)]) == 0
    new.mount(0, [Mount(address=BUFFER, size=4095), Mount(address=BUFFER, size=4095), Mount(address=0, size=0)])
    assert words(new, 0) == (0, False, False, -1), "§2.9: in a full list item `start` is wiped"
    assert new.mount(0, [Mount(address=0, size=0)]) == 1, "§2.9: nothing mounted: start - 1"


@pytest.mark.parametrize(("release", "counts"), [("v5.5", False), ("v5.5.2", True), ("v5.4.4", True), ("v6.0", True)])
def test_alignment_per_entry(release: str, counts: bool) -> None:
    link = LinkList(Machine("esp32s3", idf=release), 4)
    entry = Mount(address=BUFFER + 4, size=10, alignment=16)
    if counts:
        with refused(EspErr.INVALID_ARG, "§2.9 (5)"):
            link.mount(0, [entry])
        with refused(EspErr.INVALID_ARG, "§2.9 (5)"):
            link.mount(0, [Mount(address=BUFFER, size=10, alignment=12)])
    else:
        link.mount(0, [entry])


def test_the_check_can_be_passed_by() -> None:
    for release, passes in (("v5.4.1", False), ("v5.4.2", True), ("v5.5", True)):
        link = LinkList(Machine("esp32s3", idf=release), 2, buffer_align=16)
        entry = Mount(address=BUFFER + 4, size=10, bypass_align_check=True)
        if passes:
            link.mount(0, [entry])
        else:
            with refused(EspErr.INVALID_ARG, "§2.9 (5)"):
                link.mount(0, [entry])


def test_encryption_binds_lengths() -> None:
    part = chips.with_options(chips.load("esp32s3"), {"flash_encryption": ""})
    for release, binds in (("v5.5", False), ("v5.5.3", True), ("v6.0", True)):
        link = LinkList(Machine(part, idf=release), 2, buffer_align=16)
        entry = Mount(address=BUFFER, size=17, alignment=16)
        if binds:
            with refused(EspErr.INVALID_ARG, "§2.9 (5)"):
                link.mount(0, [entry])
        else:
            link.mount(0, [entry])


def test_making_lists() -> None:
    machine = Machine("esp32s3", idf="v6.0")
    with refused(EspErr.INVALID_ARG, "§2.9 new (1)"):
        LinkList(machine, 0)
    with refused(EspErr.INVALID_SIZE, "§2.9 new (4)"):
        LinkList(machine, 1 << 29)
    with refused(EspErr.NO_MEM, "§2.9 new (5)"):
        LinkList(machine, 1 << 20)
    with refused(EspErr.NO_MEM, "§2.9 new (4) came with v5.5.3"):
        LinkList(Machine("esp32s3", idf="v5.5"), 1 << 29)
    with refused(EspErr.NOT_SUPPORTED, "§2.9 new (7)"):
        LinkList(machine, 4, in_psram=True)
    p4 = Machine("esp32p4")
    assert p4.memory.find(LinkList(p4, 4, item_align=8, in_psram=True).head) is p4.memory.find(
        p4.chip.region("psram").base
    )
    secured = Machine(chips.with_options(chips.load("esp32p4"), {"flash_encryption": ""}), idf="v6.0")
    assert secured.memory.find(LinkList(secured, 4, item_align=8, in_psram=True).head) is secured.memory.find(
        secured.chip.region("sram").base
    )


def test_reading_and_joining() -> None:
    machine = Machine("esp32s3", idf="v6.1")
    first, second = LinkList(machine, 3), LinkList(machine, 2)
    first.mount(0, [Mount(address=BUFFER, size=5000, mark_eof=True)])
    assert first.size_till_eof(0) == 5000
    assert first.size_till_eof(1) == 905
    assert first.size_till_eof(2) == 5000, "item 2 leads back to item 0"
    assert second.size_till_eof(0) == 0
    assert (first.get_buffer(1), first.get_length(-2)) == (BUFFER + 4095, 905)
    first.set_length(1, 7)
    assert first.get_length(1) == 7
    assert words(first, 1) == (7, True, True, 2)
    assert first.item_address(-1) == first.head + 24
    first.concat(1, second, -1)
    assert first._read(1, 8) == second.item_address(1)
    first.concat(1, None, 0)
    assert first.ends_at(1)
    with refused(EspErr.INVALID_ARG, "§2.9 concat"):
        LinkList(Machine("esp32s3", idf="v5.5"), 2).concat(0, None, 0)
    old = LinkList(Machine("esp32s3", idf="v5.4"), 2)
    for call in (lambda: old.get_owner(2), lambda: old.set_owner(-1, Owner.DMA)):
        with refused(EspErr.INVALID_ARG, "§2.9 owner, v5.4.0"):
            call()
