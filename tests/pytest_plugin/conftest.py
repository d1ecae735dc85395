"""Tests of the plugin run pytest as a user does: in a folder of their own, in a process of its own."""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

INSTALLED = any(point.value == "dmalab.pytest_plugin" for point in entry_points(group="pytest11"))
"""Else dmalab is on the path only, as in some checkouts, and the plugin has to be named."""


class Outcome:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr
        self.counts = {
            word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?|skipped)", self.last)
        }

    @property
    def last(self):
        lines = self.out.strip().splitlines()
        return lines[-1] if lines else ""

    def lines(self, test):
        """What the failure report of one test says."""
        found = re.search(
            rf"^_{{3,}} {re.escape(test)} _+\n(.*?)(?=^_{{3,}} |^=+ |\Z)", self.out, re.MULTILINE | re.DOTALL
        )
        return found[1].strip("\n") if found else ""


@pytest.fixture
def run_pytest(tmp_path, tmp_path_factory):
    """`run_pytest(test_a="…", drv_c="…", "-n", "2")`: files by name with an underscore for the dot; the last arguments are pytest's."""

    def run(*arguments, **files):
        for name, text in files.items():
            stem, _, suffix = name.rpartition("_")
            (tmp_path / f"{stem}.{suffix}").write_text(text)
        (tmp_path / "pytest.ini").touch()
        cache = tmp_path_factory.getbasetemp().parent / "plugin-xdg-cache"
        environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "COLUMNS": "120", "NO_COLOR": "1"}
        for name in [name for name in environment if name.startswith("PYTEST_")]:
            del environment[name]
        if not INSTALLED:
            environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2] / "src")
        plugin = () if INSTALLED else ("-p", "dmalab.pytest_plugin")
        command = [sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider", "-q", *map(str, arguments)]
        return Outcome(
            subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
        )

    return run
