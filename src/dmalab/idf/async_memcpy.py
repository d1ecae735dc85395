"""`esp_async_memcpy`: memory copies by an engine, completed in an interrupt.

What a request may be, who looks after the caches, what a full backlog answers and when memory comes back depends on the
release; see `memcpy_generations`. From v5.3.3, v5.4.1 and v5.5 on the core must leave the source alone from submission
on, and must not even read the destination before the callback; up to v5.2 all cache maintenance is the caller's duty
(but for ESP32-P4 in v5.2).

Source: ESP-IDF components/esp_hw_support (v4.4 to v5.5) and components/esp_driver_dma (v6.0, master):
esp_async_memcpy.c.
"""

from __future__ import annotations

from types import TracebackType

from dmalab.core.clock import PS_PER_NS
from dmalab.core.machine import BareMachine, Buffer
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.memcpy_backend import AsyncMemcpyEvent, Backend, Callback, MemcpyConfig
from dmalab.idf.memcpy_generations import generation
from dmalab.idf.release import of as release_of
from dmalab.idf.release import parse

__all__ = ["AsyncMemcpy", "AsyncMemcpyEvent", "Callback", "MemcpyConfig"]

DEFAULT_ENGINES = ("cp_dma", "ahb_gdma", "axi_gdma")
"""Which engine the generic installation takes, the first that the chip has."""


class AsyncMemcpy:
    """An installed async memcpy driver."""

    def __init__(self, machine: BareMachine, backend: Backend) -> None:
        self._machine = machine
        self._backend = backend
        self.address = backend.blocks[0].address
        """Where the driver's context lies; C firmware knows the driver by it."""
        self.installed = machine.now()
        machine.drivers.append(self)

    # -- install -----------------------------------------------------------------------------------------------------

    @classmethod
    def install(
        cls,
        machine: BareMachine,
        *,
        backlog: int = 8,
        dma_burst_size: int = 16,
        sram_trans_align: int = 0,
        psram_trans_align: int = 0,
        weight: int = 0,
        engine: str | None = None,
        release: str | None = None,
    ) -> AsyncMemcpy:
        """Install the driver on the chip's default engine, or on the one named.

        Args:
            machine: Where.
            backlog: v5.2 on: copies that may be queued or running, 0 stands for 4. Before: descriptors per direction.
            dma_burst_size: v5.3 on: bytes, a power of two; 0 switches bursts off (v5.3.0 to v5.3.2, v5.4.0: stands for
                16).
            sram_trans_align: Up to v5.2: alignment of internal destinations in bytes, 0 for none.
            psram_trans_align: Up to v5.2: of external ones.
            weight: v6.0 on: share of the bus, up to 15; 0 leaves the default. Counts on engines that weigh channels.
            engine: `ahb_gdma`, `axi_gdma`, `lp_ahb_gdma` or `cp_dma`; the chip's default when left out.
            release: The ESP-IDF release whose contract holds; the machine's when left out.
        Raises:
            IdfError: INVALID_ARG for the configuration, NO_MEM, NOT_FOUND without a free channel pair, NOT_SUPPORTED
                when the chip has no such engine.
        """
        name = engine or next((one for one in DEFAULT_ENGINES if one in machine.engines), "ahb_gdma")
        chosen = machine.engines.get(name)
        if chosen is None:
            have = ", ".join(machine.engines) or "none"
            raise IdfError(EspErr.NOT_SUPPORTED, f"{machine.chip.name} has no {name}; engines: {have}")
        if min(backlog, dma_burst_size, sram_trans_align, psram_trans_align, weight) < 0:
            raise IdfError(EspErr.INVALID_ARG, f"backlog {backlog}, burst {dma_burst_size}")
        found = parse(release) if release is not None else release_of(machine)
        config = MemcpyConfig(
            backlog=backlog,
            sram_trans_align=sram_trans_align,
            psram_trans_align=psram_trans_align,
            dma_burst_size=dma_burst_size,
            weight=weight,
        )
        return cls(machine, generation(found)(machine, chosen, config, found))

    @classmethod
    def install_gdma_ahb(cls, machine: BareMachine, *, backlog: int = 8, dma_burst_size: int = 16) -> AsyncMemcpy:
        """Install on AHB GDMA; see `install`."""
        return cls.install(machine, backlog=backlog, dma_burst_size=dma_burst_size, engine="ahb_gdma")

    @classmethod
    def install_gdma_axi(cls, machine: BareMachine, *, backlog: int = 8, dma_burst_size: int = 16) -> AsyncMemcpy:
        """Install on AXI GDMA; see `install`."""
        return cls.install(machine, backlog=backlog, dma_burst_size=dma_burst_size, engine="axi_gdma")

    @classmethod
    def install_gdma_lp_ahb(cls, machine: BareMachine, *, backlog: int = 8, dma_burst_size: int = 16) -> AsyncMemcpy:
        """Install on the low-power AHB GDMA; see `install`."""
        return cls.install(machine, backlog=backlog, dma_burst_size=dma_burst_size, engine="lp_ahb_gdma")

    @classmethod
    def install_cpdma(cls, machine: BareMachine, *, backlog: int = 8, dma_burst_size: int = 16) -> AsyncMemcpy:
        """Install on CP_DMA; see `install`. A second driver is refused here; on the chip both would share the hardware and fail."""
        return cls.install(machine, backlog=backlog, dma_burst_size=dma_burst_size, engine="cp_dma")

    def __enter__(self) -> AsyncMemcpy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.uninstall()

    @property
    def title(self) -> str:
        """How reports call it."""
        return f"async memcpy driver on {self._backend.pair.tx.title}"

    @property
    def backend(self) -> Backend:
        """The driver of the release."""
        return self._backend

    def uninstall(self) -> None:
        """Remove the driver.

        Raises:
            IdfError: INVALID_STATE while a copy is queued or running, or from inside a callback (v5.2 on; older
                releases don't look).
        """
        self._backend.uninstall()
        self._machine.drivers.remove(self)

    # -- requests ----------------------------------------------------------------------------------------------------

    def memcpy(self, dst: Buffer | int, src: Buffer | int, n: int, callback: Callback | None = None) -> None:
        """Ask for a copy.

        Args:
            dst: Where to; a buffer or an address.
            src: Where from.
            n: Bytes.
            callback: Called in interrupt context when the bytes are there; returns whether a more urgent task was
                woken.
        Raises:
            IdfError: INVALID_ARG (nothing to copy, unreachable or misaligned), INVALID_STATE (backlog full; FAIL up to
                v5.1), NO_MEM.
        """
        to, source = _address(dst), _address(src)
        if n < 0 or (not self._backend.zero_size_allowed and not (to and source and n)):
            raise IdfError(EspErr.INVALID_ARG, "destination, source and size must not be zero")
        machine = self._machine
        machine.scheduler.elapse(machine.chip.timing.submit_ns * PS_PER_NS)
        self._backend.submit(to, source, n, callback)

    async def memcpy_blocking(self, dst: Buffer | int, src: Buffer | int, n: int, *, timeout_ms: int = -1) -> None:
        """Copy and wait until it is done.

        Args:
            dst: As for `memcpy`.
            src: As for `memcpy`.
            n: As for `memcpy`.
            timeout_ms: Only -1, without a limit, is supported.
        Raises:
            IdfError: INVALID_ARG for zeros; then INVALID_STATE in an interrupt; then INVALID_ARG for a time-out; then
                as `memcpy`.
        """
        if not (_address(dst) and _address(src) and n > 0):
            raise IdfError(EspErr.INVALID_ARG, "destination, source and size must not be zero")
        if not self._machine.scheduler.may_wait("esp_memcpy_blocking"):
            raise IdfError(EspErr.INVALID_STATE, "a blocking copy in an interrupt")
        if timeout_ms != -1:
            raise IdfError(EspErr.INVALID_ARG, "only an unlimited wait is supported")
        done = self._machine.semaphore(name="esp_memcpy_blocking")
        self.memcpy(dst, src, n, lambda _event: done.give_from_isr())
        await done.take(call="esp_memcpy_blocking")

    def pending(self) -> int:
        """Copies that are queued or running."""
        return self._backend.pending()


def _address(buffer: Buffer | int) -> int:
    return buffer.address if isinstance(buffer, Buffer) else buffer
