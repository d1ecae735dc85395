"""Costs against the published figures they come from; where a figure is scaled from another chip, against the scale."""

import pytest

from dmalab import chips
from dmalab.chips.model import Kind

ESP = [name for name in chips.names() if chips.load(name).idf_target]
S3_CYCLES_PER_16_BYTES = 20.8
"""ESP32-S3 at an 80 MHz bus: 61.6 MB/s."""
BUS_MHZ = {
    "esp32s2": 80,
    "esp32s3": 80,
    "esp32c2": 40,
    "esp32c3": 80,
    "esp32c5": 40,
    "esp32c6": 40,
    "esp32c61": 40,
    "esp32h2": 32,
    "esp32h4": 32,
}


def copy_ns(chip, source, target, size, burst):
    """An engine's copy: the larger of read and write per block between kinds of memory, their sum inside one except on AXI."""
    timing = chip.timing
    read = timing.read_fix_ns[source] + burst * timing.read_ps_per_byte[source] / 1000
    write = timing.write_fix_ns[target] + burst * timing.write_ps_per_byte[target] / 1000
    turns = source == target and not any(engine.duplex for engine in chip.engines)
    return timing.start_ns + size / burst * (read + write if turns else max(read, write))


def driver_ns(chip):
    timing = chip.timing
    return timing.submit_ns + timing.isr_enter_ns + timing.isr_exit_ns + timing.switch_ns


@pytest.mark.parametrize("name", BUS_MHZ)
def test_copies_in_main_ram_take_the_bus_cycles_of_an_s3(name):
    chip = chips.load(name)
    expected = S3_CYCLES_PER_16_BYTES / BUS_MHZ[name] * 1000
    assert copy_ns(chip, "sram", "sram", 16000, 16) / 1000 == pytest.approx(expected, rel=0.03)


def test_the_s31_meets_two_published_copies():
    """49 152 bytes PSRAM to SRAM in 173 047 CPU cycles; 131 072 bytes PSRAM to PSRAM in 2.067 ms."""
    chip = chips.load("esp32s31")
    driver_us = driver_ns(chip) / 1000
    assert copy_ns(chip, "psram", "sram", 49152, 16) / 1000 == pytest.approx(173047 / 320, rel=0.1)
    assert driver_us + copy_ns(chip, "psram", "psram", 131072, 16) / 1000 == pytest.approx(2067, rel=0.1)


def test_the_s31_core_meets_a_published_copy():
    """49 152 bytes PSRAM to SRAM in 87 345 CPU cycles."""
    chip = chips.load("esp32s31")
    lines, cycles = 49152 / 64, 49152 / 16 * chip.timing.copy_cycles_per_16_bytes
    assert lines * chip.timing.line_fill_ns["psram"] + cycles / 0.32 == pytest.approx(87345 / 0.32, rel=0.05)


@pytest.mark.parametrize(
    ("name", "cycles_per_byte"), [("esp32", 0.626), ("esp32s3", 0.626), ("esp32s2", 0.547), ("esp32c6", 0.668)]
)
def test_cpu_copies_meet_the_published_rates(name, cycles_per_byte):
    assert chips.load(name).timing.copy_cycles_per_16_bytes / 16 == pytest.approx(cycles_per_byte, rel=0.04)


@pytest.mark.parametrize("name", ESP)
def test_interrupts_keep_the_published_bounds(name):
    """At most 290 cycles in and 565 out and on to the task, at the clock the figures stand for."""
    chip = chips.load(name)
    mhz = 240 if name == "esp32s3" else chip.cpu_mhz
    timing = chip.timing
    assert timing.isr_enter_ns * mhz / 1000 == pytest.approx(290, rel=0.01)
    assert (timing.isr_exit_ns + timing.switch_ns) * mhz / 1000 == pytest.approx(565, rel=0.01)


@pytest.mark.parametrize("name", ESP)
def test_psram_costs_more_than_main_ram_and_writing_back_less_than_filling(name):
    timing = chips.load(name).timing
    if "psram" in timing.line_fill_ns:
        assert timing.line_writeback_ns["psram"] < timing.line_fill_ns["psram"]
    for fix, per_byte in (
        (timing.read_fix_ns, timing.read_ps_per_byte),
        (timing.write_fix_ns, timing.write_ps_per_byte),
    ):
        if Kind.PSRAM.value in fix:
            assert fix["psram"] + per_byte["psram"] * 16 / 1000 > fix["sram"] + per_byte["sram"] * 16 / 1000


def test_a_shorter_line_costs_what_streams_less():
    """ESP32-S3, 16-byte lines: 633 664 CPU cycles for 102 400 bytes out of PSRAM, of a loop that costs next to nothing."""
    timing = chips.with_line_bytes(chips.load("esp32s3"), 16).timing
    assert timing.line_fill_ns["psram"] == pytest.approx(633664 / 240 / 6400 * 1000, rel=0.05)
    assert (timing.line_stream_ns["psram"], timing.line_writeback_ns["psram"]) == (102, 392 - 102)
    assert timing.line_fill_ns["flash"] == chips.load("esp32s3").timing.line_fill_ns["flash"]


def test_only_axi_reads_and_writes_at_once():
    assert {engine.name for name in ESP for engine in chips.load(name).engines if engine.duplex} == {"axi_gdma"}
