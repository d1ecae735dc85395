"""Tasks on virtual time: priorities, waiting, and interrupts on top.

A task is a coroutine. It gives up the core by yielding a *trap*: it spends time, or waits. The highest ready priority runs; equal ones take
turns by tick. Interrupts run at the moment an event falls due, on top of whatever task is current, and may not wait.

Not modelled: a second core, nested interrupts. Python tasks are preempted only where they await.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from dmalab.core.choices import Choices
from dmalab.core.clock import PS_PER_MS, Clock, Event
from dmalab.core.events import INTERRUPT, BlockedInInterrupt, EventBus, Stamp
from dmalab.core.spans import Span
from dmalab.core.timeline_events import InterruptBegan, InterruptEnded, TaskEnded, TaskReady, TaskRuns, TaskWaits

SLICE_PS = 10 * PS_PER_MS
"""Turn of equal priorities: one tick at ESP-IDF's default of 100 Hz."""
MAX_INTERRUPT_DELAY_PS = 8 * 1_000_000
"""How late an interrupt may come when choices vary it, in eight steps of a microsecond."""


class TaskState(Enum):
    """Where a task stands."""

    READY = "ready"
    WAITING = "waiting"
    SUSPENDED = "suspended"
    DONE = "done"


class WouldBlock(RuntimeError):
    """A call that may wait was made where nothing may wait."""


@dataclass(slots=True)
class Spend:
    """Trap: the core is busy for so long."""

    ps: int


@dataclass(slots=True)
class Wait:
    """Trap: until woken, or until time runs out."""

    waiters: Waiters
    timeout_ps: int | None


class Pause:
    """Trap: let events and other tasks run, then go on at once."""


PAUSE = Pause()
Trap = Spend | Wait | Pause


@types.coroutine
def trap(request: Trap) -> Generator[Trap, Any, Any]:
    """Hand a trap to the scheduler; returns what it answers."""
    return (yield request)


class Waiters:
    """Tasks that wait for one thing, the most urgent first."""

    def __init__(self, what: str) -> None:
        self.what = what
        """In words, for reports: `semaphore done`."""
        self.served = False
        """Whether anybody was ever woken here: such a wait is a service loop rather than a deadlock."""
        self.gave_up: Callable[[], None] = lambda: None
        """Called when the time of one of them has run out, before it goes on."""
        self._tasks: list[Task] = []

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def add(self, task: Task) -> None:
        """Queue behind equal priorities."""
        at = next((i for i, one in enumerate(self._tasks) if one.priority < task.priority), len(self._tasks))
        self._tasks.insert(at, task)

    def discard(self, task: Task) -> None:
        """Take a task out, if it is there."""
        if task in self._tasks:
            self._tasks.remove(task)

    def first(self) -> Task | None:
        """The task that is served next."""
        return self._tasks[0] if self._tasks else None


class Task:
    """One thread of control."""

    def __init__(self, number: int, name: str, priority: int, coroutine: Coroutine[Trap, Any, Any]) -> None:
        self.number = number
        self.name = name
        self.priority = priority
        self.base_priority = priority
        self.coroutine = coroutine
        self.state = TaskState.READY
        self.waiters: Waiters | None = None
        self.waits_since = Stamp()
        self.timeout: Event | None = None
        self.answer: Any = None
        self.left_ps = 0
        self.slice_end_ps = 0
        self.cooperative = False
        """No other task takes the core from it: it keeps it until it waits or yields."""
        self.yields = False
        """A cooperative task lets others run at its next trap."""
        self.stack: Span | None = None
        self.ended: Callable[[], None] | None = None
        """Told when the task is over, however it ended."""

    def __repr__(self) -> str:
        return f"<task {self.number} {self.name} {self.state.value}>"


class Interrupts:
    """Delivers interrupts on top of the current task, one at a time."""

    def __init__(self, clock: Clock, choices: Choices, bus: EventBus) -> None:
        self._clock = clock
        self._choices = choices
        self._bus = bus
        self.active = False
        self.masked = 0
        """Nesting depth of critical sections."""
        self.enter_ps = 0
        self.exit_ps = 0
        self._pending: list[Callable[[], None]] = []

    def request(self, handler: Callable[[], None]) -> None:
        """Run `handler` in interrupt context as soon as possible."""
        delay = self._choices.choose("interrupt-delay", 8) * (MAX_INTERRUPT_DELAY_PS // 8)
        if delay:
            self._clock.schedule(delay, lambda: self._arrive(handler))
        else:
            self._arrive(handler)

    def _arrive(self, handler: Callable[[], None]) -> None:
        self._pending.append(handler)
        self.run_pending()

    def run_pending(self) -> None:
        """Deliver what waits, unless interrupts are masked or one is running."""
        while self._pending and not self.active and not self.masked:
            handler = self._pending.pop(0)
            self.active = True
            watched = self._bus.hears(InterruptBegan)
            if watched:
                self._bus.emit(InterruptBegan(source=getattr(getattr(handler, "__self__", None), "title", "")))
            try:
                self._clock.advance_to(self._clock.now_ps + self.enter_ps)
                handler()
                self._clock.advance_to(self._clock.now_ps + self.exit_ps)
            finally:
                self.active = False
                if watched:
                    self._bus.emit(InterruptEnded())

    def mask(self) -> None:
        """Enter a critical section."""
        self.masked += 1

    def unmask(self) -> None:
        """Leave a critical section; pending interrupts run when it was the outermost."""
        self.masked = max(0, self.masked - 1)
        self.run_pending()


class Stop(Enum):
    """Why the scheduler came back."""

    DONE = "done"
    IDLE = "idle"
    LIMIT = "limit"


class Scheduler:
    """The tasks of one machine."""

    def __init__(self, clock: Clock, choices: Choices, bus: EventBus, place: Callable[[], int]) -> None:
        self.clock = clock
        self.bus = bus
        self.choices = choices
        self.interrupts = Interrupts(clock, choices, bus)
        self.tasks: dict[int, Task] = {}
        self.names: dict[int, str] = {}
        self.current: Task | None = None
        self.settle: Callable[[], None] = lambda: None
        """Called between two steps of the program, when nothing is half done."""
        self._place = place
        self._ready: list[Task] = []
        self._last: Task | None = None
        self._on_core = 0
        self._numbers = 0
        self.switch_ps = 0
        self.slice_ps = SLICE_PS
        """Turn of equal priorities."""
        self._inside_calls = 0
        self.suspended = 0
        """Nesting depth of scheduler suspension: no other task runs meanwhile."""

    # -- who, where, when --------------------------------------------------------------------------------------------

    def stamp(self) -> Stamp:
        """Who is running, where and when."""
        return Stamp(self._place(), self.stamp_task(), self.clock.now_ps)

    def stamp_task(self) -> int:
        """Number of the running task, marked when an interrupt runs on top of it."""
        number = self.current.number if self.current else 0
        return number | INTERRUPT if self.interrupts.active else number

    def task_name(self, number: int) -> str:
        """How reports call a task number."""
        name = self.names.get(number & ~INTERRUPT, "idle" if self._numbers else "startup")
        return f"interrupt (on {name})" if number & INTERRUPT else name

    # -- tasks -------------------------------------------------------------------------------------------------------

    def spawn(self, coroutine: Coroutine[Trap, Any, Any], name: str, priority: int = 1) -> Task:
        """Create a task that is ready to run.

        Args:
            coroutine: What it does.
            name: For reports.
            priority: 0 (lowest) upward.
        """
        self._numbers += 1
        task = Task(self._numbers, name, priority, coroutine)
        self.tasks[task.number] = task
        self.names[task.number] = name
        self._make_ready(task)
        return task

    def _make_ready(self, task: Task) -> None:
        task.state = TaskState.READY
        task.waiters = None
        self._ready.append(task)
        if self.bus.hears(TaskReady):
            self.bus.emit(TaskReady(task=task.number))

    def finish(self, task: Task) -> None:
        """End a task from outside; a task that is over already stays so."""
        if task.state is TaskState.DONE:
            return
        self._leave_waiters(task)
        if task in self._ready:
            self._ready.remove(task)
        task.state = TaskState.DONE
        self.tasks.pop(task.number, None)
        if self.bus.hears(TaskEnded):
            self.bus.emit(TaskEnded(task=task.number))
        if task is not self.current:
            task.coroutine.close()
        if task.ended is not None:
            task.ended()

    def suspend(self, task: Task) -> None:
        """Keep a task from running until `resume`."""
        self._leave_waiters(task)
        if task in self._ready:
            self._ready.remove(task)
        if task.state is not TaskState.DONE:
            task.state = TaskState.SUSPENDED

    def resume(self, task: Task) -> None:
        """Undo `suspend`; anything else is left alone."""
        if task.state is TaskState.SUSPENDED:
            task.answer = False
            self._make_ready(task)

    def set_priority(self, task: Task, priority: int) -> None:
        """Change a task's priority, and its place among those who wait."""
        task.priority = priority
        if task.waiters is not None:
            task.waiters.discard(task)
            task.waiters.add(task)

    def wake(self, waiters: Waiters, answer: Any = True) -> Task | None:
        """Make the first waiter ready; the task that was woken, or None."""
        task = waiters.first()
        if task is None:
            return None
        waiters.served = True
        self._leave_waiters(task)
        task.answer = answer
        self._make_ready(task)
        return task

    def _leave_waiters(self, task: Task) -> None:
        if task.waiters is not None:
            task.waiters.discard(task)
            task.waiters = None
        if task.timeout is not None:
            task.timeout.cancel()
            task.timeout = None

    def outranked(self) -> bool:
        """Whether a task more urgent than the current one is ready."""
        current = self.current
        if current is None or self.suspended or current.cooperative:
            return False
        return any(task.priority > current.priority for task in self._ready if task is not current)

    def outranks_current(self, woken: Task | None) -> bool:
        """Whether a task that was woken, if any, is more urgent than the current one: what FromISR calls tell."""
        return woken is not None and (self.current is None or woken.priority > self.current.priority)

    # -- waiting, from inside a task ---------------------------------------------------------------------------------

    @contextmanager
    def inside_call(self) -> Iterator[None]:
        """A driver runs a function of the program inside a call that a task made: nothing can wait meanwhile."""
        self._inside_calls += 1
        try:
            yield
        finally:
            self._inside_calls -= 1

    def may_wait(self, call: str, *, blocking: bool = True) -> bool:
        """Whether a task-level call is allowed here; says so as an event when not."""
        if not self.interrupts.active and not (blocking and self.interrupts.masked):
            return True
        self._refuse(call, "interrupt" if self.interrupts.active else "critical section", blocking=blocking)
        return False

    def _refuse(
        self, call: str, context: Literal["interrupt", "critical section", "callback"], *, blocking: bool = True
    ) -> None:
        self.bus.emit(BlockedInInterrupt(call=call, context=context, blocking=blocking, by=self.stamp()))

    async def wait(self, waiters: Waiters, timeout_ps: int | None, call: str) -> Any:
        """Wait to be woken.

        Args:
            waiters: Where to queue.
            timeout_ps: Longest wait; None for ever.
            call: The call that waits, for reports.
        Returns:
            What `wake` was given, or False when time ran out.
        Raises:
            WouldBlock: in an interrupt, a critical section, or a callback inside a driver's call.
        """
        if not self.may_wait(call):
            raise WouldBlock(f"{call} may wait, which is not allowed in an interrupt or a critical section")
        if self._inside_calls:
            self._refuse(call, "callback")
            raise WouldBlock(f"{call} waits in a callback inside a driver's call, which can't be interrupted here")
        if self.current is not None:
            self.current.waits_since = self.stamp()
        return await trap(Wait(waiters, timeout_ps))

    async def sleep(self, ps: int, call: str) -> None:
        """Let others run for so long.

        Raises:
            WouldBlock: in an interrupt or a critical section.
        """
        await self.wait(Waiters(f"a delay ({call})"), ps, call)

    async def spend(self, ps: int) -> None:
        """Keep the core busy for so long; interrupts and more urgent tasks may come in between."""
        if ps > 0:
            await trap(Spend(ps))

    def elapse(self, ps: int) -> None:
        """Let time pass inside a call that does not wait; interrupts that fall due run on top."""
        end = self.clock.now_ps + ps
        if not self.interrupts.active:
            while (due := self.clock.next_due_ps()) is not None and due <= end:
                self.clock.advance_to(due)
                self.clock.run_due()
        self.clock.advance_to(end)

    # -- the loop ----------------------------------------------------------------------------------------------------

    def run(self, finished: Callable[[], bool], limit_ps: int) -> Stop:
        """Run tasks and events until `finished()`, until nothing can happen any more, or until the time limit."""
        while not finished():
            self.settle()
            self.clock.run_due()
            if self.clock.now_ps >= limit_ps:
                return Stop.LIMIT
            task = self._pick()
            if task is not None:
                self._step(task)
                continue
            self.current = None
            self._show_core(0)
            due = self.clock.next_due_ps()
            if due is None:
                return Stop.IDLE
            self.clock.advance_to(min(due, limit_ps))
        return Stop.DONE

    def _pick(self) -> Task | None:
        last = self._last
        if last is not None and last in self._ready and (self.suspended or (last.cooperative and not last.yields)):
            return last
        if len(self._ready) < 2:
            return self._ready[0] if self._ready else None
        top = max(task.priority for task in self._ready)
        equals = [task for task in self._ready if task.priority == top]
        if self._last in equals:
            return self._last
        chosen = self.choices.choose("equal-tasks", len(equals)) if len(equals) > 1 else 0
        return equals[chosen]

    def _step(self, task: Task) -> None:
        """Run one task up to its next trap, or to the next event while it is busy."""
        clock = self.clock
        if task is not self._last:
            if self._last is not None:
                clock.advance_to(clock.now_ps + self.switch_ps)
            self._last = task
            task.slice_end_ps = clock.now_ps + self.slice_ps
        self.current = task
        self._show_core(task.number)
        if task.left_ps:
            self._burn(task)
            if task.left_ps:
                return
        answer, task.answer = task.answer, None
        task.yields = False
        try:
            request = task.coroutine.send(answer)
        except StopIteration:
            self.finish(task)
            return
        if task.state is TaskState.DONE:
            task.coroutine.close()
            return
        if isinstance(request, Spend):
            task.left_ps = request.ps
        elif isinstance(request, Wait):
            self._block(task, request)
        else:
            self._rotate(task)

    def _show_core(self, number: int) -> None:
        """Tell timelines who has the core, when it changes hands."""
        if number != self._on_core:
            self._on_core = number
            if self.bus.hears(TaskRuns):
                self.bus.emit(TaskRuns(task=number))

    def _burn(self, task: Task) -> None:
        clock = self.clock
        stop = clock.now_ps + task.left_ps
        due = clock.next_due_ps()
        if due is not None:
            stop = min(stop, max(due, clock.now_ps))
        equals = any(one.priority == task.priority for one in self._ready if one is not task)
        if equals:
            stop = min(stop, max(task.slice_end_ps, clock.now_ps))
        task.left_ps -= stop - clock.now_ps
        clock.advance_to(stop)
        self._rotate(task)

    def _rotate(self, task: Task) -> None:
        """Move a task that used up its turn behind its equals."""
        if self.clock.now_ps >= task.slice_end_ps and task in self._ready:
            self._ready.remove(task)
            self._ready.append(task)
            if any(one.priority == task.priority for one in self._ready if one is not task):
                self._last = None
            task.slice_end_ps = self.clock.now_ps + self.slice_ps

    def yield_turn(self, task: Task) -> None:
        """End a task's turn at its next trap."""
        task.slice_end_ps = self.clock.now_ps

    def turn_over(self) -> bool:
        """Whether the current task should let an equal one run."""
        current = self.current
        if current is None or self.suspended or self.clock.now_ps < current.slice_end_ps:
            return False
        return any(task.priority == current.priority for task in self._ready if task is not current)

    def _block(self, task: Task, request: Wait) -> None:
        if task.state is TaskState.SUSPENDED:
            return
        if task in self._ready:
            self._ready.remove(task)
        task.state = TaskState.WAITING
        task.waiters = request.waiters
        request.waiters.add(task)
        if self.bus.hears(TaskWaits):
            self.bus.emit(TaskWaits(task=task.number, what=request.waiters.what, by=task.waits_since))
        if request.timeout_ps is not None:
            task.timeout = self.clock.schedule(request.timeout_ps, lambda: self._time_out(task))

    def _time_out(self, task: Task) -> None:
        waiters = task.waiters
        self._leave_waiters(task)
        task.answer = False
        self._make_ready(task)
        if waiters is not None:
            waiters.gave_up()
