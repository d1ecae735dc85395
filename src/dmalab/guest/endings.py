"""How a firmware can end, besides returning: as exceptions that unwind the machine, and in words."""

from __future__ import annotations

import signal


class GuestOver(Exception):
    """The guest is gone: crashed, aborted or ended itself. Everything has been said."""


class FirmwareAssert(Exception):
    """An assertion of the kernel or of a driver failed in a call from firmware."""


class ProtocolError(RuntimeError):
    """The guest broke the contract of the mailbox: a fault in dmalab."""


def describe_signal(number: int, address: int, text: str) -> str:
    """A fatal signal in words.

    Args:
        number: The signal.
        address: Where the bad access went.
        text: What the runtime has to add; may be empty.
    """
    if number == signal.SIGVTALRM:
        return "endless loop: the program went on computing without an access, a call or an event"
    names: dict[int, str] = {
        signal.SIGSEGV: f"invalid access to {address:#010x}",
        signal.SIGBUS: f"invalid access to {address:#010x}",
        signal.SIGFPE: "arithmetic fault (division by zero)",
        signal.SIGILL: "illegal instruction",
        signal.SIGABRT: "abort",
        signal.SIGKILL: "killed from outside",
    }
    what = names.get(number, f"signal {number}")
    return f"the firmware crashed: {what}" + (f" ({text})" if text else "")
