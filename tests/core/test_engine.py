"""Copies by descriptor lists against a byte-by-byte engine: any list, any moment, any neighbour.

The reference knows the descriptor words (hal/dma_types.h) and the rules of the engine: a sender's node is done when its bytes are gone, a
receiver's when it is full or the frame ends; what is done goes back to the CPU; a node of the CPU's or no node at all stops the side.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmalab import chips
from dmalab.core import events
from dmalab.core.channel import ChannelState, Pair
from dmalab.core.events import TransferEnded, Unreachable
from dmalab.core.machine import BareMachine

from .machines import calm

BASE = 0x3FC8_8000
"""Internal RAM that belongs to no heap."""
NODES, SOURCES, SINKS = BASE, BASE + 0x2000, BASE + 0x8000
OWNER, EOF = 1 << 31, 1 << 30


@dataclass
class Node:
    """A descriptor, and where it lies."""

    at: int
    buffer: int
    size: int
    length: int
    owned: bool = True
    eof: bool = False
    next: int = 0

    def words(self) -> bytes:
        word = self.size | self.length << 12 | (EOF if self.eof else 0) | (OWNER if self.owned else 0)
        return struct.pack("<III", word, self.buffer, self.next)


class Lab:
    """An ESP32-S3 whose engine is driven by hand."""

    def __init__(self, chip: str = "esp32s3", engine: str = "ahb_gdma") -> None:
        self.machine = BareMachine(chips.load(chip))
        self.engine = self.machine.engines[engine]
        self.memory = self.machine.memory
        self.eofs: list[int] = []
        self.errors: list[str] = []
        self.ended: list[TransferEnded] = []
        self.machine.bus.subscribe(TransferEnded, self.ended.append)

    def pair(self, *, owner_check: bool = True, auto_update: bool = True) -> Pair:
        pair = self.engine.allocate_pair(for_copy=True)
        assert pair is not None
        for channel in (pair.rx, pair.tx):
            channel.move("connect")
            channel.owner_check = owner_check
            channel.on_error = self.errors.append
        pair.tx.auto_update = auto_update
        pair.rx.on_eof = self.eofs.append
        return pair

    def put(self, nodes: list[Node]) -> None:
        for node in nodes:
            self.memory.poke(node.at, node.words())

    def start(self, pair: Pair, tx: int, rx: int) -> None:
        self.engine.start(pair.rx, rx)
        self.engine.start(pair.tx, tx)

    def run(self, until_ps: int | None = None) -> None:
        clock = self.machine.clock
        while (due := clock.next_due_ps()) is not None and (until_ps is None or due <= until_ps):
            clock.advance_to(due)
            clock.run_due()
        if until_ps is not None:
            clock.advance_to(until_ps)

    def peek(self, low: int, high: int) -> bytes:
        return self.memory.peek(low, high - low)


class RanOut(Exception):
    """The receiving list has no room."""


@dataclass
class Naive:
    """The engine once more, one byte at a time."""

    memory: bytearray
    owner_check: bool
    auto_update: bool
    eofs: list[int] = field(default_factory=list)
    rx: int = 0
    filled: int = 0
    """Bytes in the receiving node in work."""

    def word(self, at: int) -> int:
        return int.from_bytes(self.memory[at - BASE : at - BASE + 4], "little")

    def usable(self, at: int) -> bool:
        in_memory = at != 0 and at % 4 == 0 and BASE <= at < BASE + 0x70000
        return in_memory and not (self.owner_check and not self.word(at) & OWNER)

    def change(self, at: int, word: int) -> None:
        self.memory[at - BASE : at - BASE + 4] = word.to_bytes(4, "little")

    def close(self, *, eof: bool = False) -> None:
        """Give the receiving node back and go on to the next."""
        self.change(self.rx, self.word(self.rx) & 0xFFF | self.filled << 12 | (EOF if eof else 0))
        self.rx, self.filled = self.word(self.rx + 8), 0

    def make_room(self) -> None:
        """Give back what is full, up to a node that isn't."""
        while self.usable(self.rx) and self.filled == self.word(self.rx) & 0xFFF:
            self.close()
        if not self.usable(self.rx):
            raise RanOut

    def send(self, node: int) -> None:
        """Move the bytes of one sending node. A node that its last byte fills waits for the end of the frame."""
        word, buffer = self.word(node), self.word(node + 4)
        end = buffer + (word >> 12 & 0xFFF)
        for at in range(buffer, end):
            self.make_room()
            self.memory[self.word(self.rx + 4) + self.filled - BASE] = self.memory[at - BASE]
            self.filled += 1
            if self.filled == self.word(self.rx) & 0xFFF and not (word & EOF and at == end - 1):
                self.close()
        if self.auto_update:
            self.change(node, word & ~OWNER)
        if word & EOF:
            if not self.filled:
                self.make_room()
            self.eofs.append(self.rx)
            self.close(eof=True)

    def copy(self, tx: int, rx: int) -> bool:
        """Run until a side stops or the sending list ends behind a frame; False when the receiver stopped it."""
        self.rx = rx
        if not self.usable(rx):
            return False
        while self.usable(tx):
            word, following = self.word(tx), self.word(tx + 8)
            try:
                self.send(tx)
            except RanOut:
                return False
            if word & EOF and not following:
                break
            tx = following
        return True


# -- any list ----------------------------------------------------------------------------------------------------------


@st.composite
def lists(draw: Any) -> tuple[list[Node], list[Node], bool, bool]:
    """A sending and a receiving list somewhere in the node area, with everything that may be odd about them."""
    stride = draw(st.sampled_from((12, 16, 20, 64)))
    slots = list(range(NODES, NODES + 0x2000 - stride, stride))
    row = draw(st.booleans())
    tx_count, rx_count = draw(st.integers(1, 24)), draw(st.integers(1, 24))
    order = slots if row else draw(st.permutations(slots[: tx_count + rx_count + 8]))
    sizes = st.one_of(st.integers(1, 40), st.just(16), st.integers(1, 300))
    same = draw(st.one_of(st.none(), st.integers(1, 40)))
    tx: list[Node] = []
    at = SOURCES
    for number in range(tx_count):
        length = same or draw(sizes)
        at += draw(st.sampled_from((0, 0, 3)))
        tx.append(Node(order[number], at, length, length, eof=draw(st.sampled_from((False, False, False, True)))))
        at += length
    rx: list[Node] = []
    at = SINKS
    for number in range(rx_count):
        size = same or draw(sizes)
        at += draw(st.sampled_from((0, 0, 5)))
        rx.append(Node(order[tx_count + number], at, size, 0))
        at += size
    tx[-1].eof = tx[-1].eof or draw(st.sampled_from((True, True, True, False)))
    for chain in (tx, rx):
        for one, following in pairwise(chain):
            one.next = following.at
        oddity = draw(st.sampled_from(("", "", "", "ring", "foreign", "broken")))
        victim = chain[draw(st.integers(0, len(chain) - 1))]
        if oddity == "ring":
            chain[-1].next = chain[draw(st.integers(0, len(chain) - 1))].at
        elif oddity == "foreign":
            victim.owned = False
        elif oddity == "broken":
            victim.next = draw(st.sampled_from((0, 0x1000, 0x7000_0000)))
    rings = tx[-1].next or rx[-1].next
    owner_check = bool(rings) or draw(st.sampled_from((True, True, False)))
    auto_update = owner_check or draw(st.booleans())
    return tx, rx, owner_check, auto_update


def content(size: int) -> bytes:
    return bytes((at * 7 + (at >> 8)) & 0xFF for at in range(size))


@calm(150)
@given(lists())
def test_any_list_moves_the_bytes_and_comes_back_as_by_the_reference(
    case: tuple[list[Node], list[Node], bool, bool],
) -> None:
    tx, rx, owner_check, auto_update = case
    lab = Lab()
    pair = lab.pair(owner_check=owner_check, auto_update=auto_update)
    lab.memory.poke(SOURCES, content(0x6000))
    lab.put(tx + rx)
    naive = Naive(bytearray(lab.peek(BASE, BASE + 0x10000)), owner_check, auto_update)
    had_room = naive.copy(tx[0].at, rx[0].at)
    lab.start(pair, tx[0].at, rx[0].at)
    lab.run()
    assert lab.eofs == naive.eofs
    assert lab.peek(SINKS, BASE + 0x10000) == naive.memory[0x8000:]
    assert nodes_of(lab.peek(NODES, SOURCES), tx + rx) == nodes_of(bytes(naive.memory[:0x2000]), tx + rx)
    assert lab.peek(NODES, SOURCES) == bytes(naive.memory[:0x2000])
    assert pair.tx.state is ChannelState.CONNECTED or not had_room
    lab.memory.regions[0].check()


def nodes_of(memory: bytes, nodes: list[Node]) -> list[str]:
    """The first words, readable."""
    words = [int.from_bytes(memory[node.at - NODES : node.at - NODES + 4], "little") for node in nodes]
    return [
        f"{word & 0xFFF}/{word >> 12 & 0xFFF} {'dma' if word & OWNER else 'cpu'}{' eof' if word & EOF else ''}"
        for word in words
    ]


# -- any moment --------------------------------------------------------------------------------------------------------


def simple(sizes: list[int], low: int, at: int, *, sending: bool, stride: int = 16) -> list[Node]:
    """A list for one buffer."""
    nodes, buffer = [], at
    for number, size in enumerate(sizes):
        here = low + stride * number
        nodes.append(Node(here, buffer, size, size if sending else 0, next=here + stride))
        buffer += size
    nodes[-1].next, nodes[-1].eof = 0, sending
    return nodes


PIECES = st.lists(st.integers(1, 900), min_size=1, max_size=6)


@calm(150)
@given(PIECES, PIECES, st.integers(0, 100), st.booleans())
def test_a_look_half_way_shows_a_beginning_and_a_stop_keeps_it(
    tx_sizes: list[int], rx_sizes: list[int], percent: int, stop: bool
) -> None:
    total = sum(tx_sizes)
    rx_sizes = [*rx_sizes, max(1, total - sum(rx_sizes))]
    tx, rx = simple(tx_sizes, NODES, SOURCES, sending=True), simple(rx_sizes, NODES + 0x400, SINKS, sending=False)

    def begun() -> tuple[Lab, Pair]:
        lab = Lab()
        lab.memory.poke(SOURCES, content(0x4000))
        lab.put(tx + rx)
        pair = lab.pair()
        lab.start(pair, tx[0].at, rx[0].at)
        return lab, pair

    whole, _ = begun()
    whole.run()
    lab, pair = begun()
    lab.run(whole.ended[0].transfer.total_work_ps * percent // 101)
    lab.engine.catch_up()
    moved = lab.engine.moved(pair)
    assert moved <= total
    assert moved % 4 == 0 or moved == total
    assert lab.peek(SINKS, SINKS + total) == content(0x4000)[:moved] + bytes(total - moved)
    if not stop:
        lab.run()
        assert lab.peek(BASE, BASE + 0x10000) == whole.peek(BASE, BASE + 0x10000)
        assert lab.eofs == whole.eofs
        return
    lab.engine.stop(pair.rx)
    lab.engine.stop(pair.tx)
    lab.run()
    assert lab.eofs == []
    assert lab.peek(SINKS, SINKS + total) == content(0x4000)[:moved] + bytes(total - moved)
    for nodes, sizes in ((tx, tx_sizes), (rx, rx_sizes)):
        ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
        back = [node.split()[1] for node in nodes_of(lab.peek(NODES, SOURCES), nodes)]
        assert back == ["cpu" if end <= moved else "dma" for end in ends]


@calm(150)
@given(st.integers(1, 6000), st.integers(1, 6000), st.integers(0, 100))
def test_two_copies_share_the_engine(first: int, second: int, percent: int) -> None:
    """Each is right, neither is faster than alone, and together they take as long as one after the other."""

    def alone(size: int) -> int:
        lab = Lab()
        nodes = list_pair(lab, size, NODES, SOURCES, SINKS)
        lab.start(lab.pair(), *nodes)
        lab.run()
        return lab.ended[0].transfer.total_work_ps

    times = alone(first), alone(second)
    lab = Lab()
    lab.memory.poke(SOURCES, content(0x6000))
    pairs = lab.pair(), lab.pair()
    lists = (
        list_pair(lab, first, NODES, SOURCES, SINKS),
        list_pair(lab, second, NODES + 0x800, SOURCES + 64, SINKS + 0x2000),
    )
    ends: dict[str, int] = {}
    lab.machine.bus.subscribe(
        TransferEnded, lambda event: ends.__setitem__(event.transfer.channel, lab.machine.clock.now_ps)
    )
    lab.start(pairs[0], *lists[0])
    begin = times[0] * percent // 101
    lab.run(begin)
    lab.start(pairs[1], *lists[1])
    lab.run()
    assert lab.peek(SINKS, SINKS + first) == content(0x6000)[:first]
    assert lab.peek(SINKS + 0x2000, SINKS + 0x2000 + second) == content(0x6000)[64 : 64 + second]
    done = ends["AHB GDMA channel 0"], ends["AHB GDMA channel 1"]
    interrupt = (lab.machine.chip.timing.isr_enter_ns + lab.machine.chip.timing.isr_exit_ns) * 1000
    assert done[0] >= times[0]
    assert done[1] >= begin + times[1]
    assert sum(times) <= max(done) <= sum(times) + interrupt + 10


def list_pair(lab: Lab, size: int, nodes: int, source: int, sink: int) -> tuple[int, int]:
    """Lists for one copy; heads of the sending and of the receiving one."""
    sizes = [4095] * (size // 4095) + ([size % 4095] if size % 4095 else [])
    tx, rx = simple(sizes, nodes, source, sending=True), simple(sizes, nodes + 0x400, sink, sending=False)
    lab.put(tx + rx)
    return tx[0].at, rx[0].at


def test_a_copy_that_is_stopped_leaves_the_bus_to_the_other() -> None:
    """The other ends as early as the freed bandwidth allows."""
    lab = Lab()
    pairs = lab.pair(), lab.pair()
    lab.start(pairs[0], *list_pair(lab, 4000, NODES, SOURCES, SINKS))
    lab.start(pairs[1], *list_pair(lab, 4000, NODES + 0x800, SOURCES, SINKS + 0x2000))
    (due,) = (lab.machine.clock.next_due_ps(),)
    assert due is not None
    lab.run(due // 4)
    lab.engine.stop(pairs[0].rx)
    lab.engine.stop(pairs[0].tx)
    ends: list[int] = []
    lab.machine.bus.subscribe(TransferEnded, lambda _event: ends.append(lab.machine.clock.now_ps))
    lab.run()
    alone = lab.ended[-1].transfer.total_work_ps
    assert ends == [pytest.approx(due // 4 + alone - due // 8, abs=10)]


def test_starting_again_reloads_the_list() -> None:
    lab = Lab()
    lab.memory.poke(SOURCES, content(0x6000))
    pair = lab.pair()
    first = list_pair(lab, 4000, NODES, SOURCES, SINKS)
    second = list_pair(lab, 100, NODES + 0x800, SOURCES + 7, SINKS + 0x2000)
    lab.start(pair, *first)
    lab.run(10_000_000)
    lab.start(pair, *second)
    lab.run()
    assert lab.peek(SINKS + 0x2000, SINKS + 0x2000 + 100) == content(0x6000)[7:107]
    assert lab.eofs == [second[1]]


# -- what stops an engine ----------------------------------------------------------------------------------------------


def stalled(tx: list[Node], rx: list[Node], **options: Any) -> Lab:
    lab = Lab()
    lab.put(tx + rx)
    lab.start(lab.pair(**options), tx[0].at, rx[0].at)
    lab.run()
    return lab


def test_a_list_of_the_cpus_stops_with_an_error() -> None:
    tx, rx = simple([10, 10], NODES, SOURCES, sending=True), simple([40], NODES + 0x400, SINKS, sending=False)
    tx[1].owned = False
    lab = stalled(tx, rx)
    assert lab.errors == [f"descriptor 2 at {tx[1].at:#010x} belongs to the CPU"]
    assert lab.eofs == []
    assert nodes_of(lab.peek(NODES, SOURCES), tx) == ["10/10 cpu", "10/10 cpu eof"]


def test_without_the_owner_check_nobody_asks() -> None:
    tx, rx = simple([10], NODES, SOURCES, sending=True), simple([40], NODES + 0x400, SINKS, sending=False)
    tx[0].owned = rx[0].owned = False
    lab = stalled(tx, rx, owner_check=False)
    assert (lab.eofs, lab.errors) == ([rx[0].at], [])


def test_a_list_that_points_nowhere() -> None:
    tx, rx = simple([10, 10], NODES, SOURCES, sending=True), simple([40], NODES + 0x400, SINKS, sending=False)
    tx[0].next = 0x7000_0000
    lab = stalled(tx, rx)
    assert lab.errors == ["the list points to 0x70000000, where the engine finds no descriptor"]


def test_an_empty_frame_closes_a_descriptor() -> None:
    tx, rx = simple([0], NODES, SOURCES, sending=True), simple([40], NODES + 0x400, SINKS, sending=False)
    lab = stalled(tx, rx)
    assert lab.eofs == [rx[0].at]
    assert nodes_of(lab.peek(NODES, SOURCES), rx) == ["40/0 cpu eof"]


def test_memory_out_of_reach_reads_as_zeros_and_takes_nothing() -> None:
    lab = Lab()
    seen: list[Unreachable] = []
    lab.machine.bus.subscribe(Unreachable, seen.append)
    lab.memory.poke(SINKS, b"\xff" * 8)
    tx, rx = simple([8], NODES, 0x3C00_0000, sending=True), simple([8], NODES + 0x400, SINKS, sending=False)
    lab.put(tx + rx)
    lab.start(lab.pair(), tx[0].at, rx[0].at)
    lab.run()
    assert lab.peek(SINKS, SINKS + 8) == bytes(8)
    assert [(event.region, event.is_write) for event in seen] == [("flash", False)]


# -- lists behind a cache ----------------------------------------------------------------------------------------------


def cached_lab() -> tuple[Lab, list[Any]]:
    lab = Lab("esp32p4", "axi_gdma")
    seen: list[Any] = []
    for kind in (events.EngineReadStale, events.EngineWroteUnderDirtyLine):
        lab.machine.bus.subscribe(kind, seen.append)
    return lab, seen


def test_a_descriptor_that_waits_in_the_cache_is_read_as_it_was() -> None:
    lab, seen = cached_lab()
    base = 0x4FF3_0000
    tx = Node(base, base + 0x1000, 8, 8, eof=True)
    rx = Node(base + 0x80, base + 0x2000, 8, 0)
    lab.memory.poke(rx.at, rx.words())
    lab.memory.store(tx.at, tx.words())
    lab.start(lab.pair(), tx.at, rx.at)
    lab.run()
    assert [type(event).__name__ for event in seen] == ["EngineReadStale"]
    assert (seen[0].span.low, seen[0].span.size) == (tx.at, 12)
    assert len(lab.errors) == 1


@pytest.mark.parametrize("count", [2, 12, 40])
def test_what_lies_between_descriptors_is_not_the_engines_business(count: int) -> None:
    """Data of the core's behind a descriptor, in a line of its own right: not read, and not written when the descriptor comes back."""
    lab, seen = cached_lab()
    base = 0x4FF3_0000
    tx, rx = (
        simple([16] * count, base + low, base + buffer, sending=low == 0, stride=48)
        for low, buffer in ((0, 0x4000), (0x2000, 0x6000))
    )
    for node in tx + rx:
        lab.memory.poke(node.at, node.words())
    for node in tx + rx:
        lab.memory.store(node.at + 32, b"mine")
    lab.start(lab.pair(), tx[0].at, rx[0].at)
    lab.run()
    assert lab.eofs == [rx[-1].at]
    assert [event for event in seen if type(event).__name__ == "EngineReadStale"] == []
    for node in tx + rx:
        assert lab.memory.load(node.at + 32, 4) == b"mine"
