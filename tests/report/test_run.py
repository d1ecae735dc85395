"""Verdicts, exit statuses, and how repeats of one finding become one."""

from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmalab.report.finding import Certainty, Finding, Severity, Where
from dmalab.report.run import CaseResult, RunReport, exit_code, merge


def finding(rule="stale-cpu-read", *, time_ns=0, severity=Severity.ERROR, places=(("a.c", 1),), message="m", **more):
    where = tuple(Where(role="loaded", file=file, line=line, function="f", task="main") for file, line in places)
    return Finding(
        rule=rule, severity=severity, certainty=Certainty.CERTAIN, message=message, time_ns=time_ns, where=where, **more
    )


def report(**parts):
    return RunReport(chip="esp32s3", api="idf", **parts)


FAILED_CASE = CaseResult(name="t", outcome="failed")
VERDICTS = [
    (report(), "clean", 0),
    (report(findings=(finding(severity=Severity.INFO),)), "clean", 0),
    (report(findings=(finding(severity=Severity.WARNING),)), "findings", 1),
    (report(findings=(finding(),)), "findings", 1),
    (report(tests=(CaseResult(name="t", outcome="passed"), CaseResult(name="s", outcome="skipped"))), "clean", 0),
    (report(tests=(FAILED_CASE,)), "failed", 1),
    (report(findings=(finding(),), failure="assertion failed"), "failed", 1),
    (report(tests=(FAILED_CASE,), error="build failed"), "error", 2),
]


@pytest.mark.parametrize(("run", "verdict", "status"), VERDICTS)
def test_verdict_and_exit_status(run, verdict, status):
    assert (run.verdict, run.exit_code) == (verdict, status)


def test_the_worst_run_decides():
    assert exit_code([]) == 0
    assert exit_code([report(), report(findings=(finding(),))]) == 1
    assert exit_code([report(error="x"), report(findings=(finding(),))]) == 2


def test_reports_are_frozen():
    with pytest.raises(FrozenInstanceError):
        report().seed = 1  # type: ignore[misc]


def test_repeats_keep_the_first_and_count():
    first = finding(time_ns=10, address=0x100, message="first")
    again = finding(time_ns=20, address=0x200, message="again", count=3)
    assert merge([again, first]) == (replace(first, count=4),)


def test_the_strongest_certainty_is_kept():
    possible = replace(finding(time_ns=1), certainty=Certainty.POSSIBLE)
    assert merge([possible, finding(time_ns=2)]) == (replace(possible, certainty=Certainty.CERTAIN, count=2),)
    assert merge([possible, replace(possible, time_ns=2)]) == (replace(possible, count=2),)


def test_order_of_places_does_not_matter_but_places_do():
    forth, back = finding(places=(("a.c", 1), ("b.c", 2))), finding(places=(("b.c", 2), ("a.c", 1)))
    assert len(merge([forth, back])) == 1
    assert len(merge([forth, finding(places=(("a.c", 1),))])) == 2


def test_places_of_later_symptoms_do_not_tell_findings_apart():
    one = finding()
    later = Where(role="also loaded", file="a.c", line=9, function="f", task="main")
    (kept,) = merge([one, replace(one, where=(*one.where, later))])
    assert kept.count == 2


def test_other_rules_and_severities_stay_apart():
    assert len(merge([finding(), finding("leak"), finding(severity=Severity.WARNING)])) == 3


def test_without_places_message_and_address_decide():
    nowhere = finding(places=(), address=1)
    assert len(merge([nowhere, nowhere])) == 1
    assert len(merge([nowhere, finding(places=(), address=2), finding(places=(), address=1, message="n")])) == 3


def test_order_is_time_then_rule():
    late, leak, stale = finding("aaa", time_ns=9), finding("leak", time_ns=5), finding("stale", time_ns=5)
    assert [each.rule for each in merge([late, stale, leak])] == ["leak", "stale", "aaa"]


@given(
    st.lists(
        st.builds(
            finding,
            st.sampled_from(["leak", "overrun"]),
            time_ns=st.integers(0, 3),
            places=st.lists(st.tuples(st.sampled_from(["a.c", "b.c"]), st.integers(1, 2)), max_size=2).map(tuple),
            message=st.sampled_from(["m", "n"]),
            address=st.none() | st.integers(0, 1),
        ),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_merging_loses_nothing_and_is_idempotent(findings, random):
    merged = merge(findings)
    assert sum(each.count for each in merged) == len(findings)
    assert merge(merged) == merged
    shuffled = list(findings)
    random.shuffle(shuffled)
    assert [(e.rule, e.time_ns, e.count, e.message) for e in merge(shuffled)] == [
        (e.rule, e.time_ns, e.count, e.message) for e in merged
    ]
