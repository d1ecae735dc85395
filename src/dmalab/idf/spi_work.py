"""A transaction between `queue_trans` or `polling_start` and its result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dmalab.core.events import Stamp
from dmalab.core.heap import Block
from dmalab.core.machine import BareMachine
from dmalab.core.memory import BadAddress, Claim
from dmalab.core.spans import Span
from dmalab.core.spi import Shift
from dmalab.core.spi_wire import Frame
from dmalab.idf.spi_buffers import DmaBuffer
from dmalab.idf.spi_config import SpiTransaction

if TYPE_CHECKING:
    from dmalab.idf.spi_master import SpiDevice


@dataclass(slots=True, eq=False, kw_only=True)
class Work:
    """What the driver knows of a transaction on its way."""

    device: SpiDevice
    transaction: SpiTransaction
    frame: Frame
    tx: DmaBuffer
    rx: DmaBuffer
    started: Stamp
    label: str
    inline: Block | None = None
    """Memory of the data that lies in the transaction itself, where the transaction lives in Python."""
    shift: Shift | None = None
    data_claims: list[Claim] = field(default_factory=list)
    struct_claims: list[Claim] = field(default_factory=list)

    def claim(self, machine: BareMachine, span: Span, completion: str, *, write: bool, whole: bool) -> None:
        """Hand memory to the transaction: its data until the wire is quiet, or (`whole`) the structure until the result is taken."""
        if not span.size:
            return
        host = self.device.bus.host

        def passed(touched: Span) -> bool:
            shift = self.shift
            if shift is None or whole:
                return False
            return touched.high - span.low <= (shift.taken if write else shift.sent)

        claim = Claim(
            span=span,
            write=write,
            owner=self.device.bus,
            label=self.label,
            started=self.started,
            catch_up=host.catch_up,
            passed=passed,
            completion=completion,
        )
        try:
            machine.memory.claim(claim)
        except BadAddress:
            return
        (self.struct_claims if whole else self.data_claims).append(claim)

    def release_data(self) -> None:
        """The wire is quiet: the engine is done with the buffers."""
        for claim in self.data_claims:
            self.device.bus.machine.memory.release(claim)
        self.data_claims.clear()

    def release_all(self) -> None:
        """The result is taken: the structure is the user's again."""
        self.release_data()
        for claim in self.struct_claims:
            self.device.bus.machine.memory.release(claim)
        self.struct_claims.clear()
