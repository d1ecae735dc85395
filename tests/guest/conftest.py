"""A chip, a cache and a compiler for the tests of the guest; the machine they run on is in fake.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from dmalab import chips
from dmalab.chips.model import Chip
from dmalab.guest.build import build
from dmalab.guest.image import Image

from .fake import HEADER, PRELUDE, FakeMachine


@pytest.fixture(scope="session")
def chip() -> Chip:
    return chips.load("esp32p4")


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


Compile = Callable[..., Image]


@pytest.fixture
def compile_firmware(chip: Chip, cache_dir: Path, tmp_path: Path) -> Compile:
    """Build a firmware from text, with the fake machine's calls."""

    def compile_(
        source: str, *, suffix: str = ".c", word_bytes: int | None = None, cflags: Sequence[str] = ()
    ) -> Image:
        path = tmp_path / f"firmware{suffix}"
        path.write_text(PRELUDE + source)
        return build(
            [path],
            chip=chip,
            api="none",
            calls_header=HEADER,
            cache_dir=cache_dir,
            word_bytes=word_bytes,
            cflags=cflags,
        )

    return compile_


@pytest.fixture
def machine(chip: Chip, compile_firmware: Compile) -> Iterator[Callable[..., FakeMachine]]:
    """A fake machine with a firmware built from text."""
    made: list[FakeMachine] = []

    def make(source: str, *, stack_bytes: int = 16384, loop_seconds: float = 10.0, **options: object) -> FakeMachine:
        one = FakeMachine(chip, compile_firmware(source, **options), stack_bytes=stack_bytes, loop_seconds=loop_seconds)
        made.append(one)
        return one

    yield make
    for one in made:
        one.arena.close()


@pytest.fixture(params=[4, 8], ids=["32-bit", "64-bit"])
def word_bytes(request: pytest.FixtureRequest) -> int:
    return int(request.param)
