"""What a configuration asks for and the driver leaves out without a word.

A setting that changes where or when bytes go is a warning when it is ignored; one that only tunes the hardware is information.
`fifo_mode_control` is one of the latter everywhere: the machine's controller has no FIFO of its own, each burst is written as it is read. That is also what
`flow_control_mode` 1 asks for, and 0 allows.
"""

from __future__ import annotations

from collections.abc import Iterator

from dmalab.zephyr.config import AddressAdjust, Direction, DmaConfig
from dmalab.zephyr.driver import Driver


def settings(driver: Driver, config: DmaConfig, *, cyclic: bool) -> Iterator[str]:
    """Settings that would change the transfer, each with what happens instead.

    Args:
        driver: Who was asked.
        config: What was asked for, and accepted.
        cyclic: Whether the transfer became a circular one.
    """
    if config.cyclic and not cyclic:
        yield "cyclic is set, and the list moves once"
    if (config.source_chaining_en or config.dest_chaining_en) and driver.linking == "ignored":
        yield f"channel {config.linked_channel} is linked, and is not started"
    for number, block in enumerate(config.blocks, 1):
        for side, adjust in (("source", block.source_addr_adj), ("dest", block.dest_addr_adj)):
            if not driver.adjusts and adjust != AddressAdjust.INCREMENT:
                yield f"{side}_addr_adj of block {number} is {AddressAdjust(adjust).name.lower()}, and the address increments"
        for name, wanted in (
            ("source_gather", block.source_gather_en and block.source_gather_count and block.source_gather_interval),
            ("dest_scatter", block.dest_scatter_en and block.dest_scatter_count and block.dest_scatter_interval),
        ):
            if wanted and not driver.strides:
                yield f"{name}_interval of block {number} is set, and nothing is skipped"


def tunings(driver: Driver, config: DmaConfig) -> Iterator[str]:
    """Settings that would only tune the hardware."""
    at_peripheral = config.channel_direction in (Direction.MEMORY_TO_PERIPHERAL, Direction.PERIPHERAL_TO_MEMORY)
    for name, value in (("source_handshake", config.source_handshake), ("dest_handshake", config.dest_handshake)):
        if value and at_peripheral and not driver.software_handshake:
            yield f"{name} is 1, and the request line paces the transfer all the same"
    if config.channel_priority and not driver.priorities:
        yield f"channel_priority is {config.channel_priority}, and all channels are equal"
    for number, block in enumerate(config.blocks, 1):
        if block.fifo_mode_control:
            yield f"fifo_mode_control of block {number} is {block.fifo_mode_control}, and the controller has no FIFO of its own"
