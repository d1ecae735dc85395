"""Which ESP-IDF release the firmware is written for. Contracts changed by release; drivers ask here.

`v5.5` means the first release of that line, `v5.5.3` that point release.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LINES = ("v5.5",)
"""Release lines whose contracts are modelled."""
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
        return f"v{self.major}.{self.minor}" + (f".{self.patch}" if self.patch else "")


def parse(text: str) -> Release:
    """Read `v5.5` or `5.5.1`.

    Raises:
        UnknownRelease: not a release, or one that isn't modelled.
    """
    match = re.fullmatch(r"v?(\d+)\.(\d+)(?:\.(\d+))?", text)
    if match is None or f"v{match[1]}.{match[2]}" not in LINES:
        raise UnknownRelease(f"unknown ESP-IDF release '{text}'; modelled: {', '.join(LINES)} and their point releases")
    return Release(int(match[1]), int(match[2]), int(match[3] or 0))
