"""The waits for one transfer in the source, where they can be counted, and the changes that put one in the right place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dmalab.fixes.anchors import Anchors
from dmalab.fixes.edit import Edit, Proposal, insert_after, insert_before, remove_line, swap, takes_insertion
from dmalab.fixes.source import Statement
from dmalab.fixes.transfers import Transfer


@dataclass(frozen=True, slots=True)
class Waits:
    """Everything that is known about the waits for one transfer."""

    semaphore: str
    line: str
    """A wait for ever."""
    takes: tuple[Statement, ...]
    """Statements that take the semaphore, in the function that starts the transfer."""
    elsewhere: bool
    """Whether other functions take a semaphore of that name, or several transfers share it: then waits can't be counted."""


def waits_for(anchors: Anchors, transfer: Transfer) -> Waits | None:
    """The waits for a transfer; None where its semaphore can't be seen."""
    semaphore = anchors.semaphore(transfer)
    if semaphore is None:
        return None
    source, dialect = anchors.source, anchors.dialect
    takes, elsewhere = [], False
    for call in source.calls(dialect.take):
        statement = source.statement_at(call.start)
        if not call.arguments or call.arguments[0].text != semaphore or statement is None:
            continue
        if source.function_at(call.start) == transfer.function:
            takes.append(statement)
        else:
            elsewhere = True
    line = f"{dialect.take}({semaphore}, {dialect.forever});"
    return Waits(semaphore, line, tuple(takes), elsewhere or _shared(anchors, transfer, semaphore))


def _shared(anchors: Anchors, transfer: Transfer, semaphore: str) -> bool:
    """A semaphore that is handed over tells transfers apart by their argument, one of the file by their callback."""
    handed = semaphore == transfer.argument
    return (
        sum(
            seen.argument == transfer.argument if handed else seen.callback == transfer.callback
            for seen in anchors.started_by(transfer.function)
        )
        != 1
    )


def wait_for(anchors: Anchors, transfer: Transfer, victim: Statement | None) -> Iterator[Proposal]:
    """Wait for a transfer before a statement, where the semaphore that its callback gives can be seen.

    The wait that is there moves, so that it is passed as often as before; where the semaphore is never taken, a wait is added.
    Anything else would change how many waits there are for one completion, which no single run can prove.
    """
    waits = waits_for(anchors, transfer)
    if waits is None or waits.elsewhere:
        return
    source, start = anchors.source, transfer.statement
    behind = takes_insertion(start) and start.text.endswith(";")
    if not waits.takes:
        if behind:
            yield Proposal(
                summary="wait for the transfer right after its start", edits=(insert_after(source, start, waits.line),)
            )
        return
    if len(waits.takes) != 1 or not anchors.dialect.waits_for_ever.fullmatch(waits.takes[0].text):
        return
    (take,) = waits.takes
    if take.start < start.start:
        return
    if (
        victim is not None
        and start.start < victim.start < take.start
        and victim.block == take.block
        and takes_insertion(victim)
    ):
        yield Proposal(
            summary="wait for the transfer before its buffer is touched: the wait moves up",
            edits=(insert_before(source, victim, waits.line), remove_line(source, take)),
        )
    if behind and start.block == take.block:
        yield Proposal(
            summary="wait for the transfer right after its start: the wait moves up",
            edits=(insert_after(source, start, waits.line), remove_line(source, take)),
        )
    elif behind:
        yield from _join_loops(anchors, start, take, waits.line)


def _join_loops(anchors: Anchors, start: Statement, take: Statement, line: str) -> Iterator[Proposal]:
    """Starts in one loop and nothing but waits in another that runs as often: each lap waits for its own."""
    source = anchors.source
    first, second = source.header(start), source.header(take)
    if first is None or second is None or first.block != second.block:
        return
    if first.text != second.text or not first.text.startswith("for"):
        return
    end = source.block_end(take)
    inside = source.plain[take.block : end - 1].strip()
    if inside != take.text.strip():
        return
    begin = source.text.rfind("\n", 0, second.start) + 1
    stop = source.text.find("\n", end) + 1 or len(source.text)
    yield Proposal(
        summary="wait for each transfer in the loop that starts it",
        edits=(insert_after(source, start, line), Edit(begin, stop, "")),
    )


def change_places(anchors: Anchors, transfer: Transfer, victim: Statement) -> Iterator[Proposal]:
    """The access behind the wait that follows it, or in front of the start that it follows."""
    source = anchors.source
    function = source.function_at(victim.start)
    if function is None or not _is_simple(victim):
        return
    block = [one for one in source.statements(function) if one.block == victim.block]
    at = block.index(victim)
    behind = block[at + 1] if at + 1 < len(block) else None
    before = block[at - 1] if at else None
    waits = [call for name in anchors.dialect.waits for call in source.calls(name)]
    if (
        behind is not None
        and any(behind.start <= call.start < behind.end for call in waits)
        and _between(source.plain, victim, behind)
    ):
        yield Proposal(
            summary="touch the buffer behind the wait, not in front of it", edits=swap(source, victim, behind)
        )
    if before is not None and _starts(anchors, before, transfer) and _between(source.plain, before, victim):
        yield Proposal(
            summary="touch the buffer before it is handed over, not after", edits=swap(source, before, victim)
        )


def _starts(anchors: Anchors, statement: Statement, transfer: Transfer) -> bool:
    """Whether a simple statement starts the transfer, itself or by its helper."""
    helpers = anchors.source.calls(transfer.function.name)
    calls = (transfer.call, *helpers)
    return _is_simple(statement) and any(statement.start <= call.start < statement.end for call in calls)


def _between(plain: str, first: Statement, second: Statement) -> bool:
    """Whether nothing but white space and comments stands between two statements."""
    return not plain[first.end : second.start].strip()


def _is_simple(statement: Statement) -> bool:
    """A statement that is no jump and no head of a block."""
    return takes_insertion(statement) and statement.text.endswith(";") and not statement.text.startswith("static")
