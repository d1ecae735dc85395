"""`esp_async_memcpy` by release: configuration, backlog, error codes and their order, cache duties (idf-api §1)."""

from __future__ import annotations

from typing import Any

import pytest

from dmalab import Machine
from dmalab.core.events import Sync
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_DIR_C2M,
    ESP_CACHE_MSYNC_FLAG_DIR_M2C,
    MALLOC_CAP_DMA,
    MALLOC_CAP_INTERNAL,
    MALLOC_CAP_SPIRAM,
    AsyncMemcpy,
    EspErr,
    esp_cache_msync,
)
from dmalab.idf.release import parse

from .conftest import messages, play, refused, rules

INTERNAL, EXTERNAL = MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA, MALLOC_CAP_SPIRAM
RELEASES = ("v4.4", "v5.0", "v5.1", "v5.2", "v5.3", "v5.4", "v5.3.3", "v5.4.1", "v5.5", "v6.0", "v6.1", "master")
RING = ("v4.4", "v5.0", "v5.1")
QUEUED = tuple(release for release in RELEASES if release not in RING)


def pattern(n: int) -> bytes:
    return bytes((7 * i + (i >> 8)) & 0xFF for i in range(n))


async def copy(machine: Machine, mcp: AsyncMemcpy, dst: Any, src: Any, n: int) -> None:
    done = machine.semaphore()
    mcp.memcpy(dst, src, n, lambda _event: done.give_from_isr())
    assert await done.take(timeout_us=100_000)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("chip", ["esp32s3", "esp32c3", "esp32c6", "esp32s2", "esp32h2", "esp32c2"])
def test_every_generation_copies_inside_internal_ram(chip: str, release: str) -> None:
    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(9000, INTERNAL), machine.heap.alloc(9000, INTERNAL)
        src.write(pattern(9000))
        with AsyncMemcpy.install(machine) as mcp:
            for n in (4, 64, 4092, 4096, 8188, 9000):
                dst.write(bytes(9000))
                await copy(machine, mcp, dst, src, n)
                assert dst.read(0, n) == pattern(9000)[:n]
                assert not any(dst.read(n)) if n < 9000 else True
        src.free()
        dst.free()

    assert rules(play(main, chip, release)) == []


@pytest.mark.parametrize("release", [one for one in RELEASES if one not in (*RING, "v5.2")])
@pytest.mark.parametrize(
    ("chip", "engine"), [("esp32p4", "axi_gdma"), ("esp32c5", "ahb_gdma"), ("esp32s31", "axi_gdma")]
)
def test_newer_engines_copy_between_all_memories(chip: str, engine: str, release: str) -> None:
    if chip == "esp32c5" and not parse(release).since("5.5"):
        pytest.skip("the driver takes PSRAM from v5.5 on")

    async def main(machine: Machine) -> None:
        buffers = {
            caps: (machine.heap.alloc(4096, caps, align=64), machine.heap.alloc(4096, caps, align=64))
            for caps in (INTERNAL, EXTERNAL)
        }
        with AsyncMemcpy.install(machine, engine=engine) as mcp:
            for source in buffers:
                for target in buffers:
                    src, dst = buffers[source][0], buffers[target][1]
                    src.write(pattern(4096))
                    await copy(machine, mcp, dst, src, 4096)
                    assert dst.read() == pattern(4096)

    assert rules(play(main, chip, release)) == []


# -- backlog (§1.2) ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", QUEUED)
def test_a_full_backlog_of_transactions_is_invalid_state(release: str) -> None:
    machine = Machine("esp32s3", idf=release)
    src, dst = machine.heap.alloc(9000, INTERNAL), machine.heap.alloc(9000, INTERNAL)
    mcp = AsyncMemcpy.install(machine, backlog=2)
    mcp.memcpy(dst, src, 9000)  # more than a ring of two descriptors could carry
    mcp.memcpy(dst, src, 8)
    with refused(EspErr.INVALID_STATE, "§1.2"):
        mcp.memcpy(dst, src, 8)


@pytest.mark.parametrize("release", QUEUED)
def test_backlog_0_stands_for_4(release: str) -> None:
    machine = Machine("esp32s3", idf=release)
    src, dst = machine.heap.alloc(20000, INTERNAL), machine.heap.alloc(20000, INTERNAL)
    mcp = AsyncMemcpy.install(machine, backlog=0)
    for _ in range(4):
        mcp.memcpy(dst, src, 20000)
    with refused(EspErr.INVALID_STATE, "§1.1"):
        mcp.memcpy(dst, src, 64)


@pytest.mark.parametrize("release", RING)
def test_the_ring_counts_descriptors(release: str) -> None:
    machine = Machine("esp32s3", idf=release)
    src, dst = machine.heap.alloc(20000, INTERNAL), machine.heap.alloc(20000, INTERNAL)
    mcp = AsyncMemcpy.install(machine, backlog=4)
    with refused(EspErr.INVALID_ARG, "§1.2: larger than the ring"):
        mcp.memcpy(dst, src, 4 * 4095 + 1)
    mcp.memcpy(dst, src, 3 * 4095)
    with refused(EspErr.FAIL, "§1.2: not enough free"):
        mcp.memcpy(dst, src, 4096)
    mcp.memcpy(dst, src, 4095)
    with refused(EspErr.FAIL, "§1.2"):
        mcp.memcpy(dst, src, 1)


def test_the_ring_comes_round() -> None:
    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(5000, INTERNAL), machine.heap.alloc(5000, INTERNAL)
        src.write(pattern(5000))
        with AsyncMemcpy.install(machine, backlog=3) as mcp:
            for n in (1, 4095, 4096, 5000, 17, 4097, 5000):
                dst.write(bytes(5000))
                await copy(machine, mcp, dst, src, n)
                assert dst.read(0, n) == pattern(5000)[:n]

    assert rules(play(main, idf="v4.4")) == []


def test_requests_in_a_row_finish_in_order_on_the_ring() -> None:
    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(4000, INTERNAL), machine.heap.alloc(4000, INTERNAL)
        src.write(pattern(4000))
        order: list[int] = []
        with AsyncMemcpy.install(machine, backlog=8) as mcp:
            for number in range(7):
                mcp.memcpy(
                    dst.address + 500 * number, src.address + 500 * number, 500, lambda _e, n=number: order.append(n)
                )  # type: ignore[misc]
            await machine.sleep_us(1000)
        assert order == list(range(7))
        assert dst.read(0, 3500) == pattern(4000)[:3500]

    assert rules(play(main, idf="v5.1")) == []


# -- checks and their order (§1.4) ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", QUEUED)
def test_nothing_to_copy_is_refused_from_v5_2_on(release: str) -> None:
    machine = Machine("esp32s3", idf=release)
    src = machine.heap.alloc(64, INTERNAL)
    mcp = AsyncMemcpy.install(machine)
    for dst, source, n in ((0, src, 4), (src, 0, 4), (src, src, 0)):
        with refused(EspErr.INVALID_ARG, "§1.4 wrapper"):
            mcp.memcpy(dst, source, n)


@pytest.mark.parametrize("release", RING)
def test_nothing_to_copy_completes_on_the_ring(release: str) -> None:
    """One descriptor is handed over as it is, and its callback comes (§1.4)."""
    seen: list[int] = []

    async def main(machine: Machine) -> None:
        buffer = machine.heap.alloc(64, INTERNAL)
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(buffer, buffer, 0, lambda _event: seen.append(1))
            await machine.sleep_us(100)

    play(main, idf=release)
    assert seen == [1]


@pytest.mark.parametrize("release", QUEUED)
def test_an_engine_without_psram_checks_both_pointers(release: str) -> None:
    machine = Machine("esp32c3", idf=release)
    inside = machine.heap.alloc(64, INTERNAL)
    mcp = AsyncMemcpy.install(machine)
    flash = machine.chip.region("flash").base
    with refused(EspErr.INVALID_ARG, "§1.4 (1)"):
        mcp.memcpy(inside, flash, 64)


@pytest.mark.parametrize(
    ("chip", "release", "refuses"),
    [
        ("esp32p4", "v5.3", True),
        ("esp32p4", "v5.5", True),
        ("esp32p4", "v6.0", False),
        ("esp32c61", "v5.5", True),
        ("esp32c61", "v6.0", False),
        ("esp32c5", "v5.4", True),
        ("esp32c5", "v5.5", False),
        ("esp32s3", "v5.2", False),
    ],
)
def test_since_when_the_ahb_driver_takes_psram(chip: str, release: str, refuses: bool) -> None:
    machine = Machine(chip, idf=release)
    dst, src = machine.heap.alloc(64, EXTERNAL, align=64), machine.heap.alloc(64, INTERNAL)
    mcp = AsyncMemcpy.install(machine, engine="ahb_gdma")
    if refuses:
        with refused(EspErr.INVALID_ARG, "§1.3, §1.4"):
            mcp.memcpy(dst, src, 64)
    else:
        mcp.memcpy(dst, src, 64)


ALIGNMENT = [
    # release, memory, what destination and size must be multiples of (§1.4, table of default alignments)
    ("v4.4", INTERNAL, 1),
    ("v4.4", EXTERNAL, 1),
    ("v5.2", INTERNAL, 1),
    ("v5.2", EXTERNAL, 32),
    ("v5.3", INTERNAL, 4),
    ("v5.3", EXTERNAL, 16),
    ("v5.4", EXTERNAL, 16),
    ("v5.4.1", INTERNAL, 4),
    ("v5.5", EXTERNAL, 16),
    ("v6.0", INTERNAL, 4),
    ("master", EXTERNAL, 16),
]


@pytest.mark.parametrize(("release", "caps", "align"), ALIGNMENT)
def test_default_alignment_on_esp32s3(release: str, caps: int, align: int) -> None:
    machine = Machine("esp32s3", idf=release)
    dst, src = machine.heap.alloc(256, caps, align=64), machine.heap.alloc(256, INTERNAL)
    mcp = AsyncMemcpy.install(machine, backlog=64)
    mcp.memcpy(dst.address + align, src, align)
    if align > 1:
        for low, n in ((dst.address + align // 2, align), (dst.address, align + align // 2)):
            with refused(EspErr.INVALID_ARG, "§1.4 (2)"):
                mcp.memcpy(low, src, n)


def test_burst_0_is_16_in_c_and_off_in_d() -> None:
    for release, fits in (("v5.3", False), ("v5.4", False), ("v5.3.3", True), ("v5.5", True)):
        machine = Machine("esp32s3", idf=release)
        dst, src = machine.heap.alloc(64, EXTERNAL, align=64), machine.heap.alloc(64, INTERNAL)
        mcp = AsyncMemcpy.install(machine, dma_burst_size=0)
        if fits:
            mcp.memcpy(dst.address + 1, src, 3)
        else:
            with refused(EspErr.INVALID_ARG, "§1.1 burst 0"):
                mcp.memcpy(dst.address + 1, src, 3)


@pytest.mark.parametrize("release", RING)
def test_ring_alignments_bind_the_size_wherever_the_buffers_are(release: str) -> None:
    """§1.4, A (3) and (4): psram_trans_align counts although both buffers are internal."""
    machine = Machine("esp32s3", idf=release)
    dst, src = machine.heap.alloc(256, INTERNAL, align=64), machine.heap.alloc(256, INTERNAL)
    mcp = AsyncMemcpy.install(machine, sram_trans_align=4, psram_trans_align=64)
    with refused(EspErr.INVALID_ARG, "§1.4 A (4)"):
        mcp.memcpy(dst, src, 32)
    with refused(EspErr.INVALID_ARG, "§1.4 A (1)"):
        mcp.memcpy(dst.address + 2, src, 64)
    mcp.memcpy(dst.address + 4, src, 64)


def test_alignment_comes_before_the_backlog() -> None:
    """§1.4: (2) before (3)."""
    machine = Machine("esp32s3")
    dst, src = machine.heap.alloc(9000, INTERNAL), machine.heap.alloc(9000, INTERNAL)
    mcp = AsyncMemcpy.install(machine, backlog=1)
    mcp.memcpy(dst, src, 9000)
    with refused(EspErr.INVALID_ARG, "§1.4"):
        mcp.memcpy(dst, src, 3)
    with refused(EspErr.INVALID_STATE, "§1.4"):
        mcp.memcpy(dst, src, 4)


# -- installation (§1.3) -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", RELEASES)
def test_pairs_run_out(release: str) -> None:
    machine = Machine("esp32c3", idf=release)
    for _ in range(3):
        AsyncMemcpy.install(machine)
    with refused(EspErr.NOT_FOUND, "§1.3"):
        AsyncMemcpy.install(machine)


def test_only_copy_capable_pairs_count_from_v6_0_on() -> None:
    for release, pairs in (("v5.5", 3), ("v6.0", 2)):
        machine = Machine("esp32p4", idf=release)
        for _ in range(pairs):
            AsyncMemcpy.install(machine, engine="ahb_gdma")
        with refused(EspErr.NOT_FOUND, "§1.3 (4), §2.1"):
            AsyncMemcpy.install(machine, engine="ahb_gdma")


@pytest.mark.parametrize(
    ("release", "arguments"),
    [
        ("v5.3", {"dma_burst_size": 24}),
        ("v5.5.1", {"dma_burst_size": 128}),
        ("v5.2", {"psram_trans_align": 8}),
        ("v5.1", {"psram_trans_align": 16}),  # no multiple of the cache line
        ("v4.4", {"sram_trans_align": 3}),
        ("v4.4", {"backlog": 0}),
    ],
)
def test_configurations_that_are_refused(release: str, arguments: dict[str, int]) -> None:
    machine = Machine("esp32s3", idf=release)
    with refused(EspErr.INVALID_ARG, "§1.3, §2.4, §2.5"):
        AsyncMemcpy.install(machine, **arguments)
    assert machine.heap.blocks_heap.blocks() == []
    assert [AsyncMemcpy.install(machine) for _ in range(5)]


def test_weight_is_checked_where_engines_weigh() -> None:
    with refused(EspErr.INVALID_ARG, "§1.3 (8)"):
        AsyncMemcpy.install(Machine("esp32c5", idf="v6.0"), weight=16)
    AsyncMemcpy.install(Machine("esp32c5", idf="v6.0"), weight=15)
    AsyncMemcpy.install(Machine("esp32s3", idf="v6.0"), weight=16)
    AsyncMemcpy.install(Machine("esp32c5", idf="v5.5"), weight=16)  # no such member yet


def test_cp_dma_looks_at_neither_burst_nor_weight() -> None:
    """§1.3: any value is accepted; internal memory only, by address window (§1.7)."""
    machine = Machine("esp32s2")
    mcp = AsyncMemcpy.install(machine, dma_burst_size=24, weight=99)
    src = machine.heap.alloc(64, INTERNAL)
    with refused(EspErr.INVALID_ARG, "§1.7"):
        mcp.memcpy(machine.chip.region("psram").base, src, 4)
    mcp.memcpy(src.address + 33, src.address + 1, 3)


@pytest.mark.parametrize("release", RELEASES)
def test_uninstall_while_busy(release: str) -> None:
    """§1.6: only the ring does not look."""
    machine = Machine("esp32s3", idf=release)
    src, dst = machine.heap.alloc(64, INTERNAL), machine.heap.alloc(64, INTERNAL)
    mcp = AsyncMemcpy.install(machine)
    mcp.memcpy(dst, src, 64)
    if release in RING:
        mcp.uninstall()
        assert machine.memory.claims == []
    else:
        with refused(EspErr.INVALID_STATE, "§1.6"):
            mcp.uninstall()


@pytest.mark.parametrize("release", QUEUED)
def test_inside_the_callback_the_transaction_is_still_taken(release: str) -> None:
    """§1.5, §1.6."""
    codes: list[EspErr] = []

    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(64, INTERNAL), machine.heap.alloc(64, INTERNAL)
        src.write(bytes(64))
        mcp = AsyncMemcpy.install(machine, backlog=1)

        def again(_event: object) -> None:
            for call in (lambda: mcp.memcpy(dst, src, 64), mcp.uninstall):
                with pytest.raises(Exception) as caught:
                    call()
                codes.append(caught.value.code)  # type: ignore[attr-defined]

        mcp.memcpy(dst, src, 64, again)
        await machine.sleep_us(200)
        mcp.uninstall()

    play(main, idf=release)
    assert codes == [EspErr.INVALID_STATE, EspErr.INVALID_STATE]


# -- who looks after the caches (§1.4, §1.5) -----------------------------------------------------------------------------

DUTIES = [
    # chip, release, source written back, destination invalidated, when: (submit, completion)
    ("esp32s3", "v4.4", [], []),
    ("esp32s3", "v5.1", [], []),
    ("esp32s3", "v5.2", [], []),
    ("esp32s3", "v5.3", ["writeback"], ["invalidate"]),
    ("esp32s3", "v5.4", ["writeback"], ["invalidate"]),
    ("esp32s3", "v5.4.1", ["writeback", "invalidate"], []),
    ("esp32s3", "v5.5", ["writeback", "invalidate"], []),
    ("esp32s3", "v6.0", ["writeback", "invalidate"], []),
    ("esp32p4", "v5.2", ["writeback"], ["invalidate"]),
]


@pytest.mark.parametrize(("chip", "release", "at_submit", "at_completion"), DUTIES)
def test_who_syncs_when(chip: str, release: str, at_submit: list[str], at_completion: list[str]) -> None:
    machine = Machine(chip, idf=release)
    seen: list[str] = []
    dst, src = machine.heap.alloc(128, EXTERNAL, align=64), machine.heap.alloc(128, EXTERNAL, align=64)
    mcp = AsyncMemcpy.install(machine, engine="axi_gdma" if chip == "esp32p4" else None)
    blocks = [machine.memory.canonical(buffer_span(one)) for one in (dst, src)]
    machine.bus.subscribe(
        Sync, lambda sync: seen.append(sync.op) if any(sync.span.overlap(b) for b in blocks) else None
    )
    mcp.memcpy(dst, src, 128)
    assert seen == at_submit
    seen.clear()
    machine.scheduler.elapse(10**9)
    assert seen == at_completion


def buffer_span(buffer: Any) -> Any:
    from dmalab.core.spans import Span

    return Span(buffer.address, buffer.address + buffer.size)


@pytest.mark.parametrize("release", ["v4.4", "v5.1", "v5.2"])
def test_psram_is_the_callers_duty_before_v5_3(release: str) -> None:
    async def careless(machine: Machine) -> None:
        src, dst = machine.heap.alloc(128, EXTERNAL, align=32), machine.heap.alloc(128, INTERNAL)
        src.write(pattern(128))
        with AsyncMemcpy.install(machine) as mcp:
            await copy(machine, mcp, dst, src, 128)

    assert rules(play(careless, idf=release)) == ["stale-dma-read"]

    async def careful(machine: Machine) -> None:
        src, dst = machine.heap.alloc(128, EXTERNAL, align=32), machine.heap.alloc(128, EXTERNAL, align=32)
        src.write(pattern(128))
        if release != "v4.4":
            esp_cache_msync(machine, src, 128, ESP_CACHE_MSYNC_FLAG_DIR_C2M)
        else:
            for line in range(
                src.address, src.address + 128, 32
            ):  # a release without the call: the line goes by eviction
                region, offset, _ = machine.memory.locate(line, 1)
                machine.memory.evict(region, offset >> region.line_shift)
        with AsyncMemcpy.install(machine) as mcp:
            await copy(machine, mcp, dst, src, 128)
        assert dst.read() == pattern(128)

    assert rules(play(careful, idf=release)) == []


def test_an_unaligned_source_is_silently_not_written_back_in_c() -> None:
    """§1.4 C: C2M without the unaligned flag, its result ignored. The twin of a later release is right."""

    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(128, EXTERNAL, align=32), machine.heap.alloc(64, INTERNAL)
        src.write(pattern(128))
        with AsyncMemcpy.install(machine) as mcp:
            await copy(machine, mcp, dst, src.address + 1, 64)

    assert rules(play(main, idf="v5.3")) == ["stale-dma-read"]
    assert rules(play(main, idf="v5.5")) == []


def test_an_unaligned_destination_is_silently_not_invalidated_in_c() -> None:
    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(64, INTERNAL), machine.heap.alloc(128, EXTERNAL, align=32)
        src.write(pattern(64))
        esp_cache_msync(machine, dst, 128, ESP_CACHE_MSYNC_FLAG_DIR_M2C)
        dst.read()  # fills the lines
        with AsyncMemcpy.install(machine) as mcp:
            await copy(machine, mcp, dst.address + 16, src, 48)
        dst.read()

    assert rules(play(main, idf="v5.3")) == ["stale-cpu-read"]


def test_the_message_of_a_full_ring() -> None:
    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(8000, INTERNAL), machine.heap.alloc(8000, INTERNAL)
        src.write(bytes(8000))
        mcp = AsyncMemcpy.install(machine, backlog=1)
        mcp.memcpy(dst, src, 4000)
        with refused(EspErr.FAIL):
            mcp.memcpy(dst.address + 4000, src, 32)
        await machine.sleep_us(500)
        dst.read(4000, 32)
        mcp.uninstall()

    report = play(main, idf="v5.0")
    assert rules(report) == ["ring-ownership"]
    text = messages(report)[0]
    assert text.startswith(
        "esp_async_memcpy was refused with ESP_FAIL (not enough free descriptors in the ring), the core read [0x"
    )
