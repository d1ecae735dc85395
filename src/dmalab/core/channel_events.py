"""What a DMA driver with channels says happened to them: misuse of a channel, of its completion, or of its list of blocks.

Drivers emit these; the rules in `rules.dma_channel` judge them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dmalab.core.events import Stamp
from dmalab.core.spans import Span

ChannelMisuse = Literal[
    "config-while-running",
    "start-unconfigured",
    "start-after-failed-config",
    "reload-wrong-state",
    "use-after-release",
    "handed-out-in-use",
    "double-release",
    "release-while-running",
    "foreign",
    "driver-lost-state",
    "driver-allocates",
    "driver-locks",
]
CompletionMisuse = Literal["lost", "double", "stale", "polled", "early"]
ChainMisuse = Literal[
    "empty",
    "count",
    "longer",
    "loop",
    "dead-stack",
    "freed",
    "size",
    "zero",
    "interval",
    "ignored-blocks",
    "ignored-setting",
    "unused-setting",
    "unpaced",
    "no-head",
    "wild",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMisused:
    """A call that the state or the ownership of a channel does not allow, whatever the driver answered."""

    kind: ChannelMisuse
    call: str
    """The call, such as `dma_config(dma0, 2)`."""
    channel: str
    """Controller and channel in words."""
    state: str
    """What the channel was doing, in words."""
    answer: str
    """What the call returned: `0`, or the name of an error code with its sign."""
    by: Stamp
    before: Stamp | None = None
    """The earlier call that matters: the start, the failed configuration, the release, the request."""
    before_call: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionMisused:
    """A completion that was lost, told twice or too late, or not waited for."""

    kind: CompletionMisuse
    channel: str
    started: Stamp
    by: Stamp
    detail: str = ""
    access: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainMisused:
    """A list of blocks that is broken, or that a driver does not carry out as it stands."""

    kind: ChainMisuse
    call: str
    channel: str
    answer: str
    by: Stamp
    block: int = 0
    """Number of the block, from 1; 0 for the list as a whole."""
    span: Span | None = None
    detail: str = ""
