"""Flags, configurations and transactions of the SPI master driver, under ESP-IDF's names.

Lengths are in bits, as the API has them. Pins are GPIO numbers, -1 for none.
Source: ESP-IDF v5.5 components/esp_driver_spi/include/driver/spi_common.h, spi_master.h; components/hal/include/hal/spi_types.h.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dmalab.core.machine import Buffer

SPI1_HOST, SPI2_HOST, SPI3_HOST = 0, 1, 2
SPI_DMA_DISABLED, SPI_DMA_CH1, SPI_DMA_CH2, SPI_DMA_CH_AUTO = 0, 1, 2, 3

SPI_TRANS_MODE_DIO = 1 << 0
SPI_TRANS_MODE_QIO = 1 << 1
SPI_TRANS_USE_RXDATA = 1 << 2
SPI_TRANS_USE_TXDATA = 1 << 3
SPI_TRANS_MULTILINE_ADDR = 1 << 4
SPI_TRANS_VARIABLE_CMD = 1 << 5
SPI_TRANS_VARIABLE_ADDR = 1 << 6
SPI_TRANS_VARIABLE_DUMMY = 1 << 7
SPI_TRANS_CS_KEEP_ACTIVE = 1 << 8
SPI_TRANS_MULTILINE_CMD = 1 << 9
SPI_TRANS_MODE_OCT = 1 << 10
SPI_TRANS_DMA_BUFFER_ALIGN_MANUAL = 1 << 11
SPI_TRANS_DMA_USE_PSRAM = 1 << 12
SPI_TRANS_DMA_RX_FAIL = 1 << 30
SPI_TRANS_DMA_TX_FAIL = 1 << 31

SPI_DEVICE_TXBIT_LSBFIRST = 1 << 0
SPI_DEVICE_RXBIT_LSBFIRST = 1 << 1
SPI_DEVICE_BIT_LSBFIRST = SPI_DEVICE_TXBIT_LSBFIRST | SPI_DEVICE_RXBIT_LSBFIRST
SPI_DEVICE_3WIRE = 1 << 2
SPI_DEVICE_POSITIVE_CS = 1 << 3
SPI_DEVICE_HALFDUPLEX = 1 << 4
SPI_DEVICE_CLK_AS_CS = 1 << 5
SPI_DEVICE_NO_DUMMY = 1 << 6
SPI_DEVICE_DDRCLK = 1 << 7
SPI_DEVICE_NO_RETURN_RESULT = 1 << 8

ESP_INTR_FLAG_SHARED = 1 << 8
ESP_INTR_FLAG_EDGE = 1 << 9
ESP_INTR_FLAG_HIGH = 1 << 4 | 1 << 5 | 1 << 6
ESP_INTR_FLAG_INTRDISABLED = 1 << 11

NO_PIN = -1
INLINE_BYTES = 4
"""Bytes that fit into the transaction itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpiBusConfig:
    """`spi_bus_config_t`."""

    mosi_io_num: int = NO_PIN
    miso_io_num: int = NO_PIN
    sclk_io_num: int = NO_PIN
    quadwp_io_num: int = NO_PIN
    quadhd_io_num: int = NO_PIN
    data4_io_num: int = NO_PIN
    data5_io_num: int = NO_PIN
    data6_io_num: int = NO_PIN
    data7_io_num: int = NO_PIN
    max_transfer_sz: int = 0
    """Bytes; 0 for 4092 with DMA. Rounded up to whole descriptors."""
    flags: int = 0
    intr_flags: int = 0

    @property
    def data(self) -> tuple[int, ...]:
        """Pins of the data lines, line 0 first."""
        return (
            self.mosi_io_num,
            self.miso_io_num,
            self.quadwp_io_num,
            self.quadhd_io_num,
            self.data4_io_num,
            self.data5_io_num,
            self.data6_io_num,
            self.data7_io_num,
        )


@dataclass(eq=False, slots=True, kw_only=True)
class SpiTransaction:
    """`spi_transaction_t`, and `spi_transaction_ext_t` where the VARIABLE flags say so."""

    flags: int = 0
    cmd: int = 0
    addr: int = 0
    length: int = 0
    """Bits in all, or sent; of both directions in full duplex."""
    rxlength: int = 0
    """Bits received; 0 in full duplex stands for `length` and is replaced by it."""
    override_freq_hz: int = 0
    """Another clock for this transaction (from v5.5 on); 0 for the device's."""
    user: Any = None
    tx_buffer: Buffer | int | None = None
    rx_buffer: Buffer | int | None = None
    tx_data: bytes = b""
    """With USE_TXDATA: what is sent, at most 4 bytes."""
    rx_data: bytes = b""
    """With USE_RXDATA: what was received."""
    command_bits: int = 0
    address_bits: int = 0
    dummy_bits: int = 0
    struct_address: int = 0
    """Where firmware keeps the structure; 0 for Python's own."""
    struct_bytes: int = 0


Callback = Callable[[SpiTransaction], Any]
"""Called in an interrupt, or in the caller when it polls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpiDeviceConfig:
    """`spi_device_interface_config_t`."""

    clock_speed_hz: int
    mode: int = 0
    spics_io_num: int = NO_PIN
    queue_size: int = 1
    flags: int = 0
    command_bits: int = 0
    address_bits: int = 0
    dummy_bits: int = 0
    cs_ena_pretrans: int = 0
    cs_ena_posttrans: int = 0
    pre_cb: Callback | None = None
    post_cb: Callback | None = None


def address_of(buffer: Buffer | int | None) -> int:
    """A buffer as an address; 0 for none."""
    return buffer.address if isinstance(buffer, Buffer) else buffer or 0
