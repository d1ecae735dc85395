"""How the program runs: isr-context, deadlock, guest-fault."""

from __future__ import annotations

from typing import Any

from dmalab import Machine
from dmalab.core.events import Fault, Stamp
from dmalab.core.tasks import WouldBlock
from dmalab.idf import MALLOC_CAP_DMA, AsyncMemcpy

from .scenes import Scene


def in_callback(scene: Scene, action: Any) -> Any:
    """A script in which `action` runs in the callback of a copy."""
    src, dst = scene.alloc("src", 16, MALLOC_CAP_DMA), scene.alloc("dst", 16, MALLOC_CAP_DMA)

    async def main(machine: Machine) -> None:
        src.write(bytes(16))
        with AsyncMemcpy.install(machine) as mcp:
            mcp.memcpy(dst, src, 16, lambda _event: action())
            await machine.sleep_us(100)

    return main


def step(coroutine: Any) -> Any:
    """What a call that must not wait answers."""
    try:
        coroutine.send(None)  # (call)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


def test_a_blocking_call_in_an_interrupt() -> None:
    scene = Scene()
    lock = scene.machine.semaphore()

    def block() -> None:
        assert step(lock.take(call="xSemaphoreTake")) is False

    assert scene.play(in_callback(scene, block)) == ["isr-context certain"]
    assert scene.told("isr-context") == (
        "error certain, seen 1 x\n"
        "xSemaphoreTake was called in an interrupt, but it may wait\n"
        "called (call) in step by interrupt (on idle)\n"
        "fix at (call): take the semaphore in a task; an interrupt gives it with xSemaphoreGiveFromISR()"
    )


def test_a_sleep_in_an_interrupt_raises() -> None:
    scene = Scene()

    def block() -> None:
        try:
            scene.machine.sleep_us(5).send(None)
        except WouldBlock:
            return
        raise AssertionError("slept")

    assert scene.play(in_callback(scene, block)) == ["isr-context certain"]


def test_a_task_level_call_that_does_not_wait_is_a_warning() -> None:
    scene = Scene()
    lock = scene.machine.mutex()

    def take() -> None:
        assert step(lock.take(timeout_us=0, call="xSemaphoreTake")) is False

    assert scene.play(in_callback(scene, take)) == ["isr-context certain"]
    (finding,) = scene.found("isr-context")
    assert (finding.severity.value, finding.message) == (
        "warning",
        "xSemaphoreTake was called in an interrupt, but it is for tasks only",
    )


def test_a_blocking_call_in_a_critical_section() -> None:
    scene = Scene()

    async def main(machine: Machine) -> None:
        lock = machine.semaphore(count=1)
        machine.scheduler.interrupts.mask()
        assert await lock.take(call="vendor_take")
        machine.scheduler.interrupts.unmask()

    assert scene.play(main) == ["isr-context certain"]
    (finding,) = scene.found("isr-context")
    assert finding.message == "vendor_take was called in a critical section, but it may wait"
    assert finding.fix.endswith(": the FromISR form, or leave it to a task that the interrupt wakes")


def test_trying_and_giving_are_fine_in_an_interrupt() -> None:
    scene = Scene()
    lock, box = scene.machine.semaphore(), scene.machine.queue(2)

    def act() -> None:
        lock.give_from_isr()
        assert step(lock.take(timeout_us=0))
        assert box.try_send(1)
        assert step(box.send(2, timeout_us=0))
        assert box.try_receive() == (True, 1)

    assert scene.play(in_callback(scene, act)) == []


def test_a_deadlock_names_every_task_and_what_it_waits_for() -> None:
    scene = Scene()

    async def main(machine: Machine) -> None:
        first, second = machine.mutex(name="first"), machine.mutex(name="second")

        async def other() -> None:
            await second.take()
            await first.take()  # (other waits)

        await first.take()
        machine.task(other(), name="other", priority=5)
        await machine.sleep_us(1)
        await second.take()  # (main waits)

    assert scene.play(main) == ["deadlock certain"]
    told = scene.told("deadlock").splitlines()
    assert (
        told[1] == "every task waits and nothing is pending: main waits for mutex second; other waits for mutex first"
    )
    assert told[2:4] == [
        "waiting (main waits) in main by main: mutex second",
        "waiting (other waits) in other by other: mutex first",
    ]


def test_a_service_task_may_wait_for_more_work() -> None:
    scene = Scene()

    async def main(machine: Machine) -> None:
        box = machine.queue(4)

        async def serve() -> None:
            while True:
                await box.receive()

        machine.task(serve(), name="server")
        await box.send(1)

    assert scene.play(main) == []
    assert scene.report is not None
    assert scene.report.notes == ("ended idle: server waiting for more work",)


def test_a_wait_that_was_never_served_is_no_service() -> None:
    scene = Scene()

    async def main(machine: Machine) -> None:
        box = machine.queue(4, name="jobs")

        async def serve() -> None:
            await box.receive()

        machine.task(serve(), name="server")

    assert scene.play(main) == ["deadlock certain"]


def test_a_wait_with_a_time_out_is_no_deadlock() -> None:
    scene = Scene()

    async def main(machine: Machine) -> None:
        assert not await machine.semaphore().take(timeout_us=1000)

    assert scene.play(main) == []


def test_a_program_that_goes_on_for_ever_is_stopped() -> None:
    scene = Scene()

    async def main(machine: Machine) -> None:
        while True:
            await machine.sleep_us(1000)

    report = scene.machine.run(main, limit_s=0.1)
    assert report.notes == ("stopped after 0.1 s of chip time with the program still running (see --timeout)",)
    assert report.verdict == "clean"


def test_guest_fault() -> None:
    scene = Scene()

    async def main(machine: Machine) -> None:
        by = machine.now()  # (crash)
        machine.bus.emit(Fault(message="the firmware read address 0", by=by, backtrace=(by.place,)))

    assert scene.play(main) == ["guest-fault certain"]
    assert scene.told("guest-fault") == (
        "error certain, seen 1 x\nthe firmware read address 0\nat (crash) in main by main\nfix "
    )


def test_a_backtrace_shows_five_callers() -> None:
    scene = Scene()

    async def main(machine: Machine) -> None:
        machine.bus.emit(Fault(message="abort", by=Stamp(), backtrace=(0,) * 20))

    scene.play(main)
    assert [where.role for where in scene.found("guest-fault")[0].where] == ["at"] + ["called from"] * 5
