"""A timeline as a value change dump, for waveform viewers such as GTKWave and Surfer: a scope per chip and kind of lane.

Every lane is a bit that is 1 while something goes on (for a task: while it runs), with a text beside it that says what.
Step functions, dirty lines and the number of owners of a buffer are integers. `findings.count` grows by one at each
finding, `findings.rule` names it. Times are picoseconds, as the machine has them. An event that takes no time is shown
for one picosecond.
Source: IEEE 1364-2005, section 18 (the file format, written by pyvcd); texts are the usual extension of viewers.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from vcd import VCDWriter

from dmalab.core.clock import PS_PER_NS
from dmalab.report.run import RunReport
from dmalab.trace.timeline import Event, Lane, LaneKind
from dmalab.version import __version__

Change = tuple[int, int, int | str]
"""Time in picoseconds, 0 for what ends and 1 for what begins, value."""

_UNFIT = re.compile(r"[^\w.+-]+")


def to_vcd(reports: Sequence[RunReport]) -> str:
    """The dump of these runs. Runs without a timeline have their findings only."""
    file = io.StringIO()
    with VCDWriter(file, timescale="1 ps", date="", version=f"dmalab {__version__}", check_values=False) as writer:
        dump = _Dump(writer)
        for index, report in enumerate(reports):
            chips = [one.chip for one in reports]
            dump.run(report.chip if chips.count(report.chip) == 1 else f"{report.chip}_{index + 1}", report)
        dump.write(max((_end_ps(report) for report in reports), default=0))
    return file.getvalue()


def _end_ps(report: RunReport) -> int:
    return report.timeline.duration_ps if report.timeline is not None else report.duration_ns * PS_PER_NS


class _Dump:
    """Variables first, then all changes in the order of time."""

    def __init__(self, writer: VCDWriter) -> None:
        self._writer = writer
        self._variables: list[Any] = []
        self._changes: list[tuple[int, int, int, int | str]] = []
        """Time, 0 for what ends and 1 for what begins, variable, value."""

    def run(self, scope: str, report: RunReport) -> None:
        """Add one run."""
        scope = _name(scope)
        if report.findings:
            self._add(
                f"{scope}.findings",
                "count",
                "integer",
                [(finding.time_ns * PS_PER_NS, 1, count) for count, finding in enumerate(report.findings, 1)],
            )
            rules = [(finding.time_ns * PS_PER_NS, 1, finding.rule) for finding in report.findings]
            self._add(f"{scope}.findings", "rule", "string", rules)
        if report.timeline is None:
            return
        by_lane: dict[Lane, list[Event]] = {lane: [] for lane in report.timeline.lanes}
        for event in report.timeline.events():
            by_lane[event.lane].append(event)
        taken: set[str] = set()
        for lane, events in by_lane.items():
            self._lane(f"{scope}.{_name(lane.kind.value)}", _fresh(_name(lane.name), taken, lane.kind), lane, events)

    def _lane(self, scope: str, name: str, lane: Lane, events: Sequence[Event]) -> None:
        spans = [(event.start_ps, max(event.end_ps, event.start_ps + 1), event) for event in events]
        if lane.unit:
            self._add(scope, f"{name}_{_name(lane.unit)}", "integer", _steps((a, b, e.value) for a, b, e in spans))
            return
        if lane.kind is LaneKind.LINES:
            self._add(scope, f"{name}_dirty", "integer", _steps((a, b, e.value) for a, b, e in spans))
        elif lane.kind is LaneKind.BUFFER:
            self._add(scope, f"{name}_owners", "integer", _counts(spans))
        else:
            shown = [(a, b, 1) for a, b, e in spans if lane.kind is not LaneKind.TASK or e.label == "runs"]
            self._add(scope, name, "wire", _steps(shown))
        self._add(
            scope, f"{name}_text", "string", [(a, 1, e.label) for a, _, e in spans] + [(b, 0, "") for _, b, _ in spans]
        )

    def _add(self, scope: str, name: str, kind: str, changes: Iterable[Change]) -> None:
        init: int | str = "" if kind == "string" else 0
        size = {"wire": 1, "integer": 64, "string": None}[kind]
        self._variables.append(self._writer.register_var(scope, name, kind, size=size, init=init))
        index = len(self._variables) - 1
        self._changes += [(time, order, index, value) for time, order, value in changes]

    def write(self, end_ps: int) -> None:
        """Everything in the order of time; of several changes at one moment the last one counts."""
        now: dict[int, int | str] = {}
        time = 0
        for at, _, index, value in sorted(self._changes, key=lambda change: change[:3]):
            if at != time:
                self._flush(time, now)
                time = at
            now[index] = value
        self._flush(time, now)
        self._writer.close(max(end_ps, time))

    def _flush(self, time: int, now: dict[int, int | str]) -> None:
        for index, value in now.items():
            self._writer.change(self._variables[index], time, value)
        now.clear()


def _steps(spans: Iterable[tuple[int, int, int]]) -> Iterable[Change]:
    for start, end, value in spans:
        yield start, 1, value
        yield end, 0, 0


def _counts(spans: Sequence[tuple[int, int, Event]]) -> Iterable[Change]:
    """How many of the spans there are at a time."""
    count = 0
    edges = sorted([(start, 1, 1) for start, _, _ in spans] + [(end, 0, -1) for _, end, _ in spans])
    for time, order, step in edges:
        count += step
        yield time, order, count


def _name(text: str) -> str:
    """A name that a dump can carry."""
    return _UNFIT.sub("_", text).replace(".", "_")


def _fresh(name: str, taken: set[str], kind: LaneKind) -> str:
    """`name`, or a numbered one when two lanes of a kind would be called the same."""
    number, found = 1, name
    while f"{kind.value}.{found}" in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(f"{kind.value}.{found}")
    return found
