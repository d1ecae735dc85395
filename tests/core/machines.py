"""Small parts of a machine, for tests of one of them at a time."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, settings

from dmalab.chips.model import Kind
from dmalab.chips.model import Region as RegionFacts
from dmalab.core import events
from dmalab.core.events import EventBus, Stamp
from dmalab.core.memory import Memory
from dmalab.core.planes import PrivatePlanes
from dmalab.core.region import Region
from dmalab.core.spans import Span
from dmalab.core.transfer import Transfer

CACHED, PLAIN = 0x1000_0000, 0x2000_0000
ALIAS = 0x5000_0000
"""Where the cached region is visible uncached."""

MEMORY_EVENTS = (
    events.EngineReadStale,
    events.EngineReadDiscarded,
    events.EngineWroteUnderDirtyLine,
    events.CpuReadStale,
    events.CpuReadDiscarded,
    events.CpuReadUndelivered,
    events.CpuDirtiedStaleLine,
    events.DeviceBytesOverwritten,
    events.StoresDropped,
    events.TouchedClaim,
    events.ClaimsCollide,
    events.HeapMisused,
    events.Sync,
)


def facts(base: int, size: int, *, line: int = 0, alias: int = 0, kind: Kind | None = None, **more: Any) -> RegionFacts:
    """A region; behind a cache when it has a line."""
    kind = kind or (Kind.PSRAM if line else Kind.SRAM)
    name = more.pop("name", kind.value)
    return RegionFacts(
        name=name, kind=kind, base=base, size=size, line_bytes=line, alias_base=alias, source="test", **more
    )


class Bench:
    """A memory on its own, with a clock that ticks once per question and a list of what it said."""

    def __init__(self, *regions: RegionFacts) -> None:
        self.bus = EventBus()
        self.seen: list[Any] = []
        self.step = 0
        for kind in MEMORY_EVENTS:
            self.bus.subscribe(kind, self.seen.append)
        self.memory = Memory(
            [Region(index, one, PrivatePlanes()) for index, one in enumerate(regions)], self.bus, self.stamp
        )

    def stamp(self) -> Stamp:
        """Everything that one step of a test does carries the number of that step."""
        return Stamp(self.step + 1, 1, self.step * 1000)

    def take(self) -> list[Any]:
        """What was said since the last look."""
        seen, self.seen[:] = list(self.seen), []
        return seen

    def kinds(self) -> list[str]:
        """The names of what was said since the last look."""
        return [type(event).__name__ for event in self.take()]

    def check(self) -> None:
        """The invariants of every region."""
        for region in self.memory.regions:
            region.check()


def bench(*, line: int = 32, size: int = 1024) -> Bench:
    """One cached region with an alias, and one without a cache."""
    return Bench(facts(CACHED, size, line=line, alias=ALIAS), facts(PLAIN, size))


def transfer(**more: Any) -> Transfer:
    """Somebody for engine accesses to happen in the name of."""
    parts: dict[str, Any] = {
        "channel": "test engine",
        "total": 0,
        "sources": (),
        "sinks": (),
        "items": 0,
        "start_work_ps": 0,
        "total_work_ps": 0,
        "block_bytes": 4,
        "started": Stamp(),
    }
    return Transfer(**(parts | more))


def span(low: int, size: int) -> Span:
    """`size` bytes from `low` on."""
    return Span(low, low + size)


def pattern(size: int, seed: int = 0) -> bytes:
    """Bytes that differ from their neighbours and from those of another seed."""
    return bytes((7 * i + 13 * seed + (i >> 8) + 1) & 0xFF for i in range(size))


def calm(examples: int = 100) -> settings:
    """Settings for property tests that don't depend on how busy the host is, and spend no time on explanations."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    )
