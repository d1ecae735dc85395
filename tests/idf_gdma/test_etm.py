"""The event task matrix with its sources and sinks (idf-api §6; rows 15 and 27 to 35 of ESP-IDF's own tests)."""

from __future__ import annotations

import pytest

from dmalab import Machine
from dmalab.idf import MALLOC_CAP_DMA, AsyncMemcpy, EspErr
from dmalab.idf import etm_sources as sources
from dmalab.idf.etm import EtmChannelHandle, dump
from dmalab.idf.etm_sources import GpioAction, TimerTask
from dmalab.idf.gpio import Edge, GpioDriver
from dmalab.idf.gptimer import GpTimer

from .conftest import play, refused, rules

BOTH = 3


def pins(machine: Machine, *numbers: int) -> GpioDriver:
    driver = GpioDriver.of(machine)
    for number in numbers:
        driver.set_direction(number, BOTH)
    return driver


def lane(machine: Machine, event: object, task: object) -> EtmChannelHandle:
    channel = EtmChannelHandle(machine)
    channel.connect(event, task)  # type: ignore[arg-type]
    channel.enable()
    return channel


def test_channels_run_out() -> None:
    """Row 27."""
    machine = Machine("esp32c6")
    channels = [EtmChannelHandle(machine) for _ in range(50)]
    with refused(EspErr.NOT_FOUND, "§6.1"):
        EtmChannelHandle(machine)
    channels[3].enable()
    with refused(EspErr.INVALID_STATE, "§6.1: enabled"):
        channels[3].enable()
    with refused(EspErr.INVALID_STATE, "§6.1: enabled"):
        channels[3].delete()
    channels[3].disable()
    with refused(EspErr.INVALID_STATE, "§6.1: not enabled"):
        channels[3].disable()
    for channel in channels:
        channel.delete()
    assert EtmChannelHandle(machine).id == 0


def test_no_matrix() -> None:
    with refused(EspErr.NOT_SUPPORTED):
        EtmChannelHandle(Machine("esp32s3"))


def test_the_dump() -> None:
    machine = Machine("esp32c6")
    event, (task,) = (
        sources.gpio_new_etm_events(machine, [Edge.POSEDGE])[0],
        sources.gpio_new_etm_tasks(machine, [GpioAction.SET]),
    )
    lane(machine, event, task)
    EtmChannelHandle(machine)
    assert dump(machine).split("\r\n")[1:3] == ["channel 0: event 1 ==> task 1", "channel 1: created but not enabled"]


def test_connecting_while_enabled_and_to_nothing() -> None:
    async def main(machine: Machine) -> None:
        driver = pins(machine, 0, 1)
        (event,), (task,) = (
            sources.gpio_new_etm_events(machine, [Edge.ANYEDGE]),
            sources.gpio_new_etm_tasks(machine, [GpioAction.TOG]),
        )
        event.bind(0)
        task.add(1)
        channel = lane(machine, event, None)
        driver.set_level(0, 1)
        assert driver.get_level(1) == 0
        channel.connect(event, task)
        driver.set_level(0, 0)
        assert driver.get_level(1) == 1
        channel.connect(None, task)
        driver.set_level(0, 1)
        assert driver.get_level(1) == 1

    play(main, "esp32c6")


def test_an_edge_toggles_a_pin() -> None:
    """Row 28."""

    async def main(machine: Machine) -> None:
        driver = pins(machine, 0, 1)
        (event,), (task,) = (
            sources.gpio_new_etm_events(machine, [Edge.ANYEDGE]),
            sources.gpio_new_etm_tasks(machine, [GpioAction.TOG]),
        )
        event.bind(0)
        task.add(1)
        channel = lane(machine, event, task)
        for number in range(10):
            driver.set_level(0, number & 1)
        assert driver.get_level(1) == 1
        for number in range(5):
            driver.set_level(0, number & 1)
        assert driver.get_level(1) == 0
        with refused(EspErr.INVALID_STATE, "§6.2: pins bound"):
            task.delete()
        with refused(EspErr.INVALID_ARG, "§6.2: not added"):
            task.remove(10)
        task.remove(1)
        channel.disable()
        for one in (task, event, channel):
            one.delete()

    assert rules(play(main, "esp32c6")) == []


def test_several_actions_of_one_channel() -> None:
    """Row 29."""

    async def main(machine: Machine) -> None:
        driver = pins(machine, 0, 1, 2)
        (up,), (down,) = (
            sources.gpio_new_etm_events(machine, [Edge.POSEDGE]),
            sources.gpio_new_etm_events(machine, [Edge.POSEDGE]),
        )
        up.bind(0)
        down.bind(2)
        set_, clear = sources.gpio_new_etm_tasks(machine, [GpioAction.SET, GpioAction.CLR])
        assert (set_.number, clear.number) == (1, 9)
        set_.add(1)
        lane(machine, up, set_)
        lane(machine, down, clear)
        driver.set_level(0, 1)
        assert driver.get_level(1) == 1
        driver.set_level(0, 0)
        driver.set_level(2, 1)
        assert driver.get_level(1) == 0
        with refused(EspErr.INVALID_ARG, "§6.2: bound elsewhere"):
            down.bind(0)
        down.bind(2)
        (other,) = sources.gpio_new_etm_tasks(machine, [GpioAction.TOG])
        with refused(EspErr.INVALID_ARG, "§6.2: driven by another channel"):
            other.add(1)

    play(main, "esp32p4")


@pytest.mark.parametrize("edges", [[], [Edge.POSEDGE, Edge.POSEDGE], [7]])
def test_edges_that_make_no_sense(edges: list[int]) -> None:
    with refused(EspErr.INVALID_ARG, "§6.2"):
        sources.gpio_new_etm_events(Machine("esp32c6"), edges)
    with refused(EspErr.INVALID_ARG, "§6.2"):
        sources.gpio_new_etm_tasks(Machine("esp32c6"), edges)


def test_eight_channels_each() -> None:
    machine = Machine("esp32c6")
    for number in range(8):
        assert sources.gpio_new_etm_events(machine, [Edge.ANYEDGE])[0].number == 17 + number
        assert sources.gpio_new_etm_tasks(machine, [GpioAction.CLR])[0].number == 9 + number
    with refused(EspErr.NOT_FOUND, "§6.2"):
        sources.gpio_new_etm_events(machine, [Edge.ANYEDGE])
    with refused(EspErr.NOT_FOUND, "§6.2"):
        sources.gpio_new_etm_tasks(machine, [GpioAction.CLR])


def test_codes_that_changed_with_v5_3() -> None:
    for release, code in (("v5.2", EspErr.INVALID_STATE), ("v5.3", EspErr.INVALID_ARG)):
        machine = Machine("esp32c6", idf=release)
        (first,), (second,) = (
            sources.gpio_new_etm_tasks(machine, [GpioAction.SET]),
            sources.gpio_new_etm_tasks(machine, [GpioAction.CLR]),
        )
        first.add(1)
        with refused(code, "§6.2 add"):
            second.add(1)
        with refused(code, "§6.2 rm"):
            second.remove(1)
        with refused(EspErr.INVALID_ARG, "§6.2"):
            first.add(99)
    machine = Machine("esp32c6", idf="v5.2")
    (event,) = sources.gpio_new_etm_events(machine, [Edge.POSEDGE])
    event.bind(1)
    event.bind(2)  # rebinds silently


def test_one_event_per_copy_request() -> None:
    """Row 15: an odd number of toggles."""

    async def main(machine: Machine) -> None:
        driver = pins(machine, 1)
        driver.set_level(1, 1)
        mcp = AsyncMemcpy.install(machine)
        event = sources.esp_async_memcpy_new_etm_event(mcp)
        (task,) = sources.gpio_new_etm_tasks(machine, [GpioAction.TOG])
        task.add(1)
        channel = lane(machine, event, task)
        src, dst = machine.heap.alloc(9000, MALLOC_CAP_DMA), machine.heap.alloc(9000, MALLOC_CAP_DMA)
        src.write(bytes(9000))
        for _ in range(19):
            mcp.memcpy(dst, src, 9000)
            await machine.sleep_us(1000)
        assert driver.get_level(1) == 0
        task.remove(1)
        channel.disable()
        for one in (task, event, channel):
            one.delete()
        mcp.uninstall()
        src.free()
        dst.free()

    assert rules(play(main, "esp32c6")) == []
    with refused(EspErr.NOT_SUPPORTED, "§1.9"):
        sources.esp_async_memcpy_new_etm_event(AsyncMemcpy.install(Machine("esp32s2")))


def test_a_deleted_event_still_leads_where_it_led() -> None:
    """idf-api §6.1: connections are not tracked, so the ids stay programmed until the channel is disabled or deleted."""

    async def main(machine: Machine) -> None:
        driver = pins(machine, 1)
        timer = GpTimer(machine, resolution_hz=1_000_000)
        timer.set_alarm(100, auto_reload=True)
        (task,) = sources.gpio_new_etm_tasks(machine, [GpioAction.SET])
        task.add(1)
        event = sources.gptimer_new_etm_event(timer)
        channel = lane(machine, event, task)
        event.delete()
        timer.enable()
        timer.start()
        await machine.sleep_us(150)
        assert driver.get_level(1) == 1
        driver.set_level(1, 0)
        channel.disable()
        timer.core.enable_alarm()
        await machine.sleep_us(150)
        assert driver.get_level(1) == 0

    play(main, "esp32c6")


def test_alarms_toggle_a_pin_without_an_interrupt() -> None:
    """Row 30: without a callback the alarm must be armed again by the matrix."""

    async def main(machine: Machine) -> None:
        pins(machine, 1)
        changes: list[float] = []
        machine.gpio.listen(lambda _pin, _level: changes.append(machine.now_us), 1)
        timer = GpTimer(machine, resolution_hz=1_000_000)
        timer.set_alarm(100, auto_reload=True)
        event, arm = sources.gptimer_new_etm_event(timer), sources.gptimer_new_etm_task(timer, TimerTask.EN_ALARM)
        assert (event.number, arm.number) == (48, 90)
        (task,) = sources.gpio_new_etm_tasks(machine, [GpioAction.TOG])
        task.add(1)
        lane(machine, event, task)
        timer.enable()
        timer.start()
        await machine.sleep_us(1000)
        assert changes == [100]
        lane(machine, event, arm)
        timer.stop()
        timer.core.enable_alarm()
        timer.core.set_count(0)
        timer.start()
        await machine.sleep_us(350)
        assert [round(at - changes[1]) for at in changes[1:]] == [0, 100, 200]

    play(main, "esp32c6")


def test_the_matrix_reloads_the_counter_and_arms_the_alarm_again() -> None:
    """Row 31: no reload by the timer itself; one event through three channels."""

    async def main(machine: Machine) -> None:
        pins(machine, 1)
        changes: list[float] = []
        machine.gpio.listen(lambda _pin, _level: changes.append(machine.now_us), 1)
        timer = GpTimer(machine, resolution_hz=1_000_000)
        timer.set_alarm(100)
        event = sources.gptimer_new_etm_event(timer)
        (toggle,) = sources.gpio_new_etm_tasks(machine, [GpioAction.TOG])
        toggle.add(1)
        for task in (
            toggle,
            sources.gptimer_new_etm_task(timer, TimerTask.EN_ALARM),
            sources.gptimer_new_etm_task(timer, TimerTask.RELOAD),
        ):
            lane(machine, event, task)
        timer.enable()
        timer.start()
        await machine.sleep_us(450)
        assert [round(at) for at in changes] == [100, 200, 300, 400]

    play(main, "esp32c6")


def test_capture_start_and_stop() -> None:
    """Rows 32 and 33."""

    async def main(machine: Machine) -> None:
        driver = pins(machine, 0)
        timer = GpTimer(machine, resolution_hz=1_000_000)
        up, down = sources.gpio_new_etm_events(machine, [Edge.POSEDGE, Edge.NEGEDGE])
        up.bind(0)
        lane(machine, up, sources.gptimer_new_etm_task(timer, TimerTask.START_COUNT))
        lane(machine, down, sources.gptimer_new_etm_task(timer, TimerTask.STOP_COUNT))
        lane(machine, down, sources.gptimer_new_etm_task(timer, TimerTask.CAPTURE))
        driver.set_level(0, 1)
        await machine.sleep_us(500_000)
        assert abs(timer.core.count - 500_000) < 1000
        driver.set_level(0, 0)
        stopped = timer.core.count
        await machine.sleep_us(500_000)
        assert timer.core.count == stopped == timer.core.captured
        assert timer.state == "init", "the driver never knew"
        up.delete()

    play(main, "esp32c6")


def test_timers() -> None:
    machine = Machine("esp32c6")
    first, second = GpTimer(machine, resolution_hz=1_000_000), GpTimer(machine, resolution_hz=40_000_000)
    with refused(EspErr.NOT_FOUND):
        GpTimer(machine, resolution_hz=1_000_000)
    for wrong in (first.start, first.stop, first.disable):
        with refused(EspErr.INVALID_STATE):
            wrong()
    first.enable()
    for wrong in (first.enable, first.delete, lambda: first.register_callbacks(None)):
        with refused(EspErr.INVALID_STATE):
            wrong()
    with refused(EspErr.INVALID_ARG):
        first.set_alarm(5, reload_count=5, auto_reload=True)
    with refused(EspErr.INVALID_ARG):
        sources.gptimer_new_etm_task(first, 9)
    second.delete()
    with refused(EspErr.INVALID_ARG):
        GpTimer(machine, resolution_hz=80_000_000)


def test_a_timer_counts_down() -> None:
    async def main(machine: Machine) -> None:
        seen: list[int] = []
        timer = GpTimer(machine, resolution_hz=1_000_000, count_up=False)
        timer.register_callbacks(lambda _timer, event: seen.append(event.count_value))
        timer.core.set_count(500)
        timer.set_alarm(200)
        timer.enable()
        timer.start()
        await machine.sleep_us(1000)
        assert seen == [200]

    play(main, "esp32c6")


def test_the_tick_of_a_core() -> None:
    """Row 35."""

    async def main(machine: Machine) -> None:
        driver = pins(machine, 1)
        changes: list[float] = []
        machine.gpio.listen(lambda _pin, _level: changes.append(machine.now_us), 1)
        event = sources.esp_systick_new_etm_alarm_event(machine, 0)
        (task,) = sources.gpio_new_etm_tasks(machine, [GpioAction.TOG])
        task.add(1)
        lane(machine, event, task)
        await machine.sleep_us(35_000)
        event.delete()
        assert changes == [10_000, 20_000, 30_000]
        with refused(EspErr.INVALID_ARG, "§6.2"):
            sources.esp_systick_new_etm_alarm_event(machine, 1)
        assert driver.get_level(1) == 1

    play(main, "esp32c6")
