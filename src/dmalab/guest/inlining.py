"""Puts the look at each load and store into the firmware's own code, where GCC for x86 has put a call.

A callback costs several times what the access costs. So the compiler's assembly is rewritten before it is assembled: in the place of
a call of `__tsan_read4` and the like stands the fast path itself, see `fast_path`. Accesses that run all or none are paid for at once.
On the 32-bit stack the address isn't passed any more; the stack pointer moves as before, or not at all where it would come back
without anybody having looked.

What is not known in every detail stays as the compiler wrote it, for the callbacks do the same, only slower: whole files (other
compilers and processors, Intel syntax) and single calls (position-independent ones, those outside of functions or in `asm`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dmalab.guest.fast_path import Address, FastPath

_ACCESS = re.compile(r"\tcall\t__tsan_(?:unaligned_)?(read|write)(1|2|4|8|16)$")
_DEBUG_LABEL = re.compile(r"\.L(?:VL|BB|BE|BI)\d+:$")
"""Labels that only debug information refers to: nothing jumps there."""
_LEAVES = re.compile(r"\t(?:j|call|ret|rep|ud2|int|loop|iret|sys|hlt|notrack|bnd|xbegin|xabort)")
"""How instructions begin behind which the next one may not run, or before which the time must be right."""
_SWITCHES = re.compile(r"\t\.(?:section|text|data|bss|pushsection|popsection|previous|subsection)\b")
_LOC = re.compile(r"\t\.loc (\d+ \d+)")
_ARGUMENT_32 = re.compile(r"\t(?:pushl\t([^,]+)|movl\t(.+), \(%esp\))$")
_REGISTER_32 = re.compile(r"%e(?:[abcd]x|[sd]i|bp)$")
_COMPUTED = re.compile(r"\t(?:lea|mov)[lq]\t(.+), (%\w+)$")
_STACK_32 = re.compile(r"\t(?:push|pop|leave|enter)|%e?sp\b")


def is_known(text: str) -> bool:
    """Whether it is assembly that GCC has written."""
    return '\t.ident\t"GCC: ' in text


def inlined(text: str, path: FastPath) -> str:
    """The assembly with its callbacks inlined; the very same text where there is nothing to do."""
    if not is_known(text) or "\tcall\t__tsan_" not in text or "\t.intel_syntax" in text:
        return text
    out: list[str] = []
    body: list[str] | None = None
    in_asm = False
    looks = 0
    for line in text.split("\n"):
        if body is None:
            out.append(line)
            in_asm = line == "#APP" or (in_asm and line != "#NO_APP")
            if line == "\t.cfi_startproc" and not in_asm:
                body = []
        elif line == "\t.cfi_endproc":
            function = _Function(body, path, looks)
            out += function.rewritten()
            looks = function.looks
            out.append(line)
            body = None
        else:
            body.append(line)
    return text if body is not None else "\n".join(out)


@dataclass(slots=True)
class _Line:
    """One line of a function, and what becomes of it."""

    text: str
    """As the compiler wrote it."""
    group: int
    """Number of the run of lines that belong to one line of source."""
    new: list[str] | None = None
    """What stands there instead."""
    is_push: bool = False
    """It was a push, and only moves the stack pointer now."""

    @property
    def is_code(self) -> bool:
        """Whether there is an instruction."""
        return self.new != [] and self.text[:1] == "\t" and self.text[1:2] not in (".", "#", "")


class _Function:
    """The body of one function."""

    def __init__(self, body: Sequence[str], path: FastPath, looks: int) -> None:
        self._path = path
        self.looks = looks
        """How many stand in the file so far: their labels need names."""
        self._is_32_bit = path.word_bytes == 4
        self._ways_out: list[str] = []
        self._lines: list[_Line] = []
        self._instructions = [0]
        """How many each group has left."""
        source = ""
        for text in body:
            match = _LOC.match(text) if text.startswith("\t.loc") else None
            if match is not None and match[1] != source:
                source = match[1]
                self._instructions.append(0)
            line = _Line(text, len(self._instructions) - 1)
            self._instructions[-1] += line.is_code
            self._lines.append(line)

    def rewritten(self) -> list[str]:
        """Its new lines."""
        if not any(_ACCESS.match(line.text) for line in self._lines):
            return [line.text for line in self._lines]
        for stretch in list(self._stretches()):
            accesses = [i for i in stretch if _ACCESS.match(self._lines[i].text)]
            for at in accesses:
                self._inline(at, stretch, pays_for=len(accesses) if at == accesses[0] else 0)
            if accesses and self._is_32_bit:
                self._settle_stack(stretch)
        done = [text for line in self._lines for text in ([line.text] if line.new is None else line.new)]
        return [*done, *self._frame_of_ways_out(), *self._ways_out]

    def _frame_of_ways_out(self) -> list[str]:
        """Tell debuggers that the frame is there again, which the function has given up at its end."""
        register, word = (5, 4) if self._is_32_bit else (6, 8)
        texts = {line.text for line in self._lines}
        if f"\t.cfi_def_cfa_register {register}" not in texts:
            return []
        return [f"\t.cfi_def_cfa {register}, {2 * word}", f"\t.cfi_offset {register}, {-2 * word}"]

    def _stretches(self) -> Iterator[range]:
        """Lines that run all or none, in order: nothing jumps into their midst or out of it, and nothing there asks for the time."""
        first, in_asm = 0, False
        for i, line in enumerate(self._lines):
            text = line.text
            if text == "#APP":
                yield range(first, i)
                in_asm = True
            elif text == "#NO_APP":
                in_asm, first = False, i + 1
            elif not in_asm and _ends_stretch(text):
                yield range(first, i)
                first = i + 1
        if not in_asm:
            yield range(first, len(self._lines))

    # --- one access ---------------------------------------------------------------------------------------------------

    def _inline(self, at: int, stretch: range, *, pays_for: int) -> None:
        match = _ACCESS.match(self._lines[at].text)
        assert match is not None, "looked for"
        self._lines[at].new, ways_out = self._path.look(
            self._address_32(at, stretch) if self._is_32_bit else self._address_64(at, stretch),
            int(match[2]),
            f".Ldl_{self.looks}",
            is_store=match[1] == "write",
            pays_for=pays_for,
        )
        self._ways_out += ways_out
        self.looks += 1

    def _address_64(self, at: int, stretch: range) -> Address:
        return Address(register="rdi", again=self._computation(self._code_before(at, stretch), "%rdi", "%edi"))

    def _address_32(self, at: int, stretch: range) -> Address:
        """Where the address comes from that the call had on the stack; it doesn't go there any more."""
        previous = self._code_before(at, stretch)
        match = _ARGUMENT_32.match(self._lines[previous].text) if previous is not None else None
        if previous is None or match is None or "%esp" in (match[1] or match[2]):
            return Address(register="eax", before=("\tmovl\t(%esp), %eax",))
        line, source = self._lines[previous], match[1] or match[2]
        if match[1] is not None:
            line.is_push, line.new = True, ["\tleal\t-4(%esp), %esp"]
        else:
            self._drop(previous)
        if not _REGISTER_32.match(source):
            load = f"\tmovl\t{source}, %eax"
            return Address(register="eax", before=(load,), again="" if "%eax" in source else load)
        again = self._computation(self._code_before(previous, stretch), "%eax") if source == "%eax" else ""
        return Address(register=source[1:], again=again)

    def _computation(self, at: int | None, *names: str) -> str:
        """The instruction at `at` if it computes this register, and from something else; then it can do so again."""
        match = _COMPUTED.match(self._lines[at].text) if at is not None and self._lines[at].new is None else None
        if match is None or match[2] not in names or any(name in match[1] for name in names):
            return ""
        return match[0]

    def _code_before(self, at: int, stretch: range) -> int | None:
        return next((i for i in range(at - 1, stretch.start - 1, -1) if self._lines[i].is_code), None)

    # --- the 32-bit stack ---------------------------------------------------------------------------------------------

    def _settle_stack(self, stretch: range) -> None:
        """Drop what makes room for an argument and takes it away again."""
        opened: list[int] = []
        for i in stretch:
            line = self._lines[i]
            if line.text == "\tsubl\t$12, %esp":
                opened = [i]
            elif line.is_push and len(opened) == 1:
                opened.append(i)
            elif line.text == "\taddl\t$16, %esp" and len(opened) == 2:
                self._drop(*opened, i)
                opened = []
            elif line.text.startswith("\t.cfi_") or _uses_stack(line):
                opened = []

    def _drop(self, *places: int) -> None:
        """Drop these instructions, if every line of source keeps some: a breakpoint must find code."""
        groups = Counter(self._lines[at].group for at in places)
        if all(count < self._instructions[group] for group, count in groups.items()):
            for at in places:
                self._lines[at].new = []
                self._instructions[self._lines[at].group] -= 1


def _ends_stretch(text: str) -> bool:
    if text[:1] != "\t":
        return text[:1] not in ("", "#") and not _DEBUG_LABEL.match(text)
    if text[1:2] == ".":
        return bool(_SWITCHES.match(text))
    return bool(_LEAVES.match(text) and not _ACCESS.match(text)) or ";" in text


def _uses_stack(line: _Line) -> bool:
    return line.is_code and any(_STACK_32.search(text) for text in line.new or [line.text])
