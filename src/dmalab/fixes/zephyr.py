"""Zephyr as fixes see it: transfers of <zephyr/drivers/dma.h>, the data-cache calls, kernel heaps and section macros."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from dmalab.fixes.dialect import Allocation, Dialect, Op, SyncCall
from dmalab.fixes.edit import Edit, Proposal
from dmalab.fixes.source import Call, Function, Piece, Source
from dmalab.fixes.transfers import Transfer, base, plain

_CALLS: dict[Op, str] = {
    "writeback": "sys_cache_data_flush_range",
    "invalidate": "sys_cache_data_invd_range",
    "writeback+invalidate": "sys_cache_data_flush_and_invd_range",
}
_TIGHT = re.compile(r"__dtcm_(?:bss|data|noinit)_section")
_ITEM = re.compile(r"no multiple of the data size (\d+)")


class ZephyrDialect(Dialect):
    """See `Dialect`."""

    cache_header = "<zephyr/cache.h>"
    give, take, forever = "k_sem_give", "k_sem_take", "K_FOREVER"
    waits = ("k_sem_take", "k_poll", "k_msgq_get", "k_event_wait")
    callback_parameters, callback_argument = 4, 1
    allocations: ClassVar[Mapping[str, Allocation]] = {
        "k_malloc": Allocation(size=0),
        "k_aligned_alloc": Allocation(align=0, size=1),
        "malloc": Allocation(size=0),
    }

    @property
    def gave_up(self) -> re.Pattern[str]:
        """`if (k_sem_take(…))`, or compared with 0."""
        return re.compile(r"if\s*\(\s*k_sem_take\s*\([^;{}]*\)\s*(?:!=\s*0|<\s*0)?\s*\)\s*")

    def transfers(self, source: Source) -> list[Transfer]:
        """dma_start and dma_reload, with what dma_config was given before."""
        found = []
        for name, count in (("dma_start", 2), ("dma_reload", 5)):
            for call in source.calls(name):
                statement, function = source.statement_at(call.start), source.function_at(call.start)
                if statement is not None and function is not None and len(call.arguments) == count:
                    prepared = self._configuring(source, call, function)
                    device, channel = (piece.text for piece in call.arguments[:2])
                    stop = f"dma_stop({device}, {channel});"
                    transfer = Transfer(call, statement, function, stop=stop, prepared=prepared)
                    found.append(self._described(source, transfer))
        return sorted(found, key=lambda one: one.call.start)

    def _described(self, source: Source, transfer: Transfer) -> Transfer:
        """The transfer, with what its configuration says about it."""
        config = base(transfer.prepared.arguments[2].text) if transfer.prepared is not None else ""

        def field(name: str, member: str) -> Piece | None:
            return source.field(name, member, transfer.function) if name else None

        callback, argument = field(config, "dma_callback"), field(config, "user_data")
        transfer = replace(transfer, callback=_text(callback).lstrip("&"), argument=_text(argument))
        if transfer.call.name == "dma_reload":
            from_, to, length = transfer.call.arguments[2:]
            return replace(transfer, to=plain(to.text), source=plain(from_.text), size=length.text, length=length)
        block = base(_text(field(config, "head_block")))
        length_ = field(block, "block_size")
        return replace(
            transfer,
            to=plain(_text(field(block, "dest_address"))),
            source=plain(_text(field(block, "source_address"))),
            size=_text(length_),
            length=length_,
        )

    def _configuring(self, source: Source, call: Call, function: Function) -> Call | None:
        """The dma_config before a start: the last one in the same function, or the only one there is."""
        calls = [one for one in source.calls("dma_config") if len(one.arguments) == 3]
        near = [one for one in calls if function.start <= one.start <= call.start]
        return near[-1] if near else calls[0] if len(calls) == 1 else None

    def syncs(self, source: Source) -> list[SyncCall]:
        """The calls with a range."""
        return [
            SyncCall(call, op, *call.arguments)
            for op, name in _CALLS.items()
            for call in source.calls(name)
            if len(call.arguments) == 2
        ]

    def sync(self, op: Op, buffer: str, size: str) -> str | None:
        """They refuse nothing, so there is no result to look at."""
        return f"{_CALLS[op]}({buffer}, {size});"

    def with_op(self, sync: SyncCall, op: Op) -> Edit | None:
        """Another function."""
        if op == sync.op:
            return None
        return Edit(sync.call.start, sync.call.start + len(sync.call.name), _CALLS[op])

    def accepts_any_range(self, sync: SyncCall) -> Edit | None:
        """All do; but a drop loses what else is in the lines at the edges."""
        return self.with_op(sync, "writeback+invalidate") if sync.op == "invalidate" else None

    def reachable(self, allocation: Call) -> Edit | None:
        """Heaps lie where the controller reaches."""
        return None

    def reachable_place(self, name: str, declaration: Piece) -> Iterator[Proposal]:
        """Out of tightly coupled memory, into memory that is not cached."""
        tight = _TIGHT.search(declaration.text)
        if tight is not None:
            edit = Edit(declaration.start + tight.start(), declaration.start + tight.end(), "__nocache")
            yield Proposal(summary=f"place '{name}' in uncached RAM, which the controller reaches", edits=(edit,))

    def other_engine(self, source: Source) -> Iterator[Proposal]:
        """There is one controller."""
        return iter(())

    def less_alignment(self, source: Source, transfer: Transfer, message: str) -> Iterator[Proposal]:
        """Smaller items: what is no multiple of one may be one of a half or a quarter of it."""
        found = _ITEM.search(message)
        if transfer.prepared is None or found is None:
            return
        config = base(transfer.prepared.arguments[2].text)
        names = ("source_data_size", "dest_data_size")
        fields = [source.field(config, name, transfer.function) for name in names]
        width = int(found[1]) // 2
        while width:
            edits = tuple(Edit(one.start, one.end, str(width)) for one in fields if one is not None)
            if len(edits) == len(names):
                what = "single bytes" if width == 1 else f"items of {width} bytes"
                yield Proposal(summary=f"move {what}", edits=edits)
            width //= 2

    def locked(self, source: Source, line: int) -> Iterator[Proposal]:
        """Zephyr's calls take no lock of another core."""
        return iter(())

    def align(self, allocation: Call, bytes_: int) -> Iterator[Edit] | None:
        """k_malloc(n) becomes k_aligned_alloc(bytes, n)."""
        if allocation.name == "k_aligned_alloc":
            return iter(())
        if allocation.name != "k_malloc":
            return None
        at = allocation.arguments[0].start
        return iter(
            (
                Edit(allocation.start, allocation.start + len(allocation.name), "k_aligned_alloc"),
                Edit(at, at, f"{bytes_}, "),
            )
        )

    def aligned(self, bytes_: int) -> str:
        """The macro."""
        return f"__aligned({bytes_})"

    def whole_lines(self, length: str, line_bytes: int) -> str:
        """With the option that holds the line's size."""
        return f"ROUND_UP({length}, CONFIG_DCACHE_LINE_SIZE)"


def _text(piece: Piece | None) -> str:
    return piece.text if piece is not None else ""
