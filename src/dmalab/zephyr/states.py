r"""The channel's state machine, as Zephyr documents it and as drivers really have it.

                 dma_config            dma_config, dma_stop
                +----------+                +---+
                |          v                |   v        end of list, error
    (*) INITIAL +--------> CONFIGURED <-----+---+ <------------------------+
          ^  |             |   ^   ^                                      |
          |  | dma_stop    |   |   |  dma_stop                            |
          +--+   dma_start |   |   +---------------- SUSPENDED            |
                           |   |                      ^  |  ^ |           |
                           |   | dma_stop dma_suspend |  |  +-+ dma_suspend, dma_start
                           v   |                      |  | dma_resume     |
                          RUNNING --------------------+  |                |
                           |  ^ ^ ^                      |                |
                           |  +-+ +----------------------+                |
                           |  dma_start, dma_resume                       |
                           +----------------------------------------------+

The document draws the edges between CONFIGURED, RUNNING and SUSPENDED, the first dma_config, and the no-ops. What it does not draw
is decided here:

(1) the end of a list, or an error, leads to CONFIGURED: the list can be started again, and a new dma_config is legal, also in the
    callback;
(2) dma_config while RUNNING or SUSPENDED is -EBUSY and changes nothing;
(3) dma_start while INITIAL is -EINVAL (the header: a channel must be configured); while SUSPENDED it succeeds and leaves the
    channel suspended, for it
    is started already;
(4) dma_stop while INITIAL succeeds and changes nothing (the header: stopping a stopped channel must succeed);
(5) dma_suspend and dma_resume while INITIAL or CONFIGURED are -EINVAL (the header: the state must be checked);
(6) dma_reload while CONFIGURED gives the channel one block with new addresses, to be started; INITIAL is -EINVAL, RUNNING and
    SUSPENDED -EBUSY.

Drivers differ; a driver's own table tells FINISHED and STOPPED from CONFIGURED where that matters to it.
Source: zephyr doc/hardware/peripherals/dma.rst @057528b894be; include/zephyr/drivers/dma.h @012f1d3128ae; pull 92816 (no-op suspend).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Literal

from dmalab.zephyr.errors import Errno


class State(Enum):
    """The states of the document."""

    INITIAL = "never configured"
    CONFIGURED = "configured, idle"
    RUNNING = "running"
    SUSPENDED = "suspended"


class Situation(Enum):
    """A state, with what drivers remember besides."""

    INITIAL = State.INITIAL
    CONFIGURED = State.CONFIGURED
    RUNNING = State.RUNNING
    SUSPENDED = State.SUSPENDED
    FINISHED = "finished"
    """CONFIGURED, because a list came to its end."""
    STOPPED = "stopped"
    """CONFIGURED, because a running or suspended list was stopped."""

    @property
    def state(self) -> State:
        """The documented state."""
        return self.value if isinstance(self.value, State) else State.CONFIGURED


Verb = Literal["config", "start", "stop", "suspend", "resume", "reload"]
VERBS: tuple[Verb, ...] = ("config", "start", "stop", "suspend", "resume", "reload")

Edge = Situation | Errno
"""Where a call leads; or the error it answers, changing nothing."""

_INITIAL, _CONFIGURED, _RUNNING, _SUSPENDED = (
    Situation.INITIAL,
    Situation.CONFIGURED,
    Situation.RUNNING,
    Situation.SUSPENDED,
)
_FINISHED, _STOPPED = Situation.FINISHED, Situation.STOPPED

EDGES: Mapping[tuple[Situation, Verb], Edge] = MappingProxyType(
    {
        (_INITIAL, "config"): _CONFIGURED,
        (_INITIAL, "start"): Errno.EINVAL,
        (_INITIAL, "stop"): _INITIAL,
        (_INITIAL, "suspend"): Errno.EINVAL,
        (_INITIAL, "resume"): Errno.EINVAL,
        (_INITIAL, "reload"): Errno.EINVAL,
        (_CONFIGURED, "config"): _CONFIGURED,
        (_CONFIGURED, "start"): _RUNNING,
        (_CONFIGURED, "stop"): _CONFIGURED,
        (_CONFIGURED, "suspend"): Errno.EINVAL,
        (_CONFIGURED, "resume"): Errno.EINVAL,
        (_CONFIGURED, "reload"): _CONFIGURED,
        (_RUNNING, "config"): Errno.EBUSY,
        (_RUNNING, "start"): _RUNNING,
        (_RUNNING, "stop"): _STOPPED,
        (_RUNNING, "suspend"): _SUSPENDED,
        (_RUNNING, "resume"): _RUNNING,
        (_RUNNING, "reload"): Errno.EBUSY,
        (_SUSPENDED, "config"): Errno.EBUSY,
        (_SUSPENDED, "start"): _SUSPENDED,
        (_SUSPENDED, "stop"): _STOPPED,
        (_SUSPENDED, "suspend"): _SUSPENDED,
        (_SUSPENDED, "resume"): _RUNNING,
        (_SUSPENDED, "reload"): Errno.EBUSY,
    }
)
"""The documented machine. FINISHED and STOPPED behave as CONFIGURED."""


def edge(edges: Mapping[tuple[Situation, Verb], Edge], situation: Situation, verb: Verb) -> Edge:
    """What a call does, by a driver's own table first, by the documented one where it says nothing."""
    for table in (edges, EDGES):
        found = table.get((situation, verb))
        if found is None and situation in (_FINISHED, _STOPPED):
            found = table.get((_CONFIGURED, verb))
            # A call that leaves a configured channel as it is does not make a finished one forget how it ended.
            found = situation if found is _CONFIGURED and verb == "stop" else found
        if found is not None:
            return found
    raise AssertionError(f"no edge for {verb} while {situation.name}")
