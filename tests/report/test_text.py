"""The text report, compared whole: its layout is what people paste into bug trackers."""

import io
from dataclasses import replace

import pytest

from dmalab.report.finding import Certainty, Finding, LineBytes, LinePart, Severity, Where
from dmalab.report.run import CaseResult, RunReport
from dmalab.report.text import actor, duration, render, render_finding, show, summary

STALE = Finding(
    rule="stale-dma-read",
    severity=Severity.ERROR,
    certainty=Certainty.CERTAIN,
    message="AXI GDMA channel 0 read 64 bytes at [0x4ff40080, 0x4ff400c0) that the core had changed and not written back",
    address=0x4FF40080,
    size=64,
    line=LineBytes(address=0x4FF40080, size=64, cpu=b"ABCDEFGH", memory=bytes(8), moved=bytes(8)),
    time_ns=13_100,
    where=(
        Where(role="stored", file="frame.c", line=31, function="fill_frame", task="main", time_ns=12_400),
        Where(
            role="started",
            file="frame.c",
            line=52,
            function="send_frame",
            task="main",
            time_ns=13_100,
            note="transfer of 4096 bytes, descriptor 1 of 2",
        ),
    ),
    fix="before frame.c:52: esp_cache_msync(frame, 4096, ESP_CACHE_MSYNC_FLAG_DIR_C2M)",
)

STALE_TEXT = """\
error: stale-dma-read (certain) on esp32p4
  AXI GDMA channel 0 read 64 bytes at [0x4ff40080, 0x4ff400c0) that the core had changed and not written back
  line 0x4ff40080   CPU sees  41 42 43 44 …    memory holds  00 00 00 00 …    sent  00 00 00 00 …
  stored   frame.c:31 fill_frame     task main   t = 12.4 us
  started  frame.c:52 send_frame     task main   t = 13.1 us     transfer of 4096 bytes, descriptor 1 of 2
  fix      before frame.c:52: esp_cache_msync(frame, 4096, ESP_CACHE_MSYNC_FLAG_DIR_C2M)"""

BARE = Finding(
    rule="redundant-sync",
    severity=Severity.INFO,
    certainty=Certainty.CERTAIN,
    message="esp_cache_msync wrote back 4096 bytes of which none was dirty",
)

REPORT = RunReport(chip="esp32p4", api="idf", idf="v5.5", duration_ns=1_234_000, findings=(STALE,))


def test_a_finding_looks_as_the_design_shows_it():
    assert render_finding(STALE, "esp32p4") == STALE_TEXT


def test_a_finding_without_details_has_two_lines():
    assert render_finding(BARE, "esp32s3") == (
        "info: redundant-sync (certain) on esp32s3\n  esp_cache_msync wrote back 4096 bytes of which none was dirty"
    )


def test_columns_fit_their_longest_entry_and_unknown_ones_stay_empty():
    finding = replace(
        STALE,
        severity=Severity.WARNING,
        certainty=Certainty.POSSIBLE,
        line=None,
        where=(
            Where(role="allocated", file="pool.c", line=7, function="pool_init", task="main", time_ns=900),
            Where(role="touched", file="", line=0, function="memcpy", task="sensor task", time_ns=2_500_000),
            Where(role="freed", file="pool.s", line=0, function="", task=""),
        ),
        fix="first this\nthen that",
        notes=("the neighbour is `counter`",),
        count=12,
    )
    assert (
        render_finding(finding, "esp32p4")
        == """\
warning: stale-dma-read (possible) on esp32p4
  AXI GDMA channel 0 read 64 bytes at [0x4ff40080, 0x4ff400c0) that the core had changed and not written back
  allocated  pool.c:7 pool_init         task main          t = 900 ns
  touched    (unknown place) memcpy     task sensor task   t = 2.500 ms
  freed      pool.s
  fix        first this
             then that
  note       the neighbour is `counter`
  seen       12 times"""
    )


LINES = [
    # Views are shown from the first byte on which they differ, with its offset in the line.
    (
        LineBytes(address=0x3C200000, size=32, cpu=b"\0\0\1\2\3\4\5\6", memory=bytes(8)),
        "line 0x3c200000 +2   CPU sees  01 02 03 04 …    memory holds  00 00 00 00 …",
    ),
    # Bytes in the middle of a line: the line is named, the offset says where they are.
    (
        LineBytes(address=0x3C20001C, size=32, cpu=b"\1\2", memory=b"\3\4", moved=b"\3\4", moved_word="received"),
        "line 0x3c200000 +28   CPU sees  01 02    memory holds  03 04    received  03 04",
    ),
    # Equal views start at the front.
    (
        LineBytes(address=0x40, size=64, cpu=b"\1\1", memory=b"\1\1"),
        "line 0x00000040   CPU sees  01 01    memory holds  01 01",
    ),
    # Memory without a cache has no line.
    (LineBytes(address=0x44, size=0, cpu=b"\1", memory=b"\1"), "bytes 0x00000044   CPU sees  01    memory holds  01"),
]


@pytest.mark.parametrize(("line", "text"), LINES)
def test_line_bytes(line, text):
    assert render_finding(replace(BARE, line=line), "x").splitlines()[2] == f"  {text}"


def test_a_line_of_several_owners_names_them():
    parts = (LinePart(address=0x40, size=4, owner="packet"), LinePart(address=0x44, size=28, owner=""))
    line = LineBytes(address=0x40, size=32, cpu=b"\1", memory=b"\2", parts=parts)
    assert len(render_finding(replace(BARE, line=line), "x").splitlines()) == 3
    shared = replace(
        line, parts=(*parts[:1], replace(parts[1], size=16), LinePart(address=0x54, size=12, owner="stats"))
    )
    shown = render_finding(replace(BARE, line=shared), "x").splitlines()
    assert shown[3] == "  shared by  packet 4 bytes, nobody 16, stats 12"


def test_a_report_ends_with_one_summary_line():
    assert render(REPORT) == f"{STALE_TEXT}\n\nesp32p4: 1 error, 0 warnings, 0 notes in 1.234 ms of chip time"
    assert str(REPORT) == render(REPORT)


def test_a_clean_report_is_one_line():
    clean = RunReport(chip="esp32s3", api="idf", duration_ns=850)
    assert str(clean) == "esp32s3: 0 errors, 0 warnings, 0 notes in 850 ns of chip time"


def test_failed_tests_assertions_and_notes_come_before_the_summary():
    report = RunReport(
        chip="esp32s3",
        api="idf",
        duration_ns=2_000_000_000,
        findings=(BARE,),
        tests=(
            CaseResult(name="copies", outcome="passed"),
            CaseResult(name="queues", outcome="failed", file="test_copy.c", line=40, message="Expected 1 Was 0"),
            CaseResult(name="later", outcome="skipped"),
            CaseResult(name="dies", outcome="failed"),
        ),
        failure="the firmware exited with status 3",
        notes=("the guest is 64-bit: layouts of pointers differ",),
    )
    assert (
        str(report)
        == """\
info: redundant-sync (certain) on esp32s3
  esp_cache_msync wrote back 4096 bytes of which none was dirty

failed: queues (test_copy.c:40): Expected 1 Was 0
failed: dies
failed: the firmware exited with status 3
note: the guest is 64-bit: layouts of pointers differ
esp32s3: 0 errors, 0 warnings, 1 note in 2.000 s of chip time; 4 tests, 2 failed"""
    )


def test_an_error_replaces_the_counts():
    report = RunReport(chip="esp32s3", api="idf", error="no app_main() and no TEST_CASE in the sources")
    assert str(report) == "error: no app_main() and no TEST_CASE in the sources\nesp32s3: could not run"


def test_a_run_that_was_interrupted_did_not_run_to_its_end() -> None:
    report = RunReport(chip="esp32s3", api="idf", error="interrupted after 3.000 ms of chip time")
    assert report.verdict == "error"
    assert str(report) == "error: interrupted after 3.000 ms of chip time\nesp32s3: did not run to its end"


def test_a_failure_without_tests_is_in_the_summary():
    report = RunReport(chip="esp32s3", api="idf", failure="assertion failed: x > 0")
    assert summary(report) == "esp32s3: 0 errors, 0 warnings, 0 notes in 0 ns of chip time; the firmware failed"


TIMES = [
    (0, "0 ns"),
    (999, "999 ns"),
    (1_000, "1.0 us"),
    (12_449, "12.4 us"),
    (999_949, "999.9 us"),
    (999_960, "1.000 ms"),
    (1_234_000, "1.234 ms"),
    (999_999_600, "1.000 s"),
    (61_500_000_000, "61.500 s"),
]


@pytest.mark.parametrize(("time_ns", "text"), TIMES)
def test_duration(time_ns, text):
    assert duration(time_ns) == text


def test_one_report_is_shown_as_it_renders():
    stream = io.StringIO()
    show([REPORT], stream)
    assert stream.getvalue() == f"{REPORT}\n"


def test_several_reports_end_with_a_table():
    clean = RunReport(chip="esp32s3", api="idf", duration_ns=98_765_000)
    stream = io.StringIO()
    show([REPORT, clean], stream)
    assert (
        stream.getvalue()
        == f"""\
{REPORT}

{clean}

chip     verdict   errors  warnings  notes  chip time
esp32p4  findings       1         0      0   1.234 ms
esp32s3  clean          0         0      0  98.765 ms
"""
    )


def test_quiet_leaves_out_notes_about_the_run():
    stream = io.StringIO()
    show([replace(REPORT, findings=(), notes=("output was cut",))], stream, quiet=True)
    assert stream.getvalue() == "esp32p4: 0 errors, 0 warnings, 0 notes in 1.234 ms of chip time\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def coloured(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return monkeypatch


def test_a_terminal_gets_colours_and_long_lines_stay_whole(coloured):
    coloured.setenv("COLUMNS", "40")
    stream = Terminal()
    show([REPORT], stream)
    text = stream.getvalue()
    assert "\x1b[1;31merror: \x1b[0m" in text
    assert STALE.message in text


def test_a_terminal_that_wants_no_colour_gets_none(coloured):
    coloured.setenv("NO_COLOR", "1")
    stream = Terminal()
    show([REPORT], stream)
    assert "\x1b[31" not in stream.getvalue()
    assert "\x1b[1;31m" not in stream.getvalue()


def test_text_that_looks_like_markup_stays_text(coloured):
    stream = Terminal()
    show([RunReport(chip="esp32s3", api="idf", error="[bold]no[/bold] [x]")], stream)
    assert "[bold]no[/bold] [x]" in stream.getvalue()


@pytest.mark.parametrize(
    ("task", "text"), [("main", "task main"), ("interrupt (on main)", "interrupt (on main)"), ("", "")]
)
def test_an_interrupt_is_no_task(task, text):
    assert actor(task) == text
