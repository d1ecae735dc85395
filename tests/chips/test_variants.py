"""Chips as somebody builds for them: options, revisions, PSRAM."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmalab import chips
from dmalab.chips.check import problems
from dmalab.chips.model import Kind, revision_key

ALL = [chips.load(name) for name in chips.names()]


def test_options_of_every_chip():
    assert {chip.name: chips.option_names(chip) for chip in ALL if chip.idf_target} == {
        "esp32": ("flash_encryption",),
        "esp32c2": ("flash_encryption",),
        "esp32c3": ("flash_encryption",),
        "esp32c5": ("flash_encryption", "psram_ecc", "revision=1.0|1.2"),
        "esp32c6": ("flash_encryption",),
        "esp32c61": ("flash_encryption", "psram_ecc", "revision=1.0|1.1"),
        "esp32h2": ("flash_encryption",),
        "esp32h4": ("flash_encryption", "psram_ecc"),
        "esp32p4": ("cache_line=64|128", "flash_encryption", "psram_ecc", "revision=1.0|3.0"),
        "esp32s2": ("cache_line=16|32", "flash_encryption"),
        "esp32s3": ("cache_line=16|32|64", "flash_encryption", "psram_ecc"),
        "esp32s31": ("flash_encryption", "psram_ecc"),
    }


REFUSALS = [
    ("esp32c3", {"psram_ecc": ""}, "esp32c3 has no option psram_ecc; available: flash_encryption"),
    ("esp32c3", {"cache_line": "64"}, "esp32c3 has no option cache_line=64; available: flash_encryption"),
    (
        "esp32s3",
        {"revision": "0.1"},
        "esp32s3 has no option revision=0.1; available: cache_line=16|32|64, flash_encryption, psram_ecc",
    ),
    ("esp32s3", {"cache_line": "128"}, "esp32s3 has no 128-byte cache lines; available: 16, 32, 64"),
    ("esp32s3", {"cache_line": "big"}, "esp32s3 has no big-byte cache lines; available: 16, 32, 64"),
    ("esp32s3", {"cache_line": ""}, "esp32s3 has no option cache_line; write cache_line=16|32|64"),
    ("esp32s3", {"psram_ecc": "on"}, "esp32s3 has no option psram_ecc=on; write psram_ecc"),
    ("esp32p4", {"revision": "new"}, "esp32p4: 'new' is no revision; available: 1.0, 3.0, or any between"),
    ("esp32p4", {"revision": "3"}, "esp32p4: '3' is no revision; available: 1.0, 3.0, or any between"),
]


@pytest.mark.parametrize(("name", "options", "message"), REFUSALS)
def test_what_a_chip_lacks_is_one_line_that_says_what_there_is(name, options, message):
    with pytest.raises(chips.ChipError) as caught:
        chips.with_options(chips.load(name), options)
    assert str(caught.value) == message


def test_a_generic_machine_has_no_options():
    generic = next((chip for chip in ALL if not chip.idf_target), None)
    if generic is None:
        pytest.skip("no generic machine")
    with pytest.raises(chips.ChipError) as caught:
        chips.with_options(generic, {"flash_encryption": ""})
    assert str(caught.value) == f"{generic.name} has no option flash_encryption; available: none"


def test_no_options_change_nothing():
    assert all(chips.with_options(chip, {}) is chip for chip in ALL)


class TestFlashEncryption:
    def test_drivers_can_see_it(self):
        chip = chips.with_options(chips.load("esp32s3"), {"flash_encryption": ""})
        assert (chip.flash_encryption, chip.psram_ecc) == (True, False)
        assert chip.cpu_mhz == chips.load("esp32s3").cpu_mhz

    def test_the_low_power_engine_loses_psram(self):
        plain = chips.load("esp32s31")
        chip = chips.with_options(plain, {"flash_encryption": ""})
        assert {engine.name: Kind.PSRAM in engine.reaches for engine in chip.engines} == {
            "ahb_gdma": True,
            "axi_gdma": True,
            "lp_ahb_gdma": False,
        }
        assert all(Kind.PSRAM in engine.reaches for engine in plain.engines)

    def test_the_esp32c5_slows_down(self):
        chip = chips.with_options(chips.load("esp32c5"), {"flash_encryption": ""})
        assert (chip.cpu_mhz, chip.cpu_mhz_choices) == (160, (80, 160))


class TestPsramEcc:
    @pytest.mark.parametrize(("name", "kib"), [("esp32s3", 7680), ("esp32p4", 28 << 10), ("esp32c61", 1792)])
    def test_takes_a_part_of_psram(self, name, kib):
        chip = chips.with_options(chips.load(name), {"psram_ecc": ""})
        psram = chip.region("psram")
        assert (chip.psram_ecc, psram.size) == (True, kib << 10)
        assert [heap.high for heap in chip.heaps if heap.region == "psram"] == [psram.base + psram.size]
        assert problems(chip) == []

    def test_counts_from_what_is_fitted(self):
        chip = chips.with_options(chips.load("esp32s3"), {"psram_ecc": ""}, psram=2 << 20)
        assert chip.region("psram").size == (2 << 20) * 15 // 16

    def test_needs_psram(self):
        bare = chips.with_psram(chips.load("esp32s3"), 0)
        assert chips.option_names(bare) == ("cache_line=16|32|64", "flash_encryption")


class TestRevision:
    def test_below_3_0_the_cache_lies_at_the_other_end(self):
        old = chips.with_options(chips.load("esp32p4"), {"revision": "1.0"})
        sram = old.region("sram")
        assert (sram.base, sram.base + sram.size, sram.alias_base) == (0x4FF10000, 0x4FFA0000, 0x8FF10000)
        assert [(heap.low, heap.high) for heap in old.heaps if heap.region == "sram"] == [
            (0x4FF20000, 0x4FF3AFC0),
            (0x4FF3AFC0, 0x4FFA0000),
        ]
        assert (old.revision, old.cpu_mhz) == ("1.0", 360)
        assert problems(old) == []

    def test_below_3_0_the_ahb_engine_knows_burst_on_and_off_and_copies_on_every_pair(self):
        old = chips.with_options(chips.load("esp32p4"), {"revision": "v1.3"})
        ahb, axi = old.engine("ahb_gdma"), old.engine("axi_gdma")
        assert (ahb.burst_sizes, ahb.m2m_pair_mask, ahb.version) == ((), 7, 2)
        assert axi == chips.load("esp32p4").engine("axi_gdma")
        assert old.revision == "1.3"

    @pytest.mark.parametrize("revision", ["3.0", "3.1", "v3.2"])
    def test_from_3_0_only_the_number_changes(self, revision):
        new = chips.with_options(chips.load("esp32p4"), {"revision": revision})
        assert new.revision == revision.removeprefix("v")
        assert new.regions == chips.load("esp32p4").regions

    def test_psram_and_line_size_go_with_it(self):
        options = {"psram_ecc": "", "cache_line": "128", "revision": "1.0"}
        chip = chips.with_options(chips.load("esp32p4"), options, psram=16 << 20)
        assert (chip.region("psram").size, chip.region("psram").line_bytes) == (14 << 20, 128)
        assert chip.region("sram").line_bytes == 64
        assert [heap.high for heap in chip.heaps if heap.region == "psram"] == [0x48000000 + (14 << 20)]

    @given(st.tuples(st.integers(0, 9), st.integers(0, 99)), st.tuples(st.integers(0, 9), st.integers(0, 99)))
    def test_revisions_compare_as_numbers(self, one, other):
        texts = [f"{major}.{minor}" for major, minor in (one, other)]
        assert (revision_key(texts[0]) < revision_key(texts[1])) == (one < other)


@given(st.sampled_from(ALL), st.data())
def test_every_build_of_every_chip_is_sound(chip, data):
    """Any options a chip lists, with any PSRAM it takes, leave it free of contradictions; what guests need stays where it can be mapped."""
    options = {}
    for option in chips.option_names(chip):
        name, _, values = option.partition("=")
        if data.draw(st.booleans()):
            options[name] = data.draw(st.sampled_from(values.split("|"))) if values else ""
    psram = next((region for region in chip.regions if region.kind is Kind.PSRAM), None)
    pages = (psram.max_size or psram.size) // 0x10000 if psram else 0
    size = data.draw(st.sampled_from([None, 0])) if not psram else data.draw(st.none() | st.integers(2, pages))
    built = chips.with_options(chip, options, psram=size * 0x10000 if size else size)
    assert problems(built) == []
    place = built.firmware
    assert all(base < 1 << 31 for base in (place.data, place.rodata, place.text, place.iram, place.psram_bss))
    assert built.flash_encryption == ("flash_encryption" in options)
    assert built.psram_ecc == ("psram_ecc" in options)
