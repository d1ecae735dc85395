"""What every generation of the async memcpy driver shares: the engine it runs on, refusals, and who owns which memory meanwhile.

Source: ESP-IDF components/esp_hw_support (v4.4 to v5.5) and components/esp_driver_dma (v6.0, master): async_memcpy_*.c.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from dmalab.core.caps import Cap
from dmalab.core.channel import Pair
from dmalab.core.engine import Engine
from dmalab.core.events import Refusal, Stamp, Sync, Unreachable
from dmalab.core.handover import check_handover
from dmalab.core.heap import Block
from dmalab.core.machine import BareMachine
from dmalab.core.memory import BadAddress, Claim
from dmalab.core.spans import Span
from dmalab.idf.cache import line_by_address, sync_regions
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.gdma_config import reaches_psram
from dmalab.idf.memory_utils import esp_ptr_internal
from dmalab.idf.release import Release

CONTEXT_BYTES = 96


@dataclass(frozen=True, slots=True)
class AsyncMemcpyEvent:
    """What a callback is given."""

    data: Any = None


Callback = Callable[[AsyncMemcpyEvent], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemcpyConfig:
    """`async_memcpy_config_t` with the members of all releases; each generation reads its own."""

    backlog: int = 8
    sram_trans_align: int = 0
    psram_trans_align: int = 0
    dma_burst_size: int = 16
    weight: int = 0


class Backend(ABC):
    """One installed driver."""

    zero_size_allowed = False
    """Whether the wrapper lets through what later releases refuse: NULL and nothing to copy."""

    def __init__(self, machine: BareMachine, engine: Engine, config: MemcpyConfig, release: Release) -> None:
        self.machine = machine
        self.engine = engine
        self.config = config
        self.release = release
        self.is_cp_dma = engine.facts.name == "cp_dma"
        self.blocks: list[Block] = []
        self._reaches_all = reaches_psram(engine.facts, release) and not self.is_cp_dma

    @property
    @abstractmethod
    def pair(self) -> Pair:
        """The channels it uses."""

    @abstractmethod
    def submit(self, to: int, source: int, n: int, callback: Callback | None) -> None:
        """Take a request.

        Raises:
            IdfError: as the generation says.
        """

    @abstractmethod
    def uninstall(self) -> None:
        """Remove the driver.

        Raises:
            IdfError: as the generation says.
        """

    @abstractmethod
    def pending(self) -> int:
        """Requests that are queued or running."""

    # -- memory ------------------------------------------------------------------------------------------------------

    def take_block(self, size: int, *, align: int = 0, dma: bool = False) -> Block:
        """Memory of the driver's own, cleared.

        Raises:
            IdfError: NO_MEM.
        """
        caps = Cap.INTERNAL | Cap.BIT8 | (Cap.DMA if dma else 0)
        block = self.machine.allocate_internal(size, caps, align=align, purpose="async memcpy driver")
        if block is None:
            raise IdfError(EspErr.NO_MEM, "no memory for the driver")
        self.blocks.append(block)
        return block

    def free_blocks(self) -> None:
        """Give all of it back."""
        for block in self.blocks:
            self.machine.heap.blocks_heap.free(block.address)
        self.blocks.clear()

    def sync(self, low: int, size: int, op: Literal["writeback", "invalidate"], *, by: Stamp, unaligned: bool) -> None:
        """Cache maintenance by the driver; like the driver, it does not look at the result.

        Args:
            low: Address.
            size: Bytes.
            op: What to do.
            by: Who asked for the copy.
            unaligned: Whether partial lines are synced too; without, such a range is refused as a whole.
        """
        line = line_by_address(self.machine, low)
        if not line or (not unaligned and (low | size) % line):
            return
        sync_regions(
            self.machine,
            Sync(span=Span(low, low + size), op=op, by=by, call="esp_async_memcpy", driver=True),
        )

    # -- refusing ----------------------------------------------------------------------------------------------------

    def check_reach(self, to: int, source: int, n: int) -> None:
        """Refuse what an engine without a way to PSRAM can't reach; other engines are not checked, and may fail.

        Raises:
            IdfError: INVALID_ARG.
        """
        if self._reaches_all:
            return
        for address, is_write in ((to, True), (source, False)):
            if esp_ptr_internal(self.machine, address):
                continue
            region = self.machine.memory.find(address)
            where = region.name if region is not None else "no memory"
            self.refuse(
                Span(to, to + n),
                "unreachable",
                EspErr.INVALID_ARG,
                f"{self.engine.title} does not reach {where} in this release",
                offender=Span(address, address + n),
                is_write=is_write,
            )

    def check_alignment(self, address: int, n: int, align: int, what: str, to: int, *, external: bool) -> None:
        """Refuse an address or a size that is no multiple of `align`.

        Raises:
            IdfError: INVALID_ARG.
        """
        if not align or not (address | n) % align:
            return
        wrong = f"{what} address" if address % align else "size"
        self.refuse(
            Span(to, to + n),
            "misaligned",
            EspErr.INVALID_ARG,
            f"{wrong} must be a multiple of {align} bytes in {'PSRAM' if external else 'internal RAM'}",
            offender=Span(address, address + n),
            align=align,
        )

    def refuse(
        self,
        span: Span,
        reason: Literal["unreachable", "misaligned", "busy", "memory", "invalid"],
        code: EspErr,
        detail: str,
        *,
        offender: Span | None = None,
        align: int = 0,
        is_write: bool = False,
    ) -> NoReturn:
        """Raise the API's error, and remember that the destination will not receive what was asked for.

        Raises:
            IdfError: always.
        """
        machine = self.machine
        refusal = Refusal(
            span=span,
            reason=reason,
            call="esp_async_memcpy",
            code=code.symbol,
            detail=detail,
            engine=self.engine.title,
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
                    engine=self.engine.title,
                    is_write=is_write,
                    started=refusal.by,
                    refusal=refusal,
                )
            )
        raise IdfError(code, detail)

    # -- owning ------------------------------------------------------------------------------------------------------

    def claim(
        self, to: int, source: int, n: int, started: Stamp, passed: Callable[[Span, Span], bool]
    ) -> tuple[Claim, ...]:
        """Take ownership of both buffers from submission to completion.

        Args:
            to: Destination address.
            source: Source address.
            n: Bytes.
            started: Who asked.
            passed: Of a buffer and touched bytes in it, whether the engine is done with these.
        """
        label = f"copy of {n} bytes by {self.pair.tx.title}"
        claims = []
        for span, write in ((Span(source, source + n), False), (Span(to, to + n), True)):
            if not n:
                continue
            check_handover(self.machine, span, is_write=write, started=started)
            claim = Claim(
                span=span,
                write=write,
                owner=self,
                label=label,
                started=started,
                catch_up=self.engine.catch_up,
                passed=lambda touched, span=span: passed(span, touched),  # type: ignore[misc]
            )
            try:
                self.machine.memory.claim(claim)
            except BadAddress:
                continue
            claims.append(claim)
        return tuple(claims)

    def release_claims(self, claims: tuple[Claim, ...]) -> None:
        """Both buffers are the firmware's again."""
        for claim in claims:
            self.machine.memory.release(claim)
