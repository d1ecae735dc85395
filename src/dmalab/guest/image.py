"""A linked firmware and the facts about it that the machine needs: where its sections lie, which statics and functions it has."""

from __future__ import annotations

from pathlib import Path

import msgspec

from dmalab.guest.names import function_names, variable_names


class Symbol(msgspec.Struct, frozen=True, array_like=True):
    """A function or an object of the firmware."""

    name: str
    """As the linker knows it; C++ names are mangled."""
    address: int
    size: int
    is_function: bool
    shown: str
    """The name as people write it."""

    @property
    def end(self) -> int:
        """The address behind its last byte."""
        return self.address + self.size


class Section(msgspec.Struct, frozen=True, array_like=True):
    """A section of the firmware at its chip address, `[low, high)`."""

    name: str
    """`data`, `bss`, `noinit`, `rodata`, `text`, `iram`, `ext_bss` or `ext_noinit`."""
    low: int
    high: int
    is_initialised: bool
    """False for noinit: its bytes are whatever the RAM held."""


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A firmware, ready to run."""

    path: Path
    """The executable; it stays in the build cache."""
    word_bytes: int
    """4, or 8 where the compiler can't build 32-bit programs: then struct layouts differ from the chip's."""
    app_main: int
    """Address of `app_main`, 0 without one."""
    main: int
    """Address of the firmware's own `main`, 0 without one."""
    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]
    """Sorted by address."""

    def section(self, name: str) -> Section | None:
        """The section called `name`, None when the firmware has no such bytes."""
        return next((section for section in self.sections if section.name == name), None)

    def symbol(self, name: str) -> Symbol | None:
        """The first symbol called `name`."""
        return next((symbol for symbol in self.symbols if symbol.name == name), None)

    def symbol_at(self, address: int) -> Symbol | None:
        """The symbol whose bytes hold `address`."""
        low, high = 0, len(self.symbols)
        while low < high:
            middle = (low + high) // 2
            if self.symbols[middle].address <= address:
                low = middle + 1
            else:
                high = middle
        # Symbols can share an address, and an empty one may stand before the one that counts.
        for symbol in self.symbols[max(0, low - 4) : low][::-1]:
            if symbol.address <= address < symbol.end:
                return symbol
        return None

    def is_code(self, address: int) -> bool:
        """Whether the firmware has code there."""
        return any(s.low <= address < s.high for s in self.sections if s.name in ("text", "iram"))


_SECTION_PREFIX = ".fw."


def read_image(path: Path) -> Image:
    """Read the facts from the executable. Costs tens of milliseconds: the build keeps the answer next to the file.

    Raises:
        elftools.common.exceptions.ELFError: not an ELF file.
    """
    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import SymbolTableSection

    with path.open("rb") as file:
        elf = ELFFile(file)
        sections: list[Section] = []
        indices: set[int] = set()
        for index, section in enumerate(elf.iter_sections()):
            if section.name.startswith(_SECTION_PREFIX) and section["sh_size"]:
                name = section.name[len(_SECTION_PREFIX) :]
                low = section["sh_addr"]
                sections.append(Section(name, low, low + section["sh_size"], not name.endswith("noinit")))
                indices.add(index)
        symbols: list[Symbol] = []
        named = {"app_main": 0, "main": 0}
        table = elf.get_section_by_name(".symtab")
        assert isinstance(table, SymbolTableSection), "linked without -s, so there is a symbol table"
        for entry in table.iter_symbols():
            kind = entry["st_info"]["type"]
            if entry["st_shndx"] not in indices or kind not in ("STT_FUNC", "STT_OBJECT"):
                continue
            symbols.append(Symbol(entry.name, entry["st_value"], entry["st_size"], kind == "STT_FUNC", entry.name))
            if entry.name in named and kind == "STT_FUNC":
                named[entry.name] = entry["st_value"]
        functions = function_names(symbol.name for symbol in symbols if symbol.is_function)
        variables = variable_names(symbol.name for symbol in symbols if not symbol.is_function)
        return Image(
            path=path,
            word_bytes=elf.elfclass // 8,
            app_main=named["app_main"],
            main=named["main"],
            sections=tuple(sorted(sections, key=lambda section: section.low)),
            symbols=tuple(
                msgspec.structs.replace(symbol, shown=(functions if symbol.is_function else variables)[symbol.name])
                for symbol in sorted(symbols, key=lambda symbol: (symbol.address, symbol.size))
            ),
        )
