"""From `struct dma_config` to what the controller carries out: the checks of `dma_config`, in order, and the list of blocks.

What the documents leave to the driver, decided here for the documented one:

- block_count counts; a list that is shorter is refused (-EINVAL), what follows behind is left out;
- gather and scatter counts are units of that side's data size, intervals bytes added at each boundary besides the increment; with
  a count or an
  interval of 0 the flags only say "this is a list", as Zephyr's own scatter-gather test uses them;
- block_size is a multiple of the larger data size, addresses are multiples of their side's, else -EINVAL;
- a burst of 0 is a burst of one unit, and the last burst of a block may be short;
- a peripheral with software handshake does not hold the channel back, for nobody gives the software's triggers;
- reload flags in the head ask for a circular transfer when both are set, as the cyclic flag does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from dmalab.core.channel_events import ChainMisuse
from dmalab.core.fifo import Fifo
from dmalab.core.generic_dma import Block, Side
from dmalab.core.spans import Span
from dmalab.zephyr.config import MAX_LINKED_CHANNEL, AddressAdjust, BlockConfig, Direction, DmaConfig
from dmalab.zephyr.driver import Driver
from dmalab.zephyr.errors import Errno

_STEPS = {AddressAdjust.INCREMENT: 1, AddressAdjust.DECREMENT: -1, AddressAdjust.NO_CHANGE: 0}


class Refused(Exception):
    """A configuration the driver turns down."""

    def __init__(
        self,
        code: Errno,
        detail: str,
        *,
        chain: ChainMisuse | None = None,
        block: int = 0,
        misaligned: tuple[Span, int] | None = None,
        unreachable: Span | None = None,
    ) -> None:
        """Args: `chain` names what is wrong with the list, `misaligned` an address with the alignment it lacks, `unreachable` memory."""
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.chain = chain
        self.block = block
        self.misaligned = misaligned
        self.unreachable = unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A configuration that was accepted."""

    blocks: tuple[Block, ...]
    cyclic: bool
    burst: int
    """Bytes."""
    ignored: int
    """Blocks of the caller's list that the driver leaves out."""
    beyond: bool
    """The list goes on behind block_count."""


class Reaches(Protocol):
    """Tells whether the controller can use some memory."""

    def __call__(self, span: Span, *, write: bool) -> bool:
        """Whether it can; `write` for a destination."""


def plan(
    driver: Driver,
    config: DmaConfig,
    channel: int,
    channels: int,
    fifo_of: Callable[[int], Fifo | None],
    reaches: Reaches,
) -> Plan:
    """Check a configuration and turn it into blocks.

    Args:
        driver: Whose rules hold.
        config: What the caller wants.
        channel: The channel it is for.
        channels: How many there are.
        fifo_of: The peripheral of a slot.
        reaches: Whether the controller can use some memory.
    Raises:
        Refused: the driver says no.
    """
    _check_direction(driver, config, channel)
    _check_sizes(driver, config)
    _check_link(driver, config, channel, channels)
    listed = _listed(driver, config)
    cyclic = _cyclic(driver, config)
    fifo = None
    at_peripheral = config.channel_direction in (Direction.MEMORY_TO_PERIPHERAL, Direction.PERIPHERAL_TO_MEMORY)
    if at_peripheral and driver.peripherals:
        fifo = fifo_of(config.dma_slot)
        if fifo is None:
            raise Refused(Errno.EINVAL, f"there is no request line {config.dma_slot}")
    if config.half_complete_callback_en and driver.half_complete is not None:
        raise Refused(driver.half_complete, "this driver can't tell half of a block")
    if driver.requests and config.dma_slot + len(listed) > driver.requests:
        raise Refused(
            Errno.EINVAL, f"slot {config.dma_slot} and {len(listed)} blocks do not fit {driver.requests} requests"
        )
    blocks = [_block(driver, config, block, number, fifo) for number, block in enumerate(listed, 1)]
    if driver.unreachable is not None:
        _check_reach(driver.unreachable, blocks, reaches)
    if driver.piece:
        blocks = [piece for block in blocks for piece in _pieces(block, driver.piece)]
        if len(blocks) > driver.descriptors:
            raise Refused(Errno.EINVAL, f"{len(blocks)} descriptors are needed, the pool has {driver.descriptors}")
    wanted = config.block_count if config.block_count is not None else len(config.blocks)
    return Plan(
        blocks=tuple(blocks),
        cyclic=cyclic,
        burst=max(config.source_burst_length, config.source_data_size, 1),
        ignored=max(0, min(wanted, len(config.blocks)) - len(listed)),
        beyond=config.beyond and driver.trusts_count and not config.closed,
    )


def _check_direction(driver: Driver, config: DmaConfig, channel: int) -> None:
    direction = config.channel_direction
    if direction not in driver.directions:
        raise Refused(driver.bad_direction, f"direction {direction} is not supported")
    if driver.halves and direction != Direction.MEMORY_TO_MEMORY:
        receives = direction == Direction.PERIPHERAL_TO_MEMORY
        if receives != (channel % 2 == 0):
            half = "receiving" if channel % 2 == 0 else "sending"
            raise Refused(Errno.EINVAL, f"channel {channel} is the {half} half of its pair")


def _check_sizes(driver: Driver, config: DmaConfig) -> None:
    sizes = (config.source_data_size, config.dest_data_size)
    for name, size in zip(("source", "dest"), sizes, strict=True):
        if driver.data_sizes and size not in driver.data_sizes:
            allowed = ", ".join(map(str, driver.data_sizes))
            raise Refused(Errno.EINVAL, f"{name}_data_size is {size}; allowed: {allowed}")
    if driver.equal_sizes and sizes[0] != sizes[1]:
        raise Refused(Errno.EINVAL, f"data sizes differ: {sizes[0]} and {sizes[1]}")
    bursts = (config.source_burst_length, config.dest_burst_length)
    if driver.equal_bursts and bursts[0] != bursts[1]:
        raise Refused(Errno.EINVAL, f"burst lengths differ: {bursts[0]} and {bursts[1]}")


def _check_link(driver: Driver, config: DmaConfig, channel: int, channels: int) -> None:
    if not (config.source_chaining_en or config.dest_chaining_en) or driver.linking == "ignored":
        return
    if isinstance(driver.linking, Errno):
        raise Refused(driver.linking, "this driver links no channels")
    target = config.linked_channel
    if not 0 <= target < min(channels, MAX_LINKED_CHANNEL + 1):
        raise Refused(Errno.EINVAL, f"linked channel {target} does not exist")
    if target == channel:
        raise Refused(Errno.EINVAL, f"channel {channel} is linked to itself")


def _listed(driver: Driver, config: DmaConfig) -> Sequence[BlockConfig]:
    """The blocks the driver takes from the caller's list."""
    blocks = config.blocks
    count = len(blocks) if config.block_count is None else config.block_count
    if config.wild:
        where = f"next_block of block {len(blocks)}" if blocks else "head_block"
        raise Refused(Errno.EINVAL, f"{where} is no address of a block", chain="wild")
    if not blocks:
        raise Refused(Errno.EINVAL, "head_block is NULL", chain="no-head")
    if driver.trusts_count:
        if count < 1:
            raise Refused(Errno.EINVAL, "block_count is 0", chain="empty")
        if count > len(blocks):
            raise Refused(Errno.EINVAL, f"block_count is {count}, but the list ends after {len(blocks)}", chain="count")
        blocks = blocks[:count]
    if len(blocks) > 1:
        if isinstance(driver.lists, Errno):
            raise Refused(driver.lists, f"this driver takes one block, not {len(blocks)}")
        head = blocks[0]
        if driver.lists == "head" or (driver.lists == "gather" and not (head.source_gather_en or head.dest_scatter_en)):
            return blocks[:1]
    return blocks


def _cyclic(driver: Driver, config: DmaConfig) -> bool:
    head = config.blocks[0]
    if driver.cyclic == "reload" and head.source_reload_en != head.dest_reload_en:
        raise Refused(Errno.EINVAL, "the reload flags of source and destination differ")
    if isinstance(driver.cyclic, Errno):
        if config.cyclic:
            raise Refused(driver.cyclic, "this driver has no circular transfers")
        return False
    if config.cyclic and config.channel_direction not in driver.cyclic_directions:
        raise Refused(Errno.ENOTSUP, f"no circular transfers in direction {config.channel_direction}")
    both = head.source_reload_en and head.dest_reload_en
    return {
        "flag": config.cyclic,
        "reload": both,
        "either": config.cyclic or (both and len(config.blocks) == 1),
        "ignored": False,
    }[driver.cyclic]


def _block(driver: Driver, config: DmaConfig, block: BlockConfig, number: int, fifo: Fifo | None) -> Block:
    size = block.block_size
    unit = max(config.source_data_size, config.dest_data_size, 1)
    if size < 1:
        raise Refused(Errno.EINVAL, f"block {number} has no bytes", chain="zero", block=number)
    if driver.data_sizes and size % unit:
        raise Refused(
            Errno.EINVAL,
            f"block {number} has {size} bytes, no multiple of the data size {unit}",
            chain="size",
            block=number,
        )
    if driver.size_in_bursts and size % max(1, config.source_burst_length):
        raise Refused(
            Errno.EINVAL,
            f"block {number} has {size} bytes, no multiple of the burst {config.source_burst_length}",
            chain="size",
            block=number,
        )
    if driver.max_block and size > driver.max_block:
        raise Refused(Errno.EINVAL, f"block {number} has {size} bytes; at most {driver.max_block}", block=number)
    source = _side(driver, block, number, config.source_data_size, is_source=True)
    sink = _side(driver, block, number, config.dest_data_size, is_source=False)
    if fifo is not None and config.channel_direction == Direction.MEMORY_TO_PERIPHERAL:
        sink = Side(unit=sink.unit, fifo=fifo, paced=not (config.dest_handshake and driver.software_handshake))
    elif fifo is not None:
        source = Side(unit=source.unit, fifo=fifo, paced=not (config.source_handshake and driver.software_handshake))
    for side in (source, sink):
        if driver.data_sizes and side.fifo is None and side.address % max(1, side.unit):
            span = Span(side.address, side.address + size)
            raise Refused(
                Errno.EINVAL,
                f"address {side.address:#010x} of block {number} is no multiple of the data size {side.unit}",
                misaligned=(span, side.unit),
                block=number,
            )
    return Block(source=source, sink=sink, size=size)


def _check_reach(code: Errno, blocks: Sequence[Block], reaches: Reaches) -> None:
    """Only the beginning of each side is looked at."""
    for number, block in enumerate(blocks, 1):
        for name, side, write in (("source", block.source, False), ("destination", block.sink, True)):
            if side.fifo is None and not reaches(Span(side.address, side.address + 1), write=write):
                raise Refused(
                    code,
                    f"the {name} of block {number}, {side.address:#010x}, is out of the controller's reach",
                    unreachable=Span(side.address, side.address + block.size),
                    block=number,
                )


def _side(driver: Driver, block: BlockConfig, number: int, unit: int, *, is_source: bool) -> Side:
    adjust = block.source_addr_adj if is_source else block.dest_addr_adj
    address = block.source_address if is_source else block.dest_address
    unit = max(1, unit)
    if not driver.adjusts:
        return Side(address=address, unit=unit)
    if adjust not in _STEPS:
        raise Refused(Errno.EINVAL, f"address adjustment {adjust} of block {number} is reserved", block=number)
    for kind, refusal in ((AddressAdjust.DECREMENT, driver.decrement), (AddressAdjust.NO_CHANGE, driver.no_change)):
        if adjust == kind and refusal is not None:
            raise Refused(refusal, f"block {number}: this driver can't do {kind.name.lower()}", block=number)
    step = _STEPS[AddressAdjust(adjust)]
    wanted = block.source_gather_en if is_source else block.dest_scatter_en
    run = block.source_gather_count if is_source else block.dest_scatter_count
    jump = block.source_gather_interval if is_source else block.dest_scatter_interval
    if not (wanted and run and jump and driver.strides):
        run = jump = 0
    return Side(address=address, step=1 if step > 0 else -1 if step < 0 else 0, unit=unit, run=run, jump=jump)


def _pieces(block: Block, limit: int) -> list[Block]:
    """A block as descriptors of at most `limit` bytes; addresses increment."""
    return [
        Block(source=_moved(block.source, at), sink=_moved(block.sink, at), size=min(limit, block.size - at))
        for at in range(0, block.size, limit)
    ]


def _moved(side: Side, offset: int) -> Side:
    return side if side.fifo is not None else Side(address=side.address + offset, unit=side.unit)
