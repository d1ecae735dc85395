"""What an SPI transaction costs the core, apart from the clocks on the wire. Runs and `dmalab plan` ask here, so they agree.

The vendor publishes, per chip, how long a whole one-byte transaction takes at 10 MHz in four ways of driving it. What is left of such a
figure when the byte's 0.8 us on the wire and the two interrupts that the machine itself charges are taken off is the driver's own time;
it does not depend on the length. Frames that the core feeds through the FIFO without that driver cost a
time per load and per word, set by the peripheral bus.

        interrupt   before | enter start | exit ....| enter finish | exit | after    the core is free while the wire is busy and the first
                                         |== wire ==|                                 exit is over
        polling     before |== wire ==| after                                        the core waits

Transactions that wait in the queue follow each other in one interrupt (`enter finish start`), which is the gap seen between queued pieces.

Not modelled: dependence on the CPU clock (figures hold for each chip's default), on the cache (code runs from internal RAM), on the pins.
Sources: ESP-IDF v6.0 docs/en/api-reference/peripherals/spi_master.rst (table of one-byte times; conditions in
components/esp_driver_spi/test_apps/master/main/test_spi_master.c); FIFO loads: esp-rs esp-hal reports of the gap between two loads on
ESP32, and 694 800 transfers of 16 bits per second by register access at 40 MHz; gap of 14 us between queued pieces on ESP32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dmalab.chips.model import Chip, Kind, Timing
from dmalab.core.clock import PS_PER_NS, PS_PER_US

How = Literal["interrupt", "polling"]

PUBLISHED_HZ = 10_000_000
PUBLISHED_WIRE_PS = 8 * 10**12 // PUBLISHED_HZ
SHARE_BEFORE = 0.6
"""Part of a task's driver time that comes before the wire: checks, set-up, queueing. The rest hands the result back."""
SHARE_IN_INTERRUPT = 14 / 27.2
"""Part of the time without wire that lies between two queued transactions: 14 us of ESP32's 27.2."""
FIFO_START_NS = 960
"""Latch the settings, start, and notice the end by polling."""
FIFO_WORD_NS = 96
"""Move one 32-bit word over the peripheral bus to the FIFO, or from it."""
DMA_CALL_CYCLES = 120
"""A call that only looks at or resets a running transfer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneByte:
    """Published microseconds of a one-byte transaction at 10 MHz."""

    interrupt_dma: float
    polling_dma: float
    interrupt_cpu: float
    polling_cpu: float
    assumed: bool = False
    """Whether figures of this row are guesses between published bounds."""


ONE_BYTE = {
    "esp32": OneByte(interrupt_dma=28, polling_dma=10, interrupt_cpu=25, polling_cpu=8),
    "esp32s2": OneByte(interrupt_dma=23, polling_dma=9, interrupt_cpu=22, polling_cpu=8),
    "esp32s3": OneByte(interrupt_dma=26, polling_dma=11, interrupt_cpu=24, polling_cpu=9),
    "esp32c2": OneByte(interrupt_dma=42, polling_dma=17, interrupt_cpu=40, polling_cpu=15),
    "esp32c3": OneByte(interrupt_dma=28, polling_dma=10, interrupt_cpu=27, polling_cpu=9),
    "esp32c5": OneByte(interrupt_dma=24, polling_dma=15, interrupt_cpu=22, polling_cpu=12),
    "esp32c6": OneByte(interrupt_dma=34, polling_dma=17, interrupt_cpu=32, polling_cpu=15),
    "esp32c61": OneByte(interrupt_dma=32, polling_dma=17, interrupt_cpu=29, polling_cpu=14),
    "esp32h2": OneByte(interrupt_dma=58, polling_dma=28, interrupt_cpu=54, polling_cpu=24),
    "esp32h4": OneByte(interrupt_dma=70, polling_dma=35, interrupt_cpu=60, polling_cpu=25),
    "esp32p4": OneByte(interrupt_dma=44, polling_dma=27, interrupt_cpu=26, polling_cpu=12),
    # Only upper bounds of the vendor's CI are public (32 and 17 us); bounds of other chips sit 0 to 60 % above the typical value.
    "esp32s31": OneByte(interrupt_dma=26, polling_dma=15, interrupt_cpu=24, polling_cpu=13, assumed=True),
}
"""By chip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptCost:
    """The driver's own time in picoseconds, interrupt entry and exit not counted."""

    before: int
    """In the task: checks, set-up, queueing."""
    start: int
    """In the first interrupt, before the wire."""
    finish: int
    """In the second interrupt."""
    after: int
    """In the task: taking the result."""


class SpiCost:
    """The costs on one chip."""

    def __init__(self, chip: Chip) -> None:
        """Raises KeyError: a chip without SPI figures."""
        self.figures = ONE_BYTE[chip.name]
        self._chip = chip
        self._timing = chip.timing
        self._line = next((region.line_bytes for region in chip.regions if region.kind is Kind.SRAM), 0)

    # -- the vendor's driver -----------------------------------------------------------------------------------------

    def published_ps(self, how: How, *, dma: bool) -> int:
        """The published one-byte time."""
        figures = self.figures
        if how == "interrupt":
            us = figures.interrupt_dma if dma else figures.interrupt_cpu
        else:
            us = figures.polling_dma if dma else figures.polling_cpu
        return round(us * PS_PER_US)

    def polling_ps(self, *, dma: bool) -> tuple[int, int]:
        """The driver's time before and behind the wire when it polls."""
        total = self.published_ps("polling", dma=dma) - PUBLISHED_WIRE_PS - self.maintenance_ps(1, dma=dma)
        before = round(total * SHARE_BEFORE)
        return before, total - before

    def interrupt_ps(self, *, dma: bool) -> InterruptCost:
        """The driver's time in each part of a transaction by interrupt."""
        enter, leave = self._timing.isr_enter_ns * PS_PER_NS, self._timing.isr_exit_ns * PS_PER_NS
        total = self.published_ps("interrupt", dma=dma) - PUBLISHED_WIRE_PS - self.maintenance_ps(1, dma=dma)
        inside = round(total * SHARE_IN_INTERRUPT) - enter
        outside = total - inside - 2 * enter - leave - max(0, leave - PUBLISHED_WIRE_PS)
        before, start = round(outside * SHARE_BEFORE), inside // 2
        return InterruptCost(before=before, start=start, finish=inside - start, after=outside - before)

    def maintenance_ps(self, size: int, *, dma: bool) -> int:
        """Cache maintenance for buffers in internal RAM behind a cache.

        The sent one was filled just before and is written back; the received one is invalidated before and after.
        """
        line = self._line
        if not dma or not line:
            return 0
        per_line = self._timing.line_writeback_ns.get(Kind.SRAM.value, 0)
        return (3 * self._timing.sync_base_ns + -(-size // line) * per_line) * PS_PER_NS

    def transaction_ps(self, how: How, wire_ps: int, *, dma: bool, size: int = 1) -> int:
        """A whole transaction of `size` bytes each way, from the call to its return."""
        return self.maintenance_ps(size, dma=dma) + self._transaction_ps(how, wire_ps, dma=dma)

    def _transaction_ps(self, how: How, wire_ps: int, *, dma: bool) -> int:
        if how == "polling":
            before, after = self.polling_ps(dma=dma)
            return before + wire_ps + after
        enter, leave = self._timing.isr_enter_ns * PS_PER_NS, self._timing.isr_exit_ns * PS_PER_NS
        cost = self.interrupt_ps(dma=dma)
        interrupts = enter + cost.start + max(wire_ps, leave) + enter + cost.finish + leave
        return cost.before + interrupts + cost.after

    def busy_ps(self, how: How, wire_ps: int, *, dma: bool, size: int = 1) -> int:
        """How much of it the core is busy."""
        whole = self.transaction_ps(how, wire_ps, dma=dma, size=size)
        if how == "polling":
            return whole
        return whole - max(0, wire_ps - self._timing.isr_exit_ns * PS_PER_NS)

    # -- registers ---------------------------------------------------------------------------------------------------

    def cycles_ps(self, cycles: float) -> int:
        """CPU cycles as time."""
        return round(cycles * 1_000_000 / self._chip.cpu_mhz)

    def fifo_load_ps(self, size: int) -> int:
        """What the core does for one FIFO load of `size` bytes before the wire, without any driver around it."""
        return (FIFO_START_NS + FIFO_WORD_NS * -(-size // 4)) * PS_PER_NS

    def fifo_unload_ps(self, size: int) -> int:
        """Reading `size` received bytes from the FIFO behind the wire."""
        return FIFO_WORD_NS * -(-size // 4) * PS_PER_NS

    @property
    def dma_setup_ps(self) -> int:
        """Preparing lists, resetting and starting channels, and the engine's first fetch: what DMA adds to a polled transaction."""
        difference = self.figures.polling_dma - self.figures.polling_cpu
        return round(difference * PS_PER_US) + self._timing.start_ns * PS_PER_NS

    @property
    def call_ps(self) -> int:
        """A call that only looks at or ends a transfer."""
        return self.cycles_ps(DMA_CALL_CYCLES)

    def copy_ps(self, size: int) -> int:
        """A copy by the core inside internal RAM, such as into a bounce buffer."""
        timing = self._timing
        return self.cycles_ps(timing.copy_base_cycles + size * timing.copy_cycles_per_16_bytes / 16)


def engine_ps_per_byte(timing: Timing, kind: Kind, block: int, *, write: bool) -> float:
    """Picoseconds per byte that an engine needs on one side of memory when nobody else uses it."""
    fix, per_byte = (
        (timing.write_fix_ns, timing.write_ps_per_byte) if write else (timing.read_fix_ns, timing.read_ps_per_byte)
    )
    name = kind.value if kind.value in per_byte else Kind.SRAM.value
    return per_byte[name] + fix.get(name, 0) * PS_PER_NS / block
