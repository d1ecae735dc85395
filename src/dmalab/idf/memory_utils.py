"""Pointer predicates: what an address is good for.

Source: ESP-IDF components/esp_hw_support/include/esp_memory_utils.h @102122904ad; soc.h of each chip.
"""

from __future__ import annotations

from dmalab.chips.model import Kind
from dmalab.core.machine import BareMachine
from dmalab.idf.release import of as release_of


def esp_ptr_internal(machine: BareMachine, address: int) -> bool:
    """Whether the address is in internal memory, RTC slow memory included where the chip has it."""
    for window in machine.chip.internal:  # noqa: SIM110  -- drivers ask for every buffer, and a generator takes three times as long
        if window.low <= address < window.high:
            return True
    return False


def esp_ptr_external_ram(machine: BareMachine, address: int) -> bool:
    """Whether the address is in mapped PSRAM; flash in the same window does not count.

    v4.4 only looks at the window, so flash constants on ESP32-S3 pass for external RAM there.
    """
    fitted = machine.memory.psram
    for region in fitted:
        if region.base <= address < region.end:
            return True
    window = machine.chip.external_window
    return bool(fitted) and window.low <= address < window.high and not release_of(machine).since("5.0")


def esp_ptr_dma_capable(machine: BareMachine, address: int) -> bool:
    """Whether engines reach this internal address. PSRAM never counts here."""
    return address in machine.chip.dma


def esp_ptr_dma_ext_capable(machine: BareMachine, address: int) -> bool:
    """Whether engines reach this PSRAM address."""
    reaches = any(Kind.PSRAM in engine.reaches for engine in machine.chip.engines)
    return reaches and address in machine.chip.external_window


def esp_ptr_byte_accessible(machine: BareMachine, address: int) -> bool:
    """Whether single bytes can be accessed."""
    region = machine.memory.find(address)
    return region is not None and not region.facts.word_access and region.kind is not Kind.FLASH


def in_region(machine: BareMachine, address: int, prefix: str) -> bool:
    """Whether the address lies in a region whose name begins with `prefix`, code regions included."""
    return any(
        region.name.startswith(prefix) and region.base <= address < region.base + region.size
        for region in machine.chip.regions
    )
