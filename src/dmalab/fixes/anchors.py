"""What a finding is about, in the source: the transfer that was started, its buffers, the semaphore its callback gives."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dmalab.fixes.dialect import Dialect, SyncCall
from dmalab.fixes.source import Call, Function, Piece, Source, Statement
from dmalab.fixes.transfers import Transfer, plain, seen_from
from dmalab.report.finding import Finding, Where

_NAME = re.compile(r"[A-Za-z_]\w*")
_NAMED = re.compile(r"\b(?:esp_cache_msync|sys_cache_data_\w+_range)\((\w+), \d+")
"""The buffer in the call that a finding's own fix writes out."""


@dataclass(frozen=True)
class Anchors:
    """A finding beside the source its places are in."""

    finding: Finding
    source: Source
    path: Path
    dialect: Dialect = field(repr=False)

    def line(self, role: str) -> int | None:
        """The line of a role, if it is known and in this file."""
        where = self.where(role)
        return where.line if where is not None else None

    def where(self, role: str) -> Where | None:
        """The place of a role, if it is known and in this file."""
        for one in self.finding.where:
            if one.role == role and one.line and Path(one.file).resolve() == self.path:
                return one
        return None

    def came_after(self, role: str, other: str) -> bool:
        """Whether one role's time is known to be later than another's."""
        first, second = self.where(role), self.where(other)
        return first is not None and second is not None and (first.time_ns or 0) > (second.time_ns or 0)

    def statement(self, role: str) -> Statement | None:
        """The statement at the line of a role."""
        line = self.line(role)
        return self.source.statement_at(self.source.on_line(line)) if line is not None else None

    @cached_property
    def transfers(self) -> list[Transfer]:
        """Every start of an engine in the file."""
        return self.dialect.transfers(self.source)

    def transfer(self, role: str = "started") -> Transfer | None:
        """The one transfer that is started at the line of a role."""
        line = self.line(role)
        found = [
            one
            for one in self.transfers
            if line is not None
            and any(
                self.source.line_of(call.start) <= line <= self.source.line_of(end)
                for call, end in (
                    (one.call, one.statement.end),
                    (one.prepared, one.prepared.end if one.prepared else 0),
                )
                if call is not None
            )
        ]
        return found[0] if len(found) == 1 else None

    def started_by(self, function: Function) -> list[Transfer]:
        """Every transfer that a function starts, itself or by one call of a helper, as that function sees it."""
        seen = (seen_from(self.source, one, function) for one in self.transfers)
        return [one for one in seen if one is not None]

    def views(self, transfer: Transfer) -> list[Transfer]:
        """A transfer as its own function sees it, then as each function does that calls that helper once."""
        callers = (one for one in self.source.functions if one != transfer.function)
        seen = [seen_from(self.source, transfer, one) for one in callers]
        return [transfer, *(one for one in seen if one is not None)]

    def seen(self, transfer: Transfer, statement: Statement) -> Transfer | None:
        """A transfer as the function of a statement sees it."""
        function = self.source.function_at(statement.start)
        return seen_from(self.source, transfer, function) if function is not None else None

    def before(self, statement: Statement) -> list[Transfer]:
        """The transfers that the statement's function starts in front of it, the last one first."""
        function = self.source.function_at(statement.start)
        found = self.started_by(function) if function is not None else []
        return [one for one in reversed(found) if one.statement.start < statement.start]

    def sync(self, role: str) -> SyncCall | None:
        """The one cache maintenance call at the line of a role."""
        line = self.line(role)
        found = [
            one
            for one in self.dialect.syncs(self.source)
            if line is not None and self.source.line_of(one.call.start) <= line <= self.source.line_of(one.call.end)
        ]
        return found[0] if len(found) == 1 else None

    @property
    def named(self) -> tuple[str, str] | None:
        """The buffer that the finding names and its size, where it is an array at file level."""
        match = _NAMED.search(self.finding.fix)
        if match is None or self.array(match[1], None) is None:
            return None
        return match[1], f"sizeof({match[1]})"

    def semaphore(self, transfer: Transfer) -> str | None:
        """The semaphore that a transfer's callback gives, as an expression valid where the transfer is started."""
        callback = self.source.function(transfer.callback)
        if callback is None or len(callback.parameters) != self.dialect.callback_parameters:
            return None
        given = {
            plain(call.arguments[0].text)
            for call in self.source.calls(self.dialect.give)
            if callback.start <= call.start < callback.end and call.arguments
        }
        if len(given) != 1:
            return None
        name = given.pop()
        if name == callback.parameters[self.dialect.callback_argument]:
            return plain(transfer.argument) or None
        # Not what it was given: a name of the file's then, which is the same everywhere.
        outer = name.removeprefix("&")
        return name if _NAME.fullmatch(outer) and outer not in self.source.local_names(callback) else None

    def allocation(self, expression: str, function: Function) -> Call | None:
        """The one allocation that a variable gets in a function: `p = heap_caps_malloc(…)`."""
        if not _NAME.fullmatch(expression):
            return None
        found = []
        for name in self.dialect.allocations:
            for call in self.source.calls(name):
                before = self.source.plain[function.start : call.start]
                if function.start <= call.start < function.end and re.search(
                    rf"\b{re.escape(expression)}\s*=\s*(?:\([^()]*\)\s*)?$", before
                ):
                    found.append(call)
        return found[0] if len(found) == 1 else None

    def array(self, expression: str, function: Function | None) -> Piece | None:
        """The one declaration of an array, up to its semicolon: in the function, or at file level when that is None."""
        return self._declaration(expression, function, r"\s*\[[^;{}]*?\]")

    def structure(self, expression: str, function: Function) -> Piece | None:
        """The one declaration of a structure in a function, up to its semicolon."""
        return self._declaration(expression, function, r"(?=\s*[=;])")

    def _declaration(self, expression: str, function: Function | None, behind: str) -> Piece | None:
        if not _NAME.fullmatch(expression):
            return None
        declared = re.compile(
            rf"^[ \t]*((?:(?!return\b)[A-Za-z_]\w*(?:\([^()]*\))?[ \t]+)+{re.escape(expression)}{behind}"
            r"(?:\s*__\w+\s*(?:\([^;]*?\)+)?)*\s*(?:=[^;]*)?;)",
            re.MULTILINE,
        )
        found = [
            Piece(self.source.text[match.start(1) : match.end(1)], match.start(1), match.end(1))
            for match in declared.finditer(self.source.plain)
            if self.source.function_at(match.start(1)) == function
        ]
        return found[0] if len(found) == 1 else None
