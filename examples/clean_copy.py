"""No bug: a frame drawn in PSRAM goes to internal RAM while the core does something else."""

from __future__ import annotations

from dmalab import Machine, idf

SIZE = 4096


async def main(machine: Machine) -> None:
    """Copy one frame and compare."""
    frame = machine.heap.alloc(SIZE, caps=idf.MALLOC_CAP_SPIRAM | idf.MALLOC_CAP_DMA)
    panel = machine.heap.alloc(SIZE, caps=idf.MALLOC_CAP_INTERNAL | idf.MALLOC_CAP_DMA)
    frame.write(bytes(range(256)) * (SIZE // 256))
    done = machine.semaphore()
    engine = "axi_gdma" if "axi_gdma" in machine.engines else "ahb_gdma"  # on esp32p4 only AXI reaches PSRAM
    with idf.AsyncMemcpy.install(machine, backlog=8, engine=engine) as mcp:
        mcp.memcpy(panel, frame, SIZE, callback=lambda _event: done.give_from_isr())
        await machine.cpu.spend(us=20)
        await done.take()
    assert panel.read() == frame.read()
    panel.free()
    frame.free()


if __name__ == "__main__":
    print(Machine("esp32s3").run(main))
