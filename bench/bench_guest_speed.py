"""What running firmware as a guest costs: instrumented accesses, bulk copies, a hypercall round trip.

Each figure is a ratio to the same code uninstrumented, measured inside the guest, best of several rounds; the hypercall is in
microseconds. Usage: bench_guest_speed.py [--smoke] [--word-bytes 4|8]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from dmalab import chips
from dmalab.chips.model import Chip, Kind
from dmalab.core.planes import line_bytes_of
from dmalab.guest.build import build
from dmalab.guest.image import Image
from dmalab.guest.layout import Arena, RegionSpec
from dmalab.guest.process import RETURN, START, GuestProcess, Number

FIRMWARE = r"""
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PLAIN __attribute__((no_sanitize("thread"), noinline))
#define SEEN __attribute__((noinline))
#define BOTH(name, ...) SEEN void name##_seen __VA_ARGS__ PLAIN void name##_plain __VA_ARGS__

static uint8_t bytes_a[8192], bytes_b[8192];
static uint32_t words_a[2048], words_b[2048];
static uint8_t (*const psram)[65536] = (uint8_t (*)[65536])PSRAM; /* behind the statics */
static uint8_t (*const sram)[65536] = (uint8_t (*)[65536])SRAM;
static volatile uint32_t sink;
void *__real_memcpy(void *, const void *, size_t);
uint64_t dl_call(uint32_t number, uint32_t nargs, const uint64_t *args);

BOTH(byte_fill, (void) { for (int i = 0; i < (int)sizeof bytes_a; i++) bytes_a[i] = (uint8_t)i; })
BOTH(byte_sum, (void) { uint32_t s = 0; for (int i = 0; i < (int)sizeof bytes_a; i++) s += bytes_a[i]; sink = s; })
BOTH(byte_copy, (void) { for (int i = 0; i < (int)sizeof bytes_a; i++) bytes_b[i] = bytes_a[i]; })
BOTH(word_copy, (void) { for (int i = 0; i < 2048; i++) words_b[i] = words_a[i]; })
BOTH(word_mix, (void) { for (int i = 0; i < 2048; i++) words_b[i] ^= words_a[i] * 2654435761u + (words_b[i] >> 3); })
BOTH(crc32, (void) { uint32_t c = ~0u; for (int i = 0; i < (int)sizeof bytes_a; i++) { c ^= bytes_a[i];
    for (int k = 0; k < 8; k++) c = c >> 1 ^ (0xedb88320u & -(c & 1)); } sink = c; })
BOTH(blend, (void) { for (int i = 0; i < 2048; i++) { uint32_t a = words_a[i], b = words_b[i];
    uint32_t rb = ((a & 0xff00ff) * 3 + (b & 0xff00ff) * 5) >> 3 & 0xff00ff, g = ((a & 0xff00) * 3 + (b & 0xff00) * 5) >> 3 & 0xff00;
    words_b[i] = rb | g; } })
SEEN void copy_64k_psram_seen(void) { memcpy(psram[1], psram[0], 65536); }
PLAIN void copy_64k_psram_plain(void) { __real_memcpy(psram[1], psram[0], 65536); }
SEEN void copy_64k_sram_seen(void) { memcpy(sram[1], sram[0], 65536); }
PLAIN void copy_64k_sram_plain(void) { __real_memcpy(sram[1], sram[0], 65536); }

PLAIN static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e6 + t.tv_nsec / 1e3; }

PLAIN static double best(void (*f)(void))
{
    double least = 1e9;
    f();
    for (int round = 0; round < ROUNDS; round++) {
        double begin = now();
        for (int i = 0; i < 4; i++) f();
        double took = (now() - begin) / 4;
        if (took < least) least = took;
    }
    return least;
}

#define REPORT(name) do { double p = best(name##_plain), s = best(name##_seen); \
    printf("%-15s plain %8.2f us   seen %8.2f us   ratio %5.2f\n", #name, p, s, s / p); } while (0)

PLAIN void app_main(void)
{
    REPORT(byte_fill); REPORT(byte_sum); REPORT(byte_copy); REPORT(word_copy); REPORT(word_mix);
    REPORT(crc32); REPORT(blend); REPORT(copy_64k_sram); REPORT(copy_64k_psram);
    for (int i = 0; i < CALLS; i++) dl_call(PING, 3, (const uint64_t[]){1, 2, 3});
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="few rounds: only that it runs")
    parser.add_argument("--word-bytes", type=int, choices=(4, 8))
    arguments = parser.parse_args()
    rounds, count = (3, 1000) if arguments.smoke else (200, 100_000)
    for name in ("esp32s3", "esp32p4"):
        print(
            f"{name}: internal RAM {'behind' if chips.load(name).region('sram').line_bytes else 'without'} a data cache"
        )
        measure(chips.load(name), rounds, count, arguments.word_bytes)


def measure(chip: Chip, rounds: int, count: int, word_bytes: int | None) -> None:
    """Build the loops for one chip and run them."""
    numbers = {name: index for index, name in enumerate(("malloc", "calloc", "realloc", "free", "ping"), 32)}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "speed.c"
        source.write_text(FIRMWARE)
        image = build(
            [source],
            chip=chip,
            api="none",
            defines=[
                f"ROUNDS={rounds}",
                f"CALLS={count}",
                f"PING={numbers['ping']}",
                f"SRAM={chip.region('sram').base + (128 << 10):#x}",
                f"PSRAM={chip.region('psram').base + (1 << 20):#x}",
            ],
            calls_header="".join(f"#define DL_CALL_NUMBER_{name} {number}\n" for name, number in numbers.items()),
            word_bytes=word_bytes,
            cache_dir=Path(folder) / "cache",
        )
        run(image, chip, numbers["ping"], count)


def run(image: Image, chip: Chip, ping: int, count: int) -> None:
    arena = Arena(
        [
            RegionSpec(
                base=region.base,
                size=region.size,
                line_bytes=line_bytes_of(chip, region),
                cached=region.line_bytes > 0,
                read_only=region.read_only,
                fill_cycles=20,
                allocate_cycles=20,
                alias_base=region.alias_base,
            )
            for region in chip.regions
            if region.kind is not Kind.CODE
        ]
    )
    for planes in arena.planes:
        planes.lines[:] = 3 if planes.spec.cached else 0
    control = arena.control
    control.budget = control.budget_given = 1 << 60
    control.access_cycles, control.call_cycles, control.copy_cycles_per_16_bytes = 1, 3, 4
    stack_low = max(region.base for region in chip.regions if region.name == "sram") + (288 << 10)
    pings, begin = 0, 0.0
    with GuestProcess.start(image, arena) as guest:
        request = guest.wait()
        request = guest.answer(RETURN, 0, 0, (0, 0, stack_low, 4096))
        request = guest.answer(START, 2, 0, (image.app_main, 0, stack_low + 4096, 16384))
        while request.number in (ping, Number.PRINT):
            if request.number == Number.PRINT:
                print(guest.printed(request).decode(), end="")
            elif not pings:
                begin = time.perf_counter()
            pings += request.number == ping
            request = guest.answer(RETURN, request.fiber)
        took = time.perf_counter() - begin
        if request.number != Number.TASK_RETURNED:
            raise SystemExit(f"the guest ended with {request}: {guest.message()}")
        guest.finish()
    print(f"hypercall    {took / count * 1e6:.2f} us round trip")


if __name__ == "__main__":
    main()
