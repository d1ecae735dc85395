"""`dmalab chips`: the list, and one chip with its memory drawn to scale."""

import io
import itertools
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmalab import chips
from dmalab.chips.model import Kind
from dmalab.cli import main
from dmalab.memory_map import CELLS, address_space, inside, internal_regions, size_text
from dmalab.pages import chip_page

NAMES = chips.names()


LIST = """\
esp32     ESP32                       2      160  328 KiB  uncached       4 MiB   32-byte lines  SPI DMA                          none
esp32c2   ESP32-C2                    1      120  256 KiB  uncached       none    -              AHB GDMA                         none
esp32c3   ESP32-C3                    1      160  384 KiB  uncached       none    -              AHB GDMA                         none
esp32c5   ESP32-C5                    1      240  320 KiB  uncached       8 MiB   32-byte lines  AHB GDMA                         50 channels
esp32c6   ESP32-C6                    1      160  448 KiB  uncached       none    -              AHB GDMA                         50 channels
esp32c61  ESP32-C61                   1      160  256 KiB  uncached       2 MiB   32-byte lines  AHB GDMA                         50 channels
esp32h2   ESP32-H2                    1      96   256 KiB  uncached       none    -              AHB GDMA                         50 channels
esp32h4   ESP32-H4                    2      96   256 KiB  uncached       2 MiB   32-byte lines  AHB GDMA                         50 channels
esp32p4   ESP32-P4                    2      400  576 KiB  64-byte lines  32 MiB  64-byte lines  AHB GDMA, AXI GDMA               50 channels
esp32s2   ESP32-S2                    1      160  304 KiB  uncached       2 MiB   32-byte lines  CP_DMA, SPI DMA                  none
esp32s3   ESP32-S3                    2      160  480 KiB  uncached       8 MiB   32-byte lines  AHB GDMA                         none
esp32s31  ESP32-S31                   2      320  448 KiB  uncached       16 MiB  64-byte lines  AHB GDMA, AXI GDMA, LP AHB GDMA  50 channels
"""

S3 = """\
ESP32-S3 (esp32s3): xtensa, 2 cores at 160 MHz (choices 80, 160, 240)
options: cache_line=16|32|64, flash_encryption, psram_ecc

memory (█ is 1 MiB)
  0x3c000000  ██                                flash     2 MiB    32-byte lines, read-only
  0x3c200000  ████████                          psram     8 MiB    32-byte lines, up to 30 MiB
              ⋮ 50.5 MiB
  0x3fc88000  ▌                                 sram      480 KiB  uncached
              ⋮ 6592 KiB
  0x40370000  ▌                                 iram      448 KiB  instructions
              ⋮ 28.1 MiB
  0x42000000  ████████████████████████████████  irom      32 MiB   instructions
              ⋮ 192 MiB
  0x50000000  ▏                                 rtc_slow  8 KiB    uncached
              ⋮ 257 MiB
  0x600fe000  ▏                                 rtc_fast  8 KiB    uncached

sram enlarged (█ is 16 KiB)
  0x3fc88000  ████                            64 KiB     static data
  0x3fc98000      ████████████████████▍       325.8 KiB  heap DEFAULT 32BIT 8BIT INTERNAL DMA RETENTION SIMD / - / -
  0x3fce9710                          ▐█      26.2 KiB   heap DEFAULT 32BIT 8BIT INTERNAL DMA RETENTION SIMD / - / -
  0x3fcf0000                            ██    32 KiB     heap - / DEFAULT 32BIT 8BIT INTERNAL DMA SIMD / -
  0x3fcf8000                              ██  32 KiB     not used

instruction bus
  [0x3fc88000, 0x3fcf0000) is also [0x40378000, 0x403e0000)

data caches
  dcache  32 KiB  8 ways  32-byte lines  write-back by address

cache sync
  [0x3c000000, 0x3e000000)  32-byte lines
  [0x42000000, 0x44000000)  32-byte lines

engines
  AHB GDMA  5 pairs  reaches sram, psram  bursts 16, 32, 64  descriptors of 12 aligned to 4  20-bit links  6 priorities

copies
  AHB GDMA  pair 0, 1, 2, 3, 4  takes id 0 (SPI2), 1 (SPI3), 2 (UHCI0), 3 (I2S0), 4 (I2S1), 5 (CAM0/LCD0), 6 (AES0), 7 (SHA0), 8 (ADC0), 9 (RMT0)

request ids
  ahb  SPI2 0, SPI3 1, UHCI0 2, I2S0 3, I2S1 4, CAM0 5, LCD0 5, AES0 6, SHA0 7, ADC0 8, RMT0 9

SPI
  SPI2  8 data lines  up to 80 MHz  AHB GDMA  262144 bits at once, 512 without DMA
  SPI3  4 data lines  up to 80 MHz  AHB GDMA  262144 bits at once, 512 without DMA

assumed, without a public source
"""

P4_OLD = """\
ESP32-P4 (esp32p4), revision 1.0: riscv, 2 cores at 360 MHz (choices 360, 400)
options: cache_line=64|128, flash_encryption, psram_ecc, revision=1.0|3.0

memory (# is 2 MiB)
  0x30100000  #                               spm     8 KiB    uncached
              : 255 MiB
  0x40000000  ##                              flash   4 MiB    64-byte lines, read-only
  0x40400000  ##############################  irom    60 MiB   instructions
              : 64 MiB
  0x48000000  ########                        psram   16 MiB   64-byte lines, up to 64 MiB, uncached at 0x88000000
              : 111 MiB
  0x4ff00000  #                               iram    64 KiB   instructions
  0x4ff10000  #                               sram    576 KiB  64-byte lines, uncached at 0x8ff10000
              : 1440 KiB
  0x50108000  #                               lp_ram  32 KiB   uncached

sram enlarged (# is 16 KiB)
  0x4ff10000  ####                                  64 KiB     static data
  0x4ff20000      #######                           107.9 KiB  heap RETENTION SIMD / DEFAULT 32BIT 8BIT INTERNAL DMA / -
  0x4ff3afc0            ##########################  404.1 KiB  heap DEFAULT 32BIT 8BIT INTERNAL DMA SIMD / - / -
"""


def test_the_list(capsys):
    assert main(["chips"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split() == [
        "name",
        "chip",
        "cores",
        "MHz",
        "RAM",
        "internal",
        "line",
        "PSRAM",
        "PSRAM",
        "line",
        "engines",
        "ETM",
    ]
    assert [row.split()[0] for row in rows[1:-2]] == NAMES
    assert rows[1 : 1 + LIST.count("\n")] == LIST.splitlines()
    assert rows[-2:] == ["", "dmalab chips NAME shows one, with its memory map."]


def test_a_page_whole():
    page = chip_page(chips.load("esp32s3"))
    assert page.startswith(S3)


def test_a_page_of_an_older_revision_without_block_characters():
    chip = chips.with_options(chips.load("esp32p4"), {"revision": "1.0"}, psram=16 << 20)
    assert chip_page(chip, plain=True).startswith(P4_OLD)


def test_a_page_takes_options(capsys):
    assert main(["chips", "esp32p4", "--option", "revision=1.0", "--psram", "16M"]) == 0
    assert capsys.readouterr().out.replace("█", "#").startswith(P4_OLD.splitlines()[0])


@pytest.mark.parametrize("name", NAMES)
def test_every_page_has_map_sources_and_assumptions(name, capsys):
    assert main(["chips", name]) == 0
    titles = [line.split(" (")[0] for line in capsys.readouterr().out.splitlines() if line and not line.startswith(" ")]
    wanted = ["memory", "sram enlarged", "data caches", "engines", "assumed, without a public source", "sources"]
    assert [title for title in titles if title in wanted] == wanted


def test_an_encoding_without_blocks_gets_none():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "dmalab", "chips", "esp32c3"]
    out = subprocess.run(command, capture_output=True, check=True, env=environment).stdout.decode("ascii")
    assert "memory (# is 256 KiB)" in out
    assert "\\u" not in out


EIGHTHS = {" ": 0, "▏": 1, "▎": 2, "▍": 3, "▌": 4, "▋": 5, "▊": 6, "▉": 7, "█": 8}


@pytest.mark.parametrize("name", NAMES)
def test_lengths_are_to_scale(name):
    """An eighth of a character, or what it takes to be visible."""
    chip = chips.load(name)
    scale, rows = address_space(chip)
    assert [row[2] for row in rows if row[2]] == sorted(chip.regions, key=lambda region: region.base)
    for _, bar, region in rows:
        if region is not None:
            drawn = sum(EIGHTHS[cell] for cell in bar) * scale / 8
            assert abs(drawn - region.size) <= scale / 16 or (drawn == scale / 8 and region.size < drawn)
            assert len(bar) <= CELLS


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("plain", [False, True])
def test_the_parts_of_a_region_fill_it_and_lie_where_they_are(name, plain):
    chip = chips.load(name)
    regions = internal_regions(chip)
    assert any(region.kind is Kind.SRAM for region in regions)
    for region in regions:
        scale, rows = inside(chip, region, plain=plain)
        parts = [part for _, _, part in rows]
        assert (parts[0].low, parts[-1].high) == (region.base, region.base + region.size)
        assert all(one.high == other.low for one, other in itertools.pairwise(parts))
        for _, bar, part in rows:
            blanks = len(bar) - len(bar.lstrip(" "))
            assert abs(blanks - (part.low - region.base) / scale) <= 1
            assert abs(len(bar) - (part.high - region.base) / scale) <= 1


@given(st.integers(0, 1 << 40))
def test_sizes_in_words_are_close(size):
    number, unit = size_text(size).split()
    scale = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20}[unit]
    assert abs(float(number) * scale - size) <= 0.05 * scale + 1e-6


def test_a_closed_stream_has_no_blocks():
    from dmalab.cli import _has_blocks

    assert not _has_blocks(io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    assert _has_blocks(io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
