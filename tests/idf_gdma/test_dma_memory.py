"""Memory for engines by release: the heap's hook, `esp_dma_*`, splitting and pointer predicates (idf-api §5)."""

from __future__ import annotations

import pytest

from dmalab import Machine
from dmalab.core.caps import Cap
from dmalab.idf import EspErr, dma_memory, esp_ptr_external_ram
from dmalab.idf.dma_utils import Part, merge_rx_buffers, split_buffer, split_rx_buffer
from dmalab.idf.errors import IdfAssert

from .conftest import refused


def size_of(machine: Machine, address: int) -> int:
    block = machine.heap.blocks_heap.block(address)
    assert block is not None
    return block.size


@pytest.mark.parametrize("release", ["v4.4", "v5.1", "v5.2", "v5.3", "v5.5", "v6.0"])
def test_dma_and_psram_together(release: str) -> None:
    """§5.5: always NULL up to v5.2."""
    heap = Machine("esp32s3", idf=release).heap.blocks_heap
    found = heap.alloc(100, Cap.DMA | Cap.SPIRAM)
    if release in ("v4.4", "v5.1", "v5.2"):
        assert found is None
    else:
        assert found is not None
        assert found.address % 32 == found.size % 32 == 0


def test_the_hook_grew() -> None:
    """§5.5: SIMD from v5.4 on; without the hook only the heap's own 4."""
    for release, aligned in (("v5.2", False), ("v5.3", False), ("v5.4", True)):
        block = Machine("esp32p4", idf=release).heap.blocks_heap.alloc(20, Cap.SIMD | Cap.INTERNAL)
        assert block is not None
        assert (block.size % 16 == 0) is aligned
    block = Machine("esp32p4", idf="v5.2").heap.blocks_heap.alloc(20, Cap.DMA | Cap.INTERNAL)
    assert block is not None
    assert block.size == 20


def test_encryption_raises_dma_memory_from_v6_0_on() -> None:
    from dmalab import chips

    secured = chips.with_options(chips.load("esp32s3"), {"flash_encryption": ""})
    for release, size in (("v5.5", 20), ("v6.0", 32)):
        block = Machine(secured, idf=release).heap.blocks_heap.alloc(20, Cap.DMA | Cap.INTERNAL)
        assert block is not None
        assert block.size == size, "§5.5"


# -- esp_dma_capable_malloc (§5.2) ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chip", "release", "caps", "align", "wanted"),
    [
        ("esp32s3", "v5.5", Cap.SPIRAM, 4, 32),
        ("esp32p4", "v5.5", Cap.SPIRAM, 4, 64),
        ("esp32s3", "v5.5", 0, 4, 4),
        ("esp32c3", "v5.5", 0, 0, 1),
        ("esp32c3", "v5.5", 0, 16, 16),
        ("esp32p4", "v5.5", 0, 4, 64),
        ("esp32s3", "v5.3", Cap.SPIRAM, 4, 4),  # the flag bug of v5.3.0 and v5.3.1
        ("esp32s3", "v5.3.2", Cap.SPIRAM, 4, 32),
    ],
)
def test_alignment_of_capable_memory(chip: str, release: str, caps: int, align: int, wanted: int) -> None:
    assert dma_memory.dma_alignment(Machine(chip, idf=release), caps, align) == wanted, "§5.2 (3), (4)"


def test_capable_memory() -> None:
    machine = Machine("esp32p4", idf="v5.5")
    for size, actual in ((64, 64), (96, 128)):
        address = dma_memory.esp_dma_capable_malloc(machine, size, Cap.SPIRAM, 4)
        assert address % 64 == 0
        assert size_of(machine, address) == actual
        assert dma_memory.esp_dma_is_buffer_alignment_satisfied(machine, address, actual, 4)
        assert not dma_memory.esp_dma_is_buffer_alignment_satisfied(machine, address + 3, actual, 4)
    for size, align in ((0, 4), (64, 12), (64, 24)):
        with refused(EspErr.NO_MEM, "§5.2 (6)"):
            dma_memory.esp_dma_capable_malloc(Machine("esp32c3"), size, 0, align)
    with refused(EspErr.INVALID_ARG, "§5.2 calloc"):
        dma_memory.esp_dma_capable_calloc(machine, 1 << 20, 1 << 20, 0, 4)
    address = dma_memory.esp_dma_capable_calloc(machine, 3, 30, 0, 4)
    assert machine.memory.peek(address, 90) == bytes(90)


@pytest.mark.parametrize("release", ["v5.2", "v5.3", "v5.5"])
def test_the_first_form(release: str) -> None:
    """§5.1."""
    machine = Machine("esp32s3", idf=release)
    psram = dma_memory.esp_dma_malloc(machine, 50, dma_memory.ESP_DMA_MALLOC_FLAG_PSRAM)
    assert esp_ptr_external_ram(machine, psram)
    inside = dma_memory.esp_dma_malloc(machine, 50, 0)
    assert size_of(machine, inside) == 52
    if release != "v5.3":
        assert size_of(machine, psram) == 64
    with refused(EspErr.INVALID_ARG, "§5.1 calloc"):
        dma_memory.esp_dma_calloc(machine, 1 << 16, 1 << 16, 0)


def test_is_buffer_aligned_ignores_the_size_without_a_cache() -> None:
    """§5.1."""
    machine = Machine("esp32s3")
    low = machine.chip.heaps[0].low & -4
    assert dma_memory.esp_dma_is_buffer_aligned(machine, low, 5, dma_memory.LOCATION_INTERNAL)
    assert not dma_memory.esp_dma_is_buffer_aligned(machine, low + 2, 4, dma_memory.LOCATION_AUTO)
    psram = machine.chip.region("psram").base
    assert not dma_memory.esp_dma_is_buffer_aligned(machine, psram, 5, dma_memory.LOCATION_PSRAM)
    for ask in (
        lambda: dma_memory.esp_dma_is_buffer_aligned(machine, 0, 4, 0),
        lambda: dma_memory.esp_dma_is_buffer_alignment_satisfied(machine, 0, 4, 4),
    ):
        with pytest.raises(IdfAssert):
            ask()


def test_cache_aligned_memory() -> None:
    """§4.4."""
    machine = Machine("esp32p4")
    assert size_of(machine, dma_memory.esp_cache_aligned_malloc(machine, 40, Cap.DMA)) == 64
    with refused(EspErr.INVALID_ARG, "§4.4"):
        dma_memory.esp_cache_aligned_malloc(machine, 40, Cap.BIT8)
    with refused(EspErr.INVALID_ARG, "§4.4"):
        dma_memory.esp_cache_aligned_calloc(machine, 1 << 20, 1 << 20, Cap.DMA)
    old = Machine("esp32s3", idf="v5.2")
    assert esp_ptr_external_ram(old, dma_memory.esp_cache_aligned_malloc(old, 40, 1))


# -- splitting (§5.4) ----------------------------------------------------------------------------------------------------


def test_a_tail_without_a_head_takes_the_first_line_from_v6_0_on() -> None:
    for release, line in (("v5.5", 1), ("v6.0", 0)):
        machine = Machine("esp32s3", idf=release)
        low = machine.heap.alloc(128, Cap.SPIRAM, align=32).address
        split = split_rx_buffer(machine, low, 40)
        assert split.tail == Part(split.stash + 32 * line, 8, low + 32)


def test_a_stash_of_ones_own() -> None:
    machine = Machine("esp32s3", idf="v6.0")
    low = machine.heap.alloc(128, Cap.SPIRAM, align=32).address
    stash = machine.heap.alloc(64, Cap.DMA, align=32).address
    split = split_rx_buffer(machine, low + 1, 100, stash=stash)
    assert split.stash == stash
    machine.memory.store(split.head.address, b"h" * split.head.size)
    machine.memory.store(split.tail.address, b"t" * split.tail.size)
    merge_rx_buffers(machine, split)
    assert machine.memory.peek(low + 1, 31) == b"h" * 31
    p4 = Machine("esp32p4", idf="v6.0")
    inside = p4.heap.alloc(256, Cap.DMA).address
    with refused(EspErr.INVALID_ARG, "§5.4 (3)"):
        split_rx_buffer(p4, inside + 1, 100, stash=inside + 4)


@pytest.mark.parametrize(
    "wrong", [{"address": 0}, {"size": 0}, {"stash": 0}, {"stash": 4}, {"stash_size": 63}, {"align": 24}]
)
def test_the_first_form_of_the_split(wrong: dict[str, int]) -> None:
    """§5.4, v5.4.0: stash and alignment are the caller's."""
    right = {"address": 0x1001, "size": 100, "stash": 0x2000, "stash_size": 64, "align": 32}
    assert split_buffer(**right).head == Part(0x2000, 31, 0x1001)
    with refused(EspErr.INVALID_ARG, "§5.4"):
        split_buffer(**(right | wrong))


# -- predicates (§5.6) ---------------------------------------------------------------------------------------------------


def test_flash_passes_for_external_ram_in_v4_4() -> None:
    for release, passes in (("v4.4", True), ("v5.0", False)):
        machine = Machine("esp32s3", idf=release)
        assert esp_ptr_external_ram(machine, machine.chip.region("flash").base) is passes
        assert esp_ptr_external_ram(machine, machine.chip.region("psram").base)
    assert not esp_ptr_external_ram(Machine("esp32s3", idf="v4.4", psram=0), 0x3C00_0000)
