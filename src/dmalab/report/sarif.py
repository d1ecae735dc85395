"""Runs as SARIF 2.1.0, for code scanning services and editors: one SARIF run per chip.

A finding becomes a result at the place to look at first; the other places are related locations and, in the order of
time, a code flow. Rules carry their help. A fix that is one cache call before a known line becomes a replacement that a
tool can apply; any other stays words, in the message. Failed tests, failed firmware and programs that could not run are
notifications, since no rule of dmalab is behind them.
Source: OASIS SARIF 2.1.0 plus errata 01; how GitHub reads it: "SARIF support for code scanning", GitHub documentation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

import msgspec

from dmalab.report.finding import Finding, Severity, Where
from dmalab.report.run import RunReport
from dmalab.report.text import actor, duration, render_finding
from dmalab.rules.catalogue import RULES, Rule
from dmalab.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "SRCROOT"
"""What relative paths are relative to: the folder dmalab was run in."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_CALL_BEFORE = re.compile(r"before (?P<file>[^\s:]+):(?P<line>\d+): (?P<call>\w+\((?P<name>\w+), .*\))")
_PLACEHOLDER = "buffer"
"""How fixes call memory that has no name of its own; such a call can't be inserted as it stands."""


def to_sarif(reports: Sequence[RunReport]) -> str:
    """The log of these runs; ends with a newline."""
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report) for report in reports]}
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


def _run(report: RunReport) -> dict[str, Any]:
    names = sorted({finding.rule for finding in report.findings})
    notifications = _notifications(report)
    marks = _fingerprints(report.findings)
    return {
        "tool": {
            "driver": {
                "name": "dmalab",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(name) for name in names],
            }
        },
        "automationDetails": {"id": "/".join(filter(None, ("dmalab", report.api, report.idf, report.chip))) + "/"},
        "invocations": [
            {
                "executionSuccessful": not report.error,
                **({"toolExecutionNotifications": notifications} if notifications else {}),
            }
        ],
        "columnKind": "utf16CodeUnits",
        "results": [
            _result(finding, names.index(finding.rule), report.chip, mark)
            for finding, mark in zip(report.findings, marks, strict=True)
        ],
        "properties": {
            "chip": report.chip,
            "verdict": report.verdict,
            "seed": report.seed,
            "durationNs": report.duration_ns,
            "notes": list(report.notes),
        },
    }


def _rule(name: str) -> dict[str, Any]:
    rule = RULES.get(name)
    if rule is None:
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.happens},
        "defaultConfiguration": {"level": _LEVELS[rule.severities[0]]},
        "help": {"text": _help(rule, "{}: {}"), "markdown": _help(rule, "**{}**: {}")},
        "properties": {"tags": ["dma", "cache", "embedded"]},
    }


def _help(rule: Rule, form: str) -> str:
    parts = (("What happens", rule.happens), ("In the field", rule.field), ("Fix", rule.fix), ("Source", rule.source))
    return "\n\n".join(form.format(title, text) for title, text in parts)


def _result(finding: Finding, index: int, chip: str, fingerprint: str) -> dict[str, Any]:
    first = culprit(finding)
    others = [where for where in finding.where if where is not first and where.file and where.line]
    text = finding.message + (f"\nFix: {finding.fix}" if finding.fix else "")
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [_location(first)] if first is not None else [],
        "occurrenceCount": finding.count,
        "partialFingerprints": {"dmalab/v1": fingerprint},
        "properties": {
            "chip": chip,
            "certainty": finding.certainty.value,
            "fix": finding.fix,
            "report": render_finding(finding, chip),
        },
    }
    if others:
        result["relatedLocations"] = [{"id": number, **_location(where)} for number, where in enumerate(others, 1)]
    flow = [where for where in finding.where if where.file and where.line]
    if len(flow) > 1:
        result["codeFlows"] = [{"threadFlows": [{"locations": _flow(flow)}]}]
    fixes = _fixes(finding)
    if fixes:
        result["fixes"] = fixes
    return result


def culprit(finding: Finding) -> Where | None:
    """The place of a finding to show where only one can be shown: where the fix goes, else the last one that is known."""
    known = [where for where in finding.first_places if where.file and where.line]
    named = (where for where in known if re.search(rf"\b{re.escape(_short(where))}\b", finding.fix))
    return next(named, known[-1] if known else None)


def _short(where: Where) -> str:
    """A place as fixes call it."""
    return f"{PurePath(where.file).name}:{where.line}"


def _location(where: Where) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": _physical(where.file, where.line),
        "message": {"text": _words(where)},
    }
    if where.function:
        location["logicalLocations"] = [{"name": where.function, "kind": "function"}]
    return location


def _physical(file: str, line: int) -> dict[str, Any]:
    path = PurePath(file)
    artifact = {"uri": path.as_uri()} if path.is_absolute() else {"uri": quote(path.as_posix()), "uriBaseId": ROOT}
    return {"artifactLocation": artifact, "region": {"startLine": line}}


def _words(where: Where) -> str:
    text = where.role
    if where.task:
        text += f" by {actor(where.task)}"
    if where.time_ns is not None:
        text += f" at t = {duration(where.time_ns)}"
    return f"{text}, {where.note}" if where.note else text


def _flow(places: Sequence[Where]) -> list[dict[str, Any]]:
    ordered = sorted(places, key=lambda where: where.time_ns or 0)
    return [{"location": _location(where), "executionOrder": order} for order, where in enumerate(ordered)]


def _fingerprints(findings: Sequence[Finding]) -> list[str]:
    """For each finding what stays the same when lines above the code are added or removed; equal ones are numbered."""
    seen: Counter[str] = Counter()
    result = []
    for finding in findings:
        roles = ";".join(f"{where.role}@{PurePath(where.file).name}:{where.function}" for where in finding.first_places)
        base = f"{finding.rule}|{roles}"
        seen[base] += 1
        result.append(base if seen[base] == 1 else f"{base}|{seen[base]}")
    return result


def _fixes(finding: Finding) -> list[dict[str, Any]]:
    """The fix as an insertion, if it is exactly one call before one known line and names the buffer as the source does."""
    match = _CALL_BEFORE.fullmatch(finding.fix)
    if match is None or match["name"] == _PLACEHOLDER:
        return []
    line = int(match["line"])
    at = [where for where in finding.where if _short(where) == f"{match['file']}:{line}"]
    if not at:
        return []
    place = _physical(at[0].file, line)
    replacement = {
        "deletedRegion": {"startLine": line, "startColumn": 1, "endLine": line, "endColumn": 1},
        "insertedContent": {"text": f"{match['call']};\n"},
    }
    change = {"artifactLocation": place["artifactLocation"], "replacements": [replacement]}
    return [{"description": {"text": finding.fix}, "artifactChanges": [change]}]


def _notifications(report: RunReport) -> list[dict[str, Any]]:
    texts: list[tuple[str, dict[str, Any] | None]] = []
    if report.error:
        texts.append((report.error, None))
    if report.failure:
        texts.append((f"the firmware failed: {report.failure}", None))
    for case in report.tests:
        if case.outcome == "failed":
            place = {"physicalLocation": _physical(case.file, case.line)} if case.file and case.line else None
            texts.append((f"test {case.name} failed: {case.message}", place))
    return [
        {"level": "error", "message": {"text": text}, **({"locations": [place]} if place is not None else {})}
        for text, place in texts
    ]
