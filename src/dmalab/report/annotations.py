"""Findings as GitHub-style workflow commands, which show as annotations at the lines of a pull request.

One line per problem, however many chips have it: services keep only some ten annotations of a step. Errors first.
Source: GitHub documentation, "Workflow commands for GitHub Actions" (commands error, warning and notice, and how texts
are escaped).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dmalab.report.finding import Finding, Severity
from dmalab.report.run import RunReport
from dmalab.report.sarif import culprit

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def workflow_commands(reports: Sequence[RunReport]) -> list[str]:
    """The lines to print."""
    lines = [*_failures(reports), *_findings(reports)]
    order = [f"::{command}" for command in _COMMANDS.values()]
    return sorted(lines, key=lambda line: next(rank for rank, head in enumerate(order) if line.startswith(head)))


def _failures(reports: Sequence[RunReport]) -> Iterator[str]:
    for report in reports:
        if report.error:
            yield _command("error", f"{report.trouble} on {report.chip}", report.error)
        if report.failure:
            yield _command("error", f"the firmware failed on {report.chip}", report.failure)
        for case in report.tests:
            if case.outcome == "failed":
                yield _command("error", f"{case.name} failed on {report.chip}", case.message, case.file, case.line)


def _findings(reports: Sequence[RunReport]) -> Iterator[str]:
    merged: dict[object, tuple[Finding, list[str]]] = {}
    for report in reports:
        for finding in report.findings:
            places = tuple((where.role, where.file, where.line) for where in finding.first_places)
            key = finding.rule, finding.severity, places, finding.message if not places else ""
            chips = merged.setdefault(key, (finding, []))[1]
            if report.chip not in chips:
                chips.append(report.chip)
    for finding, chips in merged.values():
        where = culprit(finding)
        text = finding.message + (f"\n{finding.fix}" if finding.fix else "")
        title = f"{finding.rule} ({finding.certainty.value}) on {', '.join(chips)}"
        file, line = (where.file, where.line) if where is not None else ("", 0)
        yield _command(_COMMANDS[finding.severity], title, text, file, line)


def _command(name: str, title: str, text: str, file: str = "", line: int = 0) -> str:
    properties = [("file", file)] if file else []
    if file and line:
        properties.append(("line", str(line)))
    properties.append(("title", title))
    return f"::{name} {','.join(f'{key}={_property(value)}' for key, value in properties)}::{_text(text)}"


def _text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
