"""ESP-IDF's error codes, and the exception that carries one through Python.

Source: ESP-IDF components/esp_common/include/esp_err.h @102122904ad.
"""

from __future__ import annotations

from enum import IntEnum

from dmalab.errors import ApiError


class EspErr(IntEnum):
    """`esp_err_t` values."""

    OK = 0
    FAIL = -1
    NO_MEM = 0x101
    INVALID_ARG = 0x102
    INVALID_STATE = 0x103
    INVALID_SIZE = 0x104
    NOT_FOUND = 0x105
    NOT_SUPPORTED = 0x106
    TIMEOUT = 0x107

    @property
    def symbol(self) -> str:
        """The C name."""
        return {EspErr.OK: "ESP_OK", EspErr.FAIL: "ESP_FAIL"}.get(self, f"ESP_ERR_{self.name}")


class IdfError(ApiError):
    """An ESP-IDF call returned an error."""

    def __init__(self, code: EspErr, message: str) -> None:
        super().__init__(f"{code.symbol}: {message}")
        self.code = code
        self.detail = message
        self.returned = int(code)


class IdfAssert(Exception):
    """ESP-IDF asserts here: the firmware would be aborted, with no error code."""
