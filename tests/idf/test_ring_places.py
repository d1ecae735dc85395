"""The ring driver (v4.4 to v5.1) starts its channels once, yet a finding names the request it is about."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from dmalab import Machine, idf


@pytest.mark.parametrize("release", ["v4.4", "v5.1"])
def test_each_of_several_queued_requests_is_known_by_its_own_line(release: str) -> None:
    machine = Machine("esp32s3", idf=release)
    lines: list[int] = []

    async def main(m: Any) -> None:
        def here() -> int:
            frame = inspect.currentframe()
            assert frame is not None
            assert frame.f_back is not None
            return frame.f_back.f_lineno

        sources = [m.heap.alloc(256, idf.MALLOC_CAP_SPIRAM, align=32) for _ in range(3)]
        target = m.heap.alloc(768, idf.MALLOC_CAP_DMA, align=32)
        done = m.semaphore()
        with idf.AsyncMemcpy.install(m) as mcp:
            for source in sources:
                source.write(b"\x11" * 256)
            mcp.memcpy(target.slice(0, 256), sources[0], 256)
            lines.append(here() - 1)
            mcp.memcpy(target.slice(256, 256), sources[1], 256)
            lines.append(here() - 1)
            mcp.memcpy(target.slice(512, 256), sources[2], 256, lambda _event: done.give_from_isr())
            lines.append(here() - 1)
            await done.take()

    report = machine.run(main)
    stale = [finding for finding in report.findings if finding.rule == "stale-dma-read"]
    assert [where.line for finding in stale for where in finding.where if where.role == "started"] == lines
    assert len(stale) == 3
    assert all(finding.fix.startswith("before ") for finding in stale), (
        "stored before the request: the fix is a write-back"
    )
