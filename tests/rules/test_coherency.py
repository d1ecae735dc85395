"""Cache and memory disagree: every rule with its whole finding, and next to it the twin that must stay silent."""

from __future__ import annotations

import inspect
import re
from contextlib import suppress
from typing import Any

import pytest

from dmalab import Machine
from dmalab.core.spans import Span
from dmalab.core.transfer import Segment
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
from dmalab.idf import MALLOC_CAP_DMA, MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM, IdfError, esp_cache_msync
from dmalab.rules.coherency import _part

from .scenes import P4, S3, Scene

INTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL
EXTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_SPIRAM


def buffers(scene: Scene, *, size: int = 128) -> tuple[Any, Any]:
    """A source in PSRAM and a destination in internal RAM."""
    return scene.alloc("src", size, EXTERNAL), scene.alloc("dst", size, INTERNAL)


def receivers(scene: Scene, *, size: int = 128) -> tuple[Any, Any]:
    """A destination in PSRAM and a written-back source in PSRAM."""
    dst, src = scene.alloc("dst", size, EXTERNAL), scene.alloc("src", size, EXTERNAL)
    src.write(b"\x5a" * size)
    esp_cache_msync(scene.machine, src, size, C2M)
    return dst, src


# -- stale-dma-read ----------------------------------------------------------------------------------------------------


def test_stale_dma_read() -> None:
    scene = Scene()
    src, dst = buffers(scene)

    async def main(machine: Machine) -> None:
        src.write(b"\xa5" * 64, 32)  # (store)
        await scene.copy(dst, src, 128)

    assert scene.play(main) == ["stale-dma-read certain"]
    assert scene.told("stale-dma-read").replace(f"{__file__}", "FILE").splitlines()[:2] == [
        "error certain, seen 1 x",
        "AHB GDMA channel 0 read 64 bytes at [src+32, src+96) that the core had changed and not written back",
    ]
    (finding,) = scene.found("stale-dma-read")
    assert [(one.role, one.function, one.task, one.note) for one in finding.where] == [
        ("stored", "main", "main", ""),
        ("started", "start", "main", "transfer of 128 bytes, descriptor 1 of 1"),
    ]
    assert finding.line is not None
    assert (finding.line.cpu[:2], finding.line.memory[:2], finding.line.moved[:2], finding.line.moved_word) == (
        b"\xa5\xa5",
        b"\0\0",
        b"\0\0",
        "sent",
    )
    assert "esp_cache_msync(buffer, 128, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED)" in finding.fix
    assert (finding.address, finding.size) == (src.address + 32, 64)


def test_a_written_back_source_is_not_stale() -> None:
    scene = Scene()
    src, dst = buffers(scene)

    async def main(machine: Machine) -> None:
        src.write(b"\xa5" * 64, 32)
        esp_cache_msync(machine, src.address + 32, 64, C2M)
        await scene.copy(dst, src, 128)
        assert dst.read(32, 64) == b"\xa5" * 64

    assert scene.play(main) == []


def test_a_store_after_the_start_says_so() -> None:
    """Without an owner the engine's progress decides: the store is ahead of it."""
    scene = Scene()
    src, dst = buffers(scene, size=4096)

    async def main(machine: Machine) -> None:
        done = scene.start(dst, src, 4096)
        await machine.sleep_us(2)
        src.write(b"late", 4000)  # (late store)
        await done.take()

    assert scene.play(main) == ["stale-dma-read certain"]
    (finding,) = scene.found("stale-dma-read")
    assert finding.fix.startswith("at test_coherency.py:")
    assert "store only after the callback of esp_async_memcpy, or use a second buffer" in finding.fix


# -- stale-cpu-read ----------------------------------------------------------------------------------------------------


def test_stale_cpu_read() -> None:
    scene = Scene()
    dst, src = receivers(scene)

    async def main(machine: Machine) -> None:
        dst.read(40, 1)  # (fill)
        await scene.copy(dst, src, 128)
        dst.read(0, 128)  # (load)

    assert scene.play(main) == ["stale-cpu-read certain"]
    assert scene.told("stale-cpu-read") == (
        "error certain, seen 1 x\n"
        "the core read old bytes at [dst+32, dst+64): the cache line was filled before an engine wrote memory\n"
        "filled (fill) in main by main\n"
        "loaded (load) in main by main\n"
        "fix between the transfer and (load): esp_cache_msync(buffer, 128, ESP_CACHE_MSYNC_FLAG_DIR_M2C), or do not touch the buffer "
        "between start and completion\n"
        f"note the bytes belong to buffer, a heap block of 128 bytes allocated at {allocation()}"
    )


def allocation() -> str:
    """Where `Scene.alloc` allocates, as notes have it."""
    lines, first = inspect.getsourcelines(Scene.alloc)
    return f"scenes.py:{next(first + at for at, line in enumerate(lines) if 'heap.alloc' in line)}"


def test_another_block_at_the_same_address_is_another_problem() -> None:
    scene = Scene()
    _, src = receivers(scene)

    async def lap(machine: Machine, look: Any) -> int:
        dst = machine.heap.alloc(64, EXTERNAL)
        dst.read()
        await scene.copy(dst.address, src, 64)
        look(dst)
        dst.free()
        return int(dst.address)

    async def main(machine: Machine) -> None:
        first = await lap(machine, lambda dst: dst.read())
        assert await lap(machine, lambda dst: dst.read(0, 4)) == first

    assert scene.play(main) == ["stale-cpu-read certain", "stale-cpu-read certain"]


def test_an_invalidated_destination_is_not_stale() -> None:
    scene = Scene()
    dst, src = receivers(scene)

    async def main(machine: Machine) -> None:
        dst.read(40, 1)
        await scene.copy(dst, src, 128)
        esp_cache_msync(machine, dst, 128, M2C)
        assert dst.read() == b"\x5a" * 128

    assert scene.play(main) == []


def test_a_line_that_a_prefetcher_filled_is_named_so() -> None:
    scene = Scene()
    dst, src = receivers(scene)

    async def main(machine: Machine) -> None:
        region, offset, _ = machine.memory.locate(dst.address, 1)
        machine.memory.prefetch(region, offset >> region.line_shift)
        await scene.copy(dst, src, 128)
        dst.read()

    assert scene.play(main) == ["stale-cpu-read certain"]
    assert "the cache line was filled by a prefetch before" in scene.found("stale-cpu-read")[0].message


# -- dirty-line-over-dma -----------------------------------------------------------------------------------------------


def test_dirty_line_over_dma_is_possible_until_it_happens() -> None:
    scene = Scene()
    dst, src = receivers(scene)

    async def main(machine: Machine) -> None:
        dst.write(b"\0" * 128)
        await scene.copy(dst, src, 128)
        esp_cache_msync(machine, dst, 128, M2C)
        assert dst.read() == b"\x5a" * 128

    assert scene.play(main) == ["dirty-line-over-dma possible"]
    (finding,) = scene.found("dirty-line-over-dma")
    assert finding.message == (
        f"AHB GDMA channel 0 wrote 32 bytes at {Span(dst.address, dst.address + 32)} under a line that holds older stores of the core; "
        "when the cache evicts it, they replace what was received"
    )
    assert finding.fix.endswith(": esp_cache_msync(buffer, 128, ESP_CACHE_MSYNC_FLAG_DIR_M2C)")
    assert finding.count == 4


def test_a_receive_buffer_that_is_dirtied_in_flight() -> None:
    """No maintenance before the start would help: the store comes later."""
    scene = Scene()
    dst, src = receivers(scene)

    async def main(machine: Machine) -> None:
        done = scene.start(dst, src, 128)
        await machine.cpu.spend(us=1)
        dst.write(b"late", 124)
        await done.take()

    scene.play(main)
    (finding,) = scene.found("dirty-line-over-dma")
    assert re.sub(r"\w+\.py:\d+", "HERE", finding.fix) == (
        "at HERE: store only after the callback of esp_async_memcpy, or use a second buffer"
    )


@pytest.mark.parametrize("flags", [M2C, C2M | INVALIDATE])
def test_a_destination_without_dirty_lines_is_safe(flags: int) -> None:
    scene = Scene()
    dst, src = receivers(scene)

    async def main(machine: Machine) -> None:
        dst.write(b"\0" * 128)
        esp_cache_msync(machine, dst, 128, flags)
        await scene.copy(dst, src, 128)
        assert dst.read() == b"\x5a" * 128

    assert scene.play(main) == []


def test_a_write_back_over_received_bytes() -> None:
    scene = Scene()
    dst, src = receivers(scene)

    async def main(machine: Machine) -> None:
        dst.read(0, 1)
        await scene.copy(dst, src, 128)
        dst.write(b"!", 100)
        dst.write(b"!", 2)  # (store)
        esp_cache_msync(machine, dst, 128, C2M)  # (sync)

    assert scene.play(main) == ["dirty-line-over-dma certain"]
    assert scene.told("dirty-line-over-dma") == (
        "error certain, seen 2 x\n"
        "a write-back was called on a line with stale bytes: 2 bytes at [dst+0, dst+2) that an engine had written are lost\n"
        "stored (store) in main by main\n"
        "wrote back (sync) in main by main\n"
        "fix after the transfer and before (store): esp_cache_msync(buffer, 128, ESP_CACHE_MSYNC_FLAG_DIR_M2C)\n"
        f"note the bytes belong to buffer, a heap block of 128 bytes allocated at {allocation()}"
    )


# -- shared-line -------------------------------------------------------------------------------------------------------


def neighbours(scene: Scene) -> tuple[Any, Any, Any]:
    """Two blocks that share a line of PSRAM, and a source."""
    first, second = scene.alloc("mine", 60, MALLOC_CAP_SPIRAM), scene.alloc("yours", 60, MALLOC_CAP_SPIRAM)
    assert (first.address + 60 - 1) // 32 == (second.address) // 32 or second.address - first.address < 96
    src = scene.alloc("src", 64, EXTERNAL)
    src.write(b"\x5a" * 64)
    esp_cache_msync(scene.machine, src, 64, C2M)
    return first, second, src


def shared(first: Any, second: Any) -> int:
    """The line that both blocks have bytes in, as an address."""
    line = second.address & -32
    assert first.address + 60 > line
    return int(line)


def test_a_neighbours_unwritten_stores_in_the_line() -> None:
    scene = Scene()
    mine, yours, src = neighbours(scene)
    line = shared(mine, yours)

    async def main(machine: Machine) -> None:
        yours.write(b"keep")  # (store)
        await scene.copy(line, src, mine.address + 60 - line)

    assert scene.play(main) == ["shared-line possible"]
    (finding,) = scene.found("shared-line")
    assert finding.message == (
        f"AHB GDMA channel 0 wrote {mine.address + 60 - line} bytes at {Span(line, mine.address + 60)}, and the same cache line holds "
        f"unwritten stores to {Span(yours.address, yours.address + 4)}; the line's write-back destroys what was received, its "
        "invalidate loses the stores"
    )
    assert finding.notes == (f"the stores belong to buffer, a heap block of 60 bytes allocated at {allocation()}",)


def test_neighbours_on_both_parts_of_the_received_bytes_are_still_neighbours() -> None:
    """The hull of their stores holds the receive buffer, none of their bytes do."""
    scene = Scene()
    block, src = scene.alloc("block", 32, EXTERNAL), scene.alloc("src", 32, INTERNAL)

    async def main(machine: Machine) -> None:
        block.write(b"left")
        block.write(b"right", 20)
        await scene.copy(block.address + 8, src, 8)

    assert scene.play(main) == ["shared-line possible"]


def test_an_invalidate_that_drops_a_neighbours_stores() -> None:
    scene = Scene()
    mine, yours, src = neighbours(scene)
    line = shared(mine, yours)

    async def main(machine: Machine) -> None:
        await scene.copy(line, src, mine.address + 60 - line)
        yours.write(b"keep")  # (store)
        esp_cache_msync(machine, line, 32, M2C)  # (invalidate)

    scene.play(main)
    (finding,) = scene.found("shared-line")
    assert (finding.severity.value, finding.certainty.value) == ("error", "certain")
    assert finding.message == (
        f"invalidating {Span(line, line + 32)} dropped 4 bytes of the core's stores at {Span(yours.address, yours.address + 4)}, "
        "which belong to buffer, a heap block of 60 bytes, not to buffer, a heap block of 60 bytes"
    )
    assert [where.role for where in finding.where] == ["stored", "invalidated"]


def test_one_receive_buffer_among_others_is_one_finding() -> None:
    """Neighbours on both sides, their loss by the invalidate and what that does later: one layout is wrong."""
    scene = Scene()
    frame, src = scene.alloc("frame", 96, EXTERNAL), scene.alloc("src", 64, INTERNAL)

    async def main(machine: Machine) -> None:
        frame.write(b"head", 8)  # (head)
        frame.write(b"tail", 88)  # (tail)
        await scene.copy(frame.address + 16, src, 64)
        esp_cache_msync(machine, frame, 96, M2C)  # (invalidate)
        frame.read(8, 4)  # (load)

    assert scene.play(main) == ["shared-line certain"]
    assert re.sub(r"tests/rules/scenes.py:\d+", "scenes.py", scene.told("shared-line")) == (
        "error certain, seen 3 x\n"
        "AHB GDMA channel 0 wrote 16 bytes at [frame+16, frame+32), and the same cache line holds unwritten stores to [frame+8, frame+12); "
        "the line's write-back destroys what was received, its invalidate loses the stores\n"
        "stored (head) in main by main\n"
        "started (scenes.py) in start by main: transfer of 64 bytes\n"
        "also stored (tail) in main by main\n"
        "also invalidated (invalidate) in main by main: esp_cache_msync(…, 96, DIR_M2C)\n"
        "also loaded (load) in main by main\n"
        "fix give the receive buffer whole cache lines: heap_caps_malloc(64, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA), or align it and round "
        "its size up to 32 bytes\n"
        f"note the stores belong to buffer, a heap block of 96 bytes allocated at {allocation()}"
    )


def test_a_rounded_invalidate_that_begins_before_its_buffer() -> None:
    """It begins where nothing is, ends in the next block, and is about the block between; its loss is told once."""
    scene = Scene()
    mine, yours = scene.alloc("mine", 88, MALLOC_CAP_SPIRAM), scene.alloc("yours", 8, MALLOC_CAP_SPIRAM)
    low, high = mine.address & -32, yours.address + 8 + 31 & -32
    assert low < mine.address
    assert mine.address + 88 > high - 32

    async def main(machine: Machine) -> None:
        yours.write(b"keep")  # (store)
        esp_cache_msync(machine, low, high - low, M2C)  # (invalidate)
        yours.read(0, 4)  # (load)

    assert scene.play(main) == ["shared-line certain"]
    assert scene.told("shared-line") == (
        "error certain, seen 2 x\n"
        f"invalidating [ADDRESS, yours+{high - yours.address}) dropped 4 bytes of the core's stores at [yours+0, yours+4), which belong to "
        "buffer, a heap block of 8 bytes, not to buffer, a heap block of 88 bytes\n"
        "stored (store) in main by main\n"
        f"invalidated (invalidate) in main by main: esp_cache_msync(…, {high - low}, DIR_M2C)\n"
        "also loaded (load) in main by main\n"
        "fix give what is received in buffer whole cache lines of its own: align it to 32 bytes and make it 96 bytes long\n"
        f"note the bytes belong to buffer, a heap block of 8 bytes allocated at {allocation()}"
    )


def test_a_header_that_was_dropped_with_the_line_behind_it() -> None:
    """Stored after the transfer, so nothing was wrong until the invalidate; a write-back first would be no cure for a dirty line."""
    scene = Scene()
    frame, src = scene.alloc("frame", 96, EXTERNAL), scene.alloc("src", 64, INTERNAL)

    async def main(machine: Machine) -> None:
        await scene.copy(frame.address + 16, src, 64)
        frame.write(b"head", 8)
        esp_cache_msync(machine, frame, 96, M2C)  # (invalidate)
        frame.read(8, 4)  # (load)

    assert scene.play(main) == ["shared-line certain"]
    assert scene.told("shared-line") == (
        "error certain, seen 1 x\n"
        "invalidating [frame+0, frame+96) dropped 4 bytes of the core's stores at [frame+8, frame+12), which lie beside what it "
        "was for, [frame+16, frame+80), and they were used afterwards\n"
        "invalidated (invalidate) in main by main: esp_cache_msync(…, 96, DIR_M2C)\n"
        "loaded (load) in main by main\n"
        "fix give what is received in buffer whole cache lines of its own: align it to 32 bytes and make it 64 bytes long\n"
        f"note the bytes belong to buffer, a heap block of 96 bytes allocated at {allocation()}"
    )


def test_an_invalidate_for_what_an_earlier_owner_received_blames_nobody() -> None:
    """The memory was one receive buffer, and is two blocks now: dropping the zeros of the second has nothing to do with the first."""
    scene = Scene()
    src = scene.alloc("src", 128, INTERNAL)

    async def main(machine: Machine) -> None:
        old = machine.heap.alloc(256, EXTERNAL)
        await scene.copy(old.address, src, 128)
        old.free()
        first, second = machine.heap.alloc(64, EXTERNAL), machine.heap.alloc(64, EXTERNAL)
        assert old.address <= first.address < second.address < old.address + 128
        second.write(bytes(64))
        esp_cache_msync(machine, second, 64, M2C)

    assert scene.play(main) == []


def test_a_store_of_the_neighbour_into_a_stale_line() -> None:
    scene = Scene()
    mine, yours, src = neighbours(scene)
    line = shared(mine, yours)

    async def main(machine: Machine) -> None:
        mine.read(0, 60)
        await scene.copy(line, src, mine.address + 60 - line)
        yours.write(b"keep")  # (store)

    assert scene.play(main) == ["shared-line possible"]
    (finding,) = scene.found("shared-line")
    assert finding.message == (
        f"the core stored to {Span(yours.address, yours.address + 4)} in a cache line that still shows old bytes for "
        f"{Span(line, mine.address + 60)}, which an engine had written; the line's write-back destroys them"
    )


def test_whole_lines_have_no_neighbours() -> None:
    scene = Scene()
    dst, src = receivers(scene, size=64)
    near = scene.alloc("near", 64, EXTERNAL)

    async def main(machine: Machine) -> None:
        near.write(b"near" * 16)
        esp_cache_msync(machine, dst, 64, M2C)
        await scene.copy(dst, src, 64)
        near.write(b"NEAR" * 16)
        esp_cache_msync(machine, dst, 64, M2C)
        assert dst.read() == b"\x5a" * 64
        assert near.read() == b"NEAR" * 16

    assert scene.play(main) == []


# -- parts of objects --------------------------------------------------------------------------------------------------


def test_fixes_name_the_part_of_an_object_that_was_received() -> None:
    """An invalidate of the whole would drop what the core has in the rest of it."""
    scene = Scene()
    pool, src = scene.alloc("pool", 256, EXTERNAL), scene.alloc("src", 64, INTERNAL)

    async def main(machine: Machine) -> None:
        pool.write(b"\xee" * 256)
        await scene.copy(pool.address + 96, src, 64)
        pool.read(96, 64)

    assert scene.play(main) == ["dirty-line-over-dma possible", "stale-cpu-read certain"]
    dirty, stale = scene.found("dirty-line-over-dma")[0], scene.found("stale-cpu-read")[0]
    assert "esp_cache_msync((uint8_t *)buffer + 96, 64, ESP_CACHE_MSYNC_FLAG_DIR_M2C)" in dirty.fix
    assert "esp_cache_msync((uint8_t *)buffer + 96, 64, ESP_CACHE_MSYNC_FLAG_DIR_M2C)" in stale.fix


def test_fixes_name_the_part_of_an_object_that_was_sent() -> None:
    scene = Scene()
    pool, dst = scene.alloc("pool", 256, EXTERNAL), scene.alloc("dst", 64, INTERNAL)

    async def main(machine: Machine) -> None:
        pool.write(b"\xee" * 256)
        await scene.copy(dst, pool.address, 60)

    assert scene.play(main) == ["stale-dma-read certain"]
    assert "esp_cache_msync(buffer, 64, ESP_CACHE_MSYNC_FLAG_DIR_C2M" in scene.found("stale-dma-read")[0].fix


def test_a_transfer_over_adjoining_descriptors_is_one_part() -> None:
    segments = [
        Segment(0, Span(100, 140), 0, 40),
        Segment(40, Span(140, 180), 1, 40),
        Segment(80, Span(300, 340), 2, 40),
    ]
    assert _part(segments, Span(150, 160)) == Span(100, 180)
    assert _part(segments, Span(120, 124)) == Span(100, 180)
    assert _part(segments, Span(330, 400)) == Span(300, 340)
    assert _part(segments, Span(500, 504)) is None


# -- discarded-write ---------------------------------------------------------------------------------------------------


def test_dropped_stores_that_the_core_reads() -> None:
    scene = Scene()
    buffer = scene.alloc("buffer", 64, EXTERNAL)

    async def main(machine: Machine) -> None:
        buffer.write(b"header", 8)
        esp_cache_msync(machine, buffer, 64, M2C)  # (drop)
        buffer.read(8, 2)  # (load)

    assert scene.play(main) == ["discarded-write certain"]
    assert scene.told("discarded-write") == (
        "error certain, seen 1 x\n"
        "the core read 6 bytes at [buffer+8, buffer+14) whose last store an invalidate had dropped\n"
        "dropped (drop) in main by main: esp_cache_msync(…, 64, DIR_M2C)\n"
        "loaded (load) in main by main\n"
        "fix at (drop): esp_cache_msync(buffer, 64, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_INVALIDATE | "
        "ESP_CACHE_MSYNC_FLAG_UNALIGNED)\n"
        f"note the bytes belong to buffer, a heap block of 64 bytes allocated at {allocation()}"
    )


def test_dropped_stores_that_are_read_at_two_places_are_one_finding() -> None:
    scene = Scene()
    buffer = scene.alloc("buffer", 64, EXTERNAL)

    async def main(machine: Machine) -> None:
        buffer.write(b"header", 8)
        esp_cache_msync(machine, buffer, 64, M2C)  # (drop)
        buffer.read(8, 2)  # (load)
        buffer.read(10, 2)  # (second load)

    assert scene.play(main) == ["discarded-write certain"]
    (finding,) = scene.found("discarded-write")
    assert [where.role for where in finding.where] == ["dropped", "loaded", "also loaded"]


def test_dropped_stores_that_an_engine_reads() -> None:
    scene = Scene()
    src, dst = buffers(scene)

    async def main(machine: Machine) -> None:
        src.write(b"\xa5" * 32)
        esp_cache_msync(machine, src, 128, M2C)  # (drop)
        await scene.copy(dst, src, 128)

    assert scene.play(main) == ["discarded-write certain", "ineffective-sync certain"]
    assert scene.told("discarded-write").splitlines()[1] == (
        "AHB GDMA channel 0 read 32 bytes at [src+0, src+32) whose last store an invalidate had dropped"
    )
    assert scene.told("ineffective-sync").splitlines()[1] == (
        "esp_cache_msync(…, 128, DIR_M2C) invalidated [src+0, src+32), which had to be written back: AHB GDMA channel 0 read old bytes"
    )


def test_dropped_stores_that_are_written_again_hurt_nobody() -> None:
    scene = Scene()
    buffer = scene.alloc("buffer", 64, EXTERNAL)

    async def main(machine: Machine) -> None:
        buffer.write(b"header")
        esp_cache_msync(machine, buffer, 64, M2C)
        buffer.write(b"HEADER")
        assert buffer.read(0, 6) == b"HEADER"

    assert scene.play(main) == []


# -- ineffective-sync --------------------------------------------------------------------------------------------------


def sync_ignored(machine: Machine, *arguments: Any) -> None:
    """What C code does that doesn't look at the result."""
    with suppress(IdfError):
        esp_cache_msync(machine, *arguments)


def test_a_refused_sync_before_sending() -> None:
    scene = Scene()
    src, dst = buffers(scene)

    async def main(machine: Machine) -> None:
        src.write(b"\xa5" * 100)
        with suppress(IdfError):
            esp_cache_msync(machine, src, 100, C2M)  # (sync)
        await scene.copy(dst, src, 100)

    assert scene.play(main) == ["ineffective-sync certain", "stale-dma-read certain"]
    lines = scene.told("ineffective-sync").splitlines()
    assert lines[1:3] == [
        (
            "esp_cache_msync(…, 100, DIR_C2M) was refused (size 100 is not a multiple of the 32-byte cache line), so it had no effect: "
            "AHB GDMA channel 0 read old bytes at [src+0, src+100)"
        ),
        "synced (sync) in main by main",
    ]
    assert lines[4] == (
        "fix at (sync): esp_cache_msync(buffer, 128, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED), and look at the "
        "result"
    )


def test_a_refused_sync_after_receiving() -> None:
    scene = Scene()
    dst, src = receivers(scene)

    async def main(machine: Machine) -> None:
        dst.read()
        await scene.copy(dst, src, 128)
        sync_ignored(machine, dst, 100, M2C | UNALIGNED)
        dst.read(0, 4)

    assert scene.play(main) == ["ineffective-sync certain", "stale-cpu-read certain"]
    assert "the unaligned flag is not allowed in the memory-to-cache direction" in scene.told("ineffective-sync")
    assert scene.found("ineffective-sync")[0].fix.endswith(
        ": esp_cache_msync(buffer, 128, ESP_CACHE_MSYNC_FLAG_DIR_M2C), and look at the result"
    )


def test_the_wrong_direction_after_receiving() -> None:
    scene = Scene()
    dst, src = receivers(scene)

    async def main(machine: Machine) -> None:
        dst.read()
        await scene.copy(dst, src, 128)
        esp_cache_msync(machine, dst, 128, C2M)
        dst.read(0, 4)

    assert scene.play(main) == ["ineffective-sync certain", "stale-cpu-read certain"]
    assert scene.told("ineffective-sync").splitlines()[1] == (
        "esp_cache_msync(…, 128, DIR_C2M) wrote back [dst+0, dst+128), which had to be invalidated: the core read old bytes"
    )


def test_a_sync_that_is_too_short() -> None:
    scene = Scene()
    src, dst = buffers(scene)

    async def main(machine: Machine) -> None:
        src.write(b"\xa5" * 128)
        esp_cache_msync(machine, src, 64, C2M)
        await scene.copy(dst, src, 128)

    assert scene.play(main) == ["ineffective-sync certain", "stale-dma-read certain"]
    assert scene.told("ineffective-sync").splitlines()[1] == (
        "esp_cache_msync(…, 64, DIR_C2M) covered only [src+0, src+64) of 128 bytes: AHB GDMA channel 0 read old bytes at [src+64, src+128)"
    )


def test_the_wrong_direction_before_receiving_leaves_the_line_present() -> None:
    """C2M before a receive leaves clean lines: they are stale afterwards."""
    scene = Scene()
    dst, src = receivers(scene)

    async def main(machine: Machine) -> None:
        dst.write(b"\0" * 128)
        esp_cache_msync(machine, dst, 128, C2M)
        await scene.copy(dst, src, 128)
        dst.read()

    assert scene.play(main) == ["ineffective-sync certain", "stale-cpu-read certain"]


def test_a_sync_before_the_last_store_is_not_blamed() -> None:
    """The write-back was right when it was made; the store after it is the mistake."""
    scene = Scene()
    src, dst = buffers(scene)

    async def main(machine: Machine) -> None:
        src.write(b"\xa5" * 128)
        esp_cache_msync(machine, src, 128, C2M)
        await machine.sleep_us(1)
        src.write(b"\x5a" * 128)
        await scene.copy(dst, src, 128)

    assert scene.play(main) == ["stale-dma-read certain"]


def test_the_invalidate_of_an_earlier_use_is_not_blamed() -> None:
    """The buffer received first, rightly; then it was filled and sent without a write-back."""
    scene = Scene()
    buffer, other = scene.alloc("buffer", 128, EXTERNAL), scene.alloc("other", 128, INTERNAL)

    async def main(machine: Machine) -> None:
        await scene.copy(buffer, other, 128)
        esp_cache_msync(machine, buffer, 128, M2C)
        sync_ignored(machine, buffer, 100, C2M)
        await machine.sleep_us(1)
        buffer.write(b"\x5a" * 128)
        await scene.copy(other, buffer, 128)

    assert scene.play(main) == ["stale-dma-read certain"]


@pytest.mark.parametrize("chip", [S3, P4])
def test_syncs_of_other_buffers_are_not_blamed(chip: str) -> None:
    scene = Scene(chip)
    src, dst = buffers(scene)
    other = scene.alloc("other", 128, EXTERNAL)

    async def main(machine: Machine) -> None:
        src.write(b"\xa5" * 128)
        esp_cache_msync(machine, other, 128, M2C)
        sync_ignored(machine, other, 100, C2M)
        await scene.copy(dst, src, 128)

    assert "ineffective-sync certain" not in scene.play(main)
