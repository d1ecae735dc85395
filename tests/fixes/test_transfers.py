"""Transfers as C text tells them: what is moved, by which call, and how a helper's caller sees it."""

from __future__ import annotations

import pytest

from dmalab.fixes.idf import IdfDialect
from dmalab.fixes.source import Source
from dmalab.fixes.transfers import Transfer, base, plain, seen_from
from dmalab.fixes.zephyr import ZephyrDialect

ZEPHYR = """\
static int copy(int channel, const void *from, uint8_t *to, size_t size)
{
	uint8_t local[4];
	struct dma_block_config part = {
		.source_address = (uintptr_t)from, .dest_address = (uint32_t)&to[4],
	};
	struct dma_config config = {.head_block = &part, .dma_callback = on_done, .user_data = &local};
	part.block_size = size;
	return dma_config(dma, channel, &config) ? -1 : dma_start(dma, channel);
}
int main(void)
{
	copy(3, frame + 1, panel, sizeof(panel));
	return dma_reload(dma, 3, (uint32_t)a, (uint32_t)b, 64);
}
void twice(void) { copy(1, a, b, 1); copy(2, b, a, 1); }
"""
SPI = """\
void send(spi_device_handle_t device)
{
    spi_transaction_t t = {.tx_buffer = line, .length = 8};
    t.rx_buffer = (void *)answer;
    spi_device_queue_trans(device, &t, portMAX_DELAY);
}
"""


def told(transfer: Transfer) -> tuple[str, ...]:
    return transfer.source, transfer.to, transfer.size, transfer.callback, transfer.argument, transfer.stop


def test_a_zephyr_transfer_is_what_its_structures_say() -> None:
    start, reload = ZephyrDialect().transfers(Source(ZEPHYR))
    assert told(start) == ("from", "&to[4]", "size", "on_done", "&local", "dma_stop(dma, channel);")
    assert start.prepared is not None
    assert start.prepared.name == "dma_config"
    assert told(reload)[:3] == ("a", "b", "64")


def test_a_caller_sees_it_in_its_own_words() -> None:
    source = Source(ZEPHYR)
    start = ZephyrDialect().transfers(source)[0]
    caller, both = source.function("main"), source.function("twice")
    assert caller is not None
    assert both is not None
    seen = seen_from(source, start, caller)
    assert seen is not None
    # The helper's own variable has no name out here.
    assert told(seen) == ("frame + 1", "&panel[4]", "sizeof(panel)", "on_done", "", "dma_stop(dma, 3);")
    assert seen.statement.text.startswith("copy(3")
    assert seen.length is not None
    assert seen.length.text == "sizeof(panel)"
    assert seen_from(source, start, start.function) == start
    assert seen_from(source, start, both) is None


def test_a_transaction_is_what_its_members_say() -> None:
    (queued,) = IdfDialect().transfers(Source(SPI))
    assert told(queued)[:3] == ("line", "answer", "")


def test_a_member_that_is_set_twice_is_unknown() -> None:
    text = SPI.replace("(void *)answer;", "(void *)answer;\n    t.rx_buffer = other;")
    (queued,) = IdfDialect().transfers(Source(text))
    assert told(queued)[:2] == ("line", "")


@pytest.mark.parametrize(
    ("text", "pointer", "name"),
    [
        ("(uintptr_t)frame", "frame", "frame"),
        ("(uint32_t)(void *)&frame[4]", "&frame[4]", "frame[4]"),
        ("( const uint8_t * ) frame", "frame", "frame"),
        ("(SIZE) + 3", "(SIZE) + 3", "(SIZE) + 3"),
        ("frame", "frame", "frame"),
    ],
)
def test_casts_are_left_out(text: str, pointer: str, name: str) -> None:
    assert (plain(text), base(text)) == (pointer, name)
