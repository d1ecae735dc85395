"""Unity's test cases: which of them run, and how each ended, as `CaseResult`s of the machine.

The runtime announces every case before the first one starts. So a case that ends the firmware is known as the one that failed, and those
behind it as not reached.
Source: ESP-IDF components/unity (unity_runner.c, unity_test_runner.h).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from fnmatch import fnmatchcase
from typing import Literal

from dmalab.core.clock import PS_PER_NS
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.report.run import CaseResult

calls = Handlers()

OUTCOMES: tuple[Literal["passed", "failed", "skipped"], ...] = ("passed", "failed", "skipped")


class Verdict(IntEnum):
    """What the runtime is to do with a case."""

    LEAVE_OUT = 0
    RUN = 1
    SKIP = 2


@dataclass(slots=True)
class Case:
    """A case that was announced."""

    name: str
    file: str
    line: int
    began_ps: int = -1
    """When it started; -1 before."""


@dataclass(slots=True)
class Cases:
    """All that is known of a firmware's tests."""

    patterns: Sequence[str] = ()
    known: list[str] = field(default_factory=list)
    """Names of all cases that were announced, selected or not."""
    planned: list[Case] = field(default_factory=list)
    """Those that are still to run, or running."""


def cases_of(firmware: Firmware) -> Cases:
    """The tests of a firmware."""
    found = firmware.state.setdefault("unity", Cases())
    assert isinstance(found, Cases)
    return found


def select(firmware: Firmware, patterns: Sequence[str]) -> None:
    """Let only those cases run that one of the patterns fits (`matches`); all of them without patterns."""
    cases_of(firmware).patterns = patterns


def matches(pattern: str, name: str, tags: str) -> bool:
    """Whether a pattern selects a case.

    Args:
        pattern: `[tag]` selects by tag. With `*`, `?` or `[a-z]` it must fit the whole name; else it is a part of the name. Upper and lower
            case are the same. A leading `!` selects what the rest does not.
        name: The case's name.
        tags: Its tags, such as `[dma][ignore]`.
    """
    pattern, name, tags = pattern.casefold(), name.casefold(), tags.casefold()
    if pattern.startswith("!"):
        return not matches(pattern[1:], name, tags)
    if pattern.startswith("[") and pattern.endswith("]"):
        return pattern in tags
    return fnmatchcase(name, pattern) if any(mark in pattern for mark in "*?[") else pattern in name


@calls.add
def unity_planned(firmware: Firmware, name: int, tags: int, file: int, line: int, functions: int) -> int:
    cases, label, labels = cases_of(firmware), firmware.string(name), firmware.string(tags)
    cases.known.append(label)
    if cases.patterns and not any(matches(pattern, label, labels) for pattern in cases.patterns):
        return Verdict.LEAVE_OUT
    why = ""
    if functions != 1:
        why = "several stages or devices: resets and other boards are not modelled"
    elif "[ignore]" in labels and not cases.patterns:
        why = "tagged [ignore]"
    if why:
        firmware.machine.tests.append(
            CaseResult(name=label, outcome="skipped", file=firmware.string(file), line=line, message=why)
        )
        return Verdict.SKIP
    cases.planned.append(Case(label, firmware.string(file), line))
    return Verdict.RUN


@calls.add
def unity_started(firmware: Firmware, name: int, file: int, line: int) -> None:
    cases, now = cases_of(firmware), firmware.machine.clock.now_ps
    if not cases.planned or cases.planned[0].name != firmware.string(name):
        # RUN_TEST, which announces nothing.
        cases.planned.insert(0, Case(firmware.string(name), firmware.string(file) if file else "", line))
    cases.planned[0].began_ps = now


@calls.add
def unity_ended(firmware: Firmware, outcome: int, line: int) -> None:
    planned = cases_of(firmware).planned
    if not planned or outcome >= len(OUTCOMES):
        raise FirmwareAssert("a test ended that was not running")
    case = planned.pop(0)
    firmware.machine.tests.append(
        CaseResult(
            name=case.name,
            outcome=OUTCOMES[outcome],
            file=case.file,
            line=line,
            message=firmware.process.message().strip(),
            duration_ns=(firmware.machine.clock.now_ps - case.began_ps) // PS_PER_NS,
        )
    )


def close(firmware: Firmware) -> str:
    """Judge the cases that did not come to their end, once the firmware is over.

    Returns:
        Why the selection is wrong; empty when it fitted something, or when nothing was selected.
    """
    cases, machine = cases_of(firmware), firmware.machine
    running = next((case for case in cases.planned if case.began_ps >= 0), None)
    for case in cases.planned:
        if case is running:
            why = firmware.last_words or "it did not come to its end"
            outcome, took = OUTCOMES[1], (machine.clock.now_ps - case.began_ps) // PS_PER_NS
        else:
            why = f"not reached: the firmware ended in '{running.name}'" if running is not None else "not reached"
            outcome, took = OUTCOMES[2], 0
        machine.tests.append(
            CaseResult(name=case.name, outcome=outcome, file=case.file, line=case.line, message=why, duration_ns=took)
        )
    cases.planned.clear()
    if not cases.patterns or machine.tests:
        return ""
    patterns = ", ".join(f"'{pattern}'" for pattern in cases.patterns)
    return f"--tests: nothing matches {patterns}; there are: {', '.join(cases.known) or 'no tests'}"
