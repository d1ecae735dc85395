"""`dmalab run --html` writes the page, the same for a run alone and within a matrix."""

from __future__ import annotations

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


def test_a_folder_that_is_missing_is_said_before_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--html", str(tmp_path / "no" / "report.html")) == 2
    assert capsys.readouterr().err == f"dmalab: --html: no such folder: {tmp_path / 'no'}\n"
