"""Where ETM events and tasks come from: GPIO, timers, GDMA, async memcpy, `esp_timer` and the system tick.

Numbers of GDMA events and tasks come from the chip's description; those of GPIO are the same on all chips; those of
timers are known for ESP32-C6 and H2, and ours on other chips (from 512 on, which no hardware uses).
Source: ESP-IDF components/esp_driver_gpio/src/gpio_etm.c, components/esp_driver_gptimer/src/gptimer_etm.c,
components/esp_timer/src/esp_timer_etm.c, gdma_etm.c, components/soc/<chip>/include/soc/soc_etm_source.h.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum

from dmalab.core.channel import Direction
from dmalab.core.clock import PS_PER_MS
from dmalab.core.machine import BareMachine
from dmalab.idf.async_memcpy import AsyncMemcpy
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.etm import EtmEvent, EtmTask, matrix
from dmalab.idf.gdma import GdmaChannel
from dmalab.idf.gpio import Edge, GpioDriver
from dmalab.idf.gptimer import GpTimer
from dmalab.idf.release import of as release_of

GPIO_CHANNELS = 8
GPIO_EVENT_BASES = {Edge.POSEDGE: 1, Edge.NEGEDGE: 9, Edge.ANYEDGE: 17}
OURS = 512
"""First of the numbers that are not the chip's own."""
C6_TIMER_EVENT = 48
C6_SYSTIMER_EVENT = 50
TICK_PS = 10 * PS_PER_MS


class GpioAction(IntEnum):
    """`gpio_etm_task_action_t`."""

    SET = 1
    CLR = 2
    TOG = 3


class TimerTask(IntEnum):
    """`gptimer_etm_task_type_t`."""

    START_COUNT = 0
    STOP_COUNT = 1
    EN_ALARM = 2
    RELOAD = 3
    CAPTURE = 4


GPIO_TASK_BASES = {GpioAction.SET: 1, GpioAction.CLR: 9, GpioAction.TOG: 17}
C6_TIMER_TASKS = {
    TimerTask.START_COUNT: 88,
    TimerTask.EN_ALARM: 90,
    TimerTask.STOP_COUNT: 92,
    TimerTask.RELOAD: 94,
    TimerTask.CAPTURE: 96,
}


# -- GPIO --------------------------------------------------------------------------------------------------------------


class _EventLane:
    """One of the eight channels that watch a pin."""

    def __init__(self) -> None:
        self.events: set[int] = set()
        self.pin: int | None = None


class _TaskLane:
    """One of the eight channels that drive pins."""

    def __init__(self) -> None:
        self.tasks: set[int] = set()
        self.pins: set[int] = set()


class _GpioLanes:
    """The lanes of one machine."""

    def __init__(self, machine: BareMachine) -> None:
        self._machine = machine
        self.events = [_EventLane() for _ in range(GPIO_CHANNELS)]
        self.tasks = [_TaskLane() for _ in range(GPIO_CHANNELS)]
        machine.gpio.listen(self._changed)

    @classmethod
    def of(cls, machine: BareMachine) -> _GpioLanes:
        lanes = machine.layers.get("idf gpio etm")
        if not isinstance(lanes, cls):
            lanes = machine.layers["idf gpio etm"] = cls(machine)
        return lanes

    def _changed(self, pin: int, level: int) -> None:
        etm = self._machine.etm
        for number, lane in enumerate(self.events):
            if lane.pin != pin or etm is None:
                continue
            for edge in (Edge.POSEDGE if level else Edge.NEGEDGE, Edge.ANYEDGE):
                if edge in lane.events:
                    etm.fire(GPIO_EVENT_BASES[edge] + number)


class GpioEtmEvent(EtmEvent):
    """An edge of a pin."""

    lane = -1
    edge = 0

    def bind(self, pin: int) -> None:
        """`gpio_etm_event_bind_gpio`; a negative pin unbinds.

        Raises:
            IdfError: INVALID_ARG for no such pin, or (v5.3 on) while the channel watches another one.
        """
        driver, lane = GpioDriver.of(self.machine), _GpioLanes.of(self.machine).events[self.lane]
        if pin < 0:
            lane.pin = None
            return
        driver.pin(pin)
        if lane.pin is not None and lane.pin != pin and release_of(self.machine).since("5.3"):
            raise IdfError(EspErr.INVALID_ARG, f"the event's channel watches GPIO {lane.pin}")
        lane.pin = pin


class GpioEtmTask(EtmTask):
    """Setting, clearing or toggling pins."""

    lane = -1
    action = 0

    def add(self, pin: int) -> None:
        """`gpio_etm_task_add_gpio`.

        Raises:
            IdfError: INVALID_ARG for no such pin, or one that another channel drives (INVALID_STATE up to v5.2).
        """
        GpioDriver.of(self.machine).pin(pin)
        lanes = _GpioLanes.of(self.machine).tasks
        modern = release_of(self.machine).since("5.3")
        busy = any(pin in lane.pins for number, lane in enumerate(lanes) if number != self.lane or not modern)
        if busy:
            raise IdfError(
                EspErr.INVALID_ARG if modern else EspErr.INVALID_STATE, f"GPIO {pin} is driven by another channel"
            )
        lanes[self.lane].pins.add(pin)

    def remove(self, pin: int) -> None:
        """`gpio_etm_task_rm_gpio`.

        Raises:
            IdfError: INVALID_ARG for no such pin, or one that was not added (INVALID_STATE up to v5.2).
        """
        GpioDriver.of(self.machine).pin(pin)
        pins = _GpioLanes.of(self.machine).tasks[self.lane].pins
        if pin not in pins:
            modern = release_of(self.machine).since("5.3")
            raise IdfError(EspErr.INVALID_ARG if modern else EspErr.INVALID_STATE, f"GPIO {pin} was not added")
        pins.discard(pin)


def gpio_new_etm_events(machine: BareMachine, edges: Sequence[int]) -> list[GpioEtmEvent]:
    """`gpio_new_etm_event`: events of one channel, in the order of their edges; one edge up to v5.2.

    Raises:
        IdfError: INVALID_ARG for no, an unknown or a repeated edge, NOT_FOUND when all channels are taken,
            NOT_SUPPORTED, NO_MEM.
    """
    matrix(machine)
    if not edges or len(set(edges)) < len(edges) or any(edge not in GPIO_EVENT_BASES for edge in edges):
        raise IdfError(EspErr.INVALID_ARG, f"edges {list(edges)}")
    lanes = _GpioLanes.of(machine).events
    number = next((number for number, lane in enumerate(lanes) if not lane.events), None)
    if number is None:
        raise IdfError(EspErr.NOT_FOUND, "all GPIO event channels are taken")
    lane, made = lanes[number], []
    for edge in edges:
        event = GpioEtmEvent(machine, GPIO_EVENT_BASES[Edge(edge)] + number, "GPIO", _leave(lane, edge))
        event.lane, event.edge = number, edge
        lane.events.add(edge)
        made.append(event)
    return made


def _leave(lane: _EventLane, edge: int) -> Callable[[], None]:
    def leave() -> None:
        lane.events.discard(edge)
        if not lane.events:
            lane.pin = None

    return leave


def gpio_new_etm_tasks(machine: BareMachine, actions: Sequence[int]) -> list[GpioEtmTask]:
    """`gpio_new_etm_task`: tasks of one channel, in the order of their actions; one action up to v5.2.

    Raises:
        IdfError: INVALID_ARG for no, an unknown or a repeated action, NOT_FOUND when all channels are taken,
            NOT_SUPPORTED, NO_MEM.
    """
    etm = matrix(machine)
    if not actions or len(set(actions)) < len(actions) or any(action not in GPIO_TASK_BASES for action in actions):
        raise IdfError(EspErr.INVALID_ARG, f"actions {list(actions)}")
    lanes = _GpioLanes.of(machine).tasks
    number = next((number for number, lane in enumerate(lanes) if not lane.tasks), None)
    if number is None:
        raise IdfError(EspErr.NOT_FOUND, "all GPIO task channels are taken")
    lane, made = lanes[number], []
    for action in actions:
        task = GpioEtmTask(machine, GPIO_TASK_BASES[GpioAction(action)] + number, "GPIO", lambda: None)
        task.on_delete = _leave_task(lane, action, task)
        task.lane, task.action = number, action
        lane.tasks.add(action)
        etm.provide(task.number, _drive(machine, lane, action))
        made.append(task)
    return made


def _leave_task(lane: _TaskLane, action: int, task: GpioEtmTask) -> Callable[[], None]:
    def leave() -> None:
        if lane.pins and len(lane.tasks) == 1:
            raise IdfError(EspErr.INVALID_STATE, "pins are still bound to the task")
        lane.tasks.discard(action)
        matrix(task.machine).withdraw(task.number)

    return leave


def _drive(machine: BareMachine, lane: _TaskLane, action: int) -> Callable[[], None]:
    def drive() -> None:
        driver = GpioDriver.of(machine)
        for pin in sorted(lane.pins):
            if action == GpioAction.TOG:
                driver.toggle(pin)
            else:
                driver.set_level(pin, action == GpioAction.SET)

    return drive


def _stays() -> None:
    """Deleting the object frees no hardware: a channel of the matrix that leads from or to it goes on doing so."""


# -- GDMA and async memcpy -----------------------------------------------------------------------------------------------


def _gdma_number(channel: GdmaChannel, name: str) -> int:
    return _engine_number(channel.machine, channel.engine.facts.etm_name, name, channel.core.number)


def _engine_number(machine: BareMachine, prefix: str, name: str, channel: int) -> int:
    etm = machine.chip.etm
    table = {**etm.events, **etm.tasks} if etm is not None else {}
    ids = table.get(f"{prefix}_{name}", ())
    if channel >= len(ids):
        raise IdfError(EspErr.NOT_SUPPORTED, f"channel {channel} has no number in the matrix")
    return ids[channel]


def gdma_new_etm_event(channel: GdmaChannel) -> EtmEvent:
    """`gdma_new_etm_event`: the end of a frame.

    Raises:
        IdfError: NOT_SUPPORTED when the chip has no number for it, NO_MEM.
    """
    etm = matrix(channel.machine)
    name = "EVT_IN_SUC_EOF" if channel.direction is Direction.RX else "EVT_OUT_EOF"
    number = _gdma_number(channel, name)
    event = EtmEvent(channel.machine, number, channel.title, _stays)
    channel.core.hardware_eof = lambda: etm.fire(number)
    return event


def gdma_new_etm_task(channel: GdmaChannel) -> EtmTask:
    """`gdma_new_etm_task`: starting the channel with the list it was given last; software can't start or stop it meanwhile.

    Raises:
        IdfError: NOT_SUPPORTED when the chip has no number for it, NO_MEM.
    """
    etm = matrix(channel.machine)
    number = _gdma_number(channel, "TASK_IN_START" if channel.direction is Direction.RX else "TASK_OUT_START")

    def leave() -> None:
        channel.etm_task = False
        etm.withdraw(number)

    task = EtmTask(channel.machine, number, channel.title, leave)
    channel.etm_task = True
    etm.provide(number, lambda: channel.engine.start(channel.core, channel.core.head))
    return task


def esp_async_memcpy_new_etm_event(driver: AsyncMemcpy) -> EtmEvent:
    """`esp_async_memcpy_new_etm_event`, COPY_DONE: fires in hardware when a request's bytes are in memory, before its callback.

    Raises:
        IdfError: NOT_SUPPORTED on CP_DMA and where the chip has no number for it, NO_MEM.
    """
    backend = driver.backend
    machine = backend.machine
    if backend.is_cp_dma:
        raise IdfError(EspErr.NOT_SUPPORTED, "CP_DMA has no events in the matrix")
    etm = matrix(machine)
    channel = backend.pair.rx
    number = _engine_number(machine, backend.engine.facts.etm_name, "EVT_IN_SUC_EOF", channel.number)
    event = EtmEvent(machine, number, driver.title, _stays)
    channel.hardware_eof = lambda: etm.fire(number)
    return event


# -- timers --------------------------------------------------------------------------------------------------------------


def _knows_timers(machine: BareMachine) -> bool:
    return machine.chip.name in ("esp32c6", "esp32h2")


def gptimer_new_etm_event(timer: GpTimer) -> EtmEvent:
    """`gptimer_new_etm_event`, ALARM_MATCH: fires with the alarm, whether or not that raises an interrupt.

    Raises:
        IdfError: NOT_SUPPORTED, NO_MEM.
    """
    etm = matrix(timer.machine)
    number = (C6_TIMER_EVENT if _knows_timers(timer.machine) else OURS) + timer.core.number
    event = EtmEvent(timer.machine, number, timer.title, _stays)
    timer.core.on_event = lambda: etm.fire(number)
    return event


def gptimer_new_etm_task(timer: GpTimer, kind: int) -> EtmTask:
    """`gptimer_new_etm_task`.

    Raises:
        IdfError: INVALID_ARG for an unknown kind, NOT_SUPPORTED, NO_MEM.
    """
    etm, core = matrix(timer.machine), timer.core
    if kind not in list(TimerTask):
        raise IdfError(EspErr.INVALID_ARG, f"task {kind}")
    base = C6_TIMER_TASKS[TimerTask(kind)] if _knows_timers(timer.machine) else OURS + 16 * (kind + 1)
    number = base + core.number
    actions = {
        TimerTask.START_COUNT: core.start,
        TimerTask.STOP_COUNT: core.stop,
        TimerTask.EN_ALARM: core.enable_alarm,
        TimerTask.RELOAD: core.reload,
        TimerTask.CAPTURE: core.capture,
    }
    task = EtmTask(timer.machine, number, timer.title, _stays)
    etm.provide(number, actions[TimerTask(kind)])
    return task


def esp_timer_new_etm_alarm_event(machine: BareMachine) -> EtmEvent:
    """`esp_timer_new_etm_alarm_event`: the hardware alarm behind `esp_timer`, whichever timer is due.

    Raises:
        IdfError: NOT_SUPPORTED, NO_MEM.
    """
    etm = matrix(machine)
    number = C6_SYSTIMER_EVENT + 2 if _knows_timers(machine) else OURS + 8
    hooks = machine.layers.setdefault("esp_timer alarms", [])
    hook = lambda: etm.fire(number)  # noqa: E731
    hooks.append(hook)
    return EtmEvent(machine, number, "esp_timer", lambda: hooks.remove(hook))


def esp_systick_new_etm_alarm_event(machine: BareMachine, core: int) -> EtmEvent:
    """`esp_systick_new_etm_alarm_event`: the tick of a core, 100 times a second, as long as any task is alive.

    Raises:
        IdfError: INVALID_ARG for no such core, NOT_SUPPORTED, NO_MEM.
    """
    etm = matrix(machine)
    if not 0 <= core < machine.chip.cores:
        raise IdfError(EspErr.INVALID_ARG, f"core {core}")
    number = (C6_SYSTIMER_EVENT if _knows_timers(machine) else OURS + 10) + core
    alive = [True]
    event = EtmEvent(machine, number, f"system tick of core {core}", alive.clear)

    def tick() -> None:
        if alive and machine.scheduler.tasks:
            etm.fire(number)
            machine.clock.schedule(TICK_PS, tick)

    machine.clock.schedule(TICK_PS - machine.clock.now_ps % TICK_PS, tick)
    return event
