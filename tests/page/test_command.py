"""`dmalab run --html` writes the page, the same for a run alone and within a matrix."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dmalab import cli

BUG = Path(__file__).parent.parent.parent / "examples" / "psram_frame" / "bug.c"


def run(*arguments: str) -> int:
    return cli.main(["run", str(BUG), "--quiet", *arguments])


def test_the_page_is_written_and_says_what_the_run_said(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert run("--html", str(file)) == 1
    page = file.read_text()
    assert "stale-dma-read" in page
    assert "/* BUG" in page
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a.html", tmp_path / "b.html"
    run("--html", str(first))
    run("--html", str(second))
    assert first.read_bytes() == second.read_bytes()


def parts(file: Path) -> dict[str, tuple[str, object]]:
    """By chip what the page says about it: its part of the page, and its timeline."""
    text = file.read_text()
    timelines = json.loads(re.findall(r'id="timelines">(.*?)</script>', text)[0])
    found = re.findall(r'<main class="run" data-run="\d+" hidden>(.*?)</main>', text, re.DOTALL)
    chips = re.findall(r'<button role="tab".*?>(\w+)<small>', text)
    plain = [re.sub(r'class="timeline" data-run="\d+"', 'class="timeline"', each) for each in found]
    return dict(zip(chips, zip(plain, timelines, strict=True), strict=True))


def test_a_chip_looks_the_same_alone_and_in_a_matrix(tmp_path: Path) -> None:
    matrix = tmp_path / "matrix.html"
    run("--chip", "esp32s3,esp32p4", "--html", str(matrix))
    together = parts(matrix)
    assert list(together) == ["esp32s3", "esp32p4"]
    for chip in together:
        alone = tmp_path / f"{chip}.html"
        run("--chip", chip, "--html", str(alone))
        assert parts(alone) == {chip: together[chip]}


def test_a_folder_that_is_missing_is_said_before_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--html", str(tmp_path / "no" / "report.html")) == 2
    assert capsys.readouterr().err == f"dmalab: --html: no such folder: {tmp_path / 'no'}\n"
