"""Channels of a DMA engine and the states they go through.

                 connect            start              end of list, stop, error
        FREE -------> ALLOCATED -------> CONNECTED -------> RUNNING -------> CONNECTED
          ^  allocate     ^   disconnect    |  ^               |
          +---------------+<----------------+  +---- start ----+   (starting again reloads the list)
             release

The state is kept in one place and changed by one table. ESP-IDF itself keeps no "started" state: starting a running channel just loads
the new list, so that edge is legal here too.
Source: ESP-IDF components/esp_driver_dma/src/gdma.c @102122904ad (gdma_connect, gdma_disconnect, gdma_start, gdma_stop).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum


class ChannelState(Enum):
    """Where a channel stands."""

    FREE = "not allocated"
    ALLOCATED = "allocated, not connected"
    CONNECTED = "connected, no list running"
    RUNNING = "working on a list"


NEXT = {  # (state, verb): state. What is absent is an error, never a silent no-op.
    (ChannelState.FREE, "allocate"): ChannelState.ALLOCATED,
    (ChannelState.ALLOCATED, "connect"): ChannelState.CONNECTED,
    (ChannelState.ALLOCATED, "release"): ChannelState.FREE,
    (ChannelState.CONNECTED, "disconnect"): ChannelState.ALLOCATED,
    (ChannelState.CONNECTED, "release"): ChannelState.FREE,
    (ChannelState.CONNECTED, "start"): ChannelState.RUNNING,
    (ChannelState.CONNECTED, "stop"): ChannelState.CONNECTED,
    (ChannelState.RUNNING, "start"): ChannelState.RUNNING,
    (ChannelState.RUNNING, "stop"): ChannelState.CONNECTED,
    (ChannelState.RUNNING, "finish"): ChannelState.CONNECTED,
}


class ChannelStateError(RuntimeError):
    """A call the channel's state does not allow."""


class Direction(Enum):
    """Which way a channel moves bytes, seen from memory."""

    TX = "mem_to_dev"
    RX = "dev_to_mem"


class Channel:
    """One direction of a pair."""

    def __init__(self, engine: str, number: int, direction: Direction) -> None:
        self.engine = engine
        self.number = number
        self.direction = direction
        self.state = ChannelState.FREE
        self.trigger: int | None = None
        """Request id the channel is connected to."""
        self.head = 0
        """Address of the first descriptor of the list."""
        self.owner_check = False
        self.auto_update = direction is Direction.RX
        """Whether descriptors are given back to the CPU when done; always for RX."""
        self.burst = 0
        """Data burst in bytes; 0 for single beats."""
        self.on_eof: Callable[[int], None] | None = None
        """Called in interrupt context with the address of the descriptor that ended the frame."""
        self.on_error: Callable[[str], None] | None = None
        """Called in interrupt context when the list is broken or used up."""

    @property
    def title(self) -> str:
        """How reports call it."""
        return f"{self.engine} channel {self.number}"

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
