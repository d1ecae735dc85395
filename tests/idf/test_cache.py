"""`esp_cache_msync` of ESP-IDF v5.5: which check decides, and what is left of a call that is refused: nothing.

Source of the order: components/esp_mm/esp_cache_msync.c.
"""

from __future__ import annotations

import itertools

import pytest

from dmalab import Machine
from dmalab.core.events import Sync
from dmalab.core.spans import Span
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
    ESP_CACHE_MSYNC_FLAG_TYPE_DATA as DATA,
)
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_TYPE_INST as INST,
)
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_UNALIGNED as UNALIGNED,
)
from dmalab.idf import (
    MALLOC_CAP_INTERNAL,
    MALLOC_CAP_SPIRAM,
    EspErr,
    IdfError,
    esp_cache_get_alignment,
    esp_cache_get_line_size_by_addr,
    esp_cache_msync,
)

from .boards import P4, S3, code

PSRAM = {S3: 0x3C21_0000, P4: 0x4801_0000}
FLAGS = (INVALIDATE, UNALIGNED, C2M, M2C, DATA, INST)
EVERY = [sum(some) for count in range(len(FLAGS) + 1) for some in itertools.combinations(FLAGS, count)]


def both(flags: int, one: int, other: int) -> bool:
    return bool(flags & one and flags & other)


def cached(address: int, size: int) -> bool:
    """Both data windows of esp32s3; the last byte counts too."""
    return any(low <= address and address + size <= low + 0x200_0000 for low in (0x3C00_0000, 0x4200_0000))


# A call may have any of these properties; the first that applies decides. Arguments are address, size and flags.
REASONS = (
    ("null pointer", lambda a, n, f: a == 0),
    ("address and size overflow", lambda a, n, f: a + n >= 1 << 32),
    ("both directions or both types", lambda a, n, f: both(f, C2M, M2C) or both(f, DATA, INST)),
    ("is not behind a cache", lambda a, n, f: not cached(a, n)),
    ("is not a multiple of the 32-byte cache line", lambda a, n, f: not f & UNALIGNED and (a | n) % 32 > 0),
    ("the unaligned flag is not allowed in the memory-to-cache direction", lambda a, n, f: both(f, M2C, UNALIGNED)),
    ("instructions can't be written back", lambda a, n, f: not f & M2C and f & INST),
)


def refusal(machine: Machine, address: int, size: int, flags: int) -> str:
    """Why a sync is refused; empty when it is carried out."""
    try:
        esp_cache_msync(machine, address, size, flags)
    except IdfError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("flags", EVERY)
def test_the_first_reason_in_the_order_of_the_source_decides(flags: int) -> None:
    machine = Machine(S3)
    for address in (
        0,
        16,
        PSRAM[S3],
        PSRAM[S3] + 4,
        PSRAM[S3] + 16,
        0x3DFF_FFE0,
        0x4200_0000,
        0x3FC9_8000,
        0x3FC9_8004,
        0xFFFF_FFE0,
    ):
        for size in (32, 64, 33, 48, 0xC3DF_0000):
            wanted = next((text for text, applies in REASONS if applies(address, size, flags)), "")
            got = refusal(machine, address, size, flags)
            assert (got.startswith("ESP_ERR_INVALID_ARG: ") and wanted in got) if wanted else not got, (
                hex(address),
                size,
            )


@pytest.mark.parametrize(
    ("offset", "size", "flags", "message"),
    [
        (0, 100, C2M, "size 100 is not a multiple of the 32-byte cache line"),
        (4, 100, C2M, "address 0x3c210004 is not a multiple of the 32-byte cache line"),
        (0, 64, M2C | UNALIGNED, "the unaligned flag is not allowed in the memory-to-cache direction"),
        (0, 64, C2M | INST, "instructions can't be written back"),
    ],
)
def test_why_a_sync_is_refused_and_that_it_did_nothing(offset: int, size: int, flags: int, message: str) -> None:
    machine = Machine(S3)
    said: list[Sync] = []
    machine.bus.subscribe(Sync, said.append)
    base = PSRAM[S3]
    machine.heap.alloc(4096, MALLOC_CAP_SPIRAM)
    machine.memory.store(base + 64, b"dirty")
    before = machine.clock.now_ps
    with code(EspErr.INVALID_ARG, message):
        esp_cache_msync(machine, base + offset, size, flags)
    (region, at, _) = machine.memory.locate(base + 64, 5)
    assert region.mem[at : at + 5].tobytes() == bytes(5)
    assert [sync.refused for sync in said] == [message]
    assert machine.clock.now_ps == before


@pytest.mark.parametrize(
    ("flags", "op"),
    [
        (0, "writeback"),
        (C2M, "writeback"),
        (C2M | DATA | UNALIGNED, "writeback"),
        (INVALIDATE, "writeback+invalidate"),
        (C2M | INVALIDATE, "writeback+invalidate"),
        (M2C, "invalidate"),
        (M2C | INVALIDATE, "invalidate"),
        (M2C | INST, "invalidate"),
    ],
)
def test_what_the_flags_mean(flags: int, op: str) -> None:
    machine = Machine(S3)
    said: list[Sync] = []
    machine.bus.subscribe(Sync, said.append)
    esp_cache_msync(machine, PSRAM[S3], 64, flags)
    assert [(sync.op, sync.refused) for sync in said] == [(op, "")]


@pytest.mark.parametrize("chip", [S3, P4])
@pytest.mark.parametrize("flags", [C2M | UNALIGNED, C2M | UNALIGNED | INVALIDATE])
def test_an_unaligned_write_back_covers_whole_lines(chip: str, flags: int) -> None:
    machine = Machine(chip)
    line = esp_cache_get_alignment(machine, MALLOC_CAP_SPIRAM)
    buffer = machine.heap.alloc(4 * line, MALLOC_CAP_SPIRAM, align=line)
    buffer.write(b"\x77" * 4 * line)
    esp_cache_msync(machine, buffer.address + line + 3, line, flags)
    region, at, _ = machine.memory.locate(buffer.address, 4 * line)
    assert region.mem[at : at + 4 * line].tobytes() == bytes(line) + b"\x77" * 2 * line + bytes(line)
    assert machine.memory.line_counts(_span(buffer.address, 4 * line)) == (2, 2 if flags & INVALIDATE else 4)


def _span(low: int, size: int) -> Span:
    return Span(low, low + size)


def test_a_range_that_reaches_over_the_seam_of_two_regions_is_synced_in_both() -> None:
    """Flash and PSRAM share one window; only PSRAM can be dirty."""
    machine = Machine(S3)
    psram = machine.chip.region("psram").base
    machine.memory.store(psram, b"x")
    esp_cache_msync(machine, psram - 64, 128, C2M)
    assert machine.memory.line_counts(_span(psram, 64)) == (0, 1)


def test_internal_ram_is_behind_a_cache_on_esp32p4_only() -> None:
    for chip, address in ((S3, 0x3FC9_8000), (P4, 0x4FF4_0000)):
        machine = Machine(chip)
        if chip == P4:
            esp_cache_msync(machine, address, 64, C2M)
        else:
            with code(EspErr.INVALID_ARG, "[0x3fc98000, 0x3fc98040) is not behind a cache"):
                esp_cache_msync(machine, address, 64, C2M)


def test_the_uncached_alias_is_not_behind_a_cache() -> None:
    with code(EspErr.INVALID_ARG):
        esp_cache_msync(Machine(P4), 0x8801_0000, 64, C2M)


def test_syncs_cost_time_by_the_dirty_line() -> None:
    machine = Machine(S3)
    esp_cache_msync(machine, PSRAM[S3], 1024, C2M)
    clean = machine.clock.now_ps
    machine.heap.alloc(1024, MALLOC_CAP_SPIRAM)
    machine.memory.store(PSRAM[S3], bytes(1024))
    esp_cache_msync(machine, PSRAM[S3], 1024, C2M)
    assert machine.clock.now_ps - 2 * clean == 32 * machine.chip.timing.line_writeback_ns["psram"] * 1000


@pytest.mark.parametrize(("chip", "internal", "external"), [(S3, 0, 32), (P4, 64, 64)])
def test_alignment_by_capabilities(chip: str, internal: int, external: int) -> None:
    machine = Machine(chip)
    assert esp_cache_get_alignment(machine, MALLOC_CAP_INTERNAL) == internal
    assert esp_cache_get_alignment(machine, MALLOC_CAP_SPIRAM) == external


@pytest.mark.parametrize(
    ("chip", "address", "line"),
    [
        (S3, 0, 0),
        (S3, 0x3C21_0000, 32),
        (S3, 0x3C00_0000, 0),  # flash
        (S3, 0x3FC9_8000, 0),
        (P4, 0x4FF4_0000, 64),
        (P4, 0x4801_0000, 64),
        (P4, 0x4000_0000, 0),  # flash
        (P4, 0x8801_0000, 0),  # alias
    ],
)
def test_line_size_by_address(chip: str, address: int, line: int) -> None:
    assert esp_cache_get_line_size_by_addr(Machine(chip), address) == line
