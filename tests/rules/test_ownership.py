"""Memory that somebody else owns: every rule with its whole finding, and the twin that must stay silent."""

from __future__ import annotations

from typing import Any

import pytest

from dmalab import Machine
from dmalab.core.events import FrameDied, FreedClaimed, Leaked
from dmalab.core.spans import Span
from dmalab.idf import MALLOC_CAP_DMA, MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM, AsyncMemcpy

from .scenes import P4, Scene
from .test_coherency import allocation

INTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL
EXTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_SPIRAM
SIZE = 4096


def pair(scene: Scene, *, size: int = SIZE) -> tuple[Any, Any]:
    src, dst = scene.alloc("src", size, INTERNAL), scene.alloc("dst", size, INTERNAL)
    src.write(b"\x5a" * size)
    return src, dst


# -- touched-in-flight -------------------------------------------------------------------------------------------------


def test_a_store_ahead_of_the_engine() -> None:
    scene = Scene()
    src, dst = pair(scene)

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, SIZE)  # (request)
            src.write(b"late", SIZE - 4)  # (store)
            await machine.sleep_us(200)

    assert scene.play(main) == ["touched-in-flight certain"]
    assert scene.told("touched-in-flight") == (
        "error certain, seen 1 x\n"
        "the core stored to [src+4092, src+4096) while the copy of 4096 bytes by AHB GDMA channel 0 is still reading [src+0, src+4096)\n"
        "started (request) in main by main: copy of 4096 bytes by AHB GDMA channel 0\n"
        "stored (store) in main by main\n"
        "fix before (store): wait for the callback of esp_async_memcpy\n"
        "note the engine had not moved these bytes yet"
    )


def test_a_store_behind_the_engine_is_possible_only() -> None:
    scene = Scene()
    src, dst = pair(scene)

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, SIZE)
            await machine.cpu.spend(us=20)
            src.write(b"late")
            await machine.sleep_us(200)

    assert scene.play(main) == ["touched-in-flight possible"]
    assert scene.found("touched-in-flight")[0].notes == (
        "the engine had already passed these bytes; a slower engine or an earlier access would be hit",
    )


def test_a_load_of_bytes_that_have_not_arrived() -> None:
    scene = Scene()
    src, dst = pair(scene)

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, SIZE)
            dst.read(SIZE - 4, 4)  # (load)
            await machine.sleep_us(200)

    assert scene.play(main) == ["touched-in-flight certain"]
    lines = scene.told("touched-in-flight").splitlines()
    assert lines[1] == (
        "the core read [dst+4092, dst+4096) while the copy of 4096 bytes by AHB GDMA channel 0 is still writing [dst+0, dst+4096)"
    )
    assert lines[-1] == "note these bytes had not arrived yet"


def test_every_touch_of_one_request_is_one_finding() -> None:
    """One wait is missing, however many lines of source notice."""
    scene = Scene()
    src, dst = pair(scene)

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as mcp:
            for _ in range(2):
                mcp.memcpy(dst, src, SIZE)  # (request)
                src.write(b"m", SIZE - 4)  # (magic)
                src.write(b"gic", SIZE - 3)  # (rest)
                dst.read(SIZE - 1, 1)  # (peek)
                await machine.sleep_us(200)

    assert scene.play(main) == ["touched-in-flight certain"]
    assert scene.told("touched-in-flight") == (
        "error certain, seen 6 x\n"
        "the core stored to [src+4092, src+4096) while the copy of 4096 bytes by AHB GDMA channel 0 is still reading [src+0, src+4096)\n"
        "started (request) in main by main: copy of 4096 bytes by AHB GDMA channel 0\n"
        "stored (magic) in main by main\n"
        "also stored (rest) in main by main\n"
        "also loaded (peek) in main by main\n"
        "fix before (magic): wait for the callback of esp_async_memcpy\n"
        "note the engine had not moved these bytes yet"
    )


def test_a_queued_copy_owns_its_buffers_too() -> None:
    scene = Scene()
    src, dst = pair(scene)
    more = scene.alloc("more", 16, INTERNAL)

    async def main(machine: Machine) -> None:
        more.write(bytes(16))
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, SIZE)
            mcp.memcpy(more, src, 16)
            more.write(b"x")
            await machine.sleep_us(200)

    assert scene.play(main) == ["touched-in-flight certain"]


def test_the_buffers_are_the_firmwares_again_in_the_callback() -> None:
    scene = Scene()
    src, dst = pair(scene)

    async def main(machine: Machine) -> None:
        def done(_event: Any) -> None:
            src.write(b"mine")
            assert dst.read(0, 4) == b"\x5a" * 4
            dst.write(b"mine")

        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, SIZE, done)
            await machine.sleep_us(200)

    assert scene.play(main) == []


def test_two_drivers_on_one_destination() -> None:
    scene = Scene()
    src, dst = pair(scene)

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as first, AsyncMemcpy.install(machine) as second:
            first.memcpy(dst, src, 64)  # (first)
            second.memcpy(dst.address + 32, src, 64)  # (second)
            await machine.sleep_us(200)

    assert scene.play(main) == []  # the first was over: a request takes longer than a short copy

    scene = Scene()
    src, dst = pair(scene)

    async def collide(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as first, AsyncMemcpy.install(machine) as second:
            first.memcpy(dst, src, SIZE)  # (first)
            second.memcpy(dst.address + 32, src, 64)  # (second)
            await machine.sleep_us(300)

    assert scene.play(collide) == ["touched-in-flight possible"]
    assert scene.told("touched-in-flight") == (
        "error possible, seen 1 x\n"
        "two requests use [dst+32, dst+96) at the same time: copy of 4096 bytes by AHB GDMA channel 0 writes it, copy of 64 bytes by AHB "
        "GDMA channel 1 writes it, and nothing orders them\n"
        "started (first) in collide by main: copy of 4096 bytes by AHB GDMA channel 0\n"
        "then started (second) in collide by main: copy of 64 bytes by AHB GDMA channel 1\n"
        "fix before (second): wait for the callback of esp_async_memcpy"
    )


# -- freed-in-flight, dead-stack, overrun ------------------------------------------------------------------------------


def test_freed_in_flight() -> None:
    scene = Scene()

    async def main(machine: Machine) -> None:
        src, dst = pair(scene)
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, SIZE)  # (request)
            dst.free()  # (free)
            await machine.sleep_us(200)

    assert scene.play(main) == ["freed-in-flight certain"]
    assert scene.told("freed-in-flight") == (
        "error certain, seen 1 x\n"
        "a heap block of 4096 bytes at dst+0 was freed while the copy of 4096 bytes by AHB GDMA channel 0 was writing [dst+0, dst+4096)\n"
        f"allocated ({allocation_place()}) in alloc by main\n"
        "started (request) in main by main: copy of 4096 bytes by AHB GDMA channel 0\n"
        "freed (free) in main by main\n"
        "fix before (free): wait for the callback of esp_async_memcpy"
    )


def test_the_next_owner_of_freed_memory_is_not_blamed() -> None:
    """A pool that links its free blocks stores into them, and the line that it makes dirty lies over the receive buffer."""
    scene = Scene()

    async def main(machine: Machine) -> None:
        src, dst = scene.alloc("src", SIZE, INTERNAL), scene.alloc("dst", SIZE, EXTERNAL)
        src.write(b"\x5a" * SIZE)
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, SIZE)
            (claim,) = machine.memory.claims_on(Span(dst.address, dst.address + 1))
            block = machine.heap.blocks_heap.block(dst.address)
            assert block is not None
            machine.bus.emit(FreedClaimed(block=block, claim=claim, freed=machine.now()))
            dst.write(b"free list", SIZE - 64)
            await machine.sleep_us(200)

    assert scene.play(main) == ["freed-in-flight certain"]


def allocation_place() -> str:
    from dmalab.rules.checker import relative

    from . import scenes

    assert scenes.__file__ is not None
    return f"{relative(scenes.__file__)}:{allocation().rpartition(':')[2]}"


def test_freed_in_the_callback_is_fine() -> None:
    scene = Scene()
    src, dst = pair(scene)

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, SIZE, lambda _event: dst.free())
            await machine.sleep_us(200)

    assert scene.play(main) == []


def test_dead_stack() -> None:
    """Frames die in firmware only; the event is the same."""
    scene = Scene()
    src, dst = pair(scene)

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, SIZE)  # (request)
            (claim,) = machine.memory.claims_on(Span(dst.address, dst.address + 1))
            machine.bus.emit(FrameDied(span=claim.span, claim=claim, left=machine.now()))  # (return)
            await machine.sleep_us(200)

    assert scene.play(main) == ["dead-stack certain"]
    assert scene.told("dead-stack") == (
        "error certain, seen 1 x\n"
        "a function returned while the copy of 4096 bytes by AHB GDMA channel 0 was writing [dst+0, dst+4096) in its stack frame; the next "
        "call reuses that memory\n"
        "started (request) in main by main: copy of 4096 bytes by AHB GDMA channel 0\n"
        "returned (return) in main by main\n"
        "fix before the return at (return): wait for the callback of esp_async_memcpy, or use a static or heap buffer"
    )


def test_what_happens_in_a_dead_frame_is_told_once() -> None:
    """The next calls store there and return too: that is the same mistake."""
    scene = Scene()
    src, dst = pair(scene)

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, SIZE)
            (claim,) = machine.memory.claims_on(Span(dst.address, dst.address + 1))
            machine.bus.emit(FrameDied(span=claim.span, claim=claim, left=machine.now()))
            dst.write(b"next frame", SIZE - 16)
            machine.bus.emit(FrameDied(span=claim.span, claim=claim, left=machine.now()))
            await machine.sleep_us(200)

    assert scene.play(main) == ["dead-stack certain"]


def test_a_deleted_task_takes_its_stack_along() -> None:
    scene = Scene()
    src, dst = pair(scene)

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, SIZE)  # (request)
            (claim,) = machine.memory.claims_on(Span(dst.address, dst.address + 1))
            machine.bus.emit(FrameDied(span=claim.span, claim=claim, left=machine.now(), task="worker"))  # (delete)
            await machine.sleep_us(200)

    scene.play(main)
    assert scene.told("dead-stack") == (
        "error certain, seen 1 x\n"
        "task worker was deleted while the copy of 4096 bytes by AHB GDMA channel 0 was writing [dst+0, dst+4096) on its stack, which is "
        "given back with it\n"
        "started (request) in main by main: copy of 4096 bytes by AHB GDMA channel 0\n"
        "deleted (delete) in main by main\n"
        "fix before the task is deleted at (delete): let it wait for the callback of esp_async_memcpy, or use a static or heap buffer"
    )


def test_overrun() -> None:
    scene = Scene()
    src, dst = scene.alloc("src", 128, INTERNAL), scene.alloc("dst", 64, INTERNAL)
    src.write(bytes(128))

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, 128)  # (request)
            await machine.sleep_us(200)

    assert "overrun certain" in scene.play(main)
    lines = scene.told("overrun").splitlines()
    assert (
        lines[1]
        == "the request writes [dst+0, dst+128), 64 bytes beyond the end of a heap block of 64 bytes at [dst+0, dst+64)"
    )
    assert lines[3:] == [
        "started (request) in main by main",
        "fix at (request): ask for at most 64 bytes, or allocate 128",
    ]


def test_a_block_is_as_large_as_it_was_rounded() -> None:
    scene = Scene(P4)
    src, dst = scene.alloc("src", 100, INTERNAL), scene.alloc("dst", 100, INTERNAL)
    src.write(bytes(100))

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, 128)
            await machine.sleep_us(200)

    assert scene.play(main) == []


# -- heap-misuse -------------------------------------------------------------------------------------------------------


def heap_scene(use: Any) -> Scene:
    scene = Scene()
    buffer = scene.alloc("buffer", 64, INTERNAL)

    async def main(machine: Machine) -> None:
        use(buffer)

    assert scene.play(main) == ["heap-misuse certain"]
    return scene


def free_and(use: Any) -> Any:
    def both(buffer: Any) -> None:
        buffer.free()
        use(buffer)

    return both


@pytest.mark.parametrize(
    ("use", "message", "last_role"),
    [
        (
            lambda b: b.write(b"x", 64),
            "the core stored to [buffer+64, buffer+65), 0 bytes behind the end of a heap block of 64 bytes",
            "stored",
        ),
        (
            lambda b: b.read(66, 2),
            "the core read [buffer+66, buffer+68), 2 bytes behind the end of a heap block of 64 bytes",
            "loaded",
        ),
        (
            lambda b: b.read(-4, 4),
            "the core read [ADDRESS, buffer+0), before the start of a heap block of 64 bytes",
            "loaded",
        ),
        (
            free_and(lambda b: b.write(b"x")),
            "[buffer+0, buffer+1) was written after its block of 64 bytes was freed",
            "stored",
        ),
        (
            free_and(lambda b: b.read(60, 4)),
            "[buffer+60, buffer+64) was read after its block of 64 bytes was freed",
            "loaded",
        ),
        (free_and(lambda b: b.free()), "the block at buffer+0 was freed twice", "freed again"),
        (
            lambda b: b._machine.heap.free(b.slice(8)),
            "buffer+8 was freed, which no allocation had returned; it lies inside a block at buffer+0",
            "freed",
        ),
    ],
)
def test_heap_misuse(use: Any, message: str, last_role: str) -> None:
    scene = heap_scene(use)
    assert scene.told("heap-misuse").splitlines()[1] == message
    roles = [where.role for where in scene.found("heap-misuse")[0].where]
    assert roles[0] == "allocated"
    assert roles[-1] == last_role


def test_memory_that_was_never_allocated() -> None:
    scene = Scene()

    async def main(machine: Machine) -> None:
        machine.memory.load(0x3FCA_0000, 4)

    assert scene.play(main) == ["heap-misuse certain"]
    assert scene.found("heap-misuse")[0].message == (
        "the core read [0x3fca0000, 0x3fca0004), heap memory that nobody had allocated"
    )


def test_memory_outside_every_heap_is_free_to_use() -> None:
    scene = Scene()

    async def main(machine: Machine) -> None:
        machine.memory.store(0x3FC8_8000, b"static")
        machine.memory.store(0x5000_0000, b"rtc")

    assert scene.play(main) == []


def test_a_new_owner_is_not_blamed_for_the_old_one() -> None:
    scene = Scene()

    async def main(machine: Machine) -> None:
        for _ in range(3):
            buffer = machine.heap.alloc(64, INTERNAL)
            buffer.write(bytes(64))
            buffer.read()
            buffer.free()

    assert scene.play(main) == []


# -- leak --------------------------------------------------------------------------------------------------------------


def test_a_driver_that_stays_installed() -> None:
    scene = Scene()

    async def main(machine: Machine) -> None:
        AsyncMemcpy.install(machine)  # (install)

    assert scene.play(main) == ["leak certain"]
    assert scene.told("leak") == (
        "warning certain, seen 1 x\n"
        "the async memcpy driver on AHB GDMA channel 0 was never given back, and nothing refers to it any more\n"
        "allocated (install) in main by main\n"
        "fix give it back before its last reference goes out of scope, or keep it in a static variable"
    )


def test_a_leaked_block_has_a_size() -> None:
    scene = Scene()

    async def main(machine: Machine) -> None:
        machine.bus.emit(
            Leaked(what="a heap block", size=64, span=Span(0x3FC9_8000, 0x3FC9_8040), allocated=machine.now())
        )

    scene.play(main)
    (finding,) = scene.found("leak")
    assert finding.message == "a heap block of 64 bytes was never given back, and nothing refers to it any more"
    assert (finding.address, finding.size) == (0x3FC9_8000, 64)
