"""Where an address lies: regions, and their uncached aliases."""

from __future__ import annotations

from collections.abc import Sequence

from dmalab.chips.model import Kind
from dmalab.core.region import Region
from dmalab.core.spans import Span


class BadAddress(ValueError):
    """An access that no single region serves."""


class AddressSpace:
    """The regions of one machine, by address."""

    def __init__(self, regions: Sequence[Region]) -> None:
        self.regions = tuple(sorted(regions, key=lambda region: region.base))
        self.psram = tuple(region for region in self.regions if region.kind is Kind.PSRAM)
        self._likely = list(self.regions)
        """The region of the last access first: most often the next one goes there too."""

    def find(self, address: int) -> Region | None:
        """The region that holds `address`, directly or through its uncached alias."""
        for region in self._likely:
            if region.base <= address < region.end:
                return region
            if region.alias_base and region.alias_base <= address < region.alias_base + region.size:
                return region
        return None

    def locate(self, address: int, size: int) -> tuple[Region, int, bool]:
        """Where `[address, address + size)` lies: region, offset, and whether through the uncached alias.

        Raises:
            BadAddress: it does not lie inside one region, or the size is negative.
        """
        if size < 0:
            raise BadAddress(f"negative size {size} at {address:#010x}")
        likely = self._likely
        for region in likely:
            offset, alias = address - region.base, False
            if not 0 <= offset <= region.size - size:
                offset, alias = address - region.alias_base, True
                if not region.alias_base or not 0 <= offset <= region.size - size:
                    continue
            if region is not likely[0]:
                likely.remove(region)
                likely.insert(0, region)
            return region, offset, alias
        raise BadAddress(f"{Span(address, address + size)} lies outside every memory region of the chip")

    def canonical(self, span: Span) -> Span:
        """The same bytes by their cached address."""
        region, offset, _ = self.locate(span.low, span.size)
        return Span(region.base + offset, region.base + offset + span.size)

    def peek(self, address: int, size: int) -> bytes:
        """The CPU view, without being an access.

        Raises:
            BadAddress: see `locate`.
        """
        region, offset, alias = self.locate(address, size)
        if alias or not region.cached:
            return region.mem_bytes[offset : offset + size].tobytes()
        return region.seen_by_core(offset, offset + size)

    def poke(self, address: int, data: bytes) -> None:
        """Put bytes into both views, as a loader does before the machine starts.

        Raises:
            BadAddress: see `locate`.
        """
        region, offset, _ = self.locate(address, len(data))
        region.cpu_bytes[offset : offset + len(data)] = data
        if region.cached:
            region.mem_bytes[offset : offset + len(data)] = data
