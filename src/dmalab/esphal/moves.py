"""Moving: what is handed over by value is gone until it is given back.

Rust's compiler sees to that; here every public operation of a movable thing asks first. The message says where it was moved, and where it
comes back, or that it does not.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from dmalab.core.machine import BareMachine
from dmalab.core.places import Site
from dmalab.esphal.errors import MovedError

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound="Movable")


@dataclass(frozen=True, slots=True)
class Move:
    """Where something went."""

    into: str
    """In words: `a transfer`, `a buffer object`."""
    site: Site
    back: str
    """How it comes back, in words; empty when it never does."""


class Movable:
    """Base of everything that can be moved away."""

    def __init__(self, machine: BareMachine, what: str) -> None:
        """Args: `what` names it in messages, such as `a DmaTxBuf of 32000 bytes`."""
        self._machine = machine
        self._what = what
        self._move: Move | None = None

    def __repr__(self) -> str:
        return f"<{self._what}{', moved' if self._move else ''}>"

    def check_here(self) -> None:
        """Raises MovedError: it was moved away."""
        move = self._move
        if move is None:
            return
        comes = move.back or "it does not come back"
        raise MovedError(f"{self._what} was moved into {move.into} at {place(move.site)}; {comes}")

    def move_into(self, into: str, back: str = "") -> None:
        """Hand it over.

        Args:
            into: What takes it, in words.
            back: How it comes back, in words; empty for never.
        Raises:
            MovedError: it was moved away before.
        """
        self.check_here()
        self._move = Move(into, here(self._machine), back)

    def give_back(self) -> None:
        """It can be used again."""
        self._move = None

    def lose(self, into: str) -> None:
        """What had taken it is gone, and it with it."""
        self._move = Move(into, here(self._machine), "")


def while_here(method: Callable[Concatenate[M, P], R]) -> Callable[Concatenate[M, P], R]:
    """A method that can't be used while its object is moved away."""

    @wraps(method)
    def guarded(self: M, /, *args: P.args, **kwargs: P.kwargs) -> R:
        self.check_here()
        return method(self, *args, **kwargs)

    return guarded


def here(machine: BareMachine) -> Site:
    """The line of the user's program that is running."""
    return machine.places.resolve(machine.places.caller())


def place(site: Site) -> str:
    """A site as `file.py:12`."""
    return f"{os.path.basename(site.file)}:{site.line}" if site.file else "an unknown place"
