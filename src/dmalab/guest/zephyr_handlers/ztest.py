"""Results of ztest and the program's own endings."""

from __future__ import annotations

from typing import Literal

from dmalab.core.clock import PS_PER_NS
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.report.run import CaseResult

calls = Handlers()

OUTCOMES: tuple[Literal["passed", "failed", "skipped"], ...] = ("passed", "failed", "skipped")


@calls.add
def ztest_begin(firmware: Firmware, suite: int, name: int, file: int, line: int) -> None:
    now = firmware.machine.clock.now_ps
    label = f"{firmware.string(suite)}.{firmware.string(name)}"
    firmware.state["test"] = (label, firmware.string(file), line, now)


@calls.add
def ztest_end(firmware: Firmware, outcome: int) -> None:
    name, file, line, began = firmware.state.pop("test")
    firmware.machine.tests.append(
        CaseResult(
            name=name,
            outcome=OUTCOMES[outcome],
            file=file,
            line=line,
            message=firmware.process.message().strip(),
            duration_ns=(firmware.machine.clock.now_ps - began) // PS_PER_NS,
        )
    )


@calls.add
def zephyr_fail(firmware: Firmware, assertion: int) -> None:
    text = firmware.process.message().strip()
    firmware.fail(text or "the firmware failed", assertion=bool(assertion))
