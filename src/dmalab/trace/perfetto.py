"""A timeline as a Perfetto trace: a process per chip, a group of tracks per kind of lane, a track per lane.

For ui.perfetto.dev. Step functions become counters, everything else slices, or instants where nothing lasts. Findings
are instants on a track of their own. Every event carries its source place. Perfetto counts nanoseconds, so times are
rounded down to them.
Source: Perfetto's protos/perfetto/trace (trace_packet.proto, track_event/*.proto, interned_data.proto), release v59.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum

from dmalab.core.clock import PS_PER_NS
from dmalab.core.places import NOWHERE, Site
from dmalab.report.finding import Finding
from dmalab.report.run import RunReport
from dmalab.report.sarif import culprit
from dmalab.trace.layers import layers
from dmalab.trace.protobuf import message, number, text
from dmalab.trace.timeline import Event, Lane, LaneKind, Timeline

SEQUENCE = 1
"""Everything is written by one writer."""
_VALUE_WORDS = {
    LaneKind.CHANNEL: "bytes moved",
    LaneKind.SYNC: "bytes",
    LaneKind.LINES: "dirty lines",
    LaneKind.BUFFER: "bytes",
}
_NO_MERGE = 2
_EXPLICIT_ORDER = 3


class _Packet:
    """Field numbers of TracePacket."""

    TIMESTAMP, SEQUENCE_ID, TRACK_EVENT, INTERNED, FLAGS, TRACK = 8, 10, 11, 12, 13, 60


class _Event:
    """Field numbers of TrackEvent."""

    ANNOTATION, TYPE, NAME_IID, TRACK_UUID, COUNTER_VALUE, SOURCE_IID = 4, 9, 10, 11, 30, 34


class _Type(IntEnum):
    BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4


_PACKET = 1  # the only field of Trace
_STATE_CLEARED, _NEEDS_STATE = 1, 2
_HEAD = number(_Packet.SEQUENCE_ID, SEQUENCE)


def to_perfetto(reports: Sequence[RunReport]) -> bytes:
    """The trace of these runs, one process each. Runs without a timeline have their findings only."""
    writer = _Writer()
    for index, report in enumerate(reports):
        writer.run(index, report)
    return b"".join(writer.packets())


class _Writer:
    """Numbers names, places and tracks; keeps what is timed until the end, to sort it."""

    def __init__(self) -> None:
        self._tracks: list[bytes] = []
        self._uuid = 0
        self._names: dict[str, int] = {}
        self._sites: dict[Site, int] = {}
        self._timed: list[tuple[int, bytes]] = []
        self._encoded: dict[tuple[int, _Type, bytes], bytes] = {}

    # -- tracks ------------------------------------------------------------------------------------------------------

    def _track(self, name: str, parent: int, rank: int, *extra: bytes) -> int:
        self._uuid += 1
        parts = [number(1, self._uuid)]
        if name:
            parts.append(text(2, name))
        if parent:
            parts += [number(5, parent), number(12, rank)]
        self._tracks.append(message(_Packet.TRACK, *parts, number(15, _NO_MERGE), *extra))
        return self._uuid

    def run(self, index: int, report: RunReport) -> None:
        """Add one run."""
        title = " ".join(filter(None, (report.chip, report.api, report.idf)))
        process = message(3, number(1, index + 1), text(6, title))
        root = self._track("", 0, 0, process, number(11, _EXPLICIT_ORDER))
        if report.findings:
            self._findings(self._track("findings", root, 0), report.findings)
        if report.timeline is None:
            return
        by_lane: dict[Lane, list[Event]] = {lane: [] for lane in report.timeline.lanes}
        for event in report.timeline.events():
            by_lane[event.lane].append(event)
        groups: dict[LaneKind, int] = {}
        for rank, (lane, events) in enumerate(by_lane.items()):
            if lane.kind not in groups:
                order = number(11, _EXPLICIT_ORDER)
                groups[lane.kind] = self._track(lane.kind.value, root, len(groups) + 1, order)
            if lane.unit:
                counter = message(8, text(6, lane.unit))
                self._counter(self._track(lane.name, groups[lane.kind], rank, counter), events, report.timeline)
            else:
                self._slices(lane, groups[lane.kind], rank, events)

    # -- events ------------------------------------------------------------------------------------------------------

    def _slices(self, lane: Lane, group: int, rank: int, events: Sequence[Event]) -> None:
        tracks: dict[int, int] = {}
        places = layers([(event.start_ps, event.end_ps) for event in events])
        for layer in sorted(set(places)):
            tracks[layer] = self._track(lane.name if not layer else f"{lane.name} ({layer + 1})", group, rank)
        word = _VALUE_WORDS.get(lane.kind)
        known: dict[tuple[str, Site, int], bytes] = {}
        for event, layer in zip(events, places, strict=True):
            track = tracks[layer]
            key = event.label, event.site, event.value
            details = known.get(key)
            if details is None:
                details = self._details(event.label, event.site) + (_annotation(word, event.value) if word else b"")
                known[key] = details
            if event.end_ps == event.start_ps:
                self._at(event.start_ps, track, _Type.INSTANT, details)
            else:
                self._at(event.start_ps, track, _Type.BEGIN, details)
                self._at(event.end_ps, track, _Type.END)

    def _counter(self, track: int, events: Sequence[Event], timeline: Timeline) -> None:
        """A step function; 0 wherever it has no event."""
        until = 0
        for event in events:
            if event.start_ps > until:
                self._at(until, track, _Type.COUNTER, number(_Event.COUNTER_VALUE, 0))
            self._at(event.start_ps, track, _Type.COUNTER, number(_Event.COUNTER_VALUE, event.value))
            until = event.end_ps
        if until < timeline.duration_ps:
            self._at(until, track, _Type.COUNTER, number(_Event.COUNTER_VALUE, 0))

    def _findings(self, track: int, findings: Sequence[Finding]) -> None:
        for finding in findings:
            where = culprit(finding)
            site = Site(where.file, where.line, where.function) if where is not None else NOWHERE
            details = self._details(finding.rule, site)
            for word, value in (
                ("severity", finding.severity.value),
                ("message", finding.message),
                ("fix", finding.fix),
            ):
                details += _annotation(word, value) if value else b""
            self._at(finding.time_ns * PS_PER_NS, track, _Type.INSTANT, details)

    def _details(self, name: str, site: Site) -> bytes:
        details = number(_Event.NAME_IID, self._names.setdefault(name, len(self._names) + 1))
        if site.file:
            details += number(_Event.SOURCE_IID, self._sites.setdefault(site, len(self._sites) + 1))
        return details

    def _at(self, time_ps: int, track: int, kind: _Type, details: bytes = b"") -> None:
        packet = self._encoded.get((track, kind, details))
        if packet is None:
            event = message(_Packet.TRACK_EVENT, number(_Event.TYPE, kind), number(_Event.TRACK_UUID, track), details)
            packet = self._encoded[track, kind, details] = _HEAD + number(_Packet.FLAGS, _NEEDS_STATE) + event
        self._timed.append((time_ps // PS_PER_NS, packet))

    # -- the file ----------------------------------------------------------------------------------------------------

    def packets(self) -> Iterator[bytes]:
        """The packets of the trace: names and places first, then tracks, then events in the order of time."""
        interned = [message(2, number(1, iid), text(2, name)) for name, iid in self._names.items()]
        interned += [
            message(4, number(1, iid), text(2, site.file), text(3, site.function), number(4, site.line))
            for site, iid in self._sites.items()
        ]
        yield message(_PACKET, _HEAD, number(_Packet.FLAGS, _STATE_CLEARED), message(_Packet.INTERNED, *interned))
        for track in self._tracks:
            yield message(_PACKET, _HEAD, track)
        # Sorting keeps the order of equal times: an event on a track ends before the next one begins.
        for time_ns, packet in sorted(self._timed, key=lambda timed: timed[0]):
            yield message(_PACKET, number(_Packet.TIMESTAMP, time_ns), packet)


def _annotation(name: str, value: str | int) -> bytes:
    return message(_Event.ANNOTATION, text(10, name), text(6, value) if isinstance(value, str) else number(4, value))
