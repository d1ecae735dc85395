"""Runs a firmware image on a machine: tasks as fibers, API calls as requests, interrupts on top, and every way it can end.

A task of the firmware is an ordinary task of the scheduler whose coroutine lets the guest run until its next request. So priorities,
waiting and time are the scheduler's, and a handler that waits is written like any Python task.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from dmalab.core.caps import Cap
from dmalab.core.clock import PS_PER_S
from dmalab.core.events import Fault, FrameDied, Stamp
from dmalab.core.heap import Block
from dmalab.core.memory import BadAddress
from dmalab.core.places import CODE_LOW, Site
from dmalab.core.spans import Span
from dmalab.core.tasks import PAUSE, Stop, Task, TaskState, Trap, Wait, WouldBlock, trap
from dmalab.errors import ApiError
from dmalab.guest.calls import FIRST_NUMBER, IDF, Call, CallTable, pair
from dmalab.guest.endings import FirmwareAssert, GuestOver, ProtocolError, describe_signal
from dmalab.guest.image import Image
from dmalab.guest.layout import TOUCHED, Arena
from dmalab.guest.places import Places as CodePlaces
from dmalab.guest.process import CALL, RETURN, START, GuestProcess, GuestReply, GuestRequest, Number
from dmalab.idf.errors import IdfAssert
from dmalab.machine import Machine

BOOT_FIBER = 0
INTERRUPT_FIBER = 1
FIRST_TASK_FIBER = 2
MEANINGLESS = (ArithmeticError, LookupError)
"""What handlers raise for numbers that no C enumeration has; only a firmware that has gone wild sends them."""
STACK_SLACK = {4: 3072, 8: 6144}
"""Bytes added to every stack, by guest word: host frames and callbacks need more than the chip's."""
STACK_RESERVE = 1024
"""Bytes at the low end that only the runtime's own frames may use."""
INTERRUPT_STACK_BYTES = 4096
MAIN_STACK_BYTES = 3584
"""ESP-IDF's default for the main task."""
TEST_STACK_BYTES = 8192
"""UNITY_FREERTOS_STACK_SIZE of ESP-IDF's test_utils."""
MAIN_PRIORITY = 1
IDLE_LOOP_PS = 10 * PS_PER_S
"""Chip time after which a program that makes no call, while nothing is pending that could change anything, counts as an endless loop."""
MAX_STRING = 256


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


Handler = Callable[..., Any]


class Firmware:
    """One firmware image on one machine."""

    calls: ClassVar[CallTable] = IDF
    """The calls of its API."""
    main_priority: ClassVar[int] = MAIN_PRIORITY

    def __init__(
        self,
        machine: Machine,
        image: Image,
        process: GuestProcess,
        handlers: dict[str, Handler],
        output: Callable[[bytes, int], None],
    ) -> None:
        """Args: `output` gets what the firmware prints, with 1 for stdout and 2 for stderr."""
        self.machine = machine
        self.image = image
        self.process = process
        self.arena: Arena = process.arena
        self._code_places = CodePlaces(image)
        self.handles: dict[int, Any] = {}
        """Kernel and driver objects by the address that firmware knows them by."""
        self.threads: dict[int, Thread] = {}
        """By task number."""
        self.ended: Callable[[], None] | None = None
        """Called when every task has come to its end."""
        self.state: dict[str, Any] = {}
        """Whatever handlers keep between calls."""
        self.last_words = ""
        """The fault that ended the firmware; empty when none did."""
        self._handlers = handlers
        self._output = output
        self._control = process.arena.control
        self._fibers = FIRST_TASK_FIBER
        self._free_fibers: list[int] = []
        self._limit_ps = 0
        self._last_call_ps = 0
        self._event = 0
        self._entry = 0
        self._ps_per_cycle = round(1_000_000 / machine.cpu_mhz)
        self._set_up()

    def _set_up(self) -> None:
        machine, control, timing = self.machine, self._control, self.machine.chip.timing
        control.ps_per_cycle = self._ps_per_cycle
        control.access_cycles = timing.access_cycles
        control.call_cycles = timing.call_cycles
        control.copy_cycles_per_16_bytes = timing.copy_cycles_per_16_bytes
        control.touched_enabled = machine.policy != "lazy"
        machine.memory.unseen_stores = True
        machine.memory.stacks_claimed = self._count_stack_claims
        machine.places.resolve_code = self._resolve
        machine.objects.add_statics(
            (symbol.name, symbol.address, symbol.size) for symbol in self.image.symbols if not symbol.is_function
        )
        if self.image.word_bytes == 8:
            machine.notes.append(
                "the guest is 64-bit because the compiler can't build 32-bit programs: sizes and layouts of pointers differ from the chip"
            )

    def _resolve(self, address: int) -> Site:
        place = self._code_places.of_return(address)
        return Site(place.file, place.line, place.function)

    # -- running -----------------------------------------------------------------------------------------------------

    def run(self, limit_s: float) -> None:
        """Boot, run `app_main` and everything it starts, until nothing is left to do."""
        machine = self.machine
        self._limit_ps = round(limit_s * PS_PER_S)
        try:
            self._boot()
            main = self.start_task(
                self._entry, 0, name="main", priority=self.main_priority, stack_bytes=self._main_stack_bytes()
            )
            assert main.task is not None
            if machine.run_tasks(main.task, limit_s) is Stop.DONE and self.ended is not None:
                self.ended()
        except GuestOver:
            machine.call_site = None
            for task in list(machine.scheduler.tasks.values()):
                machine.scheduler.finish(task)
        finally:
            self.process.close()

    def _main_stack_bytes(self) -> int:
        """Firmware of test cases alone is run as by ESP-IDF's unit-test application, which has a larger stack for them."""
        is_unity = not self.image.app_main and self.image.symbol("dl_unity_entry") is not None
        return TEST_STACK_BYTES if is_unity else MAIN_STACK_BYTES

    def _boot(self) -> None:
        """Serve everything up to the end of the C++ constructors."""
        request = self.process.wait()
        size = INTERRUPT_STACK_BYTES + STACK_SLACK[self.image.word_bytes]
        while request.number != Number.TASK_RETURNED:
            reply = GuestReply(RETURN, BOOT_FIBER, 0)
            if request.number == Number.BOOT:
                self._entry = request.args[1]
                stack = self._allocate_stack(size, "interrupt stack")
                # The first words serve as the empty event that callbacks get; the stack begins behind.
                self._event = stack.address
                reply = GuestReply(RETURN, BOOT_FIBER, 0, (0, 0, stack.address + 16, stack.size - 16))
            else:
                reply.value = self._serve_at_once(request)
            request = self._resume(reply)

    def _resume(self, reply: GuestReply) -> GuestRequest:
        """Let the guest run up to its next request; time passes as it says."""
        machine, control = self.machine, self._control
        machine.settle()
        now = machine.clock.now_ps
        due = machine.clock.next_due_ps()
        if due is None or machine.scheduler.interrupts.active:
            due = now + IDLE_LOOP_PS
        cycles = max(0, (min(due, self._limit_ps) - now) // self._ps_per_cycle)
        control.budget = control.budget_given = cycles
        control.time_ps = now
        control.task = machine.scheduler.stamp_task()
        request = self.process.resume(reply)
        machine.clock.advance_to(now + (cycles - control.budget) * self._ps_per_cycle)
        if control.touched_count:
            self._note_touched()
        return request

    def _note_touched(self) -> None:
        control, memory = self._control, self.machine.memory
        for address in control.touched[: min(control.touched_count, TOUCHED)]:
            region = memory.find(address)
            if region is not None and memory.filled is not None:
                line = (address - region.base) >> region.line_shift
                memory.filled(region, line, line + 1)
        control.touched_count = 0

    # -- tasks -------------------------------------------------------------------------------------------------------

    def start_task(
        self, entry: int, argument: int, *, name: str, priority: int, stack_bytes: int, caps: int = 0
    ) -> Thread:
        """Create a task of the firmware.

        Raises:
            MemoryError: no memory for the stack.
        """
        stack = self._allocate_stack(stack_bytes + STACK_SLACK[self.image.word_bytes], f"stack of {name}", caps)
        thread = Thread(self.take_fiber(), entry, argument, stack)
        task = self.machine.scheduler.spawn(self._task_body(thread), name, priority)
        task.stack = stack.span
        task.ended = lambda: self._end_task(thread)
        thread.task = task
        self.threads[task.number] = thread
        return thread

    def take_fiber(self) -> int:
        """The number of a fiber nobody uses."""
        if self._free_fibers:
            return self._free_fibers.pop()
        self._fibers += 1
        return self._fibers - 1

    def _allocate_stack(self, size: int, purpose: str, caps: int = 0) -> Block:
        block = self.machine.allocate_internal(size, caps or Cap.INTERNAL | Cap.BIT8, align=16, purpose=purpose)
        if block is None:
            raise MemoryError(f"no {size} bytes for the {purpose}")
        return block

    async def _task_body(self, thread: Thread) -> None:
        await self.run_function(thread.fiber, thread.entry, thread.argument, thread.stack)
        thread.is_over = True
        task = thread.task
        if task is not None and task.state is not TaskState.DONE and thread.entry != self._entry:
            with self.machine.serving(thread.entry + 1):
                self.returned(task)

    def returned(self, task: Task) -> None:
        """The function of a task came back, which FreeRTOS does not allow."""
        self.fail(f"the function of task {task.name} returned; a task must end with vTaskDelete(NULL)")

    async def run_function(self, fiber: int, entry: int, argument: int, stack: Block) -> None:
        """Run a function of the firmware on a fiber of its own until it returns or its task is deleted."""
        low, size = stack.address, stack.size
        self._control.stack_low = low + STACK_RESERVE
        reply = GuestReply(START, fiber, 0, (entry, argument, low, size))
        scheduler = self.machine.scheduler
        while True:
            request = self._resume(reply)
            if request.number == Number.TASK_RETURNED:
                return
            value = await self._serve(request)
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
        scheduler, now = self.machine.scheduler, self.machine.clock.now_ps
        if now >= self._limit_ps:
            return True
        if scheduler.interrupts.masked:
            return False
        due = self.machine.clock.next_due_ps()
        return scheduler.outranked() or scheduler.turn_over() or (due is not None and due <= now)

    def _end_task(self, thread: Thread) -> None:
        """The task is gone: so are its stack and its fiber, and the critical section it may have been in."""
        scheduler = self.machine.scheduler
        if thread.task is scheduler.current and not scheduler.interrupts.active:
            scheduler.interrupts.masked = scheduler.suspended = 0
        by = self.machine.now()
        for claim in self.machine.memory.claims_on(thread.stack.span):
            if thread.is_over:
                self.machine.bus.emit(FrameDied(span=claim.span, claim=claim, left=by))
            self.machine.memory.release(claim)
        self.machine.heap.blocks_heap.free(thread.stack.address)
        if thread.handle and self.handles.get(thread.handle) is thread:
            del self.handles[thread.handle]
            if self.machine.heap.blocks_heap.block(thread.handle) is not None:
                self.machine.heap.blocks_heap.free(thread.handle)
        if thread.task is not None:
            self.threads.pop(thread.task.number, None)
        self._free_fibers.append(thread.fiber)

    def current_thread(self) -> Thread | None:
        """The thread of the running task."""
        task = self.machine.scheduler.current
        return self.threads.get(task.number) if task is not None else None

    # -- interrupts --------------------------------------------------------------------------------------------------

    def call_in_interrupt(self, function: int, *arguments: int) -> int:
        """Run a handler of the firmware in interrupt context; what it returns."""
        first, second, third = (*arguments, 0, 0, 0)[:3]
        request = self._resume(GuestReply(CALL, INTERRUPT_FIBER, 0, (function, first, second, third)))
        while request.number != Number.ISR_RETURN:
            value = self._serve_at_once(request)
            request = self._resume(GuestReply(RETURN, INTERRUPT_FIBER, value))
        return request.args[0]

    # -- requests ----------------------------------------------------------------------------------------------------

    async def _serve(self, request: GuestRequest) -> int:
        # Not `machine.serving`: should this task be deleted while it waits, the call site by then is that of the deleting call.
        machine = self.machine
        machine.call_site = _site(request)
        answer = self._begin(request)
        value = await self._finish(request, answer) if isinstance(answer, Coroutine) else _word(answer)
        machine.call_site = None
        return value

    async def _finish(self, request: GuestRequest, answer: Coroutine[Trap, Any, Any]) -> int:
        """Let a handler that may wait do so. While it waits, other calls are served from other places."""
        machine, site = self.machine, self.machine.call_site
        call = self._call(request)
        sent: Any = None
        try:
            while True:
                try:
                    asked = answer.send(sent)
                except StopIteration as stop:
                    return _word(stop.value)
                if isinstance(asked, Wait) and machine.scheduler.suspended:
                    self.fail(f"{call.name} waits while the scheduler is suspended", assertion=True)
                machine.call_site = None
                sent = await trap(asked)
                machine.call_site = site
        except ApiError as error:
            return _failure(call, error)
        except WouldBlock:
            return 0
        except (FirmwareAssert, IdfAssert) as error:
            self.fail(str(error), assertion=True)
        except (BadAddress, *MEANINGLESS) as error:
            problem = f"{call.name}: {error}"
        self.fail(problem)

    def _serve_at_once(self, request: GuestRequest) -> int:
        """Serve where nothing may wait: in an interrupt, or before any task exists."""
        if request.number >= FIRST_NUMBER:
            self._stop_when_late()
        with self.machine.serving(_site(request)):
            answer = self._begin(request)
            if not isinstance(answer, Coroutine):
                return _word(answer)
            try:
                answer.send(None)
            except StopIteration as stop:
                return _word(stop.value)
            except ApiError as error:
                return _failure(self._call(request), error)
            except WouldBlock:
                return 0
            except (FirmwareAssert, IdfAssert) as error:
                self.fail(str(error), assertion=True)
            except (BadAddress, *MEANINGLESS) as error:
                self.fail(f"{self._call(request).name}: {error}")
            answer.close()
            self.fail("a call that waits was made before the scheduler was started (in a C++ constructor)")

    def _call(self, request: GuestRequest) -> Call:
        """The row of a request whose handler was found."""
        call = self.calls.by_number(request.number)
        assert call is not None
        return call

    def _begin(self, request: GuestRequest) -> Any:
        """Call the handler of a request; a coroutine when it may wait."""
        if request.number < FIRST_NUMBER:
            return self._serve_runtime(request)
        self._last_call_ps = self.machine.clock.now_ps
        call = self.calls.by_number(request.number)
        if call is None or len(request.args) < len(call.arguments):
            self.fail(
                f"the firmware made call {request.number} with {len(request.args)} arguments, which does not exist"
            )
        handler = self._handlers.get(call.name)
        if handler is None:
            self.fail(f"{call.name} is not modelled")
        self.machine.scheduler.elapse(self.machine.cycles_ps(self.machine.chip.timing.api_call_cycles))
        try:
            return handler(self, *call.decode(request.args))
        except ApiError as error:
            return _failure(call, error)
        except (FirmwareAssert, IdfAssert) as error:
            self.fail(str(error), assertion=True)
        except BadAddress as error:
            self.fail(f"{call.name}: {error}")
        except MEANINGLESS as error:
            self.fail(f"{call.name} was called with arguments that mean nothing: {error}")

    def _serve_runtime(self, request: GuestRequest) -> int:
        """Requests of the runtime itself."""
        number, args = request.number, request.args
        if number == Number.TICK:
            self._check_progress()
        elif number == Number.ACCESS:
            self.machine.memory.touch(args[0], args[1], is_store=bool(args[2]))
        elif number == Number.FRAME_EXIT:
            self._frame_exit(Span(args[0], args[1]))
        elif number == Number.PRINT:
            announced = self.state.pop("announced", False)
            if self.machine.scheduler.interrupts.active and not announced:
                # The C library's lock; log records and the ROM's printf announce themselves.
                self.machine.scheduler.may_wait("printf")
            self._output(self.process.printed(request), args[1])
            # No event may come in between, but a program that only prints must reach its time limit too.
            clock = self.machine.clock
            clock.advance_to(clock.now_ps + self.machine.cycles_ps(self.machine.chip.timing.api_call_cycles))
            self._stop_when_late()
        else:
            self._serve_ending(request)
        return 0

    def _check_progress(self) -> None:
        """The guest came to the end of its budget: a fault at the limit, or when nothing is pending that it could be waiting for."""
        now = self.machine.clock.now_ps
        stuck = now - self._last_call_ps >= IDLE_LOOP_PS and self.machine.clock.next_due_ps() is None
        if now >= self._limit_ps or stuck:
            busy = (now - self._last_call_ps) / PS_PER_S
            self.fail(f"endless loop: the program has been busy for {busy:.3g} s of chip time without a call")

    def _stop_when_late(self) -> None:
        """End the run at the time limit, where the scheduler has no chance to.

        Raises:
            GuestOver: the time is up.
        """
        if self.machine.clock.now_ps >= self._limit_ps:
            seconds = self._limit_ps / PS_PER_S
            self.machine.notes.append(
                f"stopped after {seconds:g} s of chip time with the program still running (see --timeout)"
            )
            raise GuestOver

    def _frame_exit(self, span: Span) -> None:
        by = self.machine.now()
        for claim in self.machine.memory.claims_on(span):
            dead = claim.span.overlap(span)
            if dead is not None:
                self.machine.bus.emit(FrameDied(span=dead, claim=claim, left=by))

    def _count_stack_claims(self) -> None:
        self._control.stack_claims = len(self.machine.stack_claims())

    # -- endings -----------------------------------------------------------------------------------------------------

    def _serve_ending(self, request: GuestRequest) -> None:
        number, args = request.number, request.args
        trace = tuple(request.frames)
        text = "" if request.is_death else self.process.message().strip()
        if number == Number.FAULT:
            # Places are return addresses, so the faulting instruction counts as the one before the next byte.
            if self.image.is_code(args[2]):
                trace = (args[2] + 1, *trace)
            self.end(describe_signal(args[0], args[1], text), trace, address=args[1])
        elif number == Number.ABORT:
            self.machine.failure = text or "the firmware called abort()"
            self.end(text or "the firmware called abort()", trace)
        elif number == Number.EXIT:
            self.machine.failure = f"the firmware called exit({args[0]})"
            self.end(f"the firmware called exit({args[0]}), which restarts a chip", trace)
        elif number == Number.STACK_OVERFLOW:
            task = self.machine.scheduler.current
            name = (
                "the interrupt"
                if self.machine.scheduler.interrupts.active
                else f"task {task.name}"
                if task
                else "startup"
            )
            # Its frames lie over the blocks below: that was said just now.
            self.machine.heap.blocks_heap.excuse_guards(Span(args[0] - MAIN_STACK_BYTES, args[0] + STACK_RESERVE))
            self.end(f"stack overflow in {name}: the stack pointer reached {args[0]:#010x}", trace)
        else:
            raise ProtocolError(f"the guest sent request {number}")

    def fail(self, message: str, *, assertion: bool = False) -> NoReturn:
        """End the run with a fault at the present call site.

        Args:
            message: What went wrong.
            assertion: Whether it is the program's own check that failed.
        Raises:
            GuestOver: always.
        """
        if assertion:
            self.machine.failure = message
        self.end(message, ())

    def end(self, message: str, trace: tuple[int, ...], address: int | None = None) -> NoReturn:
        """Say how the firmware ended, and end it.

        Args:
            message: What happened.
            trace: Return addresses, the innermost first; empty for the present call site.
            address: The address of a bad access.
        Raises:
            GuestOver: always.
        """
        self.last_words = message
        stamp = self.machine.now()
        places = tuple(_code(place) for place in trace)
        if places:
            stamp = Stamp(places[0], stamp.task, stamp.time_ps)
        self.machine.bus.emit(Fault(message=message, by=stamp, backtrace=places, address=address))
        raise GuestOver

    # -- reading the guest's memory ----------------------------------------------------------------------------------

    def empty_event(self) -> int:
        """Address of the always-zero event that callbacks are given, on the interrupt stack's low end."""
        return self._event

    def print(self, text: str) -> None:
        """Print in the firmware's name."""
        self._output(text.encode(), 1)

    def string(self, address: int) -> str:
        """A zero-terminated string, for messages; `?` when it can't be read."""
        result = b""
        while len(result) < MAX_STRING:
            try:
                byte = self.machine.memory.peek(address + len(result), 1)
            except BadAddress:
                return result.decode("utf-8", "replace") or "?"
            if byte == b"\0":
                break
            result += byte
        return result.decode("utf-8", "replace")


def _word(value: Any) -> int:
    """An answer as the guest gets it."""
    return int(value or 0) & 0xFFFF_FFFF_FFFF_FFFF


def _site(request: GuestRequest) -> int:
    """The place in the firmware a request comes from; 0 when unknown."""
    return _code(request.frames[0]) if request.frames else 0


def _code(address: int) -> int:
    return address if CODE_LOW <= address < 1 << 32 else 0


def _failure(call: Call, error: ApiError) -> int:
    code = error.returned
    return pair(code) if call.result == "pair" else code & 0xFFFF_FFFF
