"""Right but not needed: redundant-sync and uninitialised-transfer, each with the twins that must stay silent."""

from __future__ import annotations

import pytest

from dmalab import Machine
from dmalab.idf import ESP_CACHE_MSYNC_FLAG_DIR_C2M as C2M
from dmalab.idf import ESP_CACHE_MSYNC_FLAG_DIR_M2C as M2C
from dmalab.idf import MALLOC_CAP_DMA, MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM, esp_cache_msync

from .scenes import P4, S3, Scene

INTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL
EXTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_SPIRAM


# -- redundant-sync ----------------------------------------------------------------------------------------------------


def test_a_second_write_back_is_redundant() -> None:
    scene = Scene()
    buffer = scene.alloc("buffer", 64, EXTERNAL)

    async def main(machine: Machine) -> None:
        buffer.write(b"\x11" * 64)
        esp_cache_msync(machine, buffer, 64, C2M)
        for _ in range(2):
            esp_cache_msync(machine, buffer, 64, C2M)  # (again)

    assert scene.play(main) == []
    assert scene.told("redundant-sync").splitlines() == [
        "info certain, seen 1 x",
        "esp_cache_msync(…, 64, DIR_C2M) had nothing to write back at [buffer+0, buffer+64): no line of it was dirty, "
        "in none of the 2 calls made there",
        "called (again) in main by main",
        "fix at (again): drop the call, unless another chip or release needs it",
    ]


def test_a_place_that_was_useful_once_is_not_redundant() -> None:
    scene = Scene()
    buffer = scene.alloc("buffer", 64, EXTERNAL)

    async def main(machine: Machine) -> None:
        for round_ in range(3):
            if round_ == 1:
                buffer.write(b"\x11" * 64)
            esp_cache_msync(machine, buffer, 64, C2M)

    assert scene.play(main) == []
    assert scene.found("redundant-sync") == []


def test_an_invalidate_is_never_redundant() -> None:
    """A line that is absent now may be there by prefetch on the chip."""
    scene = Scene()
    buffer = scene.alloc("buffer", 64, EXTERNAL)

    async def main(machine: Machine) -> None:
        esp_cache_msync(machine, buffer, 64, M2C)

    assert scene.play(main) == []
    assert scene.found("redundant-sync") == []


@pytest.mark.parametrize("policy", ["eager", "lru", "random"])
def test_nothing_is_redundant_where_caches_evict_by_themselves(policy: str) -> None:
    scene = Scene(policy=policy)
    buffer = scene.alloc("buffer", 64, EXTERNAL)

    async def main(machine: Machine) -> None:
        buffer.write(b"\x11" * 64)
        for _ in range(2):
            esp_cache_msync(machine, buffer, 64, C2M)

    scene.play(main)
    assert scene.found("redundant-sync") == []


# -- uninitialised-transfer --------------------------------------------------------------------------------------------


def test_bytes_nobody_wrote_are_sent() -> None:
    scene = Scene()
    source, target = scene.alloc("source", 256, EXTERNAL), scene.alloc("target", 256, INTERNAL)

    async def main(machine: Machine) -> None:
        source.write(b"\x11" * 100)
        esp_cache_msync(machine, source, 256, C2M)
        await scene.copy(target, source, 256)

    assert scene.play(main) == []
    (finding,) = scene.found("uninitialised-transfer")
    assert (finding.address, finding.size) == (source.address + 100, 156)
    told = scene.told("uninitialised-transfer").splitlines()
    assert told[:2] == [
        "info certain, seen 1 x",
        "AHB GDMA channel 0 sent 156 bytes at [source+100, source+256) that nobody has written since they were allocated",
    ]
    assert [where.role for where in finding.where] == ["allocated", "started"]
    assert told[-1].startswith("fix at ") and told[-1].endswith("send only what was filled, or clear the rest first")


def test_what_was_told_once_is_not_told_again() -> None:
    scene = Scene()
    source, target = scene.alloc("source", 256, EXTERNAL), scene.alloc("target", 256, INTERNAL)

    async def main(machine: Machine) -> None:
        await scene.copy(target, source, 128)
        await scene.copy(target, source, 128)
        await scene.copy(target, source, 256)

    assert scene.play(main) == []
    found = scene.found("uninitialised-transfer")
    assert [(one.address, one.size, one.count) for one in found] == [(source.address, 256, 2)]


@pytest.mark.parametrize("chip", [S3, P4])
def test_less_than_a_line_is_padding(chip: str) -> None:
    scene = Scene(chip)
    source, target = scene.alloc("source", 256, EXTERNAL), scene.alloc("target", 256, INTERNAL)

    async def main(machine: Machine) -> None:
        source.write(b"\x11" * 225)
        esp_cache_msync(machine, source, 256, C2M)
        await scene.copy(target, source, 256)

    assert scene.play(main) == []
    assert scene.found("uninitialised-transfer") == []


def test_what_an_engine_wrote_is_written() -> None:
    scene = Scene(P4)
    first, second, third = (scene.alloc(name, 256, EXTERNAL) for name in ("first", "second", "third"))

    async def main(machine: Machine) -> None:
        first.write(b"\x11" * 256)
        esp_cache_msync(machine, first, 256, C2M)
        await scene.copy(second, first, 256)
        await scene.copy(third, second, 256)

    assert scene.play(main) == []
    assert scene.found("uninitialised-transfer") == []


def test_a_block_that_is_used_again_is_fresh_again() -> None:
    scene = Scene()
    target = scene.alloc("target", 256, INTERNAL)

    async def main(machine: Machine) -> None:
        former = machine.heap.alloc(256, EXTERNAL)
        former.write(b"\x11" * 256)
        esp_cache_msync(machine, former, 256, C2M)
        former.free()
        source = machine.heap.alloc(256, EXTERNAL)
        assert source.address == former.address
        await scene.copy(target, source, 256)

    assert scene.play(main) == []
    assert len(scene.found("uninitialised-transfer")) == 1
