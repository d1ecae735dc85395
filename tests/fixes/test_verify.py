"""What counts as fixed: the finding gone, nothing new, the program none the worse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dmalab.fixes.verify import judge, key, serious
from dmalab.report.finding import Certainty, Finding, Severity, Where
from dmalab.report.run import RunReport

OLD = "one\ntwo\nthree\n"
NEW = "one\nnew\ntwo\nthree\n"
FILE = str(Path("frame.c").resolve())


def finding(rule: str, line: int, severity: Severity = Severity.ERROR) -> Finding:
    where = Where(role="stored", file="frame.c", line=line, function="main", task="main")
    return Finding(
        rule=rule, severity=severity, certainty=Certainty.CERTAIN, message=f"{rule} happened", where=(where,)
    )


def report(*findings: Finding) -> RunReport:
    return RunReport(chip="esp32s3", api="idf", findings=findings)


def judged(
    *after: Finding, before: tuple[Finding, ...] = (finding("leak", 2), finding("overrun", 3))
) -> tuple[bool, str]:
    first = report(*before)
    wanted = key("esp32s3", before[0])
    judgement = judge(wanted, [first], [report(*after)], FILE, OLD, NEW)
    return judgement.good, judgement.why


def test_a_finding_that_is_gone_is_fixed_whatever_else_was_there_before() -> None:
    assert judged(finding("overrun", 4)) == (True, "the finding is gone, nothing new appeared")
    assert judged() == (True, "the finding is gone, nothing new appeared")


def test_the_places_of_later_symptoms_may_change() -> None:
    later = Where(role="also stored", file="frame.c", line=9, function="main", task="main")
    more = replace(finding("overrun", 3), where=(*finding("overrun", 3).where, later))
    assert judged(finding("overrun", 4), before=(finding("leak", 2), more))[0]


def test_lines_are_counted_as_before_the_change() -> None:
    assert judged(finding("leak", 3)) == (False, "the finding is still there")
    assert judged(finding("overrun", 3)) == (False, "a new finding appears: overrun: overrun happened")


def test_the_same_rule_at_an_inserted_line_is_new() -> None:
    assert judged(finding("leak", 2)) == (False, "a new finding appears: leak: leak happened")


def test_information_does_not_count() -> None:
    assert judged(finding("redundant-sync", 2, Severity.INFO))[0]
    assert serious([report(finding("redundant-sync", 2, Severity.INFO))]) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"failure": "assertion at frame.c:4"}, "the program fails on esp32s3: assertion at frame.c:4"),
        ({"error": "frame.c:2: error: no such thing\nmore"}, "it can't be built: frame.c:2: error: no such thing"),
    ],
)
def test_a_program_that_ends_worse_is_not_fixed(change: dict[str, str], why: str) -> None:
    before = report(finding("leak", 2))
    after = replace(report(), **change)  # type: ignore[arg-type]
    judgement = judge(key("esp32s3", before.findings[0]), [before], [after], FILE, OLD, NEW)
    assert (judgement.good, judgement.why) == (False, why)


def test_a_finding_must_go_on_every_chip() -> None:
    first = [report(finding("leak", 2)), replace(report(finding("leak", 2)), chip="esp32p4")]
    after = [report(), replace(report(finding("leak", 3)), chip="esp32p4")]
    assert not judge(key("esp32p4", first[1].findings[0]), first, after, FILE, OLD, NEW).good
    assert judge(key("esp32s3", first[0].findings[0]), first, after, FILE, OLD, NEW).good
