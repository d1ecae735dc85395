"""A device on an SPI bus: queueing, polling, results.

      queue_trans            interrupt                interrupt              get_trans_result
  ------------> pending ----------------> on the wire ----------> results -------------------> the user has it back
                                                                  (full: the result is lost)
      polling_start                        polling_end
  ------------------------> on the wire ---------------> the user has it back

The transaction structure is referenced, not copied: it and its buffers belong to the driver until the result is taken. Bounced bytes
reach the user's buffer only then, so a post-callback still sees the old ones.
Source: ESP-IDF v5.5 components/esp_driver_spi/src/gpspi/spi_master.c.
"""

from __future__ import annotations

from collections import deque

from dmalab.core.caps import Cap
from dmalab.core.clock import PS_PER_US
from dmalab.core.events import Stamp
from dmalab.core.handover import check_handover
from dmalab.core.heap import Block
from dmalab.core.spans import Span
from dmalab.core.spi import ShiftState
from dmalab.core.spi_clock import BusClock, nearest
from dmalab.core.spi_cost import engine_ps_per_byte
from dmalab.core.spi_events import FeedTooSlow, ResultUncollected, ShortReceive
from dmalab.core.spi_wire import BitOrder, Frame, Phase, SpiMode
from dmalab.core.tasks import Waiters
from dmalab.idf import spi_config as spi
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.memory_utils import esp_ptr_external_ram
from dmalab.idf.spi_buffers import DmaBuffer
from dmalab.idf.spi_bus import SpiBus
from dmalab.idf.spi_checks import lines_of
from dmalab.idf.spi_config import SpiDeviceConfig, SpiTransaction
from dmalab.idf.spi_work import Work

DMA_BURST = 16
"""The driver's data burst up to v5.5; 32 from v6.0 on."""


class SpiDevice:
    """A device handle."""

    def __init__(self, bus: SpiBus, config: SpiDeviceConfig, slot: int, block: Block) -> None:
        self.bus = bus
        self.config = config
        self.pending: deque[Work] = deque()
        self.results: deque[Work] = deque()
        self._machine = bus.machine
        self._slot = slot
        self._block = block
        self._polling: Work | None = None
        self._uncollected = 0
        self._room = Waiters(f"room in the queue of a device on {bus.host.title}")
        self._result = Waiters(f"a result of a device on {bus.host.title}")
        self._removed = self._told = False

    @property
    def address(self) -> int:
        """Where the driver keeps it; firmware knows the device by that."""
        return self._block.address

    def actual_freq_hz(self) -> int:
        """`spi_device_get_actual_freq`, in hertz."""
        return round(self._clock(self.config.clock_speed_hz).hz)

    def _clock(self, hz: int) -> BusClock:
        host = self.bus.host
        return nearest(host.source_hz, hz, pre_limit=host.pre_limit)

    # -- queueing ----------------------------------------------------------------------------------------------------

    async def queue_trans(
        self, trans: SpiTransaction, timeout_us: float | None = None, *, call: str = "spi_device_queue_trans"
    ) -> None:
        """Queue a transaction.

        Args:
            trans: Belongs to the driver until its result is taken.
            timeout_us: Longest wait for room in the queue; None for ever.
            call: The caller's word for it, for reports.
        Raises:
            IdfError: INVALID_ARG, NOT_SUPPORTED, INVALID_STATE (polling, or a removed device), NO_MEM, TIMEOUT.
            WouldBlock: in an interrupt.
        """
        self._check_alive()
        self.bus.check.check(self.config, trans)
        if self._polling is not None:
            raise IdfError(EspErr.INVALID_STATE, "a polling transaction of this device is not terminated")
        self._check_keep_active(trans)
        work = self._prepare(trans, call)
        await self._machine.scheduler.spend(self.bus.cost.interrupt_ps(dma=self.bus.uses_dma).before)
        deadline = None if timeout_us is None else self._machine.clock.now_ps + round(timeout_us * PS_PER_US)
        while len(self.pending) >= self.config.queue_size:
            left = None if deadline is None else deadline - self._machine.clock.now_ps
            if (left is not None and left <= 0) or not await self._machine.scheduler.wait(self._room, left, call):
                self._abandon(work)
                raise IdfError(EspErr.TIMEOUT, f"the queue of {self.config.queue_size} stayed full")
        self._uncollected += 1
        self.pending.append(work)
        self.bus.kick()

    async def get_trans_result(
        self, timeout_us: float | None = None, *, call: str = "spi_device_get_trans_result"
    ) -> SpiTransaction:
        """Take the oldest result.

        Args:
            timeout_us: Longest wait; None for ever.
            call: The caller's word for it, for reports.
        Raises:
            IdfError: NOT_SUPPORTED for a device without results, TIMEOUT, INVALID_STATE when the DMA failed to keep up.
            WouldBlock: in an interrupt.
        """
        self._check_alive()
        if self.config.flags & spi.SPI_DEVICE_NO_RETURN_RESULT:
            raise IdfError(EspErr.NOT_SUPPORTED, "the device was added with SPI_DEVICE_NO_RETURN_RESULT")
        scheduler = self._machine.scheduler
        if timeout_us != 0:
            scheduler.may_wait(call)
        if not self.results:
            limit = None if timeout_us is None else round(timeout_us * PS_PER_US)
            if limit == 0 or not await scheduler.wait(self._result, limit, call):
                raise IdfError(EspErr.TIMEOUT, "no result in time")
        work = self.results.popleft()
        self._uncollected -= 1
        await scheduler.spend(self.bus.cost.interrupt_ps(dma=self.bus.uses_dma).after)
        self._collect(work)
        return work.transaction

    async def transmit(self, trans: SpiTransaction) -> None:
        """Queue a transaction and wait for its result. Raises as both; AssertionError when another result comes first."""
        await self.queue_trans(trans, call="spi_device_transmit")
        result = await self.get_trans_result(call="spi_device_transmit")
        if result is not trans:
            raise AssertionError(
                "spi_device_transmit: ret_trans == trans_desc (another queued transaction's result came first)"
            )

    # -- polling -----------------------------------------------------------------------------------------------------

    async def polling_start(self, trans: SpiTransaction) -> None:
        """Start a transaction at once, without interrupts; waits for the bus.

        Raises:
            IdfError: INVALID_ARG, NOT_SUPPORTED, INVALID_STATE (polling already), NO_MEM.
            WouldBlock: in an interrupt.
        """
        self._check_alive()
        self.bus.check.check(self.config, trans)
        if self._polling is not None:
            raise IdfError(EspErr.INVALID_STATE, "a polling transaction of this device is not terminated")
        bus = self.bus
        while bus.current is not None or (bus.owner is not None and bus.owner is not self):
            await self._machine.scheduler.wait(bus.free_again, None, "spi_device_polling_start")
        self._check_keep_active(trans)
        work = self._prepare(trans, "spi_device_polling_start")
        await self._machine.scheduler.spend(bus.cost.polling_ps(dma=bus.uses_dma)[0])
        self._polling = bus.current = work
        bus.put_on_wire(work, lambda: None)

    async def polling_end(self, timeout_us: float | None = None) -> None:
        """Keep the core waiting for the end of the polling transaction.

        Raises:
            IdfError: TIMEOUT (the transaction goes on), INVALID_STATE when the DMA failed to keep up.
            AssertionError: none was started.
        """
        self._check_alive()
        work, bus, machine = self._polling, self.bus, self._machine
        if work is None or work.shift is None:
            raise AssertionError("spi_device_polling_end: no polling transaction was started")
        end = work.shift.started_ps + work.frame.time_ps
        left = max(0, end - machine.clock.now_ps)
        if timeout_us is not None and left > timeout_us * PS_PER_US:
            await machine.scheduler.spend(round(timeout_us * PS_PER_US))
            raise IdfError(EspErr.TIMEOUT, "the transaction is still on the wire")
        while work.shift.state is ShiftState.BUSY:
            await machine.scheduler.spend(max(1, end - machine.clock.now_ps))
        await machine.scheduler.spend(bus.cost.polling_ps(dma=bus.uses_dma)[1])
        self._polling = bus.current = None
        bus.wire_over(work)
        self._collect(work)
        while bus.free_again:
            machine.scheduler.wake(bus.free_again)
        bus.kick()

    def polled(self) -> SpiTransaction | None:
        """The transaction being polled, if any."""
        return self._polling.transaction if self._polling is not None else None

    async def polling_transmit(self, trans: SpiTransaction) -> None:
        """Start by polling and wait. Raises as both."""
        await self.polling_start(trans)
        await self.polling_end()

    # -- the bus -----------------------------------------------------------------------------------------------------

    async def acquire_bus(self, timeout_us: float | None = None) -> None:
        """Keep the bus for this device; waits until the others' transactions on the wire are over.

        Raises:
            IdfError: INVALID_ARG for a limited wait, INVALID_STATE for a removed device.
            WouldBlock: in an interrupt.
        """
        self._check_alive()
        if timeout_us is not None:
            raise IdfError(EspErr.INVALID_ARG, "acquiring with a limited wait is not supported")
        bus = self.bus
        while bus.current is not None or (bus.owner is not None and bus.owner is not self):
            await self._machine.scheduler.wait(bus.free_again, None, "spi_device_acquire_bus")
        bus.owner = self

    def release_bus(self) -> None:
        """Let the others have the bus again.

        Raises:
            AssertionError: a polling transaction is not terminated, or the bus was not acquired.
        """
        bus = self.bus
        if self._polling is not None or bus.owner is not self:
            raise AssertionError("spi_device_release_bus: cannot release bus when a polling transaction is in progress")
        bus.owner = None
        while bus.free_again:
            self._machine.scheduler.wake(bus.free_again)
        bus.kick()

    def remove(self) -> None:
        """`spi_bus_remove_device`.

        Raises:
            IdfError: INVALID_STATE: transactions are unfinished or results not collected, or the bus is acquired.
        """
        self._check_alive()
        bus = self.bus
        why = ""
        if self.busy_since() is not None:
            why = "Have unfinished transactions"
        elif bus.owner is self:
            why = "device has acquired the bus"
        if why:
            bus.say_busy("spi_bus_remove_device()", why, [self])
            raise IdfError(EspErr.INVALID_STATE, why)
        self._removed = True
        bus.devices[self._slot] = None
        self._machine.heap.blocks_heap.free(self._block.address)

    def busy_since(self) -> Stamp | None:
        """Where the oldest transaction was asked for that is not back with the user."""
        current = self.bus.current
        mine = [current] if current is not None and current.device is self else []
        return next((work.started for work in (*self.results, *mine, *self.pending)), None)

    def uncollected(self) -> list[Work]:
        """Results nobody has taken; asking again gives none."""
        told, self._told = self._told, True
        return [] if told else list(self.results)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _check_alive(self) -> None:
        if self._removed:
            raise IdfError(EspErr.INVALID_ARG, "the device was removed")

    def _check_keep_active(self, trans: SpiTransaction) -> None:
        if trans.flags & spi.SPI_TRANS_CS_KEEP_ACTIVE and self.bus.owner is not self:
            raise IdfError(EspErr.INVALID_ARG, "SPI_TRANS_CS_KEEP_ACTIVE needs the bus acquired")

    def take_next(self) -> Work:
        """The transaction that goes on the wire now."""
        work = self.pending.popleft()
        self._machine.scheduler.wake(self._room)
        return work

    def finished(self, work: Work) -> None:
        """In the interrupt: the transaction is over."""
        machine = self._machine
        if self.config.flags & spi.SPI_DEVICE_NO_RETURN_RESULT:
            self._uncollected -= 1
            self._collect(work)
        elif len(self.results) >= self.config.queue_size:
            work.release_all()
            machine.bus.emit(
                ResultUncollected(
                    label=work.label,
                    started=work.started,
                    lost=True,
                    call="spi_device_get_trans_result()",
                    by=machine.now(),
                )
            )
        else:
            self.results.append(work)
            machine.scheduler.wake(self._result)

    def _collect(self, work: Work) -> None:
        """Give everything back to the user."""
        buffers = self.bus.buffers
        work.release_all()
        buffers.finish(work.tx, is_rx=False)
        buffers.finish(work.rx, is_rx=True)
        trans = work.transaction
        if work.inline is not None:
            if trans.flags & spi.SPI_TRANS_USE_RXDATA:
                trans.rx_data = self._machine.memory.peek(work.inline.address + 4, work.rx.size)
            self._machine.heap.blocks_heap.free(work.inline.address)

    def _abandon(self, work: Work) -> None:
        """The transaction was not queued after all."""
        work.release_all()
        for buffer in (work.tx, work.rx):
            self.bus.buffers.drop(buffer)
        if work.inline is not None:
            self._machine.heap.blocks_heap.free(work.inline.address)

    # -- preparing ---------------------------------------------------------------------------------------------------

    def _prepare(self, trans: SpiTransaction, call: str) -> Work:
        machine, bus = self._machine, self.bus
        frame, started = self._frame(trans), machine.now()
        size = max(frame.tx_bytes, frame.rx_bytes)
        label = f"{bus.host.title} transaction of {size} byte{'' if size == 1 else 's'}"
        inline, tx_user, rx_user = self._addresses(trans)
        tx = rx = DmaBuffer(0, 0)
        try:
            received = Span(rx_user, rx_user + frame.rx_bytes) if rx_user else Span(tx_user, tx_user)
            tx = self._buffer(tx_user, frame.tx_bytes, trans, received, started, call, is_rx=False)
            rx = self._buffer(rx_user, frame.rx_bytes, trans, received, started, call, is_rx=True)
        except IdfError:
            bus.buffers.drop(tx)
            if inline is not None:
                machine.heap.blocks_heap.free(inline.address)
            raise
        work = Work(
            device=self, transaction=trans, frame=frame, tx=tx, rx=rx, started=started, label=label, inline=inline
        )
        self._own(work)
        return work

    def _addresses(self, trans: SpiTransaction) -> tuple[Block | None, int, int]:
        """Where the data lies: in the user's buffers, or inside the transaction."""
        machine, flags = self._machine, trans.flags
        tx, rx = spi.address_of(trans.tx_buffer), spi.address_of(trans.rx_buffer)
        inline_flags = spi.SPI_TRANS_USE_TXDATA | spi.SPI_TRANS_USE_RXDATA
        if trans.struct_address or not flags & inline_flags:
            return None, tx, rx
        block = machine.allocate_internal(
            2 * spi.INLINE_BYTES, Cap.DMA | Cap.INTERNAL | Cap.BIT8, purpose="SPI transaction data"
        )
        if block is None:
            raise IdfError(EspErr.NO_MEM, "no memory for the data of the transaction")
        if flags & spi.SPI_TRANS_USE_TXDATA:
            machine.memory.store(block.address, trans.tx_data.ljust(spi.INLINE_BYTES, b"\0")[: spi.INLINE_BYTES])
            tx = block.address
        if flags & spi.SPI_TRANS_USE_RXDATA:
            rx = block.address + spi.INLINE_BYTES
        return block, tx, rx

    def _buffer(
        self,
        user: int,
        size: int,
        trans: SpiTransaction,
        received: Span,
        started: Stamp,
        call: str,
        *,
        is_rx: bool,
    ) -> DmaBuffer:
        if not self.bus.uses_dma:
            return DmaBuffer(user, size if user else 0)
        return self.bus.buffers.prepare(
            user,
            size,
            is_rx=is_rx,
            manual=bool(trans.flags & spi.SPI_TRANS_DMA_BUFFER_ALIGN_MANUAL),
            psram=bool(trans.flags & spi.SPI_TRANS_DMA_USE_PSRAM),
            received=received,
            started=started,
            call=call,
        )

    def _own(self, work: Work) -> None:
        """Take the memory that the transaction refers to."""
        machine, trans = self._machine, work.transaction
        completion = "spi_device_get_trans_result()"
        for buffer, write in ((work.tx, False), (work.rx, True)):
            if not buffer.user or not buffer.size:
                continue
            room = max(buffer.size, buffer.room if buffer.address == buffer.user else 0)
            span = Span(buffer.user, buffer.user + room)
            asked = Span(buffer.user, buffer.user + buffer.size)
            check_handover(machine, asked, is_write=write, started=work.started)
            if buffer.block is not None and not write:
                continue  # it was copied; the user may write it again
            inline = write and trans.flags & spi.SPI_TRANS_USE_RXDATA  # it has a whole word
            if room > buffer.size and not inline and not self._has_room(span):
                machine.bus.emit(ShortReceive(label=work.label, asked=buffer.size, written=room, started=work.started))
            work.claim(machine, span, completion, write=write, whole=buffer.block is not None)
            self._judge_pace(work, buffer, write=write)
        if trans.struct_address:
            span = Span(trans.struct_address, trans.struct_address + trans.struct_bytes)
            work.claim(machine, span, completion, write=False, whole=True)

    def _has_room(self, span: Span) -> bool:
        """Whether the words at the end of a reception lie inside the user's object; on a stack other variables follow."""
        thing = self._machine.objects.at(span.low)
        return thing is not None and thing.kind != "stack" and thing.span.covers(span)

    def _judge_pace(self, work: Work, buffer: DmaBuffer, *, write: bool) -> None:
        """Say so when PSRAM used in place can't keep up with the wire."""
        machine, bus = self._machine, self.bus
        if not bus.uses_dma or not esp_ptr_external_ram(machine, buffer.address):
            return
        region = machine.memory.find(buffer.address)
        assert region is not None
        pace = work.frame.clock.time_ps(8) // work.frame.lines
        burst = 32 if bus.release.since("6.0") else DMA_BURST
        needs = engine_ps_per_byte(machine.chip.timing, region.kind, burst, write=write)
        if needs <= pace:
            return
        work.transaction.flags |= spi.SPI_TRANS_DMA_RX_FAIL if write else spi.SPI_TRANS_DMA_TX_FAIL
        machine.bus.emit(
            FeedTooSlow(
                label=work.label,
                region="PSRAM",
                wire_ps_per_byte=pace,
                engine_ps_per_byte=round(needs),
                is_write=write,
                started=work.started,
            )
        )

    def _frame(self, trans: SpiTransaction) -> Frame:
        config, flags = self.config, trans.flags
        half = bool(config.flags & spi.SPI_DEVICE_HALFDUPLEX)
        command = trans.command_bits if flags & spi.SPI_TRANS_VARIABLE_CMD else config.command_bits
        address = trans.address_bits if flags & spi.SPI_TRANS_VARIABLE_ADDR else config.address_bits
        dummy = trans.dummy_bits if flags & spi.SPI_TRANS_VARIABLE_DUMMY else config.dummy_bits
        lines = lines_of(flags)
        sends = bool(flags & spi.SPI_TRANS_USE_TXDATA) or bool(spi.address_of(trans.tx_buffer))
        receives = bool(flags & spi.SPI_TRANS_USE_RXDATA) or bool(spi.address_of(trans.rx_buffer))
        hz = (
            trans.override_freq_hz
            if trans.override_freq_hz and self.bus.release.since("5.5")
            else config.clock_speed_hz
        )
        return Frame(
            clock=self._clock(hz),
            mode=SpiMode(config.mode & 3),
            tx_order=BitOrder.LSB_FIRST if config.flags & spi.SPI_DEVICE_TXBIT_LSBFIRST else BitOrder.MSB_FIRST,
            rx_order=BitOrder.LSB_FIRST if config.flags & spi.SPI_DEVICE_RXBIT_LSBFIRST else BitOrder.MSB_FIRST,
            duplex="half" if half else "full",
            command=Phase(trans.cmd, command, lines if flags & spi.SPI_TRANS_MULTILINE_CMD else 1) if command else None,
            address=Phase(trans.addr, address, lines if flags & spi.SPI_TRANS_MULTILINE_ADDR else 1)
            if address
            else None,
            dummy_clocks=dummy,
            lines=lines,
            one_wire=bool(config.flags & spi.SPI_DEVICE_3WIRE),
            tx_bits=trans.length if sends or not (half or receives) else 0,
            rx_bits=trans.rxlength if receives else 0,
            keep_selected=bool(flags & spi.SPI_TRANS_CS_KEEP_ACTIVE),
        )
