"""Short scripts on real chips, and findings in words that don't change with the layout of the heap.

A line of a script that plays a part carries its name in a comment, as in `buffer.write(b"x")  # (late store)`. `Scene.told` puts
that name where the finding has file and line, and buffer names where it has addresses.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Awaitable, Callable
from typing import Any

from dmalab import Machine
from dmalab.core.machine import Buffer
from dmalab.idf.gdma_link import LinkList, Mount, node_count
from dmalab.report.finding import Finding
from dmalab.report.run import RunReport

S3, P4 = "esp32s3", "esp32p4"


class Scene:
    """A chip with named buffers, and an engine pair that copies without looking after any cache."""

    def __init__(self, chip: str = S3, **options: Any) -> None:
        self.machine = Machine(chip, **options)
        self.report: RunReport | None = None
        self._buffers: dict[str, Buffer] = {}
        self._pair: Any = None

    def alloc(self, name: str, size: int, caps: int, *, align: int = 0) -> Any:
        """A buffer with a name."""
        buffer = self.machine.heap.alloc(size, caps, align=align)
        self._buffers[name] = buffer
        return buffer

    def play(self, main: Callable[[Machine], Awaitable[Any]]) -> list[str]:
        """Run a script; what is an error or a warning, as `rule certainty`."""
        self.report = self.machine.run(main)
        return [f"{one.rule} {one.certainty.value}" for one in self.report.findings if one.severity.value != "info"]

    # -- the bare engine ---------------------------------------------------------------------------------------------

    def start(self, dst: Any, src: Any, n: int) -> Any:
        """Begin a copy without any maintenance; returns a semaphore that is given at its end."""
        machine = self.machine
        engine = machine.engines.get("axi_gdma") or machine.engines["ahb_gdma"]
        if self._pair is None:
            self._pair = engine.allocate_pair(for_copy=True)
            for channel in (self._pair.rx, self._pair.tx):
                channel.move("connect")
                channel.owner_check = True
        align = engine.facts.descriptor_align
        to = dst if isinstance(dst, int) else dst.address
        source = src if isinstance(src, int) else src.address
        lists = [LinkList(machine, node_count(n, 1), item_align=align, buffer_align=1) for _ in range(2)]
        lists[0].mount(0, [Mount(address=source, size=n, mark_eof=True, mark_final=True)])
        lists[1].mount(0, [Mount(address=to, size=n, mark_final=True)])
        done = machine.semaphore()
        self._pair.rx.on_eof = lambda _descriptor: done.give_from_isr()
        engine.start(self._pair.rx, lists[1].head)
        engine.start(self._pair.tx, lists[0].head)
        return done

    async def copy(self, dst: Any, src: Any, n: int) -> None:
        """Copy without any maintenance, and wait."""
        await self.start(dst, src, n).take()

    # -- words -------------------------------------------------------------------------------------------------------

    def found(self, rule: str) -> list[Finding]:
        """The findings of one rule."""
        assert self.report is not None
        return [one for one in self.report.findings if one.rule == rule]

    def told(self, rule: str) -> str:
        """The one finding of a rule, whole."""
        (one,) = self.found(rule)
        lines = [f"{one.severity.value} {one.certainty.value}, seen {one.count} x", one.message]
        for where in one.where:
            note = f": {where.note}" if where.note else ""
            lines.append(f"{where.role} ({_name_of(where.file, where.line)}) in {where.function} by {where.task}{note}")
        lines.append(f"fix {one.fix}")
        lines += [f"note {note}" for note in one.notes]
        return self._without_numbers("\n".join(lines))

    def _without_numbers(self, text: str) -> str:
        text = re.sub(r"0x[0-9a-f]{8}", lambda match: self._address(int(match[0], 16)), text)
        return re.sub(r"(test_\w+\.py):(\d+)", lambda match: f"({_name_at(match[1], int(match[2]))})", text)

    def _address(self, address: int) -> str:
        best = [
            (name, address - one.address)
            for name, one in self._buffers.items()
            if 0 <= address - one.address <= one.size + 64
        ]
        if not best:
            return "ADDRESS"
        name, offset = min(best, key=lambda item: item[1])
        return f"{name}+{offset}"


_FILES: dict[str, str] = {}


def _name_of(file: str, line: int) -> str:
    _FILES[file.rpartition("/")[2]] = file
    found = re.search(r"# \(([\w ]+)\)", linecache.getline(file, line))
    return found[1] if found else f"{file}:{line}"


def _name_at(base: str, line: int) -> str:
    return _name_of(_FILES.get(base, base), line)
