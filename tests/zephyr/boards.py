"""A controller with two buffers, driven from Python."""

from __future__ import annotations

from dmalab import Machine, zephyr
from dmalab.zephyr import BlockConfig, DmaConfig, ZephyrError


class Bench:
    """One machine, its controller and some memory."""

    def __init__(self, machine, size=256):
        self.machine = machine
        self.dma = zephyr.device(machine)
        self.size = size
        self.source = machine.heap.alloc(size, align=32)
        self.sink = machine.heap.alloc(size, align=32)
        self.source.write(bytes(number & 0xFF for number in range(size)))
        self.flush(self.source)
        self.calls = []
        self.done = machine.semaphore(limit=100)

    def flush(self, buffer):
        if zephyr.sys_cache_data_line_size_get(self.machine):
            zephyr.sys_cache_data_flush_range(self.machine, buffer, buffer.size)

    def drop(self, buffer):
        if zephyr.sys_cache_data_line_size_get(self.machine):
            zephyr.sys_cache_data_invd_range(self.machine, buffer, buffer.size)

    def block(self, **more):
        plain = {
            "source_address": self.source.address,
            "dest_address": self.sink.address,
            "block_size": self.size,
        }
        return BlockConfig(**{**plain, **more})

    def config(self, **more):
        plain = {
            "source_data_size": 1,
            "dest_data_size": 1,
            "source_burst_length": 16,
            "dest_burst_length": 16,
            "blocks": [self.block()],
            "dma_callback": self.called,
        }
        return DmaConfig(**{**plain, **more})

    def called(self, dev, user_data, channel, status):
        self.calls.append((channel, status, dev.state(channel).name, user_data))
        self.done.give_from_isr()

    @property
    def statuses(self):
        return [status for _, status, _, _ in self.calls]

    def code(self, function, *arguments):
        """What the call answers: its value or 0, or the name of its error."""
        try:
            return function(*arguments) or 0
        except ZephyrError as error:
            return error.code.name

    async def finish(self, channel=0):
        """Start and wait for the end."""
        self.dma.start(channel)
        await self.machine.sleep_us(1000)


def drive(body, *, chip="mcu-m7", driver="", **more):
    """Run `await body(bench)`; the report."""
    machine = Machine(chip, api="zephyr", driver=driver)

    async def main(one):
        await body(Bench(one, **more))

    return machine.run(main)
