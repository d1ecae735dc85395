"""Memory capabilities and the numbers they have on Espressif chips.

Source: ESP-IDF components/heap/include/esp_heap_caps.h @102122904ad.
"""

from __future__ import annotations

from enum import IntFlag


class Cap(IntFlag):
    """What an allocation demands of its memory."""

    EXEC = 1 << 0
    BIT32 = 1 << 1
    BIT8 = 1 << 2
    DMA = 1 << 3
    SPIRAM = 1 << 10
    INTERNAL = 1 << 11
    DEFAULT = 1 << 12
    IRAM_8BIT = 1 << 13
    RETENTION = 1 << 14
    RTCRAM = 1 << 15
    SPM = 1 << 16
    DMA_DESC_AHB = 1 << 17
    DMA_DESC_AXI = 1 << 18
    CACHE_ALIGNED = 1 << 19
    SIMD = 1 << 20
    SPIRAM_NO_ENC = 1 << 21
    INVALID = 1 << 31


_BY_NAME = {cap.name: cap for cap in Cap} | {"32BIT": Cap.BIT32, "8BIT": Cap.BIT8, "TCM": Cap.SPM}


def parse(names: tuple[str, ...]) -> int:
    """The bits of capability names as chip files write them, without `MALLOC_CAP_`.

    Raises:
        ValueError: an unknown name.
    """
    bits = 0
    for name in names:
        if name not in _BY_NAME:
            raise ValueError(f"unknown capability '{name}'; known: {', '.join(sorted(filter(None, _BY_NAME)))}")
        bits |= int(_BY_NAME[name])
    return bits
