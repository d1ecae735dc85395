"""The files a run writes beside its text, annotations, and what is left of a run that is interrupted."""

import json
import sys
import types
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from dmalab.cli import main
from dmalab.errors import Interrupted
from dmalab.outputs import TRACED, WRITERS
from dmalab.report.finding import Certainty, Finding, Severity, Where
from dmalab.report.run import RunReport

FINDING = Finding(
    rule="leak",
    severity=Severity.WARNING,
    certainty=Certainty.CERTAIN,
    message="a driver was still installed",
    where=(Where(role="installed", file="main.c", line=3, function="app_main", task="main"),),
)
CLEAN = RunReport(chip="esp32s3", api="idf", idf="v5.5", duration_ns=1000)
BAD = replace(CLEAN, chip="esp32p4", findings=(FINDING,))
COMMAND = "::warning file=main.c,line=3,title=leak (certain) on esp32p4::a driver was still installed\n"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "main.c"
    path.write_text("void app_main(void) {}\n")
    return str(path)


@pytest.fixture
def runner(monkeypatch):
    """Replaces `dmalab.runner`; `.result` is returned, or raised."""
    stub = types.ModuleType("dmalab.runner")
    stub.result = [BAD]

    def run_sources(options):
        stub.options = options
        if isinstance(stub.result, BaseException):
            raise stub.result
        return stub.result

    stub.run_sources = run_sources
    monkeypatch.setitem(sys.modules, "dmalab.runner", stub)
    return stub


def test_every_file_at_once(runner, source, tmp_path, capsys):
    names = {"--json": "a.json", "--sarif": "a.sarif", "--junit": "a.xml", "--trace": "a.vcd"}
    assert set(names) <= set(WRITERS)
    arguments = [text for option, name in names.items() for text in (option, str(tmp_path / name))]
    assert main(["run", source, *arguments]) == 1
    assert json.loads((tmp_path / "a.json").read_text())["findings"][0]["rule"] == "leak"
    assert json.loads((tmp_path / "a.sarif").read_text())["runs"][0]["results"][0]["ruleId"] == "leak"
    assert ET.parse(tmp_path / "a.xml").getroot().get("failures") == "1"
    assert (tmp_path / "a.vcd").read_text().startswith("$timescale 1 ps $end")
    assert capsys.readouterr().out == f"{BAD}\n"


def test_only_files_that_show_a_timeline_make_the_run_record_one(runner, source, tmp_path):
    for option, suffix in (("--json", "json"), ("--sarif", "sarif"), ("--junit", "xml"), ("--trace", "perfetto")):
        main(["run", source, option, str(tmp_path / f"a.{suffix}")])
        assert runner.options.trace is (option in TRACED), option
    main(["run", source])
    assert runner.options.trace is False


@pytest.mark.parametrize("option", ["--sarif", "--junit", "--trace"])
def test_names_are_checked_before_the_run(option, runner, source, tmp_path, capsys):
    assert main(["run", source, option, str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"dmalab: {option}: {tmp_path} is a folder\n"
    assert main(["run", source, option, str(tmp_path / "no" / "a.vcd")]) == 2
    assert capsys.readouterr().err == f"dmalab: {option}: no such folder: {tmp_path / 'no'}\n"
    assert not hasattr(runner, "options")


def test_a_trace_must_say_its_format(runner, source, tmp_path, capsys):
    assert main(["run", source, "--trace", str(tmp_path / "a.txt")]) == 2
    assert capsys.readouterr().err == (
        f"dmalab: --trace: {tmp_path / 'a.txt'} says no format; end it with .perfetto (also .pftrace) or .vcd\n"
    )


def test_annotations_come_after_the_text(runner, source, capsys):
    assert main(["run", source, "--annotations"]) == 1
    assert capsys.readouterr().out == f"{BAD}\n{COMMAND}"


def test_annotations_of_a_clean_run_are_none(runner, source, capsys):
    runner.result = [CLEAN]
    assert main(["run", source, "--annotations"]) == 0
    assert capsys.readouterr().out == f"{CLEAN}\n"


def test_an_interrupted_run_tells_what_it_knows(runner, source, tmp_path, capsys):
    runner.result = Interrupted([BAD])
    assert main(["run", source, "--json", str(tmp_path / "a.json")]) == 130
    assert capsys.readouterr() == (f"{BAD}\n", "dmalab: interrupted\n")
    assert json.loads((tmp_path / "a.json").read_text())["verdict"] == "findings"
