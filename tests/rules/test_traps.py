"""Patterns that look wrong and are right: the report has no error and no warning.

One test per pattern, under the number it has in the collection of traps this project was designed from. Left out: F15 (a part that is not
modelled yet), F19 and F21 (SPI master), F27 and F28 (Zephyr). F32 holds everywhere: no rule asks for barriers.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from dmalab import Machine
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_DIR_C2M as C2M,
)
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_DIR_M2C as M2C,
)
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_INVALIDATE as INVALIDATE,
)
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_UNALIGNED as UNALIGNED,
)
from dmalab.idf import (
    MALLOC_CAP_DMA,
    MALLOC_CAP_INTERNAL,
    MALLOC_CAP_SPIRAM,
    MALLOC_CAP_TCM,
    AsyncMemcpy,
    EspErr,
    IdfError,
    esp_cache_msync,
)

from .scenes import P4, S3, Scene

INTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL
EXTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_SPIRAM
CHIPS = pytest.mark.parametrize("chip", [S3, P4])
N = 256


def external_pair(scene: Scene) -> tuple[Any, Any]:
    """A destination in PSRAM and a written-back source in PSRAM."""
    dst, src = scene.alloc("dst", N, EXTERNAL), scene.alloc("src", N, EXTERNAL)
    src.write(b"\x5a" * N)
    esp_cache_msync(scene.machine, src, N, C2M)
    return dst, src


def driver(machine: Machine, **options: Any) -> AsyncMemcpy:
    return AsyncMemcpy.install(machine, engine="axi_gdma" if machine.chip.name == P4 else None, **options)


async def copy(machine: Machine, mcp: AsyncMemcpy, dst: Any, src: Any, n: int) -> None:
    done = machine.semaphore()
    mcp.memcpy(dst, src, n, lambda _event: done.give_from_isr())
    await done.take()


@CHIPS
def test_f01_invalidating_a_fresh_block(chip: str) -> None:
    """Its former owner's dirty bytes are dropped, and nobody wants them."""
    scene = Scene(chip)
    _, src = external_pair(scene)

    async def main(machine: Machine) -> None:
        former = machine.heap.alloc(N, EXTERNAL)
        former.write(b"\xee" * N)
        former.free()
        dst = machine.heap.alloc(N, EXTERNAL)
        assert dst.address == former.address
        esp_cache_msync(machine, dst, N, M2C)
        await scene.copy(dst, src, N)
        assert dst.read() == b"\x5a" * N

    assert scene.play(main) == []


@CHIPS
def test_f02_clearing_and_invalidating_before_a_receive_that_fills_the_buffer(chip: str) -> None:
    scene = Scene(chip)
    dst, src = external_pair(scene)

    async def main(machine: Machine) -> None:
        dst.write(bytes(N))
        esp_cache_msync(machine, dst, N, M2C)
        await scene.copy(dst, src, N)
        assert dst.read() == b"\x5a" * N

    assert scene.play(main) == []


def test_f02_becomes_a_discarded_write_when_the_rest_is_read() -> None:
    scene = Scene()
    dst, src = external_pair(scene)

    async def main(machine: Machine) -> None:
        dst.write(bytes(N))
        esp_cache_msync(machine, dst, N, M2C)
        await scene.copy(dst, src, N // 2)
        dst.read()

    assert scene.play(main) == ["discarded-write certain"]


@CHIPS
def test_f03_writing_back_clean_lines(chip: str) -> None:
    scene = Scene(chip)
    dst, src = external_pair(scene)

    async def main(machine: Machine) -> None:
        esp_cache_msync(machine, src, N, C2M)
        esp_cache_msync(machine, machine.chip.region("flash").base, 128, C2M)
        await scene.copy(dst, src, N)
        assert dst.read() == b"\x5a" * N

    assert scene.play(main) == []


@CHIPS
def test_f04_an_unaligned_write_back_takes_neighbours_along(chip: str) -> None:
    scene = Scene(chip)
    src, near = scene.alloc("src", 60, MALLOC_CAP_SPIRAM), scene.alloc("near", 60, MALLOC_CAP_SPIRAM)
    dst = scene.alloc("dst", 64, INTERNAL)

    async def main(machine: Machine) -> None:
        near.write(b"near" * 15)
        src.write(b"\x5a" * 60)
        esp_cache_msync(machine, src, 60, C2M | UNALIGNED)
        await scene.copy(dst, src, 60)
        assert near.read() == b"near" * 15
        near.write(b"NEAR")

    assert scene.play(main) == []


@CHIPS
def test_f05_an_unaligned_source(chip: str) -> None:
    scene = Scene(chip)
    src, dst = scene.alloc("src", N, MALLOC_CAP_SPIRAM), scene.alloc("dst", N, INTERNAL)

    async def main(machine: Machine) -> None:
        src.write(b"\x5a" * N)
        with driver(machine) as mcp:
            await copy(machine, mcp, dst, src.address + 7, 100)
        assert dst.read(0, 100) == b"\x5a" * 100

    assert scene.play(main) == []


@CHIPS
def test_f06_reading_neighbours_in_an_edge_line(chip: str) -> None:
    """A load makes no dirty bytes; the driver's stash keeps the edge out of the engine's way."""
    scene = Scene(chip)
    block, src = scene.alloc("block", N, EXTERNAL), scene.alloc("src", N, INTERNAL)

    async def main(machine: Machine) -> None:
        block.write(b"head")
        src.write(b"\x5a" * N)
        with driver(machine, dma_burst_size=0) as mcp:
            done = machine.semaphore()
            mcp.memcpy(block.address + 8, src, 100, lambda _event: done.give_from_isr())
            assert block.read(0, 8) == b"head" + bytes(4)
            await done.take()
        assert block.read(0, 108) == b"head" + bytes(4) + b"\x5a" * 100

    block.write(bytes(N))
    assert scene.play(main) == []


@CHIPS
def test_f07_write_back_and_invalidate_before_a_receive(chip: str) -> None:
    scene = Scene(chip)
    dst, src = external_pair(scene)

    async def main(machine: Machine) -> None:
        dst.write(b"old!" * (N // 4))
        esp_cache_msync(machine, dst, N, C2M | INVALIDATE)
        await scene.copy(dst, src, N)
        assert dst.read() == b"\x5a" * N

    assert scene.play(main) == []


@CHIPS
def test_f08_no_invalidate_after_the_transfer(chip: str) -> None:
    """The driver invalidates at submission, and nobody touches the buffer meanwhile."""
    scene = Scene(chip)
    dst, src = external_pair(scene)

    async def main(machine: Machine) -> None:
        dst.write(b"old!" * (N // 4))
        dst.read()
        with driver(machine) as mcp:
            await copy(machine, mcp, dst, src, N)
        assert dst.read() == b"\x5a" * N

    assert scene.play(main) == []


@CHIPS
def test_f09_no_invalidate_before_the_transfer(chip: str) -> None:
    """Right when no line is dirty; afterwards one invalidate."""
    scene = Scene(chip)
    dst, src = external_pair(scene)

    async def main(machine: Machine) -> None:
        dst.read()
        await scene.copy(dst, src, N)
        esp_cache_msync(machine, dst, N, M2C)
        assert dst.read() == b"\x5a" * N

    assert scene.play(main) == []


@CHIPS
def test_f10_two_invalidates(chip: str) -> None:
    scene = Scene(chip)
    dst, src = external_pair(scene)

    async def main(machine: Machine) -> None:
        esp_cache_msync(machine, dst, N, M2C)
        await scene.copy(dst, src, N)
        esp_cache_msync(machine, dst, N, M2C)
        assert dst.read() == b"\x5a" * N

    assert scene.play(main) == []


@CHIPS
def test_f11_a_length_rounded_up_inside_a_rounded_block(chip: str) -> None:
    scene = Scene(chip)
    dst, src = scene.alloc("dst", 100, EXTERNAL), scene.alloc("src", 128, INTERNAL)
    near = scene.alloc("near", 100, EXTERNAL)

    async def main(machine: Machine) -> None:
        near.write(b"near" * 25)
        dst.write(b"\0" * 100)
        src.write(b"\x5a" * 128)
        if chip == P4:
            esp_cache_msync(machine, src, 128, C2M)
        esp_cache_msync(machine, dst, 128, M2C)
        await scene.copy(dst, src, 100)
        esp_cache_msync(machine, dst, 128, M2C)
        assert dst.read() == b"\x5a" * 100
        assert near.read() == b"near" * 25

    assert scene.play(main) == []


def test_f12_only_the_uncached_alias() -> None:
    scene = Scene(P4)
    dst, src = external_pair(scene)
    alias = dst.address + 0x4000_0000

    async def main(machine: Machine) -> None:
        dst.write(bytes(N))
        esp_cache_msync(machine, dst, N, C2M | INVALIDATE)
        for _ in range(3):
            machine.memory.store(alias, b"prepared")
            await scene.copy(dst, src, N)
            assert machine.memory.load(alias, N) == b"\x5a" * N

    assert scene.play(main) == []


def test_f13_internal_ram_has_no_cache() -> None:
    """Except on esp32p4. A sync there is refused in v5.5, and that is no mistake."""
    scene = Scene(S3)
    src, dst = scene.alloc("src", N, INTERNAL), scene.alloc("dst", N, INTERNAL)

    async def main(machine: Machine) -> None:
        for turn in range(3):
            src.write(bytes([turn]) * N)
            dst.read()
            with pytest.raises(IdfError) as caught:
                esp_cache_msync(machine, dst, N, M2C)
            assert caught.value.code is EspErr.INVALID_ARG
            await scene.copy(dst, src, N)
            assert dst.read() == bytes([turn]) * N

    assert scene.play(main) == []


def test_f14_scratchpad_needs_no_maintenance() -> None:
    scene = Scene(P4)
    buffer = scene.alloc("buffer", 64, MALLOC_CAP_TCM)

    async def main(machine: Machine) -> None:
        buffer.write(b"x" * 64)
        assert buffer.read() == b"x" * 64

    assert scene.play(main) == []


@CHIPS
@pytest.mark.parametrize("backwards", [False, True])
def test_f16_psram_as_source_and_destination(chip: str, backwards: bool) -> None:
    scene = Scene(chip)
    first, second = scene.alloc("first", N, EXTERNAL), scene.alloc("second", N, EXTERNAL)
    dst, src = (second, first) if backwards else (first, second)

    async def main(machine: Machine) -> None:
        src.write(b"\x5a" * N)
        with driver(machine) as mcp:
            await copy(machine, mcp, dst, src, N)
        assert dst.read() == b"\x5a" * N

    assert scene.play(main) == []


def test_f17_flash_as_source_where_the_engine_reaches_it() -> None:
    scene = Scene(P4)
    dst = scene.alloc("dst", N, INTERNAL)

    async def main(machine: Machine) -> None:
        machine.memory.poke(0x4000_1000, b"\x5a" * N)
        machine.memory.load(0x4000_1000, N)
        with driver(machine) as mcp:
            await copy(machine, mcp, dst, 0x4000_1000, N)
        assert dst.read() == b"\x5a" * N

    assert scene.play(main) == []


@CHIPS
@pytest.mark.parametrize("twice", [False, True])
def test_f18_the_driver_syncs_and_a_double_sync_is_harmless(chip: str, twice: bool) -> None:
    scene = Scene(chip)
    src, dst = scene.alloc("src", N, EXTERNAL), scene.alloc("dst", N, EXTERNAL)

    async def main(machine: Machine) -> None:
        with driver(machine) as mcp:
            for turn in range(3):
                src.write(bytes([turn]) * N)
                dst.write(b"\xff" * N)
                if twice:
                    esp_cache_msync(machine, src, N, C2M)
                    esp_cache_msync(machine, dst, N, C2M | INVALIDATE)
                await copy(machine, mcp, dst, src, N)
                if twice:
                    esp_cache_msync(machine, dst, N, M2C)
                assert dst.read() == bytes([turn]) * N

    assert scene.play(main) == []


@CHIPS
def test_f20_a_short_lived_buffer_and_a_call_that_waits(chip: str) -> None:
    scene = Scene(chip)
    src = scene.alloc("src", N, INTERNAL)
    src.write(b"\x5a" * N)

    async def use(machine: Machine, mcp: AsyncMemcpy) -> None:
        buffer = machine.heap.alloc(N, INTERNAL)
        await mcp.memcpy_blocking(buffer, src, N)
        assert buffer.read() == b"\x5a" * N
        buffer.free()

    async def main(machine: Machine) -> None:
        with driver(machine) as mcp:
            for _ in range(3):
                await use(machine, mcp)

    assert scene.play(main) == []


@CHIPS
def test_f22_reading_a_source_in_flight_and_sending_it_twice(chip: str) -> None:
    scene = Scene(chip)
    src = scene.alloc("src", 4096, INTERNAL)
    first, second = scene.alloc("first", 4096, INTERNAL), scene.alloc("second", 4096, INTERNAL)

    async def main(machine: Machine) -> None:
        src.write(b"\x5a" * 4096)
        with driver(machine) as one, driver(machine) as two:
            one.memcpy(first, src, 4096)
            two.memcpy(second, src, 4096)
            assert src.read() == b"\x5a" * 4096
            await machine.sleep_us(500)
        assert first.read() == second.read() == b"\x5a" * 4096

    assert scene.play(main) == []


@CHIPS
def test_f23_f24_working_on_other_parts_of_a_ring(chip: str) -> None:
    """One slot is sent or received while the core prepares and consumes the others; slots own whole lines."""
    scene = Scene(chip)
    source, ring = scene.alloc("source", 4 * N, EXTERNAL), scene.alloc("ring", 4 * N, EXTERNAL)

    async def main(machine: Machine) -> None:
        with driver(machine) as mcp:
            source.write(bytes([0]) * N)
            for turn in range(9):
                slot, following = turn % 4 * N, (turn + 1) % 4 * N
                done = machine.semaphore()
                mcp.memcpy(
                    ring.slice(slot, N), source.slice(slot, N), N, lambda _event, done=done: done.give_from_isr()
                )
                if turn:
                    assert ring.read((turn - 1) % 4 * N, N) == bytes([turn - 1]) * N
                source.write(bytes([turn + 1]) * N, following)
                await done.take()

    assert scene.play(main) == []


def test_f25_overwriting_what_nobody_has_read() -> None:
    scene = Scene()
    src, dst = scene.alloc("src", N, INTERNAL), scene.alloc("dst", N, INTERNAL)

    async def main(machine: Machine) -> None:
        with driver(machine) as mcp:
            for turn in range(4):
                src.write(bytes([turn]) * N)
                await copy(machine, mcp, dst, src, N)
        assert dst.read() == b"\x03" * N

    assert scene.play(main) == []


@CHIPS
def test_f26_freeing_and_resubmitting_in_the_callback(chip: str) -> None:
    scene = Scene(chip)
    src, last = scene.alloc("src", N, EXTERNAL), scene.alloc("last", N, EXTERNAL)

    async def main(machine: Machine) -> None:
        src.write(b"\x5a" * N)
        dst = machine.heap.alloc(N, EXTERNAL)
        done = machine.semaphore()

        def again(_event: Any) -> bool:
            dst.free()
            mcp.memcpy(last, src, N, lambda _event: done.give_from_isr())
            return False

        with driver(machine, backlog=2) as mcp:
            mcp.memcpy(dst, src, N, again)
            await done.take()
            await machine.sleep_us(10)
        assert last.read() == b"\x5a" * N

    assert scene.play(main) == []


@CHIPS
def test_f29_a_receive_shorter_than_a_line_in_a_block_of_whole_lines(chip: str) -> None:
    scene = Scene(chip)
    dst, src = scene.alloc("dst", 12, EXTERNAL), scene.alloc("src", 12, INTERNAL)
    line = 64 if chip == P4 else 32

    async def main(machine: Machine) -> None:
        src.write(b"short answer")
        if chip == P4:
            esp_cache_msync(machine, src, 64, C2M)
        esp_cache_msync(machine, dst, line, M2C)
        await scene.copy(dst, src, 12)
        esp_cache_msync(machine, dst, line, M2C)
        assert dst.read() == b"short answer"

    assert scene.play(main) == []


@CHIPS
def test_f30_the_rest_of_the_buffer_keeps_its_bytes(chip: str) -> None:
    """Written back before the receive, so they are memory's too."""
    scene = Scene(chip)
    dst, src = external_pair(scene)

    async def main(machine: Machine) -> None:
        dst.write(b"-" * N)
        esp_cache_msync(machine, dst, N, C2M | INVALIDATE)
        await scene.copy(dst, src, 100)
        esp_cache_msync(machine, dst, N, M2C)
        assert dst.read() == b"\x5a" * 100 + b"-" * (N - 100)

    assert scene.play(main) == []


@CHIPS
def test_f31_padding_that_nobody_wrote(chip: str) -> None:
    scene = Scene(chip)
    src, dst = scene.alloc("src", N, EXTERNAL), scene.alloc("dst", N, INTERNAL)

    async def main(machine: Machine) -> None:
        src.write(b"payload")
        with driver(machine) as mcp:
            await copy(machine, mcp, dst, src, 64)
        assert dst.read(0, 7) == b"payload"

    assert scene.play(main) == []


@pytest.mark.parametrize(("address", "size"), [(0, 64), (0x3C21_0000, 0), (0, 0)])
def test_f33_no_buffer_or_no_bytes(address: int, size: int) -> None:
    """Refused, and no region of memory is looked at."""
    scene = Scene()
    src = scene.alloc("src", 64, INTERNAL)

    async def main(machine: Machine) -> None:
        with driver(machine) as mcp, pytest.raises(IdfError):
            mcp.memcpy(address, src, size)
        src.read()

    assert scene.play(main) == []
    assert scene.report is not None
    assert scene.report.findings == ()


# -- looks right, is wrong ---------------------------------------------------------------------------------------------


def test_a_store_to_the_source_of_a_queued_copy() -> None:
    scene = Scene()
    src, dst = scene.alloc("src", 4096, EXTERNAL), scene.alloc("dst", 4096, INTERNAL)

    async def main(machine: Machine) -> None:
        src.write(bytes(4096))
        with driver(machine) as mcp:
            mcp.memcpy(dst, src, 4096)
            mcp.memcpy(dst, src.address + 2048, 64)
            src.write(b"late", 2048)
            await machine.sleep_us(1000)

    assert "touched-in-flight certain" in scene.play(main)


def test_the_first_lap_is_right_and_the_second_is_stale() -> None:
    scene = Scene()
    dst, src = external_pair(scene)

    async def main(machine: Machine) -> None:
        for _ in range(2):
            await scene.copy(dst, src, N)
            dst.read()

    assert scene.play(main) == ["stale-cpu-read certain"]


def test_a_sync_of_nothing() -> None:
    scene = Scene()
    src, dst = scene.alloc("src", N, EXTERNAL), scene.alloc("dst", N, INTERNAL)

    async def main(machine: Machine) -> None:
        src.write(b"\x5a" * N)
        esp_cache_msync(machine, src, 0, C2M)
        await scene.copy(dst, src, N)

    assert "stale-dma-read certain" in scene.play(main)


def test_a_line_is_as_long_as_the_chip_says() -> None:
    """32 bytes on one chip, 64 on the other: the same sync is too short there."""

    def found(chip: str) -> list[str]:
        scene = Scene(chip)
        dst, src = scene.alloc("dst", 64, EXTERNAL, align=64), scene.alloc("src", 64, INTERNAL)
        src.write(b"\x5a" * 64)
        if chip == P4:
            esp_cache_msync(scene.machine, src, 64, C2M)

        async def main(machine: Machine) -> None:
            dst.read()
            await scene.copy(dst, src, 32)
            with suppress(IdfError):
                esp_cache_msync(machine, dst, 32, M2C)
            dst.read()

        return scene.play(main)

    assert found(S3) == []
    assert found(P4) == ["ineffective-sync certain", "stale-cpu-read certain"]
