"""The guest's turns: it runs from one request to the next, and tells how long that took."""

from __future__ import annotations

from dmalab.core.clock import PS_PER_S
from dmalab.guest.endings import GuestOver
from dmalab.guest.layout import TOUCHED
from dmalab.guest.process import GuestProcess, GuestReply, GuestRequest
from dmalab.machine import Machine

IDLE_LOOP_PS = 10 * PS_PER_S
"""Chip time after which a program that makes no call, while nothing is pending that could change anything, counts as an endless loop."""


class Dialogue:
    """Time and cache lines, kept in step between the machine and its guest."""

    def __init__(self, machine: Machine, process: GuestProcess) -> None:
        self.limit_ps = 0
        """Chip time at which the run ends."""
        self._machine = machine
        self._process = process
        self._control = control = process.arena.control
        self._ps_per_cycle = round(1_000_000 / machine.cpu_mhz)
        timing = machine.chip.timing
        control.ps_per_cycle = self._ps_per_cycle
        control.access_cycles = timing.access_cycles
        control.call_cycles = timing.call_cycles
        control.copy_cycles_per_16_bytes = timing.copy_cycles_per_16_bytes
        control.touched_enabled = machine.policy != "lazy"

    def resume(self, reply: GuestReply) -> GuestRequest:
        """Let the guest run up to its next request."""
        machine, control = self._machine, self._control
        machine.settle()
        now = machine.clock.now_ps
        due = machine.clock.next_due_ps()
        if due is None or machine.scheduler.interrupts.active:
            due = now + IDLE_LOOP_PS
        cycles = max(0, (min(due, self.limit_ps) - now) // self._ps_per_cycle)
        control.budget = control.budget_given = cycles
        control.time_ps = now
        control.task = machine.scheduler.stamp_task()
        request = self._process.resume(reply)
        machine.clock.advance_to(now + (cycles - control.budget) * self._ps_per_cycle)
        if control.touched_count:
            self._note_touched()
        return request

    def _note_touched(self) -> None:
        control, memory = self._control, self._machine.memory
        for address in control.touched[: min(control.touched_count, TOUCHED)]:
            region = memory.find(address)
            if region is not None and memory.filled is not None:
                line = (address - region.base) >> region.line_shift
                memory.filled(region, line, line + 1)
        control.touched_count = 0

    def claim_on_stack(self, count: int) -> None:
        """Tell the guest how many requests own stack memory: while it is none, function exits need no word."""
        self._control.stack_claims = count

    def begin_stack(self, low: int) -> None:
        """Tell the guest the lowest legal address of the stack it runs on next."""
        self._control.stack_low = low

    def is_late(self) -> bool:
        """Whether the time limit is reached."""
        return self._machine.clock.now_ps >= self.limit_ps

    def stop_when_late(self) -> None:
        """End the run at the time limit, where the scheduler has no chance to.

        Raises:
            GuestOver: the time is up.
        """
        if self.is_late():
            seconds = self.limit_ps / PS_PER_S
            self._machine.notes.append(
                f"stopped after {seconds:g} s of chip time with the program still running (see --timeout)"
            )
            raise GuestOver
