"""Builds a firmware: user sources and the guest runtime, compiled by the user's own compiler, linked to the chip's addresses.

Cold, everything is compiled in parallel; warm, nothing runs at all: see `build_cache`. User code gets the callbacks of
`-fsanitize=thread` and options that keep the compiler from hiding accesses from them; the runtime gets neither.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from dmalab.chips.model import Chip
from dmalab.core.planes import common_line_bytes
from dmalab.guest import calls, linking, soc_header
from dmalab.guest.build_cache import BuildCache
from dmalab.guest.compiling import Job, compile_object, fast_path_of
from dmalab.guest.fast_path import FastPath
from dmalab.guest.fixed_planes import fixed_planes
from dmalab.guest.image import Image, read_image
from dmalab.guest.toolchain import BuildError, Compiler, can_link_32, find_compiler
from dmalab.guest.zephyr_calls import ZEPHYR

__all__ = ["BuildError", "build"]

_HERE = Path(__file__).parent
RUNTIME = _HERE / "runtime"
INCLUDE = _HERE / "include"

_CPP_SUFFIXES = frozenset({".cc", ".cpp", ".cxx", ".c++", ".C"})
_STUBS = {"idf": ("idf_*.c", "freertos_*.c"), "zephyr": ("zephyr_*.c",)}
"""Which files of the runtime an API adds to `dl_*.c`."""
_ENTRIES: dict[str, tuple[str, ...]] = {"idf": ("app_main", "dl_unity_entry"), "zephyr": ("main", "dl_ztest_entry")}
_CALLS = {"idf": calls.IDF, "zephyr": ZEPHYR}

_FIRMWARE_FLAGS = (
    "-Og",
    "-g",
    "-gdwarf-4",
    "-fsanitize=thread",
    # An access that the compiler turns into something else than a load or a store has no callback.
    "-fno-builtin",
    "-fno-tree-loop-distribute-patterns",
    "-fno-tree-vectorize",
    "-fno-tree-slp-vectorize",
    # Backtraces, and the place where a stack frame ends.
    "-fno-inline",
    "-fno-omit-frame-pointer",
    "-fno-optimize-sibling-calls",
    # One variable, one address, for as long as the function runs.
    "-fstack-reuse=none",
    "-fno-stack-protector",
    "-fno-pie",
    "-fcf-protection=none",
    "-U_FORTIFY_SOURCE",
    "-Wno-format",
)
_RUNTIME_FLAGS = (
    "-std=gnu17",
    "-O2",
    "-w",
    "-fno-builtin",
    "-fno-omit-frame-pointer",
    "-fno-optimize-sibling-calls",
    "-fno-stack-protector",
    "-fno-tree-loop-distribute-patterns",
    "-fno-pie",
    "-fcf-protection=none",
    "-U_FORTIFY_SOURCE",
)
_STUB_FLAGS = ("-O1",)
"""A stub does little more than ask the machine, so it matters more how long it takes to build."""
_FAST_PATH = "dl_access.c"
_FAST_PATH_FLAGS = ("-fomit-frame-pointer", "-foptimize-sibling-calls")
"""For the one file whose callbacks run at every access; it says there how it does without frame pointers."""
_KNOW_FACTS = (_FAST_PATH, "dl_atomic.c", "dl_memory.c")
"""The files that look at facts of the chip (`_fast_path_facts`); all others are the same for every chip."""
_LINK_FLAGS = (
    "-no-pie",
    "-Wl,--build-id=none",
    "-Wl,-z,noexecstack",
    # Lazy binding would run the dynamic linker on a task's stack.
    "-Wl,-z,now",
    "-Wl,-z,norelro",
)


def build(
    sources: Sequence[Path],
    *,
    chip: Chip,
    includes: Sequence[Path] = (),
    defines: Sequence[str] = (),
    cflags: Sequence[str] = (),
    api: str = "idf",
    preamble: str = "",
    cache_dir: Path | None = None,
    word_bytes: int | None = None,
    calls_header: str | None = None,
    entries: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Image:
    """Compile and link a firmware.

    Args:
        sources: C and C++ files, by suffix. Debug information and `__FILE__` have the paths as given here.
        chip: Where the sections go.
        includes: Folders for `#include`, searched before the API's own.
        defines: `NAME` or `NAME=VALUE`, besides `DMALAB_TARGET_<chip>`, which API headers need.
        cflags: Further compiler options; they come last, so they win.
        api: Which headers and stubs go in: `idf` or `zephyr`.
        preamble: Text of a header that goes before every source of the firmware; empty for none.
        cache_dir: Build cache; None for the user's, see `build_cache`.
        word_bytes: 4 or 8 to force a guest width; None for 4 where the compiler can, else 8.
        calls_header: Text of `dl_calls.h`; None for that of `calls`.
        entries: Functions of which one must exist, else the firmware could do nothing; None for the API's own.
        environment: Supplies CC, CXX, PATH, HOME and XDG_CACHE_HOME; None for the process's.
    Raises:
        BuildError: no such file, no compiler, a compiler or linker error, no entry point, or statics that do not fit.
    """
    environment = os.environ if environment is None else environment
    _check_sources(sources)
    cache = BuildCache(cache_dir, environment)
    c = find_compiler("CC", "gcc", environment)
    uses_cpp = any(source.suffix in _CPP_SUFFIXES for source in sources)
    cpp = find_compiler("CXX", "g++", environment) if uses_cpp else None
    width = _width(word_bytes, c, cpp, cache)

    numbers = _header(
        cache, "dl_calls.h", _CALLS.get(api, calls.IDF).render_header() if calls_header is None else calls_header
    )
    api_includes = [f"-I{folder}" for folder in (INCLUDE / api,) if folder.is_dir()]
    if api == "idf":
        if not soc_header.knows(chip):
            raise BuildError(f"no ESP-IDF headers for chip {chip.name}; there are: {', '.join(soc_header.windows())}")
        api_includes.append(f"-I{_header(cache, 'dmalab/chip.h', soc_header.render(chip))}")
    target = "DMALAB_TARGET_" + re.sub(r"\W", "_", chip.name)
    defines = (target, *defines)
    user_flags = (
        "-include",
        str(RUNTIME / "dl_prelude.h"),
        *(("-include", str(_preamble(cache, preamble))) if preamble else ()),
        *(f"-I{folder}" for folder in includes),
        *api_includes,
        *(f"-D{define}" for define in defines),
    )
    path = fast_path_of(chip, width, cflags)
    jobs = [_user_job(source, c, cpp, width, (*user_flags, *cflags), path) for source in sources]
    runtime_flags = (*_RUNTIME_FLAGS, width, f"-I{numbers}")
    stub_flags = (*runtime_flags, *_STUB_FLAGS, *api_includes, *_only_defines(defines))
    facts = _fast_path_facts(chip)
    jobs += [_runtime_job(source, c, runtime_flags, stub_flags, facts) for source in _runtime_sources(api)]

    def made(jobs: Sequence[Job]) -> Image:
        with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
            objects = list(pool.map(lambda job: compile_object(job, cache), jobs))
        image = _link(cpp or c, width, chip, objects[: len(sources)], objects[len(sources) :], cache)
        _check_image(image, chip, sources, tuple(_ENTRIES.get(api, ("app_main",)) if entries is None else entries))
        return image

    try:
        return made(jobs)
    except BuildError as error:
        if path is None or not _is_iram_full(error):
            raise
    # Looks in line take several times the room of calls, which is not the firmware's fault.
    return made([dataclasses.replace(job, fast_path=None) for job in jobs])


def _is_iram_full(error: BuildError) -> bool:
    return "code in IRAM takes" in str(error) or ".fw.iram" in error.output


def _fast_path_facts(chip: Chip) -> tuple[str, ...]:
    """Facts of the chip that are compiled in, because the fast paths are shorter that way."""
    line = common_line_bytes(chip)
    planes = fixed_planes(chip)
    facts = {"DL_ACCESS_CYCLES": chip.timing.access_cycles, "DL_CALL_CYCLES": chip.timing.call_cycles}
    if line:
        facts["DL_LINE_SHIFT"] = line.bit_length() - 1
    if planes is not None:
        facts |= planes.macros()
    return tuple(f"-D{name}={value:#x}" for name, value in facts.items())


def _check_sources(sources: Sequence[Path]) -> None:
    if not sources:
        raise BuildError("no source files given")
    for source in sources:
        if source.is_dir():
            raise BuildError(f"{source} is a folder; name its source files")
        try:
            with source.open("rb"):
                pass
        except OSError as error:
            raise BuildError(f"{source}: {error.strerror}") from None


def _width(word_bytes: int | None, c: Compiler, cpp: Compiler | None, cache: BuildCache) -> str:
    if word_bytes is None:
        can = can_link_32(c, "c", cache) and (cpp is None or can_link_32(cpp, "c++", cache))
        word_bytes = 4 if can else 8
    if word_bytes not in (4, 8):
        raise BuildError(f"a guest of {word_bytes}-byte words; there are 4 and 8")
    return "-m32" if word_bytes == 4 else "-m64"


def _user_job(
    source: Path, c: Compiler, cpp: Compiler | None, width: str, flags: tuple[str, ...], path: FastPath | None
) -> Job:
    if source.suffix in _CPP_SUFFIXES and cpp is not None:
        return Job(cpp, source, ("-std=gnu++20", *_FIRMWARE_FLAGS, width, *flags), f"compiling {source}", path)
    return Job(c, source, ("-std=gnu17", *_FIRMWARE_FLAGS, width, *flags), f"compiling {source}", path)


def _runtime_job(
    source: Path, c: Compiler, runtime: tuple[str, ...], stub: tuple[str, ...], facts: tuple[str, ...]
) -> Job:
    """How a file of the runtime is compiled.

    The runtime proper knows neither chip nor API, but for the fast paths, which have `facts` compiled in. Stubs see the API's headers, and most
    of them come out the same for every chip.
    """
    if not source.name.startswith("dl_"):
        return Job(c, source, stub, "compiling the guest runtime", shared=True)
    more = _FAST_PATH_FLAGS if source.name == _FAST_PATH else ()
    known = facts if source.name in _KNOW_FACTS else ()
    return Job(c, source, (*runtime, *more, *known), "compiling the guest runtime")


def _only_defines(defines: Sequence[str]) -> tuple[str, ...]:
    """The defines that API headers look at: stubs and firmware must agree on the shape of the API's structures."""
    return tuple(f"-D{define}" for define in defines if define.startswith(("CONFIG_", "DMALAB_", "ESP_IDF_")))


def _runtime_sources(api: str) -> list[Path]:
    patterns = ("dl_*.c", *_STUBS.get(api, ()))
    return sorted(path for pattern in patterns for path in RUNTIME.glob(pattern))


def _header(cache: BuildCache, path: str, text: str) -> Path:
    """Folder in which a generated header lies as `path`."""
    name = f"headers/{cache.key(path, text)}"
    if not cache.has(f"{name}/{path}"):
        cache.write(f"{name}/{path}", text.encode())
    return cache.path(name)


def _preamble(cache: BuildCache, text: str) -> Path:
    """The file of a header that goes first."""
    name = f"headers/{cache.key('preamble', text)}/dl_application.h"
    if not cache.has(name):
        cache.write(name, text.encode())
    return cache.path(name)


def _link(
    driver: Compiler, width: str, chip: Chip, firmware: Sequence[str], runtime: Sequence[str], cache: BuildCache
) -> Image:
    try:
        script = linking.script(chip)
        base, _ = linking.host_bases(chip)
    except linking.NoRoom as error:
        raise BuildError(str(error)) from None
    wraps = "-Wl," + ",".join(f"--wrap={name}" for name in linking.WRAPPED)
    flags = (*_LINK_FLAGS, width, wraps, f"-Wl,-Ttext-segment={base:#x}")
    key = cache.key("image", driver.identity, *flags, script, "\0", *firmware, "\0", *runtime)
    facts, program = f"images/{key}.json", f"images/{key}.elf"
    data = cache.read(facts)
    if data is not None and cache.has(program):
        try:
            image = msgspec.json.decode(data, type=Image, dec_hook=lambda kind, value: kind(value))
            return msgspec.structs.replace(image, path=cache.path(program))
        except msgspec.ValidationError:
            pass  # written by another version
    with cache.scratch() as folder:
        # The script knows firmware objects by their names, so the linker must see them without a folder.
        names = [f"fw_{index}.o" for index in range(len(firmware))]
        for name, kept in zip(names, firmware, strict=True):
            (folder / name).symlink_to(cache.path(kept))
        (folder / "sections.ld").write_text(script)
        others = [cache.path(name) for name in runtime]
        driver.run([*flags, *names, *others, "-Wl,-T,sections.ld", "-o", "firmware.elf"], "linking", cwd=folder)
        kept_program = cache.adopt(folder / "firmware.elf", program)
    image = read_image(kept_program)
    cache.write(facts, msgspec.json.encode(image, enc_hook=str))
    cache.prune()
    return image


def _check_image(image: Image, chip: Chip, sources: Sequence[Path], entries: tuple[str, ...]) -> None:
    names = {symbol.name for symbol in image.symbols}
    if not any(entry in names for entry in entries):
        files = ", ".join(str(source) for source in sources)
        raise BuildError(f"no entry point: define void {entries[0]}(void) in one of {files}")
    place = chip.firmware
    rooms = (
        ("static data (.data, .bss)", ("noinit", "data", "bss"), place.data, place.data_size),
        ("statics in PSRAM", ("ext_bss", "ext_noinit"), place.psram_bss, place.psram_bss_size),
        ("code in IRAM", ("iram",), place.iram, place.iram_size),
        *((f"statics in {one.name}", (one.name,), one.base, one.size) for one in place.places),
    )
    for what, sections, base, room in rooms:
        end = max((section.high for section in image.sections if section.name in sections), default=base)
        if room and end > base + room:
            raise BuildError(f"{what} takes {end - base} bytes; chip {chip.name} has {room} at {base:#x}")
