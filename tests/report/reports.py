"""Runs for the tests of report formats: everything a format has to carry, in one place."""

from dmalab.report.finding import Certainty, Finding, LineBytes, Severity, Where
from dmalab.report.run import CaseResult, RunReport

STALE = Finding(
    rule="stale-dma-read",
    severity=Severity.ERROR,
    certainty=Certainty.CERTAIN,
    message="AXI GDMA channel 0 read 64 bytes at [0x4ff40080, 0x4ff400c0) that the core had changed and not written back",
    address=0x4FF40080,
    size=64,
    line=LineBytes(address=0x4FF40080, size=64, cpu=b"\x41\x42", memory=b"\0\0", moved=b"\0\0"),
    time_ns=13_100,
    where=(
        Where(role="stored", file="src/frame.c", line=31, function="fill_frame", task="main", time_ns=12_400),
        Where(
            role="started",
            file="src/frame.c",
            line=52,
            function="send_frame",
            task="main",
            time_ns=13_100,
            note="64 bytes",
        ),
    ),
    fix="before frame.c:52: esp_cache_msync(frame, 64, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED)",
    notes=("the bytes belong to static frame (64 bytes)",),
    count=3,
)
LEAK = Finding(
    rule="leak",
    severity=Severity.WARNING,
    certainty=Certainty.CERTAIN,
    message='50% of <everything> & more, "quoted": line one\nline two',
    where=(Where(role="allocated", file="/opt/my code/boot.c", line=7, function="", task="startup"),),
)
NOTE = Finding(
    rule="redundant-sync", severity=Severity.INFO, certainty=Certainty.CERTAIN, message="nothing to write back"
)

CLEAN = RunReport(chip="esp32s3", api="idf", idf="v5.5", duration_ns=1_500)
BAD = RunReport(
    chip="esp32p4",
    api="idf",
    idf="v5.5",
    seed=7,
    duration_ns=2_000_000,
    findings=(STALE, LEAK, NOTE),
    notes=("the guest is 64-bit",),
    stats={"transfers": 1, "load": 0.5},
)
TESTED = RunReport(
    chip="esp32c6",
    api="idf",
    idf="v5.5",
    duration_ns=9_000,
    tests=(
        CaseResult(name="copies", outcome="passed", file="test_copy.c", line=4, duration_ns=5_000),
        CaseResult(
            name="is fast", outcome="failed", file="test_copy.c", line=20, message="Expected 1 Was 2", duration_ns=3_000
        ),
        CaseResult(name="etm", outcome="skipped", message="no ETM"),
    ),
)
FAILED = RunReport(
    chip="esp32", api="idf", idf="v5.5", duration_ns=10, failure="assertion \x1b[31mx > 0\x1b[0m failed at a.c:3"
)
BROKEN = RunReport(chip="esp32c3", api="idf", idf="v5.5", error="a.c:1:1: error: unknown type name 'inr'")

ALL = [CLEAN, BAD, TESTED, FAILED, BROKEN]
