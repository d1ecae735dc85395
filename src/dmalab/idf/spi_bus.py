"""A bus of the SPI master driver: pins, DMA channel, devices, and who may use the wires.

One transaction is on the wire at a time. Devices queue their own, first in first out; between devices the lowest slot goes first, unless
one of them has acquired the bus. Transactions start and end in interrupts, unless a device polls.
Source: ESP-IDF v5.5 components/esp_driver_spi/src/gpspi/spi_common.c, spi_master.c (spi_intr), spi_bus_lock.c.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dmalab.core.caps import Cap
from dmalab.core.channel import Channel, ChannelState, Pair
from dmalab.core.descriptor import LENGTH_SHIFT, NODE_BYTES, OWNER_DMA, SUC_EOF
from dmalab.core.events import Stamp
from dmalab.core.heap import Block
from dmalab.core.machine import BareMachine, Buffer
from dmalab.core.spans import align_up
from dmalab.core.spi import SpiController
from dmalab.core.spi_cost import SpiCost
from dmalab.core.spi_events import RemovedWhileBusy, ResultUncollected
from dmalab.core.tasks import Waiters
from dmalab.idf import spi_config as spi
from dmalab.idf.cache import esp_cache_get_alignment
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.release import Release, of
from dmalab.idf.spi_buffers import Buffers
from dmalab.idf.spi_checks import TransactionCheck, check_bus, check_device
from dmalab.idf.spi_config import SpiBusConfig, SpiDeviceConfig

if TYPE_CHECKING:
    from dmalab.idf.spi_master import SpiDevice
    from dmalab.idf.spi_work import Work

BYTES_PER_DESCRIPTOR = 4092
DEVICES = {"esp32": 3}
"""Chip selects of a host where it has not six."""
DEFAULT_DEVICES = 6
CONTEXT_BYTES = 192
DEVICE_BYTES = 160


class SpiBus:
    """An initialised host."""

    def __init__(
        self, machine: BareMachine, host: SpiController, config: SpiBusConfig, channel: int, release: Release
    ) -> None:
        self.machine = machine
        self.host = host
        self.release = release
        self.uses_dma = channel != spi.SPI_DMA_DISABLED
        self.cost = SpiCost(machine.chip)
        self.installed = machine.now()
        count = -(-(config.max_transfer_sz or BYTES_PER_DESCRIPTOR) // BYTES_PER_DESCRIPTOR) if self.uses_dma else 0
        self.max_bytes = count * BYTES_PER_DESCRIPTOR if self.uses_dma else host.fifo_bytes
        self._blocks: list[Block] = []
        self.pair = self._take_channel() if self.uses_dma else None
        self._stride = align_up(NODE_BYTES, host.engine.facts.descriptor_align)
        self._allocate(CONTEXT_BYTES, Cap.INTERNAL | Cap.BIT8, "SPI bus")
        self.lists = [self._take_list(count) for _ in range(2)]
        self.check = TransactionCheck(machine, host, dma=self.uses_dma, max_bytes=self.max_bytes, release=release)
        self.buffers = Buffers(machine, host.title, release)
        self.devices: list[SpiDevice | None] = [None] * DEVICES.get(machine.chip.name, DEFAULT_DEVICES)
        self.owner: SpiDevice | None = None
        """The device that has acquired the bus."""
        self.current: Work | None = None
        """What is on the wire, or about to be."""
        self.free_again = Waiters(f"{host.title} to be free")
        self._interrupt_wanted = False
        pins = host.bus.pins
        pins.sck = _pin(config.sclk_io_num)
        pins.data = [_pin(number) for number in config.data]
        machine.drivers.append(self)

    # -- life --------------------------------------------------------------------------------------------------------

    @classmethod
    def initialize(
        cls,
        machine: BareMachine,
        host_id: int,
        config: SpiBusConfig,
        dma_chan: int = spi.SPI_DMA_CH_AUTO,
    ) -> SpiBus:
        """`spi_bus_initialize`.

        Args:
            machine: Where; its release decides about contracts.
            host_id: `SPI2_HOST` or `SPI3_HOST`.
            config: Pins and limits.
            dma_chan: `SPI_DMA_DISABLED`, `SPI_DMA_CH_AUTO`, or a channel where the chip has numbered ones.
        Raises:
            IdfError: INVALID_ARG, INVALID_STATE (in use), NOT_FOUND (no DMA channel free), NO_MEM. Every failure undoes what was done.
        """
        host = next((one for one in machine.spi.values() if one.facts.host_id == host_id), None)
        if host is None:
            raise IdfError(EspErr.INVALID_ARG, f"{machine.chip.name} has no SPI host {host_id} for applications")
        if any(isinstance(one, SpiBus) and one.host is host for one in machine.drivers):
            raise IdfError(EspErr.INVALID_STATE, f"{host.title} is initialised already")
        check_bus(machine, host, config, dma_chan)
        return cls(machine, host, config, dma_chan, of(machine))

    def _take_channel(self) -> Pair:
        engine = self.host.engine
        pair = engine.allocate_pair(for_copy=False)
        if pair is None:
            raise IdfError(EspErr.NOT_FOUND, f"no free channel pair on {engine.title}")
        for channel in (pair.rx, pair.tx):
            engine.connect(channel, self.host.trigger, self.host)
        return pair

    def _take_list(self, count: int) -> int:
        """Room for so many descriptors; the address of the first, 0 for none."""
        if not count:
            return 0
        align = self.host.engine.facts.descriptor_align
        caps = Cap.DMA | Cap.INTERNAL | Cap.BIT8
        return self._allocate(count * self._stride, caps, "SPI descriptors", align=align).address

    def _allocate(self, size: int, caps: int, purpose: str, *, align: int = 0) -> Block:
        block = self.machine.allocate_internal(size, caps, align=align, purpose=purpose)
        if block is None:
            self._give_back()
            raise IdfError(EspErr.NO_MEM, f"no {size} bytes for the {purpose}")
        self._blocks.append(block)
        return block

    def _give_back(self) -> None:
        for block in self._blocks:
            self.machine.heap.blocks_heap.free(block.address)
        self._blocks.clear()
        if self.pair is not None:
            self.host.engine.release_pair(self.pair)

    @property
    def title(self) -> str:
        """How reports call it."""
        return f"SPI bus on {self.host.title}"

    def free(self) -> None:
        """`spi_bus_free`.

        Raises:
            IdfError: INVALID_STATE: freed already, or devices are left; the bus stays usable.
        """
        machine = self.machine
        if self not in machine.drivers:
            raise IdfError(EspErr.INVALID_STATE, f"{self.host.title} is not initialised")
        left = [device for device in self.devices if device is not None]
        if left:
            self.say_busy("spi_bus_free()", f"{len(left)} device{'s' if len(left) > 1 else ''} still on the bus", left)
            raise IdfError(EspErr.INVALID_STATE, f"{len(left)} devices are still on the bus")
        self._give_back()
        machine.drivers.remove(self)

    def say_busy(self, call: str, why: str, devices: list[SpiDevice]) -> None:
        """Report a removal that was refused, if one of the devices is at work; idle ones do no harm."""
        busy = next((stamp for device in devices if (stamp := device.busy_since()) is not None), None)
        if busy is not None:
            by = self.machine.now()
            self.machine.bus.emit(
                RemovedWhileBusy(call=call, code=EspErr.INVALID_STATE.symbol, why=why, by=by, started=busy)
            )

    def at_end(self) -> None:
        """The program is over: say whose results nobody has taken."""
        for device in self.devices:
            for work in device.uncollected() if device is not None else ():
                self.machine.bus.emit(
                    ResultUncollected(
                        label=work.label,
                        started=work.started,
                        lost=False,
                        call="spi_device_get_trans_result()",
                        by=self.machine.now(),
                    )
                )

    def memory_alloc(self, size: int, caps: int = 0) -> Buffer | None:
        """`spi_bus_dma_memory_alloc`: zeroed memory that the bus's DMA works with as it is; None when there is none."""
        machine = self.machine
        align = max(4, esp_cache_get_alignment(machine, caps)) if self.uses_dma else 4
        block = machine.heap.blocks_heap.alloc(align_up(size, align), caps | Cap.DMA, align=align)
        if block is None:
            return None
        machine.memory.store(block.address, bytes(size))
        return Buffer(machine, block.address, size)

    # -- devices -----------------------------------------------------------------------------------------------------

    def add_device(self, config: SpiDeviceConfig) -> SpiDevice:
        """`spi_bus_add_device`.

        Raises:
            IdfError: INVALID_ARG, NO_MEM (also when every chip select is taken), INVALID_STATE after `free`.
        """
        from dmalab.idf.spi_master import SpiDevice

        machine = self.machine
        if self not in machine.drivers:
            raise IdfError(EspErr.INVALID_STATE, f"{self.host.title} is not initialised")
        check_device(self.host, machine.gpio.pins, config, self.release)
        slot = next((index for index, device in enumerate(self.devices) if device is None), None)
        if slot is None:
            raise IdfError(EspErr.NO_MEM, f"all {len(self.devices)} device slots of {self.host.title} are taken")
        if config.queue_size < 1:
            raise AssertionError("spi_bus_add_device: a queue of 0 transactions")
        block = machine.allocate_internal(DEVICE_BYTES, Cap.INTERNAL | Cap.BIT8, purpose="SPI device")
        if block is None:
            raise IdfError(EspErr.NO_MEM, "no memory for the device")
        device = SpiDevice(self, config, slot, block)
        self.devices[slot] = device
        if config.spics_io_num >= 0:
            machine.gpio.drive(config.spics_io_num, 0 if config.flags & spi.SPI_DEVICE_POSITIVE_CS else 1)
        return device

    # -- the interrupt -----------------------------------------------------------------------------------------------

    def kick(self) -> None:
        """Something was queued: have the interrupt look, unless it is at work."""
        if self.current is None and not self._interrupt_wanted and self._next() is not None:
            self._interrupt_wanted = True
            self.machine.scheduler.interrupts.request(self._on_start)

    def _on_start(self) -> None:
        self._interrupt_wanted = False
        self._start_next()

    def _next(self) -> SpiDevice | None:
        """The device whose turn it is."""
        if self.owner is not None:
            return self.owner if self.owner.pending else None
        return next((device for device in self.devices if device is not None and device.pending), None)

    def _start_next(self) -> None:
        device = self._next()
        if self.current is not None or device is None:
            return
        work = device.take_next()
        self.current = work
        self.machine.scheduler.elapse(self.cost.interrupt_ps(dma=self.uses_dma).start)
        self.put_on_wire(work, lambda: self.machine.scheduler.interrupts.request(self._on_end))

    def _on_end(self) -> None:
        work, self.current = self.current, None
        if work is None:
            return
        self.machine.scheduler.elapse(self.cost.interrupt_ps(dma=self.uses_dma).finish)
        self.wire_over(work)
        work.device.finished(work)
        self._start_next()
        if self.current is None:
            while self.free_again:
                self.machine.scheduler.wake(self.free_again)

    # -- the wire ----------------------------------------------------------------------------------------------------

    def put_on_wire(self, work: Work, done: Callable[[], None]) -> None:
        """Run the pre-callback, arm the DMA or fill the FIFO, start."""
        device, frame = work.device, work.frame
        self._call_back(device.config.pre_cb, work)
        active = 1 if device.config.flags & spi.SPI_DEVICE_POSITIVE_CS else 0
        cs = _pin(device.config.spics_io_num)
        if self.pair is not None:
            tx = self._arm(self.pair.tx, 0, work.tx.address, frame.tx_bytes, work.started)
            rx = self._arm(self.pair.rx, 1, work.rx.address, frame.rx_bytes, work.started)
            work.shift = self.host.start_dma(frame, tx, rx, done, cs=cs, cs_active=active)
        else:
            # The FIFO is filled by the core, in whatever context this runs.
            with self.machine.serving(work.started.place):
                data = self.machine.memory.load(work.tx.user, frame.tx_bytes) if work.tx.user else bytes(frame.tx_bytes)
            work.shift = self.host.start_fifo(frame, data, done, cs=cs, cs_active=active)

    def wire_over(self, work: Work) -> None:
        """The last clock is out: unload the FIFO, give the memory back, run the post-callback."""
        self.stop_channels()
        work.release_data()
        shift = work.shift
        if shift is not None and not self.uses_dma and work.rx.user:
            with self.machine.serving(work.started.place):
                self.machine.memory.store(work.rx.user, bytes(shift.received[: work.rx.size]))
        self._call_back(work.device.config.post_cb, work)

    def _call_back(self, callback: spi.Callback | None, work: Work) -> None:
        """In the interrupt, or inside the polling call."""
        if callback is not None:
            with self.machine.scheduler.inside_call():
                callback(work.transaction)

    def stop_channels(self) -> None:
        """Channels whose list is longer than the frame are stopped."""
        if self.pair is not None:
            for channel in (self.pair.tx, self.pair.rx):
                if channel.state is ChannelState.RUNNING:
                    self.host.engine.stop(channel)

    def _arm(self, channel: Channel, which: int, address: int, size: int, started: Stamp) -> Channel | None:
        """Write a list and start the channel on it; None for a direction without data."""
        if not address or not size:
            return None
        head, is_rx = self.lists[which], which == 1
        pieces = [min(BYTES_PER_DESCRIPTOR, size - at) for at in range(0, size, BYTES_PER_DESCRIPTOR)]
        image = b""
        for index, piece in enumerate(pieces):
            last = index + 1 == len(pieces)
            room = align_up(piece, 4) if is_rx else piece
            flags = OWNER_DMA | room | piece << LENGTH_SHIFT | (SUC_EOF if last else 0)
            words = (flags, address + index * BYTES_PER_DESCRIPTOR, 0 if last else head + (index + 1) * self._stride)
            image += b"".join(word.to_bytes(4, "little") for word in words).ljust(self._stride, b"\0")
        self.machine.memory.driver_store(head, image)
        channel.owner_check = False
        self.host.engine.start(channel, head, started)
        return channel


def _pin(number: int) -> int | None:
    return number if number >= 0 else None
