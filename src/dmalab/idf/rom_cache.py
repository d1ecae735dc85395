"""The cache routines of the chip's ROM, `rom/cache.h`: what `esp_cache_msync` calls, without its checks and its lock.

Source: ESP-IDF components/esp_rom/esp32s3/include/esp32s3/rom/cache.h @102122904ad (Cache_WriteBack_Addr,
Cache_Invalidate_Addr, Cache_WriteBack_All, Cache_Invalidate_DCache_All).
"""

from __future__ import annotations

from typing import Literal

from dmalab.core.events import RawMaintenance, Stamp, Sync
from dmalab.core.machine import BareMachine, Buffer
from dmalab.core.region import CPU_NEWER
from dmalab.core.spans import Span, runs

SHOWN = 64
"""Lost ranges that an event lists."""


def cache_writeback_addr(machine: BareMachine, buffer: Buffer | int, size: int) -> None:
    """`Cache_WriteBack_Addr`: every line that the range touches."""
    _range(machine, buffer, size, "writeback", "Cache_WriteBack_Addr")


def cache_invalidate_addr(machine: BareMachine, buffer: Buffer | int, size: int) -> None:
    """`Cache_Invalidate_Addr`: every line that the range touches is dropped, with whatever else is in it."""
    _range(machine, buffer, size, "invalidate", "Cache_Invalidate_Addr")


def cache_writeback_all(machine: BareMachine) -> None:
    """`Cache_WriteBack_All`."""
    _all(machine, "writeback", "Cache_WriteBack_All")


def cache_invalidate_all(machine: BareMachine) -> None:
    """`Cache_Invalidate_DCache_All`: drops every line, dirty or not."""
    _all(machine, "invalidate", "Cache_Invalidate_DCache_All")


def _range(
    machine: BareMachine, buffer: Buffer | int, size: int, op: Literal["writeback", "invalidate"], call: str
) -> None:
    low = buffer.address if isinstance(buffer, Buffer) else buffer
    _do(machine, [Span(low, low + size)], op, call, Span(low, low + size))


def _all(machine: BareMachine, op: Literal["writeback", "invalidate"], call: str) -> None:
    spans = [Span(region.base, region.end) for region in machine.memory.regions if region.cached]
    _do(machine, spans, op, call, None)


def _do(
    machine: BareMachine, spans: list[Span], op: Literal["writeback", "invalidate"], call: str, shown: Span | None
) -> None:
    by = machine.now()
    dropped: list[Span] = []
    for span in spans:
        for region in machine.memory.regions:
            part = span.overlap(Span(region.base, region.end))
            if part is None or not region.cached:
                continue
            if op == "invalidate":
                machine.memory.line_counts(part)  # finds stores nobody has seen
                low, high = _whole_lines(part, region.line_bytes)
                mask = (region.shadow[low - region.base : high - region.base] & CPU_NEWER) != 0
                dropped += runs(mask, low)
            machine.sync(Sync(span=part, op=op, by=by, call=call))
    stored = Stamp()
    if dropped:
        region, _, _ = machine.memory.locate(dropped[0].low, 1)
        stored = machine.memory.last_store(region, dropped[0].low)
    machine.bus.emit(
        RawMaintenance(
            call=call,
            span=shown,
            dropped=tuple(dropped[:SHOWN]),
            stored=stored,
            cores=machine.chip.cores,
            by=by,
        )
    )


def _whole_lines(span: Span, line: int) -> tuple[int, int]:
    return span.low & -line, (span.high + line - 1) & -line
