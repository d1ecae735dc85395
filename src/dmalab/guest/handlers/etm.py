"""`esp_etm.h` with GPIO, timers and the rest, `driver/gpio.h`, `driver/gptimer.h`: the drivers of `dmalab.idf`, called from firmware."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dmalab.guest.calls import pair
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.lookup import find, known
from dmalab.guest.handlers.table import Handlers
from dmalab.idf import etm, etm_sources
from dmalab.idf.async_memcpy import AsyncMemcpy
from dmalab.idf.driver_object import DriverObject
from dmalab.idf.errors import EspErr
from dmalab.idf.etm_sources import GpioEtmEvent, GpioEtmTask
from dmalab.idf.gpio import GpioDriver
from dmalab.idf.gptimer import AlarmCallback, AlarmEvent, GpTimer

calls = Handlers()

COPY_DONE = ALARM_MATCH = 0


# -- channels --------------------------------------------------------------------------------------------------------


def _channel(firmware: Firmware, handle: int) -> etm.EtmChannelHandle:
    return find(firmware, handle, etm.EtmChannelHandle, "ETM channel")


@calls.add
def esp_etm_new_channel(firmware: Firmware, has_all: int, _allow_pd: int) -> int:
    if not has_all:
        return pair(EspErr.INVALID_ARG)
    return pair(EspErr.OK, known(firmware, etm.EtmChannelHandle(firmware.machine)))


@calls.add
def esp_etm_del_channel(firmware: Firmware, handle: int) -> int:
    _channel(firmware, handle).delete()
    del firmware.handles[handle]
    return EspErr.OK


@calls.add
def esp_etm_channel_enable(firmware: Firmware, handle: int) -> int:
    _channel(firmware, handle).enable()
    return EspErr.OK


@calls.add
def esp_etm_channel_disable(firmware: Firmware, handle: int) -> int:
    _channel(firmware, handle).disable()
    return EspErr.OK


@calls.add
def esp_etm_channel_connect(firmware: Firmware, handle: int, event: int, task: int) -> int:
    _channel(firmware, handle).connect(
        find(firmware, event, etm.EtmEvent, "ETM event") if event else None,
        find(firmware, task, etm.EtmTask, "ETM task") if task else None,
    )
    return EspErr.OK


@calls.add
def esp_etm_del_event(firmware: Firmware, handle: int) -> int:
    find(firmware, handle, etm.EtmEvent, "ETM event").delete()
    del firmware.handles[handle]
    return EspErr.OK


@calls.add
def esp_etm_del_task(firmware: Firmware, handle: int) -> int:
    find(firmware, handle, etm.EtmTask, "ETM task").delete()
    del firmware.handles[handle]
    return EspErr.OK


@calls.add
def esp_etm_dump(firmware: Firmware, has_stream: int) -> int:
    if not has_stream:
        return EspErr.INVALID_ARG
    firmware.print(etm.dump(firmware.machine))
    return EspErr.OK


# -- events and tasks ------------------------------------------------------------------------------------------------


@calls.add
def esp_async_memcpy_new_etm_event(firmware: Firmware, handle: int, kind: int, has_out: int) -> int:
    driver = firmware.handles.get(handle)
    if not isinstance(driver, AsyncMemcpy) or not has_out:
        return pair(EspErr.INVALID_ARG)
    if kind != COPY_DONE:
        return pair(EspErr.NOT_SUPPORTED)
    return pair(EspErr.OK, known(firmware, etm_sources.esp_async_memcpy_new_etm_event(driver)))


def _several(firmware: Firmware, made: Sequence[DriverObject]) -> int:
    """The first of several objects; the others follow by `gpio_etm_next`."""
    addresses = [known(firmware, one) for one in made]
    for one, following in pairwise(addresses):
        firmware.state[f"next of {one:#x}"] = following
    return pair(EspErr.OK, addresses[0])


@calls.add
def gpio_new_etm_event(firmware: Firmware, first: int, second: int, third: int, count: int) -> int:
    edges = (first, second, third)[:count]
    return _several(firmware, etm_sources.gpio_new_etm_events(firmware.machine, edges))


@calls.add
def gpio_new_etm_task(firmware: Firmware, first: int, second: int, third: int, count: int) -> int:
    actions = (first, second, third)[:count]
    return _several(firmware, etm_sources.gpio_new_etm_tasks(firmware.machine, actions))


@calls.add
def gpio_etm_next(firmware: Firmware, handle: int) -> int:
    return int(firmware.state.pop(f"next of {handle:#x}", 0))


@calls.add
def gpio_etm_event_bind_gpio(firmware: Firmware, handle: int, pin: int) -> int:
    find(firmware, handle, GpioEtmEvent, "GPIO event").bind(pin)
    return EspErr.OK


@calls.add
def gpio_etm_task_add_gpio(firmware: Firmware, handle: int, pin: int) -> int:
    find(firmware, handle, GpioEtmTask, "GPIO task").add(pin)
    return EspErr.OK


@calls.add
def gpio_etm_task_rm_gpio(firmware: Firmware, handle: int, pin: int) -> int:
    find(firmware, handle, GpioEtmTask, "GPIO task").remove(pin)
    return EspErr.OK


@calls.add
def gptimer_new_etm_event(firmware: Firmware, handle: int, kind: int, has_all: int) -> int:
    timer = _timer(firmware, handle)
    if not has_all or kind != ALARM_MATCH:
        return pair(EspErr.INVALID_ARG)
    return pair(EspErr.OK, known(firmware, etm_sources.gptimer_new_etm_event(timer)))


@calls.add
def gptimer_new_etm_task(firmware: Firmware, handle: int, kind: int, has_all: int) -> int:
    timer = _timer(firmware, handle)
    if not has_all:
        return pair(EspErr.INVALID_ARG)
    return pair(EspErr.OK, known(firmware, etm_sources.gptimer_new_etm_task(timer, kind)))


@calls.add
def esp_timer_new_etm_alarm_event(firmware: Firmware, has_out: int) -> int:
    if not has_out:
        return pair(EspErr.INVALID_ARG)
    return pair(EspErr.OK, known(firmware, etm_sources.esp_timer_new_etm_alarm_event(firmware.machine)))


@calls.add
def esp_systick_new_etm_alarm_event(firmware: Firmware, core: int, has_out: int) -> int:
    if not has_out:
        return pair(EspErr.INVALID_ARG)
    return pair(EspErr.OK, known(firmware, etm_sources.esp_systick_new_etm_alarm_event(firmware.machine, core)))


# -- pins ------------------------------------------------------------------------------------------------------------


@calls.add
def gpio_config(firmware: Firmware, pins: int, mode: int, interrupt: int) -> int:
    GpioDriver.of(firmware.machine).configure(pins, mode, interrupt)
    return EspErr.OK


@calls.add
def gpio_reset_pin(firmware: Firmware, pin: int) -> int:
    GpioDriver.of(firmware.machine).reset(pin)
    return EspErr.OK


@calls.add
def gpio_set_level(firmware: Firmware, pin: int, level: int) -> int:
    GpioDriver.of(firmware.machine).set_level(pin, level)
    return EspErr.OK


@calls.add
def gpio_get_level(firmware: Firmware, pin: int) -> int:
    return GpioDriver.of(firmware.machine).get_level(pin)


@calls.add
def gpio_set_direction(firmware: Firmware, pin: int, mode: int) -> int:
    GpioDriver.of(firmware.machine).set_direction(pin, mode)
    return EspErr.OK


@calls.add
def gpio_set_intr_type(firmware: Firmware, pin: int, interrupt: int) -> int:
    GpioDriver.of(firmware.machine).set_interrupt(pin, interrupt)
    return EspErr.OK


@calls.add
def gpio_intr_enable(firmware: Firmware, pin: int, on: int) -> int:
    GpioDriver.of(firmware.machine).enable_interrupt(pin, on=bool(on))
    return EspErr.OK


@calls.add
def gpio_install_isr_service(firmware: Firmware, _flags: int) -> int:
    GpioDriver.of(firmware.machine).install_service()
    return EspErr.OK


@calls.add
def gpio_uninstall_isr_service(firmware: Firmware) -> None:
    GpioDriver.of(firmware.machine).uninstall_service()


@calls.add
def gpio_isr_handler_add(firmware: Firmware, pin: int, handler: int, argument: int) -> int:
    def run() -> None:
        firmware.call_in_interrupt(handler, argument)

    GpioDriver.of(firmware.machine).add_handler(pin, run if handler else None)
    return EspErr.OK


# -- timers ----------------------------------------------------------------------------------------------------------


def _timer(firmware: Firmware, handle: int) -> GpTimer:
    return find(firmware, handle, GpTimer, "timer")


@calls.add
def gptimer_new_timer(firmware: Firmware, has_all: int, resolution_hz: int, count_up: int) -> int:
    if not has_all:
        return pair(EspErr.INVALID_ARG)
    timer = GpTimer(firmware.machine, resolution_hz=resolution_hz, count_up=bool(count_up))
    return pair(EspErr.OK, known(firmware, timer))


@calls.add
def gptimer_del_timer(firmware: Firmware, handle: int) -> int:
    _timer(firmware, handle).delete()
    del firmware.handles[handle]
    return EspErr.OK


@calls.add
def gptimer_set_raw_count(firmware: Firmware, handle: int, value: int) -> int:
    _timer(firmware, handle).core.set_count(value)
    return EspErr.OK


@calls.add
def gptimer_check(firmware: Firmware, handle: int, has_out: int) -> int:
    _timer(firmware, handle)
    return EspErr.OK if has_out else EspErr.INVALID_ARG


@calls.add
def gptimer_value(firmware: Firmware, handle: int, member: int) -> int:
    core = _timer(firmware, handle).core
    return (core.count, core.captured, core.resolution_hz)[member]


@calls.add
def gptimer_register_event_callbacks(
    firmware: Firmware, handle: int, has_callbacks: int, alarm: int, argument: int
) -> int:
    timer = _timer(firmware, handle)
    if not has_callbacks:
        return EspErr.INVALID_ARG
    timer.register_callbacks(_alarm(firmware, handle, alarm, argument) if alarm else None)
    return EspErr.OK


def _alarm(firmware: Firmware, handle: int, function: int, argument: int) -> AlarmCallback:
    def run(_timer: GpTimer, event: AlarmEvent) -> bool:
        address, memory = firmware.empty_event(), firmware.machine.memory
        memory.poke(address, event.count_value.to_bytes(8, "little") + event.alarm_value.to_bytes(8, "little"))
        try:
            return bool(firmware.call_in_interrupt(function, handle, address, argument) & 0xFF)
        finally:
            memory.poke(address, bytes(16))

    return run


@calls.add
def gptimer_set_alarm_action(
    firmware: Firmware, handle: int, has_config: int, count: int, reload: int, auto_reload: int
) -> int:
    _timer(firmware, handle).set_alarm(
        count if has_config else None, reload_count=reload, auto_reload=bool(auto_reload)
    )
    return EspErr.OK


@calls.add
def gptimer_enable(firmware: Firmware, handle: int) -> int:
    _timer(firmware, handle).enable()
    return EspErr.OK


@calls.add
def gptimer_disable(firmware: Firmware, handle: int) -> int:
    _timer(firmware, handle).disable()
    return EspErr.OK


@calls.add
def gptimer_start(firmware: Firmware, handle: int) -> int:
    _timer(firmware, handle).start()
    return EspErr.OK


@calls.add
def gptimer_stop(firmware: Firmware, handle: int) -> int:
    _timer(firmware, handle).stop()
    return EspErr.OK
