"""The GDMA driver, `esp_private/gdma.h`: channels of the engines, for drivers that build their own lists.

A channel of this driver hands buffers and descriptors over item by item: from `start` on they belong to the engine, and each comes back when it
is done.

What differs by release: up to v5.5 a channel is one direction, with an optional sibling; from v6.0 on one call gives one half or both of a
pair, and weights exist. `gdma_set_transfer_ability` gave way to `gdma_config_transfer` in v5.3.
Source: ESP-IDF components/driver/gdma.c (v4.4), components/esp_hw_support/gdma.c (v5.0), components/esp_hw_support/dma/gdma.c, gdma_etm.c
(v5.1 to v5.5), components/esp_driver_dma/src/gdma.c, gdma_etm.c (v6.0, master).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from dmalab.core.channel import Channel, ChannelState, Direction, Signal
from dmalab.core.engine import Engine
from dmalab.core.machine import BareMachine
from dmalab.idf import gdma_config
from dmalab.idf.driver_object import DriverObject
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.gdma_config import Constraints
from dmalab.idf.release import Release
from dmalab.idf.release import of as release_of

BUSES = {"ahb": "ahb_gdma", "axi": "axi_gdma", "lp": "lp_ahb_gdma"}
BUS_ANY = "any"
CHANNEL_BYTES = 64
MAX_INTR_PRIORITY = 3
SHARED_INTERRUPT = frozenset({"esp32c2", "esp32c3"})
"""Chips on which both halves of a pair have one interrupt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GdmaEvent:
    """What a callback is given."""

    desc_addr: int = 0
    """Descriptor that ended the frame, or was filled last."""
    normal_eof: bool = False
    abnormal_eof: bool = False


GdmaCallback = Callable[["GdmaChannel", GdmaEvent | None], Any]
Event = Literal["recv_eof", "recv_done", "descr_err", "descr_empty", "trans_eof", "link_switch"]

RX_EVENTS: dict[str, tuple[Signal, tuple[str, ...]]] = {
    "recv_eof": (Signal.EOF, ("4.4",)),
    "recv_done": (Signal.DONE, ("5.2",)),
    "descr_err": (Signal.ERROR, ("5.2",)),
    "descr_empty": (Signal.EMPTY, ("6.1",)),
}
"""Signal and first release of each callback of a receiver."""
TX_EVENTS: dict[str, tuple[Signal, tuple[str, ...]]] = {
    "trans_eof": (Signal.EOF, ("4.4",)),
    "descr_err": (Signal.ERROR, ("5.2",)),
    "link_switch": (Signal.SWITCH, ("6.1",)),
}


class _Unmodelled:
    """A device that dmalab has no model of: it never asks for a byte."""

    def __init__(self, title: str) -> None:
        self.title = title

    def push(self, data: bytes) -> None:
        """Takes nothing."""

    def pull(self, size: int) -> bytes:
        """Gives nothing worth having."""
        return bytes(size)


class GdmaChannel(DriverObject):
    """A channel: one direction of a pair."""

    def __init__(
        self,
        machine: BareMachine,
        engine: Engine,
        channel: Channel,
        *,
        isr_cache_safe: bool = False,
        intr_priority: int = 0,
    ) -> None:
        """Wrap a channel that was taken from its engine; see `new_channel` and `new_channels`."""
        super().__init__(machine, CHANNEL_BYTES, "GDMA channel")
        self.engine = engine
        self.core = channel
        self.release: Release = release_of(machine)
        self.isr_cache_safe = isr_cache_safe
        self.intr_priority = intr_priority
        self.reserved: Channel | None = None
        """The other half, kept for a sibling."""
        self.constraints = Constraints()
        self.etm_task = False
        self._callbacks: dict[str, GdmaCallback] = {}
        self._interrupt = False
        channel.hands_over = True
        channel.order = _order(self.release, channel.direction)

    @property
    def title(self) -> str:
        """How reports call it."""
        return f"{self.core.title} ({self.core.direction.name})"

    @property
    def direction(self) -> Direction:
        """TX or RX."""
        return self.core.direction

    @property
    def id(self) -> int:
        """Number of the pair in its group (`gdma_get_channel_id`)."""
        return self.core.number

    @property
    def group_channel_id(self) -> tuple[int, int]:
        """Group and pair."""
        return self.engine.facts.group_id, self.core.number

    def delete(self) -> None:
        """`gdma_del_channel`: neither connection nor a running list is looked at."""
        self.engine.release(self.core)
        if self.reserved is not None:
            self.engine.release(self.reserved)
        self.forget()

    # -- connection --------------------------------------------------------------------------------------------------

    def connect(self, trigger: int, *, bus: str = BUS_ANY, copy: bool = True, name: str = "a peripheral") -> None:
        """Lead the channel to a request id.

        Args:
            trigger: The id; for copies one of `free_m2m_ids`.
            bus: Where the id counts: `ahb`, `axi`, `lp` or `any`.
            copy: Whether this is memory to memory; else a device.
            name: The device, for reports.
        Raises:
            IdfError: INVALID_STATE when the channel is connected, or another channel of this direction has the id; INVALID_ARG for an id of another
                bus.
        """
        if self.core.state is not ChannelState.ALLOCATED:
            raise IdfError(EspErr.INVALID_STATE, f"{self.title} is connected already")
        if bus not in (BUS_ANY, self.engine.facts.bus):
            raise IdfError(EspErr.INVALID_ARG, f"request ids of {bus} mean nothing on {self.engine.title}")
        if self.release.since("4.4.1"):
            for pair in self.engine.pairs:
                other = pair.half(self.direction)
                if other is not self.core and other.trigger == trigger and trigger >= 0:
                    raise IdfError(EspErr.INVALID_STATE, f"request id {trigger} is used by {other.title}")
        self.engine.connect(self.core, trigger, None if copy else _Unmodelled(name))

    def disconnect(self) -> None:
        """Undo `connect`.

        Raises:
            IdfError: INVALID_STATE when there is nothing to undo.
        """
        if self.core.state in (ChannelState.FREE, ChannelState.ALLOCATED):
            raise IdfError(EspErr.INVALID_STATE, f"{self.title} is not connected")
        self.engine.disconnect(self.core)

    @property
    def free_m2m_ids(self) -> int:
        """Mask of the ids a copy may take (`gdma_get_free_m2m_trig_id_mask`)."""
        return sum(1 << number for number in self.engine.free_copy_ids())

    # -- settings ----------------------------------------------------------------------------------------------------

    def apply_strategy(
        self, *, owner_check: bool = False, auto_update_desc: bool = False, eof_till_data_popped: bool = False
    ) -> None:
        """Who checks and who changes owners.

        Args:
            owner_check: A descriptor of the CPU's stops the channel.
            auto_update_desc: TX: descriptors are given back when sent. RX always does that.
            eof_till_data_popped: TX: the end is told when the bytes have left the engine; both are one moment in this model.
        """
        del eof_till_data_popped
        self.core.owner_check = owner_check
        if self.direction is Direction.TX:
            self.core.auto_update = auto_update_desc

    def set_priority(self, priority: int) -> None:
        """Strict priority on the engine's bus.

        Raises:
            IdfError: INVALID_ARG above 5.
        """
        if not 0 <= priority <= gdma_config.MAX_PRIORITY:
            raise IdfError(EspErr.INVALID_ARG, f"priority {priority}; the highest is {gdma_config.MAX_PRIORITY}")
        self.core.priority = priority
        self.engine.rearbitrate()

    def set_weight(self, weight: int) -> None:
        """Share among channels of equal priority; counts when the firmware is built with weighted arbitration. 0 starves the channel.

        Raises:
            IdfError: INVALID_ARG above 15; NOT_SUPPORTED on engines that don't weigh.
        """
        if not 0 <= weight <= gdma_config.MAX_WEIGHT:
            raise IdfError(EspErr.INVALID_ARG, f"weight {weight}; the largest is {gdma_config.MAX_WEIGHT}")
        if not self.engine.facts.weighted_arbitration:
            raise IdfError(EspErr.NOT_SUPPORTED, f"{self.engine.title} does not weigh its channels")
        self.core.weight = weight
        self.engine.rearbitrate()

    def set_transfer_ability(self, *, sram_trans_align: int = 0, psram_trans_align: int = 0) -> None:
        """The way to set bursts up to v5.2.

        Raises:
            IdfError: INVALID_ARG, see `gdma_config.set_ability`.
        """
        self.constraints = gdma_config.set_ability(
            self.core, self.machine.chip, self.release, sram_align=sram_trans_align, psram_align=psram_trans_align
        )

    def config_transfer(self, *, max_data_burst_size: int = 0, access_ext_mem: bool = False) -> None:
        """Set the data burst, from v5.3 on.

        Raises:
            IdfError: INVALID_ARG, see `gdma_config.configure`.
        """
        self.constraints = gdma_config.configure(
            self.engine,
            self.machine.chip,
            self.core,
            self.release,
            burst=max_data_burst_size,
            access_ext_mem=access_ext_mem,
        )

    # -- running -----------------------------------------------------------------------------------------------------

    def start(self, head: int) -> None:
        """Load a list and run.

        Raises:
            IdfError: INVALID_STATE while an ETM task starts the channel.
        """
        self._check_software()
        if self.core.state is ChannelState.ALLOCATED:
            # Nothing asks for bytes; the address is loaded all the same.
            self.core.head = head
            return
        self.engine.start(self.core, head)

    def stop(self) -> None:
        """Stop fetching.

        Raises:
            IdfError: INVALID_STATE while an ETM task starts the channel.
        """
        self._check_software()
        self.engine.stop(self.core)

    def append(self) -> None:
        """Go on behind the last descriptor, whose link has changed since."""
        if self.core.state is not ChannelState.ALLOCATED:
            self.engine.append(self.core)

    def reset(self) -> None:
        """Bring the channel's machinery to its beginning; connection, strategy and burst stay."""
        self.engine.reset(self.core)

    def _check_software(self) -> None:
        if self.etm_task:
            raise IdfError(EspErr.INVALID_STATE, f"{self.title} is started by an ETM task")

    # -- callbacks ---------------------------------------------------------------------------------------------------

    def register_callbacks(
        self, direction: Direction, callbacks: dict[str, GdmaCallback], *, in_iram: bool = True
    ) -> None:
        """Replace the callbacks; events without one raise no interrupt.

        Args:
            direction: Whose callbacks these are: must be the channel's.
            callbacks: By event: `recv_eof`, `recv_done`, `descr_err`, `descr_empty` or `trans_eof`, `descr_err`, `link_switch`.
            in_iram: Whether all of them lie in instruction RAM and their argument in internal memory.
        Raises:
            IdfError: INVALID_ARG for the other direction, for callbacks outside instruction RAM on a channel with a cache-safe interrupt, or for
                an interrupt priority that differs from the other half's where they share one; NOT_SUPPORTED for link switches on old engines.
        """
        if direction is not self.direction:
            raise IdfError(EspErr.INVALID_ARG, f"{self.title}: callbacks for {direction.name}")
        if self.isr_cache_safe and callbacks and not in_iram:
            raise IdfError(
                EspErr.INVALID_ARG,
                "a callback of a cache-safe interrupt must lie in IRAM, its argument in internal RAM",
            )
        if "link_switch" in callbacks and _is_v1(self.engine):
            raise IdfError(EspErr.NOT_SUPPORTED, f"{self.engine.title} has no link switch event")
        self._install_interrupt()
        self._callbacks = dict(callbacks)
        self.core.on_eof = self._eof if {"recv_eof", "trans_eof"} & callbacks.keys() else None
        self.core.on_done = self._done if "recv_done" in callbacks else None
        self.core.on_error = self._error if "descr_err" in callbacks else None
        self.core.on_empty = self._empty if "descr_empty" in callbacks else None
        self.core.on_switch = None

    def request_link_switch_event(self) -> None:
        """Have the next change to another link item told.

        Raises:
            IdfError: INVALID_ARG on a receiver, NOT_SUPPORTED on old engines, INVALID_STATE without a callback.
        """
        if self.direction is not Direction.TX:
            raise IdfError(EspErr.INVALID_ARG, "a receiver has no link switch event")
        if _is_v1(self.engine):
            raise IdfError(EspErr.NOT_SUPPORTED, f"{self.engine.title} has no link switch event")
        if "link_switch" not in self._callbacks:
            raise IdfError(EspErr.INVALID_STATE, "no callback for link switches")
        self.core.on_switch = self._switched

    def _install_interrupt(self) -> None:
        if self._interrupt:
            return
        pair = self.engine.pairs[self.core.number]
        if self.machine.chip.name in SHARED_INTERRUPT:
            for other in self.machine.drivers:
                shares = isinstance(other, GdmaChannel) and other.core in (pair.tx, pair.rx) and other is not self
                if shares and other._interrupt and other.intr_priority != self.intr_priority:  # type: ignore[attr-defined]  # noqa: SLF001
                    raise IdfError(EspErr.INVALID_ARG, "both halves share an interrupt, which has another priority")
        self._interrupt = True

    def _call(self, event: str, data: GdmaEvent | None) -> None:
        callback = self._callbacks.get(event)
        if callback is not None:
            callback(self, data)

    def _eof(self, address: int) -> None:
        event = "recv_eof" if self.direction is Direction.RX else "trans_eof"
        self._call(event, GdmaEvent(desc_addr=address, normal_eof=True))

    def _done(self, address: int) -> None:
        self._call("recv_done", GdmaEvent(desc_addr=address))

    def _error(self, _why: str) -> None:
        self._call("descr_err", None)

    def _empty(self) -> None:
        self._call("descr_empty", None)

    def _switched(self, address: int) -> None:
        self.core.on_switch = None
        self._call("link_switch", GdmaEvent(desc_addr=address))


def _is_v1(engine: Engine) -> bool:
    return engine.facts.name == "ahb_gdma" and engine.facts.version == 1


def _order(release: Release, direction: Direction) -> tuple[Signal, ...]:
    """In which order one interrupt serves its events."""
    if direction is Direction.TX:
        return Signal.EOF, Signal.ERROR, Signal.SWITCH
    if release.since("5.4"):
        return Signal.ERROR, Signal.EMPTY, Signal.DONE, Signal.EOF
    return Signal.DONE, Signal.ERROR, Signal.EOF, Signal.EMPTY


# -- allocation --------------------------------------------------------------------------------------------------------


def _engine(machine: BareMachine, bus: str) -> Engine:
    engine = machine.engines.get(BUSES.get(bus, ""))
    if engine is None:
        have = ", ".join(name for name, key in BUSES.items() if key in machine.engines) or "none"
        raise IdfError(EspErr.NOT_SUPPORTED, f"{machine.chip.name} has no GDMA on bus '{bus}'; there is: {have}")
    return engine


def new_channel(
    machine: BareMachine,
    direction: Direction,
    *,
    bus: str = "ahb",
    sibling: GdmaChannel | None = None,
    reserve_sibling: bool = False,
    isr_cache_safe: bool = False,
) -> GdmaChannel:
    """`gdma_new_ahb_channel` and `gdma_new_axi_channel` up to v5.5: one half of a pair.

    Args:
        machine: Where.
        direction: Which half.
        bus: `ahb` or `axi`.
        sibling: Take the other half of this one's pair.
        reserve_sibling: Keep the other half for a sibling.
        isr_cache_safe: v5.5: the interrupt runs while the cache is off, so callbacks must lie in IRAM.
    Raises:
        IdfError: INVALID_ARG for a sibling of the same direction, NOT_FOUND when no pair has the half free, NO_MEM.
    """
    engine = _engine(machine, bus)
    if sibling is not None and sibling.direction is direction:
        raise IdfError(EspErr.INVALID_ARG, "a sibling of the same direction")
    channel, reserved = _half(engine, direction, sibling, reserve_sibling=reserve_sibling)
    try:
        made = GdmaChannel(machine, engine, channel, isr_cache_safe=isr_cache_safe)
    except IdfError:
        engine.release(channel)
        if reserved is not None:
            engine.release(reserved)
        raise
    made.reserved = reserved
    return made


def _half(
    engine: Engine, direction: Direction, sibling: GdmaChannel | None, *, reserve_sibling: bool
) -> tuple[Channel, Channel | None]:
    if sibling is not None:
        if sibling.reserved is not None:
            taken, sibling.reserved = sibling.reserved, None
            return taken, None
        other = engine.pairs[sibling.core.number].half(direction)
        if other.state is ChannelState.FREE:
            other.move("allocate")
            return other, None
        raise IdfError(EspErr.NOT_FOUND, f"the other half of pair {other.number} is taken")
    if reserve_sibling:
        pair = engine.allocate_pair(for_copy=False)
        if pair is None:
            raise IdfError(EspErr.NOT_FOUND, f"no free channel pair on {engine.title}")
        other = pair.rx if direction is Direction.TX else pair.tx
        return pair.half(direction), other
    channel = engine.allocate(direction)
    if channel is None:
        raise IdfError(EspErr.NOT_FOUND, f"no free {direction.name} channel on {engine.title}")
    return channel, None


def new_channels(
    machine: BareMachine,
    *,
    bus: str = "ahb",
    tx: bool = True,
    rx: bool = True,
    isr_cache_safe: bool = False,
    intr_priority: int = 0,
) -> tuple[GdmaChannel | None, GdmaChannel | None]:
    """`gdma_new_ahb_channel`, `gdma_new_axi_channel` and `gdma_new_lp_ahb_channel` from v6.0 on: one half, or both of a copy-capable pair.

    Args:
        machine: Where.
        bus: `ahb`, `axi` or `lp`.
        tx: Whether a sender is wanted.
        rx: Whether a receiver is wanted.
        isr_cache_safe: The interrupt runs while the cache is off, so callbacks must lie in IRAM.
        intr_priority: v6.1 on: 0 for the default, up to 3.
    Returns:
        Sender and receiver; None for what was not wanted.
    Raises:
        IdfError: INVALID_ARG when neither is wanted or for the priority, NOT_FOUND when nothing suitable is free, NO_MEM.
    """
    if not tx and not rx:
        raise IdfError(EspErr.INVALID_ARG, "neither a sender nor a receiver is wanted")
    if not 0 <= intr_priority <= MAX_INTR_PRIORITY:
        raise IdfError(EspErr.INVALID_ARG, f"interrupt priority {intr_priority}")
    engine = _engine(machine, bus)
    taken: list[Channel] = []
    if tx and rx:
        pair = engine.allocate_pair(for_copy=True)
        taken = [pair.tx, pair.rx] if pair is not None else []
    else:
        channel = engine.allocate(Direction.TX if tx else Direction.RX)
        taken = [channel] if channel is not None else []
    if not taken:
        raise IdfError(EspErr.NOT_FOUND, f"no free channel on {engine.title}")
    made: list[GdmaChannel] = []
    try:
        for channel in taken:
            made.append(
                GdmaChannel(machine, engine, channel, isr_cache_safe=isr_cache_safe, intr_priority=intr_priority)
            )
    except IdfError:
        for one in made:
            one.forget()
        for channel in taken:
            engine.release(channel)
        raise
    return (
        next((one for one in made if one.direction is Direction.TX), None),
        next((one for one in made if one.direction is Direction.RX), None),
    )
