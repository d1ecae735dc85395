"""`esp_cache_msync` and its queries by release, in the order of their checks (idf-api §4)."""

from __future__ import annotations

import pytest

from dmalab import Machine
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_DIR_C2M as C2M,
)
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_DIR_M2C as M2C,
)
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_INVALIDATE as INVALIDATE,
)
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_TYPE_DATA as DATA,
)
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_TYPE_INST as INST,
)
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_UNALIGNED as UNALIGNED,
)
from dmalab.idf import (
    MALLOC_CAP_INTERNAL,
    MALLOC_CAP_SPIRAM,
    EspErr,
    IdfError,
    esp_cache_get_alignment,
    esp_cache_get_line_size_by_addr,
    esp_cache_msync,
)
from dmalab.idf.errors import IdfAssert

from .conftest import refused

PSRAM, SRAM = "psram", "sram"
ALL = ("v5.1", "v5.2", "v5.2.2", "v5.3", "v5.5", "v6.0", "master")


def outcome(chip: str, release: str, where: str, offset: int, size: int, flags: int) -> str:
    machine = Machine(chip, idf=release)
    base = 0 if where == "null" else machine.chip.region(where).base + 0x1000
    try:
        esp_cache_msync(machine, base + offset, size, flags)
    except IdfError as error:
        return error.code.name
    return "OK"


ROWS = [
    # §4.2 row, place, offset, size, flags, {release: code}; a release that is not listed has what the one before it has
    (1, "null", 0, 64, C2M, {"v5.1": "INVALID_ARG"}),
    (2, PSRAM, 0, 0xF000_0000, C2M, {"v5.1": "INVALID_ARG"}),
    (3, PSRAM, 0, 64, C2M | M2C, {"v5.1": "OK", "v5.2": "INVALID_ARG"}),
    (3, PSRAM, 0, 64, DATA | INST, {"v5.1": "OK", "v5.2": "INVALID_ARG"}),
    (3, SRAM, 0, 64, C2M | M2C, {"v5.1": "INVALID_ARG"}),
    (4, SRAM, 0, 64, C2M, {"v5.1": "INVALID_ARG", "v6.0": "NOT_SUPPORTED"}),
    (4, SRAM, 0, 64, M2C | UNALIGNED, {"v5.1": "INVALID_ARG", "v6.0": "NOT_SUPPORTED"}),
    (5, PSRAM, 1, 64, C2M, {"v5.1": "INVALID_ARG"}),
    (5, PSRAM, 0, 63, M2C, {"v5.1": "INVALID_ARG"}),
    (6, PSRAM, 0, 64, M2C | UNALIGNED, {"v5.1": "OK", "v5.2.2": "INVALID_ARG"}),
    (7, PSRAM, 0, 64, M2C, {"v5.1": "OK"}),
    (7, PSRAM, 0, 64, M2C | INST, {"v5.1": "OK"}),
    (7, PSRAM, 0, 64, M2C | INVALIDATE, {"v5.1": "OK"}),
    (8, PSRAM, 0, 64, C2M | INST, {"v5.1": "OK", "v5.2": "INVALID_ARG"}),
    (9, PSRAM, 3, 5, C2M | UNALIGNED, {"v5.1": "OK"}),
    (9, PSRAM, 3, 5, C2M | UNALIGNED | INVALIDATE, {"v5.1": "OK"}),
    (9, PSRAM, 0, 64, 0, {"v5.1": "OK"}),
    (9, PSRAM, 0, 64, C2M | 1 << 20, {"v5.1": "OK"}),
]


@pytest.mark.parametrize("release", ALL)
@pytest.mark.parametrize(("row", "where", "offset", "size", "flags", "codes"), ROWS)
def test_the_decision_table(
    row: int, where: str, offset: int, size: int, flags: int, codes: dict[str, str], release: str
) -> None:
    expected = [codes[one] for one in ALL[: ALL.index(release) + 1] if one in codes][-1]
    assert outcome("esp32s3", release, where, offset, size, flags) == expected, f"§4.2 row {row}"


@pytest.mark.parametrize("release", ["v4.4", "v5.0"])
def test_before_v5_1_there_is_no_such_call(release: str) -> None:
    assert outcome("esp32s3", release, PSRAM, 0, 64, C2M) == "NOT_SUPPORTED"


@pytest.mark.parametrize("chip", ["esp32c3", "esp32c6", "esp32h2", "esp32c2"])
def test_chips_without_write_back_do_nothing_and_say_ok(chip: str) -> None:
    """§4.2 row 10, after the other rows."""
    assert outcome(chip, "v5.5", "flash", 0, 64, C2M) == "OK"
    assert outcome(chip, "v5.5", "flash", 1, 64, C2M) == "INVALID_ARG"
    assert outcome(chip, "v5.1", "flash", 1, 64, C2M) == "OK", "§4.2 row 5: v5.1 checks on write-back chips only"


def test_internal_ram_is_behind_a_cache_on_esp32p4_only() -> None:
    assert outcome("esp32p4", "v5.5", SRAM, 0, 64, M2C) == "OK"
    machine = Machine("esp32p4", idf="v6.0")
    alias = machine.chip.region("sram").alias_base
    with refused(EspErr.NOT_SUPPORTED, "§4.3: the alias is not cacheable"):
        esp_cache_msync(machine, alias, 64, C2M)


def test_nothing_at_the_low_bound_of_a_window() -> None:
    """§4.2: chips with one level look at the last byte."""
    low = Machine("esp32s3").chip.sync_windows[0].low
    with refused(EspErr.INVALID_ARG, "§4.2 size 0"):
        esp_cache_msync(Machine("esp32s3"), low, 0, C2M)
    machine = Machine("esp32p4")
    esp_cache_msync(machine, machine.chip.sync_windows[0].low, 0, C2M)


def test_esp32_aborts_on_memory_to_cache() -> None:
    machine = Machine("esp32", idf="v5.5")
    with pytest.raises(IdfAssert):
        esp_cache_msync(machine, machine.chip.region("psram").base, 64, M2C)


def test_alignment_queries() -> None:
    """§4.4: v5.2 takes a flag of its own and answers 4 without a cache."""
    assert esp_cache_get_alignment(Machine("esp32s3", idf="v5.2"), 0) == 4
    assert esp_cache_get_alignment(Machine("esp32s3", idf="v5.2"), 1) == 32
    for release in ("v5.3", "v5.5", "v6.0"):
        assert esp_cache_get_alignment(Machine("esp32s3", idf=release), MALLOC_CAP_INTERNAL) == 0
        assert esp_cache_get_alignment(Machine("esp32s3", idf=release), MALLOC_CAP_SPIRAM) == 32
        assert esp_cache_get_alignment(Machine("esp32c3", idf=release), MALLOC_CAP_SPIRAM) == 32, "flash has lines too"
        assert esp_cache_get_alignment(Machine("esp32", idf=release), MALLOC_CAP_SPIRAM) == 4, "its lines hold 32 bytes"
    machine = Machine("esp32p4", idf="v6.0")
    assert esp_cache_get_line_size_by_addr(machine, 0) == 0
    assert esp_cache_get_line_size_by_addr(machine, machine.chip.region("flash").base) == 0
    assert esp_cache_get_line_size_by_addr(machine, machine.chip.region("sram").base) == 64
