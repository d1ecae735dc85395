"""Runs as JUnit XML: a suite per chip, a case per test of the firmware, one more for what dmalab found.

The last case of every suite is `findings`: it fails when there are errors or warnings, or when the firmware failed as a
whole, and has the text report as its failure; it is an error when the program could not run, or not to its end. Times are seconds of chip
time.
Source: the format of Ant's junitreport task, in the dialect that Jenkins and GitLab document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from dmalab.report.finding import Severity
from dmalab.report.run import CaseResult, RunReport
from dmalab.report.text import render_finding, summary

NS_PER_S = 1_000_000_000
FINDINGS = "findings"

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't carry, escaped or not."""


def to_junit(reports: Sequence[RunReport]) -> str:
    """The document for these runs; ends with a newline."""
    root = ET.Element("testsuites", name="dmalab")
    for report in reports:
        root.append(_suite(report))
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(report: RunReport) -> ET.Element:
    suite = ET.Element("testsuite", name=report.chip)
    properties = ET.SubElement(suite, "properties")
    for name, value in (("api", report.api), ("idf", report.idf), ("seed", str(report.seed))):
        if value:
            ET.SubElement(properties, "property", name=name, value=_clean(value))
    for case in report.tests:
        suite.append(_case(case, report.chip))
    suite.append(_findings(report))
    for key, tag in (("tests", "testcase"), ("failures", "*/failure"), ("errors", "*/error"), ("skipped", "*/skipped")):
        suite.set(key, str(len(suite.findall(tag))))
    suite.set("time", _seconds(report.duration_ns))
    return suite


def _case(case: CaseResult, chip: str) -> ET.Element:
    element = _element(case.name, chip, case.duration_ns)
    if case.file:
        element.set("file", _clean(case.file))
    if case.line:
        element.set("line", str(case.line))
    if case.outcome == "failed":
        place = f"{case.file}:{case.line}: " if case.file and case.line else ""
        _outcome(element, "failure", case.message, place + case.message, "assertion")
    elif case.outcome == "skipped":
        ET.SubElement(element, "skipped", message=_clean(case.message))
    return element


def _findings(report: RunReport) -> ET.Element:
    """The case that stands for the run as a whole."""
    element = _element(FINDINGS, report.chip, report.duration_ns)
    bad = [finding for finding in report.findings if finding.severity is not Severity.INFO]
    if report.error:
        _outcome(element, "error", report.trouble, report.error, "error")
        return element
    texts = [render_finding(finding, report.chip) for finding in bad]
    if report.failure:
        texts.insert(0, f"the firmware failed: {report.failure}")
    if texts:
        _outcome(element, "failure", summary(report), "\n\n".join(texts), bad[0].rule if bad else "failure")
    return element


def _element(name: str, chip: str, duration_ns: int) -> ET.Element:
    return ET.Element("testcase", classname=f"dmalab.{_clean(chip)}", name=_clean(name), time=_seconds(duration_ns))


def _outcome(element: ET.Element, tag: str, message: str, text: str, kind: str) -> None:
    ET.SubElement(element, tag, message=_clean(message), type=kind).text = _clean(text)


def _seconds(time_ns: int) -> str:
    return f"{time_ns / NS_PER_S:.9f}"


def _clean(text: str) -> str:
    return _UNFIT.sub("\ufffd", text)
