"""Fixes in ESP-IDF's words."""

from __future__ import annotations

from dmalab.chips.model import Kind

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


class IdfWords:
    """See `rules.words.Words`."""

    def writeback(self, name: str, size: int) -> str:
        """Cache to memory; unaligned ranges are fine in this direction."""
        return f"esp_cache_msync({name}, {size}, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED)"

    def invalidate(self, name: str, size: int) -> str:
        """Memory to cache; address and size must be multiples of the line."""
        return f"esp_cache_msync({name}, {size}, ESP_CACHE_MSYNC_FLAG_DIR_M2C)"

    def writeback_invalidate(self, name: str, size: int) -> str:
        """Write back, then drop."""
        return (
            f"esp_cache_msync({name}, {size}, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_INVALIDATE | "
            "ESP_CACHE_MSYNC_FLAG_UNALIGNED)"
        )

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
