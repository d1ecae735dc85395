"""What a chip is: frozen facts, no behaviour.

One TOML file per chip fills these classes (`chips.load`). Every table of such a file names its source. Addresses and sizes are
bytes, ranges are half open `[low, high)`, times carry their unit in the name. A value the public sources do not settle is chosen
the safe way and listed in the file's `assumed` array, so that nobody takes it for a fact.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal

import msgspec


class Kind(Enum):
    """What sort of memory a region is; decides which engine rules apply to it."""

    SRAM = "sram"
    """Internal RAM on the main bus."""
    PSRAM = "psram"
    """External RAM behind a cache."""
    FLASH = "flash"
    """Memory-mapped flash; read-only for the core."""
    RTC = "rtc"
    """Low-power RAM."""
    SPM = "spm"
    """Scratchpad or tightly coupled RAM of the core."""
    CODE = "code"
    """Instruction memory without a data plane of its own: only addresses, for predicates and for placing code."""


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A half-open address range."""

    low: int
    high: int

    def __contains__(self, address: object) -> bool:
        return isinstance(address, int) and self.low <= address < self.high


class Region(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stretch of the address space."""

    name: str
    """Short name for reports, such as `sram` or `psram`."""
    kind: Kind
    base: int
    size: int
    """Bytes. For PSRAM the default of what is fitted; `--psram` replaces it up to `max_size`."""
    max_size: int = 0
    """Largest size that can be mapped here; 0 for regions of fixed size."""
    line_bytes: int = 0
    """Cache line that serves these addresses; 0 where no data cache stands between the core and this memory."""
    line_choices: tuple[int, ...] = ()
    """Line sizes the build options offer."""
    cache: str = ""
    """Name of the cache whose geometry decides about evictions; empty when uncached."""
    alias_base: int = 0
    """Where the same memory is visible uncached; 0 for nowhere."""
    read_only: bool = False
    source: str


class Cache(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Geometry of one data cache."""

    name: str
    size: int
    ways: int
    line_bytes: int
    writeback: bool
    source: str


class Heap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One range the capability heap hands out."""

    region: str
    low: int
    high: int
    caps: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    """Capability names without `MALLOC_CAP_`, by priority: first the heaps that list a capability early are tried."""
    source: str


class SyncWindow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A range in which `esp_cache_msync` works, with the line size it demands."""

    low: int
    high: int
    level: int
    line_bytes: int
    source: str


class Engine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One DMA engine (a group of channel pairs on one bus)."""

    name: Literal["ahb_gdma", "axi_gdma", "lp_ahb_gdma", "cp_dma", "generic"]
    title: str
    """How reports call it, such as `AXI GDMA`."""
    version: int
    group_id: int
    pairs: int
    m2m_pair_mask: int
    m2m_free_ids: tuple[int, ...]
    descriptor_align: int
    descriptor_size: int
    link_address_bits: int
    burst_sizes: tuple[int, ...]
    """Data bursts the engine accepts, bytes; empty where a burst is only on or off."""
    psram_max_burst: int
    rx_burst_needs_alignment: bool
    reaches: tuple[Kind, ...]
    """Memory the hardware reads and writes; flash is read only."""
    psram_since: str = ""
    """First ESP-IDF release whose driver lets this engine touch PSRAM; empty for always or never (see `reaches`)."""
    source: str


class Timing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long things take. Costs of the core are cycles of the CPU clock, costs of engines and memories nanoseconds."""

    access_cycles: int
    """One load or store of compiled code with the instructions around it, hitting the cache."""
    call_cycles: int
    """Entering and leaving a function."""
    api_call_cycles: int
    """A short call into the vendor's API."""
    copy_base_cycles: int
    copy_cycles_per_16_bytes: int
    """CPU copy in internal RAM: base + n / 16 of this."""
    line_fill_ns: dict[str, int]
    """Cache line fill, by region name."""
    line_writeback_ns: dict[str, int]
    """Write-back of one dirty line, by region name."""
    sync_base_ns: int
    """Fixed cost of one cache maintenance call."""
    submit_ns: int
    """Driver time for one copy request."""
    start_ns: int
    """From the start bit to the first byte: descriptor fetch and channel prefetch."""
    descriptor_ns: int
    """Each further descriptor, as far as it is not hidden."""
    read_fix_ns: dict[str, int]
    """Engine read, fixed part per block, by region kind (`sram`, `psram`, `flash`)."""
    read_ps_per_byte: dict[str, int]
    write_fix_ns: dict[str, int]
    write_ps_per_byte: dict[str, int]
    isr_enter_ns: int
    isr_exit_ns: int
    switch_ns: int
    """A task switch."""
    source: str


class Firmware(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the linker places the sections of a firmware image."""

    data: int
    """Base of `.data` and `.bss`; must lie in an internal region."""
    data_size: int
    """Room for them; the heap starts behind."""
    rodata: int
    text: int
    iram: int
    psram_bss: int
    """Base of statics placed in PSRAM; 0 without PSRAM."""
    psram_bss_size: int
    iram_size: int = 0
    """Room for code behind `iram`; 0 when the chip file does not say."""
    source: str


class Chip(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One part: everything the machine is built from."""

    name: str
    title: str
    arch: str
    cores: int
    cpu_mhz: int
    cpu_mhz_choices: tuple[int, ...]
    idf_target: bool
    """Whether ESP-IDF supports it (else it is a generic machine)."""
    simd_alignment: int
    encryption_alignment: int
    internal: tuple[Range, ...]
    """Addresses `esp_ptr_internal` accepts."""
    dma: Range
    """Internal addresses `esp_ptr_dma_capable` accepts."""
    external_window: Range
    """Where PSRAM can appear; `low == high` where it can't."""
    regions: tuple[Region, ...]
    caches: tuple[Cache, ...]
    heaps: tuple[Heap, ...]
    sync_windows: tuple[SyncWindow, ...]
    engines: tuple[Engine, ...]
    triggers: dict[str, tuple[str, int]]
    """Peripheral name to (bus, request id)."""
    timing: Timing
    firmware: Firmware
    assumed: tuple[str, ...]
    """What this file says without a public source, one sentence each."""
    source: str
    """Default source of the facts in this file."""

    def engine(self, name: str) -> Engine | None:
        """The engine called `name`, or None when the chip has none."""
        return next((engine for engine in self.engines if engine.name == name), None)

    def region(self, name: str) -> Region:
        """The region called `name`.

        Raises:
            KeyError: there is none.
        """
        for region in self.regions:
            if region.name == name:
                return region
        raise KeyError(name)
