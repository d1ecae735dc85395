"""Building: what is kept, what is made anew, and how it fails."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from dmalab import chips
from dmalab.chips.model import Chip
from dmalab.guest import build_cache, compiling
from dmalab.guest.build import _KNOW_FACTS, RUNTIME, BuildError, build
from dmalab.guest.build_cache import KEEP_SECONDS, BuildCache, parse_depfile
from dmalab.guest.image import Image, read_image
from dmalab.guest.linking import NoRoom, host_bases

from .fake import HEADER

Build = Callable[..., Image]


@pytest.fixture
def compilers(tmp_path: Path) -> Path:
    """A folder with a gcc and a g++ that count their runs and then do what the real ones do."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("gcc", "g++"):
        program = folder / name
        real = subprocess.run(["which", name], check=True, capture_output=True, text=True).stdout.strip()
        program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/runs\nexec {real} "$@"\n')
        program.chmod(0o755)
    return folder


@pytest.fixture
def make(chip: Chip, tmp_path: Path, compilers: Path) -> Build:
    cache = tmp_path / "own-cache"

    def build_(*sources: Path, **options: object) -> Image:
        environment = {**os.environ, "PATH": f"{compilers}:{os.environ['PATH']}", "CC": "gcc", "CXX": "g++"}
        settings = {"chip": chip, "api": "none", "calls_header": HEADER, "cache_dir": cache, "environment": environment}
        return build(sources, **{**settings, **options})  # type: ignore[arg-type]

    return build_


def runs(compilers: Path) -> list[str]:
    file = compilers / "runs"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


# --- the cache --------------------------------------------------------------------------------------------------------


def test_nothing_runs_the_second_time(make: Build, compilers: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "main.c", "void app_main(void) {}")
    first = make(source)
    assert len(runs(compilers)) > 3
    second = make(source)
    assert runs(compilers) == []
    assert second == first
    assert second.path.exists()


def test_a_changed_header_recompiles_what_includes_it(make: Build, compilers: Path, tmp_path: Path) -> None:
    one = write(tmp_path / "one.c", '#include "value.h"\nint v = VALUE; void app_main(void) {}')
    two = write(tmp_path / "two.c", "int other;")
    header = write(tmp_path / "value.h", "#define VALUE 1")
    first = make(one, two)
    runs(compilers)
    header.write_text("#define VALUE 2")
    second = make(one, two)
    compiled = [line for line in runs(compilers) if line.startswith("-S")]
    assert len(compiled) == 1
    assert str(one) in compiled[0]
    assert second.path != first.path
    header.write_text("#define VALUE 1")
    assert make(one, two) == first
    assert runs(compilers) == [], "the old results are still there"


def test_flags_defines_folders_and_the_chip_count(make: Build, compilers: Path, tmp_path: Path, chip: Chip) -> None:
    source = write(tmp_path / "main.c", "void app_main(void) {}")
    make(source)
    runs(compilers)
    other = msgspec.structs.replace(
        chip, firmware=msgspec.structs.replace(chip.firmware, data=chip.firmware.data + 4096)
    )
    for options in (
        {"cflags": ["-O2"]},
        {"defines": ["X=1"]},
        {"includes": [tmp_path]},
        {"word_bytes": 8},
        {"chip": other},
    ):
        make(source, **options)
        assert runs(compilers), options
        make(source, **options)
        assert not runs(compilers), options


def test_the_runtime_is_shared_between_firmwares(make: Build, compilers: Path, tmp_path: Path) -> None:
    make(write(tmp_path / "a.c", "void app_main(void) {}"))
    runs(compilers)
    make(write(tmp_path / "b.c", "int b; void app_main(void) {}"))
    assert [line.split()[0] for line in runs(compilers)] == ["-S", "-c", "-no-pie"]  # one object, one link


def test_user_flags_come_last(make: Build, compilers: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "main.c", "#ifndef __OPTIMIZE__\n#error not optimised\n#endif\nvoid app_main(void) {}")
    make(source, cflags=["-O0", "-O3"])
    with pytest.raises(BuildError, match="not optimised"):
        make(source, cflags=["-O0"])


def test_a_damaged_cache_is_mended(make: Build, compilers: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "main.c", "void app_main(void) {}")
    image = make(source)
    for manifest in (tmp_path / "own-cache" / "manifests").iterdir():
        manifest.write_text("{")
    image.path.with_suffix(".json").write_text("[1]")
    assert make(source) == image


def test_an_unwritable_cache_is_replaced_by_a_temporary_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(build_cache, "_temporary_folder", None)
    blocked = write(tmp_path / "file", "")
    cache = BuildCache(blocked / "below", {})
    assert cache.folder.is_dir()
    assert cache.folder.parent == temporary
    assert BuildCache(None, {"XDG_CACHE_HOME": str(tmp_path / "x")}).folder == tmp_path / "x" / "dmalab"
    assert BuildCache(None, {"HOME": str(tmp_path)}).folder == tmp_path / ".cache" / "dmalab"
    assert (
        BuildCache(None, {"XDG_CACHE_HOME": "relative", "HOME": str(tmp_path)}).folder == tmp_path / ".cache" / "dmalab"
    )


def test_the_temporary_cache_goes_at_exit(tmp_path: Path) -> None:
    script = "from dmalab.guest.build_cache import BuildCache; print(BuildCache(None, {}).folder)"
    said = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert not Path(said.stdout.strip()).exists()


def test_old_files_go_and_used_ones_stay(tmp_path: Path) -> None:
    cache = BuildCache(tmp_path, {})
    cache.write("objects/old.o", b"")
    cache.write("objects/used.o", b"")
    for name in ("old", "used"):
        os.utime(tmp_path / "objects" / f"{name}.o", (0, 0))
    assert cache.has("objects/used.o")
    used = (tmp_path / "objects" / "used.o").stat().st_mtime
    cache.prune(now=used + KEEP_SECONDS - 1)
    assert [path.name for path in (tmp_path / "objects").iterdir()] == ["used.o"]


def test_concurrent_builds_of_one_firmware(chip: Chip, tmp_path: Path) -> None:
    source = write(tmp_path / "main.c", "void app_main(void) {}")
    script = write(
        tmp_path / "one.py",
        "import sys; from pathlib import Path; from dmalab import chips; from dmalab.guest.build import build\n"
        f"print(build([Path({str(source)!r})], chip=chips.load('esp32p4'), api='none', calls_header={HEADER!r}, "
        f"cache_dir=Path({str(tmp_path / 'shared')!r})).path)",
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    running = [subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment) for _ in range(4)]
    said = {process.communicate()[0] for process in running}
    assert all(process.returncode == 0 for process in running)
    assert len(said) == 1
    assert not list((tmp_path / "shared").glob("work-*"))


def test_depfiles() -> None:
    text = "out.o: /a/b.c \\\n /a/with\\ blank.h /a/hash\\#.h /a/dollar$$.h \\\n  c.h\n"
    assert parse_depfile(text) == ["/a/b.c", "/a/with blank.h", "/a/hash#.h", "/a/dollar$.h", "c.h"]


# --- looks in line ----------------------------------------------------------------------------------------------------


def calls_in(image: Image) -> set[str]:
    """Which of the callbacks and ways out firmware calls or jumps to."""
    text = subprocess.run(["objdump", "-d", image.path], check=True, capture_output=True, text=True).stdout
    firmware = text.split("<app_main>:")[1].split("\n\n")[0]
    names = re.findall(r"(?:call|jmp)\s+\w+ <((?:__tsan|dl_look)_\w+)>", firmware)
    return {name.replace("unaligned_", "") for name in names}  # which is at the same address


ONE_STORE = "int v; void app_main(void) { v = 1; }"


@pytest.mark.parametrize(
    ("cflags", "inline"),
    [
        ([], True),
        (["-O2"], True),
        (["-g0"], True),
        (["-gdwarf-5"], True),
        (["-ggdb3"], True),
        (["-march=i686"], True),
        (["-Wa,--noexecstack"], True),
        (["-fdebug-prefix-map=/=x/"], True),
        (["-ffunction-sections"], True),
        (["-fomit-frame-pointer"], True),
        (["-masm=intel"], False),
        (["-save-temps=obj"], False),
        (["-fno-ident"], False),
        (["-fno-asynchronous-unwind-tables", "-fno-dwarf2-cfi-asm"], False),
    ],
)
def test_options_of_the_users(make: Build, tmp_path: Path, cache_dir: Path, cflags: list[str], inline: bool) -> None:
    """Where the looks can't be put in, the compiler's calls do the same."""
    image = make(write(tmp_path / "main.c", ONE_STORE), cflags=cflags, word_bytes=4, cache_dir=cache_dir)
    assert ("dl_look_store" in calls_in(image)) == inline
    assert ("__tsan_write4" in calls_in(image)) != inline


def test_lines_of_two_sizes_keep_the_calls(make: Build, tmp_path: Path, cache_dir: Path, chip: Chip) -> None:
    source = write(tmp_path / "main.c", ONE_STORE)
    image = make(source, chip=chips.with_options(chip, {"cache_line": "128"}), cache_dir=cache_dir)
    assert "__tsan_write4" in calls_in(image)


def test_debug_information_is_the_compilers_own(
    make: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chip: Chip
) -> None:
    """Without anything to put in, the object is the one that the compiler makes in one step."""
    source = write(tmp_path / "main.c", "void g(void) {}\nvoid app_main(void)\n{\n  g();\n}\n")
    inline = make(source)
    monkeypatch.setattr("dmalab.guest.build.fast_path_of", lambda *_: None)
    called = make(source)
    assert called.path.read_bytes() == inline.path.read_bytes()


def test_a_change_of_the_looks_compiles_anew(
    make: Build, compilers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chip: Chip
) -> None:
    source = write(tmp_path / "main.c", ONE_STORE)
    make(source)
    runs(compilers)
    timing = msgspec.structs.replace(chip.timing, access_cycles=chip.timing.access_cycles + 1)
    make(source, chip=msgspec.structs.replace(chip, timing=timing))
    assert [line for line in runs(compilers) if str(source) in line]
    for name in compiling._REWRITERS:
        (tmp_path / name).write_text("changed")
    monkeypatch.setattr(compiling, "_HERE", tmp_path)
    make(source)
    assert [line for line in runs(compilers) if str(source) in line]


def test_what_the_assembler_refuses_is_told_in_the_compilers_words(make: Build, tmp_path: Path) -> None:
    source = write(tmp_path / "main.c", 'void app_main(void) { __asm__("frobnicate"); }')
    with pytest.raises(BuildError, match="no such instruction: `frobnicate'") as caught:
        make(source)
    assert str(source) in caught.value.command
    assert "-c" in caught.value.command


@pytest.mark.parametrize("name", ["esp32p4", "esp32"])
def test_code_for_a_small_iram_keeps_the_calls(make: Build, tmp_path: Path, cache_dir: Path, name: str) -> None:
    """Looks in line take several times the room of calls; only what is too big even so is an error."""

    def text(stores: int) -> str:
        body = " ".join(f"p[{i}] = {i};" for i in range(stores))
        return f'__attribute__((section(".iram1"))) void f(volatile int *p) {{ {body} }}\nint v; void app_main(void) {{ v = 1; }}'

    chip = chips.load(name)
    small = make(write(tmp_path / "small.c", text(100)), chip=chip, cache_dir=cache_dir, word_bytes=4)
    assert "dl_look_store" in calls_in(small)
    big = make(write(tmp_path / "big.c", text(1500)), chip=chip, cache_dir=cache_dir, word_bytes=4)
    assert "__tsan_write4" in calls_in(big)
    with pytest.raises(BuildError, match="iram|IRAM"):
        make(write(tmp_path / "huge.c", text(6000)), chip=chip, cache_dir=cache_dir, word_bytes=4)


# --- errors -----------------------------------------------------------------------------------------------------------


def test_a_compiler_error_is_shown_as_it_is(make: Build, tmp_path: Path) -> None:
    source = write(tmp_path / "main.c", "void app_main(void) {\n  int x = ;\n}")
    with pytest.raises(BuildError) as caught:
        make(source)
    alone = subprocess.run(["gcc", "-std=gnu17", "-fsyntax-only", source], capture_output=True, text=True, check=False)
    assert caught.value.output == alone.stderr
    assert alone.stderr.rstrip() in str(caught.value)
    assert caught.value.command[0] == "gcc"
    assert str(source) in caught.value.command


def test_warnings_of_firmware_that_builds_are_not_shown(
    make: Build, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make(write(tmp_path / "main.c", "#warning look\nvoid app_main(void) { int unused; }"), cflags=["-Wall"])
    assert capfd.readouterr() == ("", "")


def test_an_undefined_function_is_a_linker_error(make: Build, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="undefined reference to `nowhere'") as caught:
        make(write(tmp_path / "main.c", "void nowhere(void); void app_main(void) { nowhere(); }"))
    assert str(caught.value).startswith("linking failed")


def test_no_entry_point(make: Build, tmp_path: Path) -> None:
    source = write(tmp_path / "main.c", "int main(void) { return 0; }")
    with pytest.raises(BuildError) as caught:
        make(source)
    assert str(caught.value) == f"no entry point: define void app_main(void) in one of {source}"
    assert make(source, entries=("app_main", "main")).main


@pytest.mark.parametrize(
    ("path", "message"),
    [("missing.c", "missing.c: No such file or directory"), (".", "is a folder; name its source files")],
)
def test_sources_that_are_none(make: Build, tmp_path: Path, path: str, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        make(tmp_path / path)
    with pytest.raises(BuildError, match="no source files"):
        make()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_source(make: Build, tmp_path: Path) -> None:
    source = write(tmp_path / "main.c", "")
    source.chmod(stat.S_IWUSR)
    with pytest.raises(BuildError, match="Permission denied"):
        make(source)


def test_a_missing_compiler(make: Build, tmp_path: Path) -> None:
    source = write(tmp_path / "main.c", "void app_main(void) {}")
    with pytest.raises(BuildError, match=r"compiler not found: gcc\. Install it: .*gcc-multilib"):
        make(source, environment={"PATH": str(tmp_path)})
    with pytest.raises(BuildError, match=r"compiler not found: no-such-cc \(from CC\)"):
        make(source, environment={"PATH": os.environ["PATH"], "CC": "no-such-cc"})
    with pytest.raises(BuildError, match=r"compiler not found: no-such-c\+\+ \(from CXX\)"):
        make(write(tmp_path / "a.cpp", ""), environment={"PATH": os.environ["PATH"], "CXX": "no-such-c++"})


def test_a_compiler_that_cannot_do_32_bits(make: Build, tmp_path: Path, compilers: Path) -> None:
    """Then the guest has 64 bits; nobody has to ask for it."""
    poor = tmp_path / "poor"
    poor.mkdir()
    real = subprocess.run(["which", "gcc"], check=True, capture_output=True, text=True).stdout.strip()
    program = write(
        poor / "gcc", f'#!/bin/sh\ncase "$*" in *-m32*) echo "no -m32" >&2; exit 1;; esac\nexec {real} "$@"\n'
    )
    program.chmod(0o755)
    source = write(tmp_path / "main.c", "void app_main(void) {}")
    assert make(source, environment={"PATH": f"{poor}:{os.environ['PATH']}"}).word_bytes == 8
    assert make(source).word_bytes == 4


def test_statics_that_do_not_fit(make: Build, tmp_path: Path, chip: Chip) -> None:
    room = chip.firmware.data_size
    source = write(tmp_path / "main.c", f"char big[{room + 64}]; void app_main(void) {{ big[0] = 1; }}")
    with pytest.raises(BuildError, match=rf"static data \(.data, .bss\) takes \d+ bytes; chip esp32p4 has {room}"):
        make(source)


def test_a_width_that_does_not_exist(make: Build, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="a guest of 2-byte words"):
        make(write(tmp_path / "main.c", "void app_main(void) {}"), word_bytes=2)


# --- images -----------------------------------------------------------------------------------------------------------


def test_facts_of_an_image(make: Build, tmp_path: Path, chip: Chip, word_bytes: int) -> None:
    image = make(
        write(
            tmp_path / "main.c",
            """
            int in_data[3] = {1}; int in_bss[5]; const int in_rodata[7] = {1};
            int in_noinit[2] __attribute__((section(".bss.noinit.1")));
            int in_ext[9] __attribute__((section(".ext_ram.bss")));
            __attribute__((section(".iram1"))) void in_iram(void) {}
            static void helper(void) { in_bss[0]++; }
            void app_main(void) { helper(); in_iram(); }
            """,
        ),
        word_bytes=word_bytes,
    )
    assert image.word_bytes == word_bytes
    assert read_image(image.path) == image
    sizes = {"data": 12, "bss": 20, "rodata": 28, "noinit": 8, "ext": 36}
    for name, size in sizes.items():
        symbol = image.symbol(f"in_{name}")
        assert symbol is not None
        assert symbol.size == size
        section = image.section("ext_bss" if name == "ext" else name)
        assert section is not None
        assert section.low <= symbol.address < symbol.end <= section.high
        assert section.is_initialised == (name != "noinit")
        assert image.symbol_at(symbol.end - 1) == symbol
        assert image.symbol_at(symbol.end) != symbol
    assert image.app_main == image.symbol("app_main").address  # type: ignore[union-attr]
    assert image.is_code(image.app_main)
    assert image.is_code(image.symbol("in_iram").address)  # type: ignore[union-attr]
    assert not image.is_code(image.symbol("in_data").address)  # type: ignore[union-attr]
    assert image.symbol_at(0x10) is None
    assert image.section("nothing") is None


def test_the_host_keeps_clear_of_the_chip(chip: Chip) -> None:
    low, high = host_bases(chip)
    for region in chip.regions:
        assert low + (16 << 20) <= region.base or low >= region.base + region.size
        assert high + (64 << 20) <= region.base or high >= region.base + max(region.size, region.max_size)
    assert low < chip.firmware.rodata < high


def test_a_chip_without_room_for_the_host(chip: Chip) -> None:
    with pytest.raises(NoRoom, match="no room"):
        host_bases(msgspec.structs.replace(chip, firmware=msgspec.structs.replace(chip.firmware, rodata=0x1000)))


def test_facts_of_the_chip_go_to_the_files_that_look_at_them():
    """Every other file of the runtime is the same for every chip, and compiled once."""
    facts = ("DL_ACCESS_CYCLES", "DL_CALL_CYCLES", "DL_LINE_SHIFT", "DL_SHIFT_OF")
    looking = {path.name for path in RUNTIME.glob("*.c") if any(fact in path.read_text("utf-8") for fact in facts)}
    assert looking == set(_KNOW_FACTS)
