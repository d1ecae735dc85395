"""Which buffers the SPI master driver hands to DMA as they are, and which it copies through a bounce buffer. By release.

| release | reception bounces when | sending bounces when | with the manual-alignment flag |
|---|---|---|---|
| up to v5.1 | not DMA capable, or address not a multiple of 4 | not DMA capable | (no such flag) |
| v5.2 to v5.5.2 | the same; behind a cache address or length off the line | not DMA capable; behind a cache off the line | INVALID_ARG |
| v5.5.3, v5.5.4, v6.0 | not reachable, or address or length off the alignment | the same | INVALID_ARG |
| v5.5.5 | as v5.5.3, the length only for PSRAM and cached RAM | the same | INVALID_ARG |
| v6.0.1 and later | as v5.5.5 | as v5.5.5, without the cache line | INVALID_STATE |

A bounce buffer for sending is filled at once, so later changes to the user's buffer are not sent. The one for receiving is copied out
when the result is taken. PSRAM is bounced to internal RAM unless the transaction says that it may be used in place.

Source: ESP-IDF components/esp_driver_spi/src/gpspi/spi_master.c (setup_dma_priv_buffer, setup_priv_desc), spi_common.c
(spicommon_dma_setup_priv_buffer) at the tags named. The second invalidation, after reception, is that of commit fdbdeaaae2d.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from dmalab.core.caps import Cap
from dmalab.core.events import Refusal, Stamp, Sync, Unreachable
from dmalab.core.heap import Block
from dmalab.core.machine import BareMachine
from dmalab.core.spans import Span, align_up
from dmalab.core.spi_cost import SpiCost
from dmalab.idf.cache import line_by_address
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.memory_utils import esp_ptr_dma_capable, esp_ptr_external_ram
from dmalab.idf.release import Release

WORD = 4


@dataclass(frozen=True, slots=True)
class BufferRules:
    """What the releases differ in."""

    manual_flag: bool
    refusal: EspErr
    checks_length: str
    """`cached` (PSRAM and RAM behind a cache) or `always`."""
    psram_in_place: bool
    tx_minds_line: bool


def rules_of(release: Release) -> BufferRules:
    """The row of the table above."""
    if release.since("6.0.1"):
        return BufferRules(True, EspErr.INVALID_STATE, "cached", True, False)
    if release.since("5.5.5") and not release.since("6.0"):
        return BufferRules(True, EspErr.INVALID_ARG, "cached", True, True)
    if release.since("5.5.3"):
        return BufferRules(True, EspErr.INVALID_ARG, "always", True, True)
    return BufferRules(release.since("5.2"), EspErr.INVALID_ARG, "cached", False, True)


@dataclass(slots=True, eq=False)
class DmaBuffer:
    """What the engine gets for one direction of a transaction."""

    user: int
    """The user's address; 0 without data."""
    size: int
    """Bytes of data."""
    address: int = 0
    """Where the engine works: the user's buffer, or the bounce buffer."""
    room: int = 0
    """Bytes the engine may use there."""
    block: Block | None = None
    """The bounce buffer."""

    @property
    def span(self) -> Span:
        """The bytes the engine may use."""
        return Span(self.address, self.address + self.room)


class Buffers:
    """Prepares the buffers of one bus."""

    def __init__(self, machine: BareMachine, title: str, release: Release) -> None:
        self._machine = machine
        self._title = title
        self._rules = rules_of(release)
        self._cost = SpiCost(machine.chip)

    def prepare(
        self,
        user: int,
        size: int,
        *,
        is_rx: bool,
        manual: bool,
        psram: bool,
        received: Span,
        started: Stamp,
        call: str,
    ) -> DmaBuffer:
        """Find out what the engine gets.

        Args:
            user: The user's address; 0 for no data.
            size: Bytes.
            is_rx: The engine writes it.
            manual: The transaction forbids bounce buffers.
            psram: It allows PSRAM in place.
            received: What the transaction would write; left as it is when it is refused.
            started: Where the request was made.
            call: The call, for reports.
        Raises:
            IdfError: NO_MEM for the bounce buffer; with `manual` INVALID_ARG or INVALID_STATE when one would be needed.
        """
        if not user or not size:
            return DmaBuffer(0, 0)
        machine, rules = self._machine, self._rules
        external = esp_ptr_external_ram(machine, user)
        in_place = psram and rules.psram_in_place
        reachable = esp_ptr_dma_capable(machine, user) or (external and in_place)
        align = self._alignment(user, is_rx=is_rx)
        with_length = rules.checks_length == "always" or (
            rules.checks_length == "cached" and line_by_address(machine, user) > 0
        )
        off = bool((user | size) % align) if with_length else bool(user % align)
        if reachable and not off:
            room = align_up(size, WORD) if is_rx and machine.chip.name == "esp32" else size
            buffer = DmaBuffer(user, size, user, room)
        elif manual and rules.manual_flag:
            self._refuse(
                Span(user, user + size),
                received,
                align,
                is_rx=is_rx,
                reachable=reachable,
                started=started,
                call=call,
            )
        else:
            buffer = self._bounce(user, size, align, is_rx=is_rx, external=external and in_place)
        self._sync(buffer, "invalidate" if is_rx else "writeback")
        return buffer

    def _alignment(self, address: int, *, is_rx: bool) -> int:
        line = line_by_address(self._machine, address)
        if is_rx or self._rules.checks_length == "always":
            return max(WORD, line)
        return max(1, line) if self._rules.tx_minds_line else 1

    def _bounce(self, user: int, size: int, align: int, *, is_rx: bool, external: bool) -> DmaBuffer:
        machine = self._machine
        caps = Cap.SPIRAM | Cap.BIT8 if external else Cap.DMA | Cap.INTERNAL | Cap.BIT8
        room = align_up(size, max(align, WORD))
        block = machine.allocate_internal(room, caps, align=max(align, WORD), purpose="SPI bounce buffer")
        if block is None:
            raise IdfError(EspErr.NO_MEM, f"no {room} bytes for a bounce buffer")
        if not is_rx:
            machine.memory.store(block.address, machine.memory.load(user, size))
            machine.scheduler.elapse(self._cost.copy_ps(size))
        return DmaBuffer(user, size, block.address, room, block)

    def _refuse(
        self, span: Span, received: Span, align: int, *, is_rx: bool, reachable: bool, started: Stamp, call: str
    ) -> NoReturn:
        machine = self._machine
        region = machine.memory.find(span.low)
        where = region.name if region is not None else "no memory"
        detail = (
            f"address or length of the {'receive' if is_rx else 'send'} buffer is no multiple of {align}"
            if reachable
            else f"{self._title} does not reach {where}"
        )
        refusal = Refusal(
            span=received,
            reason="misaligned" if reachable else "unreachable",
            call=call,
            code=self._rules.refusal.symbol,
            detail=detail + ", and SPI_TRANS_DMA_BUFFER_ALIGN_MANUAL forbids a bounce buffer",
            engine=self._title,
            align=align,
            offender=span,
            by=started,
        )
        machine.memory.refuse(refusal)
        if not reachable:
            machine.bus.emit(
                Unreachable(
                    span=span, region=where, engine=self._title, is_write=is_rx, started=started, refusal=refusal
                )
            )
        raise IdfError(self._rules.refusal, refusal.detail)

    def _sync(self, buffer: DmaBuffer, op: str) -> None:
        machine = self._machine
        line = line_by_address(machine, buffer.address)
        if not line:
            return
        low, high = buffer.address // line * line, align_up(buffer.address + buffer.room, line)
        machine.sync(
            Sync(
                span=Span(low, high),
                op="invalidate" if op == "invalidate" else "writeback",
                by=machine.now(),
                call="SPI master driver",
                driver=True,
            )
        )

    def finish(self, buffer: DmaBuffer, *, is_rx: bool) -> None:
        """The result is taken: hand received bytes to the user, drop the bounce buffer."""
        machine = self._machine
        if is_rx and buffer.address:
            self._sync(buffer, "invalidate")
            if buffer.block is not None:
                machine.memory.store(buffer.user, machine.memory.load(buffer.address, buffer.size))
                machine.scheduler.elapse(self._cost.copy_ps(buffer.size))
        self.drop(buffer)

    def drop(self, buffer: DmaBuffer) -> None:
        """Free the bounce buffer, if there is one."""
        if buffer.block is not None:
            self._machine.heap.blocks_heap.free(buffer.block.address)
            buffer.block = None
