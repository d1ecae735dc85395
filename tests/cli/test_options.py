"""Options are checked once, at the door; every mistake is one line."""

from pathlib import Path

import pytest

from dmalab.chips import ChipError, load, names
from dmalab.errors import OptionError
from dmalab.idf.release import LINES
from dmalab.options import Options, parse_options, parse_size, split_list

SIZES = [
    ("0", 0),
    ("4096", 4096),
    ("512K", 512 << 10),
    ("512 KiB", 512 << 10),
    ("8M", 8 << 20),
    ("8m", 8 << 20),
    ("8MB", 8 << 20),
    (" 2MiB ", 2 << 20),
]


@pytest.mark.parametrize(("text", "size"), SIZES)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "M", "-1", "1.5M", "8G", "8 M M", "0x100"])
def test_what_is_no_size(text):
    with pytest.raises(OptionError) as caught:
        parse_size(text)
    assert str(caught.value) == f"'{text}' is no size; write bytes, or a number with K or M such as 512K or 8M"


def test_lists_are_split_once_and_in_order():
    assert split_list(["a, b", "b,,c"]) == ("a", "b", "c")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "main.c"
    path.write_text("void app_main(void) {}\n")
    return path


def test_defaults(source):
    options = Options(sources=(source,))
    assert (options.chips, options.api, options.idf, options.policy) == (("esp32s3",), "idf", "v5.5", "lazy")
    assert (options.psram, options.seed, options.quiet) == (None, 0, False)


def test_all_chips_are_those_of_the_api(source):
    options = Options(sources=(source,), chips=("all",))
    assert options.chips == tuple(name for name in names() if load(name).idf_target)
    assert options.every_chip
    assert not Options(sources=(source,), chips=options.chips).every_chip


def test_chips_are_known_by_their_own_name_and_once(source):
    assert Options(sources=(source,), chips=("ESP32-P4", "esp32p4", "esp32s3")).chips == ("esp32p4", "esp32s3")


RELEASES = [("v5.5", "v5.5"), ("5.5.2", "v5.5.2")]


@pytest.mark.parametrize(("text", "release"), RELEASES)
def test_releases(source, text, release):
    assert Options(sources=(source,), idf=text).idf == release


MISTAKES = [
    ({"api": "arduino"}, "--api: unknown value 'arduino'; available: idf, zephyr"),
    ({"policy": "lasy"}, "--policy: unknown value 'lasy'; available: lazy, lru, eager, random; did you mean lazy?"),
    (
        {"options": {"psram_ec": ""}},
        "--option: unknown value 'psram_ec'; available: cache_line, driver, flash_encryption, psram_ecc, revision; did you mean psram_ecc?",
    ),
    (
        {"idf": "v9.9"},
        f"--idf: unknown ESP-IDF release 'v9.9'; modelled: {', '.join(LINES)} and their point releases, and master",
    ),
    ({"includes": (Path("nowhere"),)}, "-I: no such folder: nowhere"),
    (
        {"cflags": ("-O2", "-m64")},
        "--cflag: -m64 is not yours to set: without dmalab's own choice nothing would be seen",
    ),
    (
        {"cflags": ("-fno-sanitize=thread",)},
        "--cflag: -fno-sanitize=thread is not yours to set: without dmalab's own choice nothing would be seen",
    ),
    (
        {"cflags": ("-flto",)},
        "--cflag: -flto is not yours to set: without dmalab's own choice nothing would be seen",
    ),
    ({"defines": ("2X",)}, "-D: '2X' is no NAME or NAME=VALUE"),
    (
        {"wait_for_debugger": True, "chips": ("esp32s3", "esp32p4")},
        "--wait-for-debugger: name one chip; several run at the same time",
    ),
    ({"seed": -1}, "--seed: -1 is not between 0 and 9223372036854775807"),
    ({"timeout_s": 0}, "--timeout: 0 is no number of seconds above 0"),
    ({"timeout_s": float("nan")}, "--timeout: nan is no number of seconds above 0"),
]


@pytest.mark.parametrize(("given", "message"), MISTAKES)
def test_mistakes(source, given, message):
    with pytest.raises(OptionError) as caught:
        Options(sources=(source,), **given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ([], {}),
        (["psram_ecc,flash_encryption"], {"psram_ecc": "", "flash_encryption": ""}),
        (["cache_line=64", "revision = 1.0"], {"cache_line": "64", "revision": "1.0"}),
        (["psram_ecc", "psram_ecc"], {"psram_ecc": ""}),
    ],
)
def test_options_of_the_build(given, found):
    assert parse_options(given) == found


def test_an_option_has_one_value():
    with pytest.raises(OptionError) as caught:
        parse_options(["cache_line=32,cache_line=64"])
    assert str(caught.value) == "--option: cache_line is given as 32 and as 64"


def test_an_option_must_suit_every_chip_that_is_named(source):
    with pytest.raises(ChipError) as caught:
        Options(sources=(source,), chips=("esp32p4", "esp32c3"), options={"psram_ecc": ""})
    assert str(caught.value) == "esp32c3 has no option psram_ecc; available: flash_encryption"
    assert Options(sources=(source,), chips=("all",), options={"psram_ecc": ""}).every_chip


def test_a_chip_is_built_with_its_options(source):
    options = Options(
        sources=(source,), chips=("esp32p4",), options={"revision": "1.0", "psram_ecc": ""}, psram=16 << 20
    )
    chip = options.part("esp32p4")
    assert (chip.revision, chip.psram_ecc, chip.region("psram").size) == ("1.0", True, 14 << 20)


def test_idf_runs_on_espressifs_chips_only(source):
    generic = [name for name in names() if not load(name).idf_target]
    if not generic:
        pytest.skip("no generic machine")
    with pytest.raises(OptionError) as caught:
        Options(sources=(source,), chips=(generic[0],))
    targets = ", ".join(name for name in names() if load(name).idf_target)
    assert str(caught.value) == f"--chip: {generic[0]} is no target of ESP-IDF; available: {targets}"


@pytest.mark.parametrize("define", ["NAME", "NAME=", "NAME=a b", "F(x)=x", "_X=1"])
def test_definitions_that_compilers_take(source, define):
    assert Options(sources=(source,), defines=(define,)).defines == (define,)


def test_sources_must_be_programs(tmp_path, source):
    script, header = tmp_path / "run.py", tmp_path / "main.h"
    script.touch()
    header.touch()
    for sources, message in [
        ((), "no source files given"),
        ((tmp_path,), f"{tmp_path} is a folder; name the source files in it"),
        ((tmp_path / "no.c",), f"no such file: {tmp_path / 'no.c'}"),
        ((header,), f"{header}: not a C, C++ or Python file (.c, .cc, .cpp, .cxx, .c++, .py)"),
        ((script, source), "a Python program is one file and can't be mixed with others"),
    ]:
        with pytest.raises(OptionError) as caught:
            Options(sources=sources)
        assert str(caught.value) == message
    assert Options(sources=(script,)).sources == (script,)


def test_psram_must_fit_every_chip(source):
    with pytest.raises(ChipError, match="does not fit esp32s3"):
        Options(sources=(source,), chips=("esp32p4", "esp32s3"), psram=64 << 20)
    assert Options(sources=(source,), chips=("esp32p4",), psram=64 << 20).psram == 64 << 20
