"""What one Zephyr DMA driver does its own way: facts, no behaviour.

The documented behaviour is the default of every field. `drivers/` has one file per driver that was read; `controller` carries them
out. What a driver
leaves undefined, or crashes on, is answered as documented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from dmalab.zephyr.config import Attribute
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.states import Edge, Situation, Verb

Op = Literal["reload", "suspend", "resume", "get_status", "get_attribute", "chan_filter", "chan_release", "request"]

_NO_EDGES: Mapping[tuple[Situation, Verb], Edge] = MappingProxyType({})
_ATTRIBUTES: Mapping[int, int] = MappingProxyType(
    {
        Attribute.BUFFER_ADDRESS_ALIGNMENT: 1,
        Attribute.BUFFER_SIZE_ALIGNMENT: 1,
        Attribute.COPY_ALIGNMENT: 1,
        Attribute.MAX_BLOCK_COUNT: 4096,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """How one driver behaves."""

    name: str
    """As `--option driver=` takes it."""
    title: str
    source: str
    """The public file this was read from."""

    edges: Mapping[tuple[Situation, Verb], Edge] = field(default_factory=lambda: _NO_EDGES)
    """Where its state machine differs from the documented one."""
    absent: frozenset[str] = frozenset()
    """Operations it does not have: the call answers -ENOSYS (`request`: -EINVAL, for it has no context)."""
    attributes: Mapping[int, int] = field(default_factory=lambda: _ATTRIBUTES)
    """What `dma_get_attribute` answers; a missing type is -EINVAL."""
    filter: Literal["number", "periodic", "any", "unused"] = "number"
    """What the filter's parameter points to: a channel number, an `enum dma_channel_filter`, nothing; `unused`: a number, and the
    channel must
    never have been configured."""

    # -- dma_config
    data_sizes: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    equal_bursts: bool = False
    equal_sizes: bool = False
    size_in_bursts: bool = False
    """block_size must be a multiple of the burst."""
    max_block: int = 0
    """Most bytes of one block; 0 for no limit."""
    decrement: Errno | None = None
    """Answer to a decrementing address; None where it works."""
    no_change: Errno | None = None
    lists: Literal["all", "head", "gather"] | Errno = "all"
    """`all` blocks move; the `head` only, silently; all only when the head says gather or scatter, else the head; or an error for
    more than one."""
    trusts_count: bool = True
    """Blocks are counted by block_count; else the list is followed to its end."""
    cyclic: Literal["flag", "reload", "either", "ignored"] | Errno = "either"
    """What asks for a circular transfer: the cyclic flag, both reload flags of the head, or either; or an error."""
    adjusts: bool = True
    """Address adjustments are carried out; else every address increments."""
    piece: int = 0
    """Blocks are cut into descriptors of so many bytes; 0 for one descriptor each."""
    descriptors: int = 0
    """Most descriptors of a list; 0 for no limit."""
    strides: bool = True
    """Gather and scatter intervals are carried out."""
    half_complete: Errno | None = None
    """Answer to half_complete_callback_en; None where it works."""
    software_handshake: bool = False
    """A handshake flag of 1 takes the peripheral's request line out of the transfer; else the flags are ignored."""
    priorities: bool = True
    """channel_priority is carried out."""
    linking: Literal["loops", "whole", "ignored"] | Errno = "loops"
    """Linked channels move burst by burst, or as a whole after the end; or are ignored, or refused."""
    directions: tuple[int, ...] = (0, 1, 2)
    peripherals: bool = True
    """Has request lines; else every direction is carried out as memory to memory."""
    bad_direction: Errno = Errno.ENOTSUP
    unreachable: Errno | None = None
    """Answer to a block that begins in memory the controller can't reach; None where dma_config takes it, and the transfer ends in
    a bus error."""
    requests: int = 0
    """Storage slots for blocks, from dma_slot on; 0 where the driver has none."""

    # -- callbacks
    callbacks: Literal[
        "documented", "once", "every-zero", "block-or-list", "block-and-list", "single-is-block", "descriptors"
    ] = "documented"
    """`once`: at the end only; `every-zero`: 0 at every block; `block-or-list`: with complete_callback_en 1 at every block and
    nothing more, else
    0 at the end; `block-and-list`: both, so the last block is told twice; `single-is-block`: the last of a list is 0, but a single
    block is 1;
    `descriptors`: 1 at every received descriptor but the last, whatever complete_callback_en says."""
    half_as_block: bool = False
    """In a circular transfer the half of the buffer is told as DMA_STATUS_BLOCK."""
    in_thread: bool = False
    """Callbacks come from a work-queue thread."""
    muted_by_stop: bool = False
    """A stop masks the completion interrupt, and only dma_config unmasks it."""
    cancels: bool = False
    """A stop of a running transfer is told as -ECANCELED."""
    late: bool = False
    """A completion latched before dma_stop is still told after it."""
    merges: bool = False
    """Its interrupt handler reads what has happened as bits: what is latched by then is told once, as the last of it."""
    both_halves: bool = False
    """A memory-to-memory transfer is told by both channels of its pair."""
    error_status: int | None = -Errno.EIO
    """Told after a bus error; None for success as if nothing had happened."""
    obeys_error_dis: bool = True
    tells_errors: bool = True

    # -- state and status
    busy_from_config: bool = False
    """dma_config raises the busy flag, and only the end of a transfer or a stop of a running one takes it down."""
    status_fields: frozenset[str] = field(default=frozenset())
    """Fields of dma_status it writes; empty for all."""
    pending_in_items: bool = False
    syncs: bool = False
    """It does cache maintenance on the data: Zephyr leaves that to the caller."""
    restarts: bool = False
    """dma_start while running begins the list again."""
    halves: bool = False
    """Even channels receive and odd ones send, two to a pair."""
    reload_reports: bool = False
    """dma_reload of a circular transfer says how far the client has come; see `positions`."""
    cyclic_directions: tuple[int, ...] = (0, 1, 2)
    """Directions of circular transfers; others are -ENOTSUP."""
    reload_starts: bool = False
    """dma_reload starts the channel."""
