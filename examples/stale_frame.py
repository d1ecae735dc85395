"""A bug: the core looks at a receive buffer while the copy runs, and goes on seeing the old bytes.

The driver invalidates the destination when the copy is submitted. The look in between fills the cache line again, and nothing
invalidates it after the copy.
"""

from __future__ import annotations

from dmalab import Machine, idf

SIZE = 16 * 1024


async def main(machine: Machine) -> None:
    """Receive one packet into PSRAM."""
    wire = machine.heap.alloc(SIZE, caps=idf.MALLOC_CAP_INTERNAL | idf.MALLOC_CAP_DMA)
    packet = machine.heap.alloc(SIZE, caps=idf.MALLOC_CAP_SPIRAM | idf.MALLOC_CAP_DMA)
    wire.write(b"\x5a" * SIZE)
    done = machine.semaphore()
    engine = "axi_gdma" if "axi_gdma" in machine.engines else "ahb_gdma"  # on esp32p4 only AXI reaches PSRAM
    with idf.AsyncMemcpy.install(machine, engine=engine) as mcp:
        mcp.memcpy(packet, wire, SIZE, callback=lambda _event: done.give_from_isr())
        packet.read(SIZE - 4, 4)  # the bug: the engine owns the buffer now
        await done.take()
    print("last word:", packet.read(SIZE - 4, 4).hex(), "expected: 5a5a5a5a")
    packet.free()
    wire.free()


if __name__ == "__main__":
    print(Machine("esp32s3").run(main))
