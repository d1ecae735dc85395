"""Excerpts of source files around the lines that reports name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

AROUND = 3
"""Lines before and behind the one that is meant."""
MAX_SOURCE_BYTES = 4 << 20


class Excerpts:
    """Reads each file once; a file that can't be read gives no lines."""

    def __init__(self, read: Callable[[str], str | None] | None = None) -> None:
        self._read = read or _read_file
        self._files: dict[str, list[str]] = {}

    def around(self, file: str, line: int) -> list[dict[str, Any]]:
        """The lines around a place: number, text, and whether it is the one.

        Args:
            file: As reports name it; empty for none.
            line: 1-based.
        """
        if not file or line < 1:
            return []
        lines = self._files.get(file)
        if lines is None:
            lines = self._files[file] = (self._read(file) or "").splitlines()
        if line > len(lines):
            return []
        first, last = max(1, line - AROUND), min(len(lines), line + AROUND)
        return [{"number": n, "text": lines[n - 1].expandtabs(4), "hit": n == line} for n in range(first, last + 1)]


def _read_file(name: str) -> str | None:
    path = Path(name)
    try:
        if path.stat().st_size > MAX_SOURCE_BYTES:
            return None
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
