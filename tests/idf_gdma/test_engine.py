"""The engine itself: lists of any shape against a plain reference, sharing the bus, devices at the far end."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmalab import Machine
from dmalab.core.arbiter import shares
from dmalab.core.channel import ChannelStateError, Direction, Pair
from dmalab.core.engine_events import ListBroken
from dmalab.core.events import TransferEnded
from dmalab.idf import MALLOC_CAP_DMA, MALLOC_CAP_INTERNAL, AsyncMemcpy

from .conftest import play, rules

INTERNAL = MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL


def node(
    machine: Machine,
    at: int,
    *,
    size: int,
    length: int = 0,
    buffer: int = 0,
    following: int = 0,
    eof: bool = False,
    dma: bool = True,
) -> None:
    word = size | length << 12 | eof << 30 | dma << 31
    for offset, value in ((0, word), (4, buffer), (8, following)):
        machine.memory.store(at + offset, value.to_bytes(4, "little"))


def word_of(machine: Machine, at: int) -> tuple[int, bool, bool]:
    """Length, end of frame, owner."""
    word = int.from_bytes(machine.memory.peek(at, 4), "little")
    return word >> 12 & 0xFFF, bool(word >> 30 & 1), bool(word >> 31)


def copier(machine: Machine, *, owner_check: bool = True) -> Pair:
    engine = machine.engines["ahb_gdma"]
    pair = engine.allocate_pair(for_copy=True)
    assert pair is not None
    for channel in (pair.tx, pair.rx):
        engine.connect(channel, 0)
        channel.owner_check = owner_check
    pair.tx.auto_update = True
    return pair


@dataclass
class Reference:
    """What an engine does with two finite lists, one byte at a time."""

    sent: list[tuple[bytes, bool]]
    room: list[int]
    stored: list[bytearray] = field(default_factory=list)
    ended: list[bool] = field(default_factory=list)

    def run(self) -> None:
        self.stored = [bytearray() for _ in self.room]
        self.ended = [False] * len(self.room)
        at = 0
        for data, eof in self.sent:
            for byte in data:
                while at < len(self.room) and len(self.stored[at]) == self.room[at]:
                    at += 1
                if at == len(self.room):
                    return
                self.stored[at].append(byte)
            if eof:
                self.ended[at] = True
                at += 1
                if at == len(self.room):
                    return


pieces = st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=12)
rooms = st.lists(st.integers(1, 50), min_size=1, max_size=12)


@given(sent=pieces, room=rooms, hands_over=st.booleans(), contiguous=st.booleans())
@settings(max_examples=150, deadline=None)
def test_lists_of_any_shape(sent: list[tuple[int, bool]], room: list[int], hands_over: bool, contiguous: bool) -> None:
    machine = Machine("esp32s3")
    source, target = machine.heap.alloc(4096, INTERNAL).address, machine.heap.alloc(4096, INTERNAL).address
    nodes = machine.heap.alloc(24 * 12, INTERNAL).address
    content = bytes((11 * i + 3) & 0xFF for i in range(4096))
    machine.memory.store(source, content)
    machine.memory.store(target, bytes(4096))
    reference = Reference([], room)
    at = 0
    for number, (size, eof) in enumerate(sent):
        last = number == len(sent) - 1
        following = 0 if last else nodes + 12 * (number + 1)
        node(machine, nodes + 12 * number, size=size, length=size, buffer=source + at, following=following, eof=eof)
        reference.sent.append((content[at : at + size], eof))
        at += size + (0 if contiguous else 7)
    rx_nodes, places, at = nodes + 12 * 12, [], 0
    for number, size in enumerate(room):
        following = 0 if number == len(room) - 1 else rx_nodes + 12 * (number + 1)
        node(machine, rx_nodes + 12 * number, size=size, buffer=target + at, following=following)
        places.append(target + at)
        at += size + (0 if contiguous else 5)
    reference.run()
    pair = copier(machine)
    pair.tx.hands_over = pair.rx.hands_over = hands_over
    engine = machine.engines["ahb_gdma"]
    engine.start(pair.rx, rx_nodes)
    engine.start(pair.tx, nodes)
    machine.scheduler.elapse(10**9)
    for number, stored in enumerate(reference.stored):
        size = room[number]
        assert machine.memory.peek(places[number], size) == bytes(stored) + bytes(size - len(stored)), number
        done = reference.ended[number] or len(stored) == size
        length, eof, dma = word_of(machine, rx_nodes + 12 * number)
        assert dma is not done, number
        if done:
            assert (length, eof) == (len(stored), reference.ended[number]), number
    assert not [claim for claim in machine.memory.claims if claim.owner is pair.tx and not _stuck(reference)]


def _stuck(reference: Reference) -> bool:
    return sum(map(len, reference.stored)) < sum(len(data) for data, _ in reference.sent)


# -- sharing the bus -----------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 15)), min_size=1, max_size=5), st.booleans())
def test_shares(settings_: list[tuple[int, int]], weighted: bool) -> None:
    pairs = []
    for number, (priority, weight) in enumerate(settings_):
        pair = Pair("x", number)
        for channel in (pair.tx, pair.rx):
            channel.priority, channel.weight = priority, weight
        pairs.append(pair)
    top = max(priority for priority, _ in settings_)
    found = shares(pairs, weighted=weighted)
    if len(pairs) == 1 and not weighted:
        assert found == [1]
    else:
        assert found == [(weight if weighted else 1) if priority == top else 0 for priority, weight in settings_]


def durations(
    chip: str, size: int, priorities: tuple[int, int], weights: tuple[int, int] = (1, 1), *, weighted: bool = False
) -> list[float]:
    """When two copies that begin together are done, in microseconds."""
    ends: list[float] = [0, 0]

    async def main(machine: Machine) -> None:
        drivers = [AsyncMemcpy.install(machine, engine="ahb_gdma") for _ in range(2)]
        machine.engines["ahb_gdma"].weighted = weighted
        src, dst = machine.heap.alloc(size, INTERNAL), [machine.heap.alloc(size, INTERNAL) for _ in range(2)]
        src.write(bytes(size))
        for number, driver in enumerate(drivers):
            for channel in (driver.backend.pair.tx, driver.backend.pair.rx):
                channel.priority, channel.weight = priorities[number], weights[number]
            driver.memcpy(dst[number], src, size, lambda _e, n=number: ends.__setitem__(n, machine.now_us))  # type: ignore[misc]
        begin = machine.now_us
        await machine.sleep_us(20_000)
        ends[:] = [end - begin for end in ends]
        for driver in drivers:
            if not driver.pending():
                driver.uninstall()

    assert rules(play(main, chip)) in ([], ["leak"])
    return ends


def test_equal_priorities_take_equal_parts() -> None:
    first, second = durations("esp32s3", 40_000, (0, 0))
    assert abs(first - second) < 0.1 * second


def test_a_higher_priority_goes_first() -> None:
    first, second = durations("esp32s3", 40_000, (0, 3))
    assert first > 1.8 * second


def test_weights_of_1_and_15() -> None:
    """Row 13 of ESP-IDF's own tests: more than ten to one."""
    first, second = durations("esp32c5", 40_000, (0, 0), (1, 15), weighted=True)
    assert first > 1.8 * second
    plain = durations("esp32c5", 40_000, (0, 0), (1, 15))
    assert abs(plain[0] - plain[1]) < 0.1 * plain[1]


def test_weight_0_starves() -> None:
    first, second = durations("esp32c5", 4_000, (0, 0), (0, 1), weighted=True)
    assert first < 0 < second, "the first never ends"


# -- devices -------------------------------------------------------------------------------------------------------------


class Echo:
    """Answers with what it was sent, inverted."""

    title = "echo"

    def __init__(self) -> None:
        self.heard = bytearray()
        self.told = 0

    def push(self, data: bytes) -> None:
        self.heard += data

    def pull(self, size: int) -> bytes:
        answer = bytes(byte ^ 0xFF for byte in self.heard[self.told : self.told + size]).ljust(size, b"\0")
        self.told += size
        return answer


def wired(machine: Machine) -> tuple[Pair, Echo]:
    engine, echo = machine.engines["ahb_gdma"], Echo()
    pair = engine.allocate_pair(for_copy=False)
    assert pair is not None
    for channel in (pair.tx, pair.rx):
        engine.connect(channel, 5, echo)
    return pair, echo


@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=5),
    room=rooms,
    wanted=st.integers(1, 160),
    hands_over=st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_an_exchange_moves_what_both_sides_have(
    sizes: list[int], room: list[int], wanted: int, hands_over: bool
) -> None:
    machine = Machine("esp32s3")
    engine = machine.engines["ahb_gdma"]
    source, target = machine.heap.alloc(200, INTERNAL), machine.heap.alloc(600, INTERNAL)
    nodes = machine.heap.alloc(20 * 12, INTERNAL).address
    content = bytes(range(1, 201))
    source.write(content)
    target.write(bytes(600))
    at = 0
    for number, size in enumerate(sizes):
        last = number == len(sizes) - 1
        node(
            machine,
            nodes + 12 * number,
            size=size,
            length=size,
            buffer=source.address + at,
            following=0 if last else nodes + 12 * (number + 1),
            eof=last,
        )
        at += size
    there = at
    at = 0
    for number, size in enumerate(room):
        last = number == len(room) - 1
        node(
            machine,
            nodes + 60 + 12 * number,
            size=size,
            buffer=target.address + at,
            following=0 if last else nodes + 72 + 12 * number,
        )
        at += size
    pair, echo = wired(machine)
    pair.tx.hands_over = pair.rx.hands_over = hands_over
    ended: list[int] = []
    engine.start(pair.rx, nodes + 60)
    engine.start(pair.tx, nodes)
    flow = engine.exchange(
        tx=pair.tx,
        rx=pair.rx,
        tx_bytes=wanted,
        rx_bytes=wanted,
        ps_per_byte=800_000,
        done=lambda: ended.append(machine.clock.now_ps),
    )
    machine.scheduler.elapse(10**9)
    sent = content[: min(wanted, there)].ljust(wanted, b"\0")
    assert bytes(echo.heard) == sent
    arrived = min(wanted, sum(room))
    assert target.read(0, arrived) == bytes(byte ^ 0xFF for byte in sent)[:arrived]
    assert not any(target.read(arrived, 600 - arrived))
    assert (flow.tx_short, flow.rx_dropped) == (max(0, wanted - there), wanted - arrived)
    assert ended == [wanted * 800_000]
    assert engine.busy(pair.tx) is (wanted < there), "what was not wanted is still armed"


def test_progress_is_visible_on_the_way() -> None:
    machine = Machine("esp32s3")
    engine = machine.engines["ahb_gdma"]
    target, nodes = machine.heap.alloc(100, INTERNAL), machine.heap.alloc(12, INTERNAL).address
    target.write(bytes(100))
    node(machine, nodes, size=100, buffer=target.address)
    pair, _ = wired(machine)
    engine.start(pair.rx, nodes)
    flow = engine.exchange(rx=pair.rx, rx_bytes=100, ps_per_byte=1_000_000)
    machine.scheduler.elapse(40_500_000)
    engine.catch_up()
    assert flow.rx_moved == 40
    flow.cancel()
    machine.scheduler.elapse(10**9)
    assert flow.rx_moved == 40
    with pytest.raises(ChannelStateError):
        engine.exchange(tx=pair.tx, tx_bytes=1, ps_per_byte=1)


def test_frames_of_a_sender_are_told_one_by_one() -> None:
    machine = Machine("esp32s3")
    engine = machine.engines["ahb_gdma"]
    source, nodes = machine.heap.alloc(30, INTERNAL), machine.heap.alloc(36, INTERNAL).address
    source.write(bytes(30))
    for number in range(3):
        node(
            machine,
            nodes + 12 * number,
            size=10,
            length=10,
            buffer=source.address + 10 * number,
            following=nodes + 12 * number + 12 if number < 2 else 0,
            eof=True,
        )
    pair, _ = wired(machine)
    seen: list[tuple[int, int]] = []
    pair.tx.on_eof = lambda at: seen.append((machine.clock.now_ps // 1_000_000, (at - nodes) // 12))
    engine.start(pair.tx, nodes)
    engine.exchange(tx=pair.tx, tx_bytes=30, ps_per_byte=1_000_000)
    machine.scheduler.elapse(10**8)
    assert [item for _, item in seen] == [0, 1, 2]
    assert [at for at, _ in seen] == sorted(at for at, _ in seen)


# -- lists that are no lists ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"following": 0x4200_0000}, "the list points to 0x42000000, where the engine finds no descriptor"),
        ({"following": 0x3FC9_0002}, "the descriptor at 0x3fc90002 is not aligned to 4 bytes"),
        ({"following": 0}, "the sending list ends without an end-of-frame mark"),
    ],
)
def test_where_a_sending_list_breaks(change: dict[str, int], why: str) -> None:
    machine = Machine("esp32s3")
    seen: list[ListBroken] = []
    ends: list[str] = []
    machine.bus.subscribe(ListBroken, seen.append)
    machine.bus.subscribe(TransferEnded, lambda event: ends.append(event.transfer.outcome.value))
    buffer, nodes = machine.heap.alloc(64, INTERNAL), machine.heap.alloc(24, INTERNAL).address
    buffer.write(bytes(64))
    node(machine, nodes, size=16, length=16, buffer=buffer.address, **change)
    node(machine, nodes + 12, size=32, buffer=buffer.address + 32)
    pair = copier(machine)
    errors: list[str] = []
    pair.tx.on_error = errors.append
    machine.engines["ahb_gdma"].start(pair.rx, nodes + 12)
    machine.engines["ahb_gdma"].start(pair.tx, nodes)
    machine.scheduler.elapse(10**8)
    assert [event.why for event in seen] == [why]
    assert errors == ([why] if change["following"] else [])
    assert ends == ["stalled"]


def test_a_ring_without_an_end_of_frame_never_stops_by_itself() -> None:
    machine = Machine("esp32s3")
    buffer, nodes = machine.heap.alloc(64, INTERNAL), machine.heap.alloc(24, INTERNAL).address
    buffer.write(bytes(range(64)))
    node(machine, nodes, size=16, length=16, buffer=buffer.address, following=nodes)
    node(machine, nodes + 12, size=16, buffer=buffer.address + 32, following=nodes + 12)
    pair = copier(machine, owner_check=False)
    engine = machine.engines["ahb_gdma"]
    engine.start(pair.rx, nodes + 12)
    engine.start(pair.tx, nodes)
    machine.scheduler.elapse(10**8)
    side = engine.side(pair.tx)
    assert side is not None
    assert side.total > 1000
    engine.stop(pair.tx)
    moved = side.total
    machine.scheduler.elapse(10**8)
    assert side.total == moved


def test_halves_are_handed_out_lowest_first() -> None:
    engine = Machine("esp32c3").engines["ahb_gdma"]
    taken = [engine.allocate(Direction.TX) for _ in range(4)]
    assert [channel.number if channel else None for channel in taken] == [0, 1, 2, None]
    assert engine.allocate_pair(for_copy=False) is None
