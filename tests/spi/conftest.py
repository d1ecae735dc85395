"""A machine whose SPI2 is wired: clock on 0, MOSI on 4, MISO on 2, chip select on 5; firmware with an SPI device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dmalab import Machine
from dmalab.core.spi import SpiController
from dmalab.options import Options
from dmalab.plan.table import load
from dmalab.report.run import RunReport
from dmalab.runner import run_firmware


class Wired:
    """A machine and one of its controllers."""

    def __init__(self, chip: str = "esp32c3", *, joined: bool = True) -> None:
        self.machine = Machine(chip)
        self.controller: SpiController = self.machine.spi["SPI2"]
        pins = self.controller.bus.pins
        pins.sck, pins.data[0], pins.data[1] = 0, 4, 2
        if joined:
            self.machine.gpio.connect(4, 2)

    def run_us(self, us: float) -> None:
        """Let time pass."""
        self.machine.scheduler.elapse(round(us * 1_000_000))


@pytest.fixture(scope="session")
def wired() -> Callable[..., Wired]:
    return Wired


PRELUDE = """
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "driver/spi_master.h"
#include "esp_heap_caps.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

static spi_bus_config_t bus = {.mosi_io_num = 4, .miso_io_num = 4, .sclk_io_num = 0, .quadwp_io_num = -1, .quadhd_io_num = -1};
static spi_device_interface_config_t config = {.clock_speed_hz = 10000000, .spics_io_num = 5, .queue_size = 3};
static spi_device_handle_t device;

static void open_device(int dma)
{
    ESP_ERROR_CHECK(spi_bus_initialize(SPI2_HOST, &bus, dma ? SPI_DMA_CH_AUTO : SPI_DMA_DISABLED));
    ESP_ERROR_CHECK(spi_bus_add_device(SPI2_HOST, &config, &device));
}

static void close_device(void)
{
    ESP_ERROR_CHECK(spi_bus_remove_device(device));
    ESP_ERROR_CHECK(spi_bus_free(SPI2_HOST));
}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., tuple[RunReport, str]]]:
    folder = tmp_path_factory.mktemp("spi")

    def build_and_run(code: str, chip: str = "esp32s3", idf: str = "v5.5") -> tuple[RunReport, str]:
        path: Path = folder / "main.c"
        path.write_text(PRELUDE + code)
        printed: list[bytes] = []
        options = Options(sources=(path,), chips=(chip,), idf=idf)
        report = run_firmware(options, load(chip), lambda data, _stream: printed.append(data))
        return report, b"".join(printed).decode()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        yield build_and_run
