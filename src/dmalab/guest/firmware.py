"""Runs a firmware image on a machine: tasks as fibers, API calls as requests, interrupts on top, and every way it can end.

A task of the firmware is an ordinary task of the scheduler whose coroutine lets the guest run until its next request (`threads`). So
priorities, waiting and time are the scheduler's, and a handler that waits is written like any Python task. `dialogue` gives the guest its
turns, `dispatch` answers API calls, `runtime_requests` what the runtime asks of itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

from dmalab.core.clock import PS_PER_S
from dmalab.core.events import Fault, Stamp
from dmalab.core.memory import BadAddress
from dmalab.core.places import Site, code_place
from dmalab.core.tasks import Stop, Task
from dmalab.guest.calls import IDF, CallTable
from dmalab.guest.dialogue import Dialogue
from dmalab.guest.dispatch import Dispatcher, Handler
from dmalab.guest.endings import GuestOver
from dmalab.guest.image import Image
from dmalab.guest.places import Places as CodePlaces
from dmalab.guest.process import CALL, RETURN, GuestProcess, GuestReply, Number
from dmalab.guest.runtime_requests import RuntimeRequests
from dmalab.guest.threads import Threads
from dmalab.machine import Machine

BOOT_FIBER = 0
INTERRUPT_FIBER = 1
INTERRUPT_STACK_BYTES = 4096
MAIN_STACK_BYTES = 3584
"""ESP-IDF's default for the main task."""
TEST_STACK_BYTES = 8192
"""UNITY_FREERTOS_STACK_SIZE of ESP-IDF's test_utils."""
MAIN_PRIORITY = 1
EVENT_BYTES = 16
MAX_STRING = 256


class Firmware:
    """One firmware image on one machine."""

    calls: ClassVar[CallTable] = IDF
    """The calls of its API."""
    main_priority: ClassVar[int] = MAIN_PRIORITY
    printing_locks: ClassVar[bool] = True
    """Whether printing takes a lock, and so may wait."""

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
        self.write = output
        self.handles: dict[int, Any] = {}
        """Kernel and driver objects by the address that firmware knows them by."""
        self.ended: Callable[[], None] | None = None
        """Called when every task has come to its end."""
        self.state: dict[str, Any] = {}
        """Whatever handlers keep between calls."""
        self.last_words = ""
        """The fault that ended the firmware; empty when none did."""
        self.entry = 0
        """Address of the function that the main task runs."""
        self.dialogue = Dialogue(machine, process)
        self.threads = Threads(self)
        self.runtime = RuntimeRequests(self)
        self.dispatcher = Dispatcher(self, self.calls, handlers)
        self._code_places = CodePlaces(image)
        self._event = 0
        self._set_up()

    def _set_up(self) -> None:
        machine = self.machine
        machine.memory.expect_unseen()
        machine.memory.stacks_claimed = lambda: self.dialogue.claim_on_stack(len(machine.stack_claims()))
        machine.places.resolve_code = self._resolve
        machine.objects.add_statics(
            (symbol.shown, symbol.address, symbol.size) for symbol in self.image.symbols if not symbol.is_function
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
        self.dialogue.limit_ps = round(limit_s * PS_PER_S)
        try:
            self._boot()
            main = self.threads.start(
                self.entry, 0, name="main", priority=self.main_priority, stack_bytes=self._main_stack_bytes()
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
        while request.number != Number.TASK_RETURNED:
            reply = GuestReply(RETURN, BOOT_FIBER, 0)
            if request.number == Number.BOOT:
                self.entry = request.args[1]
                stack = self.threads.allocate_stack(INTERRUPT_STACK_BYTES, "interrupt stack")
                # The first words serve as the empty event that callbacks get; the stack begins behind.
                self._event = stack.address
                reply.args = (0, 0, stack.address + EVENT_BYTES, stack.size - EVENT_BYTES)
            else:
                reply.value = self.dispatcher.serve_at_once(request)
            request = self.dialogue.resume(reply)

    def returned(self, task: Task) -> None:
        """The function of a task came back, which FreeRTOS does not allow."""
        self.fail(f"the function of task {task.name} returned; a task must end with vTaskDelete(NULL)")

    def call_in_interrupt(self, function: int, *arguments: int) -> int:
        """Run a handler of the firmware in interrupt context; what it returns."""
        first, second, third = (*arguments, 0, 0, 0)[:3]
        request = self.dialogue.resume(GuestReply(CALL, INTERRUPT_FIBER, 0, (function, first, second, third)))
        while request.number != Number.ISR_RETURN:
            value = self.dispatcher.serve_at_once(request)
            request = self.dialogue.resume(GuestReply(RETURN, INTERRUPT_FIBER, value))
        return request.args[0]

    # -- endings -----------------------------------------------------------------------------------------------------

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
        places = tuple(code_place(place) for place in trace)
        if places:
            stamp = Stamp(places[0], stamp.task, stamp.time_ps)
        self.machine.bus.emit(Fault(message=message, by=stamp, backtrace=places, address=address))
        raise GuestOver

    # -- what handlers share -----------------------------------------------------------------------------------------

    def empty_event(self) -> int:
        """Address of the always-zero event that callbacks are given, on the interrupt stack's low end."""
        return self._event

    def print(self, text: str) -> None:
        """Print in the firmware's name."""
        self.write(text.encode(), 1)

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
