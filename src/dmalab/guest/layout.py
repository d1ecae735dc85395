"""The arena: one memfd that holds the control block and the planes of every region, mapped by the machine and by the guest.

Mirrors runtime/dl_shared.h, field by field; docs/guest.md says what the fields mean. Nothing here knows what the planes are for.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MAGIC = 0x424C4D44
VERSION = 3
REGIONS = 32
ARGS = 10
FRAMES = 16
TOUCHED = 4096
TEXT = 8192
PAGE = 4096
GRANULE = 16

TURN_MACHINE = 0
TURN_GUEST = 1

CACHED = 1
READ_ONLY = 2

u8, u32, u64, i64 = ctypes.c_uint8, ctypes.c_uint32, ctypes.c_uint64, ctypes.c_int64


class Region(ctypes.LittleEndianStructure):
    """`struct dl_region`."""

    _fields_ = (
        ("base", u32),
        ("size", u32),
        ("line_shift", u32),
        ("flags", u32),
        ("fill_cycles", u32),
        ("allocate_cycles", u32),
        ("stream_cycles", u32),
        ("alias_base", u32),
        ("cpu", u64),
        ("mem", u64),
        ("shadow", u64),
        ("lines", u64),
        ("places", u64),
        ("filled", u64),
        ("dirtied", u64),
    )


class Request(ctypes.LittleEndianStructure):
    """`struct dl_request`."""

    _fields_ = (
        ("call", u32),
        ("nargs", u32),
        ("fiber", u32),
        ("frame_count", u32),
        ("args", u64 * ARGS),
        ("frames", u64 * FRAMES),
    )


class Reply(ctypes.LittleEndianStructure):
    """`struct dl_reply`."""

    _fields_ = (("action", u32), ("fiber", u32), ("value", u64), ("args", u64 * 4))


class Control(ctypes.LittleEndianStructure):
    """`struct dl_control`."""

    _fields_ = (
        ("magic", u32),
        ("version", u32),
        ("region_count", u32),
        ("control_bytes", u32),
        ("line_table", u64),
        ("unused0", u32 * 10),
        ("turn", u32),
        ("guest_waits", u32),
        ("machine_waits", u32),
        ("request_count", u32),
        ("unused1", u32 * 12),
        ("request", Request),
        ("reply", Reply),
        ("budget", i64),
        ("budget_given", i64),
        ("time_ps", u64),
        ("ps_per_cycle", u64),
        ("task", u32),
        ("stack_claims", u32),
        ("stack_low", u32),
        ("access_cycles", u32),
        ("call_cycles", u32),
        ("copy_cycles_per_16_bytes", u32),
        ("touched_enabled", u32),
        ("touched_count", u32),
        ("regions", Region * REGIONS),
        ("touched", u32 * TOUCHED),
        ("text", u8 * TEXT),
    )


PROVENANCE = np.dtype([("place", "<u4"), ("task", "<u4"), ("time_ps", "<u8")])
"""`struct dl_provenance`, as NumPy sees the `filled` and `dirtied` planes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSpec:
    """What one region needs of the arena."""

    base: int
    size: int
    """Bytes; like `base` a multiple of 4 KiB."""
    line_bytes: int = 32
    """A power of two from 16 to 4096; give uncached regions 32."""
    cached: bool = False
    read_only: bool = False
    fill_cycles: int = 0
    """What a load costs that misses a line; a store costs `allocate_cycles`."""
    allocate_cycles: int = 0
    stream_cycles: int = 0
    """The part of either in which the core can go on with the words that are there."""
    alias_base: int = 0
    """Where the memory view is visible uncached; 0 for nowhere."""


@dataclass(frozen=True, slots=True)
class Planes:
    """The planes of one region as arrays over the arena, all indexed from the region's base."""

    spec: RegionSpec
    cpu: npt.NDArray[np.uint8]
    """CPU view; the same array as `mem` for uncached regions."""
    mem: npt.NDArray[np.uint8]
    shadow: npt.NDArray[np.uint8]
    lines: npt.NDArray[np.uint8]
    places: npt.NDArray[np.uint32]
    filled: np.ndarray[tuple[int], np.dtype[np.void]]
    dirtied: np.ndarray[tuple[int], np.dtype[np.void]]


class Arena:
    """A sealed-size memfd with the control block and the planes. Sparse: untouched planes cost nothing.

    Where all lines are of one size, the `lines` planes are slices of one *line table*: a byte for each line of the 32-bit address
    space, so that the guest finds a line's state by its address alone. Lines of no region stay 0, nothing to look at.

    Args:
        regions: At most 32. They may not overlap one another, nor may their aliases.
    Raises:
        ValueError: too many regions, or one that is misaligned, empty, above 4 GiB, or overlaps another.
    """

    def __init__(self, regions: Sequence[RegionSpec]) -> None:
        _check(regions)
        offset = _round(ctypes.sizeof(Control))
        table, table_bytes = _line_table(offset, regions)
        offset += table_bytes
        placed: list[dict[str, int]] = []
        for spec in regions:
            lines = spec.size // spec.line_bytes
            sizes = {
                "cpu": spec.size,
                "mem": spec.size if spec.cached else 0,
                "shadow": spec.size,
                "lines": lines,
                "places": spec.size // GRANULE * 4,
                "filled": lines * PROVENANCE.itemsize,
                "dirtied": lines * PROVENANCE.itemsize,
            }
            planes: dict[str, int] = {}
            if table:
                planes["lines"] = table + spec.base // spec.line_bytes
                del sizes["lines"]
            for name, size in sizes.items():
                planes[name] = offset
                offset = _round(offset + size)
            if not spec.cached:
                planes["mem"] = planes["cpu"]
            placed.append(planes)

        self.regions = tuple(regions)
        self._placed = placed
        self.size = offset
        self.fd = os.memfd_create("dmalab-arena", os.MFD_CLOEXEC)
        try:
            os.ftruncate(self.fd, offset)
            self.mmap = mmap.mmap(self.fd, offset)
        except BaseException:
            os.close(self.fd)
            raise
        self.control = Control.from_buffer(self.mmap)
        self.control.magic = MAGIC
        self.control.version = VERSION
        self.control.region_count = len(regions)
        self.control.control_bytes = ctypes.sizeof(Control)
        self.control.line_table = table
        for spec, planes, entry in zip(regions, placed, self.control.regions, strict=False):
            entry.base, entry.size = spec.base, spec.size
            entry.line_shift = spec.line_bytes.bit_length() - 1
            entry.flags = spec.cached * CACHED | spec.read_only * READ_ONLY
            entry.fill_cycles, entry.allocate_cycles = spec.fill_cycles, spec.allocate_cycles
            entry.stream_cycles, entry.alias_base = spec.stream_cycles, spec.alias_base
            for name, at in planes.items():
                setattr(entry, name, at)
        self.planes = tuple(self._planes(spec, at) for spec, at in zip(regions, placed, strict=True))

    def _planes(self, spec: RegionSpec, at: dict[str, int]) -> Planes:
        lines = spec.size // spec.line_bytes
        cpu = np.frombuffer(self.mmap, np.uint8, spec.size, at["cpu"])
        return Planes(
            spec=spec,
            cpu=cpu,
            mem=np.frombuffer(self.mmap, np.uint8, spec.size, at["mem"]) if spec.cached else cpu,
            shadow=np.frombuffer(self.mmap, np.uint8, spec.size, at["shadow"]),
            lines=np.frombuffer(self.mmap, np.uint8, lines, at["lines"]),
            places=np.frombuffer(self.mmap, np.uint32, spec.size // GRANULE, at["places"]),
            filled=np.frombuffer(self.mmap, PROVENANCE, lines, at["filled"]),
            dirtied=np.frombuffer(self.mmap, PROVENANCE, lines, at["dirtied"]),
        )

    def plane(self, region: int, name: str, size: int) -> npt.NDArray[np.uint8]:
        """The bytes of plane `name` (`cpu`, `mem`, `shadow`, `lines`, `places`, `filled` or `dirtied`) of region number `region`."""
        return np.frombuffer(self.mmap, np.uint8, size, self._placed[region][name])

    def text(self, length: int | None = None) -> bytes:
        """Bytes of the text field: `length` of them, or up to the first zero."""
        start = Control.text.offset
        if length is not None:
            return self.mmap[start : start + min(length, TEXT)]
        return self.mmap[start : start + TEXT].split(b"\0", 1)[0]

    def close(self) -> None:
        """Give up the file descriptor. The mapping lives as long as somebody holds an array of it."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __enter__(self) -> Arena:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "fd", -1) >= 0:
            self.close()


def _round(size: int) -> int:
    return (size + PAGE - 1) & ~(PAGE - 1)


def _line_table(offset: int, regions: Sequence[RegionSpec]) -> tuple[int, int]:
    """Where the line table begins, 0 without one, and its bytes."""
    sizes = {spec.line_bytes for spec in regions}
    if len(sizes) != 1:
        return 0, 0
    return offset, (1 << 32) // sizes.pop()


def _check(regions: Sequence[RegionSpec]) -> None:
    if len(regions) > REGIONS:
        raise ValueError(f"{len(regions)} regions; an arena holds {REGIONS}")
    taken: list[tuple[int, int]] = []
    for spec in regions:
        if spec.size <= 0 or spec.base % PAGE or spec.size % PAGE or spec.alias_base % PAGE:
            raise ValueError(
                f"region at {spec.base:#x}, {spec.size:#x} bytes: base and size must be multiples of {PAGE}"
            )
        if spec.line_bytes & (spec.line_bytes - 1) or not GRANULE <= spec.line_bytes <= PAGE:
            raise ValueError(
                f"region at {spec.base:#x}: line of {spec.line_bytes} bytes; must be a power of two, {GRANULE} to {PAGE}"
            )
        for base in (spec.base, spec.alias_base):
            if not base and base is not spec.base:
                continue
            if base + spec.size > 1 << 32:
                raise ValueError(f"region at {base:#x} ends above 4 GiB")
            if any(base < high and low < base + spec.size for low, high in taken):
                raise ValueError(f"region at {base:#x}, {spec.size:#x} bytes overlaps another")
            taken.append((base, base + spec.size))
