"""One run of one program on one chip, as data: findings, tests, statistics and what to make of them.

Verdict, worst first:
(1) `error`: the program could not run (build failure, no entry point), or was interrupted before anything was found;
(2) `failed`: an assertion or a test of the firmware itself failed, whatever else was found;
(3) `findings`: at least one error or warning;
(4) `clean`: nothing above the level of information.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from dmalab.report.finding import Certainty, Finding, Severity

if TYPE_CHECKING:
    from dmalab.trace.timeline import Timeline

Verdict = Literal["clean", "findings", "failed", "error"]

INTERRUPTED = "interrupted"
"""How `RunReport.error` begins when the user stopped the run."""
EXIT_CODES: Mapping[Verdict, int] = MappingProxyType({"clean": 0, "findings": 1, "failed": 1, "error": 2})
"""Exit status of the command line for each verdict; 3 is left for faults of dmalab itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One test case that the firmware ran."""

    name: str
    outcome: Literal["passed", "failed", "skipped"]
    file: str = ""
    """As the compiler recorded it; empty when unknown."""
    line: int = 0
    """1-based; 0 when unknown."""
    message: str = ""
    """Why it failed or was skipped."""
    duration_ns: int = 0
    """Virtual time it took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """Everything one run has to say. `str(report)` is the text report."""

    chip: str
    api: str
    """`idf` or `zephyr`."""
    idf: str = ""
    """Release whose contracts were applied, such as `v5.5`; empty for other APIs."""
    seed: int = 0
    duration_ns: int = 0
    """Virtual time from reset to the end of the program."""
    findings: tuple[Finding, ...] = ()
    """Merged and in order (`merge`)."""
    tests: tuple[CaseResult, ...] = ()
    stats: Mapping[str, int | float] = field(default_factory=dict)
    """Counters by name, such as `transfers` or `bytes_moved`; shown sorted by name."""
    notes: tuple[str, ...] = ()
    """What a reader should know about the run as a whole, such as that the guest is 64-bit or that output was cut."""
    failure: str = ""
    """The firmware's own failed assertion or abnormal exit status; empty for none."""
    error: str = ""
    """Why the program could not run, or what cut it short when that would look clean; empty when it ran."""
    timeline: Timeline | None = field(default=None, compare=False, repr=False)
    """What happened when, if the run was traced. Reports as text and JSON leave it out."""

    @property
    def verdict(self) -> Verdict:
        """The worst of what is in here; the order is in the module's header."""
        if self.error:
            return "error"
        if self.failure or any(case.outcome == "failed" for case in self.tests):
            return "failed"
        if any(finding.severity is not Severity.INFO for finding in self.findings):
            return "findings"
        return "clean"

    @property
    def exit_code(self) -> int:
        """0 clean, 1 findings or a failed firmware, 2 could not run."""
        return EXIT_CODES[self.verdict]

    @property
    def trouble(self) -> str:
        """What `error` means for the run, in words."""
        return "did not run to its end" if self.error.startswith(INTERRUPTED) else "could not run"

    def count(self, severity: Severity) -> int:
        """How many different findings have that severity; repeats count once."""
        return sum(finding.severity is severity for finding in self.findings)

    def __str__(self) -> str:
        from dmalab.report.text import render  # text.py reads this module's classes

        return render(self)


def exit_code(reports: Sequence[RunReport]) -> int:
    """The exit status of a command that made these runs: the worst of them; 0 for none."""
    return max((report.exit_code for report in reports), default=0)


def merge(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings with repeats counted instead of listed, in order of time and then rule.

    Two findings repeat each other when rule, severity and the set of source places of the first symptom are the same; where no place is known, message
    and address must be the same too. The earliest one is kept, with the sum of the counts and the strongest certainty seen.
    """
    kept: dict[object, Finding] = {}
    for finding in sorted(findings, key=_order):
        key = _identity(finding)
        first = kept.get(key)
        if first is None:
            kept[key] = finding
        else:
            certain = Certainty.CERTAIN in (first.certainty, finding.certainty)
            certainty = Certainty.CERTAIN if certain else Certainty.POSSIBLE
            kept[key] = replace(first, count=first.count + finding.count, certainty=certainty)
    return tuple(kept.values())


def _identity(finding: Finding) -> object:
    places = frozenset(_places(finding))
    unplaced = None if places else (finding.message, finding.address)
    return finding.rule, finding.severity, places, unplaced


def _order(finding: Finding) -> tuple[object, ...]:
    """Time and rule, and then whatever tells two findings apart, so that the order of arrival does not show."""
    address = -1 if finding.address is None else finding.address
    return finding.time_ns, finding.rule, address, finding.message, finding.severity.value, _places(finding)


def _places(finding: Finding) -> tuple[tuple[str, int, str], ...]:
    return tuple((where.file, where.line, where.function) for where in finding.first_places if where.file)
