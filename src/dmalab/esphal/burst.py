"""Bursts, and the alignment they demand of buffers.

| memory | direction | burst | address | size |
|---|---|---|---|---|
| internal | out | any | 4 on ESP32, else 1 | 1 |
| internal | in | off | 4 on ESP32, else 1 | 4 on ESP32, else 1 |
| internal | in | on | 4 | 4 |
| internal behind a cache | in | any | the line | the line |
| PSRAM | out | block B | 1 | 1 |
| PSRAM | in | block B | B | B |

Source: esp-rs/esp-hal esp-hal/src/dma/buffers (BurstConfig, min_dram_alignment, min_psram_alignment) from v0.23.1 on; 0.21 had weaker
checks and refused reception with bursts altogether.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from dmalab.chips.model import Kind
from dmalab.core.descriptor import MAX_BYTES
from dmalab.core.machine import BareMachine
from dmalab.core.memory import BadAddress
from dmalab.core.region import Region
from dmalab.core.spans import Span
from dmalab.esphal.errors import DmaBufError, DmaBufErrorKind


class ExternalBurst(Enum):
    """Block size for PSRAM; every access to PSRAM is a burst."""

    SIZE_16 = 16
    SIZE_32 = 32
    SIZE_64 = 64


@dataclass(frozen=True, slots=True)
class BurstConfig:
    """How an engine accesses memory for one buffer."""

    internal: bool = False
    """Bursts in internal RAM."""
    external: ExternalBurst = ExternalBurst.SIZE_16

    def alignment(self, machine: BareMachine, region: Region, *, is_rx: bool) -> tuple[int, int]:
        """What address and size must be multiples of, in `region`."""
        if region.kind is Kind.PSRAM:
            block = self.external.value
            return (block, block) if is_rx else (1, 1)
        words_only = machine.chip.name == "esp32"
        if not is_rx:
            return (4, 1) if words_only else (1, 1)
        if region.cached:
            return region.line_bytes, region.line_bytes
        return (4, 4) if words_only or self.internal else (1, 1)

    def max_chunk(self, machine: BareMachine, region: Region, *, is_rx: bool) -> int:
        """Most bytes one descriptor carries: a multiple of the alignment, below 4096."""
        align = max(self.alignment(machine, region, is_rx=is_rx))
        if region.kind is Kind.PSRAM:
            align = self.external.value
        return 4096 - align if align > 1 else MAX_BYTES

    def check(self, machine: BareMachine, span: Span, *, is_rx: bool) -> Region:
        """The region a buffer lies in, if an engine may use it.

        Raises:
            DmaBufError: UnsupportedMemoryRegion, InvalidAlignment.
        """
        region = usable_region(machine, span)
        address_align, size_align = self.alignment(machine, region, is_rx=is_rx)
        if span.size and span.low % address_align:
            raise DmaBufError(
                DmaBufErrorKind.INVALID_ALIGNMENT_ADDRESS,
                f"{span.low:#010x} is no multiple of {address_align}, which {'reception into' if is_rx else 'sending from'} "
                f"{region.name} needs",
            )
        if span.size % size_align:
            raise DmaBufError(
                DmaBufErrorKind.INVALID_ALIGNMENT_SIZE,
                f"{span.size} bytes are no multiple of {size_align}, which reception into {region.name} needs",
            )
        return region


def usable_region(machine: BareMachine, span: Span) -> Region:
    """Internal RAM, or PSRAM where some engine of the chip reaches it.

    Raises:
        DmaBufError: UnsupportedMemoryRegion.
    """
    try:
        region, _, _ = machine.memory.locate(span.low, span.size)
    except BadAddress as error:
        raise DmaBufError(DmaBufErrorKind.UNSUPPORTED_MEMORY_REGION, str(error)) from None
    if region.kind is Kind.SRAM and span.low in machine.chip.dma:
        return region
    if region.kind is Kind.PSRAM and any(Kind.PSRAM in engine.reaches for engine in machine.chip.engines):
        return region
    raise DmaBufError(
        DmaBufErrorKind.UNSUPPORTED_MEMORY_REGION,
        f"{span} is {region.name}, which no DMA engine of {machine.chip.name} uses",
    )


def require_internal(machine: BareMachine, span: Span) -> None:
    """Descriptors, and buffers of the streaming kinds, must lie in internal RAM.

    Raises:
        DmaBufError: UnsupportedMemoryRegion.
    """
    if usable_region(machine, span).kind is not Kind.SRAM:
        raise DmaBufError(DmaBufErrorKind.UNSUPPORTED_MEMORY_REGION, f"{span} is not internal RAM")
