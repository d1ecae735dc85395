"""What `dmalab fix` prints: a line per finding, then the change as a unified diff."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dmalab.fixes.edit import diff
from dmalab.fixes.session import Attempt, Outcome


def render(outcome: Outcome, path: Path, *, written: bool) -> str:
    """The outcome as text, without a newline at the end.

    Args:
        outcome: What was found.
        path: The file, as the user named it.
        written: Whether it was changed.
    """
    return "\n".join(_lines(outcome, path, written))


def _lines(outcome: Outcome, path: Path, written: bool) -> Iterator[str]:
    chips = ", ".join(outcome.chips)
    for attempt in outcome.attempts:
        yield from _attempt(attempt, chips)
    if outcome.attempts:
        yield ""
    change = diff(outcome.old, outcome.new, str(path))
    if change:
        yield from change.splitlines()
        yield ""
    fixed = sum(attempt.fixed for attempt in outcome.attempts)
    left = len(outcome.attempts) - fixed
    if not outcome.attempts:
        yield f"{path}: nothing to fix on {chips}"
        return
    ending = "" if not change else "; the file was changed" if written else "; --write changes the file"
    yield f"{path}: {fixed} fixed, {left} {'remains' if left == 1 else 'remain'} on {chips}{ending}"


def _attempt(attempt: Attempt, chips: str) -> Iterator[str]:
    finding = attempt.finding
    at = f" at {attempt.place}" if attempt.place else ""
    if attempt.fixed:
        yield f"fixed: {finding.rule}{at}: {attempt.summary}"
        yield f"  run again on {chips}: the finding is gone, nothing new appeared"
    else:
        yield f"remains: {finding.rule}{at}: no safe fix is known"
        yield f"  {finding.message}"
    for summary, why in attempt.refused:
        yield f"  tried: {summary}: {why}"
