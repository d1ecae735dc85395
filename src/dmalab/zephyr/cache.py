"""`<zephyr/cache.h>`: the data-cache calls.

A flush works on whole lines and harms nothing beyond the edges. An invalidate drops whole lines, with whatever else they hold:
Zephyr calls an address or a
size that is no multiple of the line undefined, and here the lines at the edges are dropped too, as on Cortex-M. Nothing is refused.
Instruction caches are not modelled: their calls succeed and do nothing.
Source: zephyr include/zephyr/cache.h @0597c191c089; doc/hardware/cache/guide.rst @69fbc7a578ef.
"""

from __future__ import annotations

from typing import Literal

from dmalab.core.events import Sync
from dmalab.core.machine import BareMachine, Buffer
from dmalab.core.spans import Span
from dmalab.zephyr.errors import Errno, ZephyrError

Op = Literal["writeback", "invalidate", "writeback+invalidate"]
_NAMES: dict[Op, str] = {
    "writeback": "sys_cache_data_flush",
    "invalidate": "sys_cache_data_invd",
    "writeback+invalidate": "sys_cache_data_flush_and_invd",
}


def sys_cache_data_flush_range(machine: BareMachine, buffer: Buffer | int, size: int) -> None:
    """Write the dirty lines of a range back.

    Raises:
        ZephyrError: ENOTSUP without a data cache.
    """
    _range(machine, "writeback", buffer, size)


def sys_cache_data_invd_range(machine: BareMachine, buffer: Buffer | int, size: int) -> None:
    """Drop the lines of a range.

    Raises:
        ZephyrError: ENOTSUP without a data cache.
    """
    _range(machine, "invalidate", buffer, size)


def sys_cache_data_flush_and_invd_range(machine: BareMachine, buffer: Buffer | int, size: int) -> None:
    """Write the dirty lines of a range back, then drop them all.

    Raises:
        ZephyrError: ENOTSUP without a data cache.
    """
    _range(machine, "writeback+invalidate", buffer, size)


def sys_cache_data_flush_all(machine: BareMachine) -> None:
    """Write every dirty line back.

    Raises:
        ZephyrError: ENOTSUP without a data cache.
    """
    _all(machine, "writeback")


def sys_cache_data_invd_all(machine: BareMachine) -> None:
    """Drop every line, dirty ones too.

    Raises:
        ZephyrError: ENOTSUP without a data cache.
    """
    _all(machine, "invalidate")


def sys_cache_data_flush_and_invd_all(machine: BareMachine) -> None:
    """Write every dirty line back, then drop them all.

    Raises:
        ZephyrError: ENOTSUP without a data cache.
    """
    _all(machine, "writeback+invalidate")


def sys_cache_data_line_size_get(machine: BareMachine) -> int:
    """Bytes of a line of the data cache; 0 without one."""
    return max((region.line_bytes for region in machine.memory.regions if region.cached), default=0)


def _range(machine: BareMachine, op: Op, buffer: Buffer | int, size: int) -> None:
    _need_cache(machine, f"{_NAMES[op]}_range")
    address = buffer.address if isinstance(buffer, Buffer) else buffer
    if size <= 0:
        return
    sync = Sync(span=Span(address, address + size), op=op, by=machine.now(), call=f"{_NAMES[op]}_range(…, {size})")
    _do(machine, sync)


def _all(machine: BareMachine, op: Op) -> None:
    _need_cache(machine, f"{_NAMES[op]}_all")
    for region in machine.memory.regions:
        if region.cached:
            _do(machine, Sync(span=Span(region.base, region.end), op=op, by=machine.now(), call=f"{_NAMES[op]}_all()"))


def _do(machine: BareMachine, sync: Sync) -> None:
    """Maintenance in every cached region the range overlaps; elsewhere there is nothing to do."""
    for region in machine.memory.regions:
        part = sync.span.overlap(Span(region.base, region.end))
        if part is not None and region.cached:
            machine.sync(Sync(span=part, op=sync.op, by=sync.by, call=sync.call))


def _need_cache(machine: BareMachine, call: str) -> None:
    if not sys_cache_data_line_size_get(machine):
        raise ZephyrError(Errno.ENOTSUP, f"{call}: no data cache")
