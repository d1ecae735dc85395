"""The README's first example is real: the code in it gives the output in it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from dmalab.options import Options
from dmalab.runner import run_sources

README = Path(__file__).parent.parent / "README.md"


def test_the_readme_shows_what_really_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = README.read_text()
    code = re.search(r"```c\n(.*?)```", text, re.DOTALL)
    shown = re.search(r"\$ dmalab run frame\.c\n(.*?)```", text, re.DOTALL)
    assert code is not None
    assert shown is not None
    monkeypatch.chdir(tmp_path)
    Path("frame.c").write_text(code[1])
    (report,) = run_sources(Options(sources=(Path("frame.c"),)))
    if os.environ.get("DMALAB_UPDATE_README"):
        README.write_text(text[: shown.start(1)] + str(report) + "\n" + text[shown.end(1) :])
    else:
        assert str(report) + "\n" == shown[1]
    assert report.exit_code == 1
