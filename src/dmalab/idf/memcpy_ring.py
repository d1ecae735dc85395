"""The async memcpy driver up to v5.1: a ring of descriptors for each direction, and no transactions.

The backlog counts descriptors: a request takes as many as it has pieces, and gives them back when the completion
interrupt passes them. Both rings are started once, on a descriptor that belongs to the CPU, where the engine stops at
once; a request flips the owners of its descriptors and restarts. The driver does nothing about caches.

Not modelled: backlog 0, which corrupts memory in front of the ring; it is refused here. The channels that a failed
installation leaks are given back.
Source: ESP-IDF v4.4 components/esp_hw_support/esp_async_memcpy.c, port/async_memcpy_impl_gdma.c,
port/esp32s2/async_memcpy_impl_cp_dma.c; v5.1 components/esp_hw_support/dma.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from dmalab.core.channel import Pair
from dmalab.core.descriptor import LENGTH_SHIFT, MAX_BYTES, OWNER_DMA, SUC_EOF
from dmalab.core.engine import Engine
from dmalab.core.events import Stamp
from dmalab.core.machine import BareMachine
from dmalab.core.memory import Claim
from dmalab.core.spans import Span
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.gdma_config import set_ability
from dmalab.idf.memcpy_backend import CONTEXT_BYTES, AsyncMemcpyEvent, Backend, Callback, MemcpyConfig
from dmalab.idf.memory_utils import esp_ptr_external_ram, esp_ptr_internal
from dmalab.idf.release import Release

RECORD_BYTES = 20
"""A descriptor, a callback and its argument."""


class _Ring:
    """Descriptors of one direction, closed to a ring."""

    def __init__(self, machine: BareMachine, low: int, count: int) -> None:
        self._machine = machine
        self.low = low
        self.count = count
        self.next = 0
        """The descriptor that the next request begins with."""
        for item in range(count):
            self.write(item, 8, self.address((item + 1) % count))

    def address(self, item: int) -> int:
        return self.low + RECORD_BYTES * item

    def write(self, item: int, at: int, word: int) -> None:
        self._machine.memory.driver_store(self.address(item) + at, word.to_bytes(4, "little"))

    def word(self, item: int) -> int:
        return int.from_bytes(self._machine.memory.peek(self.address(item), 4), "little")

    def free(self, item: int) -> bool:
        """Whether a descriptor belongs to the CPU."""
        return not self.word(item) & OWNER_DMA

    def fill(self, count: int, buffer: int, size: int, chunk: int) -> list[int] | None:
        """Prepare `count` descriptors without handing them over; None when there are not that many free ones."""
        items = [(self.next + offset) % self.count for offset in range(max(count, 1))]
        for number, item in enumerate(items[:count]):
            if not self.free(item):
                return None
            part = min(chunk, size - number * chunk)
            self.write(item, 0, part | part << LENGTH_SHIFT)
            self.write(item, 4, buffer + number * chunk)
        return items

    def hand_over(self, items: list[int], *, eof: bool) -> None:
        """Give prepared descriptors to the engine."""
        for item in items:
            end = SUC_EOF if eof and item == items[-1] else 0
            self.write(item, 0, self.word(item) & ~SUC_EOF | OWNER_DMA | end)
        self.next = (items[-1] + 1) % self.count


@dataclass(slots=True)
class _Request:
    """What the driver's records know of a request."""

    first: int
    """Address of its first sending descriptor."""
    last: int
    """Number of its last receiving descriptor."""
    callback: Callback | None
    claims: tuple[Claim, ...]
    size: int
    started: Stamp


class RingBackend(Backend):
    """v4.4 to v5.1."""

    zero_size_allowed = True
    """The wrapper checks nothing but the handle."""

    def __init__(self, machine: BareMachine, engine: Engine, config: MemcpyConfig, release: Release) -> None:
        """Install.

        Raises:
            IdfError: INVALID_ARG for the configuration, NO_MEM, NOT_FOUND without a free channel pair.
        """
        super().__init__(machine, engine, config, release)
        if config.backlog < 1:
            raise IdfError(EspErr.INVALID_ARG, "backlog 0 corrupts memory in this release")
        self.installed = machine.now()
        self._requests: deque[_Request] = deque()
        self._pair: Pair | None = None
        align = max(config.sram_trans_align, config.psram_trans_align, 1)
        self._chunk = MAX_BYTES // align * align
        try:
            block = self.take_block(CONTEXT_BYTES + 2 * config.backlog * RECORD_BYTES, dma=True)
            machine.memory.driver_store(block.address, bytes(block.size))
            self._pair = self._take_pair()
        except IdfError:
            if self._pair is not None:
                engine.release_pair(self._pair)
            self.free_blocks()
            raise
        low = block.address + CONTEXT_BYTES
        self._tx = _Ring(machine, low, config.backlog)
        self._rx = _Ring(machine, low + config.backlog * RECORD_BYTES, config.backlog)
        self._pair.rx.on_eof = self._on_rx_eof
        self._pair.tx.started_of = self._started_of
        engine.start(self._pair.rx, self._rx.low)
        engine.start(self._pair.tx, self._tx.low)

    def _take_pair(self) -> Pair:
        engine, config = self.engine, self.config
        pair = engine.allocate_pair(for_copy=False)
        trigger = None if self.is_cp_dma else engine.free_copy_id()
        if pair is None or (trigger is None and not self.is_cp_dma):
            if pair is not None:
                engine.release_pair(pair)
            raise IdfError(EspErr.NOT_FOUND, f"no free channel pair on {engine.title}")
        self._pair = pair
        for channel in (pair.tx, pair.rx):
            engine.connect(channel, trigger)
            channel.owner_check = channel.auto_update = True
            if not self.is_cp_dma:
                set_ability(
                    channel,
                    self.machine.chip,
                    self.release,
                    sram_align=config.sram_trans_align,
                    psram_align=config.psram_trans_align,
                )
        return pair

    @property
    def pair(self) -> Pair:
        """The channels it uses."""
        assert self._pair is not None
        return self._pair

    def submit(self, to: int, source: int, n: int, callback: Callback | None) -> None:
        """Take a request.

        Raises:
            IdfError: INVALID_ARG (unreachable, misaligned or larger than the ring), FAIL when descriptors are short.
        """
        config = self.config
        self._check_addresses(to, source, n)
        ring_bytes = self._chunk * config.backlog
        if n > ring_bytes:
            self.refuse(
                Span(to, to + n),
                "invalid",
                EspErr.INVALID_ARG,
                f"{n} bytes; the ring of {config.backlog} carries {ring_bytes}",
            )
        # Both configured alignments bind the size, wherever the buffers are.
        for align, name in (
            (config.sram_trans_align, "sram_trans_align"),
            (config.psram_trans_align, "psram_trans_align"),
        ):
            if align and n % align:
                self.refuse(
                    Span(to, to + n),
                    "misaligned",
                    EspErr.INVALID_ARG,
                    f"size must be a multiple of {name}, {align} bytes",
                    align=align,
                )
        count = -(-n // self._chunk)
        rx_items = self._rx.fill(count, to, n, self._chunk)
        tx_items = self._tx.fill(count, source, n, self._chunk) if rx_items is not None else None
        if rx_items is None or tx_items is None:
            self.refuse(Span(to, to + n), "busy", EspErr.FAIL, "not enough free descriptors in the ring")
        started = self.machine.now()
        request = _Request(self._tx.address(tx_items[0]), rx_items[-1], callback, (), n, started)
        request.claims = self.claim(to, source, n, started, lambda span, touched: self._passed(request, span, touched))
        self._requests.append(request)
        self._rx.hand_over(rx_items, eof=False)
        self._tx.hand_over(tx_items, eof=True)
        self.machine.settle()
        self.engine.append(self.pair.rx)
        self.engine.append(self.pair.tx)

    def _started_of(self, item: int) -> Stamp:
        """Who asked for the copy that begins with this sending descriptor; each ends a frame, so each is read by itself."""
        return next((one.started for one in self._requests if one.first == item), self.installed)

    def _check_addresses(self, to: int, source: int, n: int) -> None:
        if self.is_cp_dma:
            for address, is_write in ((to, True), (source, False)):
                if not esp_ptr_internal(self.machine, address):
                    self.refuse(
                        Span(to, to + n),
                        "unreachable",
                        EspErr.INVALID_ARG,
                        f"{self.engine.title} reaches internal memory only",
                        offender=Span(address, address + n),
                        is_write=is_write,
                    )
            return
        external = esp_ptr_external_ram(self.machine, to)
        align = self.config.psram_trans_align if external else self.config.sram_trans_align
        self.check_alignment(to, 0, align, "destination", to, external=external)

    def _passed(self, request: _Request, span: Span, touched: Span) -> bool:
        first = self._requests[0] if self._requests else None
        side = self.engine.side(self.pair.tx)
        if first is not request or side is None:
            return False
        return touched.high - span.low <= side.moved

    def uninstall(self) -> None:
        """Remove the driver, whatever it is doing."""
        for request in self._requests:
            self.release_claims(request.claims)
        self._requests.clear()
        self.engine.release_pair(self.pair)
        self.free_blocks()

    def pending(self) -> int:
        """Requests whose completion has not been served."""
        return len(self._requests)

    def _on_rx_eof(self, descriptor: int) -> None:
        """The completion interrupt: every request up to the one that ended."""
        reported = (descriptor - self._rx.low) // RECORD_BYTES
        while self._requests and self._rx.free(self._requests[0].last):
            request = self._requests.popleft()
            self.release_claims(request.claims)
            if request.callback is not None:
                request.callback(AsyncMemcpyEvent())
            if request.last == reported:
                break
