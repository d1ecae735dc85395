"""The SPI example firmwares are reported as examples/spi/index.toml says; their repaired twins are clean. The chapter's program runs."""

from __future__ import annotations

import re
import runpy
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dmalab import Machine
from dmalab.options import Options
from dmalab.report.finding import Severity
from dmalab.report.run import RunReport
from dmalab.rules.catalogue import RULES
from dmalab.runner import run_sources

EXAMPLES = Path(__file__).parents[2] / "examples"
INDEX: list[dict[str, Any]] = tomllib.loads((EXAMPLES / "spi" / "index.toml").read_text())["example"]
CASES = [pytest.param(entry, chip, id=f"{entry['name']}-{chip}") for entry in INDEX for chip in entry["chips"]]
NEAR = 2


@pytest.fixture(scope="module", autouse=True)
def build_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def run(entry: dict[str, Any], twin: str, chip: str) -> RunReport:
    source = EXAMPLES / "spi" / entry["name"] / f"{twin}.c"
    (report,) = run_sources(Options(sources=(source,), chips=(chip,), quiet=True))
    return report


def test_every_folder_is_listed_and_complete() -> None:
    folders = {path.name for path in (EXAMPLES / "spi").iterdir() if path.is_dir()}
    assert {entry["name"] for entry in INDEX} == folders
    for entry in INDEX:
        assert {path.name for path in (EXAMPLES / "spi" / entry["name"]).iterdir()} == {"bug.c", "fixed.c"}
        assert entry["rule"] in RULES


@pytest.mark.parametrize(("entry", "chip"), CASES)
def test_the_bug_is_found_at_its_line_and_under_its_rule(entry: dict[str, Any], chip: str) -> None:
    report = run(entry, "bug", chip)
    serious = [one for one in report.findings if one.severity is not Severity.INFO]
    assert entry["rule"] in {one.rule for one in serious} <= {entry["rule"], *entry["also"]}
    text = (EXAMPLES / "spi" / entry["name"] / "bug.c").read_text().splitlines()
    (line,) = [number for number, one in enumerate(text, 1) if "BUG" in one]
    found = next(one for one in serious if one.rule == entry["rule"])
    assert any(abs(where.line - line) <= NEAR for where in found.where)


@pytest.mark.parametrize(("entry", "chip"), CASES)
def test_the_twin_is_clean(entry: dict[str, Any], chip: str) -> None:
    report = run(entry, "fixed", chip)
    assert (report.verdict, report.findings) == ("clean", ())


@pytest.mark.parametrize("chip", ["esp32c3", "esp32s3"])
def test_the_chapter_counts_while_the_transfer_runs(chip: str, capsys: pytest.CaptureFixture[str]) -> None:
    main = runpy.run_path(str(EXAMPLES / "esphal_dma_chapter.py"))["main"]
    report = Machine(chip).run(main)
    assert (report.verdict, report.findings) == ("clean", ())
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"round {i}" for i in range(1, 5)]
    for i, line in enumerate(lines, 1):
        assert f" {i:02x} 01 02 03 .. 79 7a 7b {i:02x};" in line, "the data of this round, not of the one before"
        counted = int(re.search(r"counted to ([\d,]+)", line)[1].replace(",", ""))  # type: ignore[index]
        # 2.56 s on the wire, a thousand per 4000 cycles and the look at the transfer.
        assert counted > 0.9 * 2.56 * 1000 * Machine(chip).chip.cpu_mhz * 1e6 / 4120
