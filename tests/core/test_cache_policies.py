"""Eviction policies: how much of a cache's freedom a run shows, and that right programs don't notice."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmalab.chips.model import Cache
from dmalab.core.cache import POLICIES, Evictor, Policy
from dmalab.core.choices import Quiet, Seeded
from dmalab.core.region import ABSENT

from .machines import CACHED, Bench, calm, facts

LINE = 32
SIZE = 8192


def made(policy: Policy, *, seed: int = 0, size: int = 512, ways: int = 2) -> tuple[Bench, Evictor]:
    """A cache of 16 lines over 256."""
    one = Bench(facts(CACHED, SIZE, line=LINE, cache="dcache"))
    cache = Cache(name="dcache", size=size, ways=ways, line_bytes=LINE, writeback=True, source="test")
    return one, Evictor(policy, one.memory, [cache], Seeded(seed) if seed else Quiet())


def present(one: Bench) -> list[int]:
    return [number for number, state in enumerate(one.memory.regions[0].lines.tolist()) if not state & ABSENT]


def use(one: Bench, line: int, *, store: bool = False) -> None:
    if store:
        one.memory.store(CACHED + line * LINE, bytes([line & 0xFF]))
    else:
        one.memory.load(CACHED + line * LINE, 1)


ACCESSES = st.lists(st.tuples(st.integers(0, 255), st.booleans()), max_size=60)


@calm(60)
@given(ACCESSES, st.sampled_from(((512, 2), (512, 16), (256, 1), (1024, 4))))
def test_lru_never_holds_more_than_the_chip(accesses: list[tuple[int, bool]], geometry: tuple[int, int]) -> None:
    size, ways = geometry
    one, evictor = made("lru", size=size, ways=ways)
    sets = size // (ways * LINE)
    for line, store in accesses:
        use(one, line, store=store)
        evictor.settle()
        held = present(one)
        in_set = Counter((CACHED // LINE + number) % sets for number in held)
        assert max(in_set.values()) <= ways
        assert line in held
        one.check()


def test_lru_drops_the_line_touched_longest_ago() -> None:
    one, evictor = made("lru", size=64, ways=2)
    for line in (1, 2, 3):
        use(one, line)
        evictor.settle()
    assert present(one) == [2, 3]


@calm(60)
@given(ACCESSES)
def test_eager_leaves_nothing_behind(accesses: list[tuple[int, bool]]) -> None:
    one, evictor = made("eager")
    for line, store in accesses:
        use(one, line, store=store)
        evictor.settle()
        assert present(one) == []
    region = one.memory.regions[0]
    assert region.cpu.tobytes() == region.mem.tobytes()


def test_lazy_keeps_everything() -> None:
    one, evictor = made("lazy")
    for line in range(256):
        use(one, line, store=True)
        evictor.settle()
    assert present(one) == list(range(256))


@calm(40)
@given(ACCESSES, st.integers(1, 1000))
def test_random_depends_on_the_seed_alone(accesses: list[tuple[int, bool]], seed: int) -> None:
    held = []
    for _ in range(2):
        one, evictor = made("random", seed=seed)
        for line, store in accesses:
            use(one, line, store=store)
            evictor.settle()
        one.check()
        held.append(present(one))
    assert held[0] == held[1]


def test_random_evicts_and_prefetches() -> None:
    one, evictor = made("random", seed=3)
    for _ in range(40):
        for line in (10, 20, 30):
            use(one, line)
            evictor.settle()
    assert {11, 21, 31} & set(present(one))
    for _ in range(300):
        evictor.settle()
    assert present(one) == [], "what a prefetch brought in is evicted like everything else"


def test_what_a_line_held_survives_its_eviction() -> None:
    for policy in POLICIES:
        one, evictor = made(policy, seed=1)
        for line in range(0, 256, 3):
            use(one, line, store=True)
            evictor.settle()
        assert [one.memory.load(CACHED + line * LINE, 1)[0] for line in range(0, 256, 3)] == list(range(0, 256, 3))


@pytest.mark.parametrize("policy", ["lru", "eager", "random"])
def test_a_dirty_line_is_written_back_when_it_goes(policy: Policy) -> None:
    one, evictor = made(policy, seed=1)
    for line in range(256):
        use(one, line, store=True)
        evictor.settle()
    region = one.memory.regions[0]
    gone = [line for line in range(256) if line not in present(one)]
    assert gone
    assert [int(region.mem[line * LINE]) for line in gone] == gone
