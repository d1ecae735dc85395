"""Machines of any chip and release, and firmwares given as text."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dmalab import Machine
from dmalab.idf import EspErr, IdfError
from dmalab.options import Options
from dmalab.report.finding import Severity
from dmalab.report.run import RunReport
from dmalab.runner import build_firmware, run_image


@contextmanager
def refused(code: EspErr, section: str = "") -> Iterator[None]:
    """The call inside must fail with this code; `section` names the table of the facts that says so."""
    with pytest.raises(IdfError) as caught:
        yield
    assert caught.value.code is code, f"{section}: {caught.value}"


def play(main: Callable[[Machine], Any], chip: str = "esp32s3", idf: str = "v5.5", **more: Any) -> RunReport:
    """Run a coroutine function as the main task."""
    return Machine(chip, idf=idf, **more).run(main)


def rules(report: RunReport) -> list[str]:
    """Errors and warnings by rule, each once, in order of time."""
    return list(dict.fromkeys(one.rule for one in report.findings if one.severity is not Severity.INFO))


def messages(report: RunReport) -> list[str]:
    """Messages of errors and warnings."""
    return [one.message for one in report.findings if one.severity is not Severity.INFO]


@pytest.fixture(scope="session", autouse=True)
def build_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One build cache for the session, shared by parallel workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "xdg-cache-gdma"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield


@pytest.fixture(scope="session")
def run_c(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[RunReport, str]]:
    """Build and run a firmware given as text; its report and what it printed."""
    folder = tmp_path_factory.mktemp("gdma")

    def run(source: str, chip: str = "esp32s3", **more: Any) -> tuple[RunReport, str]:
        path: Path = folder / hashlib.blake2b(source.encode(), digest_size=8).hexdigest() / "main.c"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
        options = Options(sources=(path,), chips=(chip,), **more)
        part = options.part(chip)
        out: list[bytes] = []
        report = run_image(options, part, build_firmware(options, part), lambda data, _stream: out.append(data))
        return report, b"".join(out).decode()

    return run
