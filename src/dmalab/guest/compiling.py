"""One compilation: a source and its options, and the object that the build cache keeps of it.

Firmware for x86 is compiled to assembly first, so that the looks at its loads and stores can be put into it; see `inlining`. What the
assembler then refuses, whatever the reason, is compiled the ordinary way: so compilers' messages are always their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dmalab.chips.model import Chip
from dmalab.guest.build_cache import BuildCache, parse_depfile
from dmalab.guest.fast_path import FastPath
from dmalab.guest.fixed_planes import fixed_planes
from dmalab.guest.inlining import inlined, is_known
from dmalab.guest.toolchain import BuildError, Compiler

_HERE = Path(__file__).parent
_REWRITERS = ("inlining.py", "fast_path.py")
"""The files of ours that decide what becomes of the compiler's assembly, besides `FastPath`'s fields."""
_ANOTHER_OUTPUT = ("-flto", "-S", "-E", "-M", "-o", "-x", "-fsyntax-only", "-save-temps", "-fdump", "-X")
"""Options of the user's that a compilation in two steps can't honour."""
_DWARF = re.compile(r"-gdwarf-(\d)$")


@dataclass(frozen=True, slots=True)
class Job:
    """One compilation."""

    compiler: Compiler
    source: Path
    flags: tuple[str, ...]
    what: str
    fast_path: FastPath | None = None
    """What to inline for the callbacks; None to leave them calls."""
    shared: bool = False
    """Whether the same text may come from other defines: the runtime, of which most is the same for every chip."""


def fast_path_of(chip: Chip, width: str, cflags: Sequence[str]) -> FastPath | None:
    """What to inline for callbacks; None where the chip has no fixed planes, or an option asks for another kind of output."""
    planes = fixed_planes(chip)
    if planes is None or any(flag.startswith(_ANOTHER_OUTPUT) for flag in cflags):
        return None
    return FastPath(
        planes=planes,
        access_cycles=chip.timing.access_cycles,
        word_bytes=4 if width == "-m32" else 8,
        statics=chip.firmware.data,
    )


def compile_object(job: Job, cache: BuildCache) -> str:
    """Name of the object in the cache.

    Raises:
        BuildError: the compiler says no.
    """
    digest = cache.digest(str(job.source)) or ""
    # The working folder is recorded in the debug information, and relative paths begin there.
    key = cache.key(
        "object", job.compiler.identity, *job.flags, str(job.source), digest, str(Path.cwd()), *_rewriting(job, cache)
    )
    found = cache.find_object(key)
    if found is not None:
        return found
    with cache.scratch() as folder:
        made, rule = folder / "out.o", folder / "out.d"
        if job.shared:
            text = folder / "out.i"
            job.compiler.run(["-E", "-P", "-MD", "-MF", rule, *job.flags, job.source, "-o", text], job.what)
            making = tuple(flag for flag in job.flags if not flag.startswith(("-D", "-I")))
            content = cache.key("shared", job.compiler.identity, *making, text.read_bytes())
            if not cache.has_object(content):
                job.compiler.run(["-c", *making, text, "-o", made], job.what)
                cache.adopt_object(content, made)
            return cache.note_object(key, content, parse_depfile(rule.read_text(errors="surrogateescape")))
        if job.fast_path is None or not _compile_inlined(job, job.fast_path, rule, made):
            job.compiler.run(["-c", "-MD", "-MF", rule, *job.flags, job.source, "-o", made], job.what)
        return cache.keep_object(key, made, parse_depfile(rule.read_text(errors="surrogateescape")))


def _rewriting(job: Job, cache: BuildCache) -> tuple[str, ...]:
    """What decides about the rewritten assembly besides the compiler and its options."""
    if job.fast_path is None:
        return ()
    return repr(job.fast_path), *(cache.digest(str(_HERE / name)) or "" for name in _REWRITERS)


def _compile_inlined(job: Job, path: FastPath, rule: Path, made: Path) -> bool:
    """Compile by way of rewritten assembly; False if there is nothing that we know, or it can't be assembled."""
    if "clang" in job.compiler.identity:
        return False
    assembly = made.with_suffix(".s")
    job.compiler.run(["-S", "-MD", "-MF", rule, *job.flags, job.source, "-o", assembly], job.what)
    text = assembly.read_bytes().decode(errors="surrogateescape")
    if not is_known(text):
        return False
    assembly.write_bytes(inlined(text, path).encode(errors="surrogateescape"))
    try:
        job.compiler.run(["-c", *_for_assembler(job.flags, text), assembly, "-o", made], job.what)
    except BuildError:
        return False
    return True


def _for_assembler(flags: Sequence[str], text: str) -> list[str]:
    """What the compiler would tell the assembler.

    Without its version the line table would come out in an older format. But where the text names no lines of source, that option
    would make the assembler take the text for the source.
    """
    version = [match[1] for flag in flags if (match := _DWARF.match(flag)) and "\t.loc " in text]
    return [
        *(flag for flag in flags if flag.startswith(("-m", "-Wa,"))),
        *(f"-Wa,--gdwarf-{number}" for number in version[-1:]),
    ]
