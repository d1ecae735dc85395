"""One self-contained page for a browser: verdicts, findings with their sources and bytes, and a timeline.

The page needs no network and no server. Everything that comes from firmware or its sources is escaped: text by the template engine, data by
`script_json`. The same reports give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from dmalab.report.finding import Finding, LineBytes, Where
from dmalab.report.page.packing import pack_timeline, script_json
from dmalab.report.page.sources import Excerpts
from dmalab.report.run import RunReport
from dmalab.report.text import actor, duration, summary

ReadSource = Callable[[str], str | None]
"""Text of a source file as reports name it; None when it can't be read."""


def render_page(
    reports: Sequence[RunReport], *, explain: Mapping[str, str] | None = None, read_source: ReadSource | None = None
) -> str:
    """The page as HTML text.

    Args:
        reports: One per chip, in order.
        explain: What happens in the chip, by rule name; shown with each finding.
        read_source: How to get source files; from the disk when left out.
    """
    excerpts = Excerpts(read_source)
    page: str = _template().render(
        title=", ".join(f"{report.chip} {report.verdict}" for report in reports),
        runs=[_run(report, explain or {}, excerpts) for report in reports],
        css=_asset("page.css"),
        timeline_js=_asset("timeline.js"),
        page_js=_asset("page.js"),
        timelines=script_json([pack_timeline(report.timeline, excerpts) for report in reports]),
    )
    return page


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    environment.globals["Markup"] = Markup
    return environment.from_string(files(__package__).joinpath("page.html.j2").read_text(encoding="utf-8"))


def _asset(name: str) -> Any:
    """A file of the page itself, which is ours and needs no escaping."""
    from markupsafe import Markup

    return Markup(files(__package__).joinpath(name).read_text(encoding="utf-8"))  # noqa: S704  -- our own files


def _run(report: RunReport, explain: Mapping[str, str], excerpts: Excerpts) -> dict[str, Any]:
    return {
        "chip": report.chip,
        "verdict": report.verdict,
        "summary": summary(report),
        "notes": report.notes,
        "failure": report.failure or report.error,
        "tests": report.tests,
        "findings": [_finding(finding, explain.get(finding.rule, ""), excerpts) for finding in report.findings],
        "has_timeline": report.timeline is not None,
    }


def _finding(finding: Finding, happens: str, excerpts: Excerpts) -> dict[str, Any]:
    last = finding.where[-1] if finding.where else None
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "certainty": finding.certainty.value,
        "message": finding.message,
        "happens": happens,
        "count": finding.count,
        "place": _label(last) if last is not None else "",
        "strip": _strip(finding.line) if finding.line is not None else None,
        "places": [_place(where, excerpts) for where in finding.where],
        "notes": finding.notes,
        "fix": finding.fix,
    }


def _label(where: Where) -> str:
    if not where.file:
        return where.function or "unknown place"
    return f"{where.file}:{where.line}" + (f" {where.function}" if where.function else "")


def _place(where: Where, excerpts: Excerpts) -> dict[str, Any]:
    return {
        "role": where.role,
        "label": _label(where),
        "task": actor(where.task),
        "time": duration(where.time_ns) if where.time_ns is not None else "",
        "time_ns": where.time_ns,
        "note": where.note,
        "lines": excerpts.around(where.file, where.line),
    }


def _strip(line: LineBytes) -> dict[str, Any]:
    """The views of the shown bytes as rows of cells; a cell is wrong where the views differ, and has a border where a line begins."""
    rows = [("CPU sees", line.cpu), ("memory holds", line.memory)]
    if line.moved:
        rows.append((line.moved_word, line.moved))
    width = max(len(data) for _, data in rows)
    wrong = [len({data[i] for _, data in rows if i < len(data)}) > 1 for i in range(width)]
    borders = [line.size > 0 and (line.address + i) % line.size == 0 for i in range(width)]
    return {
        "address": f"{line.address:#010x}",
        "line_bytes": line.size,
        "parts": [
            {
                "owner": part.owner or "nobody's",
                "size": part.size,
                "shown": part.address < line.address + width and line.address < part.address + part.size,
            }
            for part in line.parts
        ],
        "line_address": f"{line.parts[0].address:#010x}" if line.parts else "",
        "rows": [
            {
                "label": label,
                "cells": [
                    {"text": f"{data[i]:02x}" if i < len(data) else "", "wrong": wrong[i], "border": borders[i]}
                    for i in range(width)
                ],
            }
            for label, data in rows
        ],
    }
