"""`<zephyr/drivers/dma.h>` from firmware: every call ends in a method of `dmalab.zephyr.controller.DmaDevice`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from dmalab.core.channel_events import ChainMisuse, ChainMisused
from dmalab.core.heap import Block
from dmalab.core.spans import Span
from dmalab.guest.calls import pair
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.zephyr_handlers.threads import kernel
from dmalab.zephyr.config import BlockConfig, DmaConfig, DmaStatus
from dmalab.zephyr.controller import DmaDevice

calls = Handlers()

CLOSED, BEYOND, NO_CONFIG, WILD = 1, 2, 3, 4
"""How a list ended, besides with NULL."""
WORDS = ("busy", "dir", "pending_length", "free", "write_position", "read_position", "total_copied")
BLOCK_BYTES = 32
SNAPSHOTS = 1 << 20
CALLBACK_STACK_BYTES = 2048


@dataclass(slots=True, eq=False)
class _Building:
    """A configuration on its way in."""

    channel: int
    config: DmaConfig
    count: int
    blocks: list[BlockConfig] = field(default_factory=list)
    broken: list[tuple[ChainMisuse, int, int]] = field(default_factory=list)
    """What is wrong with the memory of a block: kind, number, address."""


@dataclass(frozen=True, slots=True)
class Callback:
    """A `dma_callback_t` of the firmware."""

    firmware: Firmware = field(compare=False)
    function: int

    def __call__(self, _device: DmaDevice, user_data: int, channel: int, status: int) -> None:
        """Call it in the present interrupt."""
        trampoline = kernel(self.firmware).dma_callback
        self.firmware.call_in_interrupt(trampoline, self.function, user_data, _packed(channel, status))

    async def in_thread(self, _device: DmaDevice, user_data: int, channel: int, status: int) -> None:
        """Call it in the driver's own thread."""
        firmware = self.firmware
        words = firmware.state.setdefault("callback words", {})
        number = len(words)
        words[number] = (self.function, user_data, _packed(channel, status))
        fiber, stack = _worker(firmware)
        await firmware.threads.run(fiber, kernel(firmware).dma_callback_in_thread, number, stack)


def _packed(channel: int, status: int) -> int:
    return (channel & 0xFFFF) << 16 | status & 0xFFFF


def _worker(firmware: Firmware) -> tuple[int, Block]:
    """Fiber and stack on which a driver's thread calls back."""
    if "dma worker" not in firmware.state:
        stack = firmware.threads.allocate_stack(CALLBACK_STACK_BYTES, "stack of the DMA driver")
        firmware.state["dma worker"] = (firmware.threads.take_fiber(), stack)
    fiber, stack = firmware.state["dma worker"]
    return fiber, stack


@calls.add
def dma_callback_word(firmware: Firmware, number: int, word: int) -> int:
    return int(firmware.state["callback words"][number][word])


def device(firmware: Firmware) -> DmaDevice:
    """The machine's controller."""
    board = firmware.machine.board
    assert board is not None
    return board.dma


# -- configuration ---------------------------------------------------------------------------------------------------


def _builders(firmware: Firmware) -> dict[int, _Building]:
    found: dict[int, _Building] = firmware.state.setdefault("dma configurations", {})
    return found


@calls.add
def dma_config_begin(
    firmware: Firmware,
    _dev: int,
    channel: int,
    slot_direction: int,
    flags: int,
    priority_link: int,
    sizes: int,
    bursts: int,
    block_count: int,
    callback: int,
    user_data: int,
) -> int:
    config = DmaConfig(
        dma_slot=slot_direction & 0xFF,
        channel_direction=slot_direction >> 8,
        complete_callback_en=bool(flags & 1),
        error_callback_dis=bool(flags & 2),
        half_complete_callback_en=bool(flags & 4),
        source_handshake=flags >> 3 & 1,
        dest_handshake=flags >> 4 & 1,
        source_chaining_en=bool(flags & 32),
        dest_chaining_en=bool(flags & 64),
        cyclic=bool(flags & 128),
        channel_priority=priority_link & 0xFF,
        linked_channel=priority_link >> 8,
        source_data_size=sizes & 0xFFFF,
        dest_data_size=sizes >> 16,
        source_burst_length=bursts & 0xFFFF,
        dest_burst_length=bursts >> 16,
        block_count=block_count,
        user_data=user_data,
        dma_callback=Callback(firmware, callback) if callback else None,
    )
    builders = _builders(firmware)
    token = max(builders, default=0) + 1
    builders[token] = _Building(channel, config, block_count)
    return token


@calls.add
def dma_config_block(
    firmware: Firmware,
    token: int,
    source: int,
    dest: int,
    size: int,
    gather_interval: int,
    scatter_interval: int,
    counts: int,
    flags: int,
    at: int,
    dead: int,
) -> None:
    building = _builders(firmware)[token]
    building.blocks.append(
        BlockConfig(
            source_address=source,
            dest_address=dest,
            block_size=size,
            source_gather_interval=gather_interval,
            dest_scatter_interval=scatter_interval,
            source_gather_count=counts & 0xFFFF,
            dest_scatter_count=counts >> 16,
            source_gather_en=bool(flags & 1),
            dest_scatter_en=bool(flags & 2),
            source_addr_adj=flags >> 2 & 3,
            dest_addr_adj=flags >> 4 & 3,
            source_reload_en=bool(flags >> 6 & 1),
            dest_reload_en=bool(flags >> 7 & 1),
            fifo_mode_control=flags >> 8 & 15,
            flow_control_mode=flags >> 12 & 1,
        )
    )
    thing = firmware.machine.objects.at(at)
    if dead:
        building.broken.append(("dead-stack", len(building.blocks), at))
    elif thing is not None and thing.freed is not None:
        building.broken.append(("freed", len(building.blocks), at))


@calls.add
def dma_config_end(firmware: Firmware, token: int, tail: int) -> int:
    building = _builders(firmware).pop(token)
    dma = device(firmware)
    if tail == NO_CONFIG:
        dma.config(building.channel, None)
        return 0
    config = replace(
        building.config,
        blocks=building.blocks,
        closed=tail == CLOSED,
        wild=tail == WILD,
        beyond=tail == BEYOND or len(building.blocks) > building.count,
    )
    for kind, number, at in building.broken[: building.count]:
        firmware.machine.bus.emit(
            ChainMisused(
                kind=kind,
                call=f"dma_config({dma.name}, {building.channel})",
                channel=f"{dma.name} channel {building.channel}",
                answer="",
                by=firmware.machine.now(),
                block=number,
                span=Span(at, at + BLOCK_BYTES),
            )
        )
    dma.config(building.channel, config)
    return 0


# -- the other calls -------------------------------------------------------------------------------------------------


@calls.add
def dma_reload(firmware: Firmware, _dev: int, channel: int, source: int, dest: int, size: int) -> int:
    device(firmware).reload(channel, source, dest, size)
    return 0


@calls.add
def dma_start(firmware: Firmware, _dev: int, channel: int) -> int:
    device(firmware).start(channel)
    return 0


@calls.add
def dma_stop(firmware: Firmware, _dev: int, channel: int) -> int:
    device(firmware).stop(channel)
    return 0


@calls.add
def dma_suspend(firmware: Firmware, _dev: int, channel: int) -> int:
    device(firmware).suspend(channel)
    return 0


@calls.add
def dma_resume(firmware: Firmware, _dev: int, channel: int) -> int:
    device(firmware).resume(channel)
    return 0


@calls.add
def dma_get_status(firmware: Firmware, _dev: int, channel: int) -> int:
    status = device(firmware).get_status(channel)
    number = (int(firmware.state.get("dma snapshots", 0)) + 1) % SNAPSHOTS
    firmware.state["dma snapshots"] = number
    firmware.state[f"dma snapshot {number % 16}"] = status
    written = status.written or frozenset(WORDS)
    mask = sum(1 << bit for bit, word in enumerate(WORDS) if word in written)
    return status.busy << 32 | status.dir << 33 | mask << 36 | number << 44


@calls.add
def dma_status_word(firmware: Firmware, snapshot: int, word: int) -> int:
    status = firmware.state[f"dma snapshot {snapshot % 16}"]
    assert isinstance(status, DmaStatus)
    words: tuple[Any, ...] = (
        status.pending_length | status.free << 32,
        status.write_position | status.read_position << 32,
        status.total_copied,
    )
    return int(words[word])


@calls.add
def dma_get_attribute(firmware: Firmware, _dev: int, kind: int) -> int:
    return pair(0, device(firmware).get_attribute(kind))


@calls.add
def dma_request_channel(firmware: Firmware, _dev: int, has_param: int, param: int) -> int:
    return device(firmware).request_channel(param if has_param else None)


@calls.add
def dma_release_channel(firmware: Firmware, _dev: int, channel: int) -> None:
    device(firmware).release_channel(channel)


@calls.add
def dma_chan_filter(firmware: Firmware, _dev: int, channel: int, has_param: int, param: int) -> int:
    return int(device(firmware).chan_filter(channel, param if has_param else None))
