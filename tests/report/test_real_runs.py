"""Every example that has a bug, written in each format: valid and complete."""

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from dmalab.options import Options, parse_options
from dmalab.report.annotations import workflow_commands
from dmalab.report.json import to_json
from dmalab.report.junit import to_junit
from dmalab.runner import run_sources

from .test_sarif import log_of
from .test_schema import STRICT

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module", autouse=True)
def build_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One build cache for the session, shared by parallel workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "xdg-cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield


def cases():
    for index, key in (("index.toml", "example"), ("gallery/index.toml", "case"), ("spi/index.toml", "example")):
        folder = (EXAMPLES / index).parent
        for case in tomllib.loads((EXAMPLES / index).read_text())[key]:
            name = f"{case['id']}_{case['name']}" if "id" in case else case["name"]
            yield pytest.param(folder / name, case, id=name)


@pytest.mark.parametrize(("folder", "case"), list(cases()))
def test_what_an_example_gives_is_valid_in_every_format(folder, case):
    (source,) = folder.glob("bug.*")
    options = Options(
        sources=(source,),
        chips=tuple(case["chips"][:1]),
        api="zephyr" if case.get("api") == "zephyr" else "idf",
        idf=case.get("idf", "v5.5"),
        options=parse_options(case.get("options", ())),
        defines=tuple(case.get("defines", ())),
        quiet=True,
    )
    reports = run_sources(options)
    assert all(report.exit_code == 1 for report in reports)
    STRICT.validate(json.loads(to_json(reports)))
    log = log_of(*reports)
    assert [len(run["results"]) for run in log["runs"]] == [len(report.findings) for report in reports]
    suites = ET.fromstring(to_junit(reports)).findall("testsuite")
    assert [suite.get("name") for suite in suites] == [report.chip for report in reports]
    assert all(suite.find("testcase/failure") is not None for suite in suites)
    assert any(line.startswith(("::error file=", "::warning file=")) for line in workflow_commands(reports))
