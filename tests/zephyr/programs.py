"""Runs C programs written against Zephyr, from files or from text."""

from __future__ import annotations

from pathlib import Path

from dmalab.options import Options
from dmalab.runner import run_firmware

APPS = Path(__file__).parent / "apps"


class Ran:
    """What became of a program."""

    def __init__(self, report, printed):
        self.report = report
        self.printed = printed

    @property
    def rules(self):
        """Name of each finding that is more than information."""
        return sorted(finding.rule for finding in self.report.findings if finding.severity.value != "info")

    @property
    def tests(self):
        """Outcome of each test case, by name."""
        return {case.name: case.outcome for case in self.report.tests}

    @property
    def why(self):
        """Everything there is to read when a test of ours fails."""
        return f"{self.printed}\n{self.report}"


def run(*sources, chip="mcu-m7", defines=(), options=None, **more):
    """Build and run."""
    wanted = Options(
        sources=tuple(map(Path, sources)),
        chips=(chip,),
        api="zephyr",
        defines=tuple(defines),
        options=options or {},
        quiet=True,
        **more,
    )
    printed = bytearray()
    report = run_firmware(wanted, wanted.part(chip), lambda data, _stream: printed.extend(data))
    return Ran(report, printed.decode())
