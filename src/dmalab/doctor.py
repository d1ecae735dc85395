"""What firmware runs need on this computer, checked: a compiler, 32-bit libraries, shared memory, a cache folder.

Each check is tried for real (a small program is compiled and linked), since version numbers promise nothing about what is installed.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dmalab.guest.build_cache import BuildCache
from dmalab.guest.toolchain import INSTALL, BuildError, Compiler, find_compiler

_PROGRAM = {
    "c": "#include <stdio.h>\nint counter;\nint main(void) { counter++; return counter - 1; }\n",
    "c++": "#include <string>\nint counter;\nint main() { std::string s(1, 'x'); counter++; return (int)s.size() - counter; }\n",
}


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
    try:
        compiler = find_compiler("CC", "gcc", os.environ)
    except BuildError as error:
        yield Result(state="fail", what="C compiler", found=str(error))
        return
    yield _compiler(compiler)
    yield _thirty_two_bit(compiler)
    yield _cpp()


def _compiler(compiler: Compiler) -> Result:
    # A guest is built without the sanitizer's library; only the calls it puts in front of loads and stores are wanted.
    complaint = _complaint(compiler, "c", ["-fsanitize=thread", "-c"])
    if complaint:
        advice = "firmware needs a gcc or clang that takes -fsanitize=thread"
        return Result(state="fail", what="C compiler", found=complaint, advice=advice)
    return Result(state="ok", what="C compiler", found=_version(compiler))


def _thirty_two_bit(compiler: Compiler) -> Result:
    complaint = _complaint(compiler, "c", ["-m32", "-no-pie"])
    if complaint:
        advice = f"firmware runs as a 64-bit program, so layouts with pointers differ; {INSTALL}"
        return Result(state="warn", what="32-bit programs", found=complaint, advice=advice)
    return Result(state="ok", what="32-bit programs", found="compile and link with -m32")


def _cpp() -> Result:
    try:
        compiler = find_compiler("CXX", "g++", os.environ)
    except BuildError as error:
        return Result(state="warn", what="C++ compiler", found=str(error), advice="only C++ firmware needs it")
    complaint = _complaint(compiler, "c++", ["-m32", "-no-pie"]) and _complaint(compiler, "c++", ["-no-pie"])
    if complaint:
        return Result(state="warn", what="C++ compiler", found=complaint, advice="only C++ firmware needs it")
    return Result(state="ok", what="C++ compiler", found=_version(compiler))


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
    folder = BuildCache(None, os.environ).folder
    if folder.is_relative_to(tempfile.gettempdir()) and folder.name != "dmalab":
        advice = "every run builds anew; set XDG_CACHE_HOME to a folder you can write"
        return Result(state="warn", what="cache folder", found="the user's cache folder is not writable", advice=advice)
    return Result(state="ok", what="cache folder", found=str(folder))


def _complaint(compiler: Compiler, language: str, flags: Sequence[str]) -> str:
    """Empty when a small program builds with `flags`, else the compiler's first complaint."""
    with tempfile.TemporaryDirectory(prefix="dmalab-doctor-") as folder:
        source = Path(folder) / "probe"
        source.write_text(_PROGRAM[language], encoding="utf-8")
        try:
            compiler.run([*flags, "-x", language, source, "-o", Path(folder) / "out"], "probe")
        except BuildError as error:
            lines = error.output.splitlines()
            return next(
                (line for line in lines if "error" in line), " ".join(lines[:1]) or str(error).splitlines()[0]
            ).strip()
    return ""


def _version(compiler: Compiler) -> str:
    """The compiler's own first line about itself."""
    command = [*compiler.command, "--version"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return next(iter(done.stdout.decode(errors="replace").splitlines()), " ".join(compiler.command)).strip()
