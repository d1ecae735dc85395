"""Copies on a machine in Python, checker on: what the smallest costs, and how the largest compares with `np.copyto`.

Promises: 64 bytes, request to callback, at most 100 us; 16 MiB in PSRAM at least half as fast as NumPy on the same sizes.
Best of several rounds, process time. Usage: bench_copies.py [--smoke]
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from dmalab import Machine, idf

SMALL = 64
LARGE = 16 << 20
PSRAM = idf.MALLOC_CAP_SPIRAM | idf.MALLOC_CAP_DMA


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="few copies: only that it runs")
    smoke = parser.parse_args().smoke
    for chip in ("esp32s3", "esp32p4"):
        best = small(chip, 50 if smoke else 2000)
        print(f"{chip}  {SMALL} bytes: {best * 1e6:6.1f} us from request to callback (promised 100 us)")
    ours, numpys = large(1 if smoke else 7)
    print(
        f"esp32p4  {LARGE >> 20} MiB in PSRAM: {ours * 1e3:.2f} ms, np.copyto {numpys * 1e3:.2f} ms, ratio {numpys / ours:.2f} (promised 0.5)"
    )


def small(chip: str, count: int) -> float:
    took: list[float] = []

    async def copies(machine: Machine) -> None:
        source = machine.heap.alloc(SMALL, caps=idf.MALLOC_CAP_DMA)
        target = machine.heap.alloc(SMALL, caps=idf.MALLOC_CAP_DMA)
        source.write(b"\xa5" * SMALL)
        done = machine.semaphore()

        def arrived(_event: object) -> bool:
            took.append(time.process_time() - begin)
            return done.give_from_isr()

        with idf.AsyncMemcpy.install(machine) as mcp:
            for _ in range(count):
                begin = time.process_time()
                mcp.memcpy(target, source, SMALL, arrived)
                await done.take()

    Machine(chip).run(copies)
    return min(took)


def large(rounds: int) -> tuple[float, float]:
    took: list[float] = []
    numpys: list[float] = []
    plain_source, plain_target = np.ones(LARGE, dtype=np.uint8), np.zeros(LARGE, dtype=np.uint8)

    async def copies(machine: Machine) -> None:
        source = machine.heap.alloc(LARGE, caps=PSRAM)
        target = machine.heap.alloc(LARGE, caps=PSRAM)
        source.write(plain_source.tobytes())
        done = machine.semaphore()
        with idf.AsyncMemcpy.install_gdma_axi(machine, backlog=1) as mcp:
            for _ in range(rounds + 1):
                begin = time.process_time()
                mcp.memcpy(target, source, LARGE, lambda _event: done.give_from_isr())
                await done.take()
                took.append(time.process_time() - begin)
                begin = time.process_time()
                np.copyto(plain_target, plain_source)
                numpys.append(time.process_time() - begin)

    Machine("esp32p4", psram=64 << 20).run(copies)
    # The first round touches the pages for the first time.
    return min(took[1:]), min(numpys[1:])


if __name__ == "__main__":
    main()
