"""What `<zephyr/drivers/dma.h>` declares besides functions: directions, structures, status numbers, and its two small helpers.

Source: zephyr include/zephyr/drivers/dma.h @012f1d3128ae (API version 1.1.0).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

DMA_STATUS_COMPLETE = 0
"""The list is done, or the end of a circular buffer was reached."""
DMA_STATUS_BLOCK = 1
"""A block is done, or a water mark was reached."""
DMA_STATUS_HALF_COMPLETE = 2
"""Half of a block is done."""
DMA_MAGIC = 0x47494749
MAX_LINKED_CHANNEL = 127
"""What the 7-bit field holds."""


class Direction(IntEnum):
    """`enum dma_channel_direction`."""

    MEMORY_TO_MEMORY = 0
    MEMORY_TO_PERIPHERAL = 1
    PERIPHERAL_TO_MEMORY = 2
    PERIPHERAL_TO_PERIPHERAL = 3
    HOST_TO_MEMORY = 4
    MEMORY_TO_HOST = 5
    PRIV_START = 6
    PRIV_END = 7
    """The last value the 3-bit field holds (`DMA_CHANNEL_DIRECTION_MAX`)."""


class AddressAdjust(IntEnum):
    """`enum dma_addr_adj`."""

    INCREMENT = 0
    DECREMENT = 1
    NO_CHANGE = 2
    RESERVED = 3
    """Fits the 2-bit field, has no name in the header."""


class ChannelFilter(IntEnum):
    """`enum dma_channel_filter`."""

    NORMAL = 0
    PERIODIC = 1


class Attribute(IntEnum):
    """`enum dma_attribute_type`."""

    BUFFER_ADDRESS_ALIGNMENT = 0
    BUFFER_SIZE_ALIGNMENT = 1
    COPY_ALIGNMENT = 2
    MAX_BLOCK_COUNT = 3


@dataclass(slots=True, kw_only=True)
class BlockConfig:
    """`struct dma_block_config`. What is left out is zero, as in C."""

    source_address: int = 0
    dest_address: int = 0
    source_gather_interval: int = 0
    """Bytes added to the source address at each gather boundary, besides the increment."""
    dest_scatter_interval: int = 0
    dest_scatter_count: int = 0
    """Units (of the destination's data size) between scatter boundaries."""
    source_gather_count: int = 0
    block_size: int = 0
    """Bytes."""
    source_gather_en: bool = False
    dest_scatter_en: bool = False
    source_addr_adj: int = AddressAdjust.INCREMENT
    dest_addr_adj: int = AddressAdjust.INCREMENT
    source_reload_en: bool = False
    dest_reload_en: bool = False
    fifo_mode_control: int = 0
    flow_control_mode: int = 0


Callback = Callable[[Any, Any, int, int], None]
"""`dma_callback_t`: controller, user data, channel, status."""


@dataclass(slots=True, kw_only=True)
class DmaConfig:
    """`struct dma_config`, with the list of blocks as a sequence."""

    channel_direction: int = Direction.MEMORY_TO_MEMORY
    dma_slot: int = 0
    complete_callback_en: bool = False
    """True: at the end of every block; False: at the end of the list only."""
    error_callback_dis: bool = False
    """True: errors are not told."""
    half_complete_callback_en: bool = False
    source_handshake: int = 0
    dest_handshake: int = 0
    channel_priority: int = 0
    source_chaining_en: bool = False
    """Trigger the linked channel at the end of every burst but the last."""
    dest_chaining_en: bool = False
    """Trigger the linked channel at the end of the list."""
    linked_channel: int = 0
    cyclic: bool = False
    source_data_size: int = 0
    """Bytes of one access."""
    dest_data_size: int = 0
    source_burst_length: int = 0
    """Bytes of one burst."""
    dest_burst_length: int = 0
    block_count: int | None = None
    """As in C; None takes the length of `blocks`."""
    blocks: Sequence[BlockConfig] = ()
    """The list that `head_block` begins; empty for a NULL head."""
    user_data: Any = None
    dma_callback: Callback | None = None
    closed: bool = False
    """The last block points back to the first."""
    beyond: bool = False
    """More blocks follow the last of `blocks`."""
    wild: bool = False
    """The pointer behind the last of `blocks`, or `head_block`, is no address of a block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DmaStatus:
    """`struct dma_status`. Every field is always filled."""

    busy: bool = False
    """A transfer is under way, or suspended."""
    dir: Direction = Direction.MEMORY_TO_MEMORY
    pending_length: int = 0
    """Bytes still to move in this pass of the list."""
    free: int = 0
    """Bytes of the destination that this pass has not written yet."""
    write_position: int = 0
    """Bytes written in this pass."""
    read_position: int = 0
    """Bytes read in this pass."""
    total_copied: int = 0
    """Bytes moved since the start, over all passes."""
    written: frozenset[str] = field(default=frozenset())
    """Fields that the driver really writes; empty for all. The others keep in C what the caller left in them."""


def dma_width_index(size: int) -> int:
    """1-based number of the top bit of a width in bytes; 0 unless it is a power of two from 1 to 32."""
    if size < 1 or size > 32 or size & (size - 1):
        return 0
    return size.bit_length()


def dma_burst_index(burst: int) -> int:
    """As the header has it: 0 for every power of two and outside 1 to 256, else the 1-based number of the top bit.

    The header tests for a power of two the wrong way round. Firmware sees the same function on a device, so it stays.
    """
    if burst < 1 or burst > 256 or not burst & (burst - 1):
        return 0
    return burst.bit_length()
