"""The chip files that come with dmalab, and what they promise to everything above."""

from pathlib import Path

import pytest

from dmalab import chips
from dmalab.chips.check import problems
from dmalab.chips.model import Kind

ALL = chips.names()


def test_names_are_the_files_sorted():
    assert sorted(ALL) == ALL
    assert {"esp32s3", "esp32p4"} <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_every_chip_loads_and_is_called_as_its_file(name):
    chip = chips.load(name)
    assert chip.name == name
    assert problems(chip) == []


@pytest.mark.parametrize("spelling", ["esp32s3", "ESP32-S3", " esp32S3 "])
def test_a_chip_is_found_as_people_write_it(spelling):
    assert chips.load(spelling).name == "esp32s3"


@pytest.mark.parametrize("name", ALL)
def test_every_table_names_a_source_and_assumptions_are_sentences(name):
    chip = chips.load(name)
    tables = [chip, *chip.regions, *chip.caches, *chip.heaps, *chip.sync_windows, *chip.engines, chip.timing]
    assert all(len(table.source) > 10 for table in [*tables, chip.firmware])
    assert chip.assumed
    assert all(sentence.endswith(".") for sentence in chip.assumed)


@pytest.mark.parametrize("name", ALL)
def test_no_memory_of_the_machine_lies_under_code(name):
    """The guest maps data planes over its address space; a plane over a code section would wipe the program."""
    chip = chips.load(name)
    firmware = chip.firmware
    planes = [region for region in chip.regions if region.kind is not Kind.CODE]
    for place in (firmware.text, firmware.iram):
        assert not any(region.base <= place < region.base + region.size for region in planes)


def test_esp32s3_has_uncached_main_ram_and_32_byte_lines_outside():
    chip = chips.load("esp32s3")
    assert chip.region("sram").line_bytes == 0
    assert (chip.region("psram").base, chip.region("psram").size, chip.region("psram").line_bytes) == (
        0x3C200000,
        8 << 20,
        32,
    )
    assert chip.engine("axi_gdma") is None
    ahb = chip.engine("ahb_gdma")
    assert ahb is not None
    assert (ahb.pairs, ahb.link_address_bits, ahb.rx_burst_needs_alignment) == (5, 20, True)
    assert Kind.FLASH not in ahb.reaches


def test_esp32p4_has_main_ram_behind_l1_with_an_uncached_alias():
    chip = chips.load("esp32p4")
    sram = chip.region("sram")
    assert (sram.line_bytes, sram.cache, sram.alias_base - sram.base) == (64, "l1", 0x40000000)
    assert chip.region("psram").alias_base == 0x88000000
    ahb, axi = chip.engine("ahb_gdma"), chip.engine("axi_gdma")
    assert ahb is not None
    assert axi is not None
    assert (ahb.psram_since, axi.psram_since) == ("v6.0", "")
    assert (axi.descriptor_align, axi.descriptor_size) == (8, 16)
    assert 0x4FF20000 in chip.dma
    assert 0x30100000 not in chip.dma


def test_unknown_region_is_a_key_error():
    with pytest.raises(KeyError, match="sdram"):
        chips.load("esp32s3").region("sdram")


@pytest.mark.parametrize("name", ALL)
def test_chips_are_loaded_once(name):
    assert chips.load(name) is chips.load(name)


def test_the_s3_engine_figures_meet_the_published_rates():
    """61.6 MB/s in SRAM and 36.4 MB/s to PSRAM at burst 16; 102 400 bytes from and to PSRAM at burst 32."""
    timing = chips.load("esp32s3").timing

    def block_ns(source: str, target: str, size: int) -> float:
        read = timing.read_fix_ns[source] + size * timing.read_ps_per_byte[source] / 1000
        write = timing.write_fix_ns[target] + size * timing.write_ps_per_byte[target] / 1000
        return read + write if source == target else max(read, write)

    fixed_us = (timing.submit_ns + timing.start_ns + timing.isr_enter_ns + timing.isr_exit_ns + timing.switch_ns) / 1000
    assert 16e3 / block_ns("sram", "sram", 16) == pytest.approx(61.6, rel=0.03)
    assert 16e3 / block_ns("sram", "psram", 16) == pytest.approx(36.4, rel=0.03)
    assert fixed_us + 3.2 * block_ns("sram", "psram", 32) == pytest.approx(467010 / 240, rel=0.08)
    assert fixed_us + 3.2 * block_ns("psram", "sram", 32) == pytest.approx(445348 / 240, rel=0.08)
    assert fixed_us + 2.4 * block_ns("psram", "psram", 64) == pytest.approx(3400, rel=0.08)


class TestWithPsram:
    def test_size_and_heap_follow(self):
        chip = chips.with_psram(chips.load("esp32s3"), 2 << 20)
        assert chip.region("psram").size == 2 << 20
        assert [heap.high for heap in chip.heaps if heap.region == "psram"] == [0x3C400000]
        assert problems(chip) == []

    def test_none_removes_every_trace(self):
        chip = chips.with_psram(chips.load("esp32p4"), 0)
        assert all(region.kind is not Kind.PSRAM for region in chip.regions)
        assert all(heap.region != "psram" for heap in chip.heaps)
        assert (chip.firmware.psram_bss, chip.firmware.psram_bss_size) == (0, 0)

    @pytest.mark.parametrize("size", [-65536, 1000, 64 << 10, (8 << 20) + 4096, 31 << 20])
    def test_what_does_not_fit_is_refused(self, size):
        with pytest.raises(chips.ChipError) as caught:
            chips.with_psram(chips.load("esp32s3"), size)
        assert str(caught.value) == (
            f"PSRAM of {size} bytes does not fit esp32s3: take a multiple of 64 KiB from 128 KiB to 30 MiB"
        )

    def test_a_chip_without_psram_takes_none(self):
        bare = chips.with_psram(chips.load("esp32s3"), 0)
        assert chips.with_psram(bare, 0) is bare
        with pytest.raises(chips.ChipError, match="esp32s3 has no PSRAM"):
            chips.with_psram(bare, 8 << 20)


class TestWithLineBytes:
    def test_external_memory_changes_and_internal_stays(self):
        chip = chips.with_line_bytes(chips.load("esp32p4"), 128)
        assert {region.name: region.line_bytes for region in chip.regions if region.line_bytes} == {
            "flash": 128,
            "psram": 128,
            "sram": 64,
        }
        assert {cache.name: cache.line_bytes for cache in chip.caches} == {"l1": 64, "l2": 128}
        assert {window.level: window.line_bytes for window in chip.sync_windows} == {1: 64, 2: 128}

    def test_a_size_that_is_not_offered_is_refused(self):
        with pytest.raises(chips.ChipError) as caught:
            chips.with_line_bytes(chips.load("esp32p4"), 32)
        assert str(caught.value) == "esp32p4 has no 32-byte cache lines; available: 64, 128"


def test_a_chip_file_can_lie_anywhere(tmp_path):
    text = Path(chips.__file__).with_name("esp32s3.toml").read_text()
    path = tmp_path / "board.toml"
    path.write_text(text.replace('name = "esp32s3"', 'name = "board"', 1))
    assert chips.load(path).name == chips.load(str(path)).name == "board"
