"""The linker's part: where the firmware's sections go, where everything else goes, which libc functions are wrapped.

Firmware objects are called `fw_*.o`; the generated script takes their sections to the chip's addresses and leaves the rest (runtime,
crt, libc's glue) to the linker's default script. The executable's own base lies below every chip address, and a dummy section above
all of them, because the kernel starts the process's heap behind the highest section.
"""

from __future__ import annotations

from collections.abc import Iterator

from dmalab.chips.model import Chip

WRAPPED = (
    # heap
    *("malloc", "calloc", "realloc", "free"),
    # ends
    *("main", "exit", "_exit", "_Exit", "quick_exit", "abort", "__assert_fail"),
    # jumps out of frames
    *("setjmp", "_setjmp", "__sigsetjmp", "longjmp", "_longjmp", "siglongjmp"),
    # blocks and strings
    *("memcpy", "memmove", "mempcpy", "memset", "bzero", "explicit_bzero", "memcmp", "memchr", "memmem"),
    *(
        "strlen",
        "strnlen",
        "strcpy",
        "stpcpy",
        "strncpy",
        "stpncpy",
        "strcat",
        "strncat",
        "strcmp",
        "strncmp",
        "strcasecmp",
    ),
    *(
        "strstr",
        "strspn",
        "strcspn",
        "strpbrk",
        "strchr",
        "strrchr",
        "strchrnul",
        "strlcpy",
        "strlcat",
        "strdup",
        "strndup",
    ),
    # output
    *("printf", "vprintf", "fprintf", "vfprintf", "sprintf", "vsprintf", "snprintf", "vsnprintf"),
    *("fwrite", "fputs", "puts", "fputc", "putc", "putchar", "write"),
)
"""Functions whose `__wrap_` form the runtime defines."""

_MiB = 1 << 20
_HOST_ROOM = 16 * _MiB
_HEAP_ROOM = 64 * _MiB


class NoRoom(ValueError):
    """The chip's addresses leave no place for the host's part of the program."""


def _ranges(chip: Chip) -> Iterator[tuple[int, int]]:
    for region in chip.regions:
        size = max(region.size, region.max_size)
        yield region.base, region.base + size
        if region.alias_base:
            yield region.alias_base, region.alias_base + size
    place = chip.firmware
    fixed = ((place.data, place.data_size), (place.psram_bss, place.psram_bss_size))
    for base, size in (*fixed, *((one.base, one.size) for one in place.places)):
        if base:
            yield base, base + size
    for base in (place.rodata, place.text, place.iram):
        yield base, base + _MiB


def is_free(chip: Chip, base: int, size: int) -> bool:
    """Whether `[base, base + size)` touches nothing of the chip's."""
    return all(high <= base or base + size <= low for low, high in _ranges(chip))


def host_bases(chip: Chip) -> tuple[int, int]:
    """Base of the executable's own sections, and of the process's heap.

    Raises:
        NoRoom: nothing suitable is free.
    """
    place = chip.firmware
    chip_bases = [base for base in (place.data, place.rodata, place.text, place.iram, place.psram_bss) if base]
    low = next(
        (
            b
            for b in range(4 * _MiB, min(chip_bases), 4 * _MiB)
            if b + _HOST_ROOM <= min(chip_bases) and is_free(chip, b, _HOST_ROOM)
        ),
        None,
    )
    candidates = (*range(0x7000_0000, 0xC000_0000, _HEAP_ROOM), *range(0x1000_0000, 0x7000_0000, _HEAP_ROOM))
    high = next((b for b in candidates if b > max(chip_bases) and is_free(chip, b, _HEAP_ROOM)), None)
    if low is None or high is None:
        raise NoRoom(f"chip {chip.name}: its addresses leave no room for the host's part of the program")
    return low, high


def _section(name: str, patterns: str, *, where: str = "ALIGN(16) ", symbol: str = "") -> str:
    begin, end = (f"{symbol}_low = .; ", f" {symbol}_high = .;") if symbol else ("", "")
    inputs = " ".join(f"fw_*.o({pattern})" for pattern in patterns.split())
    return f"  .fw.{name} {where}: {{ {begin}{inputs}{end} }}\n"


_RODATA = ".rodata .rodata.* .rodata1 .flash.rodata .flash.rodata.*"
_TEXT = ".text .text.* .literal .literal.* .flash.text .flash.text.*"
_IRAM = ".iram1 .iram1.* .iram .iram.* .tcm.text .rtc.text .rtc.text.*"
_NOINIT = ".noinit .noinit.* .bss.noinit .bss.noinit.* .bss.rtc_noinit .bss.rtc_noinit.* .rtc_noinit .rtc_noinit.*"
_DATA = ".data .data.* .data1 .dram1 .dram1.* .dram .dram.* .tcm.data .rtc.data .rtc.data.* .data.rel.ro .data.rel.ro.*"
_BSS = ".bss .bss.* COMMON .rtc.bss .rtc.bss.*"
_EXT_BSS = ".ext_ram.bss .ext_ram.bss.*"
_EXT_NOINIT = ".ext_ram_noinit .ext_ram_noinit.* .ext_ram.noinit .ext_ram.noinit.*"

_FAR = ".nocache .nocache.* .dtcm_bss .dtcm_bss.* .dtcm_data .dtcm_data.* .dtcm_noinit .dtcm_noinit.*"
"""Sections for memory that only some chips have; elsewhere they are ordinary data."""

_NOLOAD = "ALIGN(16) (NOLOAD) "


def script(chip: Chip) -> str:
    """The linker script, to be used besides the default one.

    Without PSRAM its statics go to internal RAM. `noinit` comes first, for `.bss.*` would take its sections too.
    """
    place = chip.firmware
    _, heap = host_bases(chip)
    noinit, bss, external = _NOINIT, _BSS, ""
    if place.psram_bss:
        external = (
            f"  . = {place.psram_bss:#x};\n"
            + _section("ext_bss", _EXT_BSS, where=_NOLOAD)
            + _section("ext_noinit", _EXT_NOINIT, where=_NOLOAD)
        )
    else:
        noinit += " " + _EXT_NOINIT
        bss += " " + _EXT_BSS
    far = "".join(
        _section(one.name, " ".join(one.sections), where=f"{one.base:#x} ") for one in place.places if one.sections
    )
    placed = {pattern for one in place.places for pattern in one.sections}
    data = " ".join((_DATA, *(pattern for pattern in _FAR.split() if pattern not in placed)))
    return (
        "SECTIONS\n{\n"
        + _section("rodata", _RODATA, where=f"{place.rodata:#x} ")
        + _section("text", _TEXT, where=f"{place.text:#x} ", symbol="dl_fw_text")
        + _section("iram", _IRAM, where=f"{place.iram:#x} ", symbol="dl_fw_iram")
        + f"  . = {place.data:#x};\n"
        + _section("noinit", noinit, where=_NOLOAD)
        + _section("data", data)
        + _section("bss", bss, where=_NOLOAD)
        + external
        + far
        + f"  .dl.heap {heap:#x} : {{ QUAD(0) }}\n"
        + "}\nINSERT AFTER .bss;\n"
    )
