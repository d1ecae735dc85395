"""Whether a change is one: the copy is built and run, and its findings are compared with those from before.

A finding is recognised by rule, chip and the functions and lines it names, lines counted as in the text before the change. A change is
good when its finding is gone, no error or warning is new, and the program itself ends no worse than before. That proves it for the runs
that were made, and for no other path through the program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dmalab.fixes.edit import line_map
from dmalab.report.finding import Finding, Severity
from dmalab.report.run import RunReport

Key = tuple[str, str, frozenset[tuple[str, str, int]]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the new run says about a change."""

    good: bool
    why: str
    """`the finding is gone, nothing new appeared`, or what speaks against it."""


def serious(reports: Sequence[RunReport]) -> list[tuple[str, Finding]]:
    """Chip and finding, without what is only information."""
    return [
        (report.chip, finding)
        for report in reports
        for finding in report.findings
        if finding.severity is not Severity.INFO
    ]


def key(chip: str, finding: Finding, lines: Mapping[str, Mapping[int, int]] | None = None) -> Key:
    """What a finding is recognised by.

    Args:
        chip: Where it was found.
        finding: The finding.
        lines: For each changed file, lines of the text before by lines of the new text; -1 stands for lines that were not there.
    """
    places = set()
    for where in finding.first_places:
        path = str(Path(where.file).resolve()) if where.file else ""
        line = where.line
        if lines is not None and path in lines:
            line = lines[path].get(line, -1)
        places.add((where.role, where.function, line))
    return chip, finding.rule, frozenset(places)


def judge(
    wanted: Key,
    before: Sequence[RunReport],
    after: Sequence[RunReport],
    file: str,
    old: str,
    new: str,
) -> Judgement:
    """Compare two runs.

    Args:
        wanted: The finding that is to go.
        before: What the text before gave, a report per chip.
        after: What the new text gives.
        file: Full path of the changed file.
        old: The text before.
        new: The new text.
    """
    lines = {file: line_map(old, new)}
    known = {key(chip, finding) for chip, finding in serious(before)}
    found = {key(chip, finding, lines): finding for chip, finding in serious(after)}
    for first, second in zip(before, after, strict=True):
        if second.error and not first.error:
            return Judgement(False, "it can't be built: " + second.error.strip().splitlines()[0])
    if wanted in found:
        return Judgement(False, "the finding is still there")
    fresh = [finding for each, finding in found.items() if each not in known]
    if fresh:
        return Judgement(False, f"a new finding appears: {fresh[0].rule}: {fresh[0].message}")
    for first, second in zip(before, after, strict=True):
        if second.verdict == "failed" and first.verdict != "failed":
            return Judgement(False, f"the program fails on {second.chip}: {second.failure or 'a test'}")
    return Judgement(True, "the finding is gone, nothing new appeared")
