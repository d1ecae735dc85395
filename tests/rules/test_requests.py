"""Requests that can't work, and refusals: dealt with, ignored, or waited for for ever."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from dmalab import Machine
from dmalab.idf import MALLOC_CAP_DMA, MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM, AsyncMemcpy, IdfError

from .scenes import P4, S3, Scene

INTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL
EXTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_SPIRAM


def attempt(mcp: AsyncMemcpy, *arguments: Any) -> bool:
    """A request by code that looks at the result."""
    try:
        mcp.memcpy(*arguments)
    except IdfError:
        return False
    return True


def infos(scene: Scene) -> list[str]:
    assert scene.report is not None
    return [one.rule for one in scene.report.findings if one.severity.value == "info"]


# -- what the engine can't reach ---------------------------------------------------------------------------------------


def test_an_engine_that_is_pointed_at_flash() -> None:
    """The driver of esp32s3 lets the address through; the engine reads zeros."""
    scene = Scene()
    dst = scene.alloc("dst", 64, INTERNAL)

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, 0x3C00_0000, 64)  # (request)
            await machine.sleep_us(200)

    assert scene.play(main) == ["unreachable-memory certain"]
    assert scene.told("unreachable-memory") == (
        "error certain, seen 1 x\n"
        "AHB GDMA can't read [ADDRESS, ADDRESS), which is flash: it sends zeros or hangs\n"
        "started (request) in main by main\n"
        "fix use memory the engine reaches: heap_caps_malloc(64, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA), and copy there first"
    )


def test_flash_is_a_source_for_engines_that_reach_it() -> None:
    scene = Scene(P4)
    dst = scene.alloc("dst", 64, INTERNAL)

    async def main(machine: Machine) -> None:
        machine.memory.poke(0x4000_0000, b"constant" * 8)
        with AsyncMemcpy.install_gdma_axi(machine) as mcp:
            mcp.memcpy(dst, 0x4000_0000, 64)
            await machine.sleep_us(300)
        assert dst.read() == b"constant" * 8

    assert scene.play(main) == []


def test_a_destination_in_flash_goes_nowhere() -> None:
    scene = Scene(P4)
    src = scene.alloc("src", 64, INTERNAL)
    src.write(bytes(64))

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install_gdma_axi(machine) as mcp:
            mcp.memcpy(0x4000_0000, src, 64)
            await machine.sleep_us(300)

    assert scene.play(main) == ["unreachable-memory certain"]
    assert scene.found("unreachable-memory")[0].message == (
        "AXI GDMA can't write [0x40000000, 0x40000040), which is flash: the bytes go nowhere"
    )


# -- refusals ----------------------------------------------------------------------------------------------------------


def test_a_refusal_that_was_dealt_with_is_information() -> None:
    scene = Scene(P4)
    dst, src = scene.alloc("dst", 64, EXTERNAL), scene.alloc("src", 64, INTERNAL)

    async def main(machine: Machine) -> None:
        src.write(b"\x5a" * 64)
        with AsyncMemcpy.install_gdma_ahb(machine) as mcp:
            if not attempt(mcp, dst, src, 64):
                dst.write(src.read())
        assert dst.read() == b"\x5a" * 64

    assert scene.play(main) == []
    assert infos(scene) == ["unreachable-memory"]
    assert scene.found("unreachable-memory")[0].message == (
        "esp_async_memcpy was refused with ESP_ERR_INVALID_ARG: AHB GDMA does not reach psram in this release"
    )


REFUSED = [
    # chip, destination, offset, rule, the reason in the message, the end of the fix
    (
        P4,
        EXTERNAL,
        0,
        "unreachable-memory",
        "AHB GDMA does not reach psram in this release",
        (
            "look at the result, and use memory that AHB GDMA reaches: heap_caps_malloc(64, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA); or "
            "another engine"
        ),
    ),
    (
        S3,
        INTERNAL,
        2,
        "misaligned-for-engine",
        "destination address must be a multiple of 4 bytes in internal RAM",
        "look at the result, and align address and size to 4 bytes",
    ),
]


@pytest.mark.parametrize(("chip", "caps", "offset", "rule", "reason", "fix"), REFUSED)
def test_a_refusal_that_nobody_looked_at(chip: str, caps: int, offset: int, rule: str, reason: str, fix: str) -> None:
    scene = Scene(chip)
    dst, src = scene.alloc("dst", 128, caps), scene.alloc("src", 64, INTERNAL)

    async def main(machine: Machine) -> None:
        src.write(b"\x5a" * 64)
        with AsyncMemcpy.install_gdma_ahb(machine) as mcp, suppress(IdfError):
            mcp.memcpy(dst.address + offset, src, 64)  # (request)
        for at in (60, 0):
            dst.read(offset + at, 8)  # (load)

    assert scene.play(main) == [f"{rule} certain"]
    lines = scene.told(rule).splitlines()
    assert lines[:5] == [
        "error certain, seen 2 x",
        (
            f"esp_async_memcpy was refused with ESP_ERR_INVALID_ARG ({reason}), the core read [dst+{offset}, dst+{offset + 64}) as if it "
            "had been copied"
        ),
        "started (request) in main by main: esp_async_memcpy",
        "loaded (load) in main by main",
        f"fix at (request): {fix}",
    ]
    assert infos(scene) == []


def test_a_full_backlog_that_nobody_looked_at() -> None:
    scene = Scene()
    dst, src = scene.alloc("dst", 64, INTERNAL), scene.alloc("src", 4096, INTERNAL)
    first = scene.alloc("first", 4096, INTERNAL)

    async def main(machine: Machine) -> None:
        src.write(bytes(4096))
        with AsyncMemcpy.install(machine, backlog=1) as mcp:
            mcp.memcpy(first, src, 4096)
            attempt(mcp, dst, src, 64)
            await machine.sleep_us(300)
            dst.read()

    assert scene.play(main) == ["ring-ownership certain"]
    (finding,) = scene.found("ring-ownership")
    assert finding.message.startswith(
        "esp_async_memcpy was refused with ESP_ERR_INVALID_STATE (all transactions of the backlog are taken), the core read "
    )
    assert finding.fix.endswith(
        ": look at the result, and wait for a completion before the next request, or raise the backlog"
    )


def test_a_full_backlog_that_was_tried_again() -> None:
    scene = Scene()
    dst, src = scene.alloc("dst", 64, INTERNAL), scene.alloc("src", 4096, INTERNAL)
    first = scene.alloc("first", 4096, INTERNAL)

    async def main(machine: Machine) -> None:
        src.write(b"\x11" * 4096)
        with AsyncMemcpy.install(machine, backlog=1) as mcp:
            mcp.memcpy(first, src, 4096)
            while not attempt(mcp, dst, src, 64):
                await machine.sleep_us(20)
            await machine.sleep_us(300)
            assert dst.read() == b"\x11" * 64

    assert scene.play(main) == []
    assert infos(scene) == []


def test_waiting_for_a_refused_copy() -> None:
    scene = Scene()
    dst, src = scene.alloc("dst", 64, INTERNAL), scene.alloc("src", 64, INTERNAL)

    async def main(machine: Machine) -> None:
        src.write(bytes(64))
        done = machine.semaphore(name="done")
        mcp = AsyncMemcpy.install(machine)
        attempt(mcp, dst, src, 63, lambda _event: done.give_from_isr())
        await done.take()  # (wait)

    assert scene.play(main) == ["deadlock certain", "leak certain", "misaligned-for-engine certain"]
    assert scene.found("misaligned-for-engine")[0].message == (
        "esp_async_memcpy was refused with ESP_ERR_INVALID_ARG (size must be a multiple of 4 bytes in internal RAM), and every task waits"
    )
    assert scene.told("deadlock") == (
        "error certain, seen 1 x\n"
        "every task waits and nothing is pending: main waits for semaphore done\n"
        "waiting (wait) in main by main: semaphore done\n"
        "fix make sure that what (wait) waits for is given on every path, or wait with a time-out"
    )


def test_one_refusal_that_is_read_at_two_places_is_one_finding() -> None:
    scene = Scene(P4)
    src, dst = scene.alloc("src", 64, EXTERNAL), scene.alloc("dst", 64, INTERNAL)

    async def main(machine: Machine) -> None:
        with AsyncMemcpy.install(machine) as mcp:
            for _lap in range(2):
                attempt(mcp, dst, src, 64)
                dst.read(0, 4)  # (first)
                dst.read(0, 4)  # (second)

    assert scene.play(main) == ["unreachable-memory certain"]
    assert scene.report is not None
    (finding,) = [one for one in scene.report.findings if one.severity.value == "error"]
    assert [where.role for where in finding.where] == ["started", "loaded", "also loaded"]
    assert finding.count == 4
