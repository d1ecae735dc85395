"""The pytest plugin: machines and firmware as fixtures, a test per chip, and a test that fails when its run has findings.

    @pytest.mark.chips("esp32s3", "esp32p4")
    async def test_copy_arrives(machine): ...

An `async def` test that uses `machine` runs as the machine's main task on virtual time. Everything else of dmalab is
imported when the first fixture is used, so that projects which only have it installed pay nothing.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dmalab.testing import Expected, FirmwareRun, Judge, JudgedMachine

DEFAULT_CHIP = "esp32s3"
DEFAULT_CHIPS = {"idf": DEFAULT_CHIP, "zephyr": "mcu-m7"}
"""The chip of a marker that names none, by API."""
SETTINGS = frozenset({"api", "driver", "idf", "psram", "policy", "seed"})
"""Keyword arguments of the marker, beside the names of chips."""

_JUDGE = pytest.StashKey["Judge"]()
_HTML = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--dmalab-html`."""
    group = parser.getgroup("dmalab", "DMA and cache bugs (dmalab)")
    group.addoption(
        "--dmalab-html",
        metavar="DIR",
        type=Path,
        help="write a page with findings and timeline for every test that ran a machine",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker and prepare the folder for pages."""
    config.addinivalue_line(
        "markers",
        "chips(*names, api=, driver=, idf=, psram=, policy=, seed=): run the test once for each chip ('all' for every one), "
        "and how its machine is built",
    )
    folder: Path | None = config.getoption("dmalab_html")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        config.stash[_HTML] = folder.absolute()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per chip of the marker."""
    marker = metafunc.definition.get_closest_marker("chips")
    if marker is None or "dmalab_chip" not in metafunc.fixturenames:
        return
    metafunc.parametrize("dmalab_chip", _chips(metafunc.definition.nodeid, marker), indirect=True)


def _chips(test: str, marker: pytest.Mark) -> list[str]:
    unknown = sorted(set(marker.kwargs) - SETTINGS)
    if unknown:
        pytest.fail(
            f"{test}: chips() knows no {', '.join(unknown)}; it takes {', '.join(sorted(SETTINGS))}", pytrace=False
        )
    from dmalab import chips

    api = str(marker.kwargs.get("api", "idf"))
    names = list(dict.fromkeys(str(name) for name in marker.args)) or [DEFAULT_CHIPS.get(api, DEFAULT_CHIP)]
    if "all" in names:
        names = [name for name in chips.names() if chips.load(name).idf_target == (api == "idf")]
    for name in names:
        text = ""
        try:
            chips.load(name)
        except chips.ChipError as error:
            text = f"{test}: {error}"
        if text:
            pytest.fail(text, pytrace=False)
    return names


# -- fixtures --------------------------------------------------------------------------------------------------------


@pytest.fixture
def dmalab_chip(request: pytest.FixtureRequest) -> str:
    """Name of the chip that the test runs on: one of its marker's, else the default."""
    return str(getattr(request, "param", DEFAULT_CHIP))


@pytest.fixture
def _dmalab_judge(request: pytest.FixtureRequest, dmalab_chip: str) -> Judge:
    from dmalab.errors import OptionError
    from dmalab.testing import Judge, Setup

    marker = request.node.get_closest_marker("chips")
    settings = dict(marker.kwargs) if marker is not None else {}
    text = ""
    try:
        setup = Setup(chip=dmalab_chip, trace=_HTML in request.config.stash, **settings)
    except OptionError as error:
        text = f"chips(): {error}"
    if text:
        pytest.fail(text, pytrace=False)
    judge = Judge(setup, request.path.parent)
    request.node.stash[_JUDGE] = judge
    return judge


@pytest.fixture
def machine(_dmalab_judge: Judge) -> JudgedMachine:
    """A machine of the test's chip. An `async def` test runs on it; any other calls `machine.run(main)` itself."""
    return _dmalab_judge.machine()


@pytest.fixture
def firmware(_dmalab_judge: Judge) -> Callable[..., FirmwareRun]:
    """`firmware("drv.c", "test_main.c", defines=["FAST=1"])` builds and runs sources beside the test's file on its chip."""
    from dmalab.errors import CannotRunError, OptionError

    def run(*sources: str | Path, **more: Any) -> FirmwareRun:
        __tracebackhide__ = True
        try:
            return _dmalab_judge.firmware(*sources, **more)
        except (CannotRunError, OptionError) as error:
            text = str(error)
        pytest.fail(text, pytrace=False)

    return run


@pytest.fixture
def expect_finding(_dmalab_judge: Judge) -> Callable[..., Expected]:
    """`expect_finding("stale-cpu-read", at="drv.c:31")`: the test fails unless that is found, and does not fail because of it."""
    return _dmalab_judge.expect


# -- running and judging ---------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run `async def` tests that use `machine` as its main task."""
    judge = pyfuncitem.stash.get(_JUDGE, None)
    if judge is None or not judge.has_machine or not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    judge.machine().run(lambda _machine: pyfuncitem.obj(**arguments))
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Judge what a test ran: fail it, or tell what was found beside its own failure."""
    try:
        yield
    except (Exception, pytest.fail.Exception):
        text = _conclude(item)
        if text:
            item.add_report_section("call", "dmalab", text)
        raise
    text = _conclude(item)
    if text:
        pytest.fail(text, pytrace=False)


def _conclude(item: pytest.Item) -> str:
    judge = item.stash.get(_JUDGE, None)
    if judge is None:
        return ""
    reports = judge.reports()
    folder = item.config.stash.get(_HTML, None)
    if folder is not None and reports:
        from dmalab.report.files import write_atomically
        from dmalab.report.page import render_page
        from dmalab.rules.catalogue import RULES

        page = render_page(reports, explain={rule.name: rule.happens for rule in RULES.values()})
        write_atomically(folder / page_name(item.nodeid), page)
    return judge.verdict(reports)


def page_name(test: str) -> str:
    """The file for a test's page: its id in characters that every file system takes, and a few that keep it unique."""
    digest = hashlib.blake2b(test.encode(), digest_size=4).hexdigest()
    return f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', test)[-120:].strip('-')}-{digest}.html"
