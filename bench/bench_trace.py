"""What recording a timeline costs: the same copies with and without, process time, best of several rounds.

The worst case there is: nothing but the smallest copies, each with its driver's cache maintenance, completion interrupt
and two task switches. Usage: bench_trace.py [--smoke]
"""

from __future__ import annotations

import argparse
import time

from dmalab import Machine, idf
from dmalab.trace.perfetto import to_perfetto
from dmalab.trace.vcd import to_vcd

ENGINES = {"esp32s3": None, "esp32p4": "axi_gdma"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="few copies: only that it runs")
    count, rounds = (50, 1) if parser.parse_args().smoke else (1000, 5)
    for chip in ENGINES:
        for size in (64, 65536):
            plain, traced, events = measure(chip, size, count, rounds)
            cost = f"{plain:6.0f} us a copy, traced {traced:6.0f} us ({100 * traced / plain - 100:+.0f} %)"
            print(f"{chip} {size:6} bytes: {cost}, {events} events")
    report = run("esp32p4", 64, count, trace=True)
    for name, write in (("perfetto", to_perfetto), ("vcd", to_vcd)):
        begin = time.process_time()
        size = len(write([report]))
        each = (time.process_time() - begin) / len(report.timeline) * 1e6
        print(f"{name}: {each:.1f} us and {size / len(report.timeline):.0f} bytes an event")


def measure(chip: str, size: int, count: int, rounds: int) -> tuple[float, float, int]:
    best = {False: 1e9, True: 1e9}
    events = 0
    for _ in range(rounds):
        for trace in best:
            begin = time.process_time()
            report = run(chip, size, count, trace=trace)
            best[trace] = min(best[trace], (time.process_time() - begin) / count * 1e6)
            events = len(report.timeline) if report.timeline is not None else events
    return best[False], best[True], events


def run(chip: str, size: int, count: int, *, trace: bool):
    async def copies(machine):
        source = machine.heap.alloc(size, caps=idf.MALLOC_CAP_SPIRAM | idf.MALLOC_CAP_DMA)
        target = machine.heap.alloc(size, caps=idf.MALLOC_CAP_INTERNAL | idf.MALLOC_CAP_DMA)
        done = machine.semaphore()
        data = b"\xa5" * size
        with idf.AsyncMemcpy.install(machine, engine=ENGINES[chip]) as mcp:
            for _ in range(count):
                source.write(data)
                mcp.memcpy(target, source, size, callback=lambda _event: done.give_from_isr())
                await done.take()

    return Machine(chip, trace=trace).run(copies)


if __name__ == "__main__":
    main()
