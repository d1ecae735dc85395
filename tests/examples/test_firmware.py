"""Every example firmware is reported as examples/index.toml says; its repaired twin is clean."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import dmalab
from dmalab.core.cache import POLICIES
from dmalab.options import Options
from dmalab.report.finding import Severity
from dmalab.report.json import to_json
from dmalab.report.run import RunReport
from dmalab.rules.catalogue import RULES
from dmalab.runner import run_sources

EXAMPLES = Path(__file__).parents[2] / "examples"
INDEX: list[dict[str, Any]] = tomllib.loads((EXAMPLES / "index.toml").read_text())["example"]
CASES = [pytest.param(entry, chip, id=f"{entry['name']}-{chip}") for entry in INDEX for chip in entry["chips"]]
NEAR = 2
"""Lines: the comment that names the bug stands on its line, or on a line of its own beside it."""


def run(entry: dict[str, Any], twin: str, chip: str, **more: Any) -> RunReport:
    (report,) = run_sources(
        Options(sources=(EXAMPLES / entry["name"] / f"{twin}.c",), chips=(chip,), quiet=True, **more)
    )
    return report


def bug_line(entry: dict[str, Any]) -> int:
    """The line that carries the BUG comment."""
    lines = (EXAMPLES / entry["name"] / "bug.c").read_text().splitlines()
    (line,) = [number for number, text in enumerate(lines, 1) if "BUG" in text]
    return line


def test_every_folder_is_listed_and_complete() -> None:
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir() and not path.name.startswith(("_", "."))}
    assert {entry["name"] for entry in INDEX} == folders - {"gallery", "spi", "zephyr"}  # which have tests of their own
    for entry in INDEX:
        assert {path.name for path in (EXAMPLES / entry["name"]).iterdir()} == {"bug.c", "fixed.c"}
        assert entry["rule"] in RULES


@pytest.mark.parametrize(("entry", "chip"), CASES)
def test_the_bug_is_reported_under_its_rule_and_no_other(entry: dict[str, Any], chip: str) -> None:
    report = run(entry, "bug", chip)
    found = {finding.rule for finding in report.findings if finding.severity is not Severity.INFO}
    assert entry["rule"] in found
    assert found <= {entry["rule"], *entry["also"]}
    assert report.exit_code == 1
    assert report.verdict == "findings"


@pytest.mark.parametrize(("entry", "chip"), CASES)
def test_the_report_names_the_line_of_the_bug(entry: dict[str, Any], chip: str) -> None:
    report = run(entry, "bug", chip)
    line = bug_line(entry)
    if entry["name"] == "deadlock":  # the semaphore is too small: its birthplace is in its name
        assert f"bug.c:{line}" in str(report)
    elif entry["name"] == "leak":  # what is missing happens nowhere: the installation is named
        assert {where.function for finding in report.findings for where in finding.where} == {"copy_block"}
    else:
        named = {where.line for finding in report.findings for where in finding.where if where.file.endswith("bug.c")}
        assert any(abs(line - one) <= NEAR for one in named)


@pytest.mark.parametrize(("entry", "chip"), CASES)
def test_the_fixed_twin_is_clean_on_every_policy(entry: dict[str, Any], chip: str) -> None:
    for policy in POLICIES:
        report = run(entry, "fixed", chip, policy=policy)
        assert [one for one in report.findings if one.severity is not Severity.INFO] == [], f"{policy}: {report}"
        assert (report.exit_code, report.failure, report.error) == (0, "", "")


@pytest.mark.parametrize("twin", ["bug", "fixed"])
@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry["name"]) for entry in INDEX])
def test_two_runs_give_the_same_bytes(entry: dict[str, Any], twin: str) -> None:
    chip = entry["chips"][-1]
    first, second = (to_json([run(entry, twin, chip, policy="random", seed=7)]) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("twin", "status"), [("bug", 1), ("fixed", 0)])
def test_the_command_line_says_it_by_its_exit_status(twin: str, status: int) -> None:
    source = Path(dmalab.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "dmalab", "run", f"examples/overrun/{twin}.c", "--chip", "esp32s3,esp32p4"],
        cwd=EXAMPLES.parent,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
