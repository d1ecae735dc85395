"""Fixes in ESP-IDF's words, as they are right in the release in use."""

from __future__ import annotations

from typing import Literal

from dmalab.chips.model import Kind
from dmalab.idf.release import DEFAULT, Release, parse

_FROM_ISR = {
    "xSemaphoreTake": "take the semaphore in a task; an interrupt gives it with xSemaphoreGiveFromISR()",
    "xSemaphoreGive": "xSemaphoreGiveFromISR()",
    "xQueueSend": "xQueueSendFromISR()",
    "xQueueReceive": "xQueueReceiveFromISR()",
    "xTaskNotify": "xTaskNotifyFromISR()",
    "malloc": "allocate in a task beforehand",
    "free": "leave it to a task that the interrupt wakes",
    "printf": "esp_rom_printf() or ESP_DRAM_LOGI(), which take no lock",
    "esp_log_write": "ESP_DRAM_LOGI() or ESP_EARLY_LOGI(), which take no lock",
    "vTaskDelay": "leave the delay to a task that the interrupt wakes",
}


Op = Literal["writeback", "invalidate", "writeback+invalidate"]
_FLAGS: dict[Op, tuple[str, ...]] = {
    "writeback": ("DIR_C2M", "UNALIGNED"),
    "invalidate": ("DIR_M2C",),
    "writeback+invalidate": ("DIR_C2M", "INVALIDATE", "UNALIGNED"),
}
"""Only the direction to memory takes ranges that are not whole lines."""
_FLAGS_V5_1: dict[Op, tuple[str, ...]] = {
    "writeback": ("UNALIGNED",),
    "invalidate": ("INVALIDATE", "UNALIGNED"),
    "writeback+invalidate": ("INVALIDATE", "UNALIGNED"),
}
"""The first release with the call knows one direction and has no name for it: a drop writes back first."""
_ROM: dict[Op, tuple[str, ...]] = {
    "writeback": ("Cache_WriteBack_Addr",),
    "invalidate": ("Cache_Invalidate_Addr",),
    "writeback+invalidate": ("Cache_WriteBack_Addr", "Cache_Invalidate_Addr"),
}
"""Before v5.1 there were the routines of the ROM only, in rom/cache.h."""


def sync_flags(release: Release, op: Op) -> str:
    """Flags that make `esp_cache_msync` do this; empty before v5.1, which has no such call.

    Source: ESP-IDF components/esp_mm/include/esp_cache.h (v5.1, v5.2).
    """
    if not release.since("5.1"):
        return ""
    names = (_FLAGS if release.since("5.2") else _FLAGS_V5_1)[op]
    return " | ".join(f"ESP_CACHE_MSYNC_FLAG_{name}" for name in names)


class IdfWords:
    """See `rules.words.Words`."""

    def __init__(self, release: Release | None = None) -> None:
        self._release = release if release is not None else parse(DEFAULT)

    def writeback(self, name: str, size: int) -> str:
        """Cache to memory; unaligned ranges are fine in this direction."""
        return self._sync("writeback", name, size)

    def invalidate(self, name: str, size: int) -> str:
        """Memory to cache; address and size must be multiples of the line."""
        return self._sync("invalidate", name, size)

    def writeback_invalidate(self, name: str, size: int) -> str:
        """Write back, then drop."""
        return self._sync("writeback+invalidate", name, size)

    def _sync(self, op: Op, name: str, size: int) -> str:
        flags = sync_flags(self._release, op)
        if flags:
            return f"esp_cache_msync({name}, {size}, {flags})"
        return " and ".join(f"{call}((uint32_t){name}, {size})" for call in _ROM[op])

    def allocate(self, size: int, kind: Kind) -> str:
        """Line-aligned in address and size."""
        region = "MALLOC_CAP_SPIRAM" if kind is Kind.PSRAM else "MALLOC_CAP_INTERNAL"
        return f"heap_caps_malloc({size}, {region} | MALLOC_CAP_DMA)"

    def completion(self) -> str:
        """The only sign that a copy is over."""
        return "the callback of esp_async_memcpy"

    def from_isr(self, call: str) -> str:
        """By the call that was made."""
        return _FROM_ISR.get(call, "the FromISR form, or leave it to a task that the interrupt wakes")
