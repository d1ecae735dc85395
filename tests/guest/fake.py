"""A machine that only answers: enough to drive a guest without any of dmalab's core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dmalab.chips.model import Chip, Kind
from dmalab.core.planes import line_bytes_of
from dmalab.guest.image import Image
from dmalab.guest.layout import Arena, Planes, RegionSpec
from dmalab.guest.process import CALL, RETURN, START, GuestProcess, GuestRequest, Number

NAMES = ("malloc", "calloc", "realloc", "free", "ping", "spawn", "switch_to", "interrupt", "look")
NUMBERS = {name: number for number, name in enumerate(NAMES, 32)}
HEADER = "".join(f"#define DL_CALL_NUMBER_{name} {number}\n" for name, number in NUMBERS.items())

PRELUDE = """
#ifdef __cplusplus
extern "C" {
#endif
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
uint64_t dl_call(uint32_t number, uint32_t nargs, const uint64_t *args);
#ifdef __cplusplus
}
#endif
#define PING 36
#define SPAWN 37
#define SWITCH 38
#define INTERRUPT 39
#define LOOK 40
#ifndef __cplusplus
#define ask(number, a, b, c) dl_call(number, 3, (const uint64_t[]){a, b, c})
#else
static inline __attribute__((always_inline)) uint64_t ask(uint32_t number, uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t args[] = {a, b, c};
    return dl_call(number, 3, args);
}
#endif
#line 1 "main.c"
"""

ENDS = (Number.FAULT, Number.EXIT, Number.ABORT, Number.STACK_OVERFLOW)

Answer = tuple[int, int, int, tuple[int, int, int, int] | None]


@dataclass(slots=True)
class Run:
    """What a firmware did."""

    log: list[GuestRequest] = field(default_factory=list)
    printed: list[tuple[int, bytes]] = field(default_factory=list)
    end: GuestRequest | None = None
    message: str = ""
    status: int | None = None

    def of(self, number: int) -> list[GuestRequest]:
        return [request for request in self.log if request.number == number]

    @property
    def out(self) -> bytes:
        return b"".join(data for _, data in self.printed)


class FakeMachine:
    """Boots a firmware, starts `app_main` on fiber 2 and answers its calls. `handlers` take precedence over the plain answers."""

    def __init__(self, chip: Chip, image: Image, *, stack_bytes: int = 16384, loop_seconds: float = 10.0) -> None:
        self.chip = chip
        self.image = image
        self.loop_seconds = loop_seconds
        regions = [region for region in chip.regions if region.kind is not Kind.CODE]
        self.arena = Arena(
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
                for region in regions
            ]
        )
        self.control = self.arena.control
        self.control.budget = self.control.budget_given = 1 << 40
        self.control.ps_per_cycle = 2500
        self.control.copy_cycles_per_16_bytes = 4
        for planes in self.arena.planes:
            if planes.spec.cached:
                planes.lines[:] = 3
        names = [region.name for region in regions]
        self.sram = self.arena.planes[names.index("sram")]
        self.psram = self.arena.planes[names.index("psram")]
        self.uncached = next(planes for planes in self.arena.planes if not planes.spec.cached)
        self.heap = self.sram.spec.base + (128 << 10)
        self.stack_next = self.sram.spec.base + (256 << 10)
        self.isr_stack = self.take_stack(8192)
        self.main_stack = self.take_stack(stack_bytes)
        self.handlers: dict[int, Callable[[GuestRequest], Answer]] = {}
        self.waiting: dict[int, int] = {}
        self.next_fiber = 3
        self.guest: GuestProcess | None = None

    def take_stack(self, size: int) -> tuple[int, int]:
        low = self.stack_next
        self.stack_next += size
        return low, size

    def answer(self, request: GuestRequest) -> Answer:
        number, fiber = request.number, request.fiber
        if number in self.handlers:
            return self.handlers[number](request)
        if number == Number.BOOT:
            return RETURN, 0, 0, (0, 0, *self.isr_stack)
        if number == Number.TASK_RETURNED and fiber == 0:
            return START, 2, 0, (self.image.app_main, 0, *self.main_stack)
        if number == Number.TICK:
            self.control.budget = self.control.budget_given = 1 << 40
        if number in (NUMBERS["malloc"], NUMBERS["calloc"], NUMBERS["realloc"]):
            self.heap += 256
            return RETURN, fiber, self.heap - 256, None
        if number == NUMBERS["ping"]:
            return RETURN, fiber, sum(request.args), None
        if number == NUMBERS["spawn"]:  # entry, argument: runs at once; the caller waits
            self.waiting[fiber] = 0
            self.next_fiber += 1
            return START, self.next_fiber - 1, 0, (request.args[0], request.args[1], *self.take_stack(8192))
        if number == NUMBERS["switch_to"]:
            self.waiting[fiber] = 0
            return RETURN, request.args[0], request.args[1], None
        if number == NUMBERS["interrupt"]:  # handler, argument
            self.interrupted = fiber
            return CALL, fiber, 0, (request.args[0], request.args[1], 0, 0)
        if number == Number.ISR_RETURN:
            return RETURN, self.interrupted, request.args[0], None
        return RETURN, fiber, 0, None

    def run(self) -> Run:
        run = Run()
        with GuestProcess.start(self.image, self.arena, loop_seconds=self.loop_seconds) as guest:
            self.guest = guest
            request = guest.wait()
            while True:
                run.log.append(request)
                if request.number == Number.PRINT:
                    run.printed.append((request.args[1], guest.printed(request)))
                if request.number in ENDS or (request.number == Number.TASK_RETURNED and request.fiber == 2):
                    break
                request = guest.answer(*self.answer(request))
            run.end = request
            run.message = guest.message()
            run.status = None if request.is_death else guest.finish(7)
        return run


def offsets(planes: Planes, address: int, size: int) -> slice:
    """The slice of a byte plane that `[address, address + size)` is."""
    return slice(address - planes.spec.base, address - planes.spec.base + size)
