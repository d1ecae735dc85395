"""`dmalab doctor` tries what a run needs and says what is missing."""

import os
import tempfile

import pytest

from dmalab import doctor
from dmalab.cli import main
from dmalab.doctor import Result, examine
from dmalab.guest import build_cache
from dmalab.guest.toolchain import INSTALL


def states():
    return {result.what: result.state for result in examine()}


@pytest.fixture
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_this_computer_can_run_firmware(own_cache, capsys):
    assert main(["doctor"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row[6:22].rstrip() for row in rows] == [
        "python",
        "system",
        "C compiler",
        "32-bit programs",
        "C++ compiler",
        "shared memory",
        "cache folder",
    ]
    assert rows[-1] == f"ok    cache folder      {own_cache / 'dmalab'}"


def test_no_compiler_is_a_failure(own_cache, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    assert main(["doctor"]) == 2
    assert f"fail  C compiler        compiler not found: gcc. Install it: {INSTALL}\n" in capsys.readouterr().out


def test_a_compiler_that_does_not_work_is_a_failure(own_cache, monkeypatch):
    monkeypatch.setenv("CC", "false")
    assert states()["C compiler"] == "fail"


def test_a_compiler_without_32_bits_is_a_warning(own_cache, monkeypatch, tmp_path):
    wrapper = tmp_path / "cc64"
    wrapper.write_text('#!/bin/sh\ncase "$*" in *-m32*) echo "cc: error: no -m32" >&2; exit 1;; esac\nexec gcc "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("CC", str(wrapper))
    found = {result.what: result for result in examine()}
    assert found["C compiler"].state == "ok"
    assert found["32-bit programs"] == Result(
        state="warn",
        what="32-bit programs",
        found="cc: error: no -m32",
        advice=f"firmware runs as a 64-bit program, so layouts with pointers differ; {INSTALL}",
    )


def test_a_cache_folder_that_cannot_be_made_is_a_warning(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(build_cache, "_temporary_folder", None)
    assert states()["cache folder"] == "warn"


def test_no_shared_memory_is_a_failure(own_cache, monkeypatch):
    def refuse(_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "memfd_create", refuse)
    result = doctor._shared_memory()
    assert (result.state, result.found) == ("fail", "memfd_create: Function not implemented")
