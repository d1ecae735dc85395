"""Engine writes to external memory that are over for the engine but not for memory.

On chips with such a path the last bytes of a transfer may still be on their way when its interrupt comes. Any
write-back of external memory waits for them. From the end of a transfer until then its destination is claimed: the core
must not read it.
Source: ESP-IDF components/esp_hal_dma, esp_psram (PSRAM read barrier of ESP32-C5 below revision 1.2 and ESP32-C61 below
1.1) @102122904ad.
"""

from __future__ import annotations

from dmalab.chips.model import Chip, Kind, revision_key
from dmalab.core.events import EventBus, Sync, TransferEnded
from dmalab.core.memory import BadAddress, Claim, Memory

FIXED_IN = {"esp32c5": "1.2", "esp32c61": "1.1"}
"""First revision without the posted path, by chip."""


def has_posted_writes(chip: Chip) -> bool:
    """Whether writes to PSRAM can lag behind their interrupt on this chip and revision."""
    fixed = FIXED_IN.get(chip.name)
    return fixed is not None and bool(chip.revision) and revision_key(chip.revision) < revision_key(fixed)


class PostedWrites:
    """Claims what is still on its way."""

    def __init__(self, memory: Memory, bus: EventBus) -> None:
        self._memory = memory
        self._claims: list[Claim] = []
        bus.subscribe(TransferEnded, self._ended)
        bus.subscribe(Sync, self._synced)

    def _ended(self, event: TransferEnded) -> None:
        transfer = event.transfer
        for segment in transfer.sinks:
            region = self._memory.find(segment.span.low)
            if region is None or region.kind is not Kind.PSRAM or not transfer.moved:
                continue
            claim = Claim(
                span=segment.span,
                write=True,
                owner=self,
                label=f"transfer of {transfer.moved} bytes by {transfer.channel}",
                started=transfer.started,
                posted=True,
            )
            try:
                self._memory.claim(claim)
            except BadAddress:
                continue
            self._claims.append(claim)

    def _synced(self, sync: Sync) -> None:
        region = self._memory.find(sync.span.low)
        if sync.refused or sync.op == "invalidate" or region is None or region.kind is not Kind.PSRAM:
            return
        self.drain()

    def drain(self) -> None:
        """Everything has arrived."""
        claims, self._claims = self._claims, []
        for claim in claims:
            self._memory.release(claim)
