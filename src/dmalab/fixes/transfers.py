"""A transfer as the source tells it: what moves where, how its end is told, and how that looks from a caller."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from dmalab.fixes.source import Call, Function, Piece, Source, Statement

_CASTS = re.compile(r"^\s*(?:\(\s*(?:const\s+|volatile\s+|struct\s+|unsigned\s+)*\w+\s*\**\s*\)\s*)+(?=[\w&(])")
_WORD = re.compile(r"(?<![\w.>])[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Transfer:
    """One start of an engine in the source."""

    call: Call
    """The call that starts it."""
    statement: Statement
    """The statement that starts it, in `function`: the call's own, or that of a helper's call."""
    function: Function
    to: str = ""
    """Destination as an expression that is valid in `function`, without casts; empty where it can't be seen."""
    source: str = ""
    """Where the bytes come from, likewise."""
    size: str = ""
    """Bytes, likewise."""
    callback: str = ""
    """Name of the function that is called when it is over."""
    argument: str = ""
    """What that function is given, likewise."""
    length: Piece | None = None
    """The place that says how long it is, for a change there."""
    stop: str = ""
    """A call that ends it at once, likewise; empty where there is none."""
    prepared: Call | None = None
    """The call before that said what to move, where that is another one."""


def plain(text: str) -> str:
    """An expression without the casts in front of it."""
    return _CASTS.sub("", text.strip())


def base(text: str) -> str:
    """The name in an argument, without casts and address operators."""
    return plain(text).lstrip("&").strip()


def seen_from(source: Source, transfer: Transfer, function: Function) -> Transfer | None:
    """A transfer as a function sees it that starts it, itself or by one call of a helper.

    Returns:
        With expressions in the caller's words; None where the function does not start it, or starts it in more than one place.
        Expressions that name the helper's own variables become empty.
    """
    if transfer.function == function:
        return transfer
    helper = transfer.function
    calls = [call for call in source.calls(helper.name) if function.start <= call.start < function.end]
    if len(calls) != 1 or len(calls[0].arguments) != len(helper.parameters):
        return None
    statement = source.statement_at(calls[0].start)
    if statement is None:
        return None
    given = dict(zip(helper.parameters, (piece.text for piece in calls[0].arguments), strict=True))
    hidden = source.local_names(helper) - set(given)

    def translate(text: str) -> str:
        words = set(_WORD.findall(text))
        if words & hidden:
            return ""
        return _WORD.sub(lambda match: given.get(match[0], match[0]), text)

    return replace(
        transfer,
        statement=statement,
        function=function,
        to=translate(transfer.to),
        source=translate(transfer.source),
        size=translate(transfer.size),
        argument=translate(transfer.argument),
        length=_argument(transfer, calls[0]),
        stop=translate(transfer.stop),
    )


def _argument(transfer: Transfer, call: Call) -> Piece | None:
    """The argument of a helper's call that says how long the transfer is."""
    names = transfer.function.parameters
    return call.arguments[names.index(transfer.size)] if transfer.size in names else None
