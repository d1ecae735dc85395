"""The machine's side of every API call that ESP-IDF firmware can make, by C function name."""

from dmalab.guest.handlers import (
    dma,
    etm,
    gdma,
    heap,
    notify,
    queues,
    software_timers,
    spi,
    streams,
    system,
    tasks,
    unity,
)
from dmalab.guest.handlers.table import Handlers

IDF = Handlers()
for _module in (dma, etm, gdma, heap, notify, queues, software_timers, spi, streams, system, tasks, unity):
    for _name, _handler in _module.calls.items():
        IDF.named(_name)(_handler)

__all__ = ["IDF"]
