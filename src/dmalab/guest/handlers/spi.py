"""`driver/spi_common.h` and `driver/spi_master.h`: the driver of `dmalab.idf`, called from firmware.

Transactions are the firmware's structures. What the driver would write into one (the length of reception it fills in, the failure flags)
is written here, while the structure still, or again, belongs to the firmware.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from dmalab.core.spi_clock import nearest
from dmalab.core.tasks import WouldBlock
from dmalab.guest.calls import pair
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.handlers.ticks import MAX_DELAY, timeout_us
from dmalab.idf import spi_config as spi
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.spi_bus import SpiBus
from dmalab.idf.spi_config import SpiBusConfig, SpiDeviceConfig, SpiTransaction
from dmalab.idf.spi_master import SpiDevice

calls = Handlers()

NO_PIN_BYTE = 0xFF
_FAILED = spi.SPI_TRANS_DMA_RX_FAIL | spi.SPI_TRANS_DMA_TX_FAIL


# -- buses -----------------------------------------------------------------------------------------------------------


def _pins(packed: int) -> list[int]:
    numbers = [packed >> (8 * line) & 0xFF for line in range(8)]
    return [spi.NO_PIN if number == NO_PIN_BYTE else number for number in numbers]


def _bus(firmware: Firmware, host: int) -> SpiBus:
    for driver in firmware.machine.drivers:
        if isinstance(driver, SpiBus) and driver.host.facts.host_id == host:
            return driver
    if not 0 <= host <= spi.SPI3_HOST:
        raise IdfError(EspErr.INVALID_ARG, f"host {host}")
    raise IdfError(EspErr.INVALID_STATE, f"host {host} is not initialised")


@calls.add
def spi_bus_initialize(
    firmware: Firmware, host: int, pins: int, sclk: int, max_transfer: int, flags: int, intr_flags: int, channel: int
) -> int:
    data = _pins(pins)
    config = SpiBusConfig(
        mosi_io_num=data[0],
        miso_io_num=data[1],
        sclk_io_num=sclk,
        quadwp_io_num=data[2],
        quadhd_io_num=data[3],
        data4_io_num=data[4],
        data5_io_num=data[5],
        data6_io_num=data[6],
        data7_io_num=data[7],
        max_transfer_sz=max_transfer,
        flags=flags,
        intr_flags=intr_flags,
    )
    SpiBus.initialize(firmware.machine, host, config, channel)
    return EspErr.OK


@calls.add
def spi_bus_free(firmware: Firmware, host: int) -> int:
    _bus(firmware, host).free()
    return EspErr.OK


@calls.add
def spi_bus_dma_memory_alloc(firmware: Firmware, host: int, size: int, caps: int) -> int:
    try:
        buffer = _bus(firmware, host).memory_alloc(size, caps)
    except IdfError:
        return 0
    return buffer.address if buffer is not None else 0


@calls.add
def spi_bus_get_max_transaction_len(firmware: Firmware, host: int, has_out: int) -> int:
    if not has_out:
        return pair(EspErr.INVALID_ARG)
    return pair(EspErr.OK, _bus(firmware, host).max_bytes)


# -- devices ---------------------------------------------------------------------------------------------------------


@calls.add
def spi_bus_add_device(
    firmware: Firmware,
    host: int,
    phases: int,
    clock_hz: int,
    cs: int,
    flags: int,
    queue_size: int,
    pre_cb: int,
    post_cb: int,
) -> int:
    config = SpiDeviceConfig(
        clock_speed_hz=clock_hz,
        mode=phases >> 24 & 0xFF,
        spics_io_num=cs,
        queue_size=queue_size,
        flags=flags,
        command_bits=phases & 0xFF,
        address_bits=phases >> 8 & 0xFF,
        dummy_bits=phases >> 16 & 0xFF,
        cs_ena_pretrans=phases >> 32 & 0xFFFF,
        cs_ena_posttrans=phases >> 48 & 0xFF,
        pre_cb=_callback(firmware, pre_cb),
        post_cb=_callback(firmware, post_cb),
    )
    try:
        device = _bus(firmware, host).add_device(config)
    except AssertionError as error:
        raise FirmwareAssert(str(error)) from None
    firmware.handles[device.address] = device
    return pair(EspErr.OK, device.address)


def _callback(firmware: Firmware, function: int) -> Callable[[SpiTransaction], None] | None:
    if not function:
        return None

    def run(trans: SpiTransaction) -> None:
        firmware.call_in_interrupt(function, trans.struct_address)

    return run


def _device(firmware: Firmware, handle: int) -> SpiDevice:
    device = firmware.handles.get(handle)
    if not isinstance(device, SpiDevice):
        raise IdfError(EspErr.INVALID_ARG, f"{handle:#x} is no SPI device handle")
    return device


@calls.add
def spi_bus_remove_device(firmware: Firmware, handle: int) -> int:
    _device(firmware, handle).remove()
    del firmware.handles[handle]
    return EspErr.OK


@calls.add
def spi_device_get_actual_freq(firmware: Firmware, handle: int, has_out: int) -> int:
    if not has_out:
        return pair(EspErr.INVALID_ARG)
    return pair(EspErr.OK, _device(firmware, handle).actual_freq_hz() // 1000)


@calls.add
def spi_get_actual_clock(_firmware: Firmware, source_hz: int, hz: int) -> int:
    return int(nearest(source_hz, hz).hz) if 0 < hz <= source_hz else 0


@calls.add
async def spi_device_acquire_bus(firmware: Firmware, handle: int, ticks: int) -> int:
    return await _or_error(_device(firmware, handle).acquire_bus(timeout_us(ticks)))


@calls.add
def spi_device_release_bus(firmware: Firmware, handle: int) -> int:
    try:
        _device(firmware, handle).release_bus()
    except AssertionError as error:
        raise FirmwareAssert(str(error)) from None
    return EspErr.OK


# -- transactions ----------------------------------------------------------------------------------------------------


async def _or_error(work: Awaitable[object]) -> int:
    """Run to the end; a failed assertion of the driver is the firmware's."""
    try:
        await work
    except WouldBlock:
        return EspErr.INVALID_STATE
    except AssertionError as error:
        raise FirmwareAssert(str(error)) from None
    return EspErr.OK


def _transaction(address: int, words: tuple[int, ...]) -> SpiTransaction:
    shape, command, addr, lengths, tx, rx, hz = words
    return SpiTransaction(
        flags=shape & 0xFFFF_FFFF,
        cmd=command & 0xFFFF,
        addr=addr,
        length=lengths & 0xFFFF_FFFF,
        rxlength=lengths >> 32,
        override_freq_hz=hz,
        tx_buffer=tx,
        rx_buffer=rx,
        command_bits=command >> 16 & 0xFF,
        address_bits=command >> 24 & 0xFF,
        dummy_bits=command >> 32 & 0xFF,
        struct_address=address,
        struct_bytes=shape >> 32 & 0xFFFF,
    )


def _submitted(
    firmware: Firmware, handle: int, address: int, words: tuple[int, ...]
) -> tuple[SpiDevice, SpiTransaction]:
    """The device and the transaction, checked as far as needed to fill in the structure."""
    device = _device(firmware, handle)
    if not address:
        raise IdfError(EspErr.INVALID_ARG, "no transaction")
    trans = _transaction(address, words)
    asked = trans.rxlength
    device.bus.check.check(device.config, trans)
    if trans.rxlength != asked:
        place = address + (words[0] >> 48)
        firmware.machine.memory.store(place, trans.rxlength.to_bytes(4, "little"))
    return device, trans


def _tell_failure(firmware: Firmware, trans: SpiTransaction) -> int:
    """A transaction whose data came too slowly: set its flags and answer with the code that v5.5.3 introduced."""
    if not trans.flags & _FAILED:
        return EspErr.OK
    firmware.machine.memory.store(trans.struct_address, (trans.flags & 0xFFFF_FFFF).to_bytes(4, "little"))
    return EspErr.INVALID_STATE


@calls.add
async def spi_device_queue_trans(firmware: Firmware, handle: int, address: int, *words: int) -> int:
    device, trans = _submitted(firmware, handle, address, words[:-1])
    return await _or_error(device.queue_trans(trans, timeout_us(words[-1])))


@calls.add
async def spi_device_transmit(firmware: Firmware, handle: int, address: int, *words: int) -> int:
    device, trans = _submitted(firmware, handle, address, words[:-1])
    return await _or_error(device.transmit(trans)) or _tell_failure(firmware, trans)


@calls.add
async def spi_device_get_trans_result(firmware: Firmware, handle: int, ticks: int) -> int:
    device = _device(firmware, handle)
    try:
        trans = await device.get_trans_result(timeout_us(ticks))
    except WouldBlock:
        return pair(EspErr.INVALID_STATE)
    return pair(_tell_failure(firmware, trans), trans.struct_address)


@calls.add
async def spi_device_polling_start(firmware: Firmware, handle: int, address: int, *words: int) -> int:
    if words[-1] != MAX_DELAY:
        raise IdfError(EspErr.INVALID_ARG, "polling with a limited wait is not supported")
    device, trans = _submitted(firmware, handle, address, words[:-1])
    return await _or_error(device.polling_start(trans))


@calls.add
async def spi_device_polling_end(firmware: Firmware, handle: int, ticks: int) -> int:
    device = _device(firmware, handle)
    trans = device.polled()
    return await _or_error(device.polling_end(timeout_us(ticks))) or (
        _tell_failure(firmware, trans) if trans else EspErr.OK
    )


@calls.add
async def spi_device_polling_transmit(firmware: Firmware, handle: int, address: int, *words: int) -> int:
    device, trans = _submitted(firmware, handle, address, words[:-1])
    return await _or_error(device.polling_transmit(trans)) or _tell_failure(firmware, trans)
