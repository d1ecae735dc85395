"""The rules about lists, channels, aliases, raw maintenance and order: each where it must fire, and a twin where it must be silent."""

from __future__ import annotations

import re

import pytest

from dmalab import Machine, chips
from dmalab.core.channel import Direction
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_DIR_C2M,
    ESP_CACHE_MSYNC_FLAG_INVALIDATE,
    MALLOC_CAP_DMA,
    MALLOC_CAP_INTERNAL,
    MALLOC_CAP_SPIRAM,
    AsyncMemcpy,
    esp_cache_msync,
    rom_cache,
)
from dmalab.idf.dma_utils import merge_rx_buffers, split_rx_buffer
from dmalab.idf.gdma import GdmaChannel, new_channel
from dmalab.idf.gdma_link import Final, LinkList, Mount, Owner

from .conftest import messages, play, rules

TX, RX = Direction.TX, Direction.RX
INTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL
C2M_INVALIDATE = ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_INVALIDATE


def pair(machine: Machine) -> tuple[GdmaChannel, GdmaChannel]:
    tx = new_channel(machine, TX, reserve_sibling=True)
    rx = new_channel(machine, RX, sibling=tx)
    for channel in (tx, rx):
        channel.connect(
            next(iter(machine.engines["ahb_gdma"].free_copy_ids())) if channel is tx else tx.core.trigger or 0
        )
        channel.apply_strategy(owner_check=True, auto_update_desc=True)
    return tx, rx


def plain(text: str) -> str:
    return re.sub("0x[0-9a-f]{8}", "ADDRESS", text)


class Bench:
    """Two buffers, two lists, a pair."""

    def __init__(self, machine: Machine, size: int = 128, *, items: int = 4) -> None:
        self.machine = machine
        self.tx, self.rx = pair(machine)
        self.src, self.dst = machine.heap.alloc(size, INTERNAL), machine.heap.alloc(size, INTERNAL)
        self.src.write(bytes(size))
        self.sending, self.receiving = LinkList(machine, items), LinkList(machine, items)

    def close(self) -> None:
        self.tx.delete()
        self.rx.delete()
        self.sending.delete()
        self.receiving.delete()
        self.src.free()
        self.dst.free()


# -- bad-descriptor-chain ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("eof", [True, False])
def test_a_list_without_an_end_of_frame(eof: bool) -> None:
    async def main(machine: Machine) -> None:
        bench = Bench(machine)
        bench.sending.mount(0, [Mount(address=bench.src.address, size=128, mark_eof=eof, mark_final=True)])
        bench.receiving.mount(0, [Mount(address=bench.dst.address, size=128, mark_final=True)])
        bench.rx.start(bench.receiving.head)
        bench.tx.start(bench.sending.head)
        await machine.sleep_us(50)
        bench.rx.stop()
        bench.tx.stop()
        bench.close()

    report = play(main)
    assert rules(report) == ([] if eof else ["bad-descriptor-chain"])
    if not eof:
        assert messages(report) == [
            "AHB GDMA channel 0 can't go on sending after 1 descriptors and 128 bytes: the sending list ends without an end-of-frame mark"
        ]


@pytest.mark.parametrize("linked", [True, False])
def test_descriptors_that_were_never_linked(linked: bool) -> None:
    """Only the first 4095 bytes are sent: espressif/esp-idf commit e5c8434c6ec."""

    async def main(machine: Machine) -> None:
        bench = Bench(machine, 5000)
        bench.sending.mount(0, [Mount(address=bench.src.address, size=5000, mark_eof=True, mark_final=True)])
        bench.receiving.mount(0, [Mount(address=bench.dst.address, size=5000, mark_final=True)])
        if not linked:
            machine.memory.driver_store(bench.sending.head + 8, bytes(4))
        bench.rx.start(bench.receiving.head)
        bench.tx.start(bench.sending.head)
        await machine.sleep_us(500)
        bench.rx.stop()
        bench.tx.stop()
        bench.close()

    assert rules(play(main)) == ([] if linked else ["bad-descriptor-chain"])


@pytest.mark.parametrize("written_back", [True, False])
def test_a_list_that_only_the_cache_has_is_stale_and_not_broken(written_back: bool) -> None:
    """The engine meets a descriptor without its owner bit because the bit is in the cache: linking anew would be no cure."""

    async def main(machine: Machine) -> None:
        bench = Bench(machine)
        bench.sending.mount(0, [Mount(address=bench.src.address, size=128, mark_eof=True, mark_final=True)])
        bench.receiving.mount(0, [Mount(address=bench.dst.address, size=128, mark_final=True)])
        esp_cache_msync(machine, bench.src, 128, ESP_CACHE_MSYNC_FLAG_DIR_C2M)
        head = bench.sending.head
        right = machine.memory.load(head, 12)
        machine.memory.driver_store(head, bytes(12))
        esp_cache_msync(machine, head & -64, 64, C2M_INVALIDATE)
        machine.memory.store(head, right)
        if written_back:
            esp_cache_msync(machine, head & -64, 64, ESP_CACHE_MSYNC_FLAG_DIR_C2M)
        bench.rx.start(bench.receiving.head)
        bench.tx.start(head)
        await machine.sleep_us(50)
        bench.rx.stop()
        bench.tx.stop()
        bench.close()

    assert "bad-descriptor-chain" not in rules(play(main, "esp32p4"))
    assert ("stale-dma-read" in rules(play(main, "esp32p4"))) is not written_back


def test_a_list_with_too_little_room() -> None:
    async def main(machine: Machine) -> None:
        bench = Bench(machine)
        bench.sending.mount(0, [Mount(address=bench.src.address, size=128, mark_eof=True, mark_final=True)])
        bench.receiving.mount(0, [Mount(address=bench.dst.address, size=64, mark_final=True)])
        bench.rx.start(bench.receiving.head)
        bench.tx.start(bench.sending.head)
        await machine.sleep_us(50)
        bench.rx.stop()
        bench.tx.stop()
        bench.close()

    report = play(main)
    assert messages(report) == [
        "AHB GDMA channel 0 can't go on receiving after 1 descriptors and 64 bytes: the receiving list is used up"
    ]
    assert "on_descr_empty" in report.findings[0].fix


def test_a_descriptor_in_memory_the_engine_does_not_reach() -> None:
    async def main(machine: Machine) -> None:
        bench = Bench(machine)
        lists = machine.heap.alloc(64, MALLOC_CAP_SPIRAM) if machine.chip.name == "esp32s3" else None
        assert lists is not None
        bench.receiving.mount(0, [Mount(address=bench.dst.address, size=64, mark_final=True)])
        bench.rx.start(bench.receiving.head)
        bench.tx.start(0x6000_0000)
        await machine.sleep_us(50)
        bench.rx.stop()
        bench.close()

    report = play(main)
    assert rules(report) == ["bad-descriptor-chain"]


# -- ring-ownership ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("returns", [True, False])
def test_a_ring_whose_items_never_come_back(returns: bool) -> None:
    async def main(machine: Machine) -> None:
        bench = Bench(machine)
        bench.receiving.mount(0, [Mount(address=bench.dst.address + 32 * i, size=32) for i in range(4)])
        bench.rx.start(bench.receiving.head)
        for number in range(6):
            bench.sending.mount(0, [Mount(address=bench.src.address, size=32, mark_eof=True, mark_final=True)])
            bench.tx.start(bench.sending.head)
            await machine.sleep_us(20)
            if returns:
                bench.receiving.set_owner(number % 4, Owner.DMA)
        bench.rx.stop()
        bench.tx.stop()
        bench.close()

    report = play(main)
    if returns:
        assert rules(report) == []
        return
    assert rules(report)[0] == "ring-ownership"
    assert messages(report)[0] == (
        "bytes arrived on AHB GDMA channel 0 and every descriptor of its ring waits for the CPU, after 4 were filled: the channel stops until "
        "one is given back and the list appended"
    )


def test_a_ring_read_ahead_goes_on_at_items_that_came_back_since() -> None:
    """Whose a descriptor is counts when the engine gets there, not when it reads ahead."""

    async def main(machine: Machine) -> None:
        bench = Bench(machine)
        bench.receiving.mount(0, [Mount(address=bench.dst.address + 32 * i, size=32) for i in range(4)])
        bench.rx.start(bench.receiving.head)
        for lap in range(4):
            bench.sending.mount(0, [Mount(address=bench.src.address, size=32, mark_eof=True) for _ in range(2)])
            bench.sending.mount(2, [Mount(address=bench.src.address, size=32, mark_eof=True, mark_final=True)])
            bench.tx.start(bench.sending.head)
            await machine.sleep_us(20)
            for number in range(3 * lap, 3 * lap + 3):
                bench.receiving.set_owner(number % 4, Owner.DMA)
        bench.rx.stop()
        bench.tx.stop()
        bench.close()

    assert rules(play(main)) == []


# -- channel-state -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("waits", [True, False])
def test_a_channel_that_is_started_again_too_early(waits: bool) -> None:
    async def main(machine: Machine) -> None:
        bench = Bench(machine, 4000)
        for _ in range(2):
            bench.sending.mount(0, [Mount(address=bench.src.address, size=4000, mark_eof=True, mark_final=True)])
            bench.receiving.mount(0, [Mount(address=bench.dst.address, size=4000, mark_final=True)])
            bench.rx.start(bench.receiving.head)
            bench.tx.start(bench.sending.head)
            await machine.sleep_us(500 if waits else 10)
        await machine.sleep_us(500)
        bench.close()

    report = play(main)
    assert ("channel-state" in rules(report)) is not waits
    if not waits:
        text = next(one.message for one in report.findings if one.rule == "channel-state")
        assert re.fullmatch(
            r"AHB GDMA channel 0 was started again while \d+ bytes of its list had not moved: they never will", text
        )


@pytest.mark.parametrize("stops", [True, False])
def test_a_channel_that_is_deleted_in_the_middle(stops: bool) -> None:
    async def main(machine: Machine) -> None:
        bench = Bench(machine, 4000)
        bench.sending.mount(0, [Mount(address=bench.src.address, size=4000, mark_eof=True, mark_final=True)])
        bench.receiving.mount(0, [Mount(address=bench.dst.address, size=4000, mark_final=True)])
        bench.rx.start(bench.receiving.head)
        bench.tx.start(bench.sending.head)
        await machine.sleep_us(10)
        if stops:
            bench.tx.stop()
            bench.rx.stop()
        bench.close()

    report = play(main)
    assert rules(report) == ([] if stops else ["channel-state"])
    if not stops:
        assert messages(report)[0].startswith("AHB GDMA channel 0 was given back in the middle of its list, with ")


def test_going_on_without_having_begun() -> None:
    async def main(machine: Machine) -> None:
        bench = Bench(machine)
        bench.tx.append()
        bench.close()

    assert messages(play(main)) == [
        "AHB GDMA channel 0 was told to go on with its list before it was ever started: it goes on from an address nobody set"
    ]


# -- completion-misuse ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("listens", [True, False])
def test_waiting_for_a_frame_that_tells_nobody(listens: bool) -> None:
    async def main(machine: Machine) -> None:
        bench = Bench(machine)
        done = machine.semaphore(name="done")
        if listens:
            bench.rx.register_callbacks(RX, {"recv_eof": lambda *_: done.give_from_isr()})
        bench.sending.mount(0, [Mount(address=bench.src.address, size=128, mark_eof=True, mark_final=True)])
        bench.receiving.mount(0, [Mount(address=bench.dst.address, size=128, mark_final=True)])
        bench.rx.start(bench.receiving.head)
        bench.tx.start(bench.sending.head)
        await done.take()
        bench.close()

    report = play(main)
    if listens:
        assert rules(report) == []
        return
    assert set(rules(report)) == {"completion-misuse", "deadlock", "leak"}
    assert next(one.message for one in report.findings if one.rule == "completion-misuse") == (
        "a frame of 128 bytes was received on AHB GDMA channel 0 and told nobody, for no on_recv_eof is registered; every task waits"
    )


def test_polling_the_owner_is_fine() -> None:
    async def main(machine: Machine) -> None:
        bench = Bench(machine)
        bench.sending.mount(0, [Mount(address=bench.src.address, size=128, mark_eof=True, mark_final=True)])
        bench.receiving.mount(0, [Mount(address=bench.dst.address, size=128, mark_final=True)])
        bench.rx.start(bench.receiving.head)
        bench.tx.start(bench.sending.head)
        while bench.receiving.get_owner(0) is Owner.DMA:
            await machine.cpu.spend(us=1)
        bench.dst.read()
        bench.close()

    assert rules(play(main)) == []


# -- items in flight -----------------------------------------------------------------------------------------------------


def test_items_belong_to_the_engine_until_they_come_back() -> None:
    """A finished item may be read while the next one is filled; an unfinished one may not, nor may its descriptor be changed."""

    async def main(machine: Machine) -> None:
        bench = Bench(machine, 4000)
        bench.sending.mount(0, [Mount(address=bench.src.address, size=4000, mark_eof=True, mark_final=True)])
        bench.receiving.mount(
            0, [Mount(address=bench.dst.address + 2000 * i, size=2000, mark_final=i == 1) for i in range(2)]
        )
        bench.rx.start(bench.receiving.head)
        bench.tx.start(bench.sending.head)
        await machine.sleep_us(50)
        assert bench.receiving.get_owner(0) is Owner.CPU
        bench.dst.read(0, 2000)
        bench.dst.write(b"mine")
        machine.notes.append("silent")
        bench.dst.read(2000, 4)
        machine.memory.store(bench.receiving.item_address(1), bytes(4))
        await machine.sleep_us(100)
        bench.rx.stop()
        bench.tx.stop()
        bench.close()

    report = play(main)
    assert rules(report) == ["touched-in-flight"]
    assert [plain(one).split(" while ")[1].split(" [")[0] for one in messages(report)] == [
        "the receiving by AHB GDMA channel 0 is still writing",
        "the descriptor of AHB GDMA channel 0 is still reading",
    ]


@pytest.mark.parametrize("waits", [True, False])
def test_mounting_over_an_item_in_flight(waits: bool) -> None:
    async def main(machine: Machine) -> None:
        bench = Bench(machine, 4000)
        bench.sending.mount(0, [Mount(address=bench.src.address, size=4000, mark_eof=True, mark_final=True)])
        bench.receiving.mount(0, [Mount(address=bench.dst.address, size=4000, mark_final=True)])
        bench.rx.start(bench.receiving.head)
        bench.tx.start(bench.sending.head)
        await machine.sleep_us(200 if waits else 5)
        bench.sending.mount(0, [Mount(address=bench.src.address, size=100, mark_eof=True, mark_final=True)])
        await machine.sleep_us(200)
        bench.close()

    assert rules(play(main)) == ([] if waits else ["touched-in-flight"])


def test_a_buffer_freed_under_an_armed_receiver() -> None:
    async def main(machine: Machine) -> None:
        bench = Bench(machine)
        bench.receiving.mount(0, [Mount(address=bench.dst.address, size=128, mark_final=True)])
        bench.rx.start(bench.receiving.head)
        bench.dst.free()
        bench.rx.stop()
        bench.dst = machine.heap.alloc(8, INTERNAL)
        bench.close()

    assert rules(play(main)) == ["freed-in-flight"]


def test_a_list_that_runs_beyond_its_buffer() -> None:
    async def main(machine: Machine) -> None:
        bench = Bench(machine)
        bench.receiving.mount(0, [Mount(address=bench.dst.address, size=132, mark_final=True)])
        bench.rx.start(bench.receiving.head)
        bench.rx.stop()
        bench.close()

    assert rules(play(main)) == ["overrun"]


def test_an_engine_with_alignment_rules() -> None:
    """Bursts on an old engine: words inside, the burst outside."""

    async def main(machine: Machine) -> None:
        bench = Bench(machine)
        bench.rx.config_transfer(max_data_burst_size=16, access_ext_mem=True)
        psram = machine.heap.alloc(128, MALLOC_CAP_SPIRAM, align=64)
        for address, size in (
            (bench.dst.address, 64),
            (psram.address + 16, 32),
            (psram.address + 8, 32),
            (bench.dst.address + 2, 4),
        ):
            bench.receiving.mount(0, [Mount(address=address, size=size, mark_final=True)])
            bench.rx.start(bench.receiving.head)
            bench.rx.reset()
        psram.free()
        bench.close()

    report = play(main)
    assert [plain(one) for one in messages(report)] == [
        "[ADDRESS, ADDRESS) does not fit AHB GDMA channel 0: in PSRAM this channel needs address and size aligned to 16 bytes",
        "[ADDRESS, ADDRESS) does not fit AHB GDMA channel 0: in internal RAM this channel needs address and size aligned to 4 bytes",
    ][: len(messages(report))]
    assert rules(report) == ["misaligned-for-engine"]


# -- alias-mix -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("syncs", [True, False])
@pytest.mark.parametrize("is_store", [True, False])
def test_one_memory_by_two_addresses(syncs: bool, is_store: bool) -> None:
    async def main(machine: Machine) -> None:
        buffer = machine.heap.alloc(64, INTERNAL)
        region = machine.chip.region("sram")
        uncached = buffer.address - region.base + region.alias_base
        buffer.write(b"new!")
        if syncs:
            esp_cache_msync(machine, buffer, 64, C2M_INVALIDATE)
        if is_store:
            machine.memory.store(uncached + 32, b"flag")
        else:
            assert (machine.memory.load(uncached, 4) == b"new!") is syncs
        buffer.free()

    report = play(main, "esp32p4")
    assert rules(report) == ([] if syncs else ["alias-mix"])
    if syncs:
        return
    expected = (
        "the core stored to [ADDRESS, ADDRESS) through its uncached alias while the cache held older stores to [ADDRESS, ADDRESS) in the same "
        "line: the line's write-back destroys what was stored"
        if is_store
        else "the core read [ADDRESS, ADDRESS) through its uncached alias, and not its own newer stores to [ADDRESS, ADDRESS), which only the "
        "cache has"
    )
    assert plain(messages(report)[0]) == expected


def test_all_uncached_stores_over_one_cached_store_are_one_finding() -> None:
    """Twenty words of a descriptor table, one forgotten sync: one cause, one repair."""

    async def main(machine: Machine) -> None:
        buffer = machine.heap.alloc(64, INTERNAL)
        region = machine.chip.region("sram")
        uncached = buffer.address - region.base + region.alias_base
        buffer.write(bytes(64))
        machine.memory.store(uncached + 32, b"next")
        machine.memory.store(uncached + 36, b"size")
        machine.memory.store(uncached + 40, b"flag")
        buffer.free()

    (finding,) = (one for one in play(main, "esp32p4").findings if one.rule == "alias-mix")
    assert finding.count == 3


# -- unsafe-maintenance --------------------------------------------------------------------------------------------------


def test_invalidating_everything() -> None:
    async def main(machine: Machine) -> None:
        buffer = machine.heap.alloc(64, MALLOC_CAP_SPIRAM, align=32)
        buffer.write(b"precious" * 4)
        rom_cache.cache_invalidate_all(machine)
        buffer.free()

    report = play(main, "esp32s2")
    assert rules(report) == ["unsafe-maintenance"]
    assert plain(messages(report)[0]) == (
        "Cache_Invalidate_DCache_All dropped 32 bytes of the core's stores in the whole cache, the first of them at [ADDRESS, ADDRESS)"
    )


def test_writing_everything_back_first() -> None:
    async def main(machine: Machine) -> None:
        buffer = machine.heap.alloc(64, MALLOC_CAP_SPIRAM, align=32)
        buffer.write(b"precious")
        rom_cache.cache_writeback_all(machine)
        rom_cache.cache_invalidate_all(machine)
        assert buffer.read(0, 8) == b"precious"
        buffer.free()

    assert rules(play(main, "esp32s2")) == []


@pytest.mark.parametrize("chip", ["esp32s2", "esp32s3"])
def test_a_raw_routine_beside_another_core(chip: str) -> None:
    async def main(machine: Machine) -> None:
        buffer = machine.heap.alloc(64, MALLOC_CAP_SPIRAM, align=32)
        buffer.write(bytes(64))
        rom_cache.cache_writeback_addr(machine, buffer, 64)
        rom_cache.cache_invalidate_addr(machine, buffer, 64)
        buffer.free()

    report = play(main, chip)
    assert rules(report) == ([] if chip == "esp32s2" else ["unsafe-maintenance"])
    if chip == "esp32s3":
        assert plain(messages(report)[0]) == (
            "Cache_WriteBack_Addr was called on [ADDRESS, ADDRESS) without the lock that keeps the other core off the cache: a core that runs from "
            "flash or PSRAM meanwhile hangs or reads garbage"
        )


# -- ordering ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("release", "fires"), [("v5.5", True), ("v6.0", False)])
def test_merging_waits_for_posted_writes_from_v6_0_on(release: str, fires: bool) -> None:
    """idf-api §5.4: the merge of a receiver's parts begins with a barrier."""
    part = chips.with_options(chips.load("esp32c5"), {"revision": "1.0"})

    async def main(machine: Machine) -> None:
        tx, rx = pair(machine)
        src, dst = machine.heap.alloc(64, INTERNAL), machine.heap.alloc(64, MALLOC_CAP_SPIRAM, align=32)
        src.write(b"\x5a" * 64)
        split = split_rx_buffer(machine, dst.address, 64)
        sending, receiving = LinkList(machine, 1), LinkList(machine, 4)
        sending.mount(0, [Mount(address=src.address, size=64, mark_eof=True, mark_final=Final.NULL)])
        receiving.mount(0, [Mount(address=split.body.address, size=64)])
        done = machine.semaphore()
        rx.register_callbacks(RX, {"recv_eof": lambda *_: done.give_from_isr()})
        rx.start(receiving.head)
        tx.start(sending.head)
        await done.take()
        merge_rx_buffers(machine, split)
        assert dst.read() == b"\x5a" * 64
        tx.delete()
        rx.delete()

    assert rules(Machine(part, idf=release).run(main)) == (["ordering"] if fires else [])


@pytest.mark.parametrize(
    ("revision", "release", "barrier", "fires"),
    [
        ("1.0", "v5.5", False, True),
        ("1.0", "v5.5", True, False),
        ("1.0", "v6.0", False, False),
        ("1.2", "v5.5", False, False),
    ],
)
def test_posted_writes_of_early_silicon(revision: str, release: str, barrier: bool, fires: bool) -> None:
    part = chips.with_options(chips.load("esp32c5"), {"revision": revision})

    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(64, INTERNAL), machine.heap.alloc(64, MALLOC_CAP_SPIRAM, align=32)
        other = machine.heap.alloc(32, MALLOC_CAP_SPIRAM, align=32)
        src.write(b"\x5a" * 64)
        done = machine.semaphore()
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, 64, lambda _event: done.give_from_isr())
            await done.take()
        if barrier:
            esp_cache_msync(machine, other, 32, ESP_CACHE_MSYNC_FLAG_DIR_C2M)
        assert dst.read() == b"\x5a" * 64
        for buffer in (src, dst, other):
            buffer.free()

    report = Machine(part, idf=release).run(main)
    assert rules(report) == (["ordering"] if fires else [])
    if fires:
        assert plain(messages(report)[0]) == (
            "the core read [ADDRESS, ADDRESS), which a transfer of 64 bytes by AHB GDMA channel 0 has just written to PSRAM; on this revision of "
            "the chip such writes can still be on their way when the interrupt comes"
        )
