"""Runs with a timeline, for the tests of what is made of it."""

from dmalab import Machine, idf
from dmalab.core.events import EventBus
from dmalab.report.run import RunReport

ENGINE = {"esp32s3": None, "esp32p4": "axi_gdma"}


async def copies(machine, count=3, size=256):
    """The core fills a buffer in PSRAM, an engine copies it, over and over."""
    source = machine.heap.alloc(size, caps=idf.MALLOC_CAP_SPIRAM | idf.MALLOC_CAP_DMA)
    target = machine.heap.alloc(size, caps=idf.MALLOC_CAP_INTERNAL | idf.MALLOC_CAP_DMA)
    done = machine.semaphore(name="done")
    with idf.AsyncMemcpy.install(machine, engine=ENGINE[machine.chip.name]) as mcp:
        for number in range(count):
            await machine.sleep_us(5)
            source.write(bytes([number]) * size)
            mcp.memcpy(target, source, size, callback=lambda event: done.give_from_isr())
            await done.take()
            target.read()


def traced(main=copies, chip="esp32p4") -> RunReport:
    return Machine(chip, trace=True).run(main)


def subscriptions(bus: EventBus) -> set[type]:
    return {kind for kind, handlers in bus._handlers.items() if handlers}
