"""What a test sees of dmalab: a machine or a way to run firmware, and a judge that decides at its end.

The pytest plugin is a thin layer over this; nothing here knows pytest, so other test runners can use it the same way.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dmalab import chips
from dmalab.core.cache import POLICIES, Policy
from dmalab.errors import OptionError
from dmalab.idf import release
from dmalab.machine import DEFAULT_LIMIT_S, Machine
from dmalab.options import Options, parse_size
from dmalab.report.finding import Finding, Severity
from dmalab.report.run import RunReport
from dmalab.report.text import render, render_finding
from dmalab.rules.catalogue import RULES
from dmalab.runner import run_firmware


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How the machines of a test are built."""

    chip: str = "esp32s3"
    api: Literal["idf", "zephyr"] = "idf"
    driver: str = ""
    """With `zephyr`, the DMA driver whose behaviour the calls have; the chip's own when empty."""
    idf: str = release.DEFAULT
    psram: int | str | None = None
    """Bytes of PSRAM fitted, or a text such as `8M`; the chip's default when left out."""
    policy: Policy = "lazy"
    seed: int = 0
    trace: bool = False
    """Record a timeline."""

    def __post_init__(self) -> None:
        """Raises OptionError: a value that means nothing."""
        if self.api not in ("idf", "zephyr"):
            raise OptionError(f"api '{self.api}' is none of idf, zephyr")
        if self.policy not in POLICIES:
            raise OptionError(f"policy '{self.policy}' is none of {', '.join(POLICIES)}")
        try:
            release.parse(self.idf)
        except release.UnknownRelease as error:
            raise OptionError(f"idf: {error}") from None
        _ = self.psram_bytes

    @property
    def psram_bytes(self) -> int | None:
        """Bytes of PSRAM fitted.

        Raises:
            OptionError: a text that is no size.
        """
        return parse_size(self.psram) if isinstance(self.psram, str) else self.psram


@dataclass(slots=True)
class Expected:
    """A finding that a test asks for."""

    rule: str
    at: str = ""
    """Ending of one of its places, `drv.c:31` or `drv.c`; anywhere when empty."""
    findings: list[Finding] = field(default_factory=list)
    """What was found, once the test is over."""

    def matches(self, finding: Finding) -> bool:
        """Whether a finding is what was asked for."""
        if finding.rule != self.rule:
            return False
        return not self.at or any(_is_at(self.at, where.file, where.line) for where in finding.where)

    def __str__(self) -> str:
        return f"{self.rule} at {self.at}" if self.at else self.rule


def _is_at(wanted: str, file: str, line: int) -> bool:
    name, colon, number = wanted.rpartition(":")
    if colon and number.isdigit():
        return line == int(number) and f"/{file}".endswith(f"/{name}")
    return f"/{file}".endswith(f"/{wanted}")


class JudgedMachine(Machine):
    """A machine that keeps the report of its run for the judge."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(
            chips.load(setup.chip),
            idf=setup.idf,
            api=setup.api,
            driver=setup.driver,
            psram=setup.psram_bytes,
            policy=setup.policy,
            seed=setup.seed,
            trace=setup.trace,
        )
        self.last_report: RunReport | None = None

    def run(self, main: Callable[[Any], Awaitable[Any]], *, limit_s: float = DEFAULT_LIMIT_S) -> RunReport:
        """Run a coroutine function as the main task; see `Machine.run`."""
        self.last_report = None
        self.last_report = super().run(main, limit_s=limit_s)
        return self.last_report


@dataclass(frozen=True, slots=True)
class FirmwareRun:
    """What a firmware did."""

    report: RunReport
    out: str
    """What it printed on stdout."""
    err: str

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found."""
        return self.report.findings


class Judge:
    """One test: what it ran, what it expects, and whether that is what came out."""

    def __init__(self, setup: Setup, folder: Path) -> None:
        """Args: `folder` is where the names of sources start, usually that of the test's file."""
        self.setup = setup
        self.folder = folder
        self._machine: JudgedMachine | None = None
        self._runs: list[RunReport] = []
        self._expected: list[Expected] = []

    # -- what a test uses --------------------------------------------------------------------------------------------

    @property
    def has_machine(self) -> bool:
        """Whether the test asked for a machine."""
        return self._machine is not None

    def machine(self) -> JudgedMachine:
        """The machine of the test."""
        if self._machine is None:
            self._machine = JudgedMachine(self.setup)
        return self._machine

    def firmware(
        self,
        *sources: str | Path,
        includes: Iterable[str | Path] = (),
        defines: Iterable[str] | Mapping[str, object] = (),
        cflags: Iterable[str] = (),
        timeout_s: float = DEFAULT_LIMIT_S,
    ) -> FirmwareRun:
        """Build C or C++ sources for the test's chip and run them from `app_main`.

        Args:
            sources: Files, relative to the test's own.
            includes: Folders with headers, likewise.
            defines: `NAME` or `NAME=VALUE`, or a mapping.
            cflags: Further flags for the compiler.
            timeout_s: Seconds of chip time after which the run is stopped.
        Raises:
            OptionError: a file or an option is wrong.
            CannotRunError: the build failed; the message is the compiler's.
        """
        if isinstance(defines, Mapping):
            defines = [f"{name}={value}" for name, value in defines.items()]
        setup = self.setup
        options = Options(
            sources=tuple(self.folder / source for source in sources),
            chips=(setup.chip,),
            api=setup.api,
            idf=setup.idf,
            includes=tuple(self.folder / include for include in includes),
            defines=tuple(defines),
            cflags=tuple(cflags),
            psram=setup.psram_bytes,
            policy=setup.policy,
            seed=setup.seed,
            timeout_s=timeout_s,
            trace=setup.trace,
        )
        printed: dict[int, list[bytes]] = {1: [], 2: []}

        def show(data: bytes, stream: int) -> None:
            printed[stream].append(data)
            print(data.decode("utf-8", "replace"), end="", file=sys.stderr if stream == 2 else sys.stdout)

        report = run_firmware(options, options.part(setup.chip), show)
        self._runs.append(report)
        out, err = (b"".join(printed[stream]).decode("utf-8", "replace") for stream in (1, 2))
        return FirmwareRun(report, out, err)

    def expect(self, rule: str, *, at: str = "") -> Expected:
        """Ask for a finding; then it fails the test when it is missing, and no longer when it is there.

        Args:
            rule: A name of `dmalab rules`.
            at: Ending of one of its places, such as `drv.c:31` or `drv.c`; anywhere when empty.
        Raises:
            ValueError: there is no such rule.
        """
        if rule not in RULES:
            raise ValueError(f"no rule is called '{rule}'; see dmalab rules")
        self._expected.append(expected := Expected(rule, at))
        return expected

    # -- the end -----------------------------------------------------------------------------------------------------

    def reports(self) -> list[RunReport]:
        """Every run of the test, in order."""
        if self._machine is None:
            return list(self._runs)
        return [*self._runs, self._machine.last_report or self._machine.report()]

    def verdict(self, reports: Sequence[RunReport]) -> str:
        """Why the test fails; empty when it does not."""
        parts = []
        for report in reports:
            for expected in self._expected:
                expected.findings += [finding for finding in report.findings if expected.matches(finding)]
            parts += self._complaints(report)
        missing = [expected for expected in self._expected if not expected.findings]
        if missing:
            what = "\n".join(f"expected {expected}, which was not found" for expected in missing)
            # What was found instead helps, even where it is no reason to fail.
            seen = [render(report) for report in reports]
            return "\n\n".join([what, *(parts or seen)])
        return "\n\n".join(parts)

    def _complaints(self, report: RunReport) -> list[str]:
        parts = [
            render_finding(finding, report.chip)
            for finding in report.findings
            if finding.severity is not Severity.INFO and not any(one.matches(finding) for one in self._expected)
        ]
        parts += [
            f"test {case.name} of the firmware failed: {case.message} ({case.file}:{case.line})"
            for case in report.tests
            if case.outcome == "failed"
        ]
        if report.failure:
            parts.append(f"the firmware failed on {report.chip}: {report.failure}")
        return parts
