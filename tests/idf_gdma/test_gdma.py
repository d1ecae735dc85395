"""GDMA channels: allocation, connection, settings, callbacks, running (idf-api §2.1 to §2.8)."""

from __future__ import annotations

import pytest

from dmalab import Machine, chips
from dmalab.core.channel import Direction
from dmalab.idf import MALLOC_CAP_DMA, MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM, EspErr, esp_cache_msync
from dmalab.idf import etm_sources as sources
from dmalab.idf.cache import ESP_CACHE_MSYNC_FLAG_DIR_C2M, ESP_CACHE_MSYNC_FLAG_INVALIDATE
from dmalab.idf.gdma import GdmaChannel, GdmaEvent, new_channel, new_channels
from dmalab.idf.gdma_config import NO_EXTERNAL, Constraints
from dmalab.idf.gdma_link import Final, LinkList, Mount, Owner

from .conftest import play, refused, rules

TX, RX = Direction.TX, Direction.RX
INTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL
C2M_INVALIDATE = ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_INVALIDATE


def pair(machine: Machine, *, owner_check: bool = True) -> tuple[GdmaChannel, GdmaChannel]:
    """Both halves of a copying pair, connected."""
    bus = "ahb" if "ahb_gdma" in machine.engines else "axi"
    tx = new_channel(machine, TX, bus=bus, reserve_sibling=True)
    rx = new_channel(machine, RX, bus=bus, sibling=tx)
    trigger = (tx.free_m2m_ids & -tx.free_m2m_ids).bit_length() - 1
    for channel in (tx, rx):
        channel.connect(trigger)
        channel.apply_strategy(owner_check=owner_check, auto_update_desc=True)
    return tx, rx


# -- allocation (§2.1) ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chip", "bus", "pairs"),
    [("esp32s3", "ahb", 5), ("esp32p4", "axi", 3), ("esp32c2", "ahb", 1), ("esp32s31", "lp", 2)],
)
def test_halves_run_out(chip: str, bus: str, pairs: int) -> None:
    """Row 16 of ESP-IDF's own tests."""
    machine = Machine(chip)
    senders = [new_channel(machine, TX, bus=bus) for _ in range(pairs)]
    with refused(EspErr.NOT_FOUND, "§2.1 (4)"):
        new_channel(machine, TX, bus=bus)
    receivers = [new_channel(machine, RX, bus=bus) for _ in range(pairs)]
    with refused(EspErr.NOT_FOUND, "§2.1 (4)"):
        new_channel(machine, RX, bus=bus)
    assert [one.id for one in senders] == [one.id for one in receivers] == list(range(pairs))
    for one in (*senders, *receivers):
        one.delete()
    assert machine.drivers == []
    assert machine.heap.blocks_heap.blocks() == []


def test_a_single_receiver_pairs_with_the_single_sender() -> None:
    machine = Machine("esp32s3")
    alone = new_channel(machine, TX)
    first = new_channel(machine, TX, reserve_sibling=True)
    second = new_channel(machine, RX, sibling=first)
    other = new_channel(machine, RX)
    assert (alone.id, first.id, second.id, other.id) == (0, 1, 1, 0)
    assert first.group_channel_id == (0, 1)
    with refused(EspErr.INVALID_ARG, "§2.1 (3)"):
        new_channel(machine, TX, sibling=first)
    with refused(EspErr.NOT_FOUND, "§2.1 (4)"):
        new_channel(machine, RX, sibling=first)


def test_two_pointers_from_v6_0_on() -> None:
    machine = Machine("esp32p4", idf="v6.0")
    tx, rx = new_channels(machine)
    assert tx is not None
    assert rx is not None
    assert tx.id == rx.id == 1, "§2.1: pair 0 of the AHB engine can't copy"
    only, none = new_channels(machine, rx=False)
    assert only is not None
    assert only.id == 0
    assert none is None
    with refused(EspErr.INVALID_ARG, "§2.1"):
        new_channels(machine, tx=False, rx=False)
    with refused(EspErr.INVALID_ARG, "§2.1"):
        new_channels(machine, intr_priority=4)
    new_channels(machine)
    with refused(EspErr.NOT_FOUND, "§2.1"):
        new_channels(machine)


def test_no_such_engine() -> None:
    with refused(EspErr.NOT_SUPPORTED):
        new_channel(Machine("esp32s3"), TX, bus="axi")


# -- connection (§2.2) ---------------------------------------------------------------------------------------------------


def test_request_ids_count_by_direction() -> None:
    """Row 17 of ESP-IDF's own tests."""
    machine = Machine("esp32c6")
    tx = [new_channel(machine, TX), new_channel(machine, TX)]
    rx = [new_channel(machine, RX), new_channel(machine, RX)]
    tx[0].connect(0, copy=False)
    with refused(EspErr.INVALID_STATE, "§2.2: id taken"):
        tx[1].connect(0, copy=False)
    tx[1].connect(1)
    rx[0].connect(0, copy=False)
    rx[1].connect(1)
    with refused(EspErr.INVALID_STATE, "§2.2: connected"):
        rx[1].connect(4)
    rx[1].disconnect()
    with refused(EspErr.INVALID_STATE, "§2.2: not connected"):
        rx[1].disconnect()
    for one in (*tx, *rx):
        one.delete()


def test_a_bus_has_its_own_ids() -> None:
    channel = new_channel(Machine("esp32p4"), TX, bus="axi")
    with refused(EspErr.INVALID_ARG, "§2.2: bus"):
        channel.connect(1, bus="ahb")
    channel.connect(1, bus="axi", copy=False)


@pytest.mark.parametrize(
    ("chip", "bus", "mask"),
    [
        ("esp32c3", "ahb", 0x1CD),
        ("esp32s3", "ahb", 0x3FF),
        ("esp32c6", "ahb", 0xFC32),
        ("esp32c5", "ahb", 0x1C00),
        ("esp32c61", "ahb", 0xFE75),
        ("esp32p4", "ahb", 0xFAC2),
        ("esp32p4", "axi", 0xFFC0),
        ("esp32h4", "ahb", 0xFC00),
    ],
)
def test_free_ids_for_copies(chip: str, bus: str, mask: int) -> None:
    machine = Machine(chip)
    channel = new_channel(machine, TX, bus=bus)
    assert channel.free_m2m_ids == mask, "§2.2"
    first = (mask & -mask).bit_length() - 1
    channel.connect(first)
    assert channel.free_m2m_ids == mask & ~(1 << first)


def test_a_copy_driver_takes_the_id_of_a_peripheral() -> None:
    """On esp32s3 the first free id is that of SPI2 (§2.2)."""
    from dmalab.idf import AsyncMemcpy

    machine = Machine("esp32s3")
    AsyncMemcpy.install(machine)
    spi = new_channel(machine, TX)
    with refused(EspErr.INVALID_STATE, "§2.2"):
        spi.connect(machine.chip.triggers["SPI2"][1], copy=False)


# -- settings (§2.3 to §2.5) ---------------------------------------------------------------------------------------------


def test_priority_and_weight() -> None:
    channel = new_channel(Machine("esp32c5"), TX)
    for priority in range(6):
        channel.set_priority(priority)
    with refused(EspErr.INVALID_ARG, "§2.3"):
        channel.set_priority(6)
    channel.set_weight(0)
    channel.set_weight(15)
    with refused(EspErr.INVALID_ARG, "§2.3"):
        channel.set_weight(16)
    with refused(EspErr.NOT_SUPPORTED, "§2.3"):
        new_channel(Machine("esp32s3"), TX).set_weight(1)


@pytest.mark.parametrize(
    ("sram", "psram", "fine"),
    [(0, 0, True), (4, 64, True), (3, 0, False), (0, 8, False), (0, 128, False), (0, 16, False)],
)
def test_transfer_ability(sram: int, psram: int, fine: bool) -> None:
    """§2.4; from v5.1 on the external alignment is a multiple of the line."""
    channel = new_channel(Machine("esp32s3", idf="v5.2"), RX)
    if fine:
        channel.set_transfer_ability(sram_trans_align=sram, psram_trans_align=psram)
    else:
        with refused(EspErr.INVALID_ARG, "§2.4"):
            channel.set_transfer_ability(sram_trans_align=sram, psram_trans_align=psram)
    old = new_channel(Machine("esp32s3", idf="v5.0"), RX)
    old.set_transfer_ability(psram_trans_align=16)


CONSTRAINTS = [
    # chip, options, release, direction, burst, external, what comes out (§2.5)
    ("esp32s3", {}, "v5.5", RX, 16, True, Constraints(4, 16)),
    ("esp32s3", {}, "v5.5", TX, 16, True, Constraints(1, 1)),
    ("esp32s3", {}, "v5.5", RX, 0, True, Constraints(1, 1)),
    ("esp32c3", {}, "v5.5", RX, 32, True, Constraints(4, 32)),
    ("esp32c5", {}, "v5.5", RX, 32, True, Constraints(1, 1)),
    ("esp32p4", {}, "v5.5", RX, 64, False, Constraints(1, NO_EXTERNAL)),
    ("esp32s3", {"flash_encryption": ""}, "v5.3", TX, 16, True, Constraints(16, 16)),
    ("esp32s3", {"flash_encryption": ""}, "v5.4.2", TX, 16, True, Constraints(1, 16)),
    ("esp32s3", {"flash_encryption": ""}, "v6.0", TX, 16, True, Constraints(1, 1)),
    ("esp32c5", {"flash_encryption": ""}, "v6.0", RX, 4, True, Constraints(1, 16)),
    ("esp32c5", {"psram_ecc": ""}, "v6.0", RX, 4, True, Constraints(1, 1)),
    ("esp32c5", {"psram_ecc": ""}, "master", RX, 4, True, Constraints(1, 16)),
]


@pytest.mark.parametrize(("chip", "options", "release", "direction", "burst", "external", "result"), CONSTRAINTS)
def test_alignment_constraints(
    chip: str,
    options: dict[str, str],
    release: str,
    direction: Direction,
    burst: int,
    external: bool,
    result: Constraints,
) -> None:
    part = chips.with_options(chips.load(chip), options)
    channel = new_channel(Machine(part, idf=release), direction)
    assert channel.constraints == Constraints(0, 0), "§2.5: before the first configuration both read 0"
    channel.config_transfer(max_data_burst_size=burst, access_ext_mem=external)
    assert channel.constraints == result


def test_weighted_arbitration_raises_alignment() -> None:
    machine = Machine("esp32c5", idf="v6.0")
    machine.engines["ahb_gdma"].weighted = True
    channel = new_channel(machine, TX)
    channel.config_transfer(max_data_burst_size=32, access_ext_mem=True)
    assert channel.constraints == Constraints(32, 32), "§2.5"


def test_encryption_raises_the_burst() -> None:
    part = chips.with_options(chips.load("esp32c5"), {"flash_encryption": ""})
    channel = new_channel(Machine(part, idf="v6.0"), RX)
    channel.config_transfer(max_data_burst_size=0, access_ext_mem=True)
    assert channel.core.burst == 16, "§2.5"


# -- running (§2.6, §2.7) ------------------------------------------------------------------------------------------------


def test_one_frame_over_several_descriptors() -> None:
    """Row 19 of ESP-IDF's own tests: the receiver stops exactly at the end of the frame."""
    events: list[tuple[str, int]] = []

    async def main(machine: Machine) -> None:
        tx, rx = pair(machine)
        src, dst = machine.heap.alloc(159, INTERNAL), machine.heap.alloc(256, INTERNAL)
        src.write(bytes(range(159)))
        dst.write(b"\xff" * 256)
        sending, receiving = LinkList(machine, 3, item_align=8), LinkList(machine, 5, item_align=8)
        low = src.address
        parts = [
            Mount(address=low, size=64),
            Mount(address=low + 64, size=64),
            Mount(address=low + 128, size=31, mark_eof=True, mark_final=Final.NULL),
        ]
        assert sending.mount(0, parts) == 2
        receiving.mount(0, [Mount(address=dst.address, size=256)])
        done = machine.semaphore()

        def ended(_channel: GdmaChannel, event: GdmaEvent | None) -> None:
            assert event is not None
            events.append(("eof", event.desc_addr - receiving.head))
            assert event.normal_eof
            done.give_from_isr()

        rx.register_callbacks(
            RX,
            {
                "recv_eof": ended,
                "recv_done": lambda _c, event: events.append(("done", event.desc_addr - receiving.head)),
            },
        )  # type: ignore[union-attr]
        tx.register_callbacks(
            TX, {"trans_eof": lambda _c, event: events.append(("sent", event.desc_addr - sending.head))}
        )  # type: ignore[union-attr]
        rx.start(receiving.head)
        tx.start(sending.head)
        await done.take()
        assert dst.read() == bytes(range(159)) + b"\xff" * 97
        assert [sending.get_owner(item) for item in range(3)] == [Owner.CPU] * 3
        assert (receiving.get_owner(0), receiving.get_length(0), receiving.size_till_eof(0)) == (Owner.CPU, 159, 159)
        tx.delete()
        rx.delete()

    assert rules(play(main)) == []
    assert events == [("sent", 32), ("done", 0), ("eof", 0)]


def test_internal_ram_to_psram_and_back() -> None:
    """Row 22 of ESP-IDF's own tests: the same lists mounted again with the buffers changed about, and started without a reset."""
    size = 40 * 1024

    async def main(machine: Machine) -> None:
        tx, rx = pair(machine)
        for channel in (tx, rx):
            channel.config_transfer(max_data_burst_size=32, access_ext_mem=True)
        data = bytes(index & 0xFF for index in range(size))
        near, far = machine.heap.alloc(size, INTERNAL, align=32), machine.heap.alloc(size, MALLOC_CAP_SPIRAM, align=32)
        near.write(data)
        far.write(bytes(size))
        esp_cache_msync(machine, far, size, C2M_INVALIDATE)
        sending, receiving = LinkList(machine, 20, item_align=8), LinkList(machine, 20, item_align=8)
        done = machine.semaphore()
        rx.register_callbacks(RX, {"recv_eof": lambda *_: done.give_from_isr()})
        for source, target in ((near, far), (far, near)):
            sending.mount(
                0, [Mount(address=source.address, size=size, mark_eof=True, mark_final=Final.NULL, alignment=32)]
            )
            receiving.mount(0, [Mount(address=target.address, size=size, mark_final=Final.NULL, alignment=32)])
            rx.start(receiving.head)
            tx.start(sending.head)
            await done.take()
            if target is far:
                near.write(bytes(size))
        assert near.read() == data
        assert far.read() == data
        tx.delete()
        rx.delete()

    assert rules(play(main, idf="v5.5.3")) == []


@pytest.mark.parametrize(
    ("release", "order"), [("v5.2", ["done", "eof"]), ("v5.4", ["done", "eof"]), ("v6.1", ["done", "eof"])]
)
def test_both_callbacks_of_the_last_descriptor(release: str, order: list[str]) -> None:
    seen: list[str] = []

    async def main(machine: Machine) -> None:
        tx, rx = pair(machine)
        src, dst = machine.heap.alloc(8, INTERNAL), machine.heap.alloc(8, INTERNAL)
        src.write(bytes(8))
        lists = LinkList(machine, 1), LinkList(machine, 1)
        lists[0].mount(0, [Mount(address=src.address, size=8, mark_eof=True, mark_final=True)])
        lists[1].mount(0, [Mount(address=dst.address, size=8, mark_final=True)])
        rx.register_callbacks(
            RX, {"recv_eof": lambda *_: seen.append("eof"), "recv_done": lambda *_: seen.append("done")}
        )
        rx.start(lists[1].head)
        tx.start(lists[0].head)
        await machine.sleep_us(20)

    play(main, idf=release)
    assert seen == order


def test_the_list_is_used_up() -> None:
    """Row 20 of ESP-IDF's own tests."""
    seen: list[str] = []

    async def main(machine: Machine) -> None:
        tx, rx = pair(machine)
        src, dst = machine.heap.alloc(128, INTERNAL), machine.heap.alloc(64, INTERNAL)
        src.write(bytes(128))
        lists = LinkList(machine, 1), LinkList(machine, 1)
        lists[0].mount(0, [Mount(address=src.address, size=128, mark_eof=True, mark_final=True)])
        lists[1].mount(0, [Mount(address=dst.address, size=64, mark_final=True)])
        rx.register_callbacks(
            RX, {"descr_empty": lambda *_: seen.append("empty"), "recv_eof": lambda *_: seen.append("eof")}
        )
        rx.start(lists[1].head)
        tx.start(lists[0].head)
        await machine.sleep_us(50)
        rx.stop()
        tx.stop()
        rx.delete()
        tx.delete()

    assert rules(play(main)) == []
    assert seen == ["empty"]


def test_a_list_that_grows_goes_on_after_append() -> None:
    async def main(machine: Machine) -> None:
        tx, rx = pair(machine)
        src, dst = machine.heap.alloc(300, INTERNAL), machine.heap.alloc(300, INTERNAL)
        src.write(bytes(i & 0xFF for i in range(300)))
        first, second, room = LinkList(machine, 1), LinkList(machine, 2), LinkList(machine, 3)
        room.mount(0, [Mount(address=dst.address + 100 * i, size=100) for i in range(3)])
        first.mount(0, [Mount(address=src.address, size=100, mark_eof=True, mark_final=True)])
        frames = machine.semaphore(limit=9)
        rx.register_callbacks(RX, {"recv_eof": lambda *_: frames.give_from_isr()})
        rx.start(room.head)
        tx.start(first.head)
        assert await frames.take(timeout_us=100)
        assert not await frames.take(timeout_us=100)
        second.mount(
            0, [Mount(address=src.address + 100 * i, size=100, mark_eof=True, mark_final=i == 2) for i in (1, 2)]
        )
        first.concat(0, second, 0)
        tx.append()
        assert await frames.take(timeout_us=100)
        assert await frames.take(timeout_us=100)
        assert dst.read() == src.read()
        tx.delete()
        rx.delete()

    assert rules(play(main)) == []


def test_a_ring_goes_round_as_long_as_items_come_back() -> None:
    async def main(machine: Machine) -> None:
        tx, rx = pair(machine)
        src, dst = machine.heap.alloc(64, INTERNAL), machine.heap.alloc(4 * 64, INTERNAL)
        ring, one = LinkList(machine, 4), LinkList(machine, 1)
        ring.mount(0, [Mount(address=dst.address + 64 * i, size=64) for i in range(4)])
        got = machine.semaphore(limit=9)
        rx.register_callbacks(RX, {"recv_eof": lambda *_: got.give_from_isr()})
        rx.start(ring.head)
        for number in range(23):
            src.write(bytes([number]) * 64)
            one.mount(0, [Mount(address=src.address, size=64, mark_eof=True, mark_final=True)])
            tx.start(one.head)
            assert await got.take(timeout_us=100)
            item = number % 4
            assert ring.get_owner(item) is Owner.CPU
            assert dst.read(64 * item, 64) == bytes([number]) * 64
            ring.set_owner(item, Owner.DMA)
        tx.delete()
        rx.delete()

    assert rules(play(main)) == []


def test_reset_keeps_the_connection() -> None:
    machine = Machine("esp32s3")
    tx, _ = pair(machine)
    tx.reset()
    with refused(EspErr.INVALID_STATE, "§2.2"):
        tx.connect(5)


# -- callbacks (§2.7) ----------------------------------------------------------------------------------------------------


def test_registering_callbacks() -> None:
    machine = Machine("esp32s3", idf="v6.1")
    tx, rx = new_channel(machine, TX, isr_cache_safe=True), new_channel(machine, RX)
    with refused(EspErr.INVALID_ARG, "§2.7: direction"):
        tx.register_callbacks(RX, {})
    with refused(EspErr.INVALID_ARG, "§2.7: IRAM"):
        tx.register_callbacks(TX, {"trans_eof": lambda *_: None}, in_iram=False)
    tx.register_callbacks(TX, {"trans_eof": lambda *_: None})
    with refused(EspErr.NOT_SUPPORTED, "§2.7: AHB v1"):
        tx.register_callbacks(TX, {"link_switch": lambda *_: None})
    with refused(EspErr.INVALID_ARG, "§2.7: request on RX"):
        rx.request_link_switch_event()
    new = new_channel(Machine("esp32c5", idf="v6.1"), TX)
    with refused(EspErr.INVALID_STATE, "§2.7: no callback"):
        new.request_link_switch_event()
    new.register_callbacks(TX, {"link_switch": lambda *_: None})
    new.request_link_switch_event()


@pytest.mark.parametrize(("chip", "shared"), [("esp32c3", True), ("esp32c2", True), ("esp32c6", False)])
def test_both_halves_share_an_interrupt_on_some_chips(chip: str, shared: bool) -> None:
    """Row 23 of ESP-IDF's own tests."""
    machine = Machine(chip, idf="v6.1")
    tx, _ = new_channels(machine, rx=False, intr_priority=2)
    _, rx = new_channels(machine, tx=False, intr_priority=3)
    assert tx is not None
    assert rx is not None
    tx.register_callbacks(TX, {"trans_eof": lambda *_: None})
    if shared:
        with refused(EspErr.INVALID_ARG, "§2.7"):
            rx.register_callbacks(RX, {"recv_eof": lambda *_: None})
    else:
        rx.register_callbacks(RX, {"recv_eof": lambda *_: None})


# -- ETM (§2.8) ----------------------------------------------------------------------------------------------------------


def test_an_etm_task_takes_start_and_stop_from_software() -> None:
    machine = Machine("esp32c6")
    tx, _ = pair(machine)
    task = sources.gdma_new_etm_task(tx)
    for call in (lambda: tx.start(0x4080_0000), tx.stop):
        with refused(EspErr.INVALID_STATE, "§2.6, §2.8"):
            call()
    task.delete()
    tx.stop()


def test_numbers_in_the_matrix() -> None:
    for chip, numbers in (("esp32c6", (141, 153, 159, 162)), ("esp32c5", (120, 132, 143, 146))):
        tx, rx = pair(Machine(chip))
        found = (
            sources.gdma_new_etm_event(rx).number,
            sources.gdma_new_etm_event(tx).number,
            sources.gdma_new_etm_task(rx).number,
            sources.gdma_new_etm_task(tx).number,
        )
        assert found == numbers, "§2.8"
    with refused(EspErr.NOT_SUPPORTED, "§2.8"):
        sources.gdma_new_etm_event(new_channel(Machine("esp32s3"), RX))


# -- what only the registers know ----------------------------------------------------------------------------------------


def test_v1_engines_keep_the_low_20_bits_of_the_head() -> None:
    async def main(machine: Machine) -> None:
        tx, rx = pair(machine)
        src, dst = machine.heap.alloc(64, INTERNAL), machine.heap.alloc(64, INTERNAL)
        src.write(b"\x5a" * 64)
        lists = LinkList(machine, 1), LinkList(machine, 1)
        lists[0].mount(0, [Mount(address=src.address, size=64, mark_eof=True, mark_final=True)])
        lists[1].mount(0, [Mount(address=dst.address, size=64, mark_final=True)])
        rx.start(lists[1].head & 0xFFFFF)
        tx.start(lists[0].head & 0xFFFFF | 0x1230_0000)
        await machine.sleep_us(20)
        assert dst.read() == src.read()

    play(main, "esp32s3")
    machine = Machine("esp32p4")
    tx, _ = pair(machine)
    tx.start(LinkList(machine, 1).head & 0xFFFFF)
    assert tx.core.state.name == "CONNECTED", "v2 engines take all 32 bits, and find nothing there"
