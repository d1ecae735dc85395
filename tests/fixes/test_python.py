"""Fixes of Python scripts: a call in front of a line, other flags, or neighbours that change places; each proved by a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmalab.cli import main
from dmalab.fixes.edit import diff
from dmalab.fixes.session import Outcome, fix_file
from dmalab.options import Options

EXAMPLES = Path(__file__).parents[2] / "examples"
IDF = """\
from dmalab import idf

PSRAM = idf.MALLOC_CAP_SPIRAM
INTERNAL = idf.MALLOC_CAP_INTERNAL | idf.MALLOC_CAP_DMA


async def main(machine):
    src = machine.heap.alloc(64, %s, align=64)
    dst = machine.heap.alloc(64, %s, align=64)
    done = machine.semaphore()
    with idf.AsyncMemcpy.install(machine) as mcp:
"""
ZEPHYR = """\
from dmalab import zephyr as z


async def main(m):
    source, sink = m.heap.alloc(64, align=32), m.heap.alloc(64, align=32)
    message = m.heap.alloc(64, align=32)
    done = m.semaphore()
    block = z.BlockConfig(source_address=message.address, dest_address=sink.address, block_size=64)
    config = z.DmaConfig(
        source_data_size=4,
        dest_data_size=4,
        source_burst_length=4,
        dest_burst_length=4,
        blocks=[block],
        dma_callback=lambda *_: done.give_from_isr(),
    )
    dma = z.device(m)
    z.dma_config(dma, 0, config)
"""
START = "mcp.memcpy(dst, src, 64, callback=lambda _event: done.give_from_isr())"


def idf(*lines: str, src: str = "INTERNAL", dst: str = "INTERNAL") -> str:
    return IDF % (src, dst) + "".join(f"        {line}\n" for line in lines)


def fix(path: Path, **more: str) -> Outcome:
    return fix_file(Options(sources=(path,), **more))  # type: ignore[arg-type]


def changed(outcome: Outcome) -> list[str]:
    lines = diff(outcome.old, outcome.new, "f.py").splitlines()[2:]
    return [line[0] + line[1:].lstrip() for line in lines if line[:1] in "+-"]


FLAG = "idf.ESP_CACHE_MSYNC_FLAG"
CASES = [
    pytest.param(
        "stale-dma-read",
        idf('src.write(b"x" * 64)', START, "await done.take()", src="PSRAM"),
        {"idf": "v5.2"},
        [f"+idf.esp_cache_msync(machine, src, 64, {FLAG}_DIR_C2M | {FLAG}_UNALIGNED)"],
        id="write-back",
    ),
    pytest.param(
        "stale-cpu-read",
        idf("dst.read()", START, "await done.take()", "dst.read()", dst="PSRAM"),
        {"idf": "v5.2"},
        [f"+idf.esp_cache_msync(machine, dst, 64, {FLAG}_DIR_M2C)"],
        id="invalidate",
    ),
    pytest.param(
        "dirty-line-over-dma",
        idf(
            'dst.write(b"x" * 64)',
            START,
            "await done.take()",
            f"idf.esp_cache_msync(machine, dst, 64, {FLAG}_DIR_M2C)",
            dst="PSRAM",
        ),
        {"idf": "v5.2"},
        [f"+idf.esp_cache_msync(machine, dst, 64, {FLAG}_DIR_M2C)"],
        id="dirty-line",
    ),
    pytest.param(
        "ineffective-sync",
        idf(
            'src.write(b"x" * 64)',
            f"idf.esp_cache_msync(machine, src, 32, {FLAG}_DIR_C2M)  # too short",
            START,
            "await done.take()",
            src="PSRAM",
        ),
        {"idf": "v5.2"},
        [
            f"-idf.esp_cache_msync(machine, src, 32, {FLAG}_DIR_C2M)  # too short",
            f"+idf.esp_cache_msync(machine, src, 64, {FLAG}_DIR_C2M | {FLAG}_UNALIGNED)  # too short",
        ],
        id="range",
    ),
    pytest.param(
        "touched-in-flight",
        idf(START, 'src.write(b"é")  # ä', "await done.take()").replace('b"é"', "'é'.encode()"),
        {},
        ["+await done.take()", "-await done.take()"],
        id="behind-the-wait",
    ),
    pytest.param(
        "stale-dma-read",
        ZEPHYR + '    message.write(b"x" * 64)\n    z.dma_start(dma, 0)\n    await done.take()\n',
        {"api": "zephyr"},
        ["+z.sys_cache_data_flush_range(m, message, 64)"],
        id="zephyr",
    ),
]


@pytest.mark.parametrize(("rule", "text", "more", "lines"), CASES)
def test_a_script_is_fixed(rule: str, text: str, more: dict[str, str], lines: list[str], tmp_path: Path) -> None:
    source = tmp_path / "script.py"
    source.write_text(text)
    outcome = fix(source, **more)
    assert rule in [attempt.finding.rule for attempt in outcome.attempts if attempt.fixed]
    assert outcome.exit_code == 0
    assert changed(outcome) == lines
    assert source.read_text() == text


def test_what_takes_more_than_a_line_is_left(tmp_path: Path) -> None:
    """Neither the wait nor the start is a neighbour of the access."""
    source = tmp_path / "script.py"
    source.write_text(idf(START, "x = 1", "src.write(b'y')", "x += 1", "await done.take()"))
    outcome = fix(source)
    assert (outcome.exit_code, outcome.new) == (1, source.read_text())
    assert all(not attempt.refused for attempt in outcome.attempts)


@pytest.mark.parametrize(
    "spoil",
    [("from dmalab import idf\n", "import dmalab\nidf = dmalab.idf\n"), ("main(machine)", "main(machine, _more=1)")],
)
def test_a_call_is_not_written_where_its_names_are_unknown(spoil: tuple[str, str], tmp_path: Path) -> None:
    text = idf('src.write(b"x" * 64)', START, "await done.take()", src="PSRAM").replace(*spoil)
    source = tmp_path / "script.py"
    source.write_text(text)
    outcome = fix(source, idf="v5.2")
    assert (outcome.exit_code, outcome.new) == (1, text)
    assert all(not attempt.refused for attempt in outcome.attempts)


def test_the_command_shows_results_only_and_writes_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "stale_frame.py"
    text = (EXAMPLES / "stale_frame.py").read_text()
    source.write_text(text)
    assert main(["fix", str(source), "--chip", "esp32s3,esp32p4"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("fixed: touched-in-flight at stale_frame.py:")
    assert out[-1] == f"{source}: 1 fixed, 0 remain on esp32s3, esp32p4; --write changes the file"
    assert source.read_text() == text
    assert main(["fix", str(source), "--write"]) == 0
    assert "last word: " not in capsys.readouterr().out
    assert main(["run", str(source)]) == 0
