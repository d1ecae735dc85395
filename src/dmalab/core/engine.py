"""A DMA engine: fetches descriptors, moves bytes over virtual time, reports ends and errors.

Transfers that run at the same time share the bus in equal parts. Bytes move lazily (see `transfer`), but always before anybody can look at
them. What the engine sees is memory, never a cache line; `Memory` judges that.

Not modelled: bandwidth lost to the core's own traffic, channel priorities and weights, the 4 KiB burst boundary, prefetched descriptors (a
list is read once, at the start).
Sources: ESP-IDF gdma driver and HAL @102122904ad; timing per chip file.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dmalab.chips.model import Engine as EngineFacts
from dmalab.chips.model import Kind, Timing
from dmalab.core.channel import Channel, ChannelState, Pair
from dmalab.core.clock import Clock, Event
from dmalab.core.descriptor import LENGTH_SHIFT, OWNER_DMA, SIZE_MASK, SUC_EOF, Chain, Words, row
from dmalab.core.events import EventBus, Stamp, TransferEnded, TransferStarted, Unreachable
from dmalab.core.memory import BadAddress, Memory
from dmalab.core.region import Bytes
from dmalab.core.spans import Span
from dmalab.core.tasks import Interrupts
from dmalab.core.transfer import Outcome, Segment, Transfer

PS_PER_NS = 1_000
SINGLE_BEAT = 4
"""Bytes that move at once with bursts off."""
LIST_LIMIT = 1 << 20
"""Descriptors after which a list counts as endless."""


class _Run:
    """A memory-to-memory transfer with its two lists."""

    def __init__(self, pair: Pair, tx: Chain, rx: Chain, transfer: Transfer, error: str) -> None:
        self.pair = pair
        self.tx = tx
        self.rx = rx
        self.transfer = transfer
        self.error = error


class Engine:
    """One engine with its channel pairs."""

    def __init__(
        self,
        facts: EngineFacts,
        timing: Timing,
        memory: Memory,
        clock: Clock,
        interrupts: Interrupts,
        bus: EventBus,
    ) -> None:
        self.facts = facts
        self.title = facts.title
        self.pairs = [Pair(facts.title, number) for number in range(facts.pairs)]
        self._timing = timing
        self._memory = memory
        self._clock = clock
        self._interrupts = interrupts
        self._bus = bus
        self._runs: list[_Run] = []
        self._updated_ps = 0
        self._due: Event | None = None

    # -- channels ----------------------------------------------------------------------------------------------------

    def allocate_pair(self, *, for_copy: bool) -> Pair | None:
        """Take the lowest pair with both halves free; only copy-capable ones when `for_copy`. None when there is none."""
        for pair in self.pairs:
            if pair.free and (not for_copy or self.facts.m2m_pair_mask >> pair.number & 1):
                pair.tx.move("allocate")
                pair.rx.move("allocate")
                return pair
        return None

    def free_copy_id(self) -> int | None:
        """The lowest request id for copies that no channel uses."""
        used = {channel.trigger for pair in self.pairs for channel in (pair.tx, pair.rx)}
        return next((number for number in self.facts.m2m_free_ids if number not in used), None)

    def release_pair(self, pair: Pair) -> None:
        """Give both halves back; whatever runs on them stops."""
        for channel in (pair.rx, pair.tx):
            if channel.state is ChannelState.RUNNING:
                self.stop(channel)
            channel.move("release")
            channel.trigger = None
            channel.on_eof = channel.on_error = None
            channel.burst = 0
            channel.owner_check = False

    # -- running -----------------------------------------------------------------------------------------------------

    def start(self, channel: Channel, head: int, started: Stamp | None = None) -> None:
        """Load a list and run. A copy begins when both halves of the pair are running.

        Args:
            channel: Which half.
            head: Address of the first descriptor.
            started: Where the request was made; here and now when left out.
        """
        channel.move("start")
        channel.head = head
        pair = self.pairs[channel.number]
        if pair.tx.state is ChannelState.RUNNING and pair.rx.state is ChannelState.RUNNING:
            self._begin(pair, started or self._memory.stamp())

    def stop(self, channel: Channel) -> None:
        """Stop fetching; what has arrived so far stays."""
        self.catch_up()
        for run in [run for run in self._runs if channel in (run.pair.tx, run.pair.rx)]:
            self._end(run, Outcome.STOPPED)
        channel.move("stop")

    def catch_up(self) -> None:
        """Move all bytes that had moved by now on the chip."""
        self._advance()
        for run in self._runs:
            self._move(run.transfer, run.transfer.reached())

    def _begin(self, pair: Pair, started: Stamp) -> None:
        self._advance()
        transfer = Transfer(
            channel=pair.tx.title,
            total=0,
            sources=(),
            sinks=(),
            items=0,
            start_work_ps=0,
            total_work_ps=0,
            block_bytes=pair.rx.burst or SINGLE_BEAT,
            started=started,
        )
        tx = self._fetch(pair.tx.head, transfer, to_eof=True)
        rx = self._fetch(pair.rx.head, transfer, to_eof=False)
        sources, sent, tx_error = _usable(tx, pair.tx, tx.lengths, to_eof=True)
        sinks, room, rx_error = _usable(rx, pair.rx, rx.sizes, to_eof=False)
        error = tx_error
        if not error and room < sent:
            error = rx_error or "the receiving list is used up"
        transfer.total = min(sent, room)
        transfer.sources, transfer.sinks, transfer.items = sources, sinks, len(tx.words)
        timing = self._timing
        transfer.start_work_ps = timing.start_ns * PS_PER_NS
        transfer.total_work_ps = transfer.start_work_ps + self._work(transfer)
        self._runs.append(_Run(pair, tx, rx, transfer, error))
        self._bus.emit(TransferStarted(transfer=transfer))
        self._report_unreachable(transfer)
        self._plan()

    def _fetch(self, head: int, transfer: Transfer, *, to_eof: bool) -> Chain:
        """Read a list from memory, up to its end, to where it closes a ring, or to where it breaks."""
        addresses: list[npt.NDArray[np.int64]] = []
        words: list[Words] = []
        seen: set[int] = set()
        at, count = head, 0
        broken = None
        while at and at not in seen and count < LIST_LIMIT:
            try:
                region, offset, _ = self._memory.locate(at, 12)
            except BadAddress:
                broken = at
                break
            if region.kind not in self.facts.reaches:
                broken = at
                break
            nodes, stride = row(region.mem[offset : offset + (1 << 17)], at)
            ends = np.flatnonzero(nodes[:, 0] & np.uint32(SUC_EOF)).tolist() if to_eof else []
            if ends:
                # Behind the end of the frame lies nothing of the copy; reading on could run into somebody else's bytes.
                nodes = nodes[: ends[0] + 1]
            self._memory.engine_read(Span(at, at + stride * (len(nodes) - 1) + 12), transfer)
            here = at + stride * np.arange(len(nodes), dtype=np.int64)
            seen.update(here.tolist())
            addresses.append(here)
            words.append(nodes)
            count += len(nodes)
            at = 0 if ends else int(nodes[-1, 2])
        if not words:
            return Chain(np.zeros(0, np.int64), np.zeros((0, 3), np.uint32), False, broken)
        return Chain(np.concatenate(addresses), np.concatenate(words), at != 0 and broken is None, broken)

    def _work(self, transfer: Transfer) -> int:
        """Picoseconds the engine needs for all bytes.

        Reading and writing overlap where they use different memories; on one memory they take turns.
        """
        timing = self._timing
        work = timing.descriptor_ns * PS_PER_NS * max(0, transfer.items - 1)
        for source, sink in transfer.pieces(transfer.total):
            blocks = (source.size + transfer.block_bytes - 1) // transfer.block_bytes
            from_kind, to_kind = self._kind(source.low), self._kind(sink.low)
            read = self._cost(timing.read_fix_ns, timing.read_ps_per_byte, from_kind, blocks, source.size)
            write = self._cost(timing.write_fix_ns, timing.write_ps_per_byte, to_kind, blocks, source.size)
            work += read + write if from_kind is to_kind else max(read, write)
        return work

    @staticmethod
    def _cost(fix: dict[str, int], per_byte: dict[str, int], kind: Kind | None, blocks: int, size: int) -> int:
        name = kind.value if kind is not None and kind.value in fix else Kind.SRAM.value
        return blocks * fix[name] * PS_PER_NS + size * per_byte[name]

    def _kind(self, address: int) -> Kind | None:
        region = self._memory.find(address)
        return region.kind if region is not None else None

    def moved(self, pair: Pair) -> int:
        """Bytes that the pair's running transfer has moved so far; 0 when it has none."""
        return next((run.transfer.moved for run in self._runs if run.pair is pair), 0)

    def _reaches(self, span: Span, *, write: bool) -> bool:
        """Whether one region that the hardware can read or write serves the whole span."""
        try:
            region, _, _ = self._memory.locate(span.low, span.size)
        except BadAddress:
            return False
        return region.kind in self.facts.reaches and not (write and region.kind is Kind.FLASH)

    def _report_unreachable(self, transfer: Transfer) -> None:
        for segments, write in ((transfer.sources, False), (transfer.sinks, True)):
            for segment in segments:
                if not self._reaches(segment.span, write=write):
                    region = self._memory.find(segment.span.low)
                    self._bus.emit(
                        Unreachable(
                            span=segment.span,
                            region=region.name if region is not None else "no memory",
                            engine=self.title,
                            is_write=write,
                            started=transfer.started,
                            refusal=None,
                        )
                    )

    # -- time --------------------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Credit the running transfers with the work done since the last change."""
        elapsed = self._clock.now_ps - self._updated_ps
        self._updated_ps = self._clock.now_ps
        if elapsed <= 0 or not self._runs:
            return
        share = elapsed // len(self._runs)
        for run in self._runs:
            run.transfer.work_ps = min(run.transfer.total_work_ps, run.transfer.work_ps + share)

    def _plan(self) -> None:
        """Schedule the next completion."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self._runs:
            left = min(run.transfer.total_work_ps - run.transfer.work_ps for run in self._runs)
            # One picosecond per transfer makes up for the division above.
            self._due = self._clock.schedule((left + 1) * len(self._runs), self._work_done)

    def _work_done(self) -> None:
        self._due = None
        self._advance()
        for run in [run for run in self._runs if run.transfer.work_ps >= run.transfer.total_work_ps]:
            self._move(run.transfer, run.transfer.total)
            self._end(run, Outcome.STALLED if run.error else Outcome.COMPLETE)
        self._plan()

    def _move(self, transfer: Transfer, until: int) -> None:
        if until <= transfer.moved:
            return
        for source, sink in transfer.pieces(until):
            if self._reaches(sink, write=True):
                self._memory.engine_write(sink, self._read(source, transfer), transfer)
        transfer.moved = until

    def _read(self, source: Span, transfer: Transfer) -> Bytes:
        if self._reaches(source, write=False):
            return self._memory.engine_read(source, transfer)
        return np.zeros(source.size, dtype=np.uint8)

    # -- ends --------------------------------------------------------------------------------------------------------

    def _end(self, run: _Run, outcome: Outcome) -> None:
        run.transfer.outcome = outcome
        self._runs.remove(run)
        last = self._give_back(run, eof=outcome is Outcome.COMPLETE)
        self._bus.emit(TransferEnded(transfer=run.transfer, outcome=outcome.value))
        if outcome is Outcome.STOPPED:
            return
        for channel in (run.pair.tx, run.pair.rx):
            channel.move("finish")
        if outcome is Outcome.COMPLETE and run.pair.rx.on_eof is not None:
            handler = run.pair.rx.on_eof
            self._interrupts.request(lambda: handler(last))
        elif outcome is Outcome.STALLED:
            for channel in (run.pair.rx, run.pair.tx):
                if channel.on_error is not None:
                    self._interrupts.request(_bind(channel.on_error, run.error))

    def _give_back(self, run: _Run, *, eof: bool) -> int:
        """Write the descriptors back that were used; the address of the last receiving one."""
        transfer = run.transfer
        used = np.clip(transfer.moved - _starts(run.rx.sizes), 0, run.rx.sizes)
        count = int(np.count_nonzero(used))
        if count:
            words = run.rx.words[:count].copy()
            words[:, 0] &= np.uint32(0xFFFFFFFF ^ OWNER_DMA ^ (SIZE_MASK << LENGTH_SHIFT) ^ SUC_EOF)
            words[:, 0] |= used[:count].astype(np.uint32) << np.uint32(LENGTH_SHIFT)
            if eof:
                words[-1, 0] |= np.uint32(SUC_EOF)
            self._write_nodes(run.rx, words, transfer)
        if run.pair.tx.auto_update and transfer.moved:
            done = run.tx.until_eof() if transfer.moved >= transfer.total else 0
            sent = done or int(np.searchsorted(np.cumsum(run.tx.lengths), transfer.moved, side="right"))
            words = run.tx.words[:sent].copy()
            words[:, 0] &= np.uint32(0xFFFFFFFF ^ OWNER_DMA)
            self._write_nodes(run.tx, words, transfer)
        return int(run.rx.addresses[count - 1]) if count else 0

    def _write_nodes(self, chain: Chain, words: Words, transfer: Transfer) -> None:
        """Write the first word of each descriptor back, row by row."""
        addresses = chain.addresses[: len(words)]
        cuts = np.flatnonzero(np.diff(addresses) != (addresses[1] - addresses[0] if len(addresses) > 1 else 0)) + 1
        for part in np.split(np.arange(len(words)), cuts):
            low, high = int(addresses[part[0]]), int(addresses[part[-1]]) + 4
            image = self._memory.engine_read(Span(low, high), transfer).copy()
            stride = (high - 4 - low) // (len(part) - 1) if len(part) > 1 else 4
            padded = np.zeros(stride * len(part), dtype=np.uint8)
            padded[: len(image)] = image
            padded.view(np.uint32).reshape(len(part), -1)[:, 0] = words[part, 0]
            self._memory.engine_write(Span(low, high), padded[: len(image)], transfer)


def _bind(handler: Callable[[str], None], why: str) -> Callable[[], None]:
    return lambda: handler(why)


def _starts(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where each piece begins in the stream."""
    return np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int64) if len(sizes) else sizes


def _usable(
    chain: Chain, channel: Channel, sizes: npt.NDArray[np.int64], *, to_eof: bool
) -> tuple[list[Segment], int, str]:
    """The segments an engine can work on, their bytes, and why it can't go on behind them ('' when the list just ends)."""
    count = chain.until_eof() if to_eof else len(chain.words)
    error = ""
    if channel.owner_check:
        foreign = np.flatnonzero(~chain.dma_owned[:count])
        if len(foreign):
            count = int(foreign[0])
            error = f"descriptor {count + 1} belongs to the CPU"
    if not error and chain.broken_at is not None and (not to_eof or not chain.ends[:count].any()):
        error = f"the list points to {chain.broken_at:#010x}, where the engine finds no descriptor"
    if not error and to_eof and not chain.ends[:count].any():
        error = "the sending list ends without an end-of-frame mark"
    if not count:
        return [], 0, error or "the list is empty"
    buffers, sizes = chain.buffers[:count], sizes[:count]
    starts = _starts(sizes)
    # Buffers that follow each other in memory are one segment.
    cuts = np.flatnonzero(buffers[1:] != buffers[:-1] + sizes[:-1]) + 1
    firsts = np.concatenate(([0], cuts)).astype(np.int64)
    ends = np.concatenate((cuts, [count])).astype(np.int64)
    segments = [
        Segment(int(starts[a]), Span(int(buffers[a]), int(buffers[b - 1] + sizes[b - 1])), int(a), int(sizes[a]))
        for a, b in zip(firsts, ends, strict=True)
        if int(sizes[a:b].sum())
    ]
    return segments, int(sizes.sum()), error
