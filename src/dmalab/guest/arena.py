"""The arena of a chip: one region of it for every region of the machine, in the same order."""

from __future__ import annotations

from dmalab.chips.model import Chip, Kind
from dmalab.core.region import UNCACHED_LINE_SHIFT
from dmalab.guest.layout import Arena, RegionSpec


def arena_for(chip: Chip) -> Arena:
    """Memory for a machine of this chip that a guest can map; give it to the machine as its planes."""
    return Arena(
        [
            RegionSpec(
                base=region.base,
                size=region.size,
                line_bytes=region.line_bytes or 1 << UNCACHED_LINE_SHIFT,
                cached=region.line_bytes > 0,
                read_only=region.read_only,
                fill_cycles=chip.timing.line_fill_ns.get(region.name, 0) * chip.cpu_mhz // 1000,
                alias_base=region.alias_base,
            )
            for region in chip.regions
            if region.kind is not Kind.CODE
        ]
    )
