"""What one `run` is asked to do, checked: from here on the options are known to make sense together.

The command line and Python callers build the same `Options`. Every mistake is an `OptionError` of one line that names the option,
what was given and what is allowed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dmalab import chips as chip_files
from dmalab.chips.model import Chip
from dmalab.core.cache import POLICIES
from dmalab.errors import OptionError
from dmalab.guest.zephyr_config import configure, is_configuration
from dmalab.idf import release
from dmalab.zephyr.board import controller
from dmalab.zephyr.drivers import DRIVERS

APIS = ("idf", "zephyr")
"""Programming interfaces that firmware can be written against."""
DEFAULT_CHIP = {"idf": "esp32s3", "zephyr": "mcu-m7"}
"""The chip of a run that names none, by API."""
BUILD_OPTIONS = ("cache_line", "driver", "flash_encryption", "psram_ecc", "revision")
"""Options of the firmware's build that change the chip; `chips.option_names` says which of them a chip has, and their values."""
C_SUFFIXES = (".c", ".cc", ".cpp", ".cxx", ".c++")
MAX_SEED = 2**63 - 1

_SIZE = re.compile(r"(\d+)\s*([kKmM]?)(?:i?[bB])?")
_SCALES = {"": 1, "k": 1 << 10, "m": 1 << 20}
_DEFINE = re.compile(r"[A-Za-z_]\w*(\([^)]*\))?(=.*)?", re.ASCII | re.DOTALL)
_OURS = re.compile(r"-m(16|32|x32|64)|-f(no-)?sanitize(=.*|-.*)?|-flto(=.*)?|-f?(no-)?(pie|PIE|pic|PIC)|-[cESo]")
"""Compiler flags that decide how a guest is built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One `run`: a program, the chips to run it on, and how.

    Raises:
        OptionError: something is wrong; see the fields.
        ChipError: a chip is unknown, lacks an option or can't have that much PSRAM.
    """

    sources: tuple[Path, ...]
    """C or C++ files, or one Python file; all exist."""
    chips: tuple[str, ...] = ()
    """Names or files for `chips.load`; empty takes the default of the API, `all` every chip the API runs on."""
    api: str = "idf"
    """One of `APIS`."""
    idf: str = release.DEFAULT
    """Release such as `v5.5` or `v5.3.3`; the `v` may be left out."""
    includes: tuple[Path, ...] = ()
    """Folders for the compiler's `-I`; all exist."""
    defines: tuple[str, ...] = ()
    """`NAME` or `NAME=VALUE`."""
    cflags: tuple[str, ...] = ()
    """Further compiler flags, passed on as they are."""
    psram: int | None = None
    """Bytes of PSRAM fitted; None for the chip's default, 0 for none."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Of `BUILD_OPTIONS`, with their values; empty for a plain switch."""
    policy: str = "lazy"
    """When caches evict: `lazy`, `lru`, `eager` or `random`."""
    tests: tuple[str, ...] = ()
    """Patterns of the Unity test cases to run, by name or `[tag]`; see `guest.handlers.unity.matches`. Empty for all."""
    seed: int = 0
    """0 to 2**63 - 1; decides every free choice of a run that makes any."""
    timeout_s: float = 60.0
    """Virtual seconds, time on the chip, after which a run is stopped; above 0."""
    quiet: bool = False
    """No program output."""
    trace: bool = False
    """Record a timeline, for reports and trace files that show it."""
    wait_for_debugger: bool = False
    """Stop the guest before its first instruction until a debugger attaches."""
    every_chip: bool = field(init=False, default=False)
    """Whether `chips` was `all`: then a chip that can't run the program is reported and does not decide the exit status."""

    def __post_init__(self) -> None:  # noqa: C901  -- one check per option
        _check_sources(self.sources, self.api)
        _one_of("--api", self.api, APIS)
        _one_of("--policy", self.policy, POLICIES)
        for option in self.options:
            _one_of("--option", option, BUILD_OPTIONS)
        if "driver" in self.options:
            if self.api != "zephyr":
                raise OptionError("--option: driver is for --api zephyr")
            _one_of("--option driver", self.driver, tuple(DRIVERS))
        for folder in self.includes:
            if not folder.is_dir():
                raise OptionError(f"-I: no such folder: {folder}")
        for define in self.defines:
            if not _DEFINE.fullmatch(define):
                raise OptionError(f"-D: '{define}' is no NAME or NAME=VALUE")
        for flag in self.cflags:
            if _OURS.fullmatch(flag):
                raise OptionError(
                    f"--cflag: {flag} is not yours to set: without dmalab's own choice nothing would be seen"
                )
        if self.tests and (self.api != "idf" or self.sources[0].suffix == ".py"):
            raise OptionError("--tests: selects Unity test cases, which only ESP-IDF firmware has")
        if not 0 <= self.seed <= MAX_SEED:
            raise OptionError(f"--seed: {self.seed} is not between 0 and {MAX_SEED}")
        if not 0 < self.timeout_s < float("inf"):
            raise OptionError(f"--timeout: {self.timeout_s:g} is no number of seconds above 0")
        object.__setattr__(self, "idf", _release(self.idf))
        object.__setattr__(self, "every_chip", "all" in self.chips)
        object.__setattr__(self, "chips", _chips(self.chips, self.api))
        if self.wait_for_debugger and len(self.chips) > 1:
            raise OptionError("--wait-for-debugger: name one chip; several run at the same time")
        if not self.every_chip:
            for name in self.chips:
                self.part(name)

    def part(self, name: str) -> Chip:
        """The chip called `name` as these options build it.

        Raises:
            ChipError: it lacks an option, or can't have that much PSRAM.
        """
        options = {key: value for key, value in self.options.items() if key != "driver"}
        chip = chip_files.with_options(chip_files.load(name), options, psram=self.psram)
        if self.api != "zephyr":
            return chip
        if controller(chip) is None:
            raise OptionError(f"--chip: {chip.name} has no DMA controller that a Zephyr driver is modelled for")
        return configure(self.sources, self.defines, chip).chip

    @property
    def driver(self) -> str:
        """With Zephyr, the driver whose behaviour the DMA calls have; empty for the chip's own."""
        return self.options.get("driver", "")


def parse_size(text: str) -> int:
    """Bytes written as `4096`, `512K`, `8M`, `8MB` or `8MiB`; K and M are powers of 1024.

    Raises:
        OptionError: anything else.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise OptionError(f"'{text}' is no size; write bytes, or a number with K or M such as 512K or 8M")
    return int(match[1]) * _SCALES[match[2].lower()]


def parse_options(values: Iterable[str]) -> dict[str, str]:
    """Options of the build written `NAME` or `NAME=VALUE`.

    Raises:
        OptionError: one is given twice with different values.
    """
    found: dict[str, str] = {}
    for text in split_list(values):
        name, _, value = (part.strip() for part in text.partition("="))
        if found.get(name, value) != value:
            raise OptionError(f"--option: {name} is given as {found[name] or 'a switch'} and as {value or 'a switch'}")
        found[name] = value
    return found


def split_list(values: Iterable[str]) -> tuple[str, ...]:
    """The items of comma-separated lists, in order, each once, without empty ones."""
    items = (item.strip() for value in values for item in value.split(","))
    return tuple(dict.fromkeys(item for item in items if item))


def _check_sources(sources: Sequence[Path], api: str) -> None:
    if not sources:
        raise OptionError("no source files given")
    for source in sources:
        if source.is_dir():
            raise OptionError(f"{source} is a folder; name the source files in it")
        if not source.is_file():
            raise OptionError(f"no such file: {source}")
        if api == "zephyr" and is_configuration(source):
            continue
        if source.suffix.lower() not in (*C_SUFFIXES, ".py"):
            raise OptionError(f"{source}: not a C, C++ or Python file ({', '.join((*C_SUFFIXES, '.py'))})")
    if any(source.suffix == ".py" for source in sources) and len(sources) > 1:
        raise OptionError("a Python program is one file and can't be mixed with others")


def _one_of(option: str, value: str, allowed: Sequence[str]) -> None:
    if value in allowed:
        return
    close = difflib.get_close_matches(value, allowed, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise OptionError(f"{option}: unknown value '{value}'; available: {', '.join(allowed)}{hint}")


def _release(text: str) -> str:
    try:
        return str(release.parse(text.strip()))
    except release.UnknownRelease as error:
        raise OptionError(f"--idf: {error}") from None


def _chips(wanted: Sequence[str], api: str) -> tuple[str, ...]:
    if not wanted:
        return (DEFAULT_CHIP[api],)
    if "all" in wanted:
        loaded = [chip_files.load(name) for name in chip_files.names()]
        return tuple(
            chip.name for chip in loaded if (chip.idf_target if api == "idf" else controller(chip) is not None)
        )
    return tuple(dict.fromkeys(_chip(name, api) for name in wanted))


def _chip(name: str, api: str) -> str:
    """`name` checked by loading it; a chip written `ESP32-S3` is known by its own name from here on, a file by its path."""
    chip = chip_files.load(name)
    if api == "idf" and not chip.idf_target:
        targets = [each for each in chip_files.names() if chip_files.load(each).idf_target]
        raise OptionError(f"--chip: {chip.name} is no target of ESP-IDF; available: {', '.join(targets)}")
    return name if name.endswith(".toml") or "/" in name else chip.name
