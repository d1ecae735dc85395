"""Data for the page's scripts: a timeline as columns of variable-length integers, and JSON that can stand inside a script element."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import numpy.typing as npt

from dmalab.report.page.sources import Excerpts
from dmalab.trace.timeline import LaneKind, Timeline

PS_PER_NS = 1000
_KINDS = {
    LaneKind.TASK: "task",
    LaneKind.INTERRUPT: "interrupt",
    LaneKind.CHANNEL: "channel",
    LaneKind.BUS: "bus",
    LaneKind.SYNC: "sync",
    LaneKind.LINES: "line",
    LaneKind.BUFFER: "ownership",
}
_SHOWS = {LaneKind.BUS: "bus load: ", LaneKind.LINES: "lines: ", LaneKind.BUFFER: "owner: "}
"""What stands in front of a lane's name where the name alone is that of a buffer or an engine."""


def script_json(data: Any) -> Any:
    """JSON that no text inside it can break out of a script element with."""
    from markupsafe import Markup

    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


def varints(values: npt.NDArray[np.uint64]) -> bytes:
    """Seven bits per byte, the lowest first; the top bit says that more follow."""
    if not len(values):
        return b""
    sizes = np.ones(len(values), dtype=np.int64)
    for bits in range(7, 64, 7):
        sizes += values >= np.uint64(1 << bits)
    ends = np.cumsum(sizes)
    out = np.zeros(int(ends[-1]), dtype=np.uint8)
    starts = ends - sizes
    for index in range(int(sizes.max())):
        here = sizes > index
        part = (values[here] >> np.uint64(7 * index)) & np.uint64(0x7F)
        part |= np.where(sizes[here] > index + 1, np.uint64(0x80), np.uint64(0))
        out[starts[here] + index] = part.astype(np.uint8)
    return out.tobytes()


def pack_timeline(timeline: Timeline | None, excerpts: Excerpts) -> dict[str, Any] | None:
    """What `timeline.js` reads; None for a run that was not traced."""
    if timeline is None:
        return None
    return {
        "labels": list(timeline.labels),
        "places": [
            {
                "label": f"{site.file}:{site.line} {site.function}".strip(" :0") if site.file else site.function,
                "lines": excerpts.around(site.file, site.line),
            }
            for site in timeline.sites
        ],
        "dropped": timeline.dropped,
        "lanes": [
            {"name": _SHOWS.get(lane.kind, "") + lane.name, "kind": _KINDS[lane.kind], **_pack_lane(timeline, number)}
            for number, lane in enumerate(timeline.lanes)
        ],
    }


def _pack_lane(timeline: Timeline, number: int) -> dict[str, Any]:
    mine = timeline.lane == number
    start = timeline.start_ps[mine] // PS_PER_NS
    end = timeline.end_ps[mine] // PS_PER_NS
    columns = np.empty((len(start), 4), dtype=np.uint64)
    columns[:, 0] = np.diff(start, prepend=0)
    columns[:, 1] = np.maximum(end - start, 0)
    columns[:, 2] = timeline.label[mine]
    columns[:, 3] = timeline.site[mine]
    return {"count": len(start), "spans": base64.b64encode(varints(columns.reshape(-1))).decode("ascii")}
