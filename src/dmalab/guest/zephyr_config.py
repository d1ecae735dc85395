"""What an application is configured with: `.conf` files, its Kconfig file, `-D CONFIG_…` and overlays, as definitions for the compiler.

Precedence, lowest first: the defaults below, the application's Kconfig, `.conf` files in the order given, `-D`. Kconfig files are
read for the defaults of
their symbols only: dependencies, choices and menus are not evaluated.
Source: zephyr doc/build/kconfig/setting.rst; the defaults are those of Zephyr's own Kconfig files where it has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from dmalab.chips.model import Chip, Kind
from dmalab.guest.devicetree import DevicetreeError, Tree
from dmalab.guest.devicetree_chip import as_described, base_tree
from dmalab.guest.devicetree_macros import Macros
from dmalab.guest.toolchain import BuildError

SUFFIXES = (".conf", ".overlay", ".dts")
"""Files that configure an application, besides one called Kconfig."""

_DEFAULTS = {
    "DMA": "y",
    "PRINTK": "y",
    "LOG": "y",
    "LOG_DEFAULT_LEVEL": "3",
    "LOG_MAX_LEVEL": "4",
    "ASSERT": "y",
    "MULTITHREADING": "y",
    "MP_MAX_NUM_CPUS": "1",
    "NUM_COOP_PRIORITIES": "16",
    "NUM_PREEMPT_PRIORITIES": "15",
    "MAIN_STACK_SIZE": "1024",
    "SYSTEM_WORKQUEUE_PRIORITY": "-1",
    "SYSTEM_WORKQUEUE_STACK_SIZE": "1024",
    "THREAD_MAX_NAME_LEN": "32",
    "ZTEST_THREAD_PRIORITY": "-1",
    "ZTEST_STACK_SIZE": "1024",
    "SYS_CLOCK_TICKS_PER_SEC": "10000",
    "KERNEL_INIT_PRIORITY_DEFAULT": "40",
    "KERNEL_INIT_PRIORITY_DEVICE": "50",
    "DMA_INIT_PRIORITY": "40",
    "APPLICATION_INIT_PRIORITY": "90",
    "DMA_LOG_LEVEL": "3",
    "HEAP_MEM_POOL_SIZE": "65536",
    "DMA_ESP32_MAX_DESCRIPTOR_NUM": "16",
}
_SHARED = (
    *("ASSERT", "CACHE_MANAGEMENT", "DCACHE", "DMA_64BIT", "LOG", "LOG_DEFAULT_LEVEL", "LOG_MAX_LEVEL"),
    *("NUM_COOP_PRIORITIES", "NUM_PREEMPT_PRIORITIES", "SYS_CLOCK_HW_CYCLES_PER_SEC", "SYS_CLOCK_TICKS_PER_SEC"),
    *("THREAD_MAX_NAME_LEN", "ZTEST_STACK_SIZE", "ZTEST_THREAD_PRIORITY", "NOCACHE_MEMORY"),
)
"""Symbols that the runtime is compiled with too. The others may change without a new runtime."""
_LINE = re.compile(r"CONFIG_(?P<name>\w+)\s*=\s*(?P<value>.*)")
_SYMBOL = re.compile(r"\s*(?:menu)?config\s+(?P<name>\w+)\s*$")
_DEFAULT = re.compile(r"\s*(?:default|def_bool|def_int)\s+(?P<value>\"[^\"]*\"|\S+)(?P<condition>\s+if\s+.*)?\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A Zephyr application, ready to be built."""

    sources: tuple[Path, ...]
    """C and C++ files."""
    defines: tuple[str, ...]
    """What headers and runtime both have to know."""
    preamble: str
    """A header with everything else: the application's symbols and its devicetree."""
    chip: Chip
    """The chip as configured: with the DMA channels of its devicetree, without its data cache where CONFIG_DCACHE is off."""


def is_configuration(path: Path) -> bool:
    """Whether a file configures an application rather than being part of it."""
    return path.suffix.lower() in SUFFIXES or path.name == "Kconfig"


def configure(sources: Sequence[Path], defines: Iterable[str], chip: Chip) -> Application:
    """Read everything that configures an application.

    Args:
        sources: C and C++ files, and configuration files between them.
        defines: What `-D` gave: `NAME` or `NAME=VALUE`.
        chip: What it is built for.
    Raises:
        BuildError: a file can't be read or understood.
    """
    symbols = dict(_DEFAULTS) | _of_chip(chip)
    others = []
    for path in (path for path in sources if path.name == "Kconfig"):
        symbols |= {name: value for name, value in _kconfig(_read(path)).items() if name not in symbols}
    for path in (path for path in sources if path.suffix.lower() == ".conf"):
        symbols |= _conf(_read(path), path)
    for define in defines:
        name, _, value = define.partition("=")
        if name.startswith("CONFIG_"):
            symbols[name.removeprefix("CONFIG_")] = value or "y"
        else:
            others.append(define)
    tree = Tree()
    try:
        tree.add(base_tree(chip), "the chip's devicetree")
        for path in (path for path in sources if path.suffix.lower() in (".overlay", ".dts")):
            tree.add(_read(path), str(path))
        nodes = Macros(tree).defines()
        chip = as_described(chip, tree)
    except DevicetreeError as error:
        raise BuildError(str(error)) from None
    found = {name: "1" if value == "y" else value for name, value in symbols.items() if value not in ("n", "")}
    own = [f"CONFIG_{name} {value}" for name, value in found.items() if name not in _SHARED]
    lines = [f"#define {line}" for line in (*own, *nodes, "__ZEPHYR__ 1", "KERNEL 1")]
    return Application(
        sources=tuple(path for path in sources if not is_configuration(path)),
        defines=(*(f"CONFIG_{name}={found[name]}" for name in _SHARED if name in found), *others),
        preamble="\n".join(("/* Made by dmalab from the application's configuration and devicetree. */", *lines, "")),
        chip=chip if symbols.get("DCACHE", "n") != "n" else without_cache(chip),
    )


def without_cache(chip: Chip) -> Chip:
    """The chip with its data caches off: what the core stores is in memory at once."""
    replace = msgspec.structs.replace
    regions = tuple(replace(region, line_bytes=0, line_choices=(), cache="") for region in chip.regions)
    timing = replace(chip.timing, line_fill_ns={}, line_allocate_ns={}, line_stream_ns={}, line_writeback_ns={})
    return replace(chip, regions=regions, caches=(), sync_windows=(), timing=timing)


def _of_chip(chip: Chip) -> dict[str, str]:
    lines = [region.line_bytes for region in chip.regions if region.line_bytes and region.kind is not Kind.FLASH]
    nocache = any(place.name == "nocache" for place in chip.firmware.places)
    return {
        "SYS_CLOCK_HW_CYCLES_PER_SEC": str(chip.cpu_mhz * 1_000_000),
        "BOARD": f'"{chip.name}"',
        "DCACHE": "y" if lines else "n",
        "CACHE_MANAGEMENT": "y" if lines else "n",
        "DCACHE_LINE_SIZE": str(max(lines, default=0) or 32),
        "NOCACHE_MEMORY": "y" if nocache else "n",
        f"SOC_SERIES_{re.sub(r'[^A-Z0-9]', '_', chip.name.upper())}": "y",
    }


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BuildError(f"{path}: {error.strerror}") from None


def _conf(text: str, path: Path) -> dict[str, str]:
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if match := re.fullmatch(r"#\s*CONFIG_(\w+) is not set", stripped):
            found[match[1]] = "n"
        elif stripped and not stripped.startswith("#"):
            if (match := _LINE.fullmatch(stripped)) is None:
                raise BuildError(f"{path}:{number}: '{stripped}' is no CONFIG_NAME=VALUE")
            found[match["name"]] = match["value"].strip()
    return found


def _kconfig(text: str) -> dict[str, str]:
    """Every symbol with its first default that has no condition; boolean ones without any are off."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if match := _SYMBOL.fullmatch(line):
            name = match["name"]
        elif name and (match := _DEFAULT.fullmatch(line)) and not match["condition"]:
            found.setdefault(name, match["value"])
    return found
