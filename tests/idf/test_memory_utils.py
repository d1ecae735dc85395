"""Which address is good for what, and which memory an allocation gets, on real chips.

Source: ESP-IDF components/esp_hw_support/include/esp_memory_utils.h, components/esp_hw_support/heap_align_hw.c.
"""

from __future__ import annotations

from typing import Any

import pytest

from dmalab import Machine
from dmalab.idf import (
    MALLOC_CAP_8BIT,
    MALLOC_CAP_CACHE_ALIGNED,
    MALLOC_CAP_DEFAULT,
    MALLOC_CAP_DMA,
    MALLOC_CAP_DMA_DESC_AHB,
    MALLOC_CAP_DMA_DESC_AXI,
    MALLOC_CAP_EXEC,
    MALLOC_CAP_INTERNAL,
    MALLOC_CAP_SIMD,
    MALLOC_CAP_SPIRAM,
    MALLOC_CAP_TCM,
    esp_ptr_byte_accessible,
    esp_ptr_dma_capable,
    esp_ptr_dma_ext_capable,
    esp_ptr_external_ram,
    esp_ptr_internal,
)

from .boards import P4, S3

PREDICATES = (esp_ptr_dma_capable, esp_ptr_internal, esp_ptr_external_ram, esp_ptr_dma_ext_capable)
ADDRESSES = [
    # chip, address, dma_capable, internal, external_ram, dma_ext_capable
    (S3, 0x3FC8_7FFF, 0, 0, 0, 0),
    (S3, 0x3FC8_8000, 1, 1, 0, 0),
    (S3, 0x3FCF_FFFF, 1, 1, 0, 0),
    (S3, 0x3FD0_0000, 0, 1, 0, 0),
    (S3, 0x403D_FFFF, 0, 1, 0, 0),
    (S3, 0x403E_0000, 0, 0, 0, 0),
    (S3, 0x5000_0000, 0, 1, 0, 0),  # RTC slow memory counts as internal
    (S3, 0x3C00_0000, 0, 0, 0, 1),  # flash: in the window, but no RAM
    (S3, 0x3C20_0000, 0, 0, 1, 1),
    (S3, 0x3CA0_0000, 0, 0, 0, 1),  # behind what is fitted
    (S3, 0x3E00_0000, 0, 0, 0, 0),
    (P4, 0x4FEF_FFFF, 0, 0, 0, 0),
    (P4, 0x4FF0_0000, 1, 1, 0, 0),
    (P4, 0x4FFB_FFFF, 1, 1, 0, 0),
    (P4, 0x4FFC_0000, 0, 0, 0, 0),
    (P4, 0x3010_0000, 0, 1, 0, 0),  # scratchpad
    (P4, 0x4800_0000, 0, 0, 1, 1),
    (P4, 0x8800_0000, 0, 0, 0, 0),  # alias
]


@pytest.mark.parametrize(("chip", "address", "dma", "internal", "external", "dma_external"), ADDRESSES)
def test_predicates(chip: str, address: int, dma: int, internal: int, external: int, dma_external: int) -> None:
    machine = Machine(chip)
    found = [int(predicate(machine, address)) for predicate in PREDICATES]
    assert found == [dma, internal, external, dma_external]


def test_without_psram_nothing_is_external() -> None:
    machine = Machine(S3, psram=0)
    assert not esp_ptr_external_ram(machine, 0x3C20_0000)
    assert machine.heap.blocks_heap.alloc(16, MALLOC_CAP_SPIRAM) is None


def test_bytes_are_accessible_in_ram() -> None:
    machine = Machine(P4)
    assert [esp_ptr_byte_accessible(machine, at) for at in (0x4FF4_0000, 0x4800_0000, 0x3010_0000, 0x4000_0000, 0)] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_instruction_ram_of_esp32_takes_words_only() -> None:
    machine = Machine("esp32")
    iram = machine.chip.region("iram_heap")
    assert iram.word_access
    assert not esp_ptr_byte_accessible(machine, iram.base)
    assert esp_ptr_byte_accessible(machine, machine.chip.region("sram").base)


ALLOCATIONS = [
    # chip, caps, size asked, alignment, size got, predicate of the memory
    (S3, MALLOC_CAP_DMA, 100, 4, 100, esp_ptr_dma_capable),
    (S3, MALLOC_CAP_DMA, 101, 4, 104, esp_ptr_dma_capable),
    (S3, MALLOC_CAP_DMA | MALLOC_CAP_SPIRAM, 100, 32, 128, esp_ptr_external_ram),
    (S3, MALLOC_CAP_CACHE_ALIGNED | MALLOC_CAP_SPIRAM, 1, 32, 32, esp_ptr_external_ram),
    (S3, MALLOC_CAP_DMA_DESC_AHB, 12, 4, 12, esp_ptr_dma_capable),
    (S3, MALLOC_CAP_SIMD | MALLOC_CAP_INTERNAL, 20, 16, 32, esp_ptr_internal),
    (P4, MALLOC_CAP_DMA, 100, 64, 128, esp_ptr_dma_capable),
    (P4, MALLOC_CAP_DMA | MALLOC_CAP_SPIRAM, 100, 64, 128, esp_ptr_external_ram),
    (P4, MALLOC_CAP_DMA_DESC_AXI, 16, 64, 64, esp_ptr_dma_capable),
    (P4, MALLOC_CAP_INTERNAL, 100, 4, 100, esp_ptr_dma_capable),
    (P4, MALLOC_CAP_8BIT | MALLOC_CAP_TCM, 100, 4, 100, esp_ptr_internal),
    (P4, MALLOC_CAP_DEFAULT, 100, 4, 100, esp_ptr_internal),
]


@pytest.mark.parametrize(("chip", "caps", "asked", "align", "got", "where"), ALLOCATIONS)
def test_the_alignment_hook(chip: str, caps: int, asked: int, align: int, got: int, where: Any) -> None:
    machine = Machine(chip)
    blocks = [machine.heap.blocks_heap.alloc(asked, caps) for _ in range(5)]
    for block in blocks:
        assert block is not None
        assert (block.address % align, block.size, where(machine, block.address)) == (0, got, True)
    if align == 4:
        assert any(block is not None and block.address % 8 for block in blocks)  # no more than promised


@pytest.mark.parametrize("caps", [MALLOC_CAP_EXEC | MALLOC_CAP_8BIT, MALLOC_CAP_INTERNAL | MALLOC_CAP_SPIRAM])
def test_impossible_combinations(caps: int) -> None:
    assert Machine(S3).heap.blocks_heap.alloc(16, caps) is None


def test_the_message_of_a_failed_allocation() -> None:
    with pytest.raises(MemoryError) as caught:
        Machine(S3).heap.alloc(1 << 24, MALLOC_CAP_SPIRAM)
    assert str(caught.value).startswith(
        "no 16777216 bytes with capabilities 0x400 and alignment 0 on esp32s3; largest free block: "
    )
