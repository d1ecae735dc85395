"""Zephyr memory slabs: blocks of one size. A block that is given back while a transfer owns it is reported like freed heap memory.

Source: zephyr doc/kernel/memory_management/slabs.rst; kernel/mem_slab.c.
"""

from __future__ import annotations

from dataclasses import dataclass

from dmalab.core.events import FreedClaimed, Stamp
from dmalab.core.heap import Block
from dmalab.core.tasks import Waiters
from dmalab.guest.calls import pair
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.zephyr_handlers import drivers
from dmalab.guest.zephyr_handlers.objects import known, timeout_ps
from dmalab.guest.zephyr_handlers.threads import name_of
from dmalab.zephyr.errors import Errno

calls = Handlers()


@dataclass(slots=True, eq=False)
class Slab:
    """A pool of blocks."""

    waiters: Waiters
    block_bytes: int
    free: list[int]
    """Addresses; the last one given back is handed out first."""
    used: dict[int, Stamp]
    """Where each block that is out was taken."""


@calls.add
def k_mem_slab_init(firmware: Firmware, slab: int, buffer: int, block_bytes: int, count: int) -> None:
    free = [buffer + number * block_bytes for number in reversed(range(count))]
    firmware.handles[slab] = Slab(Waiters(name_of(firmware, "memory slab", slab)), block_bytes, free, {})


@calls.add
async def k_mem_slab_alloc(firmware: Firmware, slab: int, ticks: int) -> int:
    one, scheduler = known(firmware, slab, Slab, "memory slab"), firmware.machine.scheduler
    if ticks:
        drivers.waits(firmware, "k_mem_slab_alloc", one.waiters.what)
    by = firmware.machine.now()
    if one.free:
        one.waiters.served = True
        address = one.free.pop()
    elif not ticks or not scheduler.may_wait("k_mem_slab_alloc"):
        return pair(-Errno.ENOMEM)
    else:
        answer = await scheduler.wait(one.waiters, timeout_ps(ticks), "k_mem_slab_alloc")
        if not answer:
            return pair(-Errno.EAGAIN)
        address = answer[0]
    one.used[address] = by
    return pair(0, address)


@calls.add
def k_mem_slab_free(firmware: Firmware, slab: int, address: int) -> None:
    one, machine = known(firmware, slab, Slab, "memory slab"), firmware.machine
    taken = one.used.pop(address, None)
    if taken is None:
        what = "a second time" if address in one.free else "which is none of its blocks"
        raise FirmwareAssert(f"k_mem_slab_free gave {address:#010x} back to {one.waiters.what}, {what}")
    block = Block(address, one.block_bytes, one.block_bytes, taken, purpose=f"block of {one.waiters.what}")
    for claim in machine.memory.claims_on(block.span):
        machine.bus.emit(FreedClaimed(block=block, claim=claim, freed=machine.now()))
    if machine.scheduler.wake(one.waiters, answer=(address,)) is None:
        # A free block's first word links it to the next one: a store, which makes its line dirty.
        machine.memory.store(address, (one.free[-1] if one.free else 0).to_bytes(firmware.image.word_bytes, "little"))
        one.free.append(address)
