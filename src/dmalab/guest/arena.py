"""The arena of a chip: one region of it for every region of the machine, in the same order."""

from __future__ import annotations

from dmalab.chips.model import Chip, Kind
from dmalab.core.planes import line_bytes_of
from dmalab.guest.layout import Arena, RegionSpec


def arena_for(chip: Chip) -> Arena:
    """Memory for a machine of this chip that a guest can map; give it to the machine as its planes."""
    return Arena(
        [
            RegionSpec(
                base=region.base,
                size=region.size,
                line_bytes=line_bytes_of(chip, region),
                cached=region.line_bytes > 0,
                read_only=region.read_only,
                alias_base=region.alias_base,
                **_fill_costs(chip, region.name),
            )
            for region in chip.regions
            if region.kind is not Kind.CODE
        ]
    )


def _fill_costs(chip: Chip, name: str) -> dict[str, int]:
    """What a missing line of a region costs, in CPU cycles."""
    timing = chip.timing
    fill = timing.line_fill_ns.get(name, 0)
    costs = {
        "fill_cycles": fill,
        "allocate_cycles": timing.line_allocate_ns.get(name, fill),
        "stream_cycles": timing.line_stream_ns.get(name, 0),
    }
    return {field: ns * chip.cpu_mhz // 1000 for field, ns in costs.items()}
