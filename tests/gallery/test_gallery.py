"""Every case of the gallery is reported as examples/gallery/index.toml says; its repaired twin is clean."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dmalab.core.cache import POLICIES
from dmalab.options import Options, parse_options
from dmalab.report.finding import Severity
from dmalab.report.run import RunReport
from dmalab.rules.catalogue import RULES
from dmalab.runner import run_sources

GALLERY = Path(__file__).parents[2] / "examples" / "gallery"
NEAR = 2
"""Lines: the mark stands on the bug's line, or on a line of its own beside it."""
MAX_LINES = 60
MARK = re.compile(r"/\* BUG\b|# BUG\b")


def _render() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gallery_render", GALLERY / "render.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


render = _render()
INDEX: dict[str, Any] = render.index()
CASES = [pytest.param(case, chip, id=f"{case['id']}-{chip}") for case in INDEX["case"] for chip in case["chips"]]
TWINS = [pytest.param(case, twin, id=f"{case['id']}-{twin}") for case in INDEX["case"] for twin in ("bug", "fixed")]


def source(case: dict[str, Any], twin: str) -> Path:
    return GALLERY / render.folder(case) / f"{twin}{render.sources(case)}"


def run(case: dict[str, Any], twin: str, chip: str, **more: Any) -> RunReport:
    options = Options(
        sources=(source(case, twin),),
        chips=(chip,),
        api="zephyr" if case["api"] == "zephyr" else "idf",
        idf=case.get("idf", "v5.5"),
        options=parse_options(case.get("options", ())),
        defines=tuple(case.get("defines", ())),
        quiet=True,
        **more,
    )
    (report,) = run_sources(options)
    return report


def marked_line(case: dict[str, Any]) -> int:
    lines = source(case, "bug").read_text().splitlines()
    (line,) = [number for number, text in enumerate(lines, 1) if MARK.search(text)]
    return line


def serious(report: RunReport) -> set[str]:
    return {finding.rule for finding in report.findings if finding.severity is not Severity.INFO}


def test_every_folder_is_listed_and_complete() -> None:
    folders = {path.name for path in GALLERY.iterdir() if path.is_dir() and not path.name.startswith(("_", "."))}
    assert {render.folder(case) for case in INDEX["case"]} == folders
    for case in INDEX["case"]:
        end = render.sources(case)
        files = {path.name for path in (GALLERY / render.folder(case)).iterdir() if not path.name.startswith("_")}
        assert files == {f"bug{end}", f"fixed{end}"}
        assert {case["rule"], *case["also"]} <= set(RULES)
        assert len(case["story"]) == 2
        assert case["link"].startswith("https://github.com/")


def test_no_case_is_told_twice_and_the_index_is_in_order() -> None:
    ids = [case["id"] for case in INDEX["case"]]
    missing = [gap["id"] for gap in INDEX.get("missing", ())]
    assert ids == sorted(set(ids))
    assert missing == sorted(set(missing))
    assert not set(ids) & set(missing)


def test_what_is_made_from_the_index_is_up_to_date() -> None:
    assert render.PAGE.read_text() == render.page(INDEX), "run: python examples/gallery/render.py"
    assert render.TABLE.read_text() == render.table(INDEX), "run: python examples/gallery/render.py"


@pytest.mark.parametrize(("case", "twin"), TWINS)
def test_a_source_is_short_and_marked(case: dict[str, Any], twin: str) -> None:
    text = source(case, twin).read_text()
    assert len(text.splitlines()) <= MAX_LINES
    assert len(MARK.findall(text)) == (twin == "bug")


@pytest.mark.parametrize(("case", "chip"), CASES)
def test_the_bug_is_reported_under_its_rule_at_its_line(case: dict[str, Any], chip: str) -> None:
    report = run(case, "bug", chip)
    assert case["rule"] in serious(report), str(report)
    assert serious(report) <= {case["rule"], *case["also"]}, str(report)
    assert report.exit_code == 1
    if "silent_place" in case:
        return
    named = {where.line for finding in report.findings for where in finding.where if Path(where.file).stem == "bug"}
    assert any(abs(marked_line(case) - line) <= NEAR for line in named), str(report)


@pytest.mark.parametrize(("case", "chip"), CASES)
def test_the_fixed_twin_is_clean_on_every_policy(case: dict[str, Any], chip: str) -> None:
    for policy in POLICIES:
        report = run(case, "fixed", chip, policy=policy)
        assert (report.exit_code, report.failure, report.error) == (0, "", ""), f"{policy}: {report}"
        assert not serious(report), f"{policy}: {report}"
