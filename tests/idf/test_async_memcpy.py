"""`esp_async_memcpy` as ESP-IDF v5.5 has it: every error code, in the order of its checks.

Source of the tables: ESP-IDF v5.5 components/esp_hw_support/dma/async_memcpy_gdma.c, esp_async_memcpy.c.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from dmalab import Machine
from dmalab.idf import (
    MALLOC_CAP_DMA,
    MALLOC_CAP_INTERNAL,
    MALLOC_CAP_SPIRAM,
    AsyncMemcpy,
    AsyncMemcpyEvent,
    EspErr,
    esp_ptr_external_ram,
)
from dmalab.idf.memory_utils import esp_ptr_internal

from .boards import P4, S3, code, copy, play, serious

INTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL
EXTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_SPIRAM


# -- install -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chip", "install", "title"),
    [
        (S3, AsyncMemcpy.install, "AHB GDMA channel 0"),
        (S3, AsyncMemcpy.install_gdma_ahb, "AHB GDMA channel 0"),
        (P4, AsyncMemcpy.install_gdma_axi, "AXI GDMA channel 0"),
    ],
)
def test_install_takes_the_engine_that_was_named(chip: str, install: Any, title: str) -> None:
    machine = Machine(chip)
    driver = install(machine)
    assert driver.title == f"async memcpy driver on {title}"
    assert machine.drivers == [driver]
    driver.uninstall()
    assert machine.drivers == []


def test_the_default_engine_is_ahb_where_there_is_one() -> None:
    assert "AHB" in AsyncMemcpy.install(Machine(P4)).title


def test_an_engine_that_the_chip_lacks_is_not_supported() -> None:
    with code(EspErr.NOT_SUPPORTED, "esp32s3 has no axi_gdma; engines: ahb_gdma"):
        AsyncMemcpy.install_gdma_axi(Machine(S3))


@pytest.mark.parametrize(("chip", "engine", "pairs"), [(S3, "ahb_gdma", 5), (P4, "axi_gdma", 3)])
def test_drivers_are_limited_by_channel_pairs(chip: str, engine: str, pairs: int) -> None:
    machine = Machine(chip)
    drivers = [AsyncMemcpy.install(machine, engine=engine) for _ in range(pairs)]
    with code(EspErr.NOT_FOUND):
        AsyncMemcpy.install(machine, engine=engine)
    drivers[1].uninstall()
    AsyncMemcpy.install(machine, engine=engine)
    with code(EspErr.NOT_FOUND):
        AsyncMemcpy.install(machine, engine=engine)


BURSTS = [
    # chip, engine, release, accepted, refused
    (S3, "ahb_gdma", "v5.5", (0, 16, 32, 64), (1, 4, 8, 12, 128)),
    (S3, "ahb_gdma", "v5.5.1", (0, 16, 32, 64), (4, 24, 128, 256)),
    (P4, "axi_gdma", "v5.5", (0, 8, 16, 32, 64, 128), (3, 4, 256)),
    (P4, "ahb_gdma", "v5.5", (0, 4, 16, 32, 64), (8, 48, 128)),
]


@pytest.mark.parametrize(("chip", "engine", "release", "accepted", "refused"), BURSTS)
def test_bursts(chip: str, engine: str, release: str, accepted: tuple[int, ...], refused: tuple[int, ...]) -> None:
    machine = Machine(chip)
    for burst in accepted:
        AsyncMemcpy.install(machine, engine=engine, dma_burst_size=burst, release=release).uninstall()
    for burst in refused:
        with code(EspErr.INVALID_ARG):
            AsyncMemcpy.install(machine, engine=engine, dma_burst_size=burst, release=release)


@pytest.mark.parametrize(
    ("burst", "release", "message"),
    [
        (24, "v5.5", "burst 24 is not a power of two"),
        (128, "v5.5", "AHB GDMA has no burst of 128 bytes; it has 16, 32, 64"),
        (128, "v5.5.1", "burst 128 is above the limit of 64 for PSRAM"),
        (-16, "v5.5", "backlog 8, burst -16"),
    ],
)
def test_why_a_burst_is_refused(burst: int, release: str, message: str) -> None:
    with code(EspErr.INVALID_ARG, message):
        AsyncMemcpy.install(Machine(S3), dma_burst_size=burst, release=release)


def test_a_failed_install_leaves_nothing_behind() -> None:
    machine = Machine(S3)
    free = machine.heap.blocks_heap.free_size(MALLOC_CAP_INTERNAL)
    for _ in range(10):
        with code(EspErr.INVALID_ARG):
            AsyncMemcpy.install(machine, dma_burst_size=24)
    assert machine.heap.blocks_heap.free_size(MALLOC_CAP_INTERNAL) == free
    assert machine.drivers == []
    assert len([AsyncMemcpy.install(machine) for _ in range(5)]) == 5


def exhaust(machine: Machine, keep: int = 0) -> list[Any]:
    """Take all internal memory but `keep` bytes."""
    heap, taken = machine.heap.blocks_heap, []
    spare = heap.alloc(keep, MALLOC_CAP_INTERNAL) if keep else None
    for size in (65536, 4096, 256, 16, 4):
        while (block := heap.alloc(size, MALLOC_CAP_INTERNAL)) is not None:
            taken.append(block.address)
    if spare is not None:
        heap.free(spare.address)
    return taken


def test_install_without_memory() -> None:
    machine = Machine(S3)
    exhaust(machine)
    with code(EspErr.NO_MEM, "no memory for the driver"):
        AsyncMemcpy.install(machine)


@pytest.mark.parametrize("release", ["v5.2", "v5.3", "v5.5", "v6.0"])
def test_a_request_without_memory_keeps_its_slot(release: str) -> None:
    """idf-api §1.4: NO_MEM, and the transaction goes back, in every generation that has transactions."""

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine, backlog=1) as mcp:
            src, dst = machine.heap.alloc(8, INTERNAL), machine.heap.alloc(8, INTERNAL)
            src.write(b"12345678")
            taken = exhaust(machine)
            for _ in range(3):
                with code(EspErr.NO_MEM):
                    mcp.memcpy(dst, src, 8)
            for address in taken:
                machine.heap.blocks_heap.free(address)
            await copy(machine, mcp, dst, src, 8)
            assert dst.read() == b"12345678"

    assert serious(play(main, idf=release)) == []


@pytest.mark.parametrize("looks", [False, True])
def test_a_request_without_memory_was_not_carried_out(looks: bool) -> None:
    """idf-api §1.4, generation D: NO_MEM is no bug; going on as if the bytes had come is one."""

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as mcp:
            src, dst = machine.heap.alloc(8, INTERNAL), machine.heap.alloc(8, INTERNAL)
            src.write(b"12345678")
            exhaust(machine)
            with code(EspErr.NO_MEM):
                mcp.memcpy(dst, src, 8)
            span.append(f"[{dst.address:#010x}, {dst.address + 8:#010x})")
            if not looks:
                dst.read()

    span: list[str] = []
    report = play(main)
    assert [one.message for one in report.findings if one.severity.value != "info"] == (
        []
        if looks
        else [
            "esp_async_memcpy was refused with ESP_ERR_NO_MEM (no memory for 1 link items), "
            f"the core read {span[0]} as if it had been copied"
        ]
    )
    assert serious(report) == ([] if looks else ["bad-descriptor-chain certain"])


# -- requests ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [("dst", 0), ("src", 0), ("n", 0), ("n", -4)])
def test_zero_arguments(wrong: tuple[str, int]) -> None:
    machine = Machine(S3)
    buffer = machine.heap.alloc(64, INTERNAL)
    arguments: dict[str, Any] = {"dst": buffer, "src": buffer, "n": 16} | dict([wrong])
    with code(EspErr.INVALID_ARG, "destination, source and size must not be zero"):
        AsyncMemcpy.install(machine).memcpy(**arguments)


ALIGNMENT = [
    # chip, engine, burst, destination, what address and size must be multiples of
    (S3, "ahb_gdma", 16, INTERNAL, 4),
    (S3, "ahb_gdma", 64, INTERNAL, 4),
    (S3, "ahb_gdma", 16, EXTERNAL, 16),
    (S3, "ahb_gdma", 64, EXTERNAL, 64),
    (S3, "ahb_gdma", 0, INTERNAL, 1),
    (S3, "ahb_gdma", 0, EXTERNAL, 1),
    (P4, "axi_gdma", 16, INTERNAL, 1),
    (P4, "axi_gdma", 128, EXTERNAL, 1),
    (P4, "ahb_gdma", 16, INTERNAL, 1),
]


@pytest.mark.parametrize(("chip", "engine", "burst", "caps", "align"), ALIGNMENT)
def test_the_destination_and_the_size_must_fit_the_engine(
    chip: str, engine: str, burst: int, caps: int, align: int
) -> None:
    machine = Machine(chip)
    dst, src = machine.heap.alloc(512, caps, align=128), machine.heap.alloc(512, INTERNAL)
    mcp = AsyncMemcpy.install(machine, engine=engine, dma_burst_size=burst, backlog=64)
    for offset, n in [(0, 128), (align, 128), (align // 2, 128), (0, 128 + align // 2), (0, 128 + align)]:
        if (offset | n) % align:
            with code(EspErr.INVALID_ARG):
                mcp.memcpy(dst.address + offset, src, n)
        else:
            mcp.memcpy(dst.address + offset, src, n)


def test_the_source_may_lie_anywhere() -> None:
    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(128, EXTERNAL), machine.heap.alloc(64, INTERNAL)
        src.write(bytes(range(128)))
        with AsyncMemcpy.install(machine) as mcp:
            for offset in (1, 2, 3, 5, 31, 33):
                await copy(machine, mcp, dst, src.slice(offset), 64)
                assert dst.read() == bytes(range(offset, offset + 64))

    assert serious(play(main)) == []


@pytest.mark.parametrize(
    ("dst", "n", "message"),
    [
        (2, 16, "destination address must be a multiple of 4 bytes in internal RAM"),
        (0, 15, "size must be a multiple of 4 bytes in internal RAM"),
    ],
)
def test_why_an_internal_destination_is_refused(dst: int, n: int, message: str) -> None:
    machine = Machine(S3)
    buffer = machine.heap.alloc(64, INTERNAL)
    with code(EspErr.INVALID_ARG, message):
        AsyncMemcpy.install(machine).memcpy(buffer.address + dst, buffer, n)


def test_ahb_on_esp32p4_does_not_take_external_memory_in_v5_5() -> None:
    machine = Machine(P4)
    mcp = AsyncMemcpy.install(machine)
    inside, outside = machine.heap.alloc(64, INTERNAL), machine.heap.alloc(64, EXTERNAL)
    for dst, src in ((outside, inside), (inside, outside)):
        with code(EspErr.INVALID_ARG, "AHB GDMA does not reach psram in this release"):
            mcp.memcpy(dst, src, 64)
    with code(EspErr.INVALID_ARG, "AHB GDMA does not reach flash in this release"):
        mcp.memcpy(inside, machine.chip.region("flash").base, 64)


def test_the_backlog_counts_queued_and_running_copies() -> None:
    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(64, INTERNAL), machine.heap.alloc(64, INTERNAL)
        src.write(bytes(64))
        done = machine.semaphore(limit=10)
        with AsyncMemcpy.install(machine, backlog=3) as mcp:
            machine.scheduler.interrupts.mask()  # nothing completes meanwhile
            for _ in range(3):
                mcp.memcpy(dst, src, 64, lambda _event: done.give_from_isr())
            with code(EspErr.INVALID_STATE, "all transactions of the backlog are taken"):
                mcp.memcpy(dst, src, 64)
            with code(EspErr.INVALID_ARG):  # the earlier check decides
                mcp.memcpy(dst.address + 1, src, 64)
            assert mcp.pending() == 3
            machine.scheduler.interrupts.unmask()
            for _ in range(3):
                await done.take()
            await machine.sleep_us(10)
            dst.read()  # written since the refusal
            assert mcp.pending() == 0

    assert serious(play(main)) == []


def test_backlog_0_stands_for_4() -> None:
    machine = Machine(S3)
    buffer = machine.heap.alloc(64, INTERNAL)
    mcp = AsyncMemcpy.install(machine, backlog=0)
    machine.scheduler.interrupts.mask()
    for _ in range(4):
        mcp.memcpy(buffer, buffer, 64)
    with code(EspErr.INVALID_STATE):
        mcp.memcpy(buffer, buffer, 64)


def test_copies_run_in_the_order_of_their_requests() -> None:
    async def main(machine: Machine) -> None:
        order: list[int] = []
        src = machine.heap.alloc(4096, INTERNAL)
        src.write(bytes(4096))
        with AsyncMemcpy.install(machine) as mcp:
            for number, size in enumerate((4096, 16, 1024, 4)):
                dst = machine.heap.alloc(size, INTERNAL)
                mcp.memcpy(dst, src, size, lambda _event, number=number: order.append(number))
            await machine.sleep_us(2000)
        assert order == [0, 1, 2, 3]

    play(main)


# -- callbacks ---------------------------------------------------------------------------------------------------------


def test_the_callback_runs_in_an_interrupt_with_an_empty_event_and_the_bytes_in_place() -> None:
    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(64, INTERNAL), machine.heap.alloc(64, INTERNAL)
        src.write(b"\x5a" * 64)
        seen: list[Any] = []
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(
                dst, src, 64, lambda event: seen.append((event, machine.scheduler.interrupts.active, dst.read()))
            )
            await machine.sleep_us(100)
        assert seen == [(AsyncMemcpyEvent(None), True, b"\x5a" * 64)]

    assert serious(play(main)) == []


@pytest.mark.parametrize(("backlog", "chained"), [(1, False), (2, True)])
def test_a_callback_can_ask_for_more_when_there_is_a_spare_slot(backlog: int, chained: bool) -> None:
    """The slot of the finished copy comes free after its callback has returned."""

    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(16, INTERNAL), machine.heap.alloc(16, INTERNAL)
        last = machine.heap.alloc(16, INTERNAL)
        src.write(b"0123456789abcdef")
        done = machine.semaphore()

        def again(_event: AsyncMemcpyEvent) -> bool:
            if not chained:
                with code(EspErr.INVALID_STATE):
                    mcp.memcpy(last, dst, 16)
                return done.give_from_isr()
            mcp.memcpy(last, dst, 16, lambda _event: done.give_from_isr())
            return False

        with AsyncMemcpy.install(machine, backlog=backlog) as mcp:
            mcp.memcpy(dst, src, 16, again)
            await done.take()
            await machine.sleep_us(10)
            if not chained:
                await copy(machine, mcp, last, dst, 16)
        assert last.read() == b"0123456789abcdef"

    assert serious(play(main)) == []


def test_an_exception_in_a_callback_reaches_the_caller_and_the_driver_goes_on() -> None:
    machine = Machine(S3)
    src, dst = machine.heap.alloc(16, INTERNAL), machine.heap.alloc(16, INTERNAL)
    mcp = AsyncMemcpy.install(machine)

    def fail(_event: AsyncMemcpyEvent) -> None:
        raise RuntimeError("mine")

    async def main(machine: Machine) -> None:
        src.write(bytes(16))
        mcp.memcpy(dst, src, 16, fail)
        await machine.sleep_us(100)

    with pytest.raises(RuntimeError, match="mine"):
        machine.run(main)
    assert mcp.pending() == 0
    mcp.uninstall()


# -- uninstall ---------------------------------------------------------------------------------------------------------


def test_uninstall_waits_for_nobody() -> None:
    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(64, INTERNAL), machine.heap.alloc(64, INTERNAL)
        src.write(bytes(64))
        codes: list[str] = []

        def inside(_event: AsyncMemcpyEvent) -> None:
            with code(EspErr.INVALID_STATE, "copies are queued or running"):
                mcp.uninstall()
            codes.append("from the callback")

        mcp = AsyncMemcpy.install(machine)
        mcp.memcpy(dst, src, 64, inside)
        mcp.memcpy(dst, src, 64, inside)
        with code(EspErr.INVALID_STATE):
            mcp.uninstall()
        await machine.sleep_us(500)
        assert codes == ["from the callback"] * 2
        mcp.uninstall()

    assert serious(play(main)) == []


@pytest.mark.parametrize(("chip", "engine"), [(S3, "ahb_gdma"), (P4, "axi_gdma"), (P4, "ahb_gdma")])
def test_an_uninstalled_driver_gives_everything_back(chip: str, engine: str) -> None:
    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(5000, INTERNAL), machine.heap.alloc(5000, INTERNAL)
        src.write(bytes(5000))
        before = len(machine.heap.blocks_heap.blocks())
        for _ in range(7):
            with AsyncMemcpy.install(machine, engine=engine, backlog=2) as mcp:
                for _ in range(3):
                    await copy(machine, mcp, dst, src, 5000)
        assert len(machine.heap.blocks_heap.blocks()) == before

    assert serious(play(main, chip)) == []


# -- the blocking form -------------------------------------------------------------------------------------------------


def test_a_blocking_copy_is_over_when_it_returns() -> None:
    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(4096, EXTERNAL), machine.heap.alloc(4096, INTERNAL)
        src.write(b"\xa5" * 4096)
        with AsyncMemcpy.install(machine) as mcp:
            await mcp.memcpy_blocking(dst, src, 4096)
        assert dst.read() == b"\xa5" * 4096

    assert serious(play(main)) == []


@pytest.mark.parametrize(
    ("n", "expected", "found"), [(0, EspErr.INVALID_ARG, []), (16, EspErr.INVALID_STATE, ["isr-context certain"])]
)
def test_a_blocking_copy_in_an_interrupt(n: int, expected: EspErr, found: list[str]) -> None:
    """Arguments are looked at first."""

    async def main(machine: Machine) -> None:
        src, dst = machine.heap.alloc(16, INTERNAL), machine.heap.alloc(16, INTERNAL)
        src.write(bytes(16))
        with AsyncMemcpy.install(machine) as mcp:

            def wait_inside(_event: AsyncMemcpyEvent) -> None:
                with code(expected):
                    mcp.memcpy_blocking(dst, src, n).send(None)  # type: ignore[attr-defined]

            mcp.memcpy(dst, src, 16, wait_inside)
            await machine.sleep_us(100)

    assert serious(play(main)) == found


# -- traps of the release ----------------------------------------------------------------------------------------------


def test_a_psram_destination_at_half_a_line_never_completes_on_esp32s3() -> None:
    """Legal for the burst of 16, but the driver's stash for the first 16 bytes is only 4-aligned and can't be mounted."""

    async def main(machine: Machine) -> None:
        dst = machine.heap.alloc(128, EXTERNAL)
        src = machine.heap.alloc(64, INTERNAL)
        src.write(bytes(64))
        mcp = AsyncMemcpy.install(machine)
        mcp.memcpy(dst.address + 16, src, 64, lambda _event: pytest.fail("completed"))
        await machine.sleep_us(10_000)
        with code(EspErr.INVALID_STATE):
            mcp.uninstall()

    report = play(main)
    assert serious(report) == ["misaligned-for-engine certain", "leak certain"]
    message = re.sub("0x[0-9a-f]{8}", "ADDRESS", report.findings[0].message)
    assert message == (
        "[ADDRESS, ADDRESS) does not fit AHB GDMA: the driver's stash for the edges can't be mounted (ESP_ERR_INVALID_ARG: buffer "
        "ADDRESS is not aligned to 16 bytes), so the copy never completes"
    )


def test_a_line_aligned_psram_destination_needs_no_stash() -> None:
    async def main(machine: Machine) -> None:
        dst, src = machine.heap.alloc(128, EXTERNAL), machine.heap.alloc(64, INTERNAL)
        src.write(b"\x11" * 64)
        with AsyncMemcpy.install(machine) as mcp:
            await copy(machine, mcp, dst.address + 32, src, 64)
        assert dst.read(32, 64) == b"\x11" * 64

    assert serious(play(main)) == []


# -- bytes -------------------------------------------------------------------------------------------------------------

LENGTHS = (1, 2, 3, 4, 15, 16, 31, 32, 33, 63, 64, 65, 127, 128, 129, 191, 200)
LONG = (4032, 4063, 4064, 4080, 4092, 4094, 4095, 4096, 4097, 8189, 8190, 8191, 12286)
KINDS = [(a, b) for a in (INTERNAL, EXTERNAL) for b in (INTERNAL, EXTERNAL)]
MARGIN = 160


@pytest.mark.parametrize("chip", [S3, P4])
@pytest.mark.parametrize(
    ("from_caps", "to_caps"), KINDS, ids=lambda caps: "psram" if caps & MALLOC_CAP_SPIRAM else "sram"
)
def test_any_offset_and_length_arrives_whole_and_alone(chip: str, from_caps: int, to_caps: int) -> None:
    """With bursts off everything is legal. The neighbours keep their bytes, in the core's eyes and in memory."""
    cases = [(offset, n) for offset in range(66) for n in LENGTHS[offset % 3 :: 3]]
    cases += [(offset, n) for offset in (0, 1, 31, 32, 63) for n in LONG]

    async def main(machine: Machine) -> None:
        size = MARGIN + 66 + max(LONG) + MARGIN
        src, dst = machine.heap.alloc(size, from_caps), machine.heap.alloc(size, to_caps)
        assert esp_ptr_external_ram(machine, dst.address) != esp_ptr_internal(machine, dst.address)
        engine = "axi_gdma" if chip == P4 else None
        content = bytes((3 * at + (at >> 8)) & 0xFF for at in range(size))
        src.write(content)
        with AsyncMemcpy.install(machine, engine=engine, dma_burst_size=0) as mcp:
            for number, (offset, n) in enumerate(cases):
                near = bytes([number & 0xFF]) * (n + 2 * MARGIN)
                low, skew = MARGIN + offset, (number * 5) % 40
                dst.write(near, low - MARGIN)
                await copy(machine, mcp, dst.address + low, src.address + skew, n)
                expected = near[:MARGIN] + content[skew : skew + n] + near[:MARGIN]
                assert dst.read(low - MARGIN, len(expected)) == expected, (offset, n)

    assert serious(play(main, chip)) == []
