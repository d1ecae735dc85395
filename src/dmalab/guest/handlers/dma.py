"""`esp_async_memcpy`, `esp_cache_*` and the pointer predicates: the drivers of `dmalab.idf`, called from firmware."""

from __future__ import annotations

from collections.abc import Callable

from dmalab.core.events import CallbackOutOfReach, Stamp
from dmalab.core.tasks import WouldBlock
from dmalab.guest.calls import pair
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.idf import cache, memory_utils
from dmalab.idf import rom_cache as rom
from dmalab.idf.async_memcpy import AsyncMemcpy, AsyncMemcpyEvent
from dmalab.idf.errors import EspErr, IdfError

calls = Handlers()

WEIGHTED, CACHE_SAFE = 1, 2
"""Build options of the firmware, as the stub tells them with the installation."""


# -- async memcpy ----------------------------------------------------------------------------------------------------


def _install(firmware: Firmware, engine: str | None, arguments: tuple[int, ...]) -> int:
    has_config, backlog, sram_align, psram_align, burst, weight, _flags, has_handle, build = arguments
    machine = firmware.machine
    if not has_config or not has_handle:
        return pair(EspErr.INVALID_ARG)
    for engine_ in machine.engines.values():
        engine_.weighted = bool(build & WEIGHTED) and engine_.facts.weighted_arbitration
    driver = AsyncMemcpy.install(
        machine,
        backlog=backlog,
        sram_trans_align=sram_align,
        psram_trans_align=psram_align,
        dma_burst_size=burst,
        weight=weight,
        engine=engine,
    )
    firmware.handles[driver.address] = driver
    if build & CACHE_SAFE:
        firmware.state[f"cache-safe {driver.address:#x}"] = True
    return pair(EspErr.OK, driver.address)


@calls.add
def esp_async_memcpy_install(firmware: Firmware, *arguments: int) -> int:
    return _install(firmware, None, arguments)


@calls.add
def esp_async_memcpy_install_gdma_ahb(firmware: Firmware, *arguments: int) -> int:
    return _install(firmware, "ahb_gdma", arguments)


@calls.add
def esp_async_memcpy_install_gdma_axi(firmware: Firmware, *arguments: int) -> int:
    return _install(firmware, "axi_gdma", arguments)


@calls.add
def esp_async_memcpy_install_gdma_lp_ahb(firmware: Firmware, *arguments: int) -> int:
    return _install(firmware, "lp_ahb_gdma", arguments)


@calls.add
def esp_async_memcpy_install_cpdma(firmware: Firmware, *arguments: int) -> int:
    return _install(firmware, "cp_dma", arguments)


def _driver(firmware: Firmware, handle: int) -> AsyncMemcpy:
    driver = firmware.handles.get(handle)
    if not isinstance(driver, AsyncMemcpy):
        raise IdfError(EspErr.INVALID_ARG, f"{handle:#x} is no async memcpy handle")
    return driver


@calls.add
def esp_async_memcpy_uninstall(firmware: Firmware, handle: int) -> int:
    _driver(firmware, handle).uninstall()
    del firmware.handles[handle]
    return EspErr.OK


@calls.add
def esp_async_memcpy(
    firmware: Firmware, handle: int, dst: int, src: int, size: int, callback: int, argument: int
) -> int:
    driver = _driver(firmware, handle)
    if callback and firmware.state.get(f"cache-safe {handle:#x}"):
        _check_placement(firmware, callback)
    driver.memcpy(dst, src, size, _callback(firmware, handle, callback, argument) if callback else None)
    return EspErr.OK


def _check_placement(firmware: Firmware, function: int) -> None:
    """The interrupt runs while the flash cache is off: so must its callback be able to."""
    machine = firmware.machine
    if not memory_utils.in_region(machine, function, "iram"):
        machine.bus.emit(CallbackOutOfReach(call="esp_async_memcpy", callback=Stamp(function + 1), by=machine.now()))


def _callback(firmware: Firmware, handle: int, function: int, argument: int) -> Callable[[AsyncMemcpyEvent], bool]:
    def run(_event: AsyncMemcpyEvent) -> bool:
        # The event is always empty; its address is never looked at by the drivers' documented users.
        return bool(firmware.call_in_interrupt(function, handle, firmware.empty_event(), argument) & 0xFF)

    return run


@calls.add
async def esp_memcpy_blocking(firmware: Firmware, handle: int, dst: int, src: int, size: int, timeout_ms: int) -> int:
    driver = _driver(firmware, handle)
    try:
        await driver.memcpy_blocking(dst, src, size, timeout_ms=timeout_ms)
    except WouldBlock:
        return EspErr.INVALID_STATE
    return EspErr.OK


# -- cache -----------------------------------------------------------------------------------------------------------


@calls.add
def esp_cache_msync(firmware: Firmware, address: int, size: int, flags: int) -> int:
    cache.esp_cache_msync(firmware.machine, address, size, flags)
    return EspErr.OK


@calls.add
def esp_cache_get_alignment(firmware: Firmware, caps: int, has_out: int) -> int:
    if not has_out:
        return pair(EspErr.INVALID_ARG)
    return pair(EspErr.OK, cache.esp_cache_get_alignment(firmware.machine, caps))


@calls.add
def esp_cache_get_line_size_by_addr(firmware: Firmware, address: int) -> int:
    return cache.esp_cache_get_line_size_by_addr(firmware.machine, address)


@calls.add
def rom_cache(firmware: Firmware, what: int, address: int, size: int) -> None:
    machine = firmware.machine
    if what < 2:
        (rom.cache_writeback_addr, rom.cache_invalidate_addr)[what](machine, address, size)
    elif what < 4:
        (rom.cache_writeback_all, rom.cache_invalidate_all)[what - 2](machine)
    else:
        raise FirmwareAssert(f"cache routine {what} of the ROM does not exist")


# -- predicates ------------------------------------------------------------------------------------------------------


@calls.add
def esp_ptr_internal(firmware: Firmware, address: int) -> int:
    return memory_utils.esp_ptr_internal(firmware.machine, address)


@calls.add
def esp_psram_get_size(firmware: Firmware) -> int:
    """What error correction leaves of the PSRAM.

    Source: ESP-IDF components/esp_psram/system_layer/esp_psram.c.
    """
    return sum(region.size for region in firmware.machine.memory.psram)


@calls.add
def esp_ptr_external_ram(firmware: Firmware, address: int) -> int:
    return memory_utils.esp_ptr_external_ram(firmware.machine, address)


@calls.add
def esp_ptr_dma_capable(firmware: Firmware, address: int) -> int:
    return memory_utils.esp_ptr_dma_capable(firmware.machine, address)


@calls.add
def esp_ptr_dma_ext_capable(firmware: Firmware, address: int) -> int:
    return memory_utils.esp_ptr_dma_ext_capable(firmware.machine, address)


@calls.add
def esp_ptr_byte_accessible(firmware: Firmware, address: int) -> int:
    return memory_utils.esp_ptr_byte_accessible(firmware.machine, address)


@calls.named("esp_ptr_executable", "esp_ptr_in_iram")
def esp_ptr_in_iram(firmware: Firmware, address: int) -> int:
    return memory_utils.in_region(firmware.machine, address, "iram")


@calls.named("esp_ptr_in_dram", "esp_ptr_in_diram_dram", "esp_stack_ptr_in_dram")
def esp_ptr_in_dram(firmware: Firmware, address: int) -> int:
    return memory_utils.in_region(firmware.machine, address, "sram")


@calls.add
def esp_ptr_in_diram_iram(firmware: Firmware, address: int) -> int:
    return memory_utils.in_region(firmware.machine, address, "iram")


@calls.add
def esp_ptr_in_drom(firmware: Firmware, address: int) -> int:
    return memory_utils.in_region(firmware.machine, address, "flash")


@calls.add
def esp_ptr_in_rom(_firmware: Firmware, _address: int) -> int:
    return 0


@calls.named("esp_ptr_in_rtc_slow", "esp_ptr_in_rtc_iram_fast", "esp_ptr_in_rtc_dram_fast")
def esp_ptr_in_rtc(firmware: Firmware, address: int) -> int:
    return memory_utils.in_region(firmware.machine, address, "rtc")


@calls.add
def esp_stack_ptr_in_extram(firmware: Firmware, address: int) -> int:
    return memory_utils.esp_ptr_external_ram(firmware.machine, address)
