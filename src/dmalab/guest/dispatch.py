"""Answers the API calls of a firmware: finds the handler, lets it wait, and turns what it raises into codes and faults."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NoReturn

from dmalab.core.memory import BadAddress
from dmalab.core.places import code_place
from dmalab.core.tasks import Trap, Wait, WouldBlock, trap
from dmalab.errors import ApiError
from dmalab.guest.calls import FIRST_NUMBER, Call, CallTable, pair
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.process import GuestRequest
from dmalab.idf.errors import IdfAssert

if TYPE_CHECKING:
    from dmalab.guest.firmware import Firmware

ASSERTIONS = (FirmwareAssert, IdfAssert)
MEANINGLESS = (ArithmeticError, LookupError)
"""What handlers raise for numbers that no C enumeration has; only a firmware that has gone wild sends them."""
FAULTS = (*ASSERTIONS, BadAddress, *MEANINGLESS)
"""What ends the firmware."""

Handler = Callable[..., Any]

_LIBRARY = ("std::", "__gnu_cxx::")
"""What the names of the C++ library's functions begin with."""


class Dispatcher:
    """Serves the requests of one firmware."""

    def __init__(self, firmware: Firmware, calls: CallTable, handlers: dict[str, Handler]) -> None:
        self.last_call_ps = 0
        """When the last API call was made."""
        self._firmware = firmware
        self._machine = firmware.machine
        self._calls = calls
        self._handlers = handlers
        self._has_templates = any(symbol.shown.startswith(_LIBRARY) for symbol in firmware.image.symbols)

    def _site(self, request: GuestRequest) -> int:
        """Where the firmware made a call: not in the templates of the C++ library that it came through, which are compiled in too."""
        if self._has_templates:
            for frame in request.frames:
                if not self._is_template(frame - 1):
                    return code_place(frame)
        return request.site

    def _is_template(self, address: int) -> bool:
        symbol = self._firmware.image.symbol_at(address)
        return symbol is not None and symbol.shown.startswith(_LIBRARY)

    async def serve(self, request: GuestRequest) -> int:
        """Answer a task's request."""
        # Not `machine.serving`: should this task be deleted while it waits, the call site by then is that of the deleting call.
        machine = self._machine
        machine.call_site = self._site(request)
        answer = self._begin(request)
        value = await self._finish(request, answer) if isinstance(answer, Coroutine) else _word(answer)
        machine.call_site = None
        return value

    def serve_at_once(self, request: GuestRequest) -> int:
        """Answer where nothing may wait: in an interrupt, or before any task exists."""
        if request.number >= FIRST_NUMBER:
            self._firmware.dialogue.stop_when_late()
        with self._machine.serving(self._site(request)):
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
            except FAULTS as error:
                self._fault(self._call(request), error)
            answer.close()
            self._firmware.fail("a call that waits was made before the scheduler was started (in a C++ constructor)")

    def _begin(self, request: GuestRequest) -> Any:
        """Call the handler of a request; a coroutine when it may wait."""
        firmware, machine = self._firmware, self._machine
        if request.number < FIRST_NUMBER:
            return firmware.runtime.serve(request)
        self.last_call_ps = machine.clock.now_ps
        call = self._calls.by_number(request.number)
        if call is None or len(request.args) < len(call.arguments):
            firmware.fail(
                f"the firmware made call {request.number} with {len(request.args)} arguments, which does not exist"
            )
        handler = self._handlers.get(call.name)
        if handler is None:
            firmware.fail(f"{call.name} is not modelled")
        machine.scheduler.elapse(machine.cycles_ps(machine.chip.timing.api_call_cycles))
        try:
            return handler(firmware, *call.decode(request.args))
        except ApiError as error:
            return _failure(call, error)
        except FAULTS as error:
            self._fault(call, error)

    async def _finish(self, request: GuestRequest, answer: Coroutine[Trap, Any, Any]) -> int:
        """Let a handler that may wait do so. While it waits, other calls are served from other places."""
        machine, site = self._machine, self._machine.call_site
        call = self._call(request)
        sent: Any = None
        try:
            while True:
                try:
                    asked = answer.send(sent)
                except StopIteration as stop:
                    return _word(stop.value)
                if isinstance(asked, Wait) and machine.scheduler.suspended:
                    self._firmware.fail(f"{call.name} waits while the scheduler is suspended", assertion=True)
                machine.call_site = None
                sent = await trap(asked)
                machine.call_site = site
        except ApiError as error:
            return _failure(call, error)
        except WouldBlock:
            return 0
        except FAULTS as error:
            self._fault(call, error)

    def _call(self, request: GuestRequest) -> Call:
        """The row of a request whose handler was found."""
        call = self._calls.by_number(request.number)
        assert call is not None
        return call

    def _fault(self, call: Call, error: Exception) -> NoReturn:
        """End the firmware for what a handler raised.

        Raises:
            GuestOver: always.
        """
        if isinstance(error, ASSERTIONS):
            self._firmware.fail(str(error), assertion=True)
        if isinstance(error, MEANINGLESS):
            self._firmware.fail(f"{call.name} was called with arguments that mean nothing: {error}")
        self._firmware.fail(f"{call.name}: {error}")


def _word(value: Any) -> int:
    """An answer as the guest gets it."""
    return int(value or 0) & 0xFFFF_FFFF_FFFF_FFFF


def _failure(call: Call, error: ApiError) -> int:
    code = error.returned
    return pair(code) if call.result == "pair" else code & 0xFFFF_FFFF
