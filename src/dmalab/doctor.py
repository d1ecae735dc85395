"""What firmware runs need on this computer, checked: a compiler, 32-bit libraries, shared memory, a cache folder.

Each check is tried for real (a small program is compiled and linked), since version numbers promise nothing about what is installed.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

COMPILE_TIMEOUT_S = 60

_PROGRAM = "#include <stdio.h>\nint counter;\nint main(void) { counter++; return counter - 1; }\n"
_CPP_PROGRAM = "#include <string>\nint counter;\nint main() { std::string text(1, 'x'); counter++; return (int)text.size() - counter; }\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome of one check."""

    state: Literal["ok", "warn", "fail"]
    what: str
    """What was looked at, in a few words."""
    found: str
    """What was found."""
    advice: str = ""
    """What to do about it."""

    @property
    def blocks(self) -> bool:
        """Whether firmware can't be run at all because of it."""
        return self.state == "fail"

    def __str__(self) -> str:
        advice = f"; {self.advice}" if self.advice else ""
        return f"{self.state:<4}  {self.what:<16}  {self.found}{advice}"


def examine() -> list[Result]:
    """All checks, in the order in which a run would fail on them. Compiles a few small programs: about a second."""
    return [*_python(), *_compilers(), _shared_memory(), _cache_folder()]


def cache_folder() -> Path:
    """Where built firmware is kept: `$XDG_CACHE_HOME/dmalab`, else `~/.cache/dmalab`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The base directory specification asks to ignore relative values.
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "dmalab"


def _python() -> Iterator[Result]:
    yield Result(state="ok", what="python", found=f"{platform.python_version()} ({sys.executable})")
    system = platform.system()
    if system != "Linux":
        yield Result(
            state="fail", what="system", found=system, advice="firmware runs need Linux; Python programs run anywhere"
        )
    else:
        machine = platform.machine()
        known = machine in ("x86_64", "i686")
        advice = "" if known else "firmware runs are tested on x86-64 only"
        yield Result(state="ok" if known else "warn", what="system", found=f"{system} on {machine}", advice=advice)


def _compilers() -> Iterator[Result]:
    wanted = os.environ.get("CC")
    names = [wanted] if wanted else ["gcc", "clang", "cc"]
    compiler = next((path for path in map(shutil.which, names) if path), None)
    if compiler is None:
        yield Result(
            state="fail", what="C compiler", found=f"none of {', '.join(names)} found", advice="install gcc, or set CC"
        )
        return
    with tempfile.TemporaryDirectory(prefix="dmalab-doctor-") as folder:
        yield _compiler(compiler, Path(folder))
        yield _thirty_two_bit(compiler, Path(folder))
        yield _cpp(Path(folder))


def _compiler(compiler: str, folder: Path) -> Result:
    version = _first_line([compiler, "--version"])
    failure = _build([compiler, "-fsanitize=thread", "-c"], _PROGRAM, folder, ".c")
    if failure:
        advice = "loads and stores can't be instrumented; use a gcc or clang that takes -fsanitize=thread"
        return Result(state="fail", what="C compiler", found=f"{compiler}: {failure}", advice=advice)
    return Result(state="ok", what="C compiler", found=f"{compiler} ({version})")


def _thirty_two_bit(compiler: str, folder: Path) -> Result:
    failure = _build([compiler, "-m32", "-no-pie"], _PROGRAM, folder, ".c")
    if failure:
        advice = "firmware runs as a 64-bit program, so layouts with pointers differ; install gcc-multilib"
        return Result(state="warn", what="32-bit programs", found=failure, advice=advice)
    return Result(state="ok", what="32-bit programs", found="compile and link with -m32")


def _cpp(folder: Path) -> Result:
    wanted = os.environ.get("CXX")
    names = [wanted] if wanted else ["g++", "clang++", "c++"]
    compiler = next((path for path in map(shutil.which, names) if path), None)
    if compiler is None:
        return Result(
            state="warn", what="C++ compiler", found="none", advice="C++ firmware can't be built; install g++"
        )
    if _build([compiler, "-m32", "-no-pie"], _CPP_PROGRAM, folder, ".cpp"):
        failure = _build([compiler, "-no-pie"], _CPP_PROGRAM, folder, ".cpp")
        found = f"{compiler}: {failure}" if failure else f"{compiler}, 64-bit only"
        return Result(state="warn", what="C++ compiler", found=found, advice="install g++-multilib for C++ firmware")
    return Result(state="ok", what="C++ compiler", found=f"{compiler} ({_first_line([compiler, '--version'])})")


def _shared_memory() -> Result:
    advice = "the machine and the firmware share their memory through memfd_create"
    if not hasattr(os, "memfd_create"):
        return Result(state="fail", what="shared memory", found="this Python has no memfd_create", advice=advice)
    try:
        handle = os.memfd_create("dmalab-doctor")
        try:
            os.ftruncate(handle, 1 << 20)
        finally:
            os.close(handle)
    except OSError as error:
        return Result(state="fail", what="shared memory", found=f"memfd_create: {error.strerror}", advice=advice)
    return Result(state="ok", what="shared memory", found="memfd_create works")


def _cache_folder() -> Result:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        advice = "set XDG_CACHE_HOME to a folder you can write"
        return Result(state="fail", what="cache folder", found=f"{folder}: {error.strerror}", advice=advice)
    return Result(state="ok", what="cache folder", found=str(folder))


def _build(command: Sequence[str], program: str, folder: Path, suffix: str) -> str:
    """Empty when `program` builds with `command`, else the compiler's first complaint."""
    source = folder / f"probe{suffix}"
    source.write_text(program, encoding="utf-8")
    try:
        result = subprocess.run(
            [*command, str(source), "-o", str(folder / "probe.out")],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=COMPILE_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if result.returncode == 0:
        return ""
    complaints = [line for line in result.stderr.splitlines() if "error" in line] or result.stderr.splitlines()
    return complaints[0].strip() if complaints else f"exit status {result.returncode}"


def _first_line(command: Sequence[str]) -> str:
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=COMPILE_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return next(iter(result.stdout.splitlines()), "no version").strip()
