"""The rules of two views, one by one. What random sequences do is compared in test_memory_reference."""

from __future__ import annotations

import numpy as np
import pytest

from dmalab.core.events import Refusal, Stamp, Sync
from dmalab.core.marks import REMEMBERED
from dmalab.core.memory import BadAddress, Claim
from dmalab.core.spans import Span

from .machines import ALIAS, CACHED, PLAIN, Bench, bench, facts, pattern, span, transfer


def sync(one: Bench, low: int, size: int, op: str) -> None:
    one.memory.sync(Sync(span=span(low, size), op=op, by=one.stamp()))  # type: ignore[arg-type]


def engine_write(one: Bench, low: int, data: bytes) -> None:
    one.memory.engine_write(span(low, len(data)), np.frombuffer(data, np.uint8), transfer())


def engine_read(one: Bench, low: int, size: int) -> bytes:
    return one.memory.engine_read(span(low, size), transfer()).tobytes()


@pytest.fixture(params=[16, 32, 64, 128])
def cached(request: pytest.FixtureRequest) -> Bench:
    return bench(line=request.param)


def test_a_store_is_invisible_to_engines_until_written_back(cached: Bench) -> None:
    cached.memory.store(CACHED, b"new!")
    assert engine_read(cached, CACHED, 4) == bytes(4)
    assert cached.kinds() == ["EngineReadStale"]
    sync(cached, CACHED, 4, "writeback")
    assert engine_read(cached, CACHED, 4) == b"new!"
    assert cached.kinds() == ["Sync"]


def test_received_bytes_are_invisible_to_the_core_until_invalidated(cached: Bench) -> None:
    assert cached.memory.load(CACHED, 1) == b"\0"  # fills the line
    engine_write(cached, CACHED, b"\x55")
    assert cached.memory.load(CACHED, 1) == b"\0"
    assert cached.kinds() == ["CpuReadStale"]
    sync(cached, CACHED, 1, "invalidate")
    assert cached.memory.load(CACHED, 1) == b"\x55"
    assert cached.kinds() == ["Sync"]


def test_an_absent_line_shows_received_bytes_at_once(cached: Bench) -> None:
    engine_write(cached, CACHED, b"\x55")
    assert cached.memory.load(CACHED, 1) == b"\x55"
    assert cached.kinds() == []


def test_an_invalidate_takes_whole_lines_and_the_loss_shows_when_somebody_reads(cached: Bench) -> None:
    last = cached.memory.regions[0].line_bytes - 1
    cached.memory.store(CACHED + last, b"x")
    sync(cached, CACHED, 1, "invalidate")
    assert cached.kinds() == ["StoresDropped", "Sync"]
    cached.memory.load(CACHED, 1)
    assert cached.kinds() == []
    cached.memory.load(CACHED + last, 1)
    assert cached.kinds() == ["CpuReadDiscarded"]
    cached.memory.store(CACHED + last, b"y")
    cached.memory.load(CACHED + last, 1)
    assert cached.kinds() == []


def test_an_eviction_of_a_stale_dirty_line_destroys_received_bytes(cached: Bench) -> None:
    cached.memory.store(CACHED, b"old")
    engine_write(cached, CACHED, b"new")
    assert cached.kinds() == ["EngineWroteUnderDirtyLine"]
    cached.memory.evict(cached.memory.regions[0], 0)
    assert cached.kinds() == ["DeviceBytesOverwritten"]
    assert engine_read(cached, CACHED, 3) == b"old"


def test_a_store_that_replaces_all_stale_bytes_of_its_lines_loses_nothing(cached: Bench) -> None:
    line = cached.memory.regions[0].line_bytes
    cached.memory.load(CACHED, 3 * line)
    engine_write(cached, CACHED + 4, bytes(3 * line - 8))
    cached.memory.store(CACHED + 4, bytes(3 * line - 8))
    assert cached.kinds() == []


def test_a_long_store_is_judged_by_both_its_ends(cached: Bench) -> None:
    line = cached.memory.regions[0].line_bytes
    cached.memory.load(CACHED, 3 * line)
    engine_write(cached, CACHED + 3 * line - 2, b"rx")
    cached.memory.store(CACHED, bytes(2 * line + 4))
    (event,) = cached.take()
    assert event.newer == span(CACHED + 3 * line - 2, 2)


def test_the_alias_reaches_memory_and_leaves_the_line_alone(cached: Bench) -> None:
    cached.memory.store(CACHED, b"line")
    assert cached.memory.load(ALIAS, 4) == bytes(4)
    cached.memory.store(ALIAS, b"past")
    assert engine_read(cached, CACHED, 4) == b"past"
    assert cached.kinds() == []
    assert cached.memory.load(CACHED, 4) == b"line"
    assert cached.kinds() == ["CpuReadStale"]


def test_a_destination_named_by_its_alias_is_judged_where_it_lies(cached: Bench) -> None:
    cached.memory.store(CACHED, b"dirty")
    engine_write(cached, ALIAS + 8, b"rx")
    (event,) = cached.take()
    assert (event.span, event.dirty) == (span(CACHED + 8, 2), span(CACHED, 5))


def test_without_a_cache_nothing_can_disagree() -> None:
    one = bench()
    one.memory.store(PLAIN, b"cpu")
    assert engine_read(one, PLAIN, 3) == b"cpu"
    engine_write(one, PLAIN, b"dma")
    assert one.memory.load(PLAIN, 3) == b"dma"
    sync(one, PLAIN, 3, "writeback+invalidate")
    one.memory.evict(one.memory.regions[1], 0)
    assert one.kinds() == ["Sync"]


def test_a_store_that_nobody_saw_is_found_in_a_line_that_was_dirty_before(cached: Bench) -> None:
    cached.memory.expect_unseen()
    cached.memory.store(CACHED, b"seen")
    cached.memory.regions[0].cpu[8:12] = 0x55
    assert engine_read(cached, CACHED + 8, 4) == bytes(4)
    (event,) = cached.take()
    assert event.span == span(CACHED + 8, 4)
    assert event.stored.place == 0


def test_a_refused_destination_is_undelivered_until_somebody_writes_it() -> None:
    one = bench()
    where = span(PLAIN, 8)
    one.memory.refuse(refusal(where))
    one.memory.load(PLAIN + 7, 4)
    assert [event.refusal.span for event in one.take()] == [where]
    one.memory.store(PLAIN, bytes(4))
    engine_write(one, PLAIN + 4, bytes(4))
    one.memory.load(PLAIN, 8)
    assert one.kinds() == []


def refusal(where: Span) -> Refusal:
    return Refusal(
        span=where, reason="busy", call="", code="", detail="", engine="", align=0, offender=where, by=Stamp()
    )


def test_any_number_of_refusals_is_taken_even_of_addresses_that_are_nowhere() -> None:
    one = bench()
    for _ in range(2 * REMEMBERED):
        one.memory.refuse(refusal(span(0x7000_0000, 8)))
    one.memory.refuse(refusal(span(PLAIN, 8)))
    one.memory.load(PLAIN, 1)
    assert one.kinds() == ["CpuReadUndelivered"]


def test_the_invalidate_that_is_named_is_the_one_that_dropped_the_bytes() -> None:
    one = bench()
    for _ in range(2 * REMEMBERED):
        one.memory.store(CACHED + 64, b"x")
        sync(one, CACHED + 64, 32, "invalidate")
    one.step = 77
    one.memory.store(CACHED, b"y")
    sync(one, CACHED, 32, "invalidate")
    one.take()
    one.memory.load(CACHED, 1)
    (event,) = one.take()
    assert event.dropped.by == Stamp(78, 1, 77_000)


def test_releasing_one_claim_keeps_the_watch_of_another_in_the_same_line() -> None:
    one = bench()
    first, second = (
        Claim(span=span(CACHED + at, 4), write=True, owner=None, label="", started=Stamp()) for at in (0, 8)
    )
    one.memory.claim(first)
    one.memory.claim(second)
    one.memory.release(first)
    one.memory.load(CACHED, 4)
    assert one.kinds() == []
    one.memory.load(CACHED + 8, 1)
    assert one.kinds() == ["TouchedClaim"]


def test_a_claim_is_asked_to_catch_up_before_it_is_judged() -> None:
    """A look at bytes in flight may end the transfer; then there is nothing to report."""
    one = bench()
    claim = Claim(span=span(PLAIN, 8), write=True, owner=None, label="", started=Stamp())
    claim.catch_up = lambda: one.memory.release(claim)
    one.memory.claim(claim)
    one.memory.load(PLAIN, 4)
    assert one.kinds() == []
    assert one.memory.claims_on(span(PLAIN, 8)) == []


@pytest.mark.parametrize(
    ("low", "size", "message"),
    [
        (CACHED - 1, 2, "[0x0fffffff, 0x10000001) lies outside every memory region of the chip"),
        (CACHED + 1020, 8, "[0x100003fc, 0x10000404) lies outside every memory region of the chip"),
        (ALIAS + 1020, 8, "[0x500003fc, 0x50000404) lies outside every memory region of the chip"),
        (CACHED, -4, "negative size -4 at 0x10000000"),
    ],
)
def test_an_access_that_no_single_region_serves_is_refused(low: int, size: int, message: str) -> None:
    with pytest.raises(BadAddress) as caught:
        bench().memory.load(low, size)
    assert str(caught.value) == message


def test_the_core_cannot_write_read_only_memory() -> None:
    one = Bench(facts(CACHED, 1024, line=32, read_only=True, name="flash"))
    one.memory.poke(CACHED, b"rom")
    assert one.memory.load(CACHED, 3) == b"rom"
    with pytest.raises(BadAddress) as caught:
        one.memory.store(CACHED, b"x")
    assert str(caught.value) == "[0x10000000, 0x10000001) is flash, which the core can't write"


def test_empty_accesses_touch_nothing() -> None:
    one = bench()
    assert one.memory.load(CACHED, 0) == b""
    one.memory.store(CACHED, b"")
    one.memory.touch(CACHED, 0, is_store=True)
    engine_write(one, CACHED, b"")
    sync(one, CACHED, 0, "writeback+invalidate")
    assert one.memory.line_counts(span(CACHED, 1024)) == (0, 0)


def test_touching_host_memory_is_nobodys_business() -> None:
    one = bench()
    one.memory.touch(0x7000_0000, 4, is_store=True)
    assert one.kinds() == []


@pytest.mark.parametrize("size", [1, 131_071, 131_072, 131_073, 300_000])
def test_long_engine_writes_arrive_whole_in_both_views(size: int) -> None:
    """Long writes go in pieces."""
    one = Bench(facts(CACHED, 1 << 19, line=64))
    data = pattern(size)
    engine_write(one, CACHED + 5, data)
    assert one.memory.peek(CACHED + 5, size) == engine_read(one, CACHED + 5, size) == data
    assert one.memory.peek(CACHED + 5 + size, 4) == bytes(4)
    one.check()


def test_views_end_with_their_line() -> None:
    one = bench(line=16)
    one.memory.store(CACHED + 13, b"abcdef")
    engine_read(one, CACHED + 13, 6)
    (event,) = one.take()
    assert event.span == span(CACHED + 13, 6)
    assert (event.views.address, event.views.cpu, event.views.memory) == (CACHED + 13, b"abc", bytes(3))
