"""ESP-IDF as fixes see it: asynchronous copies, the SPI master's transactions, esp_cache_msync and capability heaps, by release."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from dmalab.fixes.dialect import Allocation, Dialect, Op, SyncCall, rounded
from dmalab.fixes.edit import Edit, Proposal, include
from dmalab.fixes.source import Call, Piece, Source
from dmalab.fixes.transfers import Transfer, base, plain
from dmalab.idf import release as releases
from dmalab.idf.words import sync_flags

_INTERNAL = "MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA"
_PLACE = re.compile(r"EXT_RAM_(?:BSS|NOINIT)?_?ATTR")
_MANUAL = "SPI_TRANS_DMA_BUFFER_ALIGN_MANUAL"
_ROM: dict[str, Op] = {"Cache_WriteBack_Addr": "writeback", "Cache_Invalidate_Addr": "writeback+invalidate"}
_CONSTANT = re.compile(r"static\s+const\s+|const\s+(?=static)")


class IdfDialect(Dialect):
    """See `Dialect`."""

    cache_header = "esp_cache.h"
    give, take, forever = "xSemaphoreGiveFromISR", "xSemaphoreTake", "portMAX_DELAY"
    waits = ("xSemaphoreTake", "ulTaskNotifyTake", "spi_device_get_trans_result")
    callback_parameters, callback_argument = 3, 2
    allocations: ClassVar[Mapping[str, Allocation]] = {
        "heap_caps_malloc": Allocation(size=0, capabilities=1),
        "heap_caps_aligned_alloc": Allocation(align=0, size=1, capabilities=2),
        "heap_caps_calloc": Allocation(size=None, capabilities=2),
        "heap_caps_aligned_calloc": Allocation(align=0, size=None, capabilities=3),
        "malloc": Allocation(size=0),
    }

    def __init__(self, release: str = releases.DEFAULT) -> None:
        self._release = releases.parse(release)

    @property
    def gave_up(self) -> re.Pattern[str]:
        """`if (!xSemaphoreTake(…))`, or compared with pdTRUE, pdPASS or pdFALSE."""
        take = r"xSemaphoreTake\s*\([^;{}]*\)"
        return re.compile(rf"if\s*\(\s*(?:!\s*{take}|{take}\s*(?:!=\s*pd(?:TRUE|PASS)|==\s*pdFALSE))\s*\)\s*")

    def transfers(self, source: Source) -> list[Transfer]:
        """Copies, and transactions that are queued or sent."""
        found = [self._copy(source, call) for call in source.calls("esp_async_memcpy")]
        for name in ("spi_device_queue_trans", "spi_device_transmit"):
            found += [self._transaction(source, call) for call in source.calls(name)]
        return sorted((one for one in found if one is not None), key=lambda one: one.call.start)

    def _copy(self, source: Source, call: Call) -> Transfer | None:
        statement, function = source.statement_at(call.start), source.function_at(call.start)
        if statement is None or function is None or len(call.arguments) != 6:
            return None
        _, to, from_, length, callback, argument = (piece.text for piece in call.arguments)
        return Transfer(
            call,
            statement,
            function,
            to=plain(to),
            source=plain(from_),
            size=length,
            callback=callback.lstrip("&"),
            argument=argument,
            length=call.arguments[3],
        )

    def _transaction(self, source: Source, call: Call) -> Transfer | None:
        statement, function = source.statement_at(call.start), source.function_at(call.start)
        if statement is None or function is None or len(call.arguments) < 2:
            return None
        name = base(call.arguments[1].text)
        fields = {field: source.field(name, field, function) for field in ("rx_buffer", "tx_buffer")}
        to, from_ = (plain(piece.text) if piece is not None else "" for piece in fields.values())
        return Transfer(call, statement, function, to=to, source=from_)

    def syncs(self, source: Source) -> list[SyncCall]:
        """esp_cache_msync."""
        found = []
        for call in source.calls("esp_cache_msync"):
            if len(call.arguments) == 3:
                flags = call.arguments[2].text
                to_cache = "M2C" in flags and self._release.since("5.2")
                op: Op = "invalidate" if to_cache else "writeback+invalidate" if "INVALIDATE" in flags else "writeback"
                found.append(SyncCall(call, op, call.arguments[0], call.arguments[1]))
        return found

    def sync(self, op: Op, buffer: str, size: str) -> str | None:
        """esp_cache_msync with the flags of this release; None before v5.1."""
        flags = sync_flags(self._release, op)
        return f"ESP_ERROR_CHECK(esp_cache_msync({buffer}, {size}, {flags}));" if flags else None

    def with_op(self, sync: SyncCall, op: Op) -> Edit | None:
        """Other flags."""
        flags, new = sync.call.arguments[2], sync_flags(self._release, op)
        return Edit(flags.start, flags.end, new) if new and new != flags.text else None

    def accepts_any_range(self, sync: SyncCall) -> Edit | None:
        """The unaligned flag, which only the direction to memory takes."""
        flags = sync.call.arguments[2]
        if sync.op == "invalidate":
            return self.with_op(sync, "writeback+invalidate")
        if "UNALIGNED" in flags.text:
            return None
        if flags.text == "0":
            return self.with_op(sync, "writeback")
        return Edit(flags.start, flags.end, f"{flags.text} | ESP_CACHE_MSYNC_FLAG_UNALIGNED")

    def reachable(self, allocation: Call) -> Edit | None:
        """Internal memory in place of PSRAM."""
        index = self.allocations[allocation.name].capabilities
        piece = allocation.arguments[index] if index is not None and index < len(allocation.arguments) else None
        if piece is None or "MALLOC_CAP_SPIRAM" not in piece.text:
            return None
        return Edit(piece.start, piece.end, _INTERNAL)

    def reachable_place(self, name: str, declaration: Piece) -> Iterator[Proposal]:
        """Out of PSRAM, or out of flash."""
        external = _PLACE.search(declaration.text)
        constant = _CONSTANT.match(declaration.text)
        if external is not None:
            edit = Edit(declaration.start + external.start(), declaration.start + external.end(), "DMA_ATTR")
            yield Proposal(summary=f"place '{name}' in internal memory", edits=(edit,))
        elif constant is not None and "DRAM_ATTR" not in declaration.text:
            at = declaration.start + constant.end()
            yield Proposal(summary=f"keep the constant '{name}' in RAM", edits=(Edit(at, at, "DRAM_ATTR "),))

    def other_engine(self, source: Source) -> Iterator[Proposal]:
        """The AXI engine's driver."""
        installs = source.calls("esp_async_memcpy_install")
        if len(installs) == 1:
            end = installs[0].start + len(installs[0].name)
            yield Proposal(
                summary="install the driver of the AXI engine",
                edits=(Edit(installs[0].start, end, "esp_async_memcpy_install_gdma_axi"),),
            )

    def less_alignment(self, source: Source, transfer: Transfer, message: str) -> Iterator[Proposal]:
        """A transaction that asks to be taken as it is gets the driver's aligned copy again."""
        for argument in transfer.call.arguments:
            flags = source.field(base(argument.text), "flags", transfer.function)
            if flags is not None and _MANUAL in flags.text:
                rest = [one.strip() for one in flags.text.split("|") if one.strip() != _MANUAL]
                yield Proposal(
                    summary="let the driver align the buffer",
                    edits=(Edit(flags.start, flags.end, " | ".join(rest) or "0"),),
                )

    def locked(self, source: Source, line: int) -> Iterator[Proposal]:
        """The ROM's routines by address become esp_cache_msync; what the whole cache is emptied for can't be seen."""
        for name, op in _ROM.items():
            call = source.call_on(line, name)
            statement = source.statement_at(call.start) if call is not None else None
            if call is None or statement is None or len(call.arguments) != 2:
                continue
            buffer, size = (piece.text for piece in call.arguments)
            pointer = plain(buffer)
            line_ = self.sync(op, pointer if pointer != buffer else f"(void *)({buffer})", size)
            if line_ is not None and statement.text == f"{source.text[call.start : call.end]};":
                yield Proposal(
                    summary="the call that takes the lock",
                    edits=(*include(source, self.cache_header), Edit(statement.start, statement.end, line_)),
                )

    def align(self, allocation: Call, bytes_: int) -> Iterator[Edit] | None:
        """heap_caps_malloc(n, caps) becomes heap_caps_aligned_alloc(bytes, n, caps)."""
        if allocation.name == "heap_caps_malloc":
            return _renamed(allocation, "heap_caps_aligned_alloc", bytes_)
        return iter(()) if self.allocations[allocation.name].align is not None else None

    def aligned(self, bytes_: int) -> str:
        """The compiler's own."""
        return f"__attribute__((aligned({bytes_})))"

    def whole_lines(self, length: str, line_bytes: int) -> str:
        """In numbers: the line differs by chip and memory."""
        return rounded(length, line_bytes)


def _renamed(allocation: Call, name: str, first: int) -> Iterator[Edit]:
    """Another function, with one more argument in front."""
    yield Edit(allocation.start, allocation.start + len(allocation.name), name)
    at = allocation.arguments[0].start
    yield Edit(at, at, f"{first}, ")
