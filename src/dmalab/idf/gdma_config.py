"""Bursts and the alignment that follows from them: `gdma_config_transfer`, and `gdma_set_transfer_ability` before it.

Source: ESP-IDF components/driver/gdma.c (v4.4), components/esp_hw_support/gdma.c (v5.0), components/esp_hw_support/dma/gdma.c (v5.1 to v5.5),
components/esp_driver_dma/src/gdma.c (v6.0, master), hal/gdma_ll.h of each chip.
"""

from __future__ import annotations

from dataclasses import dataclass

from dmalab.chips.model import Chip, Kind
from dmalab.chips.model import Engine as EngineFacts
from dmalab.core.channel import Channel, Direction
from dmalab.core.engine import Engine
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.release import Release

NO_EXTERNAL = 1 << 31
"""Alignment that no external buffer can have: external access was not asked for."""
SECURED_ALIGN = 16
"""What encryption and error correction of external memory demand."""
RX_WORD = 4
MAX_PRIORITY = 5
MAX_WEIGHT = 15
ABILITY_PSRAM = (0, 16, 32, 64)
"""PSRAM alignments `gdma_set_transfer_ability` knows."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """What buffers of a channel must be aligned to, address and size, in bytes; 0 before the first configuration."""

    internal: int = 0
    external: int = 0


def reaches_psram(facts: EngineFacts, release: Release) -> bool:
    """Whether this release's driver lets the engine touch PSRAM."""
    if Kind.PSRAM not in facts.reaches:
        return False
    return not facts.psram_since or release.since(facts.psram_since.lstrip("v"))


def configure(
    engine: Engine, chip: Chip, channel: Channel, release: Release, *, burst: int, access_ext_mem: bool
) -> Constraints:
    """`gdma_config_transfer`: set the data burst, and say what buffers must be aligned to.

    Args:
        engine: Whose channel it is.
        chip: As built.
        channel: Which.
        release: Whose rules.
        burst: Bytes, a power of two; 0 for none.
        access_ext_mem: Whether external buffers will be used.
    Raises:
        IdfError: INVALID_ARG for a burst that is no power of two, or (from v5.5.1) above the chip's limit for PSRAM. A burst that the engine
            lacks is refused in the same way; ESP-IDF has an assertion there.
    """
    facts = engine.facts
    if burst & (burst - 1):
        raise IdfError(EspErr.INVALID_ARG, f"burst {burst} is not a power of two")
    limit = facts.psram_max_burst
    if release.since("5.5.1") and access_ext_mem and reaches_psram(facts, release) and burst > limit:
        raise IdfError(EspErr.INVALID_ARG, f"burst {burst} is above the limit of {limit} for PSRAM")
    secured = chip.flash_encryption or (chip.psram_ecc and release.since("master"))
    old_engine = facts.rx_burst_needs_alignment or (facts.name == "ahb_gdma" and facts.version == 1)
    raise_burst = secured and access_ext_mem and release.since("6.0") and not old_engine
    if raise_burst:
        burst = max(burst, SECURED_ALIGN)
    if burst and facts.burst_sizes and burst not in facts.burst_sizes:
        sizes = ", ".join(map(str, facts.burst_sizes))
        raise IdfError(EspErr.INVALID_ARG, f"{facts.title} has no burst of {burst} bytes; it has {sizes}")
    channel.burst = burst
    return _constraints(
        channel,
        release,
        burst=burst,
        weighted=engine.weighted,
        old_engine=old_engine,
        secured=secured,
        external=access_ext_mem,
    )


def _constraints(
    channel: Channel, release: Release, *, burst: int, weighted: bool, old_engine: bool, secured: bool, external: bool
) -> Constraints:
    inside = outside = 1
    if old_engine and channel.direction is Direction.RX and burst:
        inside, outside = RX_WORD, burst
    if weighted:
        inside, outside = max(inside, burst), max(outside, burst)
    if secured and release.since("6.0"):
        if not old_engine:
            outside = max(outside, SECURED_ALIGN)
    elif secured:
        outside = max(outside, SECURED_ALIGN)
        if not release.since("5.4.2"):
            inside = max(inside, SECURED_ALIGN)
    return Constraints(inside, outside if external else NO_EXTERNAL)


def set_ability(channel: Channel, chip: Chip, release: Release, *, sram_align: int, psram_align: int) -> Constraints:
    """`gdma_set_transfer_ability`, the way up to v5.2.

    Raises:
        IdfError: INVALID_ARG for an internal alignment that is no power of two, or an external one other than 0, 16, 32 and 64 (from v5.1 on
            also one that is no multiple of the cache line).
    """
    if sram_align & (sram_align - 1):
        raise IdfError(EspErr.INVALID_ARG, f"internal alignment {sram_align} is not a power of two")
    line = next((region.line_bytes for region in chip.regions if region.kind is Kind.PSRAM), 0)
    if not psram_align:
        psram_align = (line if release.since("5.1") else 0) or ABILITY_PSRAM[1]
    if psram_align not in ABILITY_PSRAM:
        known = ", ".join(map(str, ABILITY_PSRAM[1:]))
        raise IdfError(EspErr.INVALID_ARG, f"external alignment {psram_align}; there are {known}")
    if release.since("5.1") and line and psram_align % line:
        raise IdfError(
            EspErr.INVALID_ARG, f"external alignment {psram_align} is no multiple of the {line}-byte cache line"
        )
    bursts = channel.direction is Direction.TX or sram_align >= RX_WORD
    channel.burst = psram_align if bursts else 0
    return Constraints(sram_align, psram_align)
