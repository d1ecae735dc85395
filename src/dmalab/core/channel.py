"""Channels of a DMA engine and the states they go through.

                 connect            start              end of list, stop, error
        FREE -------> ALLOCATED -------> CONNECTED -------> RUNNING -------> CONNECTED
          ^  allocate     ^   disconnect    |  ^               |
          +---------------+<----------------+  +---- start ----+   (starting again reloads the list)
             release                        append: go on where the list had ended

The state is kept in one place and changed by one table. ESP-IDF itself keeps no "started" state: starting a running
channel just loads the new list, so that edge is legal here too.
Source: ESP-IDF components/esp_driver_dma/src/gdma.c @102122904ad (gdma_connect, gdma_disconnect, gdma_start, gdma_stop,
gdma_append).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from dmalab.core.events import Stamp
from dmalab.core.peripheral import Peripheral


class ChannelState(Enum):
    """Where a channel stands."""

    FREE = "not allocated"
    ALLOCATED = "allocated, not connected"
    CONNECTED = "connected, no list running"
    RUNNING = "working on a list"

    # Members are one of a kind. The hash of `Enum` is a function in Python, and states are looked up all the time.
    __hash__ = object.__hash__


NEXT = {  # (state, verb): state. What is absent is an error, never a silent no-op.
    (ChannelState.FREE, "allocate"): ChannelState.ALLOCATED,
    (ChannelState.ALLOCATED, "connect"): ChannelState.CONNECTED,
    (ChannelState.ALLOCATED, "release"): ChannelState.FREE,
    (ChannelState.ALLOCATED, "stop"): ChannelState.ALLOCATED,
    (ChannelState.CONNECTED, "disconnect"): ChannelState.ALLOCATED,
    (ChannelState.CONNECTED, "release"): ChannelState.FREE,
    (ChannelState.CONNECTED, "start"): ChannelState.RUNNING,
    (ChannelState.CONNECTED, "append"): ChannelState.RUNNING,
    (ChannelState.CONNECTED, "stop"): ChannelState.CONNECTED,
    (ChannelState.RUNNING, "start"): ChannelState.RUNNING,
    (ChannelState.RUNNING, "append"): ChannelState.RUNNING,
    (ChannelState.RUNNING, "stop"): ChannelState.CONNECTED,
    (ChannelState.RUNNING, "finish"): ChannelState.CONNECTED,
}


class ChannelStateError(RuntimeError):
    """A call the channel's state does not allow."""


class Direction(Enum):
    """Which way a channel moves bytes, seen from memory."""

    TX = "mem_to_dev"
    RX = "dev_to_mem"


class Signal(Enum):
    """What a channel can raise an interrupt for."""

    EOF = "end of frame"
    ERROR = "descriptor error"
    EMPTY = "list used up"
    DONE = "descriptor done"
    SWITCH = "next link begun"


class Channel:
    """One direction of a pair.

    The `on_…` handlers run in interrupt context. What happens between two deliveries is delivered together, in the
    order of `order`.
    """

    def __init__(self, engine: str, number: int, direction: Direction) -> None:
        self.title = f"{engine} channel {number}"
        """How reports call it."""
        self.number = number
        self.direction = direction
        self.state = ChannelState.FREE
        self.order: tuple[Signal, ...] = (Signal.ERROR, Signal.EMPTY, Signal.DONE, Signal.EOF, Signal.SWITCH)
        """In which order one interrupt serves several signals."""
        self.head = 0
        """Address of the first descriptor, as it was given."""
        self._pending: list[tuple[Signal, object]] = []
        self.reset_configuration()

    def reset_configuration(self) -> None:
        """What a freshly allocated channel is set to."""
        self.trigger: int | None = None
        """Request id the channel is connected to."""
        self.peripheral: Peripheral | None = None
        """The device at the far end; None copies memory, together with the other half."""
        self.owner_check = False
        self.auto_update = self.direction is Direction.RX
        """Whether descriptors are given back to the CPU when done; always for RX."""
        self.burst = 0
        """Data burst in bytes; 0 for single beats."""
        self.priority = 0
        self.weight = 1
        """Share of the bus among channels of equal priority, where the engine weighs them."""
        self.hands_over = False
        """Whether a start hands buffers and descriptors to the engine, item by item; else a driver above sees to that."""
        self.on_eof: Callable[[int], None] | None = None
        """Called with the address of the descriptor that ended the frame."""
        self.on_error: Callable[[str], None] | None = None
        """Called with the reason when the list is broken or an item belongs to the CPU."""
        self.on_done: Callable[[int], None] | None = None
        """RX: called with the address of the last of the descriptors that were filled."""
        self.on_empty: Callable[[], None] | None = None
        """RX: called when bytes arrive and the list is used up."""
        self.on_switch: Callable[[int], None] | None = None
        """TX: called with the address of the item that the engine has just gone on to."""
        self.started_of: Callable[[int], Stamp] | None = None
        """Says who asked for the work that begins with the descriptor at this address, where a start or an append does not tell."""
        self.hardware_eof: Callable[[], None] | None = None
        """Told of the end of a frame by hardware, without an interrupt: the event task matrix."""
        self._pending.clear()

    def move(self, verb: str) -> None:
        """Change state.

        Raises:
            ChannelStateError: the state does not know the verb.
        """
        after = NEXT.get((self.state, verb))
        if after is None:
            known = [word for state, word in NEXT if state is self.state]
            raise ChannelStateError(
                f"{self.title} ({self.direction.value}): {verb} while {self.state.name} ({self.state.value}); "
                f"possible: {', '.join(known)}"
            )
        self.state = after

    def listens(self, signal: Signal) -> bool:
        """Whether the interrupt for this signal is enabled."""
        return self._handler(signal) is not None

    def raise_signal(self, signal: Signal, about: object, request: Callable[[Callable[[], None]], None]) -> None:
        """Latch a signal and ask for an interrupt, unless nobody listens or one is on its way.

        Args:
            signal: What happened.
            about: The handler's argument.
            request: How an interrupt is asked for.
        """
        if self._handler(signal) is None:
            return
        first = not self._pending
        self._pending = [one for one in self._pending if one[0] is not signal]
        self._pending.append((signal, about))
        if first:
            request(self._deliver)

    def _deliver(self) -> None:
        """The interrupt: status is read and cleared once, then every signal is served."""
        pending, self._pending = self._pending, []
        if len(pending) > 1:
            pending.sort(key=lambda one: self.order.index(one[0]))
        for signal, about in pending:
            handler = self._handler(signal)
            if handler is not None:
                handler() if signal is Signal.EMPTY else handler(about)

    def _handler(self, signal: Signal) -> Callable[..., None] | None:
        if signal is Signal.EOF:
            return self.on_eof
        if signal is Signal.ERROR:
            return self.on_error
        if signal is Signal.EMPTY:
            return self.on_empty
        return self.on_done if signal is Signal.DONE else self.on_switch


class Pair:
    """A TX and an RX channel that can work as one memory-to-memory copier."""

    def __init__(self, engine: str, number: int) -> None:
        self.number = number
        self.tx = Channel(engine, number, Direction.TX)
        self.rx = Channel(engine, number, Direction.RX)

    @property
    def free(self) -> bool:
        """Whether neither half is taken."""
        return self.tx.state is ChannelState.FREE and self.rx.state is ChannelState.FREE

    def half(self, direction: Direction) -> Channel:
        """The channel of one direction."""
        return self.tx if direction is Direction.TX else self.rx
