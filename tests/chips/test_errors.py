"""Every mistake in a chip file is one line that names the file, the key and what is allowed."""

from pathlib import Path

import pytest

from dmalab import chips
from dmalab.chips.model import Chip, Timing

TEXT = Path(chips.__file__).with_name("esp32s3.toml").read_text()
P4 = Path(chips.__file__).with_name("esp32p4.toml").read_text()


@pytest.fixture
def complaint(tmp_path):
    """The complaint about a chip file with one change, without the file's name in front."""

    def of(old: str, new: str, text: str = TEXT) -> str:
        assert old in text
        path = tmp_path / "bad.toml"
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(chips.ChipError) as caught:
            chips.load(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        assert "\n" not in message
        return message.removeprefix(f"{path}: ")

    return of


def test_unknown_chip_lists_what_there_is():
    with pytest.raises(chips.ChipError) as caught:
        chips.load("esp32s4")
    assert str(caught.value) == f"unknown chip 'esp32s4'; available: {', '.join(chips.names())}; did you mean esp32s3?"


def test_missing_file():
    with pytest.raises(chips.ChipError) as caught:
        chips.load("nowhere/chip.toml")
    assert str(caught.value) == "nowhere/chip.toml: No such file or directory"


def test_folder(tmp_path):
    with pytest.raises(chips.ChipError, match="Is a directory"):
        chips.load(tmp_path)


def test_broken_toml(complaint):
    assert complaint("cores = 2", "cores = ") == "Invalid value (at line 8, column 9)"


KEYS = [
    (
        "cores = 2",
        "coers = 2",
        f"coers: unknown key; allowed: {', '.join(Chip.__struct_fields__)}; did you mean cores?",
    ),
    ("cores = 2\n", "", "cores: missing; expected an integer"),
    ("cores = 2", 'cores = "2"', "cores: expected int, got str"),
    ("cores = 2", "cores = 2.0", "cores: expected int, got float"),
    ("idf_target = true", "idf_target = 1", "idf_target: expected bool, got int"),
    (
        'kind = "psram"',
        'kind = "spiram"',
        "regions[1].kind: invalid enum value 'spiram'; allowed: sram, psram, flash, rtc, spm, code",
    ),
    (
        "dma = { low = 0x3FC88000, high = 0x3FD00000 }",
        "dma = { low = 0x3FC88000 }",
        "dma.high: missing; expected an integer",
    ),
    ('SPI2 = ["ahb", 0]', 'SPI2 = ["ahb"]', "triggers.*: expected array of length 2, got 1"),
    (
        "ways = 8\n",
        "way = 8\n",
        "caches[0].way: unknown key; allowed: name, size, ways, line_bytes, writeback, source; did you mean ways?",
    ),
    (
        'name = "ahb_gdma"',
        'name = "gdma"',
        "engines[0].name: invalid enum value 'gdma'; allowed: ahb_gdma, axi_gdma, lp_ahb_gdma, cp_dma, spi_dma, generic",
    ),
    (
        "access_cycles = 2",
        "access_cycle = 2",
        f"timing.access_cycle: unknown key; allowed: {', '.join(Timing.__struct_fields__)}; did you mean access_cycles?",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), KEYS)
def test_keys_and_types(complaint, old, new, message):
    assert complaint(old, new) == message


MEANING = [
    ("cpu_mhz = 160", "cpu_mhz = 100", "cpu_mhz: 100 is not in cpu_mhz_choices (80, 160, 240)"),
    ("simd_alignment = 16", "simd_alignment = 12", "simd_alignment: 12 is no power of two"),
    ("cores = 2", "cores = 0", "cores: 0; expected at least 1"),
    (
        "dma = { low = 0x3FC88000, high = 0x3FD00000 }",
        "dma = { low = 0x3FD00000, high = 0x3FC88000 }",
        "dma: low 0x3fd00000 lies above high 0x3fc88000",
    ),
    ('SPI2 = ["ahb", 0]', 'SPI2 = ["apb", 0]', "triggers.SPI2: unknown bus 'apb'; allowed: ahb, axi, lp"),
    (
        "base = 0x50000000\nsize = 0x2000",
        "base = 0x50000000\nsize = 0x2100",
        "regions[5]: base 0x50000000 and size 0x2100 of 'rtc_slow' must be multiples of 4 KiB, size above 0",
    ),
    (
        "max_size = 0x1E00000",
        "max_size = 0x100000",
        "regions[1].max_size: 0x100000 is less than size 0x800000",
    ),
    (
        "base = 0x50000000",
        "base = 0x3C000000",
        "regions[5]: 'rtc_slow' [0x3c000000, 0x3c002000) overlaps 'flash' [0x3c000000, 0x3c200000)",
    ),
    ('name = "rtc_fast"', 'name = "rtc_slow"', "regions[6].name: 'rtc_slow' is used twice"),
    (
        'line_choices = [16, 32, 64]\ncache = "dcache"\nread_only = true',
        'line_choices = [16, 64]\ncache = "dcache"\nread_only = true',
        "regions[0].line_bytes: 32 is not in line_choices (16, 64)",
    ),
    (
        'cache = "dcache"\nread_only = true',
        'cache = "l1"\nread_only = true',
        "regions[0].cache: unknown cache 'l1'; available: dcache",
    ),
    (
        "size = 32768\nways = 8",
        "size = 32768\nways = 7",
        "caches[0].size: 32768 is no multiple of 7 ways of 32 bytes",
    ),
    (
        "low = 0x3FCF0000\nhigh = 0x3FCF8000",
        "low = 0x3FCF0000\nhigh = 0x3FD08000",
        "heaps[2]: [0x3fcf0000, 0x3fd08000) is not inside 'sram' [0x3fc88000, 0x3fd00000)",
    ),
    (
        'region = "psram"',
        'region = "irom"',
        "heaps[3].region: 'irom' is no memory for a heap; available: psram, sram, rtc_slow, rtc_fast",
    ),
    (
        "low = 0x3FCE9710",
        "low = 0x3FCE9700",
        "heaps[1]: [0x3fce9700, 0x3fcf0000) overlaps the heap [0x3fc98000, 0x3fce9710)",
    ),
    (
        "m2m_pair_mask = 0x1F",
        "m2m_pair_mask = 0x3F",
        "engines[0].m2m_pair_mask: 0x3f names pairs beyond the 5 there are",
    ),
    (
        "burst_sizes = [16, 32, 64]",
        "burst_sizes = [16, 24]",
        "engines[0].burst_sizes: 16, 24; each must be a power of two",
    ),
    (
        'reaches = ["sram", "psram"]',
        'reaches = ["sram", "psram"]\npsram_since = "6.0"',
        "engines[0].psram_since: '6.0' is no release such as v6.0",
    ),
    ("sync_base_ns = 2000", "sync_base_ns = -1", "timing.sync_base_ns: costs can't be negative"),
    (
        "line_fill_ns = { psram = 529, flash = 1900 }",
        "line_fill_ns = { psram = 529 }",
        "timing.line_fill_ns.flash: missing; every cached region needs an entry",
    ),
    (
        "line_stream_ns = { psram = 204 }",
        "line_stream_ns = { sram = 204 }",
        "timing.line_stream_ns.sram: no cached region has this name",
    ),
    (
        "line_stream_ns = { psram = 204 }",
        "line_stream_ns = { psram = 530 }",
        "timing.line_stream_ns.psram: 530 is more than the whole fill",
    ),
    (
        "write_fix_ns = { sram = 0, psram = 310 }",
        "write_fix_ns = { sram = 0, psram = 310, flash = 1 }",
        "timing.write_fix_ns.flash: no kind of memory an engine writes; allowed: psram, sram",
    ),
    (
        "data_size = 0x10000",
        "data_size = 0x20000",
        "firmware.data: [0x3fc88000, 0x3fca8000) overlaps the heap [0x3fc98000, 0x3fce9710)",
    ),
    (
        "iram = 0x40374000",
        "iram = 0x40300000",
        "firmware.iram: [0x40300000, 0x4036c000) is not inside 'iram' [0x40370000, 0x403e0000), 'irom' [0x42000000, 0x44000000)",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), MEANING)
def test_meaning(complaint, old, new, message):
    assert complaint(old, new) == message


EXTRAS = [
    ("psram_ecc_usable = [7, 8]", "psram_ecc_usable = [8, 8]", "psram_ecc_usable: 8/8 is no part of the whole"),
    ('high = "3.0"', 'high = "three"', "revisions[0].high: 'three' is no revision such as 3.0"),
    ('revision = "3.0"', 'revision = "v3"', "revision: 'v3' is no revision such as 3.0"),
    ("priority_levels = 6", "priority_levels = -1", "engines[0]: priority_levels and max_weight can't be negative"),
    (
        "priority_levels = 6",
        "priority_levels = 6\nmax_weight = 15",
        "engines[0].max_weight: 15 with weighted_arbitration = false",
    ),
    ("channels = 50", "channels = 0", "etm.channels: 0; expected at least 1"),
    (
        "PDMA_AHB_EVT_IN_DONE = [167, 168, 169]",
        "PDMA_AHB_EVT_IN_DONE = [167, 168, 170]",
        "etm.events.PDMA_AHB_EVT_IN_DONE: 167, 168, 170; ids start at 1 and each names one event (and 1 more)",
    ),
    (
        "PDMA_AXI_TASK_OUT_START = [194, 195, 196]",
        "PDMA_AXI_TASK_OUT_START = [194, 195]",
        "etm.tasks.PDMA_AXI_TASK_OUT_START: expected 3 ids, one for each pair of AXI GDMA",
    ),
    (
        'engine = "axi_gdma"',
        'engine = "spi_dma"',
        "spi.hosts[0].engine: unknown engine 'spi_dma'; available: ahb_gdma, axi_gdma",
    ),
    ("data_lines = 8", "data_lines = 3", "spi.hosts[0].data_lines: 3; allowed: 1, 2, 4, 8"),
    ('name = "SPI3"', 'name = "SPI2"', "spi.hosts[1].name: 'SPI2' is used twice"),
    ("rx_alignment = 1", "rx_alignment = 3", "spi.rx_alignment: 3 is no power of two"),
    ("cpu_max_bits = 512", "cpu_max_bits = 0", "spi.cpu_max_bits: 0; expected at least 1"),
    (
        "cpu_mhz_choices = [360, 400]",
        "cpu_mhz_choices = [400]",
        "revisions[0].changes.cpu_mhz: 360 is not in cpu_mhz_choices (400)",
    ),
    (
        "cpu_mhz = 360",
        'cpu_mhz = "slow"',
        "revisions[0].changes: Expected int, got str - at $.cpu_mhz",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), EXTRAS)
def test_engines_etm_spi_and_revisions(complaint, old, new, message):
    assert complaint(old, new, P4) == message


def test_an_etm_name_needs_a_matrix(complaint):
    assert complaint("priority_levels = 6", 'priority_levels = 6\netm_name = "GDMA"') == (
        "engines[0].etm_name: 'GDMA', but the chip has no etm table"
    )


ALIASES = [
    (
        "high = 0x3FCF0000\ninstructions",
        "high = 0x3FD10000\ninstructions",
        "instruction_aliases[0]: [0x3fc88000, 0x3fd10000) is not inside any internal region",
    ),
    (
        "instructions = 0x40378000",
        "instructions = 0x3FCF0000",
        "instruction_aliases[0].instructions: [0x3fcf0000, 0x3fd58000) overlaps data memory",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), ALIASES)
def test_instruction_aliases(complaint, old, new, message):
    assert complaint(old, new) == message


def test_several_problems_are_counted(complaint):
    found = complaint("cpu_mhz = 160\ncpu_mhz_choices = [80, 160, 240]", "cpu_mhz = 100\ncpu_mhz_choices = []\n")
    assert found == "cpu_mhz: 100 is not in cpu_mhz_choices ()"
    found = complaint("cores = 2\ncpu_mhz = 160", "cores = 0\ncpu_mhz = 100")
    assert found == "cpu_mhz: 100 is not in cpu_mhz_choices (80, 160, 240) (and 1 more)"
