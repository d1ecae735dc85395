"""DMA drivers that are part of the firmware: what they are asked and answer, for `dmalab.zephyr.watch`, and the hardware they use."""

from __future__ import annotations

from dmalab.core.generic_dma import Block, GenericState, Mark, Side
from dmalab.core.handover import check_handover
from dmalab.core.memory import BadAddress, Claim
from dmalab.core.spans import Span
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.zephyr.controller import DmaDevice
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.watch import OPS, Watch

calls = Handlers()


def watch(firmware: Firmware) -> Watch:
    """The watch over the firmware's own drivers."""
    found = firmware.state.get("watch")
    if not isinstance(found, Watch):
        found = firmware.state["watch"] = Watch(firmware.machine)
    return found


def allocates(firmware: Firmware, call: str) -> None:
    """The heap is used: a driver must not, in any of its calls."""
    watch(firmware).allocates(call)


def waits(firmware: Firmware, call: str, what: str) -> None:
    """Something that may wait is called: a driver must not, in any of its calls."""
    watch(firmware).waits(call, what)


def _name(firmware: Firmware, dev: int) -> str:
    symbol = firmware.image.symbol_at(dev)
    name = firmware.string(int.from_bytes(firmware.machine.memory.peek(dev, 4), "little"))
    return name if name not in ("", "?") else symbol.name if symbol is not None else f"device at {dev:#010x}"


@calls.add
def dma_driver_enter(firmware: Firmware, dev: int, op: int, channel: int, detail: int) -> None:
    watch(firmware).enter(dev, _name(firmware, dev), OPS[op], channel, cyclic=bool(detail & 1), channels=detail >> 1)


@calls.add
def dma_driver_leave(firmware: Firmware, _dev: int, _op: int, _channel: int, result: int, busy: int) -> None:
    watch(firmware).leave(result, busy=bool(busy))


@calls.add
def dma_driver_callback(firmware: Firmware, dev: int, channel: int, status: int) -> None:
    watch(firmware).callback(dev, _name(firmware, dev), channel, status)


# -- hardware --------------------------------------------------------------------------------------------------------


def _dma(firmware: Firmware) -> DmaDevice:
    board = firmware.machine.board
    assert board is not None
    return board.dma


def _isrs(firmware: Firmware) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = firmware.state.setdefault("generic dma isrs", {})
    return found


def _claims(firmware: Firmware) -> dict[int, list[Claim]]:
    found: dict[int, list[Claim]] = firmware.state.setdefault("generic dma claims", {})
    return found


def _give_back(firmware: Firmware, channel: int) -> None:
    for claim in _claims(firmware).pop(channel, []):
        firmware.machine.memory.release(claim)


@calls.add
def generic_dma_load(firmware: Firmware, channel: int, source: int, dest: int, size: int, unit: int) -> int:
    dma = _dma(firmware)
    if channel >= len(dma.channels) or not size or not unit or unit & (unit - 1) or size % unit:
        return -Errno.EINVAL
    hardware = dma.channels[channel].hardware
    if hardware.state is GenericState.RUNNING:
        return -Errno.EBUSY
    dma.hardware.stop(hardware)
    _give_back(firmware, channel)
    hardware.marks = frozenset()
    hardware.priority, hardware.burst = 0, max(16, unit)
    hardware.report = lambda mark, _number: _report(firmware, channel, mark)
    side = (Side(address=source, unit=unit), Side(address=dest, unit=unit))
    dma.hardware.load(hardware, [Block(source=side[0], sink=side[1], size=size)])
    return 0


def _report(firmware: Firmware, channel: int, mark: Mark) -> None:
    _give_back(firmware, channel)
    isr, argument = _isrs(firmware).get(channel, (0, 0))
    if isr:
        error = int(mark == "error")
        firmware.machine.scheduler.interrupts.request(
            lambda: (firmware.call_in_interrupt(isr, argument, channel, error), None)[1]
        )


@calls.add
def generic_dma_enable(firmware: Firmware, channel: int) -> int:
    dma, machine = _dma(firmware), firmware.machine
    if channel >= len(dma.channels) or not dma.channels[channel].hardware.blocks:
        return -Errno.EINVAL
    hardware = dma.channels[channel].hardware
    if hardware.state is GenericState.PAUSED:
        dma.hardware.resume(hardware)
    elif hardware.state is GenericState.IDLE:
        block, by = hardware.blocks[0], machine.now()
        claims = _claims(firmware).setdefault(channel, [])
        for side, write in ((block.source, False), (block.sink, True)):
            span = Span(side.address, side.address + block.size)
            check_handover(machine, span, is_write=write, started=by)
            label = f"transfer of {block.size} bytes by {hardware.title}"
            claim = Claim(
                span=span, write=write, owner=hardware, label=label, started=by, catch_up=dma.hardware.catch_up
            )
            try:
                machine.memory.claim(claim)
            except BadAddress:
                continue
            claims.append(claim)
        dma.hardware.start(hardware, by)
    return 0


@calls.add
def generic_dma_pause(firmware: Firmware, channel: int) -> int:
    dma = _dma(firmware)
    if channel >= len(dma.channels):
        return -Errno.EINVAL
    dma.hardware.pause(dma.channels[channel].hardware)
    return 0


@calls.add
def generic_dma_disable(firmware: Firmware, channel: int) -> int:
    dma = _dma(firmware)
    if channel >= len(dma.channels):
        return -Errno.EINVAL
    dma.hardware.stop(dma.channels[channel].hardware)
    _give_back(firmware, channel)
    return 0


@calls.add
def generic_dma_left(firmware: Firmware, channel: int) -> int:
    dma = _dma(firmware)
    if channel >= len(dma.channels):
        return 0
    hardware = dma.channels[channel].hardware
    dma.hardware.catch_up()
    return hardware.total - hardware.position if hardware.run is not None else 0


@calls.add
def generic_dma_irq(firmware: Firmware, channel: int, isr: int, argument: int) -> int:
    if channel >= len(_dma(firmware).channels):
        return -Errno.EINVAL
    _isrs(firmware)[channel] = (isr, argument)
    return 0
