"""The machine's side of every call that Zephyr firmware can make, by C function name."""

from dmalab.guest.handlers.table import Handlers
from dmalab.guest.zephyr_handlers import (
    cache,
    dma,
    drivers,
    events,
    heap,
    pipes,
    polling,
    queues,
    slabs,
    sync,
    threads,
    timers,
    work,
    ztest,
)

ZEPHYR = Handlers()
for _module in (cache, dma, drivers, events, heap, pipes, polling, queues, slabs, sync, threads, timers, work, ztest):
    for _name, _handler in _module.calls.items():
        ZEPHYR.named(_name)(_handler)

__all__ = ["ZEPHYR"]
