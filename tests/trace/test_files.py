"""Trace files by their suffix, and the way from firmware to a file."""

from pathlib import Path

import pytest

from dmalab.errors import OptionError
from dmalab.options import Options
from dmalab.runner import run_sources
from dmalab.trace.files import check_name, write_trace
from dmalab.trace.perfetto import to_perfetto
from dmalab.trace.timeline import LaneKind
from dmalab.trace.vcd import to_vcd

from .scenes import traced

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "psram_frame" / "bug.c"


def test_the_suffix_says_the_format(tmp_path):
    reports = [traced()]
    for suffix in (".perfetto", ".pftrace", ".perfetto-trace"):
        write_trace(tmp_path / f"a{suffix}", reports)
        assert (tmp_path / f"a{suffix}").read_bytes() == to_perfetto(reports)
    write_trace(tmp_path / "a.vcd", reports)
    assert (tmp_path / "a.vcd").read_text() == to_vcd(reports)


@pytest.mark.parametrize("name", ["trace", "trace.json", "trace.VCD"])
def test_a_name_that_says_no_format_is_refused(name, tmp_path):
    with pytest.raises(OptionError) as error:
        check_name(Path(name))
    assert str(error.value) == f"--trace: {name} says no format; end it with .perfetto (also .pftrace) or .vcd"
    with pytest.raises(OptionError):
        write_trace(tmp_path / name, [])
    assert list(tmp_path.iterdir()) == []


def test_a_traced_firmware_knows_its_source_on_every_chip():
    reports = run_sources(Options(sources=(EXAMPLE,), chips=("esp32p4", "esp32s3"), trace=True, quiet=True))
    for report in reports:
        timeline = report.timeline
        assert timeline is not None
        kinds = {lane.kind for lane in timeline.lanes}
        assert {
            LaneKind.TASK,
            LaneKind.INTERRUPT,
            LaneKind.CHANNEL,
            LaneKind.BUS,
            LaneKind.BUFFER,
            LaneKind.LINES,
        } <= kinds
        started = next(where for where in report.findings[0].where if where.role == "started")
        assert (started.file, started.line) in {
            (event.site.file, event.site.line) for event in timeline.of(LaneKind.CHANNEL)
        }
    alone = run_sources(Options(sources=(EXAMPLE,), chips=("esp32s3",), trace=True, quiet=True))[0]
    assert to_perfetto([alone]) == to_perfetto([reports[1]])  # from a matrix or alone, the same
