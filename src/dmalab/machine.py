"""`dmalab.Machine`: a chip to run code on, with the checker watching.

report = Machine("esp32s3").run(main)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from dmalab import chips
from dmalab.chips.model import Chip
from dmalab.core.cache import Policy
from dmalab.core.choices import Choices
from dmalab.core.clock import PS_PER_NS, PS_PER_S
from dmalab.core.events import Deadlock, Leaked, Stamp, Sync, TransferEnded
from dmalab.core.handover import check_handover
from dmalab.core.machine import BareMachine
from dmalab.core.planes import Planes
from dmalab.core.tasks import Stop, Task, TaskState
from dmalab.esphal.words import EspHalWords
from dmalab.idf import heap_rules, release
from dmalab.idf.words import IdfWords
from dmalab.report.run import CaseResult, RunReport, merge
from dmalab.rules.checker import Checker
from dmalab.rules.coherency import Coherency
from dmalab.rules.dma_channel import DmaChannels
from dmalab.rules.execution import Execution
from dmalab.rules.lists import Lists
from dmalab.rules.needless import Needless
from dmalab.rules.ownership import Ownership
from dmalab.rules.requests import Requests
from dmalab.rules.spi import Peripherals
from dmalab.rules.views import TwoViews
from dmalab.rules.words import Words
from dmalab.trace.recorder import Recorder
from dmalab.zephyr.board import Board
from dmalab.zephyr.words import ZephyrWords

_WORDS: dict[str, Callable[[], Words]] = {"idf": IdfWords, "zephyr": ZephyrWords, "esphal": EspHalWords}
DEFAULT_LIMIT_S = 60.0
"""Virtual seconds after which a program that goes on for ever is stopped."""


class Machine(BareMachine):
    """One running chip with its rules and its report."""

    def __init__(
        self,
        chip: str | Chip = "esp32s3",
        *,
        idf: str = release.DEFAULT,
        api: Literal["idf", "zephyr"] = "idf",
        driver: str = "",
        psram: int | None = None,
        policy: Policy = "lazy",
        seed: int = 0,
        choices: Choices | None = None,
        planes: Planes | None = None,
        trace: bool = False,
    ) -> None:
        """Build a machine.

        Args:
            chip: Name, file or description of the part.
            idf: ESP-IDF release whose contracts hold.
            api: Whose words the findings use; `zephyr` adds the board with its DMA controller. `esphal.init` makes it `esphal`.
            driver: With `zephyr`, the driver whose behaviour the DMA calls have; the chip's own when empty.
            psram: Bytes of PSRAM fitted; the chip's default when left out, 0 for none.
            policy: How caches evict: lazy, lru, eager or random.
            seed: Varies every free choice; 0 is the quiet run (except for the random policy).
            choices: Answers free choices instead of the seed.
            planes: Where the memory lives; private to Python when left out.
            trace: Record a timeline, which the report carries then.
        Raises:
            ChipError: unknown chip, or more PSRAM than it can map.
            UnknownRelease: a release that is not modelled.
        """
        part = chips.load(chip) if isinstance(chip, str) else chip
        if psram is not None:
            part = chips.with_psram(part, psram)
        self.idf = str(release.parse(idf))
        super().__init__(part, policy=policy, seed=seed, choices=choices, planes=planes)
        if api == "idf":
            heap_rules.apply(self, release.parse(idf))
        self.api: str = api
        self.board = Board(self, driver) if api == "zephyr" else None
        """The devices of a machine that runs Zephyr."""
        self.checker = Checker(self, IdfWords(release.parse(idf)) if api == "idf" else ZephyrWords())
        Coherency(self.checker)
        Ownership(self.checker)
        self._requests = Requests(self.checker)
        Execution(self.checker)
        Peripherals(self.checker)
        self._needless = Needless(self.checker)
        Lists(self.checker)
        TwoViews(self.checker)
        DmaChannels(self.checker)
        for engine in self.engines.values():
            engine.check_handover = lambda span, write, started: check_handover(
                self, span, is_write=write, started=started
            )
        self.failure = ""
        """The program's own failed assertion; empty for none."""
        self.tests: list[CaseResult] = []
        """Test cases that the firmware ran."""
        self.notes: list[str] = []
        self.transfers = 0
        self.bytes_moved = 0
        self.syncs = 0
        self.recorder = Recorder(self) if trace else None
        self.bus.subscribe(TransferEnded, self._count_transfer)
        self.bus.subscribe(Sync, self._count_sync)

    def _count_transfer(self, event: TransferEnded) -> None:
        self.transfers += 1
        self.bytes_moved += event.transfer.moved

    def _count_sync(self, event: Sync) -> None:
        self.syncs += not event.refused

    def run(self, main: Callable[[Machine], Awaitable[Any]], *, limit_s: float = DEFAULT_LIMIT_S) -> RunReport:
        """Run a coroutine function as the main task until nothing is left to do, and report.

        Args:
            main: Called with this machine.
            limit_s: Virtual seconds after which the run is stopped.
        Raises:
            Exception: whatever `main`, another task or a callback raises, as `asyncio.run` does.
        """

        async def body() -> None:
            await main(self)

        task = self.scheduler.spawn(body(), "main")
        self.run_tasks(task, limit_s)
        for driver in self.drivers:
            self.bus.emit(
                Leaked(
                    what=f"the {getattr(driver, 'title', 'driver')}",
                    size=0,
                    span=None,
                    allocated=getattr(driver, "installed", Stamp()),
                )
            )
        return self.report()

    def run_tasks(self, main: Task, limit_s: float) -> Stop:
        """Run everything there is; judge how it ended.

        The tasks left over are closed, so that no coroutine is left pending.

        Args:
            main: The task that the program begins with; once it is over, others may wait for work.
            limit_s: Virtual seconds after which the run is stopped.
        """
        limit_ps = round(limit_s * PS_PER_S)
        try:
            stop = self.scheduler.run(lambda: not self.scheduler.tasks and self.clock.next_due_ps() is None, limit_ps)
            if stop is Stop.IDLE:
                self._judge_waiting(main)
            elif stop is Stop.LIMIT:
                self.notes.append(
                    f"stopped after {limit_s:g} s of chip time with the program still running (see --timeout)"
                )
        finally:
            for task in list(self.scheduler.tasks.values()):
                self.scheduler.finish(task)
        return stop

    def _judge_waiting(self, main: Task) -> None:
        """Tell a deadlock from a service task that waits for more work after the main task is over."""
        stuck = [
            task
            for task in self.scheduler.tasks.values()
            if task.state is TaskState.WAITING
            and task.waiters is not None
            and not (main.state is TaskState.DONE and task.waiters.served)
        ]
        if stuck:
            self.bus.emit(
                Deadlock(
                    waits=tuple((task.name, task.waiters.what, task.waits_since) for task in stuck if task.waiters),
                    at=stuck[0].waits_since,
                )
            )
        elif self.scheduler.tasks:
            names = ", ".join(task.name for task in self.scheduler.tasks.values())
            self.notes.append(f"ended idle: {names} waiting for more work")

    def speaks(self, api: str) -> None:
        """The program uses this vendor's layer: findings and the report are in its words from now on."""
        self.api = api
        self.checker.words = _WORDS[api]()

    def report(self) -> RunReport:
        """What there is to say so far."""
        self.heap.blocks_heap.check_guards()
        self._requests.report_handled()
        self._needless.report_idle()
        for driver in self.drivers:
            getattr(driver, "at_end", lambda: None)()
        if self.checker.overflowed:
            self.notes.append(f"{self.checker.overflowed} further findings were counted but not kept")
        return RunReport(
            chip=self.chip.name,
            api=self.api,
            idf=self.idf if self.api == "idf" else "",
            seed=self.seed,
            duration_ns=self.clock.now_ps // PS_PER_NS,
            findings=merge(self.checker.findings()),
            stats={"transfers": self.transfers, "bytes_moved": self.bytes_moved, "cache_syncs": self.syncs},
            tests=tuple(self.tests),
            notes=tuple(self.notes),
            failure=self.failure,
            timeline=self.recorder.timeline() if self.recorder is not None else None,
        )
