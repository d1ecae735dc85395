"""Short scripts on real chips."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dmalab import Machine
from dmalab.idf import AsyncMemcpy, EspErr, IdfError
from dmalab.report.run import RunReport

Main = Callable[[Machine], Awaitable[Any]]

S3, P4 = "esp32s3", "esp32p4"


def play(main: Main, chip: str = S3, **options: Any) -> RunReport:
    """Run a script on a fresh chip."""
    return Machine(chip, **options).run(main)


@contextmanager
def code(expected: EspErr, message: str = "") -> Iterator[None]:
    """The call inside returns this error, with this text where one is given."""
    with pytest.raises(IdfError) as caught:
        yield
    assert caught.value.code is expected, str(caught.value)
    if message:
        assert str(caught.value) == f"{expected.symbol}: {message}"


async def copy(machine: Machine, mcp: AsyncMemcpy, dst: Any, src: Any, n: int) -> None:
    """One copy, and wait for it."""
    done = machine.semaphore()
    mcp.memcpy(dst, src, n, lambda _event: done.give_from_isr())
    await done.take()


def serious(report: RunReport) -> list[str]:
    """What is an error or a warning, as `rule certainty`."""
    return [f"{one.rule} {one.certainty.value}" for one in report.findings if one.severity.value != "info"]
