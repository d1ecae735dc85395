"""Fixes for memory that is used or given up too early: a wait in the right place, or a buffer that lives longer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dmalab.fixes.anchors import Anchors
from dmalab.fixes.edit import Edit, Proposal, include, insert_before, remove_line, takes_insertion
from dmalab.fixes.source import Piece, Statement
from dmalab.fixes.transfers import Transfer, base
from dmalab.fixes.waits import change_places, wait_for, waits_for

_ZERO = re.compile(r"\s*=\s*\{\s*0?\s*\}\s*(?=;)")
_STRUCTURE = re.compile(r"((?:[A-Za-z_]\w*\s+)+)([A-Za-z_]\w*)\s*=\s*(\{.*\})\s*;", re.DOTALL)


def too_early(anchors: Anchors, transfer: Transfer, victim: Statement | None) -> Iterator[Proposal]:
    """Wait before a statement that touches the transfer's buffer, or let them change places."""
    seen = anchors.seen(transfer, victim) if victim is not None else None
    yield from wait_for(anchors, seen or transfer, victim)
    if victim is not None:
        yield from change_places(anchors, seen or transfer, victim)


def touched_in_flight(anchors: Anchors) -> Iterator[Proposal]:
    """Wait before the access, or before the second request."""
    transfer = anchors.transfer()
    if transfer is None:
        return
    yield from _after_time_out(anchors, transfer)
    for role in ("stored", "loaded", "then started"):
        victim = anchors.statement(role)
        if victim is not None:
            yield from too_early(anchors, transfer, victim)
            return


def freed_in_flight(anchors: Anchors) -> Iterator[Proposal]:
    """Wait before the block is freed, or stop the transfer. After a wait that gave up, only where that path passes."""
    transfer, victim = anchors.transfer(), anchors.statement("freed")
    if transfer is None or victim is None:
        return
    seen = anchors.seen(transfer, victim) or transfer
    yield from _after_time_out(anchors, seen)
    yield from _stop_first(anchors, seen, victim)
    waits = waits_for(anchors, seen)
    here = anchors.source.function_at(victim.start) == seen.function
    if waits is not None and not waits.elsewhere and not waits.takes and here and takes_insertion(victim):
        yield Proposal(
            summary="wait for the transfer before the block is freed",
            edits=(insert_before(anchors.source, victim, waits.line),),
        )
    yield from wait_for(anchors, seen, victim)
    if here and seen.stop and takes_insertion(victim):
        yield Proposal(
            summary="stop the transfer before the block is freed",
            edits=(insert_before(anchors.source, victim, seen.stop),),
        )


def used_while_running(anchors: Anchors) -> Iterator[Proposal]:
    """Stop a channel whose transfer was given up before it is used again."""
    transfer, victim = anchors.transfer("before"), anchors.statement("called")
    if transfer is None:
        return
    yield from _after_time_out(anchors, transfer)
    seen = anchors.seen(transfer, victim) if victim is not None else None
    if victim is not None and seen is not None and seen.stop and takes_insertion(victim):
        yield from _stop_first(anchors, seen, victim)
        yield Proposal(
            summary="stop the channel before it is used again",
            edits=(insert_before(anchors.source, victim, seen.stop),),
        )


def _after_time_out(anchors: Anchors, transfer: Transfer) -> Iterator[Proposal]:
    """Where a wait gave up, the transfer is stopped; or, with an API that can't stop one, waited for after all."""
    waits = waits_for(anchors, transfer)
    if waits is None or len(waits.takes) != 1 or waits.elsewhere:
        return
    (take,) = waits.takes
    if not anchors.dialect.gave_up.fullmatch(take.text) or take.start < transfer.statement.start:
        return
    if anchors.source.plain[take.end : take.end + 1] != "{":
        return
    at = take.end + 1
    indent = anchors.source.indent(take.start)
    step = "\t" if indent.startswith("\t") else "    "
    line = transfer.stop or waits.line
    summary = (
        "after the time-out, stop the transfer" if transfer.stop else "after the time-out, wait until the copy is over"
    )
    yield Proposal(summary=summary, edits=(Edit(at, at, f"\n{indent}{step}{line}"),))


def _stop_first(anchors: Anchors, transfer: Transfer, victim: Statement) -> Iterator[Proposal]:
    """The stop that comes too late in the same block moves up."""
    source = anchors.source
    function = source.function_at(victim.start)
    if not transfer.stop or function is None or not takes_insertion(victim):
        return
    late = [
        one
        for one in source.statements(function)
        if one.block == victim.block and one.start > victim.start and one.text == transfer.stop
    ]
    if len(late) == 1:
        yield Proposal(
            summary="stop the transfer first: the stop moves up",
            edits=(insert_before(source, victim, transfer.stop), remove_line(source, late[0])),
        )


def dead_stack(anchors: Anchors) -> Iterator[Proposal]:
    """Make the local array or transaction static, or wait in the function that owns it."""
    transfer = anchors.transfer()
    if transfer is None:
        return
    views = anchors.views(transfer)
    for seen in views:
        for name in dict.fromkeys((base(seen.source), base(seen.to))):
            array = anchors.array(name, seen.function)
            if array is not None and not re.match(r"static\b", array.text):
                yield from _static_array(anchors, name, array)
    for argument in transfer.call.arguments:
        structure = anchors.structure(base(argument.text), transfer.function)
        if argument.text.startswith("&") and structure is not None:
            yield from _static_structure(anchors, base(argument.text), structure)
    for seen in views:
        yield from wait_for(anchors, seen, None)


def _static_array(anchors: Anchors, name: str, array: Piece) -> Iterator[Proposal]:
    initialised = "=" in anchors.source.plain[array.start : array.end].split("]", 1)[1].replace("==", "")
    zero = _ZERO.search(array.text)
    if not initialised:
        yield Proposal(summary=f"keep '{name}' for good: static", edits=(Edit(array.start, array.start, "static "),))
    elif zero is not None:
        # A static is set once only, so what the initialiser did on every call becomes a statement.
        indent = anchors.source.indent(array.start)
        text = f"static {array.text[: zero.start()]};\n{indent}memset({name}, 0, sizeof({name}));"
        yield Proposal(
            summary=f"keep '{name}' for good: static, cleared on every call",
            edits=(*include(anchors.source, "<string.h>"), Edit(array.start, array.end, text)),
        )


def _static_structure(anchors: Anchors, name: str, structure: Piece) -> Iterator[Proposal]:
    """`T x = {…};` becomes `static T x; x = (T){…};`, so that it is set on every call as before."""
    match = _STRUCTURE.fullmatch(structure.text)
    if match is None or match[1].split()[0] in ("static", "const"):
        return
    kind = match[1].strip()
    text = f"static {kind} {name};\n{anchors.source.indent(structure.start)}{name} = ({kind}){match[3]};"
    yield Proposal(
        summary=f"keep '{name}' for good: static, set on every call",
        edits=(Edit(structure.start, structure.end, text),),
    )
