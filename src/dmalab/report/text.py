"""A run as text for people: every finding on one screen, then one summary line.

A line of the report is a tuple of (text, style) pieces; `render` drops the styles, `show` gives them to a console that has colours.
The layout is a contract (design: "A finding says everything in one screen"); the tests compare it whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from dmalab.report.finding import Finding, LineBytes, LinePart, Severity, Where
from dmalab.report.run import RunReport

Piece = tuple[str, str]
"""Text and its style (a rich style, empty for plain)."""
Line = tuple[Piece, ...]

SHOWN_BYTES = 4
"""Bytes of each view in the text; JSON has all that were kept."""

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}
_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info"}


def render(report: RunReport) -> str:
    """The whole report as plain text, without a newline at the end."""
    return "\n".join(_plain(line) for line in _report_lines(report))


def render_finding(finding: Finding, chip: str) -> str:
    """One finding as plain text, without a newline at the end."""
    return "\n".join(_plain(line) for line in _finding_lines(finding, chip))


def summary(report: RunReport) -> str:
    """The last line of a report, such as `esp32s3: 1 error, 0 warnings, 0 notes in 1.234 ms of chip time`."""
    if report.error:
        return f"{report.chip}: {report.trouble}"
    counts = ", ".join(
        _plural(report.count(severity), word)
        for severity, word in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "note"))
    )
    text = f"{report.chip}: {counts} in {duration(report.duration_ns)} of chip time"
    if report.tests:
        failed = sum(case.outcome == "failed" for case in report.tests)
        text += f"; {_plural(len(report.tests), 'test')}, {failed} failed"
    elif report.failure:
        text += "; the firmware failed"
    return text


def duration(time_ns: int) -> str:
    """A virtual time with the unit that suits it: `850 ns`, `12.4 us`, `1.234 ms`, `2.000 s`."""
    if time_ns < 1000:
        return f"{time_ns} ns"
    for unit, scale, digits in (("us", 10**3, 1), ("ms", 10**6, 3)):
        number = f"{time_ns / scale:.{digits}f}"
        if float(number) < 1000:  # what rounds up to 1000 is shown in the next unit
            return f"{number} {unit}"
    return f"{time_ns / 10**9:.3f} s"


def show(reports: Sequence[RunReport], stream: TextIO, *, quiet: bool = False) -> None:
    """Write the reports to `stream`, then a table when there are several; in colour if `stream` is a terminal that has it.

    Args:
        reports: In the order to show them.
        stream: Usually stdout.
        quiet: Leave out the notes about the run as a whole.
    """
    lines: list[Line] = []
    for number, report in enumerate(reports):
        if number:
            lines.append(())
        lines.extend(_report_lines(report, quiet=quiet))
    if len(reports) > 1:
        lines.append(())
        lines.extend(_table(reports))
    if not stream.isatty():
        stream.writelines(f"{_plain(line)}\n" for line in lines)
        return
    from rich.console import Console  # a third of the start-up time, and only terminals need it
    from rich.text import Text

    console = Console(file=stream, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text.assemble(*line))


def _plain(line: Line) -> str:
    return "".join(text for text, _ in line).rstrip()


def actor(task: str) -> str:
    """Who did something: `task main`, or `interrupt (on main)`; empty when unknown."""
    return task if task.startswith("interrupt") else f"task {task}" if task else ""


def _report_lines(report: RunReport, *, quiet: bool = False) -> Iterator[Line]:
    for finding in report.findings:
        yield from _finding_lines(finding, report.chip)
        yield ()
    for case in report.tests:
        if case.outcome == "failed":
            place = f" ({case.file}:{case.line})" if case.file else ""
            yield (
                ("failed: ", "bold red"),
                (f"{case.name}{place}", ""),
                (f": {case.message}" if case.message else "", ""),
            )
    if report.failure:
        yield ("failed: ", "bold red"), (report.failure, "")
    if report.error:
        yield ("error: ", "bold red"), (report.error, "")
    for note in () if quiet else report.notes:
        yield ("note: ", "bold cyan"), (note, "")
    yield ((summary(report), "bold"),)


def _finding_lines(finding: Finding, chip: str) -> Iterator[Line]:
    style = _STYLES[finding.severity]
    yield (
        (f"{_WORDS[finding.severity]}: ", style),
        (finding.rule, "bold"),
        (f" ({finding.certainty.value}) on {chip}", ""),
    )
    yield ((f"  {finding.message}", ""),)
    if finding.line is not None:
        yield _line_bytes(finding.line)
        if len({part.owner for part in finding.line.parts if part.owner}) > 1:
            yield _owners(finding.line.parts)
    rows = list(_rows(finding))
    role_width = max((len(role) for role, _ in rows), default=0)
    for role, text in rows:
        yield (f"  {role:<{role_width}}  ", "dim"), (text, "")


def _owners(parts: Sequence[LinePart]) -> Line:
    """Whom a line belongs to that has more than one owner: `shared by  packet 4 bytes, nobody 16, stats 12`."""
    first, *rest = (f"{part.owner or 'nobody'} {part.size}" for part in parts)
    return ("  shared by  ", "dim"), (", ".join((f"{first} bytes", *rest)), "")


def _rows(finding: Finding) -> Iterator[tuple[str, str]]:
    """What stands behind the two first lines: role and text, one row each."""
    yield from _where_rows(finding.where)
    for number, text in enumerate(finding.fix.splitlines()):
        yield "" if number else "fix", text
    for note in finding.notes:
        for number, text in enumerate(note.splitlines()):
            yield "" if number else "note", text
    if finding.count > 1:
        yield "seen", f"{finding.count} times"


def _where_rows(places: Sequence[Where]) -> Iterator[tuple[str, str]]:
    """The columns role, place, task and time are as wide as their longest entry; the note is last and free."""
    columns = [(_place(where), actor(where.task), _time(where)) for where in places]
    widths = [max((len(column[index]) for column in columns), default=0) for index in range(3)]
    for where, (place, task, time) in zip(places, columns, strict=True):
        text = f"{place:<{widths[0]}}     {task:<{widths[1]}}   {time:<{widths[2]}}     {where.note}"
        yield where.role, text.rstrip()


def _place(where: Where) -> str:
    file = f"{where.file}:{where.line}" if where.file and where.line else where.file or "(unknown place)"
    return f"{file} {where.function}".rstrip()


def _time(where: Where) -> str:
    return "" if where.time_ns is None else f"t = {duration(where.time_ns)}"


def _line_bytes(line: LineBytes) -> Line:
    """`line ADDRESS   CPU sees …    memory holds …    sent …`, from the first byte on which the views differ."""
    views = [line.cpu, line.memory, *([line.moved] if line.moved else [])]
    skip = _first_difference(views)
    at = line.address + skip
    base = at - at % line.size if line.size else at
    offset = f" +{at - base}" if at > base else ""
    words = ["CPU sees", "memory holds", line.moved_word]
    shown = [f"{word}  {_hex(view, skip)}" for word, view in zip(words, views, strict=False)]
    return (f"  {'line' if line.size else 'bytes'} {base:#010x}{offset}   ", "dim"), ("    ".join(shown), "")


def _first_difference(views: Sequence[bytes]) -> int:
    """Index of the first byte that is not the same everywhere; 0 when all are."""
    columns = enumerate(zip(*views, strict=False))
    return next((index for index, column in columns if len(set(column)) > 1), 0)


def _hex(view: bytes, skip: int) -> str:
    part = view[skip : skip + SHOWN_BYTES]
    return part.hex(" ") + (" …" if len(view) > skip + SHOWN_BYTES else "")


def _table(reports: Sequence[RunReport]) -> Iterator[Line]:
    """One row per chip."""
    head = ("chip", "verdict", "errors", "warnings", "notes", "chip time")
    rows = [
        (
            report.chip,
            report.verdict,
            *(str(report.count(severity)) for severity in (Severity.ERROR, Severity.WARNING, Severity.INFO)),
            duration(report.duration_ns),
        )
        for report in reports
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for number, row in enumerate((head, *rows)):
        cells = (
            text.ljust(width) if column < 2 else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        yield (("  ".join(cells), "bold" if number == 0 else ""),)


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
