"""Code addresses become source places."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmalab.chips.model import Chip
from dmalab.guest.build import build
from dmalab.guest.places import UNKNOWN, Places

from .fake import HEADER


@pytest.mark.parametrize("dwarf", ["-gdwarf-4", "-gdwarf-5"])
@pytest.mark.parametrize("level", ["-O0", "-Og", "-O2"])
def test_places_across_files_and_headers(
    chip: Chip, cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dwarf: str, level: str
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "inner.h").write_text(
        "static __attribute__((noinline)) int inner(int n)\n{\n    return n * 3;\n}\n"
    )
    (tmp_path / "one.c").write_text(
        '#include "sub/inner.h"\nint two(int);\nvoid app_main(void)\n{\n    two(inner(4));\n}\n'
    )
    (tmp_path / "two.c").write_text("int two(int n)\n{\n    return n + 1;\n}\n")
    monkeypatch.chdir(tmp_path)
    image = build(
        [Path("one.c"), Path("two.c")],
        chip=chip,
        api="none",
        calls_header=HEADER,
        cache_dir=cache_dir,
        cflags=[dwarf, level],
    )
    places = Places(image)
    found = {}
    for symbol in image.symbols:
        if symbol.is_function:
            for address in range(symbol.address, symbol.end):
                place = places.of(address)
                found.setdefault(place.function, set()).add((place.file, place.line))
    assert {Path(file) for file, _ in found["inner"]} == {tmp_path / "sub" / "inner.h"}
    assert found["inner"] <= {(str(tmp_path / "sub" / "inner.h"), line) for line in range(1, 5)}
    assert (str(tmp_path / "one.c"), 5) in found["app_main"]
    assert found["two"] <= {(str(tmp_path / "two.c"), line) for line in range(1, 5)}


def test_outside_the_firmware_nothing_is_known(chip: Chip, cache_dir: Path, tmp_path: Path) -> None:
    source = tmp_path / "main.c"
    source.write_text("int data; void app_main(void) {}")
    image = build([source], chip=chip, api="none", calls_header=HEADER, cache_dir=cache_dir)
    places = Places(image)
    assert places.of(0) == places.of(0x400000) == places.of(image.symbol("data").address) == UNKNOWN  # type: ignore[union-attr]


def test_without_debug_information_functions_are_known(chip: Chip, cache_dir: Path, tmp_path: Path) -> None:
    source = tmp_path / "main.c"
    source.write_text("void app_main(void) {}")
    image = build([source], chip=chip, api="none", calls_header=HEADER, cache_dir=cache_dir, cflags=["-g0"])
    place = Places(image).of(image.app_main)
    assert (place.file, place.line, place.function) == ("", 0, "app_main")
