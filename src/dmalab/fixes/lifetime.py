"""Fixes for memory that is used or given up too early: a wait in the right place, or a buffer that lives longer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dmalab.fixes.anchors import Anchors, Copy
from dmalab.fixes.edit import Edit, Proposal, include, insert_after, insert_before, remove_line, takes_insertion
from dmalab.fixes.source import Statement

_ZERO = re.compile(r"\s*=\s*\{\s*0?\s*\}\s*(?=;)")
_FOR_EVER = re.compile(r"(?:\(void\)\s*)?xSemaphoreTake\s*\([^;]*,\s*portMAX_DELAY\s*\)\s*;")
_GAVE_UP = re.compile(
    r"if\s*\(\s*(?:!\s*xSemaphoreTake\s*\([^;{}]*\)"
    r"|xSemaphoreTake\s*\([^;{}]*\)\s*(?:!=\s*pd(?:TRUE|PASS)|==\s*pdFALSE))\s*\)\s*"
)


@dataclass(frozen=True, slots=True)
class _Wait:
    """Everything that is known about the waits for one copy."""

    semaphore: str
    takes: tuple[Statement, ...]
    """Statements that take it, in the function that starts the copy."""
    elsewhere: bool
    """Whether other functions take a semaphore of that name, or several copies share it: then waits can't be counted."""

    @property
    def line(self) -> str:
        """A wait for ever."""
        return f"xSemaphoreTake({self.semaphore}, portMAX_DELAY);"


def _wait(anchors: Anchors, copy: Copy) -> _Wait | None:
    semaphore = anchors.semaphore(copy)
    if semaphore is None:
        return None
    source = anchors.source
    takes, elsewhere = [], False
    for call in source.calls("xSemaphoreTake"):
        statement = source.statement_at(call.start)
        if not call.arguments or call.arguments[0].text != semaphore or statement is None:
            continue
        if source.function_at(call.start) == copy.function:
            takes.append(statement)
        else:
            elsewhere = True
    # A semaphore that is handed over tells copies apart by their argument, one of the file by their callback.
    index = 5 if semaphore == copy.call.arguments[5].text else 4
    mark = copy.call.arguments[index].text
    copies = [call for call in source.calls("esp_async_memcpy") if len(call.arguments) == 6]
    sharing = [call for call in copies if call.arguments[index].text == mark]
    return _Wait(semaphore, tuple(takes), elsewhere or len(sharing) != 1)


def wait_for(anchors: Anchors, copy: Copy, victim: Statement | None) -> Iterator[Proposal]:
    """Wait for a copy before a statement, where the semaphore that its callback gives can be seen.

    The wait that is there moves up within its block, so that it is passed as often as before; where the semaphore is never taken, a wait
    is added. Anything else would change how many waits there are for one completion, which no single run can prove.
    """
    wait = _wait(anchors, copy)
    if wait is None or wait.elsewhere:
        return
    source, start = anchors.source, copy.statement
    if not wait.takes:
        if takes_insertion(start) and start.text.endswith(";"):
            yield Proposal(
                summary="wait for the copy right after its start", edits=(insert_after(source, start, wait.line),)
            )
        return
    if len(wait.takes) != 1 or not _FOR_EVER.fullmatch(wait.takes[0].text):
        return
    (take,) = wait.takes
    if take.start < start.start:
        return
    if (
        victim is not None
        and start.start < victim.start < take.start
        and victim.block == take.block
        and takes_insertion(victim)
    ):
        yield Proposal(
            summary="wait for the copy before its buffer is touched: the wait moves up",
            edits=(insert_before(source, victim, wait.line), remove_line(source, take)),
        )
    if start.block == take.block and takes_insertion(start) and start.text.endswith(";"):
        yield Proposal(
            summary="wait for the copy right after its start: the wait moves up",
            edits=(insert_after(source, start, wait.line), remove_line(source, take)),
        )


def touched_in_flight(anchors: Anchors) -> Iterator[Proposal]:
    """Wait before the access, or before the second request."""
    copy = anchors.copy()
    if copy is None:
        return
    for role in ("stored", "loaded", "then started"):
        victim = anchors.statement(role)
        if victim is not None:
            yield from wait_for(anchors, copy, victim)
            return


def freed_in_flight(anchors: Anchors) -> Iterator[Proposal]:
    """Wait before the block is freed. After a wait that gave up, one without end, where only that path passes."""
    copy, victim = anchors.copy(), anchors.statement("freed")
    wait = _wait(anchors, copy) if copy is not None else None
    if copy is None or victim is None or wait is None or wait.elsewhere:
        return
    if wait.takes:
        (first, *more) = wait.takes
        if not more and _GAVE_UP.fullmatch(first.text) and first.start < victim.start:
            at = anchors.source.plain.index("{", first.end) + 1
            indent = anchors.source.indent(first.start)
            yield Proposal(
                summary="after the time-out, wait until the copy is over",
                edits=(Edit(at, at, f"\n{indent}    {wait.line}"),),
            )
    elif anchors.source.function_at(victim.start) == copy.function and takes_insertion(victim):
        yield Proposal(
            summary="wait for the copy before the block is freed",
            edits=(insert_before(anchors.source, victim, wait.line),),
        )
    yield from wait_for(anchors, copy, victim)


def dead_stack(anchors: Anchors) -> Iterator[Proposal]:
    """Make the local array static, or wait in the function that owns it."""
    copy = anchors.copy()
    if copy is None:
        return
    for name in (copy.source, copy.to):
        array = anchors.array(name.lstrip("&"), copy.function)
        if array is None or re.match(r"static\b", array.text):
            continue
        initialised = "=" in anchors.source.plain[array.start : array.end].split("]", 1)[1].replace("==", "")
        zero = _ZERO.search(array.text)
        if not initialised:
            yield Proposal(
                summary=f"keep '{name}' for good: static", edits=(Edit(array.start, array.start, "static "),)
            )
        elif zero is not None:
            # A static is set once only, so what the initialiser did on every call becomes a statement.
            indent = anchors.source.indent(array.start)
            text = f"static {array.text[: zero.start()]};\n{indent}memset({name}, 0, sizeof({name}));"
            yield Proposal(
                summary=f"keep '{name}' for good: static, cleared on every call",
                edits=(*include(anchors.source, "<string.h>"), Edit(array.start, array.end, text)),
            )
    yield from wait_for(anchors, copy, None)
