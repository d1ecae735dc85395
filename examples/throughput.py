"""Measures: how fast the engine copies between internal RAM and PSRAM, by burst size, in virtual time.

The figures come from the chip's timing model, not from this computer: they are the same on every run.
"""

from __future__ import annotations

from dmalab import Machine, idf

SIZE = 40 * 1024
INTERNAL = idf.MALLOC_CAP_INTERNAL | idf.MALLOC_CAP_DMA
PSRAM = idf.MALLOC_CAP_SPIRAM | idf.MALLOC_CAP_DMA
ROUTES = (
    ("internal to internal", INTERNAL, INTERNAL),
    ("internal to PSRAM", INTERNAL, PSRAM),
    ("PSRAM to internal", PSRAM, INTERNAL),
)


async def main(machine: Machine) -> None:
    """Copy 40 KiB along each route with each burst size."""
    done = machine.semaphore()
    engine = "axi_gdma" if "axi_gdma" in machine.engines else "ahb_gdma"  # on esp32p4 only AXI reaches PSRAM
    for route, source_caps, target_caps in ROUTES:
        for burst in (16, 32, 64):
            source = machine.heap.alloc(SIZE, caps=source_caps)
            target = machine.heap.alloc(SIZE, caps=target_caps, align=burst)
            source.write(b"\xa5" * SIZE)
            with idf.AsyncMemcpy.install(machine, dma_burst_size=burst, engine=engine) as mcp:
                begin_us = machine.now_us
                mcp.memcpy(target, source, SIZE, callback=lambda _event: done.give_from_isr())
                await done.take()
                took_us = machine.now_us - begin_us
            print(f"{route:<22} burst {burst}: {took_us:7.1f} us, {SIZE / took_us:5.1f} MB/s")
            target.free()
            source.free()


if __name__ == "__main__":
    print(Machine("esp32s3").run(main))
