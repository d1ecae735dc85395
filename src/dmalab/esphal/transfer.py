"""A DMA transfer on its way: it owns the driver and the buffers until `wait` gives them back.

           dma_transfer                wait
  driver, --------------> Transfer -----------> driver, buffers
  buffers                 ^      |
                          +------+ is_done, cancel

Dropping it unfinished cancels, waits for the controller to be quiet, and destroys driver and buffers, as esp-hal's `Drop` does. dmalab
reports that, since nobody writes it on purpose.

`is_done` and `cancel` leave the transfer where it is, `wait` consumes it and can't fail: what an engine had to complain about is lost.
Python lets go of an object when the last name for it goes; `with` and `drop` do it at a chosen place.
Source: esp-rs/esp-hal v0.21.1 esp-hal/src/spi/master.rs (SpiDmaTransfer); release of the parts of a finished transfer as from v1.1.1 on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from types import TracebackType
from typing import Any

from dmalab.core.channel import Channel, ChannelState
from dmalab.core.events import Stamp
from dmalab.core.memory import Claim
from dmalab.core.spi import Shift, ShiftState, SpiController
from dmalab.core.spi_events import TransferDropped
from dmalab.core.tasks import Waiters
from dmalab.esphal.moves import Movable, here, place, while_here
from dmalab.esphal.settings import Settings


class Work:
    """What the hardware does for a transfer. It outlives the transfer object, so that dropping that can be noticed."""

    def __init__(self, settings: Settings, channels: tuple[Channel, ...], claims: list[Claim], label: str) -> None:
        self.settings = settings
        self.machine = settings.machine
        self.controller: SpiController = settings.controller
        self.label = label
        self.started: Stamp = settings.machine.now()
        self.waiters = Waiters(f"the end of the {label}")
        self.shift: Shift | None = None
        self.channels = channels
        self._claims = claims

    @property
    def busy(self) -> bool:
        """Whether the frame is on the wire."""
        return self.shift is not None and self.shift.state is ShiftState.BUSY

    def finished(self) -> None:
        """The last clock is out."""
        self._let_go()
        if self.waiters:
            self.machine.scheduler.interrupts.request(self._wake)

    def _wake(self) -> None:
        while self.waiters:
            self.machine.scheduler.wake(self.waiters)

    def cancel(self) -> None:
        """End the frame now."""
        if self.busy:
            self.controller.cancel()
            self.finished()

    def _let_go(self) -> None:
        for channel in self.channels:
            if channel.state is ChannelState.RUNNING:
                self.controller.engine.stop(channel)
        for claim in self._claims:
            self.machine.memory.release(claim)


class SpiDmaTransfer(Movable):
    """A transfer that owns its driver and buffers."""

    def __init__(
        self, work: Work, driver: Movable, buffers: tuple[Movable, ...], shape: Callable[[], Any], call: str
    ) -> None:
        super().__init__(work.machine, f"the transfer started by {call}()")
        self._work = work
        self._parts = (driver, *buffers)
        self._shape = shape
        """Puts the parts together as `wait` returns them."""
        into = f"a transfer by {call}()"
        back = f"wait() of the transfer started at {place(here(work.machine))} gives it back"
        for part in self._parts:
            part.move_into(into, back)

    # -- the interface -----------------------------------------------------------------------------------------------

    @while_here
    def is_done(self) -> bool:
        """Whether the transfer is over. Looks, and takes a moment of the core's time for it."""
        machine = self._machine
        machine.scheduler.elapse(self._work.settings.cost.call_ps)
        return not self._work.busy

    @while_here
    def wait(self) -> Any:
        """Wait until it is over, keeping the core; gives back what was moved in.

        Returns:
            The driver and the buffer, or for full duplex the driver and (receiving, sending).
        """
        machine = self._machine
        if self._work.busy and machine.scheduler.interrupts.active:
            machine.scheduler.may_wait("SpiDmaTransfer::wait")
        if self._work.shift is not None:
            self._work.settings.spin(self._work.shift)
        machine.scheduler.elapse(self._work.settings.cost.call_ps)
        self.move_into("its parts, by wait()")
        for part in self._parts:
            part.give_back()
        return self._shape()

    @while_here
    def cancel(self) -> None:
        """End it early. Driver and buffers stay in it: `wait` gives them back. Repeating it, or after the end, does nothing."""
        machine = self._machine
        machine.scheduler.elapse(self._work.settings.cost.call_ps)
        self._work.cancel()

    async def wait_for_done(self) -> None:
        """Let other tasks run until it is over. Driver and buffers stay in it: `wait` gives them back."""
        self.check_here()
        while self._work.busy:
            await self._machine.scheduler.wait(self._work.waiters, None, "SpiDmaTransfer::wait_for_done")

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from self.wait_for_done().__await__()
        return self.wait()

    # -- dropping ----------------------------------------------------------------------------------------------------

    def drop(self) -> None:
        """Let go of it, as when its last name goes out of scope."""
        self.check_here()
        self._drop()

    def _drop(self) -> None:
        work, machine = self._work, self._machine
        shift = work.shift
        if work.busy and shift is not None:
            dropped = machine.now()
            work.cancel()
            machine.bus.emit(
                TransferDropped(
                    label=work.label,
                    started=work.started,
                    dropped=dropped,
                    moved=max(shift.sent, shift.taken),
                    total=max(shift.frame.tx_bytes, shift.frame.rx_bytes),
                    call="wait()",
                )
            )
        self.move_into("nothing: it was dropped")
        for part in self._parts:
            part.lose("a transfer that was dropped")

    def __enter__(self) -> SpiDmaTransfer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._move is None:
            self._drop()

    def __del__(self) -> None:
        if getattr(self, "_move", self) is None:
            self._drop()
