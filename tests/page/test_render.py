"""The page as text: complete, escaped, small, the same every time."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dmalab.core.places import NOWHERE
from dmalab.options import Options
from dmalab.report.finding import Certainty, Finding, LineBytes, LinePart, Severity, Where
from dmalab.report.page import render_page
from dmalab.report.page.packing import pack_timeline, varints
from dmalab.report.page.sources import Excerpts
from dmalab.report.run import RunReport
from dmalab.runner import run_sources
from dmalab.trace.timeline import Lane, LaneKind, Timeline

from .conftest import EXAMPLES

EVIL = '</script><img src=x onerror="alert(1)">&\''


def evil_report() -> RunReport:
    """Every text that can come from firmware tries to break out."""
    finding = Finding(
        rule="stale-dma-read",
        severity=Severity.ERROR,
        certainty=Certainty.CERTAIN,
        message=EVIL,
        line=LineBytes(
            address=0x3C000018,
            size=32,
            cpu=b"\x01\x02" * 8,
            memory=b"\x01\x03" * 8,
            moved=b"\x01\x03" * 8,
            parts=(LinePart(address=0x3C000000, size=32, owner=EVIL),),
        ),
        where=(Where(role="stored", file=EVIL, line=1, function=EVIL, task=EVIL, time_ns=1),),
        fix=EVIL,
        notes=(EVIL,),
    )
    return RunReport(
        chip="esp32s3", api="idf", findings=(finding,), notes=(EVIL,), failure=EVIL, timeline=timeline(3, label=EVIL)
    )


def timeline(count: int, label: str = "runs") -> Timeline:
    """`count` events on two lanes."""
    start = np.arange(count, dtype=np.int64) * 1_000_000
    return Timeline(
        lanes=(Lane(LaneKind.TASK, "main"), Lane(LaneKind.CHANNEL, "AHB GDMA channel 0")),
        labels=(label, "waits"),
        sites=(NOWHERE,),
        start_ps=start,
        end_ps=start + 900_000,
        lane=(np.arange(count) % 2).astype(np.int32),
        label=(np.arange(count) % 2).astype(np.int32),
        site=np.zeros(count, dtype=np.int32),
        value=np.zeros(count, dtype=np.int64),
        dropped=0,
        duration_ps=count * 1_000_000,
    )


def test_nothing_from_firmware_reaches_the_page_unescaped() -> None:
    html = render_page([evil_report()], read_source=lambda _file: EVIL)
    assert "<img" not in html
    assert html.count("</script>") == 3


def test_the_same_reports_give_the_same_page() -> None:
    assert render_page([evil_report()]) == render_page([evil_report()])


def test_the_page_refers_to_nothing_outside_itself(page: str) -> None:
    assert not re.search(r"""(src|href)\s*=|url\(|@import|https?://""", page)


def test_wrong_bytes_and_line_borders_are_marked() -> None:
    html = render_page([evil_report()])
    row = re.search(r"CPU sees</th>(.*?)</tr>", html)
    assert row is not None
    cells = re.findall(r'<td class="([^"]*)">([0-9a-f]*)</td>', row[1])
    assert [text for _, text in cells[:2]] == ["01", "02"]
    assert "wrong" not in cells[0][0]
    assert "wrong" in cells[1][0]
    assert [i for i, (kind, _) in enumerate(cells) if "border" in kind] == [8]


def test_the_neighbour_in_a_shared_line_is_named() -> None:
    (report,) = run_sources(Options(sources=(EXAMPLES / "shared_line" / "bug.c",), chips=("esp32s3",), quiet=True))
    (finding,) = (each for each in report.findings if each.rule == "shared-line")
    assert finding.line is not None
    assert [(part.owner, part.size) for part in finding.line.parts] == [("packet", 4), ("", 16), ("stats", 12)]
    assert finding.line.parts[0].address % finding.line.size == 0
    html = render_page([report])
    assert re.findall(r'class="part( shown)?".*?>([^<]*) <small>(\d+)', html)[:3] == [
        ("", "packet", "4"),
        ("", "nobody&#39;s", "16"),
        (" shown", "stats", "12"),
    ]


def test_every_kind_of_lane_is_on_the_page_of_a_real_run(reports: list[RunReport]) -> None:
    for report in reports:
        packed = pack_timeline(report.timeline, Excerpts(lambda _file: None))
        assert packed is not None
        filled = {lane["kind"] for lane in packed["lanes"] if lane["count"]}
        assert filled == {"task", "interrupt", "channel", "bus", "sync", "line", "ownership"}
        names = [lane["name"] for lane in packed["lanes"]]
        assert len(set(names)) == len(names)


def test_a_hundred_thousand_events_stay_below_two_megabytes() -> None:
    report = RunReport(chip="esp32s3", api="idf", timeline=timeline(100_000))
    assert len(render_page([report]).encode()) < 2_000_000


def unpack(data: bytes) -> list[int]:
    """Independent reader of the format, one byte at a time."""
    values, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            values.append(value)
            value = shift = 0
    return values


@given(st.lists(st.integers(0, 2**63 - 1)))
def test_packed_integers_come_back(values: list[int]) -> None:
    assert unpack(varints(np.array(values, dtype=np.uint64))) == values


def test_lanes_are_packed_in_order_of_start() -> None:
    packed = pack_timeline(timeline(6), Excerpts(lambda _file: None))
    assert packed is not None
    lane = packed["lanes"][1]
    assert lane["count"] == 3
    assert unpack(base64.b64decode(lane["spans"])) == [1000, 900, 1, 0, 2000, 900, 1, 0, 2000, 900, 1, 0]
    json.dumps(packed)


def test_excerpts_show_the_lines_around_the_one_that_is_meant() -> None:
    excerpts = Excerpts(lambda _file: "a\nb\nc\n\td\ne\nf\ng\nh\n")
    assert [(line["number"], line["text"], line["hit"]) for line in excerpts.around("x.c", 4)] == [
        (1, "a", False),
        (2, "b", False),
        (3, "c", False),
        (4, "    d", True),
        (5, "e", False),
        (6, "f", False),
        (7, "g", False),
    ]
    assert excerpts.around("x.c", 99) == []
    assert excerpts.around("", 1) == []
    assert Excerpts(lambda _file: None).around("missing.c", 1) == []
