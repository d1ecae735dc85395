"""`sys_cache_*`: the calls of `dmalab.zephyr.cache`, made from firmware."""

from __future__ import annotations

from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.zephyr import cache

calls = Handlers()

_RANGE = (
    cache.sys_cache_data_flush_range,
    cache.sys_cache_data_invd_range,
    cache.sys_cache_data_flush_and_invd_range,
)
_ALL = (cache.sys_cache_data_flush_all, cache.sys_cache_data_invd_all, cache.sys_cache_data_flush_and_invd_all)


@calls.add
def sys_cache_data_range(firmware: Firmware, op: int, address: int, size: int) -> int:
    _RANGE[op](firmware.machine, address, size)
    return 0


@calls.add
def sys_cache_data_all(firmware: Firmware, op: int) -> int:
    _ALL[op](firmware.machine)
    return 0


@calls.add
def sys_cache_data_line_size_get(firmware: Firmware) -> int:
    return cache.sys_cache_data_line_size_get(firmware.machine)
