"""The files a run writes beside its text: one table from option to format.

Names are checked before the run, files written after it and before the text, so that a reader that closes the pipe
early costs none of them. Each appears whole or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dmalab.errors import OptionError
from dmalab.report.run import RunReport

Writer = Callable[[Path, Sequence[RunReport]], None]


def _json(path: Path, reports: Sequence[RunReport]) -> None:
    from dmalab.report.files import write_atomically
    from dmalab.report.json import to_json

    write_atomically(path, to_json(reports))


def _sarif(path: Path, reports: Sequence[RunReport]) -> None:
    from dmalab.report.files import write_atomically
    from dmalab.report.sarif import to_sarif

    write_atomically(path, to_sarif(reports))


def _junit(path: Path, reports: Sequence[RunReport]) -> None:
    from dmalab.report.files import write_atomically
    from dmalab.report.junit import to_junit

    write_atomically(path, to_junit(reports))


def _trace(path: Path, reports: Sequence[RunReport]) -> None:
    from dmalab.trace.files import write_trace

    write_trace(path, reports)


def _html(path: Path, reports: Sequence[RunReport]) -> None:
    from dmalab.report.files import write_atomically
    from dmalab.report.page import render_page
    from dmalab.rules.catalogue import RULES

    write_atomically(path, render_page(reports, explain={rule.name: rule.happens for rule in RULES.values()}))


WRITERS: Mapping[str, Writer] = {
    "--json": _json,
    "--sarif": _sarif,
    "--junit": _junit,
    "--trace": _trace,
    "--html": _html,
}
"""In the order in which they are written."""
TRACED = frozenset({"--trace", "--html"})
"""Options whose files show a timeline, so that one must be recorded."""


class Outputs:
    """The files that one run was asked for."""

    def __init__(self, paths: Mapping[str, Path | None]) -> None:
        """Check every name.

        Args:
            paths: By option; None for one that was not given.
        Raises:
            OptionError: a file could not be written, or its name does not say a format.
        """
        self._paths = {option: path for option, path in paths.items() if path is not None}
        for option, path in self._paths.items():
            _check_writable(option, path)
        if "--trace" in self._paths:
            from dmalab.trace.files import check_name

            check_name(self._paths["--trace"])

    @property
    def traced(self) -> bool:
        """Whether any of the files needs a timeline."""
        return not TRACED.isdisjoint(self._paths)

    def write(self, reports: Sequence[RunReport]) -> None:
        """Write all files.

        Raises:
            OptionError: one could not be written.
        """
        for option, writer in WRITERS.items():
            path = self._paths.get(option)
            if path is not None:
                try:
                    writer(path, reports)
                except OSError as error:
                    raise OptionError(f"{option}: can't write {path}: {error.strerror or error}") from None


def _check_writable(option: str, path: Path) -> None:
    if path.is_dir():
        raise OptionError(f"{option}: {path} is a folder")
    if not path.parent.is_dir():
        raise OptionError(f"{option}: no such folder: {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise OptionError(f"{option}: {path} is not writable")
