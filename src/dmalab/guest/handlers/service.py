"""Tasks of ESP-IDF's own that run the firmware's callbacks one after the other: the task of esp_timer, and that of FreeRTOS's timers."""

from __future__ import annotations

from collections.abc import Callable

from dmalab.core.heap import Block
from dmalab.core.sync import Queue
from dmalab.guest.firmware import Firmware

QUEUE_LENGTH = 1 << 30
"""Callbacks that may wait for their turn: none is lost, however long the task is kept from running."""

Job = Callable[[], tuple[int, int]]
"""What to call, and with what argument; asked when its turn has come."""


def service(firmware: Firmware, name: str, priority: int, stack_bytes: int) -> Queue:
    """The queue of jobs of a service task, which is started when it is first needed.

    Raises:
        MemoryError: no memory for its stack.
    """
    queue = firmware.state.get(f"service {name}")
    if isinstance(queue, Queue):
        return queue
    scheduler = firmware.machine.scheduler
    stack = firmware.threads.allocate_stack(stack_bytes, f"stack of {name}")
    queue = firmware.state[f"service {name}"] = Queue(scheduler, f"{name} service", QUEUE_LENGTH)
    queue.readers.served = True
    task = scheduler.spawn(_serve(firmware, queue, stack, name), name, priority)
    task.stack = stack.span
    return queue


async def _serve(firmware: Firmware, queue: Queue, stack: Block, name: str) -> None:
    fiber = firmware.threads.take_fiber()
    while True:
        _, job = await queue.receive(call=name)
        assert callable(job)
        entry, argument = job()
        if entry:
            await firmware.threads.run(fiber, entry, argument, stack)
