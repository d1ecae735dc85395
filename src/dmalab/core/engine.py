"""A DMA engine: fetches descriptors, moves bytes over virtual time, reports ends and errors.

The engine knows its channels and their lists. Bytes move in `copies`, when both ends are memory, or in a `flow`, at the
pace of a device; always lazily (see `transfer`), and always before anybody can look at them. What the engine sees is
memory, never a cache line; `Memory` judges that.

Not modelled: bandwidth lost to the core's own traffic and to devices, the 4 KiB burst boundary, single prefetched
descriptors (see `leg`).
Sources: ESP-IDF gdma driver and HAL @102122904ad; timing per chip file.
"""

from __future__ import annotations

from collections.abc import Callable

from dmalab.chips.model import Engine as EngineFacts
from dmalab.chips.model import Timing
from dmalab.core.channel import Channel, ChannelState, ChannelStateError, Direction, Pair, Signal
from dmalab.core.clock import Clock
from dmalab.core.copies import Copies
from dmalab.core.engine_events import FrameUnheard, ListAbandoned, ListBroken, RingExhausted
from dmalab.core.events import EventBus, Stamp, TransferEnded, TransferStarted
from dmalab.core.flow import Flow
from dmalab.core.leg import Stop
from dmalab.core.memory import BadAddress, Memory
from dmalab.core.peripheral import Peripheral
from dmalab.core.reach import Reach
from dmalab.core.reader import ListReader
from dmalab.core.side import Side
from dmalab.core.spans import Span
from dmalab.core.tasks import Interrupts
from dmalab.core.transfer import Outcome, Transfer


class Engine:
    """One engine with its channel pairs."""

    def __init__(
        self,
        facts: EngineFacts,
        timing: Timing,
        memory: Memory,
        clock: Clock,
        interrupts: Interrupts,
        bus: EventBus,
        *,
        link_base: int = 0,
        psram_align: int = 1,
    ) -> None:
        """Build one engine.

        Args:
            facts: What the chip's description says about it.
            timing: How long things take.
            memory: What it reads and writes.
            clock: Virtual time.
            interrupts: Where its interrupts go.
            bus: Who hears what happens.
            link_base: An address in the memory that short link addresses mean (see `Engine.link_address_bits` of the
                facts).
            psram_align: What encryption or error correction demands of addresses and sizes in PSRAM.
        """
        self.facts = facts
        self.title = facts.title
        self.pairs = [Pair(facts.title, number) for number in range(facts.pairs)]
        self.weighted = False
        """Whether weights count; a build option of the firmware."""
        self.check_handover: Callable[[Span, bool, Stamp], None] = lambda _span, _write, _started: None
        """Judges a range that is handed over; set by the machine, which knows the objects in memory."""
        self._memory = memory
        self._clock = clock
        self._interrupts = interrupts
        self._bus = bus
        self._reader = ListReader(facts, memory)
        self._link_base = link_base
        self._sides: dict[Channel, Side] = {}
        self._flows: list[Flow] = []
        self._reach = Reach(facts, memory, bus, psram_align)
        self._copies = Copies(self, timing, memory, clock, bus, self._reach)

    # -- channels ----------------------------------------------------------------------------------------------------

    def allocate(self, direction: Direction) -> Channel | None:
        """Take the lowest free half of a direction; None when there is none."""
        for pair in self.pairs:
            channel = pair.half(direction)
            if channel.state is ChannelState.FREE:
                channel.move("allocate")
                return channel
        return None

    def allocate_pair(self, *, for_copy: bool) -> Pair | None:
        """Take the lowest pair with both halves free; only copy-capable ones when `for_copy`. None when there is none."""
        for pair in self.pairs:
            if pair.free and (not for_copy or self.facts.m2m_pair_mask >> pair.number & 1):
                pair.tx.move("allocate")
                pair.rx.move("allocate")
                return pair
        return None

    def free_copy_ids(self) -> list[int]:
        """The request ids for copies that no channel uses, lowest first."""
        used = {channel.trigger for pair in self.pairs for channel in (pair.tx, pair.rx)}
        return [number for number in sorted(self.facts.m2m_free_ids) if number not in used]

    def free_copy_id(self) -> int | None:
        """The lowest request id for copies that no channel uses."""
        return next(iter(self.free_copy_ids()), None)

    def connect(self, channel: Channel, trigger: int | None, peripheral: Peripheral | None = None) -> None:
        """Lead a channel to a device, or to the other half of its pair.

        Raises:
            ChannelStateError: it is connected already, or not allocated.
        """
        channel.move("connect")
        channel.trigger = trigger
        channel.peripheral = peripheral

    def disconnect(self, channel: Channel) -> None:
        """Undo `connect`; what runs stops.

        Raises:
            ChannelStateError: it is not connected.
        """
        if channel.state is ChannelState.RUNNING:
            self.stop(channel)
        channel.move("disconnect")
        channel.trigger = channel.peripheral = None

    def release(self, channel: Channel) -> None:
        """Give a channel back; what runs on it stops."""
        side = self._sides.get(channel)
        if side is not None and channel.hands_over and self.busy(channel):
            self._misused(channel, "removed", side)
        if channel.state is ChannelState.RUNNING:
            self.stop(channel)
        self._forget(channel)
        channel.move("release")
        channel.reset_configuration()

    def release_pair(self, pair: Pair) -> None:
        """Give both halves back."""
        self.release(pair.rx)
        self.release(pair.tx)

    # -- running -----------------------------------------------------------------------------------------------------

    def start(self, channel: Channel, head: int, started: Stamp | None = None) -> None:
        """Load a list and run. A copy begins when both halves of the pair are running; a device decides itself when bytes move.

        Args:
            channel: Which half.
            head: Address of the first descriptor.
            started: Where the request was made; here and now when left out.
        Raises:
            ChannelStateError: the channel is not connected.
        """
        if channel.state is ChannelState.RUNNING:
            side = self._sides.get(channel)
            self.catch_up()
            if side is not None and channel.hands_over and self.busy(channel):
                self._misused(channel, "restarted", side)
            self._halt(channel)
        self._forget(channel)
        channel.move("start")
        channel.head = head
        side = Side(channel, self._memory, self._reader, started or self._memory.stamp(), self.catch_up)
        self._sides[channel] = side
        side.load(self._reader.head_address(head, self._link_base))
        self._judge_leg(side)
        if not side.refill():
            self.ran_dry(side)
        elif channel.peripheral is None:
            self.try_copy(self.pairs[channel.number])

    def append(self, channel: Channel) -> None:
        """Go on where the list had ended, which has grown since.

        Raises:
            ChannelStateError: the channel is not connected.
        """
        side = self._sides.get(channel)
        if side is None:
            channel.move("append")
            channel.move("stop")
            self._bus.emit(
                ListAbandoned(channel=channel.title, kind="appended", left=0, started=Stamp(), by=self._memory.stamp())
            )
            return
        self.catch_up()
        side.started = self._memory.stamp()
        if side.pending and side.leg.stop is not Stop.END:
            return
        if not side.pending and not side.look_again():
            return
        if side.leg.stop is Stop.END and side.pending:
            self._peek_end(side)
        channel.move("append")
        if channel.peripheral is None:
            self.try_copy(self.pairs[channel.number])

    def _peek_end(self, side: Side) -> None:
        """A list that is still in work may have grown behind its last descriptor."""
        leg = side.leg
        try:
            region, offset, _ = self._memory.locate(leg.last + 8, 4)
        except BadAddress:
            return
        leg.following = int.from_bytes(region.mem[offset : offset + 4].tobytes(), "little")
        leg.stop = Stop.GOES_ON if leg.following else Stop.END

    def stop(self, channel: Channel) -> None:
        """Stop fetching; what has arrived so far stays.

        Raises:
            ChannelStateError: the channel is not allocated.
        """
        self.catch_up()
        self._halt(channel)
        side = self._sides.get(channel)
        if side is not None:
            side.release_claims()
        channel.move("stop")

    def reset(self, channel: Channel) -> None:
        """Bring a channel's machinery back to its beginning; connection and settings stay."""
        if channel.state is ChannelState.RUNNING:
            self.stop(channel)
        self._forget(channel)

    def busy(self, channel: Channel) -> bool:
        """Whether the engine is in the middle of this channel's list."""
        if self._copies.uses(channel):
            return True
        if any(flow.uses(channel) for flow in self._flows):
            return True
        side = self._sides.get(channel)
        return channel.state is ChannelState.RUNNING and side is not None and side.pending and not side.frames

    def catch_up(self) -> None:
        """Move all bytes that had moved by now on the chip."""
        self._copies.catch_up()
        for flow in list(self._flows):
            flow.catch_up()

    def moved(self, pair: Pair) -> int:
        """Bytes that the pair has moved since it was started; 0 when nothing runs."""
        return self._copies.moved(pair)

    def side(self, channel: Channel) -> Side | None:
        """Where a channel is in its list; None before its first start."""
        return self._sides.get(channel)

    def _forget(self, channel: Channel) -> None:
        side = self._sides.pop(channel, None)
        if side is not None:
            side.release_claims()

    def _halt(self, channel: Channel) -> None:
        """End what runs on a channel."""
        self._copies.stop(channel)
        for flow in [flow for flow in self._flows if flow.uses(channel)]:
            flow.cancel()

    def _misused(self, channel: Channel, kind: str, side: Side) -> None:
        segments = side.leg.segments(side.moved)
        self._bus.emit(
            ListAbandoned(
                channel=channel.title,
                kind="restarted" if kind == "restarted" else "removed",
                left=side.left,
                started=side.started,
                by=self._memory.stamp(),
                span=segments[0].span if segments else None,
            )
        )

    # -- copies ------------------------------------------------------------------------------------------------------

    def try_copy(self, pair: Pair) -> None:
        """Begin to move when both halves have something to do."""
        tx, rx = self._sides.get(pair.tx), self._sides.get(pair.rx)
        if tx is None or rx is None or self._copies.uses(pair.tx):
            return
        if pair.tx.state is not ChannelState.RUNNING or pair.rx.state is not ChannelState.RUNNING:
            return
        if not self.refill(tx):
            self.ran_dry(tx)
        elif tx.left and not self.refill(rx):
            self.ran_dry(rx)
        else:
            self._copies.begin(pair, tx, rx)

    def rearbitrate(self) -> None:
        """Priorities or weights have changed."""
        self.catch_up()
        self._copies.plan()

    def reaches(self, span: Span, *, write: bool) -> bool:
        """Whether one region that the hardware can read or write serves the whole span."""
        return self._reach.covers(span, write=write)

    # -- devices -----------------------------------------------------------------------------------------------------

    def exchange(
        self,
        *,
        tx: Channel | None = None,
        rx: Channel | None = None,
        tx_bytes: int = 0,
        rx_bytes: int = 0,
        ps_per_byte: int,
        done: Callable[[], None] | None = None,
        label: str = "",
    ) -> Flow:
        """Let a device move bytes through channels that were started before.

        Args:
            tx: Where bytes for the device come from; None for a device that takes none.
            rx: Where bytes from the device go.
            tx_bytes: How many the device takes.
            rx_bytes: How many it gives; the frame ends behind them.
            ps_per_byte: Pace of the wire.
            done: Called when the last byte has moved, at that moment and not in an interrupt.
            label: What this is, for reports, such as `SPI2 transaction of 64 bytes`.
        Raises:
            ChannelStateError: a channel was not started, or is busy with another exchange.
        """
        for channel in (tx, rx):
            if channel is None:
                continue
            if channel.state is not ChannelState.RUNNING:
                raise ChannelStateError(f"{channel.title} ({channel.direction.value}): exchange before start")
            if any(flow.uses(channel) for flow in self._flows):
                raise ChannelStateError(f"{channel.title} ({channel.direction.value}): two exchanges at a time")
        flow = Flow(
            self,
            self._memory,
            self._clock,
            tx=self._sides[tx] if tx is not None else None,
            rx=self._sides[rx] if rx is not None else None,
            tx_bytes=tx_bytes,
            rx_bytes=rx_bytes,
            ps_per_byte=ps_per_byte,
            done=done,
            label=label,
        )
        self._flows.append(flow)
        flow.begin()
        return flow

    def flow_ended(self, flow: Flow, outcome: Outcome) -> None:
        """A flow tells its end: statistics, and channels whose list is used up come to rest."""
        if flow in self._flows:
            self._flows.remove(flow)
        for transfer in flow.transfers:
            transfer.outcome = outcome
            self._bus.emit(TransferEnded(transfer=transfer))
        if outcome is not Outcome.STOPPED:
            for side in flow.sides:
                self.rest(side)

    def begin_transfer(self, transfer: Transfer) -> None:
        """A flow tells that it begins."""
        self._bus.emit(TransferStarted(transfer=transfer))
        self._reach.report_unreachable(transfer)

    # -- lists, for copies and flows ---------------------------------------------------------------------------------

    def refill(self, side: Side) -> bool:
        """Go on to the next leg; whether there is one."""
        before = side.leg
        ready = side.refill()
        if side.leg is not before:
            self._judge_leg(side)
            if side.channel.on_switch is not None and side.leg.groups:
                self._raise(side.channel, Signal.SWITCH, side.leg.groups[0].at)
        return ready

    # -- ends --------------------------------------------------------------------------------------------------------

    def end_frame(self, side: Side, transfer: Transfer) -> None:
        """A frame ends at the side's present position."""
        last = side.give_back(transfer, eof=True)
        channel = side.channel
        sending = channel.direction is Direction.TX
        if not sending:
            self._raise(channel, Signal.DONE, last)
        self._raise(channel, Signal.EOF, last)
        if channel.hands_over and not sending and not channel.listens(Signal.EOF) and channel.hardware_eof is None:
            stamp = self._memory.stamp()
            self._bus.emit(FrameUnheard(channel=channel.title, size=transfer.moved, started=side.started, ended=stamp))
        if channel.hardware_eof is not None:
            self._clock.schedule(0, channel.hardware_eof)

    def give_back(self, side: Side, transfer: Transfer) -> None:
        """Return what is done."""
        last = side.give_back(transfer)
        if last and side.channel.direction is Direction.RX:
            self._raise(side.channel, Signal.DONE, last)

    def rest(self, side: Side) -> None:
        """A receiver whose list has no more room is done; one that has come to a descriptor of the core's waits until bytes arrive."""
        waits = side.leg.stop in (Stop.GOES_ON, Stop.FOREIGN)
        if side.channel.state is ChannelState.RUNNING and not side.pending and not waits:
            side.channel.move("finish")

    def ran_dry(self, side: Side) -> None:
        """A list has nothing more although the engine wants to go on."""
        channel, leg = side.channel, side.leg
        sending = channel.direction is Direction.TX
        if channel.state is ChannelState.RUNNING:
            channel.move("finish")
        if leg.stop is Stop.END or leg.stop is Stop.GOES_ON:
            why = "the sending list ends without an end-of-frame mark" if sending else "the receiving list is used up"
            if leg.stop is Stop.GOES_ON:
                why = "no descriptor of the list has any bytes"
            if not sending:
                handled = channel.listens(Signal.EMPTY)
                self._raise(channel, Signal.EMPTY, None)
                if handled:
                    return
        else:
            why = leg.why
            self._raise(channel, Signal.ERROR, why)
        if leg.stop is Stop.FOREIGN and not sending and side.lists:
            event: object = RingExhausted(
                channel=channel.title,
                at=leg.following,
                items=side.lists,
                started=side.started,
                noticed=self._memory.stamp(),
            )
        elif leg.stop is Stop.FOREIGN and sending and side.frames:
            return  # a ring whose sender has caught up: the next frame is not ready yet
        else:
            event = ListBroken(
                channel=channel.title,
                direction="sending" if sending else "receiving",
                why=why,
                at=leg.following,
                moved=side.total,
                items=side.lists,
                started=side.started,
                noticed=self._memory.stamp(),
            )
        if channel.hands_over or side.total:
            self._bus.emit(event)

    def _raise(self, channel: Channel, signal: Signal, about: object) -> None:
        channel.raise_signal(signal, about, self._request)

    def _request(self, deliver: Callable[[], None]) -> None:
        # Not at once: a handler may start the channel again, and the engine must be done with what it is doing.
        self._clock.schedule(0, lambda: self._interrupts.request(deliver))

    def _judge_leg(self, side: Side) -> None:
        """What is handed over must fit the objects it lies in, and the engine."""
        channel = side.channel
        if not channel.hands_over:
            return
        write = channel.direction is Direction.RX
        for segment in side.leg.segments(0):
            self.check_handover(segment.span, write, side.started)
            self._reach.judge_alignment(channel, segment.span, side.started)
