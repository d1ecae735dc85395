"""Runs a firmware as a child process and passes the turn to it and back.

The machine calls `resume(reply)`: the guest goes on with that answer, and the next request comes back. Waiting first spins on the
shared turn word, which makes a round trip cost microseconds, then sleeps on it as a futex. A child that dies without a word becomes a
request too, so callers have one way to hear about ends. Whatever happens, `close` leaves neither a process nor a zombie.

Not modelled here: what requests mean. This module knows only their shape.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import TracebackType

from dmalab.core.places import UNKNOWN, code_place
from dmalab.guest.image import Image
from dmalab.guest.layout import ARGS, FRAMES, TURN_GUEST, Arena, Control, Reply, Request


class Number(IntEnum):
    """The runtime's own requests; the API's have numbers from 32, see `calls`."""

    TICK = 0
    ACCESS = 1
    FRAME_EXIT = 2
    FAULT = 3
    TASK_RETURNED = 4
    ISR_RETURN = 5
    BOOT = 6
    PRINT = 7
    EXIT = 8
    ABORT = 9
    STACK_OVERFLOW = 10


class GuestError(Exception):
    """The guest could not be started, or broke the protocol: a fault of dmalab or of this computer, not of the firmware."""


@dataclass(slots=True)
class GuestRequest:
    """What the guest asks."""

    number: int
    args: list[int]
    """Unsigned 64-bit words."""
    frames: list[int]
    """Return addresses in firmware code, the nearest call first. To find the call itself, look at one byte less."""
    fiber: int
    is_death: bool = False
    """The process is gone: the request was made up from its exit status, and there is nobody to answer."""

    @property
    def site(self) -> int:
        """The place in the firmware that it comes from; 0 when unknown."""
        return code_place(self.frames[0]) if self.frames else UNKNOWN


@dataclass(slots=True)
class GuestReply:
    """What the machine answers."""

    action: int
    fiber: int
    value: int = 0
    args: tuple[int, int, int, int] = (0, 0, 0, 0)


RETURN, START, CALL, EXIT = range(4)

_MASK64 = (1 << 64) - 1
_SYS_FUTEX = {"x86_64": 202, "aarch64": 98, "riscv64": 98}
_FUTEX = _SYS_FUTEX.get(platform.machine(), 202)
_FUTEX_WAIT, _FUTEX_WAKE = 0, 1
_ADDR_NO_RANDOMIZE = 0x0040000
_SPINS = 60 if (os.cpu_count() or 1) > 1 else 0
_LOOKS = range(20)
"""Rounds of looks at the turn word before sleeping, and looks per round: some 60 microseconds in all, longer than most answers take,
short beside a time slice. Between rounds the core is offered to others, for the guest may be waiting for this very core."""

_libc = ctypes.CDLL(None, use_errno=True)


class _Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


_NAP = _Timespec(0, 20_000_000)
"""How long to sleep before looking whether the child is alive."""

# Places of the hot fields, in units of their own size.
_TURN = Control.turn.offset // 4
_GUEST_WAITS = Control.guest_waits.offset // 4
_MACHINE_WAITS = Control.machine_waits.offset // 4
_REQUEST_32 = Control.request.offset // 4
_REQUEST_ARGS = (Control.request.offset + Request.args.offset) // 8
_REQUEST_FRAMES = (Control.request.offset + Request.frames.offset) // 8
_REPLY_32 = Control.reply.offset // 4
_REPLY_VALUE = (Control.reply.offset + Reply.value.offset) // 8
_REPLY_ARGS = (Control.reply.offset + Reply.args.offset) // 8


class GuestProcess:
    """One running firmware. Use `start`; use as a context manager, or call `close`."""

    def __init__(self, pid: int, arena: Arena) -> None:
        self.pid = pid
        self.arena = arena
        self.status: int | None = None
        """Wait status once reaped."""
        view = memoryview(arena.mmap)[: ctypes.sizeof(Control)]
        self._words = view.cast("I")
        self._longs = view.cast("Q")
        self._turn_address = ctypes.addressof(arena.control) + Control.turn.offset

    @classmethod
    def start(
        cls,
        image: Image,
        arena: Arena,
        *,
        wait_for_debugger: bool = False,
        loop_seconds: float = 3.0,
        environment: Mapping[str, str] | None = None,
    ) -> GuestProcess:
        """Start the firmware. The first `wait` gives its first request, BOOT.

        The kernel ends the guest together with the thread that starts it: call from one that outlives the guest.

        Args:
            image: What to run.
            arena: Its memory, of which the control block's costs may be set now or at BOOT. One guest per arena.
            wait_for_debugger: Stop (SIGSTOP) once the firmware is mapped, before its constructors. `gdb -p PID` attaches and goes on.
            loop_seconds: Processor time without any sign of progress that counts as an endless loop.
            environment: What the firmware's `getenv` sees besides the runtime's own settings.
        Raises:
            GuestError: the program can't be executed here.
        """
        settings = {
            **(environment or {}),
            "DMALAB_ARENA_FD": "3",
            "DMALAB_PARENT": str(os.getpid()),
            "DMALAB_LOOP_SECONDS": repr(loop_seconds),
        }
        if wait_for_debugger:
            settings["DMALAB_STOP"] = "1"
        arena.control.turn = TURN_GUEST
        actions = [
            (os.POSIX_SPAWN_DUP2, arena.fd, 3),  # first: it may be one of the next two
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        ]
        with _FixedAddresses():
            try:
                pid = os.posix_spawn(
                    image.path,
                    ["firmware"],
                    settings,
                    file_actions=actions,
                    setpgroup=0,  # Ctrl-C is for dmalab, which ends the guest in its own way
                    setsigmask=(),
                    setsigdef=range(1, 32),
                )
            except OSError as error:
                hint = (
                    "; a 32-bit program needs the 32-bit loader, or a kernel that runs it"
                    if image.word_bytes == 4
                    else ""
                )
                raise GuestError(f"can't run the firmware: {error.strerror}{hint}") from error
        return cls(pid, arena)

    def resume(self, reply: GuestReply) -> GuestRequest:
        """Answer the pending request and wait for the next one."""
        return self.answer(reply.action, reply.fiber, reply.value, reply.args)

    def answer(
        self, action: int, fiber: int, value: int = 0, args: tuple[int, int, int, int] | None = None
    ) -> GuestRequest:
        """`resume` without an object. `value` and `args` may be negative; they are cut to 64 bits."""
        words = self._words
        words[_REPLY_32] = action
        words[_REPLY_32 + 1] = fiber
        self._longs[_REPLY_VALUE] = value & _MASK64
        if args is not None:
            for index in range(4):
                self._longs[_REPLY_ARGS + index] = args[index] & _MASK64
        words[_TURN] = 1
        if words[_GUEST_WAITS]:
            _libc.syscall(_FUTEX, ctypes.c_void_p(self._turn_address), _FUTEX_WAKE, 1, None, None, 0)
        return self.wait()

    def wait(self) -> GuestRequest:
        """The next request: BOOT after `start`."""
        words = self._words
        if not self._spin() and (death := self._sleep()) is not None:
            return death
        nargs = min(words[_REQUEST_32 + 1], ARGS)  # a wild store of the firmware may have hit the mailbox
        frames = min(words[_REQUEST_32 + 3], FRAMES)
        longs = self._longs
        return GuestRequest(
            words[_REQUEST_32],
            longs[_REQUEST_ARGS : _REQUEST_ARGS + nargs].tolist(),
            longs[_REQUEST_FRAMES : _REQUEST_FRAMES + frames].tolist(),
            words[_REQUEST_32 + 2],
        )

    def _spin(self) -> bool:
        """Whether the turn came back within a few microseconds."""
        words, turn = self._words, _TURN
        for _ in range(_SPINS):
            for _ in _LOOKS:
                if not words[turn]:
                    return True
            os.sched_yield()
        return False

    def _sleep(self) -> GuestRequest | None:
        """Until the guest gives the turn back. A request made up from its end, if it died instead."""
        words = self._words
        words[_MACHINE_WAITS] = 1
        try:
            while words[_TURN]:
                _libc.syscall(_FUTEX, ctypes.c_void_p(self._turn_address), _FUTEX_WAIT, 1, ctypes.byref(_NAP), None, 0)
                # Its last act may have been a request: the turn word decides, not the death.
                if words[_TURN] and self._is_dead() and words[_TURN]:
                    return self._death()
        finally:
            words[_MACHINE_WAITS] = 0
        return None

    def _is_dead(self) -> bool:
        self._reap(os.WNOHANG)
        return self.status is not None

    def _reap(self, options: int = 0) -> None:
        if self.status is not None:
            return
        try:
            pid, status = os.waitpid(self.pid, options)
        except ChildProcessError:
            pid, status = self.pid, 0  # somebody else reaped it, or SIGCHLD is ignored: how it ended is lost
        if pid:
            self.status = status

    def _death(self) -> GuestRequest:
        assert self.status is not None
        fiber = self._words[_REQUEST_32 + 2]
        if os.WIFSIGNALED(self.status):
            return GuestRequest(Number.FAULT, [os.WTERMSIG(self.status), 0, 0], [], fiber, is_death=True)
        return GuestRequest(Number.EXIT, [os.WEXITSTATUS(self.status)], [], fiber, is_death=True)

    def message(self) -> str:
        """The text that came with a FAULT or ABORT."""
        return self.arena.text().decode(errors="replace")

    def printed(self, request: GuestRequest) -> bytes:
        """The bytes of a PRINT."""
        return self.arena.text(request.args[0])

    def kill(self) -> None:
        """End the process at once, whatever it is doing, and reap it. Harmless when it is gone already."""
        if self.status is None and not self._is_dead():
            os.kill(self.pid, signal.SIGKILL)
            self._reap()

    def finish(self, status: int = 0) -> int:
        """Answer EXIT to the pending request and reap the process.

        Returns:
            Its exit status, negative for a signal.
        """
        self._words[_REPLY_32] = EXIT
        self._longs[_REPLY_VALUE] = status & 0xFF
        self._words[_TURN] = 1
        _libc.syscall(_FUTEX, ctypes.c_void_p(self._turn_address), _FUTEX_WAKE, 1, None, None, 0)
        self._reap()
        assert self.status is not None, "just reaped"
        return os.waitstatus_to_exitcode(self.status)

    def close(self) -> None:
        """Kill what is left of the process and let go of the arena."""
        self.kill()
        self._words.release()
        self._longs.release()

    def __enter__(self) -> GuestProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _FixedAddresses:
    """The child's libc lies at the same addresses every time: the personality is inherited from the thread that starts it.

    Where that is forbidden (some containers), host addresses differ from run to run; firmware sees them only if it prints them.
    """

    _lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()
        self._old = _libc.personality(ctypes.c_ulong(0xFFFFFFFF))
        if self._old != -1:
            _libc.personality(ctypes.c_ulong(self._old | _ADDR_NO_RANDOMIZE))

    def __exit__(self, *_: object) -> None:
        if self._old != -1:
            _libc.personality(ctypes.c_ulong(self._old))
        self._lock.release()
