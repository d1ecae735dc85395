"""What a release's heap makes of capabilities: the alignment hook came with v5.3, and grew.

Source: ESP-IDF components/esp_mm/heap_align_hw.c (v5.3 to v6.0), components/esp_hw_support/heap_align_hw.c (master);
heap_caps.c before.
"""

from __future__ import annotations

from dmalab.chips.model import Kind
from dmalab.core.caps import Cap
from dmalab.core.machine import BareMachine
from dmalab.idf.release import Release

SECURED_ALIGN = 16


def apply(machine: BareMachine, release: Release) -> None:
    """Set up the heap of a machine for a release."""
    heap, chip = machine.heap.blocks_heap, machine.chip
    hooked = Cap(0)
    if release.since("5.3"):
        hooked = Cap.DMA | Cap.DMA_DESC_AHB | Cap.DMA_DESC_AXI | Cap.CACHE_ALIGNED
    if release.since("5.4"):
        hooked |= Cap.SIMD
    heap.hooked = int(hooked)
    far = any({Kind.PSRAM, Kind.FLASH} & set(engine.reaches) for engine in chip.engines if engine.name != "cp_dma")
    if release.since("6.0") and chip.flash_encryption and far:
        heap.secured_align = SECURED_ALIGN
