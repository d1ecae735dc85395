"""Circular buffers whose client says how far it has come: what `dma_reload` means to `nxp_edma` and the GPDMA of Intel's audio parts.

The addresses are ignored; the size is added to the client's position. A client that receives begins with an empty buffer, one that sends with a
full one. Going past the controller is an under-run or an over-run: -EINVAL.
Source: zephyr drivers/dma/dma_nxp_edma.h @05f284d88e65; dma_intel_adsp_gpdma.c @0dde32b377a9.
"""

from __future__ import annotations

from dataclasses import replace

from dmalab.zephyr.channel import Channel
from dmalab.zephyr.config import Direction, DmaStatus
from dmalab.zephyr.errors import Errno, ZephyrError


def _sends(one: Channel) -> bool:
    return one.config is not None and one.config.channel_direction == Direction.MEMORY_TO_PERIPHERAL


def _moved(one: Channel) -> int:
    """Bytes the controller has moved since the start."""
    return one.hardware.copied + one.hardware.position


def _queued(one: Channel) -> int:
    """Bytes in the buffer that the reading side may take: the client of a receiver, the controller of a sender."""
    if _sends(one):
        return one.hardware.total + one.reported - _moved(one)
    return _moved(one) - one.reported


def report(one: Channel, size: int, call: str) -> None:
    """The client has taken, or filled, so many bytes more.

    Raises:
        ZephyrError: EINVAL when there are not so many, or the controller has gone past the client.
    """
    size_of_buffer, queued = one.hardware.total, _queued(one)
    room = size_of_buffer - queued if _sends(one) else queued
    if not 0 <= queued <= size_of_buffer:
        raise ZephyrError(Errno.EINVAL, f"{call}: the controller has gone past the client")
    if size > room:
        raise ZephyrError(Errno.EINVAL, f"{call}: {size} bytes, and there are {room}")
    one.reported += size


def status(one: Channel, plain: DmaStatus) -> DmaStatus:
    """How a circular transfer stands, given its other members."""
    size, queued = one.hardware.total, min(max(_queued(one), 0), one.hardware.total)
    hardware, client = _moved(one) % size, one.reported % size
    read, write = (hardware, client) if _sends(one) else (client, hardware)
    return replace(plain, pending_length=queued, free=size - queued, read_position=read, write_position=write)
