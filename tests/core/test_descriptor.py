"""Descriptors as words in memory, against the bit positions of hal/dma_types.h."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmalab.core import descriptor

from .machines import calm

POWERS = st.integers(0, 7).map(lambda bit: 1 << bit)


@calm()
@given(st.integers(1, 60_000), POWERS, st.booleans(), st.sampled_from((4, 8, 16, 64)), st.integers(0, 1 << 20))
def test_a_row_covers_the_buffer_piece_by_piece(
    size: int, align: int, eof: bool, item_align: int, following: int
) -> None:
    count, slot = descriptor.item_count(size, align), descriptor.slot_bytes(item_align)
    assert count == -(-size // (4095 // align * align))
    nodes = np.zeros((count, slot // 4), dtype=np.uint32)
    nodes[:, 2] = 0x1000 + slot * np.arange(1, count + 1)
    descriptor.build(0x3C20_0000, size, align=align, nodes=nodes, eof=eof, next_address=following)
    expected, at = [], 0
    while at < size:
        piece = min(4095 // align * align, size - at)
        last = at + piece == size
        word = piece | piece << 12 | (1 << 30 if last and eof else 0) | 1 << 31
        number = len(expected)
        expected.append([word, 0x3C20_0000 + at, following if last else 0x1000 + slot * (number + 1)])
        at += piece
    assert nodes[:, :3].tolist() == expected


@pytest.mark.parametrize(("align", "most"), [(1, 4095), (4, 4092), (16, 4080), (32, 4064), (64, 4032), (128, 3968)])
def test_the_most_a_descriptor_carries(align: int, most: int) -> None:
    assert descriptor.max_item_bytes(align) == most


@pytest.mark.parametrize(("align", "slot"), [(1, 12), (4, 12), (8, 16), (16, 16), (64, 64)])
def test_the_distance_of_descriptors(align: int, slot: int) -> None:
    assert descriptor.slot_bytes(align) == slot


def test_the_sample_of_the_specification() -> None:
    """Owner and end of frame set, size and length 4092."""
    nodes = np.zeros((1, 3), dtype=np.uint32)
    descriptor.build(0x3FC9_0000, 4092, align=4, nodes=nodes, eof=True, next_address=0)
    assert nodes.tobytes() == struct.pack("<III", 0xC0FF_CFFC, 0x3FC9_0000, 0)


@calm()
@given(st.integers(0, (1 << 32) - 1), st.integers(0, 4095), st.booleans())
def test_a_returned_descriptor_keeps_its_size_and_changes_hands(word: int, length: int, eof: bool) -> None:
    back = descriptor.returned(word, length, eof=eof)
    assert back & 0xFFF == word & 0xFFF
    assert back >> 12 & 0xFFF == length
    assert (back >> 28 & 1, back >> 30 & 1, back >> 31) == (0, int(eof), 0)
