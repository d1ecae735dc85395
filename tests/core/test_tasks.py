"""Tasks on virtual time: who runs when, who waits how long, and interrupts on top of all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmalab import chips
from dmalab.core.clock import PS_PER_MS, PS_PER_US
from dmalab.core.events import BlockedInInterrupt
from dmalab.core.machine import BareMachine
from dmalab.core.tasks import SLICE_PS, Stop, Task, WouldBlock

from .machines import calm

CHIP = chips.load("esp32s3")
FOREVER = 1 << 62


def board() -> BareMachine:
    """A chip on which switches and interrupts cost nothing."""
    machine = BareMachine(CHIP)
    machine.scheduler.switch_ps = 0
    machine.scheduler.interrupts.enter_ps = machine.scheduler.interrupts.exit_ps = 0
    return machine


def run(machine: BareMachine) -> Stop:
    scheduler = machine.scheduler
    return scheduler.run(lambda: not scheduler.tasks and machine.clock.next_due_ps() is None, FOREVER)


# -- priorities --------------------------------------------------------------------------------------------------------

WORK = st.lists(st.tuples(st.sampled_from(("busy", "sleep")), st.integers(1, 9)), min_size=1, max_size=6)


@calm(100)
@given(st.lists(WORK, min_size=1, max_size=4))
def test_the_most_urgent_task_that_is_ready_runs(programs: list[list[tuple[str, int]]]) -> None:
    """Every amount of work is done, by the task with the highest priority at every moment."""
    machine = board()
    trace: list[tuple[int, int, int, str]] = []

    async def work(number: int, program: list[tuple[str, int]]) -> None:
        for verb, amount in program:
            trace.append((machine.clock.now_ps, number, amount, f"{verb} begins"))
            if verb == "busy":
                await machine.cpu.spend(us=amount)
            else:
                await machine.sleep_us(amount)
            trace.append((machine.clock.now_ps, number, amount, f"{verb} ends"))

    for number, program in enumerate(programs):
        machine.task(work(number, program), name=str(number), priority=number)
    assert run(machine) is Stop.DONE
    busy: dict[int, list[tuple[int, int, int]]] = {}
    for number in range(len(programs)):
        own = [one for one in trace if one[1] == number]
        busy[number] = [
            (begin[0], end[0], begin[2]) for begin, end in zip(own[::2], own[1::2], strict=True) if "busy" in begin[3]
        ]
        for begin, end in zip(own[::2], own[1::2], strict=True):
            assert end[0] - begin[0] >= begin[2] * PS_PER_US
    # What a task works takes its own amount plus the work of more urgent ones in between, and not a moment more.
    for number, pieces in busy.items():
        for low, high, amount in pieces:
            above = [
                piece
                for other in range(number + 1, len(programs))
                for piece in busy[other]
                if piece[0] >= low and piece[1] <= high
            ]
            assert high - low == (amount + sum(piece[2] for piece in above)) * PS_PER_US


def test_a_woken_task_that_is_more_urgent_runs_at_once() -> None:
    machine = board()
    order: list[str] = []
    ready = machine.semaphore()

    async def urgent() -> None:
        await ready.take()
        order.append("urgent")

    async def lazy() -> None:
        ready.give()
        await machine.cpu.spend(us=1)
        order.append("lazy")

    machine.task(lazy(), priority=1)
    machine.task(urgent(), priority=2)
    run(machine)
    assert order == ["urgent", "lazy"]


def test_equals_take_turns_by_the_tick() -> None:
    machine = board()
    ends: dict[str, int] = {}

    async def work(name: str, ms: int) -> None:
        await machine.cpu.spend(us=1000 * ms)
        ends[name] = machine.clock.now_ps // PS_PER_MS

    for name, ms in (("a", 25), ("b", 25), ("c", 5)):
        machine.task(work(name, ms), name=name)
    run(machine)
    # a 0-10, b 10-20, c 20-25, a 25-35, b 35-45, a 45-50, b 50-55
    assert ends == {"c": 25, "a": 50, "b": 55}
    assert SLICE_PS == 10 * PS_PER_MS


def test_a_switch_costs_what_the_chip_says() -> None:
    machine = BareMachine(CHIP)

    async def work() -> None:
        await machine.cpu.spend(us=1)

    machine.task(work())
    machine.task(work())
    run(machine)
    assert machine.clock.now_ps == 2 * PS_PER_US + CHIP.timing.switch_ns * 1000


# -- waiting -----------------------------------------------------------------------------------------------------------


def test_a_wait_ends_at_its_time_or_when_it_is_served() -> None:
    machine = board()
    lock = machine.semaphore()
    answers: list[tuple[bool, int]] = []

    async def waiter() -> None:
        for timeout in (5, 100):
            got = await lock.take(timeout_us=timeout)
            answers.append((got, machine.clock.now_ps // PS_PER_US))

    async def giver() -> None:
        await machine.sleep_us(30)
        lock.give()

    machine.task(waiter())
    machine.task(giver())
    run(machine)
    assert answers == [(False, 5), (True, 30)]
    assert machine.clock.now_ps == 30 * PS_PER_US  # the time-out is forgotten


def test_the_most_urgent_waiter_is_served_first_and_equals_in_order() -> None:
    machine = board()
    lock, order = machine.semaphore(limit=9), []

    async def waiter(name: str) -> None:
        await lock.take()
        order.append(name)

    async def giver() -> None:
        for name, priority in (("a1", 1), ("b2", 2), ("c2", 2), ("d1", 1)):
            machine.task(waiter(name), name=name, priority=priority)
            await machine.sleep_us(1)
        for _ in range(4):
            lock.give()
            await machine.sleep_us(1)

    machine.task(giver(), priority=9)
    run(machine)
    assert order == ["b2", "c2", "a1", "d1"]


@calm()
@given(st.lists(st.sampled_from(("give", "take")), max_size=30), st.integers(1, 4), st.integers(0, 4))
def test_a_semaphore_counts(verbs: list[str], limit: int, count: int) -> None:
    machine = board()
    tokens = count = min(count, limit)
    lock = machine.semaphore(count, limit)
    for verb in verbs:
        if verb == "give":
            assert lock.give() == (tokens < limit)
            tokens = min(limit, tokens + 1)
        else:
            assert lock.try_take() == (tokens > 0)
            tokens = max(0, tokens - 1)
        assert lock.count == tokens


def test_semaphores_that_make_no_sense() -> None:
    machine = board()
    for count, limit in ((-1, 1), (2, 1), (0, 0)):
        with pytest.raises(ValueError, match=f"a semaphore with {count} of {limit} tokens"):
            machine.semaphore(count, limit)
    with pytest.raises(ValueError, match="a queue of 0 items"):
        machine.queue(0)


def test_giving_from_an_interrupt_says_whether_somebody_more_urgent_woke() -> None:
    machine = board()
    answers: list[bool] = []
    locks = [machine.semaphore() for _ in range(3)]

    async def waiter(number: int) -> None:
        await locks[number].take()

    async def main() -> None:
        await machine.sleep_us(1)
        machine.clock.schedule(PS_PER_US, lambda: machine.scheduler.interrupts.request(give))
        await machine.cpu.spend(us=5)

    def give() -> None:
        answers.extend(lock.give_from_isr() for lock in locks)

    machine.task(waiter(0), priority=1)
    machine.task(waiter(1), priority=2)
    machine.task(waiter(2), priority=3)
    machine.task(main(), priority=2)
    run(machine)
    assert answers == [False, False, True]


# -- mutexes -----------------------------------------------------------------------------------------------------------


def inversion(*, timeout_us: float | None) -> tuple[list[str], Task]:
    """A lazy owner, a busy task in the middle, and an urgent waiter."""
    machine = board()
    lock, order = machine.mutex(), []

    async def low() -> None:
        await lock.take()
        await machine.cpu.spend(us=10)
        lock.give()
        order.append("low")

    async def middle() -> None:
        await machine.sleep_us(2)
        await machine.cpu.spend(us=20)
        order.append("middle")

    async def high() -> None:
        await machine.sleep_us(1)
        if await lock.take(timeout_us=timeout_us):
            lock.give()
        order.append("high")

    owner = machine.task(low(), name="low", priority=1)
    machine.task(middle(), name="middle", priority=2)
    machine.task(high(), name="high", priority=3)
    run(machine)
    return order, owner


def test_the_owner_of_a_lock_inherits_the_priority_of_who_waits() -> None:
    order, owner = inversion(timeout_us=None)
    assert order == ["low", "high", "middle"]  # after the give, low goes on up to its next await
    assert owner.priority == 1


def test_what_was_lent_goes_back_when_the_waiter_gives_up() -> None:
    order, owner = inversion(timeout_us=3)
    assert order == ["high", "middle", "low"]
    assert owner.priority == 1


def test_a_mutex_belongs_to_its_owner() -> None:
    machine = board()
    lock, nested = machine.mutex(), machine.mutex(recursive=True)
    answers: list[bool] = []

    async def owner() -> None:
        assert await lock.take()
        for _ in range(3):
            assert await nested.take()
        await machine.sleep_us(10)
        for _ in range(3):
            assert nested.give()
        assert not nested.give()
        assert lock.give()

    async def other() -> None:
        await machine.sleep_us(1)
        answers.append(lock.give())
        answers.append(await lock.take(timeout_us=0))
        answers.append(await nested.take(timeout_us=5))
        answers.append(await nested.take(timeout_us=50))

    machine.task(owner())
    machine.task(other())
    run(machine)
    assert answers == [False, False, False, True]


# -- queues ------------------------------------------------------------------------------------------------------------


@calm()
@given(
    st.lists(st.tuples(st.sampled_from(("send", "front", "receive")), st.integers()), max_size=40), st.integers(1, 4)
)
def test_a_queue_is_a_bounded_list(verbs: list[tuple[str, int]], length: int) -> None:
    machine = board()
    box, items = machine.queue(length), []
    for verb, item in verbs:
        if verb == "receive":
            expected = (True, items.pop(0)) if items else (False, None)
            assert box.try_receive() == expected
        else:
            assert bool(box.try_send(item, front=verb == "front")) == (len(items) < length)
            if len(items) < length:
                items.insert(0 if verb == "front" else len(items), item)
        assert list(box.items) == items


@calm(40)
@given(st.integers(1, 3), st.lists(st.integers(0, 4), min_size=1, max_size=12), st.integers(0, 4))
def test_senders_and_receivers_wait_for_each_other(length: int, pauses: list[int], slow: int) -> None:
    machine = board()
    box, got = machine.queue(length), []

    async def send() -> None:
        for number, pause in enumerate(pauses):
            assert await box.send(number)
            await machine.sleep_us(pause)

    async def receive() -> None:
        for _ in pauses:
            got.append((await box.receive())[1])
            await machine.sleep_us(slow)

    machine.task(send())
    machine.task(receive())
    assert run(machine) is Stop.DONE
    assert got == list(range(len(pauses)))


def test_a_queue_wait_ends_at_its_time() -> None:
    machine = board()
    box, answers = machine.queue(1), []

    async def main() -> None:
        answers.append(await box.receive(timeout_us=7))
        answers.append(await box.send(1, timeout_us=7))
        answers.append(await box.send(2, timeout_us=7))
        answers.append(await box.send(2, timeout_us=0))
        answers.append(machine.now_us)

    machine.task(main())
    run(machine)
    assert answers == [(False, None), True, False, False, 14.0]


# -- interrupts --------------------------------------------------------------------------------------------------------


def test_an_interrupt_runs_on_top_of_the_busy_task_and_costs_its_time() -> None:
    machine = BareMachine(CHIP)
    interrupts, seen = machine.scheduler.interrupts, []
    machine.clock.schedule(
        5 * PS_PER_US, lambda: interrupts.request(lambda: seen.append((machine.now_us, interrupts.active)))
    )

    async def main() -> None:
        await machine.cpu.spend(us=10)

    machine.task(main())
    run(machine)
    enter, leave = CHIP.timing.isr_enter_ns, CHIP.timing.isr_exit_ns
    assert seen == [(5 + enter / 1000, True)]
    assert machine.clock.now_ps == 10 * PS_PER_US + (enter + leave) * 1000


def test_masked_interrupts_wait_and_then_come_in_order() -> None:
    interrupts, seen = board().scheduler.interrupts, []
    interrupts.mask()
    interrupts.mask()
    for number in range(3):
        interrupts.request(lambda number=number: seen.append(number))  # type: ignore[misc]
    interrupts.unmask()
    assert seen == []
    interrupts.unmask()
    assert seen == [0, 1, 2]
    interrupts.unmask()  # one too many does no harm


def test_interrupts_do_not_nest() -> None:
    interrupts, seen = board().scheduler.interrupts, []

    def outer() -> None:
        interrupts.request(lambda: seen.append("inner"))
        seen.append("outer")

    interrupts.request(outer)
    assert seen == ["outer", "inner"]


@pytest.mark.parametrize("context", ["interrupt", "critical section"])
def test_waiting_where_nothing_may_wait(context: str) -> None:
    machine = board()
    blocked: list[BlockedInInterrupt] = []
    machine.bus.subscribe(BlockedInInterrupt, blocked.append)
    interrupts = machine.scheduler.interrupts

    def attempt() -> None:
        with pytest.raises(WouldBlock):
            machine.sleep_us(1).send(None)

    if context == "interrupt":
        interrupts.request(attempt)
    else:
        interrupts.mask()
        attempt()
        interrupts.unmask()
    assert [(event.call, event.context, event.blocking) for event in blocked] == [("sleep_us", context, True)]


def test_time_that_passes_inside_a_call_lets_interrupts_in() -> None:
    machine = board()
    seen: list[float] = []
    machine.clock.schedule(
        3 * PS_PER_US, lambda: machine.scheduler.interrupts.request(lambda: seen.append(machine.now_us))
    )
    machine.scheduler.elapse(10 * PS_PER_US)
    assert seen == [3.0]
    assert machine.now_us == 10.0


def test_time_that_passes_inside_an_interrupt_holds_the_others_off() -> None:
    machine = board()
    seen: list[float] = []
    interrupts = machine.scheduler.interrupts

    def slow() -> None:
        machine.clock.schedule(PS_PER_US, lambda: interrupts.request(lambda: seen.append(machine.now_us)))
        machine.scheduler.elapse(5 * PS_PER_US)
        assert seen == []

    interrupts.request(slow)
    run(machine)
    assert seen == [5.0]


# -- life of a task ----------------------------------------------------------------------------------------------------


def test_a_suspended_task_rests_until_resumed() -> None:
    machine = board()
    scheduler = machine.scheduler
    seen: list[float] = []

    async def sleeper() -> None:
        await machine.sleep_us(5)
        seen.append(machine.now_us)

    task = machine.task(sleeper())

    async def main() -> None:
        await machine.sleep_us(1)
        scheduler.suspend(task)
        await machine.sleep_us(20)
        assert seen == []
        scheduler.resume(task)
        scheduler.resume(task)

    machine.task(main())
    run(machine)
    assert seen == [21.0]


def test_a_finished_task_leaves_every_queue() -> None:
    machine = board()
    lock, told = machine.semaphore(), []

    async def waiter() -> None:
        await lock.take(timeout_us=50)

    task = machine.task(waiter())
    task.ended = lambda: told.append("over")

    async def main() -> None:
        await machine.sleep_us(1)
        machine.scheduler.finish(task)
        machine.scheduler.finish(task)
        assert lock.give()
        assert lock.count == 1

    machine.task(main())
    assert run(machine) is Stop.DONE
    assert told == ["over"]


def test_a_run_stops_at_its_limit() -> None:
    machine = board()

    async def main() -> None:
        await machine.sleep_us(1000)

    machine.task(main())
    assert machine.scheduler.run(lambda: False, 10 * PS_PER_US) is Stop.LIMIT
    assert machine.now_us == 10.0
    assert machine.scheduler.run(lambda: not machine.scheduler.tasks, FOREVER) is Stop.DONE
    assert machine.scheduler.run(lambda: False, FOREVER) is Stop.IDLE


def test_a_busy_core_takes_no_negative_time() -> None:
    machine = board()
    with pytest.raises(ValueError, match="the core can't be busy for -1 us and 0 cycles"):
        machine.cpu.spend(us=-1).send(None)
