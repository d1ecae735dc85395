"""Runs one program on several chips at once: a process per core, one chip after the other in each.

The order of what is printed and of the reports is that of the chips, whoever is done first. A worker is a fork of this process, so a
run can be any function; what it prints is kept and shown as a whole. When this process ends, however it ends, its workers end too,
and with them the guests they started.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from dmalab.errors import Interrupted
from dmalab.report.run import RunReport

Output = Callable[[bytes, int], None]
"""Gets what a program prints, and 1 for stdout or 2 for stderr."""
Run = Callable[[str, Output], RunReport]
"""Runs the program on the chip of that name."""

_PR_SET_PDEATHSIG = 1
_GRACE_SECONDS = 2.0
"""How long a worker may take to clean up once it is told to end."""


class WorkerFault(RuntimeError):
    """A run raised what no program should be able to cause; the traceback of the worker is in its notes."""


class Progress(Protocol):
    """What tells the user how far it is."""

    def advance(self, chip: str) -> None:
        """A run is over."""

    def pause(self) -> Any:
        """A context in which others may write to the terminal."""


def run_all(
    chips: Sequence[str],
    run: Run,
    show: Output,
    *,
    workers: int | None = None,
    prepare: Callable[[], None] = lambda: None,
) -> list[RunReport]:
    """Run on every chip and return the reports in the order of `chips`.

    Args:
        chips: Names, each once.
        run: Called in a worker process, once for each chip.
        show: Gets the output of one chip after the other, in the order of `chips`, a heading before each that has any.
        workers: Processes at a time; None for one per core.
        prepare: Called once before the workers start, for what all runs need.
    Raises:
        WorkerFault: a run ended in an exception.
    """
    count = min(workers or len(os.sched_getaffinity(0)), len(chips))
    with _progress(len(chips)) as progress:
        prepare()
        return _Pool(chips, run, show, progress, count).work()


class _Pool:
    """The workers of one `run_all`."""

    def __init__(self, chips: Sequence[str], run: Run, show: Output, progress: Progress, count: int) -> None:
        self._chips = chips
        self._run = run
        self._show = show
        self._progress = progress
        self._count = count
        self._next = 0
        self._shown = 0
        self._done: dict[int, tuple[RunReport, list[tuple[bytes, int]]]] = {}
        self._busy: dict[Connection, int] = {}
        self._processes: dict[Connection, multiprocessing.process.BaseProcess] = {}

    def work(self) -> list[RunReport]:
        """Start workers, hand out chips, collect."""
        try:
            for _ in range(self._count):
                self._hire()
            while self._busy:
                for pipe in wait(list(self._busy)):
                    assert isinstance(pipe, Connection)
                    self._collect(pipe)
                self._show_what_is_due()
        except KeyboardInterrupt:
            self._hear_the_rest()
            raise Interrupted([self._done[index][0] for index in sorted(self._done)]) from None
        finally:
            self._dismiss()
        return [self._done[index][0] for index in range(len(self._chips))]

    def _hire(self) -> None:
        context = multiprocessing.get_context("fork")
        here, there = context.Pipe()
        process = context.Process(
            target=_worker, args=(there, self._chips, self._run, os.getpid(), [here, *self._processes]), daemon=True
        )
        process.start()
        there.close()
        self._processes[here] = process
        self._assign(here)

    def _assign(self, pipe: Connection) -> None:
        """Give the worker its next chip, or let it go."""
        if self._next < len(self._chips):
            self._busy[pipe] = self._next
            pipe.send(self._next)
            self._next += 1
        else:
            pipe.send(None)

    def _collect(self, pipe: Connection) -> None:
        index = self._busy.pop(pipe)
        try:
            result = pipe.recv()
        except (EOFError, ConnectionError):
            self._processes[pipe].join()
            code = self._processes[pipe].exitcode or 0
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
            raise WorkerFault(f"the process that ran {self._chips[index]} {how}") from None
        if isinstance(result, str):
            fault = WorkerFault(f"on {self._chips[index]}: {result.rstrip().splitlines()[-1]}")
            fault.add_note(result.rstrip())
            raise fault
        if isinstance(result, Exception):
            raise result
        self._done[index] = result
        self._progress.advance(self._chips[index])
        self._assign(pipe)

    def _show_what_is_due(self) -> None:
        """The output of chips that no unfinished chip stands before."""
        while self._shown in self._done:
            chip, (report, printed) = self._chips[self._shown], self._done[self._shown]
            self._done[self._shown] = report, []
            self._shown += 1
            if printed:
                with self._progress.pause():
                    self._show(f"--- {chip} ---\n".encode(), 1)
                    for data, stream in printed:
                        self._show(data, stream)

    def _hear_the_rest(self) -> None:
        """Stop every worker and take what it knows so far."""
        for pipe in self._busy:
            self._processes[pipe].terminate()
        for pipe, index in list(self._busy.items()):
            with suppress(EOFError, ConnectionError):
                result = pipe.recv() if pipe.poll(_GRACE_SECONDS) else None
                if isinstance(result, tuple):
                    self._done[index] = result
        self._show_what_is_due()

    def _dismiss(self) -> None:
        """No worker survives this."""
        for pipe, process in self._processes.items():
            if pipe in self._busy and process.is_alive():
                process.terminate()
            pipe.close()
        for process in self._processes.values():
            process.join(_GRACE_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()


def _worker(pipe: Connection, chips: Sequence[str], run: Run, parent: int, others: Sequence[Connection]) -> None:
    """Run chips until there are no more. The result of a run is its report and output, an exception, or a traceback as text."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us in its own way
    signal.signal(signal.SIGTERM, _interrupted)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    for other in others:  # what was open at the fork would keep a pipe from ever ending
        other.close()
    try:
        while (index := pipe.recv()) is not None:
            pipe.send(_attempt(chips[index], run))
    except (EOFError, ConnectionError, KeyboardInterrupt):
        pass
    finally:
        pipe.close()


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def _attempt(chip: str, run: Run) -> object:
    printed: list[tuple[bytes, int]] = []

    def keep(data: bytes, stream: int) -> None:
        printed.append((data, stream))

    try:
        with _captured(keep):
            report = run(chip, keep)
        return report, printed
    except Interrupted as stop:
        return stop.reports[0], printed
    except Exception as error:  # noqa: BLE001 - the parent decides
        return error if _is_plain(error) else "".join(traceback.format_exception(error))


def _is_plain(error: Exception) -> bool:
    """Whether the exception is one of the user's mistakes that survives the way to the parent."""
    from dmalab.chips import ChipError
    from dmalab.errors import CannotRunError, OptionError

    if not isinstance(error, OptionError | CannotRunError | ChipError):
        return False
    try:
        return str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - an exception of another shape
        return False


class _Stream:
    """A text stream that hands on bytes."""

    def __init__(self, output: Output, number: int) -> None:
        self._output = output
        self._number = number

    def write(self, text: str) -> int:
        self._output(text.encode("utf-8", "replace"), self._number)
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


@contextmanager
def _captured(output: Output) -> Iterator[None]:
    """What Python code prints goes to `output` too."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Stream(output, 1), _Stream(output, 2)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class _Silent:
    """No progress."""

    def advance(self, chip: str) -> None:
        pass

    def pause(self) -> Any:
        return nullcontext()


class _Bar:
    """A bar on the terminal."""

    def __init__(self, bar: Any, task: Any) -> None:
        self._bar = bar
        self._task = task

    def advance(self, chip: str) -> None:
        self._bar.update(self._task, advance=1, description=chip)
        self._bar.refresh()

    @contextmanager
    def pause(self) -> Iterator[None]:
        self._bar.stop()
        try:
            yield
        finally:
            self._bar.start()


@contextmanager
def _progress(total: int) -> Iterator[Progress]:
    """A bar on stderr while it is a terminal, else nothing. It is gone when the runs are over."""
    if not sys.stderr.isatty():
        yield _Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:<9}"), BarColumn(), MofNCompleteColumn(), TextColumn("chips"))
    # It is drawn when a run ends, not by a thread: this process forks.
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        progress = _Bar(bar, bar.add_task("building", total=total))
        bar.refresh()
        yield progress
