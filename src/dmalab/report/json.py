"""A run as JSON, schema `dmalab.report/1`: for scripts, CI and other tools.

Keys always come in the order below and are never left out; unknown numbers are null, unknown texts empty. Bytes are hexadecimal
strings without spaces. A reader may rely on all of that within version 1; further keys can be added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from dmalab.report.finding import Finding, LineBytes, Where
from dmalab.report.run import CaseResult, RunReport
from dmalab.version import __version__

SCHEMA = "dmalab.report/1"


def to_json(reports: Sequence[RunReport]) -> str:
    """The document for one run, or for several under `runs`; ends with a newline.

    Raises:
        ValueError: there is no run.
    """
    if not reports:
        raise ValueError("a report needs at least one run")
    head: dict[str, Any] = {"schema": SCHEMA, "dmalab": __version__}
    data = run_data(reports[0]) if len(reports) == 1 else {**head, "runs": [run_data(report) for report in reports]}
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n"


def run_data(report: RunReport) -> dict[str, Any]:
    """One run as plain data, in the order of the schema."""
    return {
        "schema": SCHEMA,
        "dmalab": __version__,
        "verdict": report.verdict,
        "chip": report.chip,
        "api": report.api,
        "idf": report.idf,
        "seed": report.seed,
        "duration_ns": report.duration_ns,
        "findings": [_finding(finding) for finding in report.findings],
        "tests": [_case(case) for case in report.tests],
        "stats": dict(sorted(report.stats.items())),
        "notes": list(report.notes),
        "failure": report.failure,
        "error": report.error,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "certainty": finding.certainty.value,
        "message": finding.message,
        "address": finding.address,
        "size": finding.size,
        "line": None if finding.line is None else _line(finding.line),
        "time_ns": finding.time_ns,
        "where": [_where(where) for where in finding.where],
        "fix": finding.fix,
        "notes": list(finding.notes),
        "count": finding.count,
    }


def _line(line: LineBytes) -> dict[str, Any]:
    return {
        "address": line.address,
        "size": line.size,
        "cpu": line.cpu.hex(),
        "memory": line.memory.hex(),
        "moved": line.moved.hex(),
        "moved_word": line.moved_word,
        "parts": [{"address": part.address, "size": part.size, "owner": part.owner} for part in line.parts],
    }


def _where(where: Where) -> dict[str, Any]:
    return {
        "role": where.role,
        "file": where.file,
        "line": where.line,
        "function": where.function,
        "task": where.task,
        "time_ns": where.time_ns,
        "note": where.note,
    }


def _case(case: CaseResult) -> dict[str, Any]:
    return {
        "name": case.name,
        "outcome": case.outcome,
        "file": case.file,
        "line": case.line,
        "message": case.message,
        "duration_ns": case.duration_ns,
    }
