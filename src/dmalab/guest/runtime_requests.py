"""What the guest's runtime asks of itself: accesses to be judged, prints, the end of its time, and its own end.

The numbers are those of docs/guest.md, section 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmalab.core.clock import PS_PER_S
from dmalab.core.events import FrameDied
from dmalab.core.spans import Span
from dmalab.guest.dialogue import IDLE_LOOP_PS
from dmalab.guest.endings import ProtocolError, describe_signal
from dmalab.guest.process import GuestRequest, Number
from dmalab.guest.threads import STACK_RESERVE

if TYPE_CHECKING:
    from dmalab.guest.firmware import Firmware

OVERFLOW_BYTES = 3584
"""How far below its stack an overflow is taken to have written: as much as a whole stack of the main task."""


class RuntimeRequests:
    """Serves the runtime of one firmware."""

    def __init__(self, firmware: Firmware) -> None:
        self._firmware = firmware
        self._machine = firmware.machine

    def serve(self, request: GuestRequest) -> int:
        """Answer one request.

        Raises:
            GuestOver: the firmware has come to its end.
            ProtocolError: there is no such request.
        """
        number, args = request.number, request.args
        if number == Number.TICK:
            self._check_progress()
        elif number == Number.ACCESS:
            self._machine.memory.touch(args[0], args[1], is_store=bool(args[2]))
        elif number == Number.FRAME_EXIT:
            self._frame_exit(Span(args[0], args[1]))
        elif number == Number.PRINT:
            self._print(request)
        else:
            self._end(request)
        return 0

    def _check_progress(self) -> None:
        """The guest came to the end of its budget: a fault at the limit, or when nothing is pending that it could be waiting for."""
        firmware, clock = self._firmware, self._machine.clock
        idle_ps = clock.now_ps - firmware.dispatcher.last_call_ps
        stuck = idle_ps >= IDLE_LOOP_PS and clock.next_due_ps() is None
        if firmware.dialogue.is_late() or stuck:
            firmware.fail(
                f"endless loop: the program has been busy for {idle_ps / PS_PER_S:.3g} s of chip time without a call"
            )

    def _frame_exit(self, span: Span) -> None:
        machine = self._machine
        by = machine.now()
        for claim in machine.memory.claims_on(span):
            dead = claim.span.overlap(span)
            if dead is not None:
                machine.bus.emit(FrameDied(span=dead, claim=claim, left=by))

    def _print(self, request: GuestRequest) -> None:
        firmware, machine = self._firmware, self._machine
        announced = firmware.state.pop("announced", False)
        if firmware.printing_locks and machine.scheduler.interrupts.active and not announced:
            # The C library's lock; log records and the ROM's printf announce themselves.
            machine.scheduler.may_wait("printf")
        firmware.write(firmware.process.printed(request), request.args[1])
        # No event may come in between, but a program that only prints must reach its time limit too.
        machine.clock.advance_to(machine.clock.now_ps + machine.cycles_ps(machine.chip.timing.api_call_cycles))
        firmware.dialogue.stop_when_late()

    def _end(self, request: GuestRequest) -> None:
        firmware, machine = self._firmware, self._machine
        number, args, trace = request.number, request.args, tuple(request.frames)
        text = "" if request.is_death else firmware.process.message().strip()
        if number == Number.FAULT:
            # Places are return addresses, so the faulting instruction counts as the one before the next byte.
            if firmware.image.is_code(args[2]):
                trace = (args[2] + 1, *trace)
            firmware.end(describe_signal(args[0], args[1], text), trace, address=args[1])
        elif number == Number.ABORT:
            machine.failure = text or "the firmware called abort()"
            firmware.end(machine.failure, trace)
        elif number == Number.EXIT:
            machine.failure = f"the firmware called exit({args[0]})"
            firmware.end(f"{machine.failure}, which restarts a chip", trace)
        elif number == Number.STACK_OVERFLOW:
            # Its frames lie over the blocks below: that was said just now.
            machine.heap.blocks_heap.excuse_guards(Span(args[0] - OVERFLOW_BYTES, args[0] + STACK_RESERVE))
            firmware.end(f"stack overflow in {self._runner()}: the stack pointer reached {args[0]:#010x}", trace)
        raise ProtocolError(f"the guest sent request {number}")

    def _runner(self) -> str:
        scheduler = self._machine.scheduler
        if scheduler.interrupts.active:
            return "the interrupt"
        return f"task {scheduler.current.name}" if scheduler.current else "startup"
