"""Figures of every chip against a table written down on its own, row by row as the vendor's sources give them.

Sources: ESP-IDF @102122904ade, components/soc/*/include/soc/{soc,soc_caps}.h, components/esp_hal_dma/*, components/hal/*/include/hal/
{cache_ll,etm_ll}.h, components/esp_hal_gpspi/*.
"""

import pytest

from dmalab import chips
from dmalab.chips.model import Kind, Range

ESP = [name for name in chips.names() if chips.load(name).idf_target]

CORES = {  # arch, cores, default MHz
    "esp32": ("xtensa", 2, 160),
    "esp32s2": ("xtensa", 1, 160),
    "esp32s3": ("xtensa", 2, 160),
    "esp32c2": ("riscv", 1, 120),
    "esp32c3": ("riscv", 1, 160),
    "esp32c5": ("riscv", 1, 240),
    "esp32c6": ("riscv", 1, 160),
    "esp32c61": ("riscv", 1, 160),
    "esp32h2": ("riscv", 1, 96),
    "esp32h4": ("riscv", 2, 96),
    "esp32p4": ("riscv", 2, 400),
    "esp32s31": ("riscv", 2, 320),
}
RAM = {  # range DMA reaches, window of PSRAM
    "esp32": (0x3FFAE000, 0x40000000, 0x3F800000, 0x3FC00000),
    "esp32s2": (0x3FFB0000, 0x40000000, 0x3F500000, 0x3FF80000),
    "esp32s3": (0x3FC88000, 0x3FD00000, 0x3C000000, 0x3E000000),
    "esp32c2": (0x3FCA0000, 0x3FCE0000, 0, 0),
    "esp32c3": (0x3FC80000, 0x3FCE0000, 0, 0),
    "esp32c5": (0x40800000, 0x40860000, 0x42000000, 0x44000000),
    "esp32c6": (0x40800000, 0x40880000, 0, 0),
    "esp32c61": (0x40800000, 0x40850000, 0x42000000, 0x44000000),
    "esp32h2": (0x40800000, 0x40850000, 0, 0),
    "esp32h4": (0x40810000, 0x40860000, 0x42000000, 0x44000000),
    "esp32p4": (0x4FF00000, 0x4FFC0000, 0x48000000, 0x4C000000),
    "esp32s31": (0x2F000000, 0x2F080000, 0x50000000, 0x54000000),
}
ALIASES = {  # data low, data high, instruction low, reversed
    "esp32": [(0x3FFE0000, 0x40000000, 0x400A0000, True), (0x3FF80000, 0x3FF82000, 0x400C0000, False)],
    "esp32s2": [(0x3FFB4000, 0x40000000, 0x40024000, False), (0x3FF9E000, 0x3FFA0000, 0x40070000, False)],
    "esp32s3": [(0x3FC88000, 0x3FCF0000, 0x40378000, False)],
    "esp32c2": [(0x3FCA0000, 0x3FCE0000, 0x40380000, False)],
    "esp32c3": [(0x3FC80000, 0x3FCE0000, 0x40380000, False)],
}
LINES = {  # internal line, external line, choices, write-back by address
    "esp32": (0, 32, (), False),
    "esp32s2": (0, 32, (16, 32), True),
    "esp32s3": (0, 32, (16, 32, 64), True),
    "esp32c2": (0, 32, (), False),
    "esp32c3": (0, 32, (), False),
    "esp32c5": (0, 32, (), True),
    "esp32c6": (0, 32, (), False),
    "esp32c61": (0, 32, (), True),
    "esp32h2": (0, 32, (), False),
    "esp32h4": (0, 32, (), True),
    "esp32p4": (64, 64, (64, 128), True),
    "esp32s31": (0, 64, (), True),
}
V1, V2 = 20, 32  # bits of the first link address that an AHB engine keeps, by its version
ENGINES = {  # pairs, M2M pairs, M2M ids, descriptor alignment, link bits, bursts, PSRAM burst, RX burst needs alignment, weights
    ("esp32", "spi_dma"): (2, 0, (), 4, V1, (), 0, True, 0),
    ("esp32s2", "cp_dma"): (1, 1, (), 4, V1, (), 0, False, 0),
    ("esp32s2", "spi_dma"): (2, 0, (), 4, V1, (), 64, True, 0),
    ("esp32s3", "ahb_gdma"): (5, 0x1F, tuple(range(10)), 4, V1, (16, 32, 64), 64, True, 0),
    ("esp32c2", "ahb_gdma"): (1, 1, (0, 2, 7, 8), 4, V1, (), 0, True, 0),
    ("esp32c3", "ahb_gdma"): (3, 7, (0, 2, 3, 6, 7, 8), 4, V1, (), 0, True, 0),
    ("esp32c5", "ahb_gdma"): (3, 7, (10, 11, 12), 4, V2, (4, 16, 32, 64), 32, False, 15),
    ("esp32c6", "ahb_gdma"): (3, 7, (1, 4, 5, *range(10, 16)), 4, V1, (), 0, True, 0),
    ("esp32c61", "ahb_gdma"): (2, 3, (0, 2, 4, 5, 6, *range(9, 16)), 4, V2, (4, 16, 32), 32, False, 15),
    ("esp32h2", "ahb_gdma"): (3, 7, (1, 4, 5, *range(10, 16)), 4, V1, (), 0, True, 0),
    ("esp32h4", "ahb_gdma"): (5, 0x1F, tuple(range(10, 16)), 4, V2, (4, 16, 32, 64), 64, False, 0),
    ("esp32p4", "ahb_gdma"): (3, 6, (1, 6, 7, 9, *range(11, 16)), 4, V2, (4, 16, 32, 64), 128, False, 0),
    ("esp32p4", "axi_gdma"): (3, 7, tuple(range(6, 16)), 8, 32, (8, 16, 32, 64, 128), 128, False, 0),
    ("esp32s31", "ahb_gdma"): (5, 0x1F, (9, 15), 4, V2, (4, 16, 32, 64), 128, False, 0),
    ("esp32s31", "axi_gdma"): (3, 7, tuple(range(6, 16)), 8, 32, (8, 16, 32, 64, 128), 128, False, 0),
    ("esp32s31", "lp_ahb_gdma"): (2, 3, tuple(range(2, 16)), 4, V2, (4, 16, 32, 64), 128, False, 0),
}
SINCE = {
    ("esp32c5", "ahb_gdma"): "v5.5",
    ("esp32h4", "ahb_gdma"): "v5.5",
    ("esp32c61", "ahb_gdma"): "v6.0",
    ("esp32p4", "ahb_gdma"): "v6.0",
}
ETM = {  # first id of IN_SUC_EOF, OUT_EOF, IN_START and OUT_START of every engine
    ("esp32c5", "ahb_gdma"): (120, 132, 143, 146),
    ("esp32c6", "ahb_gdma"): (141, 153, 159, 162),
    ("esp32c61", "ahb_gdma"): (90, 102, 125, 128),
    ("esp32h2", "ahb_gdma"): (141, 153, 159, 162),
    ("esp32h4", "ahb_gdma"): (160, 180, 168, 173),
    ("esp32p4", "ahb_gdma"): (170, 182, 185, 188),
    ("esp32p4", "axi_gdma"): (197, 209, 191, 194),
    ("esp32s31", "ahb_gdma"): (285, 305, 316, 321),
    ("esp32s31", "axi_gdma"): (346, 358, 330, 333),
    ("esp32s31", "lp_ahb_gdma"): (327, 335, 326, 328),
}
SPI = {  # hosts with their data lines, engine, DMA bits, FIFO bits, RX alignment, source Hz, fastest Hz
    "esp32": ({"SPI2": 4, "SPI3": 4}, "spi_dma", 1 << 24, 512, 4, 80_000_000, 80_000_000),
    "esp32s2": ({"SPI2": 8, "SPI3": 1}, "spi_dma", 1 << 23, 576, 4, 80_000_000, 80_000_000),
    "esp32s3": ({"SPI2": 8, "SPI3": 4}, "ahb_gdma", 1 << 18, 512, 1, 80_000_000, 80_000_000),
    "esp32c2": ({"SPI2": 4}, "ahb_gdma", 1 << 18, 512, 1, 40_000_000, 40_000_000),
    "esp32c3": ({"SPI2": 4}, "ahb_gdma", 1 << 18, 512, 1, 80_000_000, 80_000_000),
    "esp32c5": ({"SPI2": 4}, "ahb_gdma", (1 << 18) - 1, 512, 1, 160_000_000, 80_000_000),
    "esp32c6": ({"SPI2": 4}, "ahb_gdma", 1 << 18, 512, 1, 80_000_000, 80_000_000),
    "esp32c61": ({"SPI2": 4}, "ahb_gdma", (1 << 18) - 1, 512, 1, 160_000_000, 80_000_000),
    "esp32h2": ({"SPI2": 4}, "ahb_gdma", 1 << 18, 512, 1, 48_000_000, 48_000_000),
    "esp32h4": ({"SPI2": 4, "SPI3": 4}, "ahb_gdma", (1 << 18) - 1, 512, 1, 48_000_000, 24_000_000),
    "esp32p4": ({"SPI2": 8, "SPI3": 4}, "axi_gdma", (1 << 18) - 1, 512, 1, 480_000_000, 80_000_000),
    "esp32s31": ({"SPI2": 8, "SPI3": 4}, "axi_gdma", (1 << 18) - 1, 512, 1, 480_000_000, 80_000_000),
}


def test_every_chip_is_in_every_table():
    assert sorted(CORES) == sorted(RAM) == sorted(LINES) == sorted(SPI) == sorted(ESP)
    assert {(name, engine.name) for name in ESP for engine in chips.load(name).engines} == set(ENGINES)


@pytest.mark.parametrize("name", ESP)
def test_core(name):
    chip = chips.load(name)
    assert (chip.arch, chip.cores, chip.cpu_mhz) == CORES[name]
    assert chip.simd_alignment == (16 if name in ("esp32s3", "esp32p4", "esp32s31") else 4)
    assert chip.encryption_alignment == 16


@pytest.mark.parametrize("name", ESP)
def test_memory(name):
    chip = chips.load(name)
    low, high, psram_low, psram_high = RAM[name]
    assert (chip.dma, chip.external_window) == (Range(low, high), Range(psram_low, psram_high))
    sram = chip.region("sram")
    assert low <= sram.base < sram.base + sram.size <= high
    assert [(a.low, a.high, a.instructions, a.reversed) for a in chip.instruction_aliases] == ALIASES.get(name, [])
    assert any(region.kind is Kind.PSRAM for region in chip.regions) == (psram_low > 0)


@pytest.mark.parametrize(
    ("name", "region", "alias"),
    [
        ("esp32p4", "sram", 0x40000000),
        ("esp32p4", "psram", 0x40000000),
        ("esp32s31", "psram", 0x70000000),
        ("esp32s31", "sram", None),
    ],
)
def test_uncached_aliases(name, region, alias):
    found = chips.load(name).region(region)
    assert (found.alias_base - found.base if found.alias_base else None) == alias


@pytest.mark.parametrize("name", ESP)
def test_caches(name):
    chip = chips.load(name)
    internal, external, choices, writeback = LINES[name]
    assert chip.region("sram").line_bytes == internal
    outside = [region for region in chip.regions if region.kind in (Kind.PSRAM, Kind.FLASH)]
    assert {(region.line_bytes, region.line_choices) for region in outside} == {(external, choices)}
    assert any(cache.writeback for cache in chip.caches) == writeback


def test_the_esp32_syncs_by_a_nominal_line():
    assert {window.line_bytes for window in chips.load("esp32").sync_windows} == {4}


def test_the_esp32_has_a_heap_of_words():
    chip = chips.load("esp32")
    assert chip.region("iram_heap").word_access
    assert [heap.caps for heap in chip.heaps if heap.region == "iram_heap"] == [(("INTERNAL", "EXEC", "32BIT"), (), ())]
    assert 0x40090000 not in chip.dma


@pytest.mark.parametrize(("name", "engine"), ENGINES, ids="-".join)
def test_engines(name, engine):
    e = chips.load(name).engine(engine)
    assert (
        e.pairs,
        e.m2m_pair_mask,
        e.m2m_free_ids,
        e.descriptor_align,
        e.link_address_bits,
        e.burst_sizes,
        e.psram_max_burst,
        e.rx_burst_needs_alignment,
        e.max_weight,
    ) == ENGINES[name, engine]
    assert e.weighted_arbitration == (e.max_weight > 0)
    assert e.priority_levels == (6 if engine.endswith("gdma") else 0)
    assert e.descriptor_size == (16 if engine == "axi_gdma" else 12)
    assert e.psram_since == SINCE.get((name, engine), "")


@pytest.mark.parametrize(
    ("name", "engine", "bus"),
    [
        ("esp32s31", "ahb_gdma", "ahb"),
        ("esp32s31", "axi_gdma", "axi"),
        ("esp32s31", "lp_ahb_gdma", "lp"),
        ("esp32s2", "cp_dma", ""),
    ],
)
def test_the_bus_of_an_engine(name, engine, bus):
    chip = chips.load(name)
    assert chip.engine(engine).bus == bus
    assert {trigger for trigger, _ in chip.triggers.values()} >= ({bus} - {""})


@pytest.mark.parametrize("name", ["esp32c2", "esp32c3", "esp32s3"])
def test_where_copies_take_a_peripherals_id(name):
    chip = chips.load(name)
    ids = {number for _, number in chip.triggers.values()}
    assert set(chip.engine("ahb_gdma").m2m_free_ids) <= ids


@pytest.mark.parametrize("name", ["esp32c5", "esp32c6", "esp32c61", "esp32h2", "esp32h4", "esp32p4", "esp32s31"])
def test_elsewhere_copies_take_ids_of_their_own(name):
    chip = chips.load(name)
    for engine in chip.engines:
        taken = {number for bus, number in chip.triggers.values() if bus == engine.bus}
        assert not taken & set(engine.m2m_free_ids), engine.title


@pytest.mark.parametrize("name", ESP)
def test_etm(name):
    chip = chips.load(name)
    listed = {engine for chip_name, engine in ETM if chip_name == name}
    assert {engine.name for engine in chip.engines if engine.etm_name} == listed
    assert (chip.etm.channels if chip.etm else 0) == (50 if listed else 0)
    for engine in chip.engines:
        if engine.etm_name:
            names = [
                f"{engine.etm_name}_{word}"
                for word in ("EVT_IN_SUC_EOF", "EVT_OUT_EOF", "TASK_IN_START", "TASK_OUT_START")
            ]
            tables = (chip.etm.events, chip.etm.events, chip.etm.tasks, chip.etm.tasks)
            ids = [table[each] for table, each in zip(tables, names, strict=True)]
            assert tuple(first for first, *_ in ids) == ETM[name, engine.name]
            assert all(row == tuple(range(row[0], row[0] + engine.pairs)) for row in ids)


@pytest.mark.parametrize("name", ESP)
def test_spi(name):
    spi = chips.load(name).spi
    lines, engine, dma_bits, cpu_bits, alignment, source_hz, max_hz = SPI[name]
    assert {host.name: host.data_lines for host in spi.hosts} == lines
    assert [host.host_id for host in spi.hosts] == list(range(1, len(lines) + 1))
    assert {host.engine for host in spi.hosts} == {engine}
    assert (spi.dma_max_bits, spi.cpu_max_bits, spi.rx_alignment) == (dma_bits, cpu_bits, alignment)
    assert (spi.source_hz, spi.max_hz) == (source_hz, max_hz)


def test_on_the_esp32s2_only_one_host_reaches_psram():
    assert [(host.name, host.psram) for host in chips.load("esp32s2").spi.hosts] == [("SPI2", True), ("SPI3", False)]


@pytest.mark.parametrize("name", ESP)
def test_psram_is_reached_where_an_engine_and_memory_are_there(name):
    chip = chips.load(name)
    reaching = {engine.name for engine in chip.engines if Kind.PSRAM in engine.reaches}
    assert reaching == {
        "esp32": set(),
        "esp32s2": {"spi_dma"},
        "esp32p4": {"ahb_gdma", "axi_gdma"},
        "esp32s31": {"ahb_gdma", "axi_gdma", "lp_ahb_gdma"},
    }.get(name, {"ahb_gdma"} if RAM[name][2] else set())
