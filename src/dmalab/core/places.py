"""Source places as small numbers, so that the shadow can keep millions of them.

A place is an int. Below `CODE_LOW` it indexes a table of Python source lines; from there on it is a code address of the firmware, which
the guest resolves through its debug information when, and only when, a report is written. 0 means unknown.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FrameType

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
CODE_LOW = 1 << 20
"""Smallest value that is a code address."""

UNKNOWN = 0


@dataclass(frozen=True, slots=True)
class Site:
    """One resolved source place; empty strings and 0 where nothing is known."""

    file: str
    line: int
    function: str


NOWHERE = Site("", 0, "")


def code_place(address: int) -> int:
    """A return address as a place; `UNKNOWN` for one that can't lie in firmware."""
    return address if CODE_LOW <= address < 1 << 32 else UNKNOWN


class _Inside(dict[str, bool]):
    """By file name: whether it is part of this package. Looking a name up is quicker than looking at it."""

    def __missing__(self, name: str) -> bool:
        self[name] = inside = name.startswith(PACKAGE)
        return inside


_INSIDE = _Inside()


class Places:
    """The table of Python places of one machine, and the way to resolve all others."""

    def __init__(self) -> None:
        self._ids: dict[tuple[int, int], int] = {}
        """By code object and instruction, which are quicker to get than file and line."""
        self._by_line: dict[tuple[CodeType, int], int] = {}
        self._sites: list[Site] = [NOWHERE]
        self.resolve_code: Callable[[int], Site] | None = None
        """Set by the guest: code address to site."""

    def caller(self) -> int:
        """The place of the nearest Python frame outside this package."""
        frame = sys._getframe(1)  # noqa: SLF001  -- inspect.currentframe is the same, slower
        while _INSIDE[frame.f_code.co_filename] and frame.f_back is not None:
            frame = frame.f_back
        key = (id(frame.f_code), frame.f_lasti)
        place = self._ids.get(key)
        if place is None:
            self._ids[key] = place = self._place_of(frame)
        return place

    def _place_of(self, frame: FrameType) -> int:
        # The key keeps the code object alive, so that no other one gets its id.
        key = (frame.f_code, frame.f_lineno)
        place = self._by_line.get(key)
        if place is None:
            place = self.add(Site(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
            self._by_line[key] = place
        return place

    def add(self, site: Site) -> int:
        """Number a site that is known from the start."""
        if len(self._sites) >= CODE_LOW:
            return UNKNOWN
        self._sites.append(site)
        return len(self._sites) - 1

    def resolve(self, place: int) -> Site:
        """The site of a place; `NOWHERE` when there is nothing to say."""
        if place < CODE_LOW:
            return self._sites[place]
        return self.resolve_code(place) if self.resolve_code is not None else NOWHERE
