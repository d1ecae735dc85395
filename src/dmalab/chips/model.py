"""What a chip is: frozen facts, no behaviour.

One TOML file per chip fills these classes (`chips.load`). Every table of such a file names its source. Addresses and sizes are
bytes, ranges are half open `[low, high)`, times carry their unit in the name. A value the public sources do not settle is chosen
the safe way and listed in the file's `assumed` array, so that nobody takes it for a fact.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Literal

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
    word_access: bool = False
    """Whether the core reaches it by aligned 32-bit accesses only."""
    source: str


class Cache(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Geometry of one data cache."""

    name: str
    size: int
    ways: int
    line_bytes: int
    writeback: bool
    """Whether software can write lines back by address; where it can't, a write-back succeeds and does nothing."""
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

    name: Literal["ahb_gdma", "axi_gdma", "lp_ahb_gdma", "cp_dma", "spi_dma", "generic"]
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
    encrypted_psram: bool = True
    """Whether PSRAM stays within reach while flash encryption is on."""
    priority_levels: int = 0
    """Priorities a channel can have, 0 the lowest; 0 where the engine knows none."""
    weighted_arbitration: bool = False
    """Whether channels of equal priority share the bus by weight."""
    max_weight: int = 0
    """Largest weight of a channel; 0 without weighted arbitration."""
    etm_name: str = ""
    """How the chip's ETM sources call the engine, such as `GDMA` or `PDMA_AXI`: `{etm_name}_EVT_IN_SUC_EOF`; empty without ETM."""
    source: str

    @property
    def duplex(self) -> bool:
        """Whether it reads and writes at once even on one memory: AXI has a channel for each."""
        return self.bus == "axi"

    @property
    def bus(self) -> str:
        """The bus whose request ids (`Chip.triggers`) this engine listens to: `ahb`, `axi` or `lp`; empty for neither."""
        return {"ahb_gdma": "ahb", "axi_gdma": "axi", "lp_ahb_gdma": "lp"}.get(self.name, "")


class Etm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The event task matrix: channels that lead a hardware event to a hardware task."""

    channels: int
    events: dict[str, tuple[int, ...]]
    """Hardware name of an event, such as `GDMA_EVT_IN_SUC_EOF`, to its ids by channel of the engine."""
    tasks: dict[str, tuple[int, ...]]
    """Hardware name of a task, such as `GDMA_TASK_IN_START`, to its ids by channel of the engine."""
    source: str


class SpiHost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One general-purpose SPI controller."""

    name: str
    """`SPI2` or `SPI3`; SPI1 belongs to the flash and is not listed."""
    host_id: int
    """The number the driver's `spi_host_device_t` gives it."""
    data_lines: int
    """Data lines at most: 1, 4 or 8."""
    engine: str
    """Name of the chip's engine that moves its data."""
    psram: bool = True
    """Whether it may use PSRAM, as far as the engine reaches it."""


class Spi(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the SPI controllers have in common."""

    hosts: tuple[SpiHost, ...]
    dma_channels: int = 0
    """DMA channels of their own the hosts have; 0 where a GDMA serves them."""
    dma_max_bits: int
    """Bits of one transfer through DMA, at most."""
    cpu_max_bits: int
    """Bits of one transfer without DMA, at most: the FIFO."""
    rx_alignment: int
    """Alignment in bytes that received data need in internal RAM when the controller's own DMA moves it; 1 for none."""
    source_hz: int
    """Frequency of the default clock source."""
    max_hz: int
    """Fastest bus clock from the default source."""
    source: str


class InstructionAlias(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Internal RAM that the instruction bus sees elsewhere; where both buses use one address there is nothing to list."""

    low: int
    """First data address."""
    high: int
    instructions: int
    """First address on the instruction bus."""
    reversed: bool = False
    """Whether the words run backwards: the lowest data word is the highest instruction word."""
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
    """A cache line that a load misses, by region name."""
    line_allocate_ns: dict[str, int] = {}
    """A cache line that a store misses, where that differs from a load."""
    line_stream_ns: dict[str, int] = {}
    """The part of either in which the core goes on with the words that have come; nothing where no figure tells."""
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


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Memory that certain linker sections of the firmware go to, besides the usual ones."""

    name: str
    base: int
    size: int
    sections: tuple[str, ...]
    """Input section patterns, as linker scripts write them."""
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
    places: tuple[Place, ...] = ()
    """Further memory that sections of the firmware can name."""
    source: str


class Revision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A range of chip revisions on which some facts differ from the rest of the file."""

    low: str
    """First revision, such as `0.0`."""
    high: str
    """First revision beyond."""
    changes: dict[str, Any]
    """Keys of the chip file with their other values. Tables change key by key, arrays of named tables by name, all else as a whole."""
    source: str

    def __contains__(self, revision: object) -> bool:
        return isinstance(revision, str) and revision_key(self.low) <= revision_key(revision) < revision_key(self.high)


def revision_key(revision: str) -> tuple[int, int]:
    """`3.1` as numbers, for comparing.

    Raises:
        ValueError: it is not of the form `MAJOR.MINOR`.
    """
    major, minor = revision.removeprefix("v").split(".")
    return int(major), int(minor)


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
    encrypted_cpu_mhz: int = 0
    """Fastest CPU clock with flash encryption; 0 when encryption does not limit it."""
    psram_ecc_usable: tuple[int, int] | None = None
    """Numerator and denominator of the part of PSRAM left with error correction; None where the driver has none."""
    revision: str = ""
    """The chip revision these facts hold for, such as `3.0`; empty where no fact depends on it."""
    revisions: tuple[Revision, ...] = ()
    """Further ranges of revisions, and what is different there."""
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
    etm: Etm | None = None
    """None without an event task matrix."""
    spi: Spi | None = None
    """None on generic machines."""
    instruction_aliases: tuple[InstructionAlias, ...] = ()
    flash_encryption: bool = False
    """Whether the image is built with flash encryption; set by `with_options`."""
    psram_ecc: bool = False
    """Whether the image is built with error correction of PSRAM; set by `with_options`."""
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
