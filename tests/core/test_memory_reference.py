"""`core.memory` against the plain reference: the same bytes, the same words, and sound invariants after every step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dmalab.core import region as shadow
from dmalab.core.events import Refusal, Stamp, Sync
from dmalab.core.memory import Claim
from dmalab.core.spans import Span

from .machines import ALIAS, CACHED, PLAIN, Bench, calm, facts, transfer
from .reference import Owned, Reference, RefRegion

SIZE = 512
STEPS = 30
EXAMPLES = 200


def span_of(one: Span) -> tuple[int, int]:
    return one.low, one.high


def views_of(event: Any) -> tuple[int, bytes, bytes]:
    return event.views.address, event.views.cpu, event.views.memory


def who(stamp: Stamp) -> tuple[int, int]:
    return stamp.place, stamp.time_ps


WORDS: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    "TouchedClaim": lambda event: (span_of(event.access), event.is_store),
    "HeapMisused": lambda event: (span_of(event.access), event.is_store),
    "CpuReadUndelivered": lambda event: (span_of(event.span),),
    "ClaimsCollide": lambda event: (span_of(event.span),),
    "CpuReadDiscarded": lambda event: (span_of(event.span), views_of(event)),
    "EngineReadDiscarded": lambda event: (span_of(event.span), views_of(event)),
    "CpuReadStale": lambda event: (span_of(event.span), views_of(event), event.filled.time_ps),
    "CpuDirtiedStaleLine": lambda event: (span_of(event.newer), views_of(event)),
    "EngineReadStale": lambda event: (span_of(event.span), views_of(event), who(event.stored)),
    "EngineWroteUnderDirtyLine": lambda event: (
        span_of(event.span),
        event.dirty and span_of(event.dirty),
        views_of(event),
    ),
    "DeviceBytesOverwritten": lambda event: (span_of(event.span), views_of(event), event.cause),
    "StoresDropped": lambda event: (tuple(map(span_of, event.spans)), views_of(event), who(event.stored)),
    "Sync": lambda event: (span_of(event.span), event.op),
}


def in_words(event: Any) -> tuple[Any, ...]:
    """An event as the reference says it."""
    name = type(event).__name__
    return name, *WORDS[name](event)


class Twins:
    """The memory and its reference, driven by the same numbers."""

    def __init__(self, line: int, *, unseen: bool) -> None:
        self.bench = Bench(facts(CACHED, SIZE, line=line, alias=ALIAS), facts(PLAIN, SIZE))
        if unseen:
            self.bench.memory.expect_unseen()
        self.reference = Reference([RefRegion(CACHED, SIZE, line), RefRegion(PLAIN, SIZE, 0)], unseen=unseen)
        self.line = line
        self.claims: list[tuple[Claim, Owned]] = []

    def run(self, number: int, verb: str, region: int, low: int, size: int, seed: int) -> None:
        self.bench.step = self.reference.step = number
        low = low % SIZE
        high = min(SIZE, low + size)
        getattr(self, verb)(region, low, high, seed)
        assert [in_words(event) for event in self.bench.take()] == self.reference.said
        self.reference.said.clear()
        self.compare()

    def compare(self) -> None:
        """Both views of every byte, every line's state, every mark."""
        for region, plain in zip(self.bench.memory.regions, self.reference.regions, strict=True):
            assert region.mem.tobytes() == bytes(byte.mem for byte in plain.bytes)
            marks = [
                (1 if byte.newer == "cpu" else 2 if byte.newer == "mem" else 0)
                | (16 if byte.poison else 0)
                | (32 if byte.discarded else 0)
                | (64 if byte.undelivered else 0)
                for byte in plain.bytes
            ]
            assert region.shadow.tolist() == marks
            if plain.line_bytes:
                assert region.seen_by_core(0, region.size) == bytes(byte.cpu for byte in plain.bytes)
                names = {shadow.STATE: "absent", shadow.CLEAN: "clean", 0: "dirty"}
                states = [names[int(state)] for state in region.lines & shadow.STATE]
                assert states == [line.state for line in plain.lines]
            self.compare_watches(region)
            if self.reference.quiet:
                region.check()

    def compare_watches(self, region: Any) -> None:
        """A line is watched exactly while a claim owns some byte of it."""
        for bit, write in ((shadow.W_READ, False), (shadow.W_WRITE, True)):
            watched = np.zeros(len(region.lines), dtype=bool)
            for _, claim in self.claims:
                if claim.write == write and region.base <= claim.low < region.end:
                    first, last = claim.low - region.base, claim.high - region.base - 1
                    watched[first >> region.line_shift : (last >> region.line_shift) + 1] = True
            assert ((region.lines & bit != 0) == watched).all()

    @staticmethod
    def data(low: int, high: int, seed: int) -> bytes:
        # Few values, so that stores often repeat what is there already.
        return bytes((seed + (at & 1)) & 3 for at in range(low, high))

    def base(self, region: int, *, alias: bool) -> int:
        return (ALIAS if alias else CACHED) if region == 0 else PLAIN

    # -- verbs -------------------------------------------------------------------------------------------------------

    def load(self, region: int, low: int, high: int, seed: int) -> None:
        alias = region == 0 and seed == 7
        got = self.bench.memory.load(self.base(region, alias=alias) + low, high - low)
        assert got == self.reference.load(region, low, high, alias=alias)

    def store(self, region: int, low: int, high: int, seed: int) -> None:
        alias = region == 0 and seed == 7
        data = self.data(low, high, seed)
        self.bench.memory.store(self.base(region, alias=alias) + low, data)
        self.reference.store(region, low, data, alias=alias)

    def touch(self, region: int, low: int, high: int, seed: int) -> None:
        """A store that somebody else carries out after it was announced, as firmware does."""
        data, alias = self.data(low, high, seed), region == 0 and seed > 5
        one = self.bench.memory.regions[region]
        absent = np.repeat(one.lines & shadow.ABSENT, one.line_bytes)[low:high] != 0
        self.bench.memory.touch(self.base(region, alias=alias) + low, high - low, is_store=True)
        (one.mem if alias else one.cpu)[low:high] = np.frombuffer(data, np.uint8)
        if alias:  # the core has no copy of absent lines; a whole plane has, and the guest looks after it
            one.cpu[low:high][absent] = one.mem[low:high][absent]
        self.reference.store(region, low, data, alias=alias)

    def store_unseen(self, region: int, low: int, high: int, seed: int) -> None:
        if region or not self.reference.unseen:
            return
        data = self.data(low, high, seed)
        self.bench.memory.regions[0].cpu[low:high] = np.frombuffer(data, np.uint8)
        self.reference.store_unseen(0, low, data)

    def engine_read(self, region: int, low: int, high: int, seed: int) -> None:
        base = self.base(region, alias=seed == 7)
        got = self.bench.memory.engine_read(Span(base + low, base + high), transfer())
        assert got.tobytes() == self.reference.engine_read(region, low, high)

    def engine_write(self, region: int, low: int, high: int, seed: int) -> None:
        base = self.base(region, alias=seed == 7)
        data = self.data(low, high, seed)
        self.bench.memory.engine_write(Span(base + low, base + high), np.frombuffer(data, np.uint8), transfer())
        self.reference.engine_write(region, low, data)

    def sync(self, region: int, low: int, high: int, seed: int) -> None:
        op = ("writeback", "invalidate", "writeback+invalidate")[seed % 3]
        base = self.base(region, alias=False)
        self.bench.memory.sync(Sync(span=Span(base + low, base + high), op=op, by=Stamp()))  # type: ignore[arg-type]
        self.reference.sync(region, low, high, op)

    def evict(self, region: int, low: int, high: int, seed: int) -> None:
        self.bench.memory.evict(self.bench.memory.regions[0], low // self.line)
        self.reference.evict(0, low // self.line)

    def prefetch(self, region: int, low: int, high: int, seed: int) -> None:
        self.bench.memory.prefetch(self.bench.memory.regions[0], low // self.line)
        self.reference.prefetch(0, low // self.line)

    def count(self, region: int, low: int, high: int, seed: int) -> None:
        base, plain = self.base(region, alias=False), self.reference.regions[region]
        dirty, present = self.bench.memory.line_counts(Span(base + low, base + high))
        self.reference.reconcile(plain, low, high)
        states = [plain.lines[line].state for line in self.reference.touched_lines(plain, low, high)]
        assert (dirty, present) == (states.count("dirty"), len(states) - states.count("absent"))

    def claim(self, region: int, low: int, high: int, seed: int) -> None:
        base, canonical = self.base(region, alias=seed == 7), self.base(region, alias=False)
        owner = OWNERS[seed % 3]
        claim = Claim(span=Span(base + low, base + high), write=seed % 2 == 0, owner=owner, label="", started=Stamp())
        owned = Owned(canonical + low, canonical + high, seed % 2 == 0, seed % 3)
        self.claims.append((claim, owned))
        self.bench.memory.claim(claim)
        self.reference.claim(owned)

    def release(self, region: int, low: int, high: int, seed: int) -> None:
        if self.claims:
            claim, owned = self.claims.pop(seed % len(self.claims))
            self.bench.memory.release(claim)
            self.bench.memory.release(claim)  # twice does nothing
            self.reference.claims.remove(owned)

    def poison(self, region: int, low: int, high: int, seed: int) -> None:
        base = self.base(region, alias=False)
        self.bench.memory.set_poison(Span(base + low, base + high), on=seed % 2 == 0)
        self.reference.poison(region, low, high, on=seed % 2 == 0)

    def refuse(self, region: int, low: int, high: int, seed: int) -> None:
        base = self.base(region, alias=False)
        where = Span(base + low, base + high)
        self.bench.memory.refuse(
            Refusal(
                span=where, reason="busy", call="", code="", detail="", engine="", align=0, offender=where, by=Stamp()
            )
        )
        self.reference.refuse(region, low, high)


OWNERS = (object(), object(), object())
FREQUENT = ("load", "store", "engine_read", "engine_write", "sync", "evict")
RARE = ("touch", "prefetch", "claim", "release", "poison", "refuse", "count", "store_unseen")


def operations_of(verbs: tuple[str, ...]) -> st.SearchStrategy[list[Any]]:
    """Lists of (verb, region, first byte, bytes, what else varies)."""
    operation = st.tuples(
        st.sampled_from(verbs),
        st.sampled_from((0, 0, 0, 1)),
        st.one_of(st.integers(0, SIZE - 1), st.integers(0, 40)),  # collisions are what matters
        st.one_of(st.integers(1, 20), st.integers(1, 200)),
        st.integers(0, 7),
    )
    return st.lists(operation, min_size=STEPS // 3, max_size=STEPS)


@calm(EXAMPLES)
@given(line=st.sampled_from((16, 32, 64, 128)), operations=operations_of(FREQUENT * 2 + RARE))
def test_memory_does_what_the_reference_does(line: int, operations: list[Any]) -> None:
    twins = Twins(line, unseen=False)
    for number, operation in enumerate(operations):
        twins.run(number, *operation)


@calm(EXAMPLES)
@given(
    line=st.sampled_from((16, 32, 64, 128)),
    operations=operations_of((*FREQUENT, "store_unseen", "store_unseen", "count")),
)
def test_stores_that_nobody_saw_are_found_at_the_next_hand_over(line: int, operations: list[Any]) -> None:
    twins = Twins(line, unseen=True)
    for number, operation in enumerate(operations):
        twins.run(number, *operation)
