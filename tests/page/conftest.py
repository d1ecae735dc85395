"""A page made from a real run, and a browser to look at it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dmalab.options import Options
from dmalab.report.page import render_page
from dmalab.report.run import RunReport
from dmalab.rules.catalogue import RULES
from dmalab.runner import run_sources

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.fixture(scope="session")
def reports() -> list[RunReport]:
    """The demo firmware on two chips, traced."""
    sources = (EXAMPLES / "psram_frame" / "bug.c",)
    return run_sources(Options(sources=sources, chips=("esp32s3", "esp32p4"), trace=True, quiet=True))


@pytest.fixture(scope="session")
def page(reports: list[RunReport]) -> str:
    """Its page."""
    return render_page(reports, explain={name: rule.happens for name, rule in RULES.items()})


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium. Where it is missing the tests say so; in CI that is a failure."""
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    if driver is None or chromium is None:
        message = "headless Chromium is missing: install the packages chromium and chromium-driver"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--window-size=1280,900",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    instance = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield instance
    instance.quit()
