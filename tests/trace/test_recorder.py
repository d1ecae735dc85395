"""What a recorder writes down, lane by lane."""

import inspect
import pickle
from itertools import pairwise

import pytest

from dmalab import Machine, idf
from dmalab.core import timeline_events
from dmalab.trace.recorder import Recorder
from dmalab.trace.timeline import LaneKind

from .scenes import copies, subscriptions, traced

THIS = "test_recorder.py"


def shown(report, kind, *, name=None):
    """`(start, end, label)` in nanoseconds of the events on lanes of a kind."""
    assert report.timeline is not None
    return [
        (event.start_ps // 1000, event.end_ps // 1000, event.label)
        for event in report.timeline.of(kind)
        if name is None or event.lane.name == name
    ]


def labels(report, kind):
    return [label for _, _, label in shown(report, kind)]


def test_untraced_machines_have_nobody_to_tell():
    machine = Machine("esp32s3")
    kinds = {
        kind
        for _, kind in inspect.getmembers(timeline_events, inspect.isclass)
        if kind.__module__ == timeline_events.__name__
    }
    assert len(kinds) == 9
    assert kinds & subscriptions(machine.bus) == set()
    assert kinds <= subscriptions(Machine("esp32s3", trace=True).bus)
    assert machine.run(copies).timeline is None


@pytest.mark.parametrize("chip", ["esp32s3", "esp32p4"])
def test_tracing_changes_nothing_but_the_timeline(chip):
    plain, seen = Machine(chip).run(copies), traced(copies, chip)
    assert plain == seen  # the timeline does not take part in comparisons
    assert seen.timeline is not None


def test_the_same_run_gives_the_same_timeline():
    one, two = traced().timeline, traced().timeline
    assert list(one.events()) == list(two.events())
    assert (one.lanes, one.labels, one.sites) == (two.lanes, two.labels, two.sites)


def test_a_timeline_travels_between_processes():
    report = traced()
    assert list(pickle.loads(pickle.dumps(report)).timeline.events()) == list(report.timeline.events())


def test_tasks_run_and_wait():
    async def main(machine):
        machine.task(helper(machine), name="helper", priority=5)
        await machine.cpu.spend(us=10)
        await machine.sleep_us(20)

    async def helper(machine):
        await machine.cpu.spend(us=2)
        await machine.sleep_us(3)
        await machine.cpu.spend(us=4)

    machine = Machine("esp32s3", trace=True)
    machine.scheduler.switch_ps = 0
    report = machine.run(main)
    assert shown(report, LaneKind.TASK, name="helper") == [
        (0, 2_000, "runs"),
        (2_000, 5_000, "waits for a delay (sleep_us)"),
        (5_000, 9_000, "runs"),
    ]
    assert shown(report, LaneKind.TASK, name="main") == [
        (2_000, 5_000, "runs"),
        (9_000, 16_000, "runs"),
        (16_000, 36_000, "waits for a delay (sleep_us)"),
    ]
    waits = [event for event in report.timeline.of(LaneKind.TASK) if event.label.startswith("waits")]
    assert [(event.site.file.endswith(THIS), event.site.function) for event in waits] == [
        (True, "helper"),
        (True, "main"),
    ]


def test_a_task_woken_at_once_goes_on_running():
    async def main(machine):
        await machine.cpu.spend(us=1)
        await machine.sleep_us(0)
        await machine.cpu.spend(us=1)

    report = Machine("esp32s3", trace=True).run(main)
    assert sum(end - start for start, end, label in shown(report, LaneKind.TASK) if label == "runs") == 2_000


def test_namesakes_have_lanes_of_their_own():
    async def main(machine):
        for _ in range(2):
            machine.task(machine.cpu.spend(us=1), name="twin")

    lanes = Machine("esp32s3", trace=True).run(main).timeline.lanes
    assert [lane.name for lane in lanes] == ["twin", "twin (3)"] or [lane.name for lane in lanes] == [
        "main",
        "twin",
        "twin (3)",
    ]


def test_transfers_interrupts_and_load():
    report = traced()
    (channel,) = {event.lane.name for event in report.timeline.of(LaneKind.CHANNEL)}
    assert channel == "AXI GDMA channel 0"
    transfers = list(report.timeline.of(LaneKind.CHANNEL))
    assert [(event.label, event.value) for event in transfers] == [("256 bytes", 256)] * 3
    assert {(event.site.file.endswith("scenes.py"), event.site.function) for event in transfers} == {(True, "copies")}
    assert labels(report, LaneKind.INTERRUPT) == ["AXI GDMA channel 0"] * 3
    for transfer, handler, load in zip(
        transfers, report.timeline.of(LaneKind.INTERRUPT), report.timeline.of(LaneKind.BUS), strict=True
    ):
        assert transfer.end_ps <= handler.start_ps < handler.end_ps
        assert (load.start_ps, load.end_ps, load.lane.unit) == (transfer.start_ps, transfer.end_ps, "kB/s")
        assert load.value == round(256 * 1e9 / (transfer.end_ps - transfer.start_ps))


def test_a_transfer_that_never_ends_is_shown_up_to_the_end():
    async def main(machine):
        buffer = machine.heap.alloc(65536, caps=idf.MALLOC_CAP_INTERNAL | idf.MALLOC_CAP_DMA)
        idf.AsyncMemcpy.install(machine).memcpy(buffer.slice(0, 32768), buffer.slice(32768), 32768)

    machine = Machine("esp32s3", trace=True)
    report = machine.run(main, limit_s=0.000_1)
    (event,) = report.timeline.of(LaneKind.CHANNEL)
    assert event.label.startswith("32768 bytes, running at the end after ")
    assert event.end_ps == report.timeline.duration_ps
    owners = labels(report, LaneKind.BUFFER)
    assert owners == [
        "read by copy of 32768 bytes by AHB GDMA channel 0",
        "written by copy of 32768 bytes by AHB GDMA channel 0",
    ]


def test_syncs_tell_what_they_did():
    async def main(machine):
        buffer = machine.heap.alloc(4096, caps=idf.MALLOC_CAP_SPIRAM, align=64)
        buffer.write(b"x" * 100)
        idf.esp_cache_msync(machine, buffer, 4096, idf.ESP_CACHE_MSYNC_FLAG_DIR_C2M)
        idf.esp_cache_msync(machine, buffer, 4096, idf.ESP_CACHE_MSYNC_FLAG_DIR_M2C)

    report = Machine("esp32p4", trace=True).run(main)
    events = list(report.timeline.of(LaneKind.SYNC))
    assert [event.label.split(" at ")[0] for event in events] == [
        "write-back of 4096 bytes",
        "invalidate of 4096 bytes",
    ]
    assert events[0].label.endswith(", 2 dirty lines")
    assert all(event.site.function == "main" and event.value == 4096 for event in events)
    assert all(before.end_ps <= after.start_ps for before, after in pairwise(events))
    assert all(event.end_ps > event.start_ps for event in events)


def test_lines_of_a_buffer_from_store_to_invalidate():
    async def main(machine):
        buffer = machine.heap.alloc(256, caps=idf.MALLOC_CAP_SPIRAM, align=64)
        await machine.cpu.spend(us=3)
        buffer.write(b"x" * 64)
        await machine.cpu.spend(us=4)
        idf.esp_cache_msync(machine, buffer, 256, idf.ESP_CACHE_MSYNC_FLAG_DIR_C2M)
        await machine.cpu.spend(us=5)
        idf.esp_cache_msync(machine, buffer, 256, idf.ESP_CACHE_MSYNC_FLAG_DIR_M2C)
        await machine.cpu.spend(us=6)

    report = Machine("esp32p4", trace=True).run(main)
    rows = shown(report, LaneKind.LINES)
    assert [label for _, _, label in rows] == ["1 dirty, 3 absent", "1 clean, 3 absent", "4 absent"]
    assert rows[0][0] == 3_000  # the store, although nobody looked before the sync
    assert [end for _, end, _ in rows[:-1]] == [start for start, _, _ in rows[1:]]
    assert rows[-1][1] == report.duration_ns


def test_stale_lines_are_seen_when_the_buffer_comes_back():
    async def main(machine):
        source = machine.heap.alloc(64, caps=idf.MALLOC_CAP_INTERNAL | idf.MALLOC_CAP_DMA)
        target = machine.heap.alloc(64, caps=idf.MALLOC_CAP_SPIRAM | idf.MALLOC_CAP_DMA)
        done = machine.semaphore()
        with idf.AsyncMemcpy.install(machine, engine="axi_gdma") as mcp:
            mcp.memcpy(target, source, 64, callback=lambda event: done.give_from_isr())
            target.read()  # fills the line in flight
            await done.take()

    machine = Machine("esp32p4", trace=True)
    report = machine.run(main)
    lane = next(event.lane.name for event in report.timeline.of(LaneKind.BUFFER) if event.label.startswith("written"))
    assert shown(report, LaneKind.LINES, name=lane)[-1][2] == "1 clean, 1 of them stale"


def test_buffers_have_owners_one_lane_each():
    report = traced()
    events = list(report.timeline.of(LaneKind.BUFFER))
    assert sorted({event.label for event in events}) == [
        "read by copy of 256 bytes by AXI GDMA channel 0",
        "written by copy of 256 bytes by AXI GDMA channel 0",
    ]
    assert len({event.lane for event in events}) == 2
    assert len(events) == 6
    assert all(event.value == 256 and event.site.function == "copies" for event in events)


def test_memory_of_drivers_has_no_line_lanes():
    report = traced()
    owned = {event.lane.name for event in report.timeline.of(LaneKind.BUFFER)}
    assert {event.lane.name for event in report.timeline.of(LaneKind.LINES)} == owned
    assert "write-back and invalidate of 64 bytes, by the driver" in labels(report, LaneKind.SYNC)  # its link list


def test_what_is_too_much_is_counted():
    machine = Machine("esp32p4")
    recorder = Recorder(machine, limit=5)
    machine.run(copies)
    timeline = recorder.timeline()
    assert len(timeline) == 5
    assert timeline.dropped > 20


def test_events_are_in_order_and_lanes_grouped():
    timeline = traced().timeline
    starts = timeline.start_ps.tolist()
    assert starts == sorted(starts)
    assert (timeline.end_ps >= timeline.start_ps).all()
    order = list(LaneKind)
    assert [order.index(lane.kind) for lane in timeline.lanes] == sorted(
        order.index(lane.kind) for lane in timeline.lanes
    )
    assert timeline.sites[0].file == ""
    assert len(set(timeline.labels)) == len(timeline.labels)
    by_lane = {}
    for event in timeline.events():
        if event.lane.kind is not LaneKind.BUFFER:
            assert event.start_ps >= by_lane.get(event.lane, 0)
            by_lane[event.lane] = event.end_ps
