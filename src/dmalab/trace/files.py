"""Trace files: the suffix says the format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dmalab.errors import OptionError
from dmalab.report.files import write_atomically
from dmalab.report.run import RunReport

PERFETTO_SUFFIXES = (".perfetto", ".pftrace", ".perfetto-trace")
VCD_SUFFIX = ".vcd"


def check_name(path: Path) -> None:
    """Complain about a name that says no format.

    Raises:
        OptionError: the suffix is unknown.
    """
    if path.suffix not in (*PERFETTO_SUFFIXES, VCD_SUFFIX):
        raise OptionError(f"--trace: {path} says no format; end it with .perfetto (also .pftrace) or .vcd")


def write_trace(path: Path, reports: Sequence[RunReport]) -> None:
    """Write the timelines of these runs, in the format that the suffix of `path` says.

    Raises:
        OptionError: the suffix is unknown.
        OSError: the file can't be written.
    """
    check_name(path)
    if path.suffix == VCD_SUFFIX:
        from dmalab.trace.vcd import to_vcd

        write_atomically(path, to_vcd(reports))
    else:
        from dmalab.trace.perfetto import to_perfetto

        write_atomically(path, to_perfetto(reports))
