"""Changes to Python scripts: a cache call put in front of a line, other flags, or two neighbouring statements that change places.

The call and the buffer are those that the finding's own fix writes out; the module's name and the machine's are read from the script. What
takes more than a line (a buffer in other memory, a wait that is missing) is not tried.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dmalab.fixes.edit import Edit, Proposal
from dmalab.report.finding import Finding

_CALL = re.compile(r"\b(esp_cache_msync|sys_cache_data_\w+_range)\(([\w.]+), (\d+)(?:, ([\w| ]+))?\)")
_MODULES = {"esp_cache_msync": "idf"}
"""Where a call lives below the package; the others are Zephyr's."""
_IN_FRONT = {
    "stale-dma-read": ("started", "write the source back before the start"),
    "stale-cpu-read": ("loaded", "invalidate the destination between the transfer and the read"),
    "dirty-line-over-dma": ("started", "take the destination out of the cache before the start"),
    "alias-mix": ("uncached", "write back and drop the cached lines before the uncached use"),
}
"""By rule: the role in front of whose line the call belongs."""
_OTHER_CALL = {"ineffective-sync": "synced", "discarded-write": "dropped"}
"""By rule: the role whose call is to be another one."""
_TOUCHED = ("stored", "loaded", "freed", "filled")


@dataclass(frozen=True, slots=True)
class _Statement:
    node: ast.stmt
    around: Sequence[ast.stmt]
    """The block it stands in."""


class Script:
    """One Python file, and what a finding about it names."""

    def __init__(self, text: str, path: Path, finding: Finding) -> None:
        self._text = text
        self._path = path
        self._finding = finding
        self._lines = [0]
        for line in text.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._tree = ast.parse(text)

    def proposals(self) -> Iterator[Proposal]:
        """Changes to try, best first."""
        rule = self._finding.rule
        touched = next((found for role in _TOUCHED if (found := self._at(role)) is not None), None)
        started = self._at("started")
        if rule in ("touched-in-flight", "freed-in-flight", "stale-cpu-read", "stale-dma-read") and touched is not None:
            yield from self._swaps(touched, started)
        if rule in _IN_FRONT:
            role, summary = _IN_FRONT[rule]
            statement, call = self._at(role), self._call()
            if statement is not None and call is not None:
                indent = " " * statement.node.col_offset
                at = self._offset(statement.node.lineno, statement.node.col_offset)
                yield Proposal(summary=summary, edits=(Edit(at, at, f"{call}\n{indent}"),))
        if rule in _OTHER_CALL:
            statement, call = self._at(_OTHER_CALL[rule]), self._call()
            if (
                statement is not None
                and call is not None
                and _is_call(statement.node, call.split("(")[0].split(".")[-1])
            ):
                yield Proposal(
                    summary="the call that the report writes out", edits=(self._replace(statement.node, call),)
                )

    def _swaps(self, touched: _Statement, started: _Statement | None) -> Iterator[Proposal]:
        """The access behind the wait that follows it, or in front of the start that it follows."""
        block = touched.around
        at = next(index for index, node in enumerate(block) if node is touched.node)
        behind = block[at + 1] if at + 1 < len(block) else None
        before = block[at - 1] if at else None
        if behind is not None and isinstance(behind, ast.Expr) and isinstance(behind.value, ast.Await):
            summary = "touch the buffer behind the wait, not in front of it"
            yield Proposal(summary=summary, edits=self._swap(touched.node, behind))
        if before is not None and started is not None and before is started.node:
            summary = "touch the buffer before it is handed over, not after"
            yield Proposal(summary=summary, edits=self._swap(before, touched.node))

    def _call(self) -> str | None:
        """The call in the finding's fix, as this script would write it."""
        match = _CALL.search(self._finding.fix)
        if match is None:
            return None
        name, buffer, size, flags = match.groups()
        module, machine = self._module(_MODULES.get(name, "zephyr")), self._machine()
        if module is None or machine is None or buffer == "buffer":
            return None
        more = "".join(f", {' | '.join(f'{module}.{flag.strip()}' for flag in flags.split('|'))}" if flags else "")
        return f"{module}.{name}({machine}, {buffer}, {size}{more})"

    def _module(self, wanted: str) -> str | None:
        """What the script calls `dmalab.idf` or `dmalab.zephyr`; None where it does not import it as a whole."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ImportFrom) and node.module == "dmalab":
                for alias in node.names:
                    if alias.name == wanted:
                        return alias.asname or alias.name
        return None

    def _machine(self) -> str | None:
        """The machine's name in `main`: its parameter."""
        for node in self._tree.body:
            if isinstance(node, ast.AsyncFunctionDef) and node.name == "main" and len(node.args.args) == 1:
                return node.args.args[0].arg
        return None

    def _at(self, role: str) -> _Statement | None:
        """The innermost statement at the line of a role, if that is in this file."""
        for where in self._finding.where:
            if where.role == role and where.line and Path(where.file).resolve() == self._path:
                return self._innermost(self._tree.body, where.line)
        return None

    def _innermost(self, block: Sequence[ast.stmt], line: int) -> _Statement | None:
        for node in block:
            if not node.lineno <= line <= (node.end_lineno or node.lineno):
                continue
            for field in ("body", "orelse", "finalbody", "handlers"):
                inner = getattr(node, field, [])
                for part in inner if field == "handlers" else [inner]:
                    found = self._innermost(part.body if isinstance(part, ast.ExceptHandler) else part, line)
                    if found is not None:
                        return found
            return _Statement(node, block)
        return None

    def _offset(self, line: int, column: int) -> int:
        """Of a place that the parser names: a line from 1, and bytes of UTF-8 from 0."""
        start = self._lines[line - 1]
        text = self._text[start : self._lines[line]].encode()[:column].decode()
        return start + len(text)

    def _span(self, node: ast.stmt) -> tuple[int, int]:
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno or 0, node.end_col_offset or 0)

    def _replace(self, node: ast.stmt, text: str) -> Edit:
        return Edit(*self._span(node), text)

    def _swap(self, first: ast.stmt, second: ast.stmt) -> tuple[Edit, ...]:
        """Each with the comment behind it."""
        (a, b), (c, d) = self._span(first), self._span(second)
        b, d = self._with_comment(b), self._with_comment(d)
        text = self._text
        return (Edit(a, d, text[c:d] + text[b:c] + text[a:b]),)

    def _with_comment(self, end: int) -> int:
        stop = self._text.find("\n", end)
        rest = self._text[end : stop if stop >= 0 else len(self._text)]
        return end + len(rest.rstrip()) if rest.lstrip().startswith("#") else end


def _is_call(node: ast.stmt, name: str) -> bool:
    """Whether a statement is a call of that name and nothing else."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    function = node.value.func
    return (function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")) == name
