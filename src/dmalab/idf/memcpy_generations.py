"""The generations of the queued async memcpy driver, each with only what differs.

  B    v5.2            alignments from the configuration; the driver syncs on chips with cached internal RAM only
  C    v5.3.0, v5.4.0  bursts; syncs both buffers, but only whole lines, and does not look whether that worked
  D    v5.3.3, v5.4.1, v5.5   link lists; edges of the destination go through a stash, its body is invalidated at
  submission D6   v6.0 and later  as D; channels come in copy-capable pairs, and have weights

Source: ESP-IDF async_memcpy_gdma.c, async_memcpy_cp_dma.c at tags v5.2 to v6.1-beta1 and master @102122904ad.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from dmalab.core.channel import Pair
from dmalab.core.descriptor import MAX_BYTES
from dmalab.core.events import Misaligned, Stamp
from dmalab.core.heap import Block
from dmalab.core.spans import Span
from dmalab.idf.cache import driver_line, line_by_address
from dmalab.idf.descriptor_array import DescriptorArray, write_chain
from dmalab.idf.dma_utils import SplitBuffer, merge_rx_buffers, split_rx_buffer, stash_bytes
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.gdma_config import MAX_WEIGHT, Constraints, configure, set_ability
from dmalab.idf.gdma_link import LinkList, Mount, link_rules, node_count
from dmalab.idf.memcpy_backend import Backend
from dmalab.idf.memcpy_queue import QueueBackend, Transaction
from dmalab.idf.memcpy_ring import RingBackend
from dmalab.idf.memory_utils import esp_ptr_external_ram
from dmalab.idf.release import Release

SPARE_ITEMS = 3
"""Items a receiving list has beyond those of its buffer, for the edges."""
C_DEFAULT_BURST = 16
"""What burst 0 stands for in generation C."""


def generation(release: Release) -> type[Backend]:
    """The generation of a release."""
    if not release.since("5.2"):
        return RingBackend
    if not release.since("5.3"):
        return GenerationB
    if not release.since("5.3.3", "5.4.1", "5.5"):
        return GenerationC
    return GenerationD6 if release.since("6.0") else GenerationD


@dataclass(slots=True)
class _Arrays:
    """Lists of generations B and C."""

    tx: DescriptorArray
    rx: DescriptorArray | None


class _ArrayBackend(QueueBackend):
    """B and C: an array of descriptors per direction and request; the last receiving one is part of the transaction."""

    has_strategy = False
    _chunk = MAX_BYTES
    _pool = 0
    _pool_stride = 0

    def take_pool(self, count: int) -> None:
        """Transactions hold a descriptor, so each has lines of its own."""
        align = 64 if "axi_gdma" in self.machine.engines else 32
        self._pool_stride = 2 * align
        self._pool = self.take_block(self._pool_stride * count, align=align, dma=True).address

    def _build(self, transaction: Transaction, to: int, source: int, n: int) -> None:
        machine, align, chunk = self.machine, self.engine.facts.descriptor_align, self._chunk
        count = -(-n // chunk)
        tx = DescriptorArray(machine, count, align)
        rx = None
        try:
            if count > 1:
                rx = DescriptorArray(machine, count - 1, align)
        except IdfError:
            tx.delete()
            raise
        own = self._pool + transaction.number * self._pool_stride
        write_chain(machine, tx.addresses, source, n, chunk=chunk, eof=True)
        rx_addresses = [*(rx.addresses if rx is not None else ()), own]
        write_chain(machine, rx_addresses, to, n, chunk=chunk, eof=False)
        transaction.lists = _Arrays(tx, rx)
        transaction.tx_head, transaction.rx_head = tx.addresses[0], rx_addresses[0]

    def finish(self, transaction: Transaction) -> None:
        """Free the descriptors; the transaction keeps its own."""
        self.drop(transaction)

    def drop(self, transaction: Transaction, *, by: Stamp | None = None) -> None:
        """Free the descriptors, unless that was done."""
        if isinstance(transaction.lists, _Arrays):
            transaction.lists.tx.delete(by=by)
            if transaction.lists.rx is not None:
                transaction.lists.rx.delete(by=by)
        transaction.lists = None


class GenerationB(_ArrayBackend):
    """v5.2."""

    _sram_align = 0
    _psram_align = 0

    def configure(self, pair: Pair) -> None:
        """Alignments as configured, and at least the cache line."""
        config, machine = self.config, self.machine
        if self.is_cp_dma:
            self._sram_align = config.sram_trans_align
        else:
            for channel in (pair.tx, pair.rx):
                set_ability(
                    channel,
                    machine.chip,
                    self.release,
                    sram_align=config.sram_trans_align,
                    psram_align=config.psram_trans_align,
                )
            self._sram_align = max(config.sram_trans_align, self._line(external=False))
            self._psram_align = max(config.psram_trans_align, self._line(external=True))
        self._chunk = (
            MAX_BYTES // max(self._sram_align, self._psram_align, 1) * max(self._sram_align, self._psram_align, 1)
        )

    def _line(self, *, external: bool) -> int:
        return driver_line(self.machine.chip, external=external)

    def check(self, to: int, source: int, n: int) -> None:
        """Destination and size only."""
        external = esp_ptr_external_ram(self.machine, to) and not self.is_cp_dma
        align = self._psram_align if external else self._sram_align
        self.check_alignment(to, n, align, "destination", to, external=external)

    def prepare(self, transaction: Transaction, to: int, source: int, n: int) -> None:
        """Lists; the source is written back where internal RAM has a cache, on ESP32-P4."""
        self._build(transaction, to, source, n)
        if self._line(external=False) and not self.is_cp_dma:
            self.sync(source, n, "writeback", by=transaction.started, unaligned=True)

    def finish(self, transaction: Transaction) -> None:
        """Where the source was written back, the destination is invalidated."""
        if self._line(external=False) and not self.is_cp_dma:
            self.sync(transaction.to, transaction.size, "invalidate", by=transaction.started, unaligned=False)
        super().finish(transaction)


class GenerationC(_ArrayBackend):
    """v5.3.0 to v5.3.2, v5.4.0."""

    _rx = Constraints()
    _tx = Constraints()

    def configure(self, pair: Pair) -> None:
        """Bursts; 0 is the default one."""
        burst = self.config.dma_burst_size
        if self.is_cp_dma:
            self._rx = self._tx = Constraints(1, 1)
            self._chunk = MAX_BYTES // max(burst, 1) * max(burst, 1)
            return
        burst = burst or C_DEFAULT_BURST
        self._tx, self._rx = (
            configure(self.engine, self.machine.chip, channel, self.release, burst=burst, access_ext_mem=True)
            for channel in (pair.tx, pair.rx)
        )
        largest = max(self._tx.internal, self._tx.external, self._rx.internal, self._rx.external)
        self._chunk = MAX_BYTES // largest * largest

    def check(self, to: int, source: int, n: int) -> None:
        """Destination and size by the receiving rule, then source and size by the sending one."""
        check_both(self, self._rx, self._tx, to, source, n)

    def prepare(self, transaction: Transaction, to: int, source: int, n: int) -> None:
        """Lists; a source that is no whole number of lines is not written back."""
        self._build(transaction, to, source, n)
        if not self.is_cp_dma:
            self.sync(source, n, "writeback", by=transaction.started, unaligned=False)

    def finish(self, transaction: Transaction) -> None:
        """A destination that is no whole number of lines is not invalidated."""
        if not self.is_cp_dma:
            self.sync(transaction.to, transaction.size, "invalidate", by=transaction.started, unaligned=False)
        super().finish(transaction)


@dataclass(slots=True)
class _Links:
    """Lists of generations D and D6."""

    tx: LinkList
    rx: LinkList
    split: SplitBuffer | None


class GenerationD(QueueBackend):
    """v5.3.3, v5.4.1, v5.5 and their successors."""

    _rx = Constraints()
    _tx = Constraints()

    def configure(self, pair: Pair) -> None:
        """Bursts; 0 switches them off."""
        self._rules = link_rules(self.release)
        if self.is_cp_dma:
            self._rx = self._tx = Constraints(1, 1)
            return
        burst = self.config.dma_burst_size
        self._tx, self._rx = (
            configure(self.engine, self.machine.chip, channel, self.release, burst=burst, access_ext_mem=True)
            for channel in (pair.tx, pair.rx)
        )

    def check(self, to: int, source: int, n: int) -> None:
        """Destination and size by the receiving rule, then source and size by the sending one."""
        check_both(self, self._rx, self._tx, to, source, n)

    def prepare(self, transaction: Transaction, to: int, source: int, n: int) -> None:
        """Link lists; the source is written back and the destination's body invalidated, now."""
        machine, by = self.machine, transaction.started
        tx_align = self._tx.external if esp_ptr_external_ram(machine, source) else self._tx.internal
        rx_align = self._rx.external if esp_ptr_external_ram(machine, to) else self._rx.internal
        tx_items = node_count(n, tx_align)
        rx_items = node_count(n, rx_align) + (0 if self.is_cp_dma else SPARE_ITEMS)
        stash = 0 if self.is_cp_dma else stash_bytes(machine, to)
        blocks = self._take_again(transaction, tx_items, rx_items, stash)
        rx: LinkList | None = None
        tx = self._list(tx_items, tx_align, by, blocks)
        try:
            tx.mount(0, [Mount(address=source, size=n, mark_eof=True, mark_final=True)])
            if not self.is_cp_dma:
                self.sync(source, n, "writeback", by=by, unaligned=True)
            rx = self._list(rx_items, rx_align, by, blocks)
            split = self._split(transaction, rx, to, n, blocks)
        except IdfError:
            tx.delete()
            if rx is not None:
                rx.delete()
            for block in blocks:
                machine.heap.blocks_heap.free(block.address)
            raise
        transaction.lists = _Links(tx, rx, split)
        transaction.tx_head, transaction.rx_head = tx.head, rx.head

    def _take_again(self, transaction: Transaction, tx_items: int, rx_items: int, stash: int) -> deque[Block]:
        """Give the lists of the transaction's previous use back.

        Returns:
            Their memory in the order in which it is asked for, where the heap would give it for the next ones; else nothing.
        """
        lists, heap = transaction.lists, self.machine.heap.blocks_heap
        if isinstance(lists, _Links) and (lists.tx.capacity, lists.rx.capacity) == (tx_items, rx_items):
            blocks = [lists.tx.block, lists.rx.block]
            former = heap.block(lists.split.stash) if lists.split is not None and lists.split.stash else None
            if former is not None:
                blocks.append(former)
            if (former.requested if former is not None else 0) == stash:
                taken = heap.take_again(blocks, by=transaction.started)
                if taken is not None:
                    transaction.lists = None
                    return deque(taken)
        self.drop(transaction, by=transaction.started)
        return deque()

    def _list(self, items: int, buffer_align: int, by: Stamp, blocks: deque[Block]) -> LinkList:
        return LinkList(
            self.machine,
            items,
            item_align=self.engine.facts.descriptor_align,
            buffer_align=buffer_align,
            rules=self._rules,
            by=by,
            block=blocks.popleft() if blocks else None,
        )

    def _split(
        self, transaction: Transaction, rx: LinkList, to: int, n: int, blocks: deque[Block]
    ) -> SplitBuffer | None:
        machine = self.machine
        if self.is_cp_dma:
            rx.mount(0, [Mount(address=to, size=n, mark_final=True)])
            return None
        again = blocks.popleft() if blocks else None
        split = split_rx_buffer(machine, to, n, release=self.release, by=transaction.started, again=again)
        # Releases that wipe the slot of an empty part must see it.
        parts = [part for part in (split.head, split.body, split.tail) if part.address or self._rules.strict_owner]
        try:
            rx.mount(0, [Mount(address=part.address, size=part.size) for part in parts])
        except IdfError as error:
            # The driver ignores the result: the list stays empty and the copy never completes.
            machine.bus.emit(
                Misaligned(
                    span=Span(to, to + n),
                    align=line_by_address(machine, to),
                    engine=self.engine.title,
                    why=f"the driver's stash for the edges can't be mounted ({error}), so the copy never completes",
                    started=transaction.started,
                    refusal=None,
                )
            )
        return split

    def finish(self, transaction: Transaction) -> None:
        """The core copies the edges from the stash to where they belong."""
        lists = transaction.lists
        if isinstance(lists, _Links) and lists.split is not None:
            merge_rx_buffers(self.machine, lists.split, release=self.release)

    def drop(self, transaction: Transaction, *, by: Stamp | None = None) -> None:
        """Lists and stash live until the transaction is used again, see `_take_again`."""
        lists, transaction.lists = transaction.lists, None
        if isinstance(lists, _Links):
            lists.tx.delete(by=by)
            lists.rx.delete(by=by)
            if lists.split is not None and lists.split.stash:
                self.machine.heap.blocks_heap.free(lists.split.stash, by=by)


class GenerationD6(GenerationD):
    """v6.0 and later."""

    copy_pairs_only = True

    def configure(self, pair: Pair) -> None:
        """Weights first, where the engine has them."""
        weight = self.config.weight
        if weight and self.engine.facts.weighted_arbitration:
            if weight > MAX_WEIGHT:
                raise IdfError(EspErr.INVALID_ARG, f"weight {weight}; the largest is {MAX_WEIGHT}")
            pair.rx.weight = pair.tx.weight = weight
        super().configure(pair)


def check_both(driver: Backend, rx: Constraints, tx: Constraints, to: int, source: int, n: int) -> None:
    """Destination and size by the receiving rule, then source and size by the sending one.

    Raises:
        IdfError: INVALID_ARG.
    """
    for address, rule, what in ((to, rx, "destination"), (source, tx, "source")):
        external = esp_ptr_external_ram(driver.machine, address)
        align = rule.external if external else rule.internal
        driver.check_alignment(address, n, align, what, to, external=external)
