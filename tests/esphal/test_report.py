"""A run that uses esp-hal says so, in the report and in what its fixes tell to write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dmalab import Machine
from dmalab.chips.model import Kind
from dmalab.cli import main
from dmalab.esphal.words import EspHalWords
from dmalab.report.json import to_json

CHAPTER = Path(__file__).parents[2] / "examples" / "esphal_dma_chapter.py"


async def nothing(_machine: Machine) -> None:
    pass


def test_the_report_names_the_api(board: Any) -> None:
    report = board.machine.run(nothing)
    assert (report.api, report.idf) == ("esphal", "")
    assert json.loads(to_json([report]))["api"] == "esphal"


def test_without_esp_hal_it_is_idf() -> None:
    report = Machine("esp32s3").run(nothing)
    assert (report.api, report.idf) == ("idf", "v5.5")


def test_the_command_line_reports_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written, page = tmp_path / "report.json", tmp_path / "page.html"
    arguments = ["run", str(CHAPTER), "--chip", "esp32c3,esp32s3", "--json", str(written), "--html", str(page)]
    assert main(arguments) == 0
    runs = json.loads(written.read_text(encoding="utf-8"))["runs"]
    assert [(run["chip"], run["api"], run["idf"]) for run in runs] == [
        ("esp32c3", "esphal", ""),
        ("esp32s3", "esphal", ""),
    ]
    assert "esphal" in page.read_text(encoding="utf-8")
    assert "the core counted to" in capsys.readouterr().out


def test_fixes_are_in_its_words() -> None:
    words = EspHalWords()
    assert (
        words.writeback("tx", 64) == "move tx, 64 bytes, into the transfer in a DmaTxBuf, which writes the cache back"
    )
    assert words.invalidate("rx", 64) == (
        "move rx, 64 bytes, into the transfer in a DmaRxBuf, and read it with received_data(), which invalidates"
    )
    assert (
        words.writeback_invalidate("both", 8)
        == "move both, 8 bytes, into the transfer in a DmaRxTxBuf, which does both"
    )
    assert words.allocate(64, Kind.SRAM) == "dma_buffers!(64)"
    assert words.allocate(64, Kind.PSRAM) == "a static buffer of 64 bytes in PSRAM"
    assert words.completion() == "wait() of the transfer"
    assert words.from_isr("SpiDmaTransfer::wait") == "look at is_done() there, and leave wait() to a task"


def test_a_wait_in_an_interrupt_is_fixed_in_its_words(board: Any) -> None:
    async def program(machine: Machine) -> None:
        _, tx = board.buffers(100)
        transfer = board.spi_dma().dma_write(tx)
        machine.scheduler.interrupts.request(lambda: transfer.wait())
        await machine.sleep_us(1)

    (finding,) = board.machine.run(program).findings
    assert finding.fix.endswith(": look at is_done() there, and leave wait() to a task")
