"""What the SPI master driver refuses, in its order. The first reason decides the code; a refusal changes nothing.

Source: ESP-IDF v5.5 components/esp_driver_spi/src/gpspi/spi_common.c (spi_bus_initialize), spi_master.c (spi_bus_add_device,
check_trans_valid). Rows of the transaction check carry the numbers of that function's order.
"""

from __future__ import annotations

from dmalab.core.machine import BareMachine
from dmalab.core.spi import SpiController
from dmalab.idf import spi_config as spi
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.release import Release
from dmalab.idf.spi_config import SpiBusConfig, SpiDeviceConfig, SpiTransaction

BITS_INLINE = 8 * spi.INLINE_BYTES
_MULTI_LINE = spi.SPI_TRANS_MODE_DIO | spi.SPI_TRANS_MODE_QIO | spi.SPI_TRANS_MODE_OCT
_SUB_BYTE_TX = ("esp32s3", "esp32c3", "esp32c6", "esp32c2")
"""Chips whose sender can't end one bit into a byte."""


def refuse(code: EspErr, why: str, *, when: bool = True) -> None:
    """Raises IdfError if `when`."""
    if when:
        raise IdfError(code, why)


def check_bus(machine: BareMachine, host: SpiController, config: SpiBusConfig, channel: int) -> None:
    """What `spi_bus_initialize` looks at once the host is known to be free.

    Raises:
        IdfError: INVALID_ARG.
    """
    refuse(
        EspErr.INVALID_ARG,
        f"DMA channel {channel} is not allowed on {machine.chip.name}",
        when=not _channel_allowed(machine, host, channel),
    )
    bad = spi.ESP_INTR_FLAG_HIGH | spi.ESP_INTR_FLAG_EDGE | spi.ESP_INTR_FLAG_INTRDISABLED | spi.ESP_INTR_FLAG_SHARED
    refuse(EspErr.INVALID_ARG, "interrupt flags that the driver can't work with", when=bool(config.intr_flags & bad))
    pins = [config.sclk_io_num, *config.data]
    wrong = [pin for pin in pins if pin >= machine.gpio.pins]
    refuse(EspErr.INVALID_ARG, f"GPIO {wrong[0] if wrong else 0} does not exist", when=bool(wrong))


def _channel_allowed(machine: BareMachine, host: SpiController, channel: int) -> bool:
    if machine.chip.name == "esp32":
        return channel in (spi.SPI_DMA_DISABLED, spi.SPI_DMA_CH1, spi.SPI_DMA_CH2, spi.SPI_DMA_CH_AUTO)
    if machine.chip.name == "esp32s2":
        return channel in (spi.SPI_DMA_DISABLED, host.facts.host_id, spi.SPI_DMA_CH_AUTO)
    return channel in (spi.SPI_DMA_DISABLED, spi.SPI_DMA_CH_AUTO)


def check_device(host: SpiController, pins: int, config: SpiDeviceConfig, release: Release) -> None:
    """What `spi_bus_add_device` looks at.

    Raises:
        IdfError: INVALID_ARG.
    """
    refuse(EspErr.INVALID_ARG, f"CS pin {config.spics_io_num} is invalid", when=config.spics_io_num >= pins)
    refuse(
        EspErr.INVALID_ARG,
        f"clock {config.clock_speed_hz} Hz; possible: above 0, up to {host.source_hz} Hz",
        when=not 0 < config.clock_speed_hz <= host.source_hz,
    )
    half = bool(config.flags & spi.SPI_DEVICE_HALFDUPLEX)
    refuse(
        EspErr.INVALID_ARG,
        "in full duplex more than one clock of CS lead excludes command and address",
        when=not half and config.cs_ena_pretrans > 1 and config.command_bits + config.address_bits > 0,
    )
    without_result = bool(config.flags & spi.SPI_DEVICE_NO_RETURN_RESULT)
    refuse(
        EspErr.INVALID_ARG,
        "SPI_DEVICE_NO_RETURN_RESULT without a post_cb",
        when=without_result and config.post_cb is None and release.since("5.1"),
    )


class TransactionCheck:
    """`check_trans_valid` for the devices of one bus."""

    def __init__(
        self, machine: BareMachine, host: SpiController, *, dma: bool, max_bytes: int, release: Release
    ) -> None:
        self._chip = machine.chip.name
        self._host = host
        self._dma = dma
        self._max_bits = 8 * max_bytes
        self._hardware_bits = host.dma_max_bits if dma else 8 * host.fifo_bytes
        self._release = release

    def check(self, config: SpiDeviceConfig, trans: SpiTransaction) -> None:
        """Check, and fill in `rxlength` where it was left out.

        Raises:
            IdfError: INVALID_ARG, NOT_SUPPORTED.
        """
        flags, half = trans.flags, bool(config.flags & spi.SPI_DEVICE_HALFDUPLEX)
        sends = bool(flags & spi.SPI_TRANS_USE_TXDATA) or bool(spi.address_of(trans.tx_buffer))
        receives = bool(flags & spi.SPI_TRANS_USE_RXDATA) or bool(spi.address_of(trans.rx_buffer))
        arg = EspErr.INVALID_ARG
        refuse(
            arg,
            "rxdata transfer > 32 bits",
            when=bool(flags & spi.SPI_TRANS_USE_RXDATA) and trans.rxlength > BITS_INLINE,
        )  # 2
        refuse(
            arg, "txdata transfer > 32 bits", when=bool(flags & spi.SPI_TRANS_USE_TXDATA) and trans.length > BITS_INLINE
        )
        refuse(
            arg, f"txdata transfer > host maximum of {self._max_bits // 8} bytes", when=trans.length > self._max_bits
        )  # 3
        refuse(
            arg, f"rxdata transfer > host maximum of {self._max_bits // 8} bytes", when=trans.rxlength > self._max_bits
        )
        refuse(arg, "rx length > tx length in full duplex mode", when=not half and trans.rxlength > trans.length)  # 4
        self._check_lines(config, trans, half=half)  # 5
        self._check_phases(trans, half=half, both=sends and receives and trans.rxlength > 0)  # 6 to 8
        refuse(arg, "a buffer to send and length 0", when=sends and trans.length == 0)  # 9
        refuse(arg, "a buffer to receive and rxlength 0", when=half and receives and trans.rxlength == 0)  # 10
        if not half and receives and trans.rxlength == 0:  # 11
            trans.rxlength = trans.length
        self._check_remainder(trans, sends=sends, receives=receives)  # 13
        longest = max(trans.length, trans.rxlength)
        refuse(
            arg, f"{longest} bits; the hardware counts to {self._hardware_bits}", when=longest > self._hardware_bits
        )  # 14

    def _check_lines(self, config: SpiDeviceConfig, trans: SpiTransaction, *, half: bool) -> None:
        flags = trans.flags
        if not flags & _MULTI_LINE:
            return
        arg = EspErr.INVALID_ARG
        lines = lines_of(flags)
        refuse(arg, "several line modes at once", when=(flags & _MULTI_LINE).bit_count() > 1)
        refuse(arg, "several lines and 3-wire", when=bool(config.flags & spi.SPI_DEVICE_3WIRE))
        refuse(arg, "several lines need half duplex", when=not half)
        refuse(
            arg,
            f"{lines} lines; the host has {self._host.facts.data_lines}",
            when=lines > max(2, self._host.facts.data_lines),
        )
        pins = self._host.bus.pins.data[:lines]
        refuse(arg, f"{lines} lines, but not all of their pins are assigned", when=None in pins)

    def _check_phases(self, trans: SpiTransaction, *, half: bool, both: bool) -> None:
        if not half:
            return
        arg = EspErr.INVALID_ARG
        refuse(
            arg,
            "sending and receiving phases with DMA in half duplex",
            when=self._chip == "esp32" and self._dma and both,
        )  # 6
        odd = self._chip == "esp32" and self._dma and trans.rxlength % 8 != 0
        refuse(EspErr.NOT_SUPPORTED, "receiving part of a byte", when=odd and self._release.since("6.0"))  # 7
        refuse(
            arg, "sending and receiving phases in half duplex", when=both and self._chip not in ("esp32", "esp32s2")
        )  # 8

    def _check_remainder(self, trans: SpiTransaction, *, sends: bool, receives: bool) -> None:
        if not self._release.since("6.0"):
            return
        short_tx = sends and self._chip in _SUB_BYTE_TX and trans.length % 8 == 1
        refuse(EspErr.NOT_SUPPORTED, "a single bit in the last byte sent", when=short_tx)
        short_rx = receives and self._chip == "esp32s2" and trans.rxlength % 8 == 1
        refuse(EspErr.NOT_SUPPORTED, "a single bit in the last byte received", when=short_rx)


def lines_of(flags: int) -> int:
    """Data lines that a transaction's flags ask for."""
    if flags & spi.SPI_TRANS_MODE_OCT:
        return 8
    if flags & spi.SPI_TRANS_MODE_QIO:
        return 4
    return 2 if flags & spi.SPI_TRANS_MODE_DIO else 1
