"""Perfetto traces, read back with the published package."""

from collections import defaultdict
from dataclasses import replace

import pytest
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TrackEvent

from dmalab.report.finding import Certainty, Finding, Severity, Where
from dmalab.report.run import RunReport
from dmalab.trace.perfetto import to_perfetto
from dmalab.trace.timeline import LaneKind

from .scenes import copies, traced

FINDING = Finding(
    rule="stale-dma-read",
    severity=Severity.ERROR,
    certainty=Certainty.CERTAIN,
    message="old bytes ✗",
    time_ns=1_234,
    where=(Where(role="started", file="a.c", line=7, function="go", task="main"),),
    fix="at a.c:7: think",
)


class Read:
    """A trace as its reader sees it."""

    def __init__(self, data):
        self.trace = Trace()
        self.trace.ParseFromString(data)
        self.tracks = {}
        self.names, self.places = {}, {}
        self.events = defaultdict(list)
        self.times = []
        for packet in self.trace.packet:
            assert packet.trusted_packet_sequence_id == 1
            for name in packet.interned_data.event_names:
                self.names[name.iid] = name.name
            for place in packet.interned_data.source_locations:
                self.places[place.iid] = (place.file_name, place.line_number, place.function_name)
            if packet.HasField("track_descriptor"):
                self.tracks[packet.track_descriptor.uuid] = packet.track_descriptor
            if packet.HasField("track_event"):
                self.times.append(packet.timestamp)
                self.events[packet.track_event.track_uuid].append((packet.timestamp, packet.track_event))

    def path(self, uuid):
        track = self.tracks[uuid]
        if not track.HasField("parent_uuid"):
            return (track.process.process_name,)
        return (*self.path(track.parent_uuid), track.name)

    def slices(self, *path):
        """`(start, end, name, place)` of the slices of a track."""
        (uuid,) = [uuid for uuid in self.tracks if self.path(uuid) == path]
        result, opened = [], None
        for time, event in self.events[uuid]:
            if event.type == TrackEvent.TYPE_SLICE_BEGIN:
                assert opened is None
                opened = time, self.names[event.name_iid], self.places.get(event.source_location_iid)
            elif event.type == TrackEvent.TYPE_SLICE_END:
                result.append((opened[0], time, *opened[1:]))
                opened = None
        assert opened is None
        return result


@pytest.fixture(scope="module")
def reports():
    return [replace(traced(), findings=(FINDING,)), traced(copies, "esp32s3")]


def test_every_event_is_there_with_its_time_and_place(reports):
    read = Read(to_perfetto(reports))
    assert read.times == sorted(read.times)
    for report, process in zip(reports, ("esp32p4 idf v5.5", "esp32s3 idf v5.5"), strict=True):
        for lane in report.timeline.lanes:
            if lane.unit or lane.kind is LaneKind.BUFFER:
                continue
            assert read.slices(process, lane.kind.value, lane.name) == [
                (
                    event.start_ps // 1000,
                    event.end_ps // 1000,
                    event.label,
                    (event.site.file, event.site.line, event.site.function) if event.site.file else None,
                )
                for event in report.timeline.events()
                if event.lane == lane and event.end_ps > event.start_ps
            ]


def test_step_functions_are_counters(reports):
    read = Read(to_perfetto(reports[:1]))
    (uuid,) = [uuid for uuid in read.tracks if read.path(uuid)[1:] == ("bus load", "AXI GDMA")]
    assert read.tracks[uuid].counter.unit_name == "kB/s"
    values = [(time, event.counter_value) for time, event in read.events[uuid]]
    expected = [(0, 0)]
    for event in reports[0].timeline.of(LaneKind.BUS):
        expected += [(event.start_ps // 1000, event.value), (event.end_ps // 1000, 0)]
    assert values == expected


def test_findings_are_instants_with_their_words(reports):
    read = Read(to_perfetto(reports))
    (uuid,) = [uuid for uuid in read.tracks if read.path(uuid) == ("esp32p4 idf v5.5", "findings")]
    ((time, event),) = read.events[uuid]
    assert (time, event.type) == (1_234, TrackEvent.TYPE_INSTANT)
    assert read.names[event.name_iid] == "stale-dma-read"
    assert read.places[event.source_location_iid] == ("a.c", 7, "go")
    assert {one.name: one.string_value for one in event.debug_annotations} == {
        "severity": "error",
        "message": "old bytes ✗",
        "fix": "at a.c:7: think",
    }


def test_values_have_names(reports):
    read = Read(to_perfetto(reports[:1]))
    found = {
        (read.path(uuid)[1], one.name, one.int_value)
        for uuid, events in read.events.items()
        for _, event in events
        for one in event.debug_annotations
        if one.HasField("int_value")
    }
    assert ("channel", "bytes moved", 256) in found
    assert ("buffer", "bytes", 256) in found
    assert {name for _, name, _ in found} == {"bytes moved", "bytes", "dirty lines"}


def test_overlapping_owners_get_tracks_of_their_own():
    async def main(machine):
        from dmalab import idf

        source = machine.heap.alloc(16384, caps=idf.MALLOC_CAP_INTERNAL | idf.MALLOC_CAP_DMA)
        targets = [machine.heap.alloc(16384, caps=idf.MALLOC_CAP_INTERNAL | idf.MALLOC_CAP_DMA) for _ in range(2)]
        with idf.AsyncMemcpy.install(machine) as mcp:
            for target in targets:
                mcp.memcpy(target, source, 16384)
            await machine.sleep_us(5000)

    report = traced(main, "esp32s3")
    read = Read(to_perfetto([report]))
    names = [
        read.path(uuid)[2] for uuid in read.tracks if read.path(uuid)[1:2] == ("buffer",) and len(read.path(uuid)) == 3
    ]
    shared = next(name for name in names if f"{name} (2)" in names)
    process = "esp32s3 idf v5.5"
    assert len(read.slices(process, "buffer", shared)) == len(read.slices(process, "buffer", f"{shared} (2)")) == 1


def test_a_run_without_a_timeline_has_its_findings():
    read = Read(
        to_perfetto([RunReport(chip="esp32", api="idf", findings=(FINDING,)), RunReport(chip="esp32c3", api="idf")])
    )
    assert [read.path(uuid) for uuid in read.tracks] == [("esp32 idf",), ("esp32 idf", "findings"), ("esp32c3 idf",)]


def test_the_same_runs_give_the_same_bytes():
    assert to_perfetto([traced()]) == to_perfetto([traced()])
