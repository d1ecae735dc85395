"""Turns code addresses of a firmware into file, line and function, from its debug information.

Read lazily, and only the compilation units that are asked about: reports are written once, runs are many. Functions come from the
symbol table, which costs nothing.
"""

from __future__ import annotations

import bisect
import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dmalab.guest.image import Image

if TYPE_CHECKING:
    from elftools.dwarf.compileunit import CompileUnit
    from elftools.dwarf.dwarfinfo import DWARFInfo


@dataclass(frozen=True, slots=True)
class CodePlace:
    """Where a piece of code comes from."""

    file: str
    """As the compiler recorded it, made absolute with its working folder; empty when unknown."""
    line: int
    """1-based; 0 when unknown."""
    function: str
    """Readable name, empty when unknown."""


UNKNOWN = CodePlace("", 0, "")


@dataclass(slots=True)
class _Unit:
    """The line table of one compilation unit: row `i` holds for `[addresses[i], addresses[i + 1])`."""

    addresses: list[int]
    rows: list[tuple[str, int] | None]


class Places:
    """The source places of one image."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._dwarf: DWARFInfo | None = None
        self._ranges: list[tuple[int, int, int]] = []
        """(low, high, offset of the unit in .debug_info), sorted."""
        self._units: dict[int, _Unit] = {}
        self._known: dict[int, CodePlace] = {}

    def of_return(self, address: int) -> CodePlace:
        """The call that returns to `address`: callbacks and frames record where a call comes back, which may be the next line."""
        return self.of(address - 1)

    def of(self, address: int) -> CodePlace:
        """The source place of the instruction at `address`; `UNKNOWN` outside the firmware's code."""
        place = self._known.get(address)
        if place is None:
            place = self._known[address] = self._look_up(address)
        return place

    def _look_up(self, address: int) -> CodePlace:
        if not self._image.is_code(address):
            return UNKNOWN
        symbol = self._image.symbol_at(address)
        name = symbol.shown if symbol is not None else ""
        unit = self._unit_at(address)
        if unit is None:
            return CodePlace("", 0, name)
        row = unit.rows[bisect.bisect_right(unit.addresses, address) - 1] if unit.addresses else None
        file, line = row if row is not None else ("", 0)
        return CodePlace(file, line, name)

    def _unit_at(self, address: int) -> _Unit | None:
        if self._dwarf is None:
            self._open()
        index = bisect.bisect_right(self._ranges, (address, 1 << 64, 0)) - 1
        if index < 0 or not self._ranges[index][0] <= address < self._ranges[index][1]:
            return None
        offset = self._ranges[index][2]
        if offset not in self._units:
            assert self._dwarf is not None, "opened above"
            self._units[offset] = _read_unit(self._dwarf, self._dwarf.get_CU_at(offset))
        return self._units[offset]

    def _open(self) -> None:
        from elftools.elf.elffile import ELFFile

        # In memory: the file may go from the cache while we hold on to it.
        elf = ELFFile(io.BytesIO(self._image.path.read_bytes()))
        self._dwarf = elf.get_dwarf_info(relocate_dwarf_sections=False)
        table = self._dwarf.get_aranges()
        if table is not None:
            self._ranges = sorted(
                (entry.begin_addr, entry.begin_addr + entry.length, entry.info_offset)
                for entry in table.entries
                if entry.length
            )


def _read_unit(dwarf: DWARFInfo, cu: CompileUnit) -> _Unit:
    top = cu.get_top_DIE()
    folder = _text(top.attributes.get("DW_AT_comp_dir"))
    program = dwarf.line_program_for_CU(cu)
    rows: list[tuple[int, tuple[str, int] | None]] = []
    if program is not None:
        header = program.header
        version = header["version"]
        folders = [entry.decode(errors="replace") for entry in header["include_directory"]]
        files = [_path(entry, folder, folders, version) for entry in header["file_entry"]]
        first = 0 if version >= 5 else 1
        for entry in program.get_entries():
            state = entry.state
            if state is None:
                continue
            if state.end_sequence:
                rows.append((state.address, None))
            elif state.line:
                index = state.file - first
                rows.append((state.address, (files[index] if 0 <= index < len(files) else "", state.line)))
    # Within one address the last row counts, but the end of one sequence must not hide the start of the next.
    rows.sort(key=lambda row: (row[0], row[1] is not None))
    return _Unit([address for address, _ in rows], [row for _, row in rows])


def _path(entry: Any, folder: str, folders: list[str], version: int) -> str:
    name = entry.name.decode(errors="replace")
    index = entry.dir_index
    if version >= 5:
        base = folders[index] if index < len(folders) else folder
    else:
        base = folders[index - 1] if 0 < index <= len(folders) else folder
    return os.path.normpath(os.path.join(folder, base, name))


def _text(attribute: Any) -> str:
    if attribute is None:
        return ""
    value = attribute.value
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
