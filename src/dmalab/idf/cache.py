"""`esp_cache_msync` and its queries.

The checks come in ESP-IDF's order; the first that fails decides the code. A call that is refused has no effect at all,
which is what people overlook. Not modelled: write-backs in chunks (CONFIG_ESP_MM_CACHE_MSYNC_C2M_CHUNKED_OPS) and their
lock.
Source: ESP-IDF components/esp_mm/esp_cache.c (v5.1 to v5.4), esp_cache_msync.c (v5.5, v6.0, master), esp_cache_utils.c.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from dmalab.chips.model import Chip, Kind, SyncWindow
from dmalab.core.caps import Cap
from dmalab.core.events import Sync
from dmalab.core.machine import BareMachine, Buffer
from dmalab.core.spans import Span
from dmalab.idf.errors import EspErr, IdfAssert, IdfError
from dmalab.idf.memory_utils import esp_ptr_external_ram, esp_ptr_internal
from dmalab.idf.release import Release
from dmalab.idf.release import of as release_of

ESP_CACHE_MSYNC_FLAG_INVALIDATE = 1 << 0
ESP_CACHE_MSYNC_FLAG_UNALIGNED = 1 << 1
ESP_CACHE_MSYNC_FLAG_DIR_C2M = 1 << 2
ESP_CACHE_MSYNC_FLAG_DIR_M2C = 1 << 3
ESP_CACHE_MSYNC_FLAG_TYPE_DATA = 1 << 4
ESP_CACHE_MSYNC_FLAG_TYPE_INST = 1 << 5

_DIRECTIONS = ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_DIR_M2C
_TYPES = ESP_CACHE_MSYNC_FLAG_TYPE_DATA | ESP_CACHE_MSYNC_FLAG_TYPE_INST
_ADDRESS_LIMIT = 1 << 32
_EXTERNAL = (Kind.PSRAM, Kind.FLASH)


def esp_cache_msync(machine: BareMachine, buffer: Buffer | int, size: int, flags: int = 0) -> None:
    """Synchronise the cache with memory.

    Args:
        machine: Where.
        buffer: A buffer or an address.
        size: Bytes.
        flags: `ESP_CACHE_MSYNC_FLAG_*`; cache-to-memory when no direction is given.
    Raises:
        IdfError: INVALID_ARG, for the reasons listed in the module's source, in that order; NOT_SUPPORTED for memory
            that is not behind a cache from v6.0 on, and for everything before v5.1, which has no such call.
        IdfAssert: memory-to-cache on ESP32, which aborts.
    """
    release = release_of(machine)
    if not release.since("5.1"):
        raise IdfError(EspErr.NOT_SUPPORTED, f"esp_cache_msync came with v5.1; this is {release}")
    directed = release.since("5.2")
    if not directed:
        # The first version knows two flags and one direction.
        flags &= ESP_CACHE_MSYNC_FLAG_INVALIDATE | ESP_CACHE_MSYNC_FLAG_UNALIGNED
    address = buffer.address if isinstance(buffer, Buffer) else buffer
    if address == 0:
        raise IdfError(EspErr.INVALID_ARG, "null pointer")
    if directed and (size < 0 or address + size >= _ADDRESS_LIMIT):
        raise IdfError(EspErr.INVALID_ARG, "address and size overflow")
    if flags & _DIRECTIONS == _DIRECTIONS or flags & _TYPES == _TYPES:
        raise IdfError(EspErr.INVALID_ARG, "both directions or both types")
    window = _window(machine, address, size)
    if window is None:
        code = EspErr.NOT_SUPPORTED if release.since("6.0") else EspErr.INVALID_ARG
        raise IdfError(code, f"{Span(address, address + size)} is not behind a cache")
    to_cache = bool(flags & ESP_CACHE_MSYNC_FLAG_DIR_M2C)
    op: Literal["writeback", "invalidate", "writeback+invalidate"] = (
        "invalidate" if to_cache else "writeback+invalidate" if flags & ESP_CACHE_MSYNC_FLAG_INVALIDATE else "writeback"
    )
    sync = Sync(span=Span(address, address + size), op=op, by=machine.now(), call=describe(size, flags))
    line = window.line_bytes if directed or writeback_supported(machine) else 1
    refused = _refusal(address, size, flags, line, to_cache=to_cache, release=release)
    if refused:
        machine.bus.emit(Sync(span=sync.span, op=op, by=sync.by, call=sync.call, refused=refused))
        raise IdfError(EspErr.INVALID_ARG, refused)
    if not to_cache and not writeback_supported(machine):
        return
    if to_cache and machine.chip.name == "esp32":
        raise IdfAssert("ESP32 has no cache maintenance by address: a memory-to-cache sync aborts")
    sync_regions(machine, sync)


def _refusal(address: int, size: int, flags: int, line: int, *, to_cache: bool, release: Release) -> str:
    """Why a sync of cached memory is refused; '' when it is not."""
    if not flags & ESP_CACHE_MSYNC_FLAG_UNALIGNED and (address | size) % line:
        what = "address" if address % line else "size"
        value = f"{address:#x}" if address % line else f"{size}"
        return f"{what} {value} is not a multiple of the {line}-byte cache line"
    if to_cache and flags & ESP_CACHE_MSYNC_FLAG_UNALIGNED and release.since("5.2.2", "5.3"):
        return "the unaligned flag is not allowed in the memory-to-cache direction"
    if not to_cache and flags & ESP_CACHE_MSYNC_FLAG_TYPE_INST:
        return "instructions can't be written back"
    return ""


def sync_regions(machine: BareMachine, sync: Sync) -> None:
    """Do the maintenance in every region that `sync.span` overlaps; windows may have holes and seams."""
    for region in machine.memory.regions:
        if not region.cached or region.end <= sync.span.low or sync.span.high <= region.base:
            continue
        part = Span(max(sync.span.low, region.base), min(sync.span.high, region.end))
        machine.sync(replace(sync, span=part) if part != sync.span else sync)


def _window(machine: BareMachine, address: int, size: int) -> SyncWindow | None:
    windows = machine.chip.sync_windows
    if not size and all(window.level == 1 for window in windows):
        # Chips with one level look at the last byte, which lies below the window when there is none.
        windows = tuple(window for window in windows if address > window.low)
    for window in windows:
        if window.low <= address and max(address, address + size - 1) < window.high:
            return window
    return None


def writeback_supported(machine: BareMachine) -> bool:
    """Whether the chip's caches can write back at all."""
    return any(cache.writeback for cache in machine.chip.caches)


def line_by_address(machine: BareMachine, address: int) -> int:
    """Data-cache line that an engine's buffer at this address must mind; 0 where there is none (flash counts as none).

    Source: ESP-IDF esp_cache_utils.c :: esp_cache_get_line_size_by_addr.
    """
    internal, external = _driver_lines(machine)
    if esp_ptr_external_ram(machine, address):
        return external
    return internal if esp_ptr_internal(machine, address) else 0


def _driver_lines(machine: BareMachine) -> tuple[int, int]:
    """`driver_line` of the machine's chip, inside and outside; drivers ask several times for each buffer."""
    lines: tuple[int, int] | None = machine.layers.get("driver lines")
    if lines is None:
        lines = driver_line(machine.chip, external=False), driver_line(machine.chip, external=True)
        machine.layers["driver lines"] = lines
    return lines


def esp_cache_get_line_size_by_addr(machine: BareMachine, address: int) -> int:
    """Like `line_by_address`; NULL gives 0. Declared from v6.0 on, accepted in older releases too."""
    return line_by_address(machine, address) if address else 0


PSRAM_FLAG = 1 << 0
"""What v5.2 takes instead of capabilities: the memory is PSRAM."""


def esp_cache_get_alignment(machine: BareMachine, capabilities: int) -> int:
    """Alignment that memory with these capabilities needs for cache maintenance.

    Args:
        machine: Where.
        capabilities: `MALLOC_CAP_*`; up to v5.2 a flag of its own, 1 for PSRAM.
    Returns:
        Bytes; 0 without a cache (up to v5.2: 4).
    """
    if not release_of(machine).since("5.3"):
        return driver_line(machine.chip, external=bool(capabilities & PSRAM_FLAG)) or 4
    return driver_line(machine.chip, external=bool(capabilities & Cap.SPIRAM))


def driver_line(chip: Chip, *, external: bool) -> int:
    """Line that drivers reckon with for memory inside or outside the chip, bytes; 0 without a cache in front of it.

    Outside memory has a line even where no PSRAM is fitted, for flash. ESP32 answers 4, though its lines hold 32 bytes.
    Source: ESP-IDF components/hal/cache_hal.c, components/hal/esp32/cache_hal_esp32.c (cache_hal_get_cache_line_size).
    """
    for region in chip.regions:
        if region.kind in _EXTERNAL if external else region.kind is Kind.SRAM:
            for window in chip.sync_windows:
                if window.low <= region.base < window.high:
                    return window.line_bytes
            return 0
    return 0


def describe(size: int, flags: int) -> str:
    """The call in words, for reports."""
    names = [
        name
        for bit, name in (
            (ESP_CACHE_MSYNC_FLAG_DIR_C2M, "DIR_C2M"),
            (ESP_CACHE_MSYNC_FLAG_DIR_M2C, "DIR_M2C"),
            (ESP_CACHE_MSYNC_FLAG_INVALIDATE, "INVALIDATE"),
            (ESP_CACHE_MSYNC_FLAG_UNALIGNED, "UNALIGNED"),
            (ESP_CACHE_MSYNC_FLAG_TYPE_DATA, "TYPE_DATA"),
            (ESP_CACHE_MSYNC_FLAG_TYPE_INST, "TYPE_INST"),
        )
        if flags & bit
    ]
    return f"esp_cache_msync(…, {size}, {' | '.join(names) or '0'})"
