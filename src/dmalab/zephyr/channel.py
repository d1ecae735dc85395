"""What a driver keeps of one channel."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from dmalab.core.events import Stamp
from dmalab.core.generic_dma import GenericChannel
from dmalab.core.memory import Claim
from dmalab.zephyr.blocks import Plan
from dmalab.zephyr.config import DmaConfig
from dmalab.zephyr.states import Situation, State


@dataclass(slots=True, eq=False)
class Channel:
    """One channel of a controller."""

    number: int
    hardware: GenericChannel
    situation: Situation = Situation.INITIAL
    config: DmaConfig | None = None
    """The last one that was accepted."""
    plan: Plan | None = None
    busy_flag: bool = False
    """Of drivers that raise it in dma_config."""
    muted: bool = False
    """The completion interrupt is masked."""
    cancelling: bool = False
    """A stop waits to be noticed by the driver's thread."""
    run: int = 0
    """Counts up whenever a list begins or is given up, so that a late interrupt knows it is late."""
    stopped_run: int = -1
    """The run that dma_stop ended."""
    told: int = 0
    """Completions told of the present run."""
    copied: int = 0
    """Bytes of the last run, kept when it is over."""
    reported: int = 0
    """Bytes that the client of a circular transfer has said it is done with, where dma_reload says so."""
    claims: list[Claim] = field(default_factory=list)
    slot: int = 0
    """The part of a circular buffer that belongs to the controller."""
    asked: int = -1
    """The run in which dma_get_status was last asked."""
    linked_by: set[int] = field(default_factory=set)
    first: Channel | None = None
    """The first channel of the chain of triggers that it runs in, itself if nothing triggered it: a chain has one order."""
    latched: deque[Any] = field(default_factory=deque)
    """Callbacks whose interrupts have not come yet."""

    taken: bool = False
    """Handed out by dma_request_channel."""
    requested: Stamp | None = None
    released: Stamp | None = None
    configured: Stamp | None = None
    """Where the accepted configuration was made."""
    failed: Stamp | None = None
    """Where a configuration was refused, if none was accepted since."""
    started: Stamp = field(default_factory=Stamp)

    @property
    def state(self) -> State:
        """The documented state."""
        return self.situation.state

    @property
    def active(self) -> bool:
        """A transfer is under way or suspended."""
        return self.situation in (Situation.RUNNING, Situation.SUSPENDED)

    def begin(self, started: Stamp, first: Channel | None = None) -> None:
        """A new run, in the chain that `first` began."""
        self.first = self if first is None else first
        self.run += 1
        self.told = 0
        self.started = started
        self.slot = 0
        self.copied = self.reported = 0
