"""What fixes must know of a vendor's C API: how a transfer is started and told to be over, and how caches and memory are asked for."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from dmalab.fixes.edit import Edit, Proposal
from dmalab.fixes.source import Call, Piece, Source
from dmalab.fixes.transfers import Transfer

Op = Literal["writeback", "invalidate", "writeback+invalidate"]


@dataclass(frozen=True, slots=True)
class SyncCall:
    """One call of cache maintenance in the source."""

    call: Call
    op: Op
    buffer: Piece
    size: Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Which arguments of an allocating function are what; None where there is no one argument for it."""

    size: int | None
    align: int | None = None
    capabilities: int | None = None


class Dialect(ABC):
    """One vendor's API."""

    cache_header: str
    """What declares the cache calls."""
    give: str
    """Gives a semaphore in a callback."""
    take: str
    """Takes one, with the time to wait as its second argument."""
    forever: str
    """That time, without end."""
    waits: tuple[str, ...]
    """Every call that waits for a transfer to be over."""
    callback_parameters: int
    callback_argument: int
    """Which parameter of a callback is what the transfer was given for it."""
    allocations: ClassVar[Mapping[str, Allocation]]

    @property
    def waits_for_ever(self) -> re.Pattern[str]:
        """A statement that takes a semaphore however long it lasts."""
        return re.compile(rf"(?:\(void\)\s*)?{self.take}\s*\([^;]*,\s*{self.forever}\s*\)\s*;")

    @property
    @abstractmethod
    def gave_up(self) -> re.Pattern[str]:
        """The head of a block that runs when a semaphore was not given in time."""

    @abstractmethod
    def transfers(self, source: Source) -> list[Transfer]:
        """Every start of an engine in a file, in order."""

    @abstractmethod
    def syncs(self, source: Source) -> list[SyncCall]:
        """Every call of cache maintenance by address."""

    @abstractmethod
    def sync(self, op: Op, buffer: str, size: str) -> str | None:
        """A statement that maintains the cache, its result looked at; None where the release has no such call."""

    @abstractmethod
    def with_op(self, sync: SyncCall, op: Op) -> Edit | None:
        """Make a sync another operation that takes any range; None where it is one."""

    @abstractmethod
    def accepts_any_range(self, sync: SyncCall) -> Edit | None:
        """Make a sync accept a range that is not whole lines; None where it does."""

    @abstractmethod
    def reachable(self, allocation: Call) -> Edit | None:
        """Make an allocation take memory that engines reach; None where it does."""

    @abstractmethod
    def reachable_place(self, name: str, declaration: Piece) -> Iterator[Proposal]:
        """Put a variable where engines reach it."""

    @abstractmethod
    def other_engine(self, source: Source) -> Iterator[Proposal]:
        """Use an engine that reaches more memory."""

    @abstractmethod
    def less_alignment(self, source: Source, transfer: Transfer, message: str) -> Iterator[Proposal]:
        """Start the same transfer in a way that asks less of addresses and lengths.

        Args:
            source: The file.
            transfer: The transfer.
            message: What was said about it.
        """

    @abstractmethod
    def locked(self, source: Source, line: int) -> Iterator[Proposal]:
        """In place of a raw cache routine on a line, the call that takes the lock."""

    @abstractmethod
    def align(self, allocation: Call, bytes_: int) -> Iterator[Edit] | None:
        """Give an allocation's start an alignment; None where this allocation can have none."""

    @abstractmethod
    def aligned(self, bytes_: int) -> str:
        """The attribute of a variable that lies on a multiple of so many bytes."""

    @abstractmethod
    def whole_lines(self, length: str, line_bytes: int) -> str:
        """A length rounded up to cache lines, as this vendor's users write it."""


def rounded(length: str, bytes_: int) -> str:
    """A length rounded up, as an expression."""
    whole = length if re.fullmatch(r"\w+|sizeof\([^()]*\)", length) else f"({length})"
    return f"({whole} + {bytes_ - 1}) / {bytes_} * {bytes_}"
