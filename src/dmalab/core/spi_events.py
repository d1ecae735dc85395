"""What SPI drivers say happened, beyond what any request says."""

from __future__ import annotations

from dataclasses import dataclass

from dmalab.core.events import Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferDropped:
    """The last reference to an unfinished transfer went away; the driver cancelled it."""

    label: str
    started: Stamp
    dropped: Stamp
    moved: int
    """Bytes that were through."""
    total: int
    call: str
    """What the user should have called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedWhileBusy:
    """A bus or device was removed, or a channel released, while it was in use; the call was refused."""

    call: str
    code: str
    why: str
    by: Stamp
    started: Stamp
    """Where what is still going on was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultUncollected:
    """A finished request whose result nobody took."""

    label: str
    started: Stamp
    lost: bool
    """The queue of results was full, so the result is gone for good; else it was still waiting at the end."""
    call: str
    by: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTooSlow:
    """The engine can't keep up with the wire: bytes are lost or repeated."""

    label: str
    region: str
    wire_ps_per_byte: int
    engine_ps_per_byte: int
    is_write: bool
    started: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortReceive:
    """A receive buffer will get more bytes than were asked for, because the hardware writes whole words."""

    label: str
    asked: int
    written: int
    started: Stamp
