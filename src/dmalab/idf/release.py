"""Which ESP-IDF release the firmware is written for. Contracts changed by release; drivers ask here.

`v5.5` means the first release of that line, `v5.5.3` that point release; `master` the development line after v6.1. Many
changes were brought back into several lines, so a contract is dated by a list: `release.since("5.3.3", "5.4.1",
"5.5")`.

Source: ESP-IDF tags v4.4 to v6.1-beta1 and master @102122904ad. Not modelled: the early tag v6.1-dev, whose drivers are
still those of v5.5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

LINES = ("v4.4", "v5.0", "v5.1", "v5.2", "v5.3", "v5.4", "v5.5", "v6.0", "v6.1")
"""Numbered release lines whose contracts are modelled."""
MASTER = (6, 2)
"""What the version macros say on the development line."""
DEFAULT = "v5.5"


class UnknownRelease(ValueError):
    """A release that is not modelled."""


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """A release as numbers, in order of time."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        if (self.major, self.minor) == MASTER:
            return "master"
        return f"v{self.major}.{self.minor}" + (f".{self.patch}" if self.patch else "")

    def since(self, *firsts: str) -> bool:
        """Whether this release has what came with the first of these in its line.

        Args:
            firsts: Releases such as `5.4.1`, in order, at most one per line. A line that is not listed has it when it
                is younger than the youngest listed one; `master` counts as younger than all.
        """
        return _since(self, firsts)


@lru_cache(maxsize=1024)
def _since(release: Release, firsts: tuple[str, ...]) -> bool:
    numbers = [_numbers(first) for first in firsts]
    for major, minor, patch in numbers:
        if (major, minor) == (release.major, release.minor):
            return release.patch >= patch
    return (release.major, release.minor) > max(number[:2] for number in numbers)


def _numbers(text: str) -> tuple[int, int, int]:
    if text == "master":
        return (*MASTER, 0)
    major, minor, patch = (*text.split("."), "0")[:3]
    return int(major), int(minor), int(patch)


@lru_cache(maxsize=64)
def parse(text: str) -> Release:
    """Read `v5.5`, `5.5.1` or `master`.

    Raises:
        UnknownRelease: not a release, or one that isn't modelled.
    """
    if text == "master":
        return Release(*MASTER)
    match = re.fullmatch(r"v?(\d+)\.(\d+)(?:\.(\d+))?", text, re.ASCII)
    if match is None or f"v{match[1]}.{match[2]}" not in LINES:
        raise UnknownRelease(
            f"unknown ESP-IDF release '{text}'; modelled: {', '.join(LINES)} and their point releases, and master"
        )
    return Release(int(match[1]), int(match[2]), int(match[3] or 0))


def of(machine: object) -> Release:
    """The release whose contracts hold on a machine; the default on one that does not say."""
    return parse(getattr(machine, "idf", DEFAULT))
