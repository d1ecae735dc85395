"""The rules of two views and a shadow once more, byte by byte and line by line, as slow and plain as possible.

Written from the design and the events' own sentences, not from `core.memory`; what both say must agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SHOWN = 16
GRANULE = 16
Said = tuple[Any, ...]
"""Name of an event, then what it is about."""


@dataclass(eq=False)
class Byte:
    cpu: int = 0
    mem: int = 0
    newer: str = ""
    """`cpu`, `mem`, or empty when both views agree."""
    poison: bool = False
    discarded: bool = False
    undelivered: bool = False


@dataclass
class Line:
    state: str = "absent"
    filled: int = 0
    dirtied: int = 0


@dataclass(eq=False)
class Owned:
    low: int
    high: int
    write: bool
    owner: int


@dataclass
class RefRegion:
    base: int
    size: int
    line_bytes: int
    """0 without a cache."""
    bytes: list[Byte] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bytes = [Byte() for _ in range(self.size)]
        self.lines = [Line() for _ in range(self.size // self.line_bytes)] if self.line_bytes else []


class Reference:
    """One cached and one plain region. Addresses are byte offsets in a region that is named by its number."""

    def __init__(self, regions: list[RefRegion], *, unseen: bool) -> None:
        self.regions = regions
        self.unseen = unseen
        self.claims: list[Owned] = []
        self.said: list[Said] = []
        self.step = 0

    # -- words -------------------------------------------------------------------------------------------------------

    def say(self, *words: Any) -> None:
        self.said.append(words)

    def stamp(self) -> tuple[int, int]:
        return self.step + 1, self.step * 1000

    def views(self, region: RefRegion, at: int) -> tuple[int, bytes, bytes]:
        high = min(at + SHOWN, (at // region.line_bytes + 1) * region.line_bytes if region.line_bytes else at + SHOWN)
        if not region.line_bytes:
            high = min(high, (at // 32 + 1) * 32)
        shown = region.bytes[at:high]
        cpu = bytes(byte.cpu if region.line_bytes else byte.mem for byte in shown)
        return region.base + at, cpu, bytes(byte.mem for byte in shown)

    def span(self, region: RefRegion, low: int, high: int) -> tuple[int, int]:
        return region.base + low, region.base + high

    @staticmethod
    def runs(wanted: list[bool], start: int) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for at, is_in in enumerate(wanted, start):
            if is_in and found and found[-1][1] == at:
                found[-1] = (found[-1][0], at + 1)
            elif is_in:
                found.append((at, at + 1))
        return found

    def run_around(self, region: RefRegion, low: int, high: int, name: str) -> tuple[int, int]:
        has = (
            [getattr(byte, name) for byte in region.bytes]
            if name != "stale"
            else [b.newer == "mem" for b in region.bytes]
        )
        first = next(at for at in range(low, high) if has[at])
        return next(run for run in self.runs(has, 0) if run[0] <= first < run[1])

    def last_store(self, region: RefRegion, at: int) -> tuple[int, int]:
        line = region.lines[at // region.line_bytes]
        return region.places.get(at // GRANULE, 0), line.dirtied * 1000

    def touched_lines(self, region: RefRegion, low: int, high: int) -> list[int]:
        return list(range(low // region.line_bytes, (high - 1) // region.line_bytes + 1)) if region.line_bytes else []

    def bytes_of(self, region: RefRegion, line: int) -> range:
        return range(line * region.line_bytes, (line + 1) * region.line_bytes)

    # -- the core ----------------------------------------------------------------------------------------------------

    def access(self, region: RefRegion, low: int, high: int, *, is_store: bool, alias: bool) -> None:
        for claim in self.claims:
            first, last = max(claim.low, region.base + low), min(claim.high, region.base + high)
            if first < last and (is_store or claim.write):
                self.say("TouchedClaim", (first, last), is_store)
        accessed = region.bytes[low:high]
        if any(byte.poison for byte in accessed):
            self.say("HeapMisused", self.span(region, low, high), is_store)
        if not is_store:
            self.judge_load(region, low, high, alias=alias)
        if not region.line_bytes or alias:
            return
        for number in self.touched_lines(region, low, high):
            line = region.lines[number]
            if line.state == "absent":
                line.state, line.filled = "clean", self.step
            if is_store and line.state == "clean":
                # The line's write-back will destroy the engine's bytes that this store does not replace.
                lost = [
                    at
                    for at in self.bytes_of(region, number)
                    if region.bytes[at].newer == "mem" and not low <= at < high
                ]
                if lost:
                    self.say(
                        "CpuDirtiedStaleLine", self.span(region, lost[0], lost[-1] + 1), self.views(region, lost[0])
                    )
                line.state, line.dirtied = "dirty", self.step

    def judge_load(self, region: RefRegion, low: int, high: int, *, alias: bool) -> None:
        accessed = region.bytes[low:high]
        if any(byte.undelivered for byte in accessed):
            self.say("CpuReadUndelivered", self.span(region, *self.run_around(region, low, high, "undelivered")))
        if any(byte.discarded for byte in accessed):
            run = self.run_around(region, low, high, "discarded")
            self.say("CpuReadDiscarded", self.span(region, *run), self.views(region, run[0]))
        if any(byte.newer == "mem" for byte in accessed) and not alias:
            run = self.run_around(region, low, high, "stale")
            filled = region.lines[run[0] // region.line_bytes].filled
            self.say("CpuReadStale", self.span(region, *run), self.views(region, run[0]), filled * 1000)

    def load(self, number: int, low: int, high: int, *, alias: bool) -> bytes:
        region = self.regions[number]
        self.access(region, low, high, is_store=False, alias=alias)
        from_memory = alias or not region.line_bytes
        return bytes(byte.mem if from_memory else byte.cpu for byte in region.bytes[low:high])

    def store(self, number: int, low: int, data: bytes, *, alias: bool) -> None:
        region, high = self.regions[number], low + len(data)
        self.access(region, low, high, is_store=True, alias=alias)
        for at, value in enumerate(data, low):
            byte = region.bytes[at]
            byte.discarded = byte.undelivered = False
            if not region.line_bytes:
                byte.mem = value
            elif alias:
                self.write_memory(region, at, value)
            else:
                byte.cpu, byte.newer = value, "cpu"
                region.places[at // GRANULE] = self.step + 1

    def store_unseen(self, number: int, low: int, data: bytes) -> None:
        for at, value in enumerate(data, low):
            self.regions[number].bytes[at].cpu = value

    # -- engines -----------------------------------------------------------------------------------------------------

    def write_memory(self, region: RefRegion, at: int, value: int) -> None:
        byte = region.bytes[at]
        byte.mem = value
        byte.discarded = byte.undelivered = False
        if not region.line_bytes:
            return
        if region.lines[at // region.line_bytes].state == "absent":
            byte.cpu, byte.newer = value, ""
        else:
            byte.newer = "mem"

    def engine_read(self, number: int, low: int, high: int) -> bytes:
        region = self.regions[number]
        if region.line_bytes:
            self.reconcile(region, low, high)
            for run in self.runs([byte.newer == "cpu" for byte in region.bytes[low:high]], low):
                self.say(
                    "EngineReadStale",
                    self.span(region, *run),
                    self.views(region, run[0]),
                    self.last_store(region, run[0]),
                )
            for run in self.runs([byte.discarded for byte in region.bytes[low:high]], low):
                self.say("EngineReadDiscarded", self.span(region, *run), self.views(region, run[0]))
        return bytes(byte.mem for byte in region.bytes[low:high])

    def engine_write(self, number: int, low: int, data: bytes) -> None:
        region, high = self.regions[number], low + len(data)
        self.reconcile(region, low, high)
        for line in self.touched_lines(region, low, high):
            if region.lines[line].state == "dirty":
                whole = self.bytes_of(region, line)
                written = max(low, whole[0]), min(high, whole[-1] + 1)
                stores = self.runs([region.bytes[at].newer == "cpu" for at in whole], whole[0])
                own = [run for run in stores if run[0] < written[1] and written[0] < run[1]] or stores[:1]
                newer = [at for run in own for at in range(*run)]
                self.say(
                    "EngineWroteUnderDirtyLine",
                    self.span(region, *written),
                    self.span(region, newer[0], newer[-1] + 1) if newer else None,
                    self.views(region, newer[0] if newer else written[0]),
                )
        for at, value in enumerate(data, low):
            self.write_memory(region, at, value)

    # -- maintenance -------------------------------------------------------------------------------------------------

    def reconcile(self, region: RefRegion, low: int, high: int) -> None:
        """A difference that nothing explains is a store that nobody saw."""
        if not self.unseen:
            return
        for line in self.touched_lines(region, low, high):
            found = [region.bytes[at] for at in self.bytes_of(region, line)]
            found = [byte for byte in found if not byte.newer and byte.cpu != byte.mem]
            for byte in found:
                byte.newer, byte.discarded, byte.undelivered = "cpu", False, False
                region.places[region.bytes.index(byte) // GRANULE] = 0
            if found and region.lines[line].state != "dirty":
                region.lines[line].state = "dirty"
                region.lines[line].filled = region.lines[line].dirtied = self.step

    def write_back(self, region: RefRegion, lines: list[int], cause: str) -> None:
        for line in lines:
            self.reconcile(region, line * region.line_bytes, (line + 1) * region.line_bytes)
        dirty = [line for line in lines if region.lines[line].state == "dirty"]
        lost = [False] * region.size
        for line in dirty:
            for at in self.bytes_of(region, line):
                lost[at] = region.bytes[at].newer == "mem"
        for run in self.runs(lost, 0):
            self.say("DeviceBytesOverwritten", self.span(region, *run), self.views(region, run[0]), cause)
        for line in dirty:
            region.lines[line].state = "clean"
            for at in self.bytes_of(region, line):
                region.bytes[at].mem = region.bytes[at].cpu
                region.bytes[at].newer = ""

    def drop(self, region: RefRegion, lines: list[int]) -> None:
        for line in lines:
            region.lines[line].state = "absent"
            for at in self.bytes_of(region, line):
                region.bytes[at].cpu = region.bytes[at].mem
                region.bytes[at].newer = ""

    def sync(self, number: int, low: int, high: int, op: str) -> None:
        region = self.regions[number]
        lines = self.touched_lines(region, low, high) if high > low else []
        if "writeback" in op:
            self.write_back(region, lines, "sync")
        if "invalidate" in op:
            for line in lines:
                self.reconcile(region, line * region.line_bytes, (line + 1) * region.line_bytes)
            dropped = [byte.newer == "cpu" for byte in region.bytes]
            dropped = [was and at // region.line_bytes in lines for at, was in enumerate(dropped)] if lines else []
            runs = self.runs(dropped, 0)
            if runs:
                where = tuple(self.span(region, *run) for run in runs)
                self.say("StoresDropped", where, self.views(region, runs[0][0]), self.last_store(region, runs[0][0]))
            for run in runs:
                for at in range(*run):
                    region.bytes[at].discarded = True
            self.drop(region, lines)
        self.say("Sync", self.span(region, low, high), op)

    def evict(self, number: int, line: int) -> None:
        region = self.regions[number]
        if region.lines[line].state == "absent":
            return
        self.write_back(region, [line], "eviction")
        self.drop(region, [line])

    def prefetch(self, number: int, line: int) -> None:
        one = self.regions[number].lines[line]
        if one.state == "absent":
            one.state, one.filled = "clean", self.step

    # -- ownership ---------------------------------------------------------------------------------------------------

    def claim(self, claim: Owned) -> None:
        for other in self.claims:
            low, high = max(other.low, claim.low), min(other.high, claim.high)
            if low < high and other.owner != claim.owner and (other.write or claim.write):
                self.say("ClaimsCollide", (low, high))
        self.claims.append(claim)

    def poison(self, number: int, low: int, high: int, *, on: bool) -> None:
        for byte in self.regions[number].bytes[low:high]:
            byte.poison = on
            if not on:
                byte.discarded = byte.undelivered = False
                if byte.newer == "mem":
                    byte.cpu, byte.newer = byte.mem, ""

    def refuse(self, number: int, low: int, high: int) -> None:
        for byte in self.regions[number].bytes[low:high]:
            byte.undelivered = True

    @property
    def quiet(self) -> bool:
        """Whether no store waits to be found."""
        return not any(
            byte.cpu != byte.mem and not byte.newer
            for region in self.regions
            if region.line_bytes
            for byte in region.bytes
        )
