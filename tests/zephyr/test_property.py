"""Random calls on all channels, compared step by step with the reference."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmalab import Machine, zephyr
from dmalab.zephyr import BlockConfig, DmaConfig, ZephyrError

from .reference import CHANNELS, OPS, Reference

SIZE = 64
FOREVER_US = 1_000
"""Longer than every running list together needs."""
STATES = {"initial": "INITIAL", "configured": "CONFIGURED", "running": "RUNNING", "suspended": "SUSPENDED"}


class Driven:
    """The product, called like the reference."""

    def __init__(self, machine):
        self.machine = machine
        self.dma = zephyr.device(machine)
        self.buffers = [
            (machine.heap.alloc(SIZE, align=32), machine.heap.alloc(SIZE, align=32)) for _ in range(CHANNELS)
        ]
        self.completed = []

    def make(self, channel, size=SIZE):
        source, sink = self.buffers[channel % CHANNELS]
        block = BlockConfig(source_address=source.address, dest_address=sink.address, block_size=size)
        return DmaConfig(
            source_data_size=1,
            dest_data_size=1,
            source_burst_length=1,
            dest_burst_length=1,
            blocks=[block],
            user_data=channel,
            dma_callback=lambda _dev, _data, number, status: self.completed.append((number, status)),
        )

    def call(self, op, channel, wanted=None):
        dma, dev = zephyr, self.dma
        try:
            if op == "config":
                return dma.dma_config(dev, channel, self.make(channel)) or 0
            if op == "bad_config":
                return dma.dma_config(dev, channel, self.make(channel, size=0)) or 0
            if op == "reload":
                source, sink = self.buffers[channel % CHANNELS]
                return dma.dma_reload(dev, channel, source, sink, SIZE) or 0
            if op == "status":
                status = dma.dma_get_status(dev, channel)
                assert status.pending_length <= SIZE
                assert (status.pending_length > 0) <= status.busy
                return "status", status.busy
            if op == "request":
                return dma.dma_request_channel(dev, wanted)
            if op == "release":
                return dma.dma_release_channel(dev, channel) or 0
            if op == "filter":
                return int(dma.dma_chan_filter(dev, channel, wanted))
            return getattr(dma, f"dma_{op}")(dev, channel) or 0
        except ZephyrError as error:
            return error.code.name


def compare(steps, machine=None):
    """Run the steps on both sides."""
    reference = Reference()
    machine = machine or Machine("mcu-m7", api="zephyr")

    async def main(one):
        driven = Driven(one)
        for number, (op, channel, wanted) in enumerate(steps):
            where = f"step {number}: {op}({channel}, {wanted})"
            if op == "wait":
                expected = sorted((n, 0) for n, ref in enumerate(reference.channels) if ref.finish())
                driven.completed.clear()
                await one.sleep_us(FOREVER_US)
                assert sorted(driven.completed) == expected, where
            else:
                answer, wish = driven.call(op, channel, wanted), reference.call(op, channel, wanted)
                assert answer == wish, f"{where}: {answer}, expected {wish}"
            states = [channel.state.name for channel in driven.dma.channels]
            assert states == [STATES[ref.state] for ref in reference.channels], where
            assert [channel.taken for channel in driven.dma.channels] == [ref.taken for ref in reference.channels], (
                where
            )

    machine.run(main, limit_s=1e6)


def frozen_machine():
    """A machine on which a call takes no time, so that the order of calls alone decides."""
    import msgspec

    from dmalab import chips

    chip = chips.load("mcu-m7")
    timing = msgspec.structs.replace(chip.timing, submit_ns=0)
    return Machine(msgspec.structs.replace(chip, timing=timing), api="zephyr")


def random_steps(seed, count):
    choose = random.Random(seed)
    for _ in range(count):
        op = "wait" if choose.random() < 0.03 else choose.choice(OPS)
        channel = choose.choice((*range(CHANNELS), *range(CHANNELS), -1, CHANNELS, 2**31))
        yield op, channel, choose.choice((None, None, *range(CHANNELS + 1)))


@pytest.mark.parametrize("seed", range(4))
def test_100_000_random_calls_agree_with_the_document(seed):
    compare(random_steps(seed, 25_000), frozen_machine())


ANY_STEP = st.tuples(
    st.sampled_from((*OPS, "wait")), st.integers(-1, CHANNELS), st.one_of(st.none(), st.integers(0, CHANNELS))
)


@settings(max_examples=25, deadline=None)
@given(st.lists(ANY_STEP, max_size=40))
def test_short_sequences_agree_too(steps):
    compare(steps, frozen_machine())
