"""The plan beside the machine, within 1 %, and beside what was published; the commands and their complaints."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmalab import Machine, esphal, idf
from dmalab.cli import main
from dmalab.core.spi_cost import ONE_BYTE
from dmalab.errors import OptionError
from dmalab.esphal import DmaRxBuf, DmaTxBuf, SpiMode
from dmalab.plan.copy import core_ps, plan_copy, region_of
from dmalab.plan.page import render
from dmalab.plan.published import TOLERANCE, Published, compare, left_out, published, table
from dmalab.plan.spi import SpiWays, plan_spi
from dmalab.plan.table import load

DMA = idf.MALLOC_CAP_DMA | idf.MALLOC_CAP_INTERNAL
DOCS = Path(__file__).parents[2] / "docs" / "plan.md"


# -- against the machine ---------------------------------------------------------------------------------------------


def idf_us(chip: str, hz: int, size: int, *, interrupt: bool, dma: bool) -> float:
    """Transactions of ESP-IDF's driver on a machine: as many as the plan supposes, one after the other."""
    took: list[float] = []

    async def body(machine: Machine) -> None:
        machine.gpio.connect(4, 2)
        config = idf.SpiBusConfig(mosi_io_num=4, miso_io_num=2, sclk_io_num=0, max_transfer_sz=40_000)
        bus = idf.SpiBus.initialize(
            machine, idf.SPI2_HOST, config, idf.SPI_DMA_CH_AUTO if dma else idf.SPI_DMA_DISABLED
        )
        device = bus.add_device(idf.SpiDeviceConfig(clock_speed_hz=hz, spics_io_num=5))
        room = -(-size // 64) * 64
        tx, rx = (machine.heap.alloc(room, caps=DMA, align=64) for _ in range(2))
        tx.write(bytes(size))
        limit = 32736 if dma else bus.max_bytes
        begun = machine.now_us
        for at in range(0, size, limit):
            piece = min(limit, size - at)
            trans = idf.SpiTransaction(length=8 * piece, tx_buffer=tx.slice(at, piece), rx_buffer=rx.slice(at, piece))
            await (device.transmit(trans) if interrupt else device.polling_transmit(trans))
        took.append(machine.now_us - begun)
        device.remove()
        bus.free()

    Machine(chip).run(body)
    return took[0]


@settings(max_examples=60, deadline=None)
@given(
    chip=st.sampled_from(["esp32", "esp32s2", "esp32s3", "esp32c2", "esp32c3", "esp32c6", "esp32h2"]),
    hz=st.sampled_from([100_000, 1_000_000, 8_000_000, 10_000_000, 40_000_000]),
    size=st.integers(1, 5000),
    interrupt=st.booleans(),
    dma=st.booleans(),
)
def test_plan_and_run_of_esp_idf_agree(chip: str, hz: int, size: int, interrupt: bool, dma: bool) -> None:
    size = -(-size // 4) * 4 if size > 4 else size
    planned = SpiWays(load(chip), hz).transaction(size, interrupt=interrupt, dma=dma)[0] / 1e6
    assert idf_us(chip, hz, size, interrupt=interrupt, dma=dma) == pytest.approx(planned, rel=0.01)


@pytest.mark.parametrize("size", [64, 4096, 32000])
def test_plan_and_run_agree_behind_a_cache(size: int) -> None:
    planned = SpiWays(load("esp32p4"), 10_000_000).transaction(size, interrupt=True, dma=True)[0] / 1e6
    assert idf_us("esp32p4", 10_000_000, size, interrupt=True, dma=True) == pytest.approx(planned, rel=0.01)


@settings(max_examples=40, deadline=None)
@given(
    chip=st.sampled_from(["esp32s2", "esp32s3", "esp32c3"]),
    hz=st.sampled_from([100_000, 10_000_000, 40_000_000]),
    size=st.integers(1, 5000),
)
def test_plan_and_run_of_esp_hal_agree(chip: str, hz: int, size: int) -> None:
    machine = Machine(chip)
    machine.gpio.connect(4, 2)
    peripherals = esphal.init(machine)
    pins = esphal.Io.new(peripherals.GPIO, peripherals.IO_MUX).pins
    spi = esphal.Spi.new(peripherals.SPI2, hz, SpiMode.Mode0).with_pins(pins.gpio0, pins.gpio4, pins.gpio2)
    ways = SpiWays(load(chip), hz)
    begun = machine.now_us
    spi.transfer(bytearray(size))
    assert machine.now_us - begun == pytest.approx(ways.esp_hal_blocking(size)[0] / 1e6, rel=0.01)
    rx_buffer, rx_descriptors, tx_buffer, tx_descriptors = esphal.dma_buffers(machine, size)
    rx, tx = DmaRxBuf.new(rx_descriptors, rx_buffer), DmaTxBuf.new(tx_descriptors, tx_buffer)
    dma = esphal.Dma.new(peripherals.DMA)
    channel = dma.spi2channel if machine.chip.spi.dma_channels else dma.channel0  # type: ignore[union-attr]
    driver = spi.with_dma(channel.configure(False, esphal.DmaPriority.Priority0))
    begun = machine.now_us
    driver.dma_transfer(rx, tx).wait()
    assert machine.now_us - begun == pytest.approx(ways.esp_hal_dma(size)[0] / 1e6, rel=0.01)


COPY_SOURCE = """
#include <stdio.h>
#include <string.h>
#include "esp_async_memcpy.h"
#include "esp_cache.h"
#include "esp_heap_caps.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

static bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    async_memcpy_handle_t mcp;
    ESP_ERROR_CHECK(INSTALL(&config, &mcp));
    uint8_t *from = heap_caps_aligned_alloc(64, SIZE, FROM | MALLOC_CAP_DMA), *to = heap_caps_aligned_alloc(64, SIZE, TO | MALLOC_CAP_DMA);
    int64_t begun = esp_timer_get_time();
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, SIZE, on_done, done));
    xSemaphoreTake(done, portMAX_DELAY);
    int64_t copied = esp_timer_get_time();
    esp_async_memcpy_uninstall(mcp);
    heap_caps_free(from);
    heap_caps_free(to);
    from = heap_caps_aligned_alloc(64, SIZE, FROM), to = heap_caps_aligned_alloc(64, SIZE, TO);
    uint16_t *halves_from = heap_caps_aligned_alloc(64, SIZE, FROM), *halves_to = heap_caps_aligned_alloc(64, SIZE, TO);
    int64_t cold = esp_timer_get_time();
    memcpy(to, from, SIZE);
    WRITE_BACK(to);
    int64_t cached = esp_timer_get_time();
    memset(to, 1, SIZE);
    WRITE_BACK(to);
    int64_t end = esp_timer_get_time();
    for (int i = 0; i < SIZE / 2; i++)
        halves_to[i] = halves_from[i];
    WRITE_BACK(halves_to);
    int64_t over = esp_timer_get_time();
    printf("%d %d %d %d", (int)(copied - begun), (int)(cached - cold), (int)(end - cached), (int)(over - end));
    heap_caps_free(from);
    heap_caps_free(to);
    heap_caps_free(halves_from);
    heap_caps_free(halves_to);
    vSemaphoreDelete(done);
}
"""


@pytest.mark.parametrize(
    ("chip", "source", "target"),
    [
        ("esp32s3", "sram", "sram"),
        ("esp32s3", "psram", "sram"),
        ("esp32s3", "sram", "psram"),
        ("esp32s3", "psram", "psram"),
        ("esp32p4", "psram", "sram"),
        ("esp32p4", "sram", "psram"),
        ("esp32s31", "psram", "psram"),
        ("esp32c3", "sram", "sram"),
    ],
)
def test_plan_and_run_of_a_copy_agree(
    chip: str, source: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is firmware: the vendor's copy driver, and copies by the core with the write-back that others need to see them."""
    from dmalab.options import Options
    from dmalab.runner import run_firmware

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "copy.c"
    path.write_text(COPY_SOURCE)
    facts, size = load(chip), 49152
    caps = {"sram": "MALLOC_CAP_INTERNAL", "psram": "MALLOC_CAP_SPIRAM"}
    regions = region_of(facts, "", source), region_of(facts, "", target)
    cached = regions[1].line_bytes > 0
    write_back = "WRITE_BACK(to)=" + ("esp_cache_msync(to, SIZE, ESP_CACHE_MSYNC_FLAG_DIR_C2M)" if cached else "0")
    engine = "axi_gdma" if any(engine.name == "axi_gdma" for engine in facts.engines) else "ahb_gdma"
    install = f"INSTALL=esp_async_memcpy_install_gdma_{engine[:3]}"
    defines = (f"SIZE={size}", f"FROM={caps[source]}", f"TO={caps[target]}", write_back, install)
    printed: list[bytes] = []
    run_firmware(
        Options(sources=(path,), chips=(chip,), defines=defines), facts, lambda data, _stream: printed.append(data)
    )
    engine_us, cold_us, cached_us, loop_us = map(int, b"".join(printed).split())
    rows = {row.way: row.total_ps / 1e6 for row in plan_copy(facts, source, target, [size], engine=engine).rows}
    sync_us = (
        facts.timing.sync_base_ns / 1e3 if cached else 0
    )  # the call itself, which the plan leaves to whoever makes it
    assert engine_us == pytest.approx(rows["async memcpy"], rel=0.01)
    assert cold_us == pytest.approx(rows["CPU copy"] + sync_us, rel=0.01)
    again = core_ps(facts, None, regions[1], size, target_cached=True) / 1e6
    assert cached_us == pytest.approx(again + sync_us, rel=0.01)
    loop = core_ps(facts, *regions, size, cycles=2 * size) / 1e6  # a load and a store of 2 cycles each for 2 bytes
    assert loop_us == pytest.approx(loop + sync_us, rel=0.01)


# -- against what was published --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row", [row for row in published() if row.kind == "spi"], ids=lambda row: f"{row.chip} {row.what}"
)
def test_spi_figures_are_met(row: Any) -> None:
    compared = compare(row)
    assert abs(compared.error) <= 0.1
    if row.bound:
        assert compared.predicted_us <= row.us


COPIES = [row for row in published() if row.kind == "copy"]


@pytest.mark.parametrize(
    "row", [row for row in COPIES if not row.contradicts], ids=lambda row: f"{row.chip} {row.what}"
)
def test_bandwidths_are_met(row: Published) -> None:
    assert abs(compare(row).error) <= TOLERANCE


@pytest.mark.parametrize("row", [row for row in COPIES if row.contradicts], ids=lambda row: f"{row.chip} {row.what}")
def test_only_what_is_not_met_is_excused(row: Published) -> None:
    assert abs(compare(row).error) > TOLERANCE
    assert any(letter.isdigit() for letter in row.contradicts), "an excuse names the better figures"


def test_what_is_left_out_says_why() -> None:
    assert all(one.what and one.reason and one.source for one in left_out())


def test_the_docs_show_the_table() -> None:
    assert table() in DOCS.read_text(encoding="utf-8")


# -- what the plan says ----------------------------------------------------------------------------------------------


def test_the_table_of_every_chip() -> None:
    for chip in ONE_BYTE:
        plan = plan_spi(load(chip), 10_000_000, [1, 4096])
        assert len(plan.rows) == 12
        assert all(0 < row.busy_ps <= row.total_ps for row in plan.rows)
        assert all(row.left_ps == row.total_ps - row.busy_ps for row in plan.rows)


def test_break_even_sizes_are_where_the_rows_cross() -> None:
    plan = plan_spi(load("esp32s3"), 10_000_000, [1])
    assert plan.break_even == (
        "from 23 bytes on: DMA by interrupt costs the core less than polling the FIFO",
        "from 65 bytes on: polled DMA is over sooner than polling the FIFO",
        "from 4 bytes on: esp-hal's DMA costs the core less than its blocking transfer",
    )
    for size, better in ((22, False), (23, True)):
        rows = {row.way: row for row in plan_spi(load("esp32s3"), 10_000_000, [size]).rows}
        assert (rows["interrupt, DMA"].busy_ps < rows["polling, FIFO"].busy_ps) is better


def test_a_copy_without_an_engine_has_no_row_for_one() -> None:
    plan = plan_copy(load("esp32"), "sram", "sram", [64])
    assert [row.way for row in plan.rows] == ["CPU copy"]
    assert plan.notes == ("no engine of esp32 copies from sram to sram",)
    assert plan_copy(load("mcu-m7"), "sram", "sram", [64]).notes == ("Zephyr's DMA calls are not planned",)


# -- the commands ----------------------------------------------------------------------------------------------------


def test_the_spi_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "spi", "--chip", "esp32c3", "--clock", "100k", "--bytes", "1,32K"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("SPI on esp32c3 at 0.1 MHz, 1 line\n")
    assert "32768  interrupt, DMA" in out
    assert "█ core busy  ░ core free" in out


def test_the_copy_command_draws(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "copy.svg"
    arguments = [
        "plan",
        "copy",
        "--from",
        "sram",
        "--to",
        "psram",
        "--bytes",
        "64,1K",
        "--cpu",
        "240",
        "--plot",
        str(path),
    ]
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("copies on esp32s3 from sram to psram, core at 240 MHz\n")
    assert path.read_bytes().startswith(b"<?xml")


def test_without_matplotlib_a_plot_can_not_be_drawn(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["plan", "spi", "--plot", str(tmp_path / "x.png")]) == 2
    assert capsys.readouterr().err == "dmalab: --plot needs matplotlib: pip install 'dmalab[plot]'\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["spi", "--clock", "90M"], "--clock: 90000000 Hz; esp32s3 makes clocks above 0, up to 80000000 Hz"),
        (
            ["spi", "--clock", "fast"],
            "--clock: 'fast' is no frequency; write hertz, or a number with k or M such as 100k or 10M",
        ),
        (["spi", "--lines", "3"], "--lines: 3; esp32s3 has up to 8"),
        (["spi", "--bytes", "0"], "--bytes: 0 is not at least 1"),
        (["spi", "--bytes", ","], "--bytes: no size given"),
        (["spi", "--bytes", "x"], "--bytes: 'x' is no size; write bytes, or a number with K or M such as 512K or 8M"),
        (
            ["spi", "--chip", "mcu-m7"],
            f"--chip: no SPI figures are known for mcu-m7; known: {', '.join(sorted(ONE_BYTE))}",
        ),
        (["spi", "--plot", "x.txt"], "--plot: x.txt must end in .pdf, .png, .svg"),
        (["copy", "--from", "flash"], "--from: esp32s3 has no memory 'flash' to copy in; it has psram, sram"),
        (
            ["copy", "--chip", "esp32c3", "--from", "psram"],
            "--from: esp32c3 has no memory 'psram' to copy in; it has sram",
        ),
        (["copy", "--cpu", "100"], "--cpu: 100; esp32s3 runs at 80, 160, 240 MHz"),
        (["copy", "--engine", "axi_gdma"], "--engine: esp32s3 has no 'axi_gdma'; it has ahb_gdma"),
        (["copy", "--chip", "esp32", "--engine", "x"], "--engine: esp32 has no 'x'; it has none that copies"),
        (["copy", "--burst", "5"], "--burst: 5; the AHB GDMA of esp32s3 takes 16, 32, 64"),
        (["copy", "--option", "cache_line=8"], "esp32s3 has no 8-byte cache lines; available: 16, 32, 64"),
        (["spi", "--plot", "nowhere/x.png"], "--plot: nowhere/x.png: No such file or directory"),
        (["copy", "--bytes", "8M"], "--bytes: 8388608 is more than a quarter of the memory"),
    ],
)
def test_impossible_questions(arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", *arguments]) == 2
    assert capsys.readouterr().err == f"dmalab: {complaint}\n"


def test_what_the_driver_refuses_has_no_row_but_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "copy", "--chip", "esp32c3", "--bytes", "1,100,100"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("copies on esp32c3 from sram to sram, core at 160 MHz\n")
    assert out.count("  async memcpy  ") == 2, "one row, one bar, for 100 bytes"
    assert (
        "note: async memcpy refuses 1 byte: ESP_ERR_INVALID_ARG: size must be a multiple of 4 bytes in internal RAM"
        in out
    )


def test_a_clock_that_is_not_made_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "spi", "--clock", "7M"]) == 0
    assert "note: the dividers make no 7 MHz: 7.27273 MHz is the nearest\n" in capsys.readouterr().out
    assert main(["plan", "spi", "--clock", "8M"]) == 0
    assert "the dividers make" not in capsys.readouterr().out


def test_a_target_in_the_cache_is_cheaper_as_long_as_it_fits() -> None:
    rows = {(row.size, row.way): row for row in plan_copy(load("esp32s3"), "sram", "psram", [1024, 65536]).rows}
    assert rows[1024, "CPU copy, target cached"].total_ps < rows[1024, "CPU copy"].total_ps
    assert (65536, "CPU copy, target cached") not in rows


def test_bars_are_plain_where_blocks_can_not_be_shown() -> None:
    plan = plan_spi(load("esp32s3"), 10_000_000, [64])
    assert "█" in render(plan)
    for encoding in ("ascii", "latin-1", None):
        assert render(plan, encoding=encoding).isascii()


def test_sizes_are_checked_in_python_too() -> None:
    check: Callable[[], object] = lambda: plan_spi(load("esp32s3"), 10_000_000, [-1])  # noqa: E731
    with pytest.raises(OptionError, match="--bytes: -1 is not at least 1"):
        check()
