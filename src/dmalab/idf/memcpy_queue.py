"""The async memcpy driver of v5.2 and later: a pool of transactions, one running at a time, in the order of their submission.

How a transaction's lists are built, what the driver does about caches and which configuration it reads differs by
generation (`memcpy_generations`); the queue does not.

States: idle -> run (a transaction is on the engine) -> wait (its completion interrupt) -> idle.
Source: ESP-IDF components/esp_hw_support/dma/async_memcpy_gdma.c, async_memcpy_cp_dma.c (v5.2 to v5.5),
components/esp_driver_dma/src (v6.0, master).
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from dmalab.core.channel import Pair
from dmalab.core.engine import Engine
from dmalab.core.events import Stamp
from dmalab.core.machine import BareMachine
from dmalab.core.memory import Claim
from dmalab.core.spans import Span
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.memcpy_backend import CONTEXT_BYTES, AsyncMemcpyEvent, Backend, Callback, MemcpyConfig
from dmalab.idf.release import Release

DEFAULT_BACKLOG = 4
"""What backlog 0 stands for."""
TRANSACTION_BYTES = 48
_NO_DATA = AsyncMemcpyEvent()
"""What every callback of these releases gets."""


@dataclass(eq=False, slots=True)
class Transaction:
    """A copy request, from submission until its callback has returned."""

    number: int
    """Place in the pool."""
    callback: Callback | None = None
    claims: tuple[Claim, ...] = ()
    started: Stamp = field(default_factory=Stamp)
    to: int = 0
    size: int = 0
    tx_head: int = 0
    rx_head: int = 0
    lists: Any = None
    """What the generation keeps for it."""


class QueueBackend(Backend):
    """The queue; generations derive from it."""

    def __init__(self, machine: BareMachine, engine: Engine, config: MemcpyConfig, release: Release) -> None:
        """Install; undone as a whole when anything fails.

        Raises:
            IdfError: NO_MEM, NOT_FOUND without a free channel pair, INVALID_ARG for the configuration.
        """
        super().__init__(machine, engine, config, release)
        self._state: Literal["idle", "wait", "run"] = "idle"
        self._ready: deque[Transaction] = deque()
        self._running: Transaction | None = None
        self._pair: Pair | None = None
        count = config.backlog or DEFAULT_BACKLOG
        try:
            self.take_block(CONTEXT_BYTES)
            self.take_pool(count)
            self._pair = self._take_pair()
            self._connect(self._pair)
            self.configure(self._pair)
        except IdfError:
            if self._pair is not None:
                engine.release_pair(self._pair)
            self.free_blocks()
            raise
        self._idle = deque(Transaction(number) for number in range(count))

    @property
    def pair(self) -> Pair:
        """The channels it uses."""
        assert self._pair is not None
        return self._pair

    # -- what generations say ----------------------------------------------------------------------------------------

    copy_pairs_only = False
    """Whether only pairs are considered that the chip lets copy."""
    has_strategy = True
    """Whether descriptors' owners are checked, and given back on the sending side too."""

    def take_pool(self, count: int) -> None:
        """Memory for the transactions."""
        self.take_block(TRANSACTION_BYTES * count)

    @abstractmethod
    def configure(self, pair: Pair) -> None:
        """Bursts and what follows from them."""

    @abstractmethod
    def check(self, to: int, source: int, n: int) -> None:
        """Refuse what the configuration rules out."""

    @abstractmethod
    def prepare(self, transaction: Transaction, to: int, source: int, n: int) -> None:
        """Free the lists of the transaction's previous use, if there are any; build new ones, look after the caches."""

    @abstractmethod
    def finish(self, transaction: Transaction) -> None:
        """The bytes are in memory: what the interrupt does before the callback."""

    @abstractmethod
    def drop(self, transaction: Transaction, *, by: Stamp | None = None) -> None:
        """Free the transaction's lists, if there are any; `by` as in `Heap.free`."""

    # -- set-up ------------------------------------------------------------------------------------------------------

    def _take_pair(self) -> Pair:
        engine = self.engine
        pair = engine.allocate_pair(for_copy=self.copy_pairs_only)
        if pair is None:
            raise IdfError(EspErr.NOT_FOUND, f"no free channel pair on {engine.title}")
        return pair

    def _connect(self, pair: Pair) -> None:
        trigger = self.engine.free_copy_id() if not self.is_cp_dma else None
        if trigger is None and not self.is_cp_dma:
            raise IdfError(EspErr.NOT_FOUND, f"no free channel pair on {self.engine.title}")
        for channel in (pair.rx, pair.tx):
            self.engine.connect(channel, trigger)
            channel.owner_check = self.has_strategy or self.is_cp_dma
        pair.tx.auto_update = self.has_strategy or self.is_cp_dma
        pair.rx.on_eof = self._on_rx_eof

    def uninstall(self) -> None:
        """Remove the driver.

        Raises:
            IdfError: INVALID_STATE while a copy is queued or running, or from inside a callback.
        """
        if self._ready or self._state != "idle":
            raise IdfError(EspErr.INVALID_STATE, "copies are queued or running")
        self.engine.release_pair(self.pair)
        for transaction in self._idle:
            self.drop(transaction)
        self.free_blocks()

    # -- requests ----------------------------------------------------------------------------------------------------

    def submit(self, to: int, source: int, n: int, callback: Callback | None) -> None:
        """Take a request.

        Raises:
            IdfError: INVALID_ARG (unreachable or misaligned), INVALID_STATE (backlog full), NO_MEM.
        """
        self.check_reach(to, source, n)
        self.check(to, source, n)
        if not self._idle:
            self.refuse(Span(to, to + n), "busy", EspErr.INVALID_STATE, "all transactions of the backlog are taken")
        transaction = self._idle.popleft()
        transaction.started = self.machine.now()
        transaction.to, transaction.size = to, n
        try:
            self.prepare(transaction, to, source, n)
        except IdfError as error:
            self._idle.append(transaction)
            reason: Literal["memory", "invalid"] = "memory" if error.code is EspErr.NO_MEM else "invalid"
            self.refuse(Span(to, to + n), reason, error.code, error.detail)
        transaction.claims = self.claim(
            to, source, n, transaction.started, lambda span, touched: self._passed(transaction, span, touched)
        )
        transaction.callback = callback
        self._ready.append(transaction)
        self._try_start()

    def _passed(self, transaction: Transaction, span: Span, touched: Span) -> bool:
        """Whether the engine is done with `touched` of the buffer `span`."""
        moved = self.engine.moved(self.pair) if self._running is transaction else 0
        return touched.high - span.low <= moved

    def _try_start(self) -> None:
        if self._state != "idle" or not self._ready:
            return
        self._running = transaction = self._ready.popleft()
        self._state = "run"
        self.machine.settle()
        pair = self.pair
        self.engine.start(pair.rx, transaction.rx_head, transaction.started)
        self.engine.start(pair.tx, transaction.tx_head, transaction.started)

    def pending(self) -> int:
        """Requests that are queued or running."""
        return len(self._ready) + (self._state != "idle")

    # -- completion --------------------------------------------------------------------------------------------------

    def _on_rx_eof(self, _descriptor: int) -> None:
        """The completion interrupt."""
        transaction = self._running
        if transaction is None:
            return
        machine = self.machine
        self._state = "wait"
        self.release_claims(transaction.claims)
        transaction.claims = ()
        with machine.serving(transaction.started.place):
            self.finish(transaction)
        callback, transaction.callback = transaction.callback, None
        try:
            if callback is not None:
                callback(_NO_DATA)
        finally:
            self._idle.append(transaction)
            self._running = None
            self._state = "idle"
            self._try_start()
