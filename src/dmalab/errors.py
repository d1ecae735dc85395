"""What the person at the command line can put right, as opposed to a fault in dmalab. Each is ready to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class OptionError(ValueError):
    """An option or a name that is wrong, alone or together with others. One line that says what was given and what is allowed."""


class Interrupted(KeyboardInterrupt):
    """The user stopped a run, and there is something to tell all the same."""

    def __init__(self, reports: Sequence[Any]) -> None:
        super().__init__()
        self.reports = tuple(reports)
        """Reports of what ran until then (`RunReport`)."""


class ApiError(Exception):
    """A vendor's call returned an error. The vendors' own exceptions derive from this; the program may handle them."""

    returned: int
    """What the C function returns."""


class CannotRunError(Exception):
    """The program can't be run: no compiler, a build that failed. A compiler's own messages may follow in more lines."""
