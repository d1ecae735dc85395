"""`esp_async_memcpy` on GDMA, as ESP-IDF v5.5 does it.

The driver writes the source back at submission and invalidates the aligned body of the destination at submission; nothing happens to the body
after the copy. Edges of the destination that share a cache line with other data go through a stash and are merged by the core in the
completion interrupt, before the callback. So the core must leave the source alone from submission on, and must not even read the
destination before the callback.

Source: ESP-IDF v5.5 components/esp_hw_support/dma/async_memcpy_gdma.c, esp_async_memcpy.c, gdma.c.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

from dmalab.chips.model import Engine as EngineFacts
from dmalab.chips.model import Kind
from dmalab.core.caps import Cap
from dmalab.core.clock import PS_PER_NS
from dmalab.core.engine import Engine
from dmalab.core.events import Misaligned, Refusal, Stamp, Sync, Unreachable
from dmalab.core.handover import check_handover
from dmalab.core.heap import Block
from dmalab.core.machine import BareMachine, Buffer
from dmalab.core.memory import BadAddress, Claim
from dmalab.core.spans import Span
from dmalab.idf.cache import line_by_address, sync_regions
from dmalab.idf.dma_utils import SplitBuffer, merge_rx_buffers, split_rx_buffer
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.gdma_link import LinkList, Mount, node_count
from dmalab.idf.memory_utils import esp_ptr_external_ram, esp_ptr_internal
from dmalab.idf.release import DEFAULT, Release, parse

DEFAULT_BACKLOG = 4
"""What backlog 0 stands for."""
CONTEXT_BYTES = 96
TRANSACTION_BYTES = 48
_FIRST_LIMITED_BURST = Release(5, 5, 1)
"""From here on a burst above the chip's PSRAM limit is refused."""

Callback = Callable[["AsyncMemcpyEvent"], Any]


@dataclass(frozen=True, slots=True)
class AsyncMemcpyEvent:
    """What a callback is given."""

    data: Any = None


@dataclass(eq=False, slots=True)
class _Transaction:
    """A copy request, from submission until its callback has returned."""

    tx_link: LinkList | None = None
    rx_link: LinkList | None = None
    split: SplitBuffer | None = None
    callback: Callback | None = None
    claims: tuple[Claim, ...] = ()
    started: Stamp = Stamp()
    size: int = 0


class AsyncMemcpy:
    """An installed async memcpy driver."""

    def __init__(
        self, machine: BareMachine, engine: Engine, *, backlog: int, dma_burst_size: int, release: Release
    ) -> None:
        self._machine = machine
        self._engine = engine
        self._state: Literal["idle", "wait", "run"] = "idle"
        self._ready: deque[_Transaction] = deque()
        self._running: _Transaction | None = None
        self.installed = machine.now()
        blocks: list[Block] = []
        self._blocks = blocks
        heap = machine.heap.blocks_heap
        backlog = backlog or DEFAULT_BACKLOG
        for size in (CONTEXT_BYTES, TRANSACTION_BYTES * backlog):
            block = heap.alloc(size, Cap.INTERNAL | Cap.BIT8, purpose="async memcpy driver")
            if block is None:
                self._free_blocks()
                raise IdfError(EspErr.NO_MEM, "no memory for the driver")
            blocks.append(block)
        self._idle = deque(_Transaction() for _ in range(backlog))
        pair = engine.allocate_pair(for_copy=True)
        trigger = engine.free_copy_id()
        if pair is None or trigger is None:
            if pair is not None:
                engine.release_pair(pair)
            self._free_blocks()
            raise IdfError(EspErr.NOT_FOUND, f"no free channel pair on {engine.title}")
        self._pair = pair
        try:
            _check_burst(engine.facts, dma_burst_size, release)
        except IdfError:
            engine.release_pair(pair)
            self._free_blocks()
            raise
        for channel in (pair.rx, pair.tx):
            channel.move("connect")
            channel.trigger = trigger
            channel.owner_check = True
            channel.auto_update = True
            channel.burst = dma_burst_size
        pair.rx.on_eof = self._on_rx_eof
        burst_rule = engine.facts.rx_burst_needs_alignment and dma_burst_size > 0
        self._rx_internal = 4 if burst_rule else 1
        self._rx_external = dma_burst_size if burst_rule else 1
        machine.drivers.append(self)

    # -- install -----------------------------------------------------------------------------------------------------

    @classmethod
    def install(
        cls,
        machine: BareMachine,
        *,
        backlog: int = 8,
        dma_burst_size: int = 16,
        engine: str | None = None,
        release: str = DEFAULT,
    ) -> AsyncMemcpy:
        """Install the driver on the chip's default engine, or on the one named.

        Args:
            machine: Where.
            backlog: Copies that may be queued or running; 0 stands for 4.
            dma_burst_size: Bytes, a power of two; 0 switches bursts off.
            engine: `ahb_gdma` or `axi_gdma`; the chip's default when left out (AHB where there is one).
            release: The ESP-IDF release whose contract holds.
        Raises:
            IdfError: INVALID_ARG for the burst, NO_MEM, NOT_FOUND without a free channel pair, NOT_SUPPORTED when the chip has no such
                engine.
        """
        name = engine or next((one for one in ("ahb_gdma", "axi_gdma") if one in machine.engines), "ahb_gdma")
        chosen = machine.engines.get(name)
        if chosen is None:
            have = ", ".join(machine.engines) or "none"
            raise IdfError(EspErr.NOT_SUPPORTED, f"{machine.chip.name} has no {name}; engines: {have}")
        if backlog < 0 or dma_burst_size < 0:
            raise IdfError(EspErr.INVALID_ARG, f"backlog {backlog}, burst {dma_burst_size}")
        return cls(machine, chosen, backlog=backlog, dma_burst_size=dma_burst_size, release=parse(release))

    @classmethod
    def install_gdma_ahb(cls, machine: BareMachine, *, backlog: int = 8, dma_burst_size: int = 16) -> AsyncMemcpy:
        """Install on AHB GDMA; see `install`."""
        return cls.install(machine, backlog=backlog, dma_burst_size=dma_burst_size, engine="ahb_gdma")

    @classmethod
    def install_gdma_axi(cls, machine: BareMachine, *, backlog: int = 8, dma_burst_size: int = 16) -> AsyncMemcpy:
        """Install on AXI GDMA; see `install`."""
        return cls.install(machine, backlog=backlog, dma_burst_size=dma_burst_size, engine="axi_gdma")

    def __enter__(self) -> AsyncMemcpy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.uninstall()

    @property
    def address(self) -> int:
        """Where the driver's context lies; C firmware knows the driver by it."""
        return self._blocks[0].address

    @property
    def title(self) -> str:
        """How reports call it."""
        return f"async memcpy driver on {self._pair.tx.title}"

    def uninstall(self) -> None:
        """Remove the driver.

        Raises:
            IdfError: INVALID_STATE while a copy is queued or running, or from inside a callback.
        """
        if self._ready or self._state != "idle":
            raise IdfError(EspErr.INVALID_STATE, "copies are queued or running")
        self._engine.release_pair(self._pair)
        for transaction in self._idle:
            self._drop(transaction)
        self._free_blocks()
        self._machine.drivers.remove(self)

    def _free_blocks(self) -> None:
        for block in self._blocks:
            self._machine.heap.blocks_heap.free(block.address)

    # -- requests ----------------------------------------------------------------------------------------------------

    def memcpy(self, dst: Buffer | int, src: Buffer | int, n: int, callback: Callback | None = None) -> None:
        """Ask for a copy.

        Args:
            dst: Where to; a buffer or an address.
            src: Where from.
            n: Bytes.
            callback: Called in interrupt context when the bytes are there; returns whether a more urgent task was woken.
        Raises:
            IdfError: INVALID_ARG (nothing to copy, unreachable or misaligned), INVALID_STATE (backlog full), NO_MEM.
        """
        to, source = _addresses(dst, src, n)
        with self._machine.entered():
            self._submit(to, source, n, callback)

    def _submit(self, to: int, source: int, n: int, callback: Callback | None) -> None:
        machine = self._machine
        machine.scheduler.elapse(machine.chip.timing.submit_ns * PS_PER_NS)
        self._check_reach(to, source, n)
        self._check_alignment(to, source, n)
        if not self._idle:
            self._refuse(Span(to, to + n), "busy", EspErr.INVALID_STATE, "all transactions of the backlog are taken")
        transaction = self._idle.popleft()
        self._drop(transaction)
        try:
            self._prepare(transaction, to, source, n)
        except IdfError:
            self._idle.append(transaction)
            raise
        transaction.callback = callback
        self._ready.append(transaction)
        self._try_start()

    async def memcpy_blocking(self, dst: Buffer | int, src: Buffer | int, n: int) -> None:
        """Copy and wait until it is done.

        Raises:
            IdfError: as `memcpy`; INVALID_STATE in an interrupt, after the arguments were looked at.
        """
        _addresses(dst, src, n)
        if not self._machine.scheduler.may_wait("esp_memcpy_blocking"):
            raise IdfError(EspErr.INVALID_STATE, "a blocking copy in an interrupt")
        done = self._machine.semaphore(name="esp_memcpy_blocking")
        self.memcpy(dst, src, n, lambda _event: done.give_from_isr())
        await done.take(call="esp_memcpy_blocking")

    def _check_reach(self, to: int, source: int, n: int) -> None:
        """Refuse what an engine without a way to PSRAM can't reach; other engines are not checked, and may fail."""
        facts = self._engine.facts
        if Kind.PSRAM in facts.reaches and not facts.psram_since:
            return
        for address, is_write in ((to, True), (source, False)):
            if esp_ptr_internal(self._machine, address):
                continue
            region = self._machine.memory.find(address)
            where = region.name if region is not None else "no memory"
            self._refuse(
                Span(to, to + n),
                "unreachable",
                EspErr.INVALID_ARG,
                f"{facts.title} does not reach {where} in this release",
                offender=Span(address, address + n),
                is_write=is_write,
            )

    def _check_alignment(self, to: int, source: int, n: int) -> None:
        external = esp_ptr_external_ram(self._machine, to)
        align = self._rx_external if external else self._rx_internal
        if (to | n) % align:
            what = "destination address" if to % align else "size"
            self._refuse(
                Span(to, to + n),
                "misaligned",
                EspErr.INVALID_ARG,
                f"{what} must be a multiple of {align} bytes in {'PSRAM' if external else 'internal RAM'}",
                offender=Span(to, to + n),
                align=align,
            )

    def _refuse(
        self,
        span: Span,
        reason: Literal["unreachable", "misaligned", "busy", "invalid"],
        code: EspErr,
        detail: str,
        *,
        offender: Span | None = None,
        align: int = 0,
        is_write: bool = False,
    ) -> None:
        """Raise the API's error, and remember that the destination will not receive what was asked for."""
        machine = self._machine
        refusal = Refusal(
            span=span,
            reason=reason,
            call="esp_async_memcpy",
            code=code.symbol,
            detail=detail,
            engine=self._engine.title,
            align=align,
            offender=offender or span,
            by=machine.now(),
        )
        machine.memory.refuse(refusal)
        if reason == "unreachable" and offender is not None:
            region = machine.memory.find(offender.low)
            machine.bus.emit(
                Unreachable(
                    span=offender,
                    region=region.name if region is not None else "no memory",
                    engine=self._engine.title,
                    is_write=is_write,
                    started=refusal.by,
                    refusal=refusal,
                )
            )
        raise IdfError(code, detail)

    def _prepare(self, transaction: _Transaction, to: int, source: int, n: int) -> None:
        """Build both lists, look after the caches, take ownership."""
        machine, align = self._machine, self._engine.facts.descriptor_align
        started = machine.now()
        transaction.tx_link = LinkList(machine, node_count(n, 1), item_align=align, buffer_align=1)
        transaction.tx_link.mount(0, [Mount(address=source, size=n, mark_eof=True, mark_final=True)])
        if line_by_address(machine, source):
            span = Span(source, source + n)
            sync_regions(machine, Sync(span=span, op="writeback", by=started, call="esp_async_memcpy", driver=True))
        rx_align = self._rx_external if esp_ptr_external_ram(machine, to) else self._rx_internal
        transaction.rx_link = LinkList(machine, node_count(n, rx_align) + 3, item_align=align, buffer_align=rx_align)
        transaction.split = split = split_rx_buffer(machine, to, n)
        try:
            parts = (split.head, split.body, split.tail)
            transaction.rx_link.mount(0, [Mount(address=part.address, size=part.size) for part in parts])
        except IdfError as error:
            # The release ignores the result: the list stays empty and the copy never completes.
            machine.bus.emit(
                Misaligned(
                    span=Span(to, to + n),
                    align=line_by_address(machine, to),
                    engine=self._engine.title,
                    why=f"the driver's stash for the edges can't be mounted ({error}), so the copy never completes",
                    started=started,
                    refusal=None,
                )
            )
        transaction.started, transaction.size = started, n
        label = f"copy of {n} bytes by {self._pair.tx.title}"
        transaction.claims = tuple(
            claim
            for span, write in ((Span(source, source + n), False), (Span(to, to + n), True))
            if (claim := self._claim(span, transaction, label, write=write)) is not None
        )

    def _claim(self, span: Span, transaction: _Transaction, label: str, *, write: bool) -> Claim | None:
        check_handover(self._machine, span, is_write=write, started=transaction.started)
        claim = Claim(
            span=span,
            write=write,
            owner=self,
            label=label,
            started=transaction.started,
            catch_up=self._engine.catch_up,
            passed=lambda touched: self._passed(transaction, span, touched),
        )
        try:
            self._machine.memory.claim(claim)
        except BadAddress:
            return None
        return claim

    def _passed(self, transaction: _Transaction, span: Span, touched: Span) -> bool:
        """Whether the engine is done with `touched` of the buffer `span`."""
        moved = self._engine.moved(self._pair) if self._running is transaction else 0
        return touched.high - span.low <= moved

    def _try_start(self) -> None:
        if self._state != "idle" or not self._ready:
            return
        self._running = transaction = self._ready.popleft()
        self._state = "run"
        assert transaction.tx_link is not None
        assert transaction.rx_link is not None
        self._machine.settle()
        self._engine.start(self._pair.rx, transaction.rx_link.head, transaction.started)
        self._engine.start(self._pair.tx, transaction.tx_link.head, transaction.started)

    # -- completion --------------------------------------------------------------------------------------------------

    def _on_rx_eof(self, _descriptor: int) -> None:
        """The completion interrupt."""
        transaction = self._running
        if transaction is None:
            return
        machine = self._machine
        self._state = "wait"
        for claim in transaction.claims:
            machine.memory.release(claim)
        transaction.claims = ()
        if transaction.split is not None:
            with machine.serving(transaction.started.place):
                merge_rx_buffers(machine, transaction.split)
        callback, transaction.callback = transaction.callback, None
        try:
            if callback is not None:
                callback(AsyncMemcpyEvent())
        finally:
            self._idle.append(transaction)
            self._running = None
            self._state = "idle"
            self._try_start()

    def _drop(self, transaction: _Transaction) -> None:
        """Free what the transaction's previous use left behind."""
        for link in (transaction.tx_link, transaction.rx_link):
            if link is not None:
                link.delete()
        if transaction.split is not None and transaction.split.stash:
            self._machine.heap.blocks_heap.free(transaction.split.stash)
        transaction.tx_link = transaction.rx_link = transaction.split = None

    def pending(self) -> int:
        """Copies that are queued or running."""
        return len(self._ready) + (self._state != "idle")


def _addresses(dst: Buffer | int, src: Buffer | int, n: int) -> tuple[int, int]:
    """Destination and source as numbers; the first check of every request."""
    to, source = _address(dst), _address(src)
    if not to or not source or n <= 0:
        raise IdfError(EspErr.INVALID_ARG, "destination, source and size must not be zero")
    return to, source


def _address(buffer: Buffer | int) -> int:
    return buffer.address if isinstance(buffer, Buffer) else buffer


def _check_burst(facts: EngineFacts, burst: int, release: Release) -> None:
    """Source: gdma.c :: gdma_config_transfer and the HAL's accepted values."""
    if burst & (burst - 1):
        raise IdfError(EspErr.INVALID_ARG, f"burst {burst} is not a power of two")
    limit = facts.psram_max_burst
    if release >= _FIRST_LIMITED_BURST and Kind.PSRAM in facts.reaches and burst > limit:
        raise IdfError(EspErr.INVALID_ARG, f"burst {burst} is above the limit of {limit} for PSRAM")
    if burst and facts.burst_sizes and burst not in facts.burst_sizes:
        sizes = ", ".join(map(str, facts.burst_sizes))
        raise IdfError(EspErr.INVALID_ARG, f"{facts.title} has no burst of {burst} bytes; it has {sizes}")
