"""Tasks of the firmware: each a fiber of the guest with a stack in chip memory, and a task of the scheduler that lets it run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dmalab.core.caps import Cap
from dmalab.core.events import FrameDied
from dmalab.core.heap import Block
from dmalab.core.tasks import PAUSE, Task, TaskState, trap
from dmalab.guest.process import RETURN, START, GuestReply, Number

if TYPE_CHECKING:
    from dmalab.guest.firmware import Firmware

FIRST_TASK_FIBER = 2
"""Fibers 0 and 1 are start-up and interrupts."""
STACK_SLACK = {4: 3072, 8: 6144}
"""Bytes added to every stack, by guest word: host frames and callbacks need more than the chip's."""
STACK_RESERVE = 1024
"""Bytes at the low end that only the runtime's own frames may use."""
_PLAIN = int(Cap.INTERNAL | Cap.BIT8)


@dataclass(slots=True, eq=False)
class Thread:
    """What the machine knows of one task of the firmware."""

    fiber: int
    entry: int
    argument: int
    stack: Block
    task: Task | None = None
    handle: int = 0
    name_address: int = 0
    notification: Any = None
    is_over: bool = False
    """It returned or was deleted. False when it ends because the whole run is stopped."""


class Threads:
    """The tasks of one firmware."""

    def __init__(self, firmware: Firmware) -> None:
        self.by_number: dict[int, Thread] = {}
        """By task number."""
        self._firmware = firmware
        self._fibers = FIRST_TASK_FIBER
        self._free_fibers: list[int] = []

    def start(self, entry: int, argument: int, *, name: str, priority: int, stack_bytes: int, caps: int = 0) -> Thread:
        """Create a task.

        Args:
            entry: Address of its function.
            argument: What that is given.
            name: For reports.
            priority: 0 (lowest) upward.
            stack_bytes: What the firmware asked for.
            caps: Of the stack's memory; 0 for internal RAM.
        Raises:
            MemoryError: no memory for the stack.
        """
        stack = self.allocate_stack(stack_bytes, f"stack of {name}", caps)
        thread = Thread(self.take_fiber(), entry, argument, stack)
        task = self._firmware.machine.scheduler.spawn(self._body(thread), name, priority)
        task.stack = stack.span
        task.ended = lambda: self._end(thread)
        thread.task = task
        self.by_number[task.number] = thread
        return thread

    def take_fiber(self) -> int:
        """The number of a fiber nobody uses."""
        if self._free_fibers:
            return self._free_fibers.pop()
        self._fibers += 1
        return self._fibers - 1

    def allocate_stack(self, size: int, purpose: str, caps: int = 0) -> Block:
        """A stack of `size` bytes as the firmware counts them.

        Raises:
            MemoryError: no memory for it.
        """
        machine, slack = self._firmware.machine, STACK_SLACK[self._firmware.image.word_bytes]
        block = machine.allocate_internal(size + slack, caps or _PLAIN, align=16, purpose=purpose)
        if block is None:
            raise MemoryError(f"no {size + slack} bytes for the {purpose}")
        return block

    def current(self) -> Thread | None:
        """The thread of the running task."""
        task = self._firmware.machine.scheduler.current
        return self.by_number.get(task.number) if task is not None else None

    async def _body(self, thread: Thread) -> None:
        firmware = self._firmware
        await self.run(thread.fiber, thread.entry, thread.argument, thread.stack)
        thread.is_over = True
        task = thread.task
        if task is not None and task.state is not TaskState.DONE and thread.entry != firmware.entry:
            with firmware.machine.serving(thread.entry + 1):
                firmware.returned(task)

    async def run(self, fiber: int, entry: int, argument: int, stack: Block) -> None:
        """Run a function of the firmware on a fiber of its own until it returns or its task is deleted."""
        firmware = self._firmware
        dialogue, scheduler = firmware.dialogue, firmware.machine.scheduler
        dialogue.begin_stack(stack.address + STACK_RESERVE)
        reply = GuestReply(START, fiber, 0, (entry, argument, stack.address, stack.size))
        while True:
            request = dialogue.resume(reply)
            if request.number == Number.TASK_RETURNED:
                return
            value = await firmware.dispatcher.serve(request)
            task = scheduler.current
            if task is not None and task.state is TaskState.DONE:
                return
            if request.number != Number.PRINT and self._must_pause():
                await trap(PAUSE)
            reply = GuestReply(RETURN, fiber, value)

    def _must_pause(self) -> bool:
        """Whether the running task has to let others run, or an event that is due, or has no time left.

        Not while it holds interrupts off: a critical section keeps every other task away too. And not while it prints, as the runtime
        expects the answer to a PRINT at once.
        """
        machine = self._firmware.machine
        if self._firmware.dialogue.is_late():
            return True
        if machine.scheduler.interrupts.masked:
            return False
        due = machine.clock.next_due_ps()
        overdue = due is not None and due <= machine.clock.now_ps
        return machine.scheduler.outranked() or machine.scheduler.turn_over() or overdue

    def _end(self, thread: Thread) -> None:
        """The task is gone: so are its stack and its fiber, and the critical section it may have been in."""
        machine, handles = self._firmware.machine, self._firmware.handles
        scheduler, heap = machine.scheduler, machine.heap.blocks_heap
        if thread.task is scheduler.current and not scheduler.interrupts.active:
            scheduler.interrupts.masked = scheduler.suspended = 0
        by, name = machine.now(), thread.task.name if thread.task is not None else "?"
        for claim in machine.memory.claims_on(thread.stack.span):
            if thread.is_over:
                machine.bus.emit(FrameDied(span=claim.span, claim=claim, left=by, task=name))
            machine.memory.release(claim)
        heap.free(thread.stack.address)
        if thread.handle and handles.get(thread.handle) is thread:
            del handles[thread.handle]
            if heap.block(thread.handle) is not None:
                heap.free(thread.handle)
        if thread.task is not None:
            self.by_number.pop(thread.task.number, None)
        self._free_fibers.append(thread.fiber)
