"""The runtime's own sources."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dmalab.guest.build import RUNTIME
from dmalab.guest.linking import WRAPPED

from .fake import HEADER

SOURCES = sorted(RUNTIME.glob("dl_*.c"))


@pytest.fixture(scope="module")
def header(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("header")
    (folder / "dl_calls.h").write_text(HEADER)
    return folder


def compile_one(source: Path, bits: int, header: Path, out: Path, *more: str) -> None:
    fast = ["-fomit-frame-pointer"] if source.name == "dl_access.c" else ["-fno-omit-frame-pointer"]
    subprocess.run(
        ["gcc", f"-m{bits}", "-std=gnu17", "-O2", "-fno-builtin", *fast, *more, f"-I{header}", "-c", source, "-o", out],
        check=True,
    )


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_warnings(source: Path, bits: int, header: Path, tmp_path: Path) -> None:
    compile_one(source, bits, header, tmp_path / "out.o", "-Wall", "-Wextra", "-Werror", "-fno-pie")


@pytest.mark.parametrize("bits", [32, 64])
def test_wrappers_and_the_linkers_list_agree_and_the_runtime_uses_the_real_functions(
    bits: int, header: Path, tmp_path: Path
) -> None:
    """A wrapped function called by the runtime itself would judge accesses that aren't the firmware's."""
    defined: set[str] = set()
    used: dict[str, set[str]] = {}
    for source in SOURCES:
        out = tmp_path / f"{source.stem}.o"
        compile_one(source, bits, header, out)
        for line in subprocess.run(["nm", out], check=True, capture_output=True, text=True).stdout.splitlines():
            kind, name = line.split()[-2:]
            if kind in "tTW" and name.startswith("__wrap_"):
                defined.add(name.removeprefix("__wrap_"))
            if kind == "U":
                used.setdefault(name, set()).add(source.name)
    assert defined == set(WRAPPED)
    assert {name: files for name, files in used.items() if name in WRAPPED} == {}
