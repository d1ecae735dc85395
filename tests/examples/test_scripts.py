"""The Python examples: one has a bug, the others are clean."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmalab.options import Options
from dmalab.report.finding import Severity
from dmalab.report.json import to_json
from dmalab.runner import run_sources

EXAMPLES = Path(__file__).parents[2] / "examples"
EXPECTED = {
    "clean_copy": set(),
    "throughput": set(),
    "stale_frame": {"touched-in-flight", "stale-cpu-read"},
    "esphal_dma_chapter": set(),
    "spi_sensor": set(),
}
"""The rules each script must be reported under."""
CHIPS = ("esp32s3", "esp32p4")


def test_every_script_is_expected() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_script_is_reported_as_its_head_says(name: str) -> None:
    options = Options(sources=(EXAMPLES / f"{name}.py",), chips=CHIPS, quiet=True)
    reports = run_sources(options)
    for report in reports:
        found = {finding.rule for finding in report.findings if finding.severity is not Severity.INFO}
        assert found == EXPECTED[name], str(report)
        assert report.exit_code == (1 if found else 0)
    assert to_json(run_sources(options)) == to_json(reports)


def test_the_stale_frame_names_the_look_at_the_frame() -> None:
    lines = (EXAMPLES / "stale_frame.py").read_text().splitlines()
    bug = next(number for number, text in enumerate(lines, 1) if "# the bug:" in text)
    (report,) = run_sources(Options(sources=(EXAMPLES / "stale_frame.py",), quiet=True))
    for finding in report.findings:
        assert bug in {where.line for where in finding.where}
