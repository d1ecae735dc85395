"""Zephyr's DMA API, cache calls and error codes, on a machine.

    from dmalab import Machine, zephyr

    machine = Machine("mcu-m7", api="zephyr")
    dma = zephyr.device(machine)
    channel = zephyr.dma_request_channel(dma)

`docs/api-zephyr.md` has every function with its C and Python form.
"""

from __future__ import annotations

from dmalab.zephyr.board import Board, UnknownDriver, device
from dmalab.zephyr.cache import (
    sys_cache_data_flush_all,
    sys_cache_data_flush_and_invd_all,
    sys_cache_data_flush_and_invd_range,
    sys_cache_data_flush_range,
    sys_cache_data_invd_all,
    sys_cache_data_invd_range,
    sys_cache_data_line_size_get,
)
from dmalab.zephyr.config import (
    DMA_MAGIC,
    DMA_STATUS_BLOCK,
    DMA_STATUS_COMPLETE,
    DMA_STATUS_HALF_COMPLETE,
    AddressAdjust,
    Attribute,
    BlockConfig,
    ChannelFilter,
    Direction,
    DmaConfig,
    DmaStatus,
    dma_burst_index,
    dma_width_index,
)
from dmalab.zephyr.controller import DmaDevice
from dmalab.zephyr.dma import (
    dma_chan_filter,
    dma_config,
    dma_get_attribute,
    dma_get_status,
    dma_release_channel,
    dma_reload,
    dma_request_channel,
    dma_resume,
    dma_start,
    dma_stop,
    dma_suspend,
)
from dmalab.zephyr.driver import Driver
from dmalab.zephyr.drivers import DRIVERS
from dmalab.zephyr.errors import Errno, ZephyrError
from dmalab.zephyr.states import State

__all__ = [
    "DMA_MAGIC",
    "DMA_STATUS_BLOCK",
    "DMA_STATUS_COMPLETE",
    "DMA_STATUS_HALF_COMPLETE",
    "DRIVERS",
    "AddressAdjust",
    "Attribute",
    "BlockConfig",
    "Board",
    "ChannelFilter",
    "Direction",
    "DmaConfig",
    "DmaDevice",
    "DmaStatus",
    "Driver",
    "Errno",
    "State",
    "UnknownDriver",
    "ZephyrError",
    "device",
    "dma_burst_index",
    "dma_chan_filter",
    "dma_config",
    "dma_get_attribute",
    "dma_get_status",
    "dma_release_channel",
    "dma_reload",
    "dma_request_channel",
    "dma_resume",
    "dma_start",
    "dma_stop",
    "dma_suspend",
    "dma_width_index",
    "sys_cache_data_flush_all",
    "sys_cache_data_flush_and_invd_all",
    "sys_cache_data_flush_and_invd_range",
    "sys_cache_data_flush_range",
    "sys_cache_data_invd_all",
    "sys_cache_data_invd_range",
    "sys_cache_data_line_size_get",
]
