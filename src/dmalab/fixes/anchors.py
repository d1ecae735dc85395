"""What a finding is about, in the source: the copy that was started, its buffers, the semaphore its callback gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from dmalab.fixes.source import Call, Function, Piece, Source, Statement
from dmalab.report.finding import Finding, Where

ALLOCATIONS = {
    "heap_caps_malloc": (0, 1),
    "heap_caps_aligned_alloc": (1, 2),
    "heap_caps_calloc": (None, 2),
    "heap_caps_aligned_calloc": (None, 3),
    "malloc": (0, None),
}
"""By name: which arguments are the size and the capabilities; None where there is no one argument for it."""
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Copy:
    """A call of esp_async_memcpy in the source."""

    call: Call
    statement: Statement
    function: Function

    @property
    def to(self) -> str:
        """The destination, as written."""
        return self.call.arguments[1].text

    @property
    def source(self) -> str:
        """The source, as written."""
        return self.call.arguments[2].text

    @property
    def size(self) -> str:
        """The bytes, as written."""
        return self.call.arguments[3].text


@dataclass(frozen=True, slots=True)
class Anchors:
    """A finding beside the source its places are in."""

    finding: Finding
    source: Source
    path: Path

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

    def statement(self, role: str) -> Statement | None:
        """The statement at the line of a role."""
        line = self.line(role)
        return self.source.statement_at(self.source.on_line(line)) if line is not None else None

    def copy(self, role: str = "started") -> Copy | None:
        """The esp_async_memcpy at the line of a role."""
        line = self.line(role)
        call = self.source.call_on(line, "esp_async_memcpy") if line is not None else None
        return self._copy(call) if call is not None else None

    def copy_before(self, statement: Statement) -> Copy | None:
        """The one esp_async_memcpy of the statement's function, when it stands in front of the statement."""
        function = self.source.function_at(statement.start)
        if function is None:
            return None
        calls = [call for call in self.source.calls("esp_async_memcpy") if function.start <= call.start < function.end]
        return self._copy(calls[0]) if len(calls) == 1 and calls[0].start < statement.start else None

    def _copy(self, call: Call) -> Copy | None:
        statement, function = self.source.statement_at(call.start), self.source.function_at(call.start)
        if statement is None or function is None or len(call.arguments) != 6:
            return None
        return Copy(call, statement, function)

    def sync(self, role: str) -> Call | None:
        """The esp_cache_msync at the line of a role."""
        line = self.line(role)
        call = self.source.call_on(line, "esp_cache_msync") if line is not None else None
        return call if call is not None and len(call.arguments) == 3 else None

    def semaphore(self, copy: Copy) -> str | None:
        """The semaphore that the copy's callback gives, as an expression valid where the copy is started."""
        callback = self.source.function(copy.call.arguments[4].text.lstrip("&"))
        if callback is None or len(callback.parameters) != 3:
            return None
        given = {
            call.arguments[0].text
            for call in self.source.calls("xSemaphoreGiveFromISR")
            if callback.start <= call.start < callback.end and call.arguments
        }
        if len(given) != 1:
            return None
        name = given.pop()
        if name == callback.parameters[2]:
            return copy.call.arguments[5].text
        # Not what it was given: a name of the file's then, which is the same everywhere.
        return name if _NAME.fullmatch(name) and name not in self._locals(callback) else None

    def _locals(self, function: Function) -> set[str]:
        body = self.source.plain[function.start : function.end]
        declared = re.findall(r"\b[A-Za-z_]\w*[\s*]+([A-Za-z_]\w*)\s*(?:=|;|\[)", body)
        return {*declared, *function.parameters}

    def allocation(self, expression: str, function: Function) -> Call | None:
        """The one allocation that a variable gets in a function: `p = heap_caps_malloc(…)`."""
        if not _NAME.fullmatch(expression):
            return None
        found = []
        for name in ALLOCATIONS:
            for call in self.source.calls(name):
                before = self.source.plain[function.start : call.start]
                if function.start <= call.start < function.end and re.search(
                    rf"\b{re.escape(expression)}\s*=\s*(?:\([^()]*\)\s*)?$", before
                ):
                    found.append(call)
        return found[0] if len(found) == 1 else None

    def array(self, expression: str, function: Function | None) -> Piece | None:
        """The one declaration of an array, up to its semicolon: in the function, or at file level when that is None."""
        if not _NAME.fullmatch(expression):
            return None
        declared = re.compile(
            rf"^[ \t]*((?:[A-Za-z_]\w*[ \t]+)+{re.escape(expression)}\s*\[[^;{{}}]*?\](?:\s*__attribute__\s*\(\([^;]*?\)\))?\s*"
            r"(?:=[^;]*)?;)",
            re.MULTILINE,
        )
        found = [
            Piece(self.source.text[match.start(1) : match.end(1)], match.start(1), match.end(1))
            for match in declared.finditer(self.source.plain)
            if self.source.function_at(match.start(1)) == function
        ]
        return found[0] if len(found) == 1 else None


def capabilities(call: Call) -> Piece | None:
    """The capability argument of an allocation."""
    index = ALLOCATIONS[call.name][1]
    return call.arguments[index] if index is not None and index < len(call.arguments) else None


def size(call: Call) -> Piece | None:
    """The size argument of an allocation that has one."""
    index = ALLOCATIONS[call.name][0]
    return call.arguments[index] if index is not None and index < len(call.arguments) else None
