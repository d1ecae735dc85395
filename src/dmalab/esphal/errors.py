"""esp-hal's errors. Rust hands them out in a `Result`; here they are raised, and each knows its kind under esp-hal's name.

    DmaBufError          a buffer object can't be made, or can't get this length
    SpiError             a transfer can't be started; `.dma` says more when the DMA is the reason
      TransferError      the same, with what was handed in: `error, spi, rx, tx = failed`
    DmaError             the DMA refuses a copy
      CopyError          the same, with what was handed in: `error, half, buffer = failed`
    ConfigError          the driver can't be configured like this
    Panic                esp-hal would panic: a mistake in the program, not a condition to handle
    MovedError           using what was moved away, which Rust refuses to compile

Source: esp-rs/esp-hal v0.21.1 esp-hal/src/dma/mod.rs, dma/buffers.rs, spi/mod.rs; names of later releases where 0.21 had none.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any


class DmaBufErrorKind(Enum):
    """What is wrong with a buffer."""

    INSUFFICIENT_DESCRIPTORS = "InsufficientDescriptors"
    UNSUPPORTED_MEMORY_REGION = "UnsupportedMemoryRegion"
    INVALID_ALIGNMENT_ADDRESS = "InvalidAlignment(Address)"
    INVALID_ALIGNMENT_SIZE = "InvalidAlignment(Size)"
    INVALID_CHUNK_SIZE = "InvalidChunkSize"
    BUFFER_TOO_SMALL = "BufferTooSmall"


class DmaErrorKind(Enum):
    """What the DMA refuses or reports."""

    INVALID_ALIGNMENT = "InvalidAlignment"
    OUT_OF_DESCRIPTORS = "OutOfDescriptors"
    DESCRIPTOR_ERROR = "DescriptorError"
    OVERFLOW = "Overflow"
    BUFFER_TOO_SMALL = "BufferTooSmall"
    UNSUPPORTED_MEMORY_REGION = "UnsupportedMemoryRegion"
    INVALID_CHUNK_SIZE = "InvalidChunkSize"


class SpiErrorKind(Enum):
    """What the SPI driver refuses."""

    DMA_ERROR = "DmaError"
    MAX_DMA_TRANSFER_SIZE_EXCEEDED = "MaxDmaTransferSizeExceeded"
    FIFO_SIZE_EXCEEDED = "FifoSizeExeeded"  # spelled so in esp-hal
    UNSUPPORTED = "Unsupported"
    UNKNOWN = "Unknown"


class ConfigErrorKind(Enum):
    """What can't be configured."""

    FREQUENCY_OUT_OF_RANGE = "FrequencyOutOfRange"


_AS_DMA_ERROR = {
    DmaBufErrorKind.INSUFFICIENT_DESCRIPTORS: DmaErrorKind.OUT_OF_DESCRIPTORS,
    DmaBufErrorKind.UNSUPPORTED_MEMORY_REGION: DmaErrorKind.UNSUPPORTED_MEMORY_REGION,
    DmaBufErrorKind.INVALID_ALIGNMENT_ADDRESS: DmaErrorKind.INVALID_ALIGNMENT,
    DmaBufErrorKind.INVALID_ALIGNMENT_SIZE: DmaErrorKind.INVALID_ALIGNMENT,
    DmaBufErrorKind.INVALID_CHUNK_SIZE: DmaErrorKind.INVALID_CHUNK_SIZE,
    DmaBufErrorKind.BUFFER_TOO_SMALL: DmaErrorKind.BUFFER_TOO_SMALL,
}


class EspHalError(Exception):
    """Base of everything esp-hal hands out as an error."""


class DmaBufError(EspHalError):
    """A buffer object can't be made, or can't get this length."""

    def __init__(self, kind: DmaBufErrorKind, why: str) -> None:
        super().__init__(f"{kind.value}: {why}")
        self.kind = kind
        self.why = why

    @property
    def as_dma_error(self) -> DmaErrorKind:
        """The kind it turns into when a transfer meets it."""
        return _AS_DMA_ERROR[self.kind]


class SpiError(EspHalError):
    """The SPI driver refused."""

    def __init__(self, kind: SpiErrorKind, why: str, dma: DmaErrorKind | None = None) -> None:
        super().__init__(f"{kind.value}({dma.value}): {why}" if dma is not None else f"{kind.value}: {why}")
        self.kind = kind
        self.dma = dma


class TransferError(SpiError):
    """A transfer was not started. Everything handed in is given back and can be used: `error, spi, buffer = failed`."""

    def __init__(self, error: SpiError, *parts: Any) -> None:
        Exception.__init__(self, str(error))
        self.error = error
        self.kind = error.kind
        self.dma = error.dma
        self.parts = (error, *parts)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.parts)

    def __getitem__(self, index: int) -> Any:
        return self.parts[index]


class DmaError(EspHalError):
    """The DMA refused, without a driver around it."""

    def __init__(self, kind: DmaErrorKind, why: str) -> None:
        super().__init__(f"{kind.value}: {why}")
        self.kind = kind


class CopyError(EspHalError):
    """Half a copy was not started. What was handed in is given back: `error, half, buffer = failed`."""

    def __init__(self, error: DmaError, *parts: Any) -> None:
        super().__init__(str(error))
        self.error = error
        self.kind = error.kind
        self.parts = (error, *parts)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.parts)


class ConfigError(EspHalError):
    """The driver can't be configured like this."""

    def __init__(self, kind: ConfigErrorKind, why: str) -> None:
        super().__init__(f"{kind.value}: {why}")
        self.kind = kind


class Panic(RuntimeError):
    """esp-hal would panic here and the firmware stop."""


class MovedError(RuntimeError):
    """Something was used that had been moved away. Rust's compiler would have refused this line."""
