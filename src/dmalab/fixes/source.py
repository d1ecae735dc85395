"""C text as far as a fix needs it: calls with their arguments, the statement and the function around a place.

Comments, literals and preprocessor lines are blanked out first, so brackets and names can be counted. Not modelled: macros that expand to
brackets or statements, K&R definitions, templates. What does not fit is not found, and then nothing is proposed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

_HIDDEN = re.compile(
    r"/\*.*?\*/|//(?:\\\n|[^\n])*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|^[ \t]*#(?:\\\n|[^\n])*",
    re.DOTALL | re.MULTILINE,
)
_NOT_NEWLINE = re.compile(r"[^\n]")
_WORD = re.compile(r"[A-Za-z_]\w*")
_OPEN, _CLOSE = "([{", ")]}"
LOOPS = ("for", "while", "do", "switch", "else", "case", "default", "return", "goto")
"""Words at the start of a statement in front of which nothing can be put without asking what it would mean."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A range of the text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the name, the brackets and what is in them."""

    name: str
    start: int
    end: int
    """Behind the closing bracket."""
    arguments: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """One function definition."""

    name: str
    parameters: tuple[str, ...]
    start: int
    """Behind the opening brace."""
    end: int
    """At the closing brace."""


@dataclass(frozen=True, slots=True)
class Statement:
    """From its first character to behind its semicolon, or to the brace that opens its block."""

    text: str
    start: int
    end: int
    block: int
    """Where the innermost braces around it open: the same number for statements of one block."""


class Source:
    """One C file."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain = _HIDDEN.sub(lambda match: _NOT_NEWLINE.sub(" ", match[0]), text)
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def line_of(self, offset: int) -> int:
        """1-based line of a place."""
        return bisect_right(self._lines, offset)

    def indent(self, offset: int) -> str:
        """The white space that the line of a place begins with."""
        line = self.text[self._lines[self.line_of(offset) - 1] : offset]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def calls(self, name: str) -> list[Call]:
        """Every call of a function, in order; its definition and declarations don't count."""
        found = []
        for match in re.finditer(rf"\b{re.escape(name)}\s*\(", self.plain):
            close = self._matching(match.end() - 1)
            if close is None or self.function_at(match.start()) is None:
                continue
            found.append(Call(name, match.start(), close + 1, self._split(match.end(), close)))
        return found

    def call_on(self, line: int, name: str) -> Call | None:
        """The one call of that name that touches a line; None when there is none or more than one."""
        found = [call for call in self.calls(name) if self.line_of(call.start) <= line <= self.line_of(call.end)]
        return found[0] if len(found) == 1 else None

    def function_at(self, offset: int) -> Function | None:
        """The function whose body holds a place."""
        return next((one for one in self.functions if one.start <= offset < one.end), None)

    def function(self, name: str) -> Function | None:
        """The function of that name, when it is defined here once."""
        found = [one for one in self.functions if one.name == name]
        return found[0] if len(found) == 1 else None

    def on_line(self, line: int) -> int:
        """The first place on a line that holds code; the line's start when it holds none."""
        start = self._lines[line - 1] if 0 < line <= len(self._lines) else len(self.text)
        end = self._lines[line] if line < len(self._lines) else len(self.text)
        code = self.plain[start:end]
        return start + len(code) - len(code.lstrip()) if code.strip() else start

    def statement_at(self, offset: int) -> Statement | None:
        """The statement a place is in; None outside functions."""
        function = self.function_at(offset)
        if function is None:
            return None
        return next((one for one in self.statements(function) if one.start <= offset < one.end), None)

    def statements(self, function: Function) -> list[Statement]:
        """The statements of a function in order; a block's header is a statement of its own."""
        found: list[Statement] = []
        begin, brackets, initialiser, position = function.start, 0, 0, function.start
        blocks = [function.start]
        while position < function.end:
            letter = self.plain[position]
            if letter in "([":
                brackets += 1
            elif letter in ")]":
                brackets -= 1
            elif letter == "{" and (brackets or initialiser or self._is_initialiser(begin, position)):
                initialiser += 1
            elif letter == "}" and initialiser:
                initialiser -= 1
            elif letter in ";{}" and not brackets and not initialiser:
                self._note(found, begin, position, blocks[-1], letter)
                if letter == "{":
                    blocks.append(position + 1)
                elif letter == "}" and len(blocks) > 1:
                    blocks.pop()
                begin = position + 1
            position += 1
        return found

    def header(self, statement: Statement) -> Statement | None:
        """What opens the block a statement stands in: `for (…)`, `if (…)`; None for a function's own block and a bare one."""
        function = self.function_at(statement.start)
        if function is None or statement.block == function.start:
            return None
        brace = statement.block - 1
        return next(
            (
                one
                for one in self.statements(function)
                if one.end <= brace and one.end > one.start and not self.plain[one.end : brace].strip()
            ),
            None,
        )

    def block_end(self, statement: Statement) -> int:
        """Behind the brace that closes the block a statement stands in."""
        close = self._matching(statement.block - 1)
        return close + 1 if close is not None else len(self.text)

    def field(self, name: str, field: str, function: Function) -> Piece | None:
        """What a member of a structure is set to, when that is done once before its function ends.

        Looks for `.field = …` in the initialiser of `name`, then for `name.field = …;`, in the function and at file level.
        """
        found = []
        for match in re.finditer(rf"\b{re.escape(name)}\s*=\s*\{{", self.plain):
            close = self._matching(match.end() - 1)
            if close is None or self.function_at(match.start()) not in (function, None):
                continue
            for piece in self._split(match.end(), close):
                member = re.match(rf"\.{re.escape(field)}\s*=\s*", piece.text)
                if member is not None:
                    start = piece.start + member.end()
                    found.append(Piece(self.text[start : piece.end], start, piece.end))
        for match in re.finditer(rf"\b{re.escape(name)}\.{re.escape(field)}\s*=\s*([^;=][^;]*);", self.plain):
            if self.function_at(match.start()) == function:
                found.append(Piece(self.text[match.start(1) : match.end(1)], match.start(1), match.end(1)))
        return found[0] if len(found) == 1 else None

    def local_names(self, function: Function) -> set[str]:
        """Names that are declared in a function, its parameters among them."""
        body = self.plain[function.start : function.end]
        declared = re.findall(r"\b[A-Za-z_]\w*[\s*]+([A-Za-z_]\w*)\s*(?:=|;|\[|,)", body)
        return {*declared, *function.parameters}

    def _note(self, found: list[Statement], begin: int, position: int, block: int, letter: str) -> None:
        code = self.plain[begin:position]
        start = begin + len(code) - len(code.lstrip())
        if start < position:
            end = position + (letter == ";")
            found.append(Statement(self.text[start:end], start, end, block))

    def _is_initialiser(self, begin: int, brace: int) -> bool:
        return self.plain[begin:brace].rstrip().endswith(("=", ",")) or bool(
            re.search(r"=\s*\([^()]*\)\s*$", self.plain[begin:brace])
        )

    @cached_property
    def functions(self) -> list[Function]:
        """Every function defined in the file."""
        found = []
        position = 0
        while (brace := self.plain.find("{", position)) >= 0:
            close = self._matching(brace)
            if close is None:
                break
            head = self._head(brace)
            if head is not None:
                found.append(Function(*head, brace + 1, close))
            position = close + 1
        return found

    def _head(self, brace: int) -> tuple[str, tuple[str, ...]] | None:
        """Name and parameters of the function whose body starts at a brace; None for other braces."""
        before = self.plain[:brace].rstrip()
        if not before.endswith(")"):
            return None
        depth = 0
        for position in range(len(before) - 1, -1, -1):
            depth += {")": 1, "(": -1}.get(before[position], 0)
            if depth == 0:
                break
        else:
            return None
        names = _WORD.findall(before[:position].rstrip().rsplit("\n", 1)[-1])
        if not names or not before[:position].rstrip().endswith(names[-1]):
            return None
        parameters = []
        for piece in self._split(position + 1, len(before) - 1):
            words = _WORD.findall(piece.text)
            parameters.append(words[-1] if words else "")
        return names[-1], tuple(parameters)

    def _matching(self, position: int) -> int | None:
        """Where the bracket at a place is closed."""
        depth = 0
        for index in range(position, len(self.plain)):
            if self.plain[index] in _OPEN:
                depth += 1
            elif self.plain[index] in _CLOSE:
                depth -= 1
                if depth == 0:
                    return index
        return None

    def _split(self, start: int, end: int) -> tuple[Piece, ...]:
        """The parts between commas outside brackets; none for an empty range."""
        cuts, depth = [start], 0
        for index in range(start, end):
            letter = self.plain[index]
            depth += (letter in _OPEN) - (letter in _CLOSE)
            if letter == "," and depth == 0:
                cuts.append(index + 1)
        pieces = []
        for begin, stop in zip(cuts, [*(cut - 1 for cut in cuts[1:]), end], strict=True):
            raw = self.text[begin:stop]
            lead = len(raw) - len(raw.lstrip())
            text = raw.strip()
            pieces.append(Piece(text, begin + lead, begin + lead + len(text)))
        return () if len(pieces) == 1 and not pieces[0].text else tuple(pieces)
