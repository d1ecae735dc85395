"""Value change dumps, read back with the reader of the published package."""

import io
from collections import defaultdict
from dataclasses import replace

import pytest
from vcd.reader import TokenKind, tokenize

from dmalab.report.run import RunReport
from dmalab.trace.timeline import LaneKind
from dmalab.trace.vcd import to_vcd

from .scenes import copies, traced
from .test_perfetto import FINDING


class Dump:
    """`changes["esp32p4", "task", "main"]` is a list of time and value."""

    def __init__(self, text):
        scope, names, time = [], {}, 0
        self.kinds = {}
        self.changes = defaultdict(list)
        self.end = 0
        for token in tokenize(io.BytesIO(text.encode())):
            if token.kind is TokenKind.SCOPE:
                scope.append(token.scope.ident)
            elif token.kind is TokenKind.UPSCOPE:
                scope.pop()
            elif token.kind is TokenKind.TIMESCALE:
                assert (int(token.timescale.magnitude), token.timescale.unit.value) == (1, "ps")
            elif token.kind is TokenKind.VAR:
                names[token.var.id_code] = (*scope, token.var.reference)
                self.kinds[(*scope, token.var.reference)] = token.var.type_.value
            elif token.kind is TokenKind.CHANGE_TIME:
                time = self.end = token.time_change
            elif token.kind is TokenKind.CHANGE_SCALAR:
                self.changes[names[token.scalar_change.id_code]].append((time, int(token.scalar_change.value)))
            elif token.kind is TokenKind.CHANGE_VECTOR:
                self.changes[names[token.vector_change.id_code]].append((time, token.vector_change.value))
            elif token.kind is TokenKind.CHANGE_STRING:
                text = token.string_change.value.replace("\\x20", " ")
                self.changes[names[token.string_change.id_code]].append((time, text))


@pytest.fixture(scope="module")
def report():
    return replace(traced(), findings=(FINDING, replace(FINDING, rule="leak", time_ns=9_999)))


def test_bits_and_texts_follow_the_events(report):
    dump = Dump(to_vcd([report]))
    for kind, lane, name in (
        (LaneKind.INTERRUPT, "interrupts", "interrupts"),
        (LaneKind.CHANNEL, "AXI GDMA channel 0", "AXI_GDMA_channel_0"),
    ):
        bits, texts = [(0, 0)], [(0, "")]
        for event in report.timeline.of(kind):
            assert event.lane.name == lane
            bits += [(event.start_ps, 1), (event.end_ps, 0)]
            texts += [(event.start_ps, event.label), (event.end_ps, "")]
        assert dump.changes["esp32p4", kind.value, name] == bits
        assert dump.changes["esp32p4", kind.value, f"{name}_text"] == texts
    assert dump.end == report.timeline.duration_ps


def test_a_task_is_1_while_it_runs_and_says_what_it_waits_for(report):
    dump = Dump(to_vcd([report]))
    bits = dump.changes["esp32p4", "task", "main"]
    texts = dict(dump.changes["esp32p4", "task", "main_text"])
    for time, bit in bits:
        assert (texts[time] == "runs") is bool(bit)
    assert "waits for semaphore done" in texts.values()


def test_numbers(report):
    dump = Dump(to_vcd([report]))
    loads = dump.changes["esp32p4", "bus_load", "AXI_GDMA_kB_s"]
    expected = [(0, 0)]
    for event in report.timeline.of(LaneKind.BUS):
        expected += [(event.start_ps, event.value), (event.end_ps, 0)]
    assert loads == expected
    owners = [name for name in dump.changes if name[1] == "buffer" and name[2].endswith("_owners")]
    assert len(owners) == 2
    assert all([value for _, value in dump.changes[name]] == [0, 1, 0, 1, 0, 1, 0] for name in owners)
    dirty = next(name for name in dump.changes if name[1] == "line_states" and name[2].endswith("_dirty"))
    assert dump.kinds[dirty] == "integer"
    assert max(value for _, value in dump.changes[dirty]) == 4  # 256 bytes in lines of 64


def test_findings_count_up(report):
    dump = Dump(to_vcd([report]))
    assert dump.changes["esp32p4", "findings", "count"] == [(0, 0), (1_234_000, 1), (9_999_000, 2)]
    assert dump.changes["esp32p4", "findings", "rule"] == [(0, ""), (1_234_000, "stale-dma-read"), (9_999_000, "leak")]


def test_several_runs_have_scopes_of_their_own(report):
    dump = Dump(to_vcd([report, traced(copies, "esp32s3"), report, RunReport(chip="esp32", api="idf")]))
    assert sorted({name[0] for name in dump.changes}) == ["esp32p4_1", "esp32p4_3", "esp32s3"]


def test_times_grow_and_nothing_depends_on_the_clock_on_the_wall(report):
    text = to_vcd([report])
    times = [int(line[1:]) for line in text.splitlines() if line.startswith("#")]
    assert times == sorted(set(times))
    assert "$date" not in text
    assert text == to_vcd([report])
