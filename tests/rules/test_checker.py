"""How drafts become findings: repeats counted, certainty raised, places named, and a limit that says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dmalab import Machine
from dmalab.core.events import Stamp
from dmalab.core.places import Site
from dmalab.core.spans import Span
from dmalab.idf.words import IdfWords
from dmalab.report.finding import Certainty, Severity
from dmalab.rules.catalogue import RULES
from dmalab.rules.checker import FURTHER_PLACES, MAX_DRAFTS, REMEMBERED_CAUSES, Checker, Draft, relative, variable


def make() -> tuple[Machine, Checker]:
    machine = Machine()
    return machine, Checker(machine, IdfWords())


def draft(place: int = 0, *, certainty: Certainty = Certainty.CERTAIN, message: str = "m", **more: object) -> Draft:
    parts: dict[str, object] = {
        "rule": "stale-cpu-read",
        "severity": Severity.ERROR,
        "roles": (("loaded", Stamp(place, 1, 5000), "a note"),),
    }
    return Draft(**(parts | {"certainty": certainty, "message": message} | more))  # type: ignore[arg-type]


def test_repeats_are_counted_and_the_first_is_kept() -> None:
    _, checker = make()
    for message in ("first", "second", "third"):
        checker.report(draft(message=message))
    (finding,) = checker.findings()
    assert (finding.message, finding.count) == ("first", 3)


def test_one_certain_repeat_makes_the_finding_certain() -> None:
    _, checker = make()
    for certainty in (Certainty.POSSIBLE, Certainty.CERTAIN, Certainty.POSSIBLE):
        checker.report(draft(certainty=certainty))
    (finding,) = checker.findings()
    assert finding.certainty is Certainty.CERTAIN


@pytest.mark.parametrize(
    "other",
    [
        {"rule": "stale-dma-read"},
        {"severity": Severity.WARNING},
        {"place": 1},
        {"roles": (("stored", Stamp(0, 1, 5000), ""),)},
    ],
)
def test_another_rule_severity_place_or_role_is_another_problem(other: dict[str, object]) -> None:
    machine, checker = make()
    machine.places.add(Site("a.c", 1, "f"))
    checker.report(draft())
    checker.report(draft(**other))  # type: ignore[arg-type]
    assert len(checker.findings()) == 2


def lines_of(checker: Checker) -> list[tuple[str, int]]:
    (finding,) = checker.findings()
    return [(where.role, where.line) for where in finding.where]


def test_symptoms_of_one_cause_are_one_finding_with_every_place() -> None:
    machine, checker = make()
    places = [machine.places.add(Site("a.c", line, "f")) for line in (1, 2, 2, 3)]
    for place in (*places, places[1]):
        checker.report(draft(place), cause="the request")
    assert lines_of(checker) == [("loaded", 1), ("also loaded", 2), ("also loaded", 3)]
    assert checker.findings()[0].count == 5


def test_a_place_that_joined_a_finding_stays_with_it_when_the_cause_is_another() -> None:
    """The next lap of a loop: a new request, and the same lines in another order."""
    machine, checker = make()
    one, two = (machine.places.add(Site("a.c", line, "f")) for line in (1, 2))
    for place, cause in ((one, "first lap"), (two, "first lap"), (two, "second lap"), (one, "second lap")):
        checker.report(draft(place), cause=cause)
    assert lines_of(checker) == [("loaded", 1), ("also loaded", 2)]


def test_other_causes_and_other_rules_are_other_findings() -> None:
    machine, checker = make()
    places = [machine.places.add(Site("a.c", line, "f")) for line in (1, 2, 3)]
    checker.report(draft(places[0]), cause="this")
    checker.report(draft(places[1]), cause="that")
    checker.report(draft(places[2], rule="shared-line"), cause="this")
    assert [len(finding.where) for finding in checker.findings()] == [1, 1, 1]


def test_places_without_room_are_counted() -> None:
    machine, checker = make()
    for line in range(1, FURTHER_PLACES + 4):
        checker.report(draft(machine.places.add(Site("a.c", line, "f"))), cause=0)
    (finding,) = checker.findings()
    assert len(finding.where) == 1 + FURTHER_PLACES
    assert finding.notes == ("and 2 more places with the same cause",)


def test_only_the_latest_causes_are_remembered() -> None:
    machine, checker = make()
    one, two = (machine.places.add(Site("a.c", line, "f")) for line in (1, 2))
    checker.report(draft(one), cause=-1)
    for cause in range(REMEMBERED_CAUSES):
        checker.report(draft(one), cause=cause)
    checker.report(draft(two), cause=-1)
    assert len(checker.findings()) == 2


def test_findings_come_in_the_order_of_time() -> None:
    machine, checker = make()
    places = [machine.places.add(Site("a.c", line, "f")) for line in (1, 2, 3)]
    for place, time in zip(places, (30, 10, 20), strict=True):
        checker.report(draft(place, time_ps=time * 1000))
    assert [finding.time_ns for finding in checker.findings()] == [10, 20, 30]


def test_roles_are_named_in_the_fix() -> None:
    machine, checker = make()
    place = machine.places.add(Site("src/frame.c", 31, "fill"))
    checker.report(draft(place, fix="before {loaded}: do it"))
    checker.report(draft(0, fix="before {loaded}: do it"))
    assert {finding.fix for finding in checker.findings()} == {"before frame.c:31: do it", "before this point: do it"}


def test_a_finding_has_places_tasks_and_times() -> None:
    machine, checker = make()
    place = machine.places.add(Site("src/frame.c", 31, "fill"))
    checker.report(draft(place, span=Span(0x1000, 0x1010)))
    (finding,) = checker.findings()
    (where,) = finding.where
    assert (where.file, where.line, where.function, where.time_ns, where.note) == (
        "src/frame.c",
        31,
        "fill",
        5,
        "a note",
    )
    assert (finding.address, finding.size) == (0x1000, 16)


def test_too_many_problems_are_counted_and_the_report_says_so() -> None:
    machine = Machine()
    for number in range(MAX_DRAFTS + 7):
        machine.checker.report(draft(machine.places.add(Site("a.c", number + 1, "f"))))
    report = machine.report()
    assert len(report.findings) == MAX_DRAFTS
    assert report.notes == ("7 further findings were counted but not kept",)


def test_files_below_the_working_folder_are_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert relative(os.path.join(tmp_path, "src", "a.c")) == os.path.join("src", "a.c")
    assert relative("/elsewhere/a.c") == "/elsewhere/a.c"
    assert relative("src/a.c") == "src/a.c"
    assert relative("") == ""


def test_every_rule_of_the_design_is_in_the_catalogue() -> None:
    assert {"stale-dma-read", "stale-cpu-read", "dirty-line-over-dma", "shared-line", "discarded-write"} <= set(RULES)


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        ("xQueueSend", "xQueueSendFromISR()"),
        ("something", "the FromISR form, or leave it to a task that the interrupt wakes"),
    ],
)
def test_what_to_call_in_an_interrupt(call: str, advice: str) -> None:
    assert IdfWords().from_isr(call) == advice


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("    uint8_t *frame = heap_caps_malloc(64, CAPS);", "frame"),
        ("    uint8_t *frame = (uint8_t *)malloc(64);", "frame"),
        ("    if (!(dev->buf = malloc(64))) {", "dev->buf"),
        ("    uint8_t(*ring)[SIZE] = heap_caps_calloc(4, SIZE, CAPS);", "ring"),
        ("    slots[i] = malloc(64);", "slots"),
        ("        src = machine.heap.alloc(4096, caps=1)", "src"),
        ("    uint8_t *a = malloc(1), *b = malloc(1);", ""),
        ("    return malloc(64);", ""),
        ("    use(malloc(64));", ""),
    ],
)
def test_a_block_is_called_by_the_variable_that_got_it(line: str, name: str, tmp_path: Path) -> None:
    source = tmp_path / "a.c"
    source.write_text(f"\n{line}\n")
    assert variable(str(source), 2) == name
    assert variable(str(source), 9) == variable("", 0) == variable(str(tmp_path / "none.c"), 1) == ""


@pytest.mark.parametrize(
    ("idf", "writeback", "invalidate", "both"),
    [
        ("v5.0", "Cache_WriteBack_Addr((uint32_t)b, 64)", "Cache_Invalidate_Addr((uint32_t)b, 64)", None),
        ("v5.1", "UNALIGNED", "INVALIDATE | UNALIGNED", "INVALIDATE | UNALIGNED"),
        ("v5.2", "DIR_C2M | UNALIGNED", "DIR_M2C", "DIR_C2M | INVALIDATE | UNALIGNED"),
        ("v6.0", "DIR_C2M | UNALIGNED", "DIR_M2C", "DIR_C2M | INVALIDATE | UNALIGNED"),
    ],
)
def test_a_fix_is_written_for_the_release_in_use(idf: str, writeback: str, invalidate: str, both: str | None) -> None:
    def call(flags: str) -> str:
        names = " | ".join(f"ESP_CACHE_MSYNC_FLAG_{flag}" for flag in flags.split(" | "))
        return flags if "(" in flags else f"esp_cache_msync(b, 64, {names})"

    words = Machine("esp32s3", idf=idf).checker.words
    assert words.writeback("b", 64) == call(writeback)
    assert words.invalidate("b", 64) == call(invalidate)
    assert words.writeback_invalidate("b", 64) == (call(both) if both else f"{call(writeback)} and {call(invalidate)}")
