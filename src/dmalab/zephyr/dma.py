"""`<zephyr/drivers/dma.h>` in Python: every function by its C name, on a device.

A call that fails raises `ZephyrError` where the C function returns the negated code. The work is done in `controller`.
Source: zephyr include/zephyr/drivers/dma.h @012f1d3128ae.
"""

from __future__ import annotations

from dmalab.core.machine import Buffer
from dmalab.zephyr.config import DmaConfig, DmaStatus
from dmalab.zephyr.controller import DmaDevice


def dma_config(dev: DmaDevice, channel: int, config: DmaConfig | None) -> None:
    """Configure a channel; see `DmaDevice.config`."""
    dev.config(channel, config)


def dma_start(dev: DmaDevice, channel: int) -> None:
    """Start a channel; see `DmaDevice.start`."""
    dev.start(channel)


def dma_stop(dev: DmaDevice, channel: int) -> None:
    """Stop a channel; see `DmaDevice.stop`."""
    dev.stop(channel)


def dma_suspend(dev: DmaDevice, channel: int) -> None:
    """Suspend a channel; see `DmaDevice.suspend`."""
    dev.suspend(channel)


def dma_resume(dev: DmaDevice, channel: int) -> None:
    """Resume a channel; see `DmaDevice.resume`."""
    dev.resume(channel)


def dma_reload(dev: DmaDevice, channel: int, src: Buffer | int, dst: Buffer | int, size: int) -> None:
    """Give a channel new addresses; see `DmaDevice.reload`."""
    dev.reload(channel, _address(src), _address(dst), size)


def dma_get_status(dev: DmaDevice, channel: int) -> DmaStatus:
    """How a channel stands; see `DmaDevice.get_status`."""
    return dev.get_status(channel)


def dma_get_attribute(dev: DmaDevice, kind: int) -> int:
    """A property of the controller; see `DmaDevice.get_attribute`."""
    return dev.get_attribute(kind)


def dma_request_channel(dev: DmaDevice, filter_param: int | None = None) -> int:
    """Take a channel; see `DmaDevice.request_channel`. `filter_param` is what the C parameter points to."""
    return dev.request_channel(filter_param)


def dma_release_channel(dev: DmaDevice, channel: int) -> None:
    """Give a channel back; see `DmaDevice.release_channel`."""
    dev.release_channel(channel)


def dma_chan_filter(dev: DmaDevice, channel: int, filter_param: int | None = None) -> bool:
    """Whether the driver's filter likes a channel; see `DmaDevice.chan_filter`."""
    return dev.chan_filter(channel, filter_param)


def _address(buffer: Buffer | int) -> int:
    return buffer.address if isinstance(buffer, Buffer) else buffer
