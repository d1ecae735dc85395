"""One running chip: memory, caches, heap, engines, tasks and time, built from a description.

This is the machine without an opinion: it runs and emits events. `dmalab.Machine` adds the rules and the report.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dmalab.chips.model import Chip, Kind
from dmalab.core import caps
from dmalab.core.cache import Evictor, Policy
from dmalab.core.choices import Choices, Quiet, Seeded
from dmalab.core.clock import PS_PER_NS, PS_PER_S, PS_PER_US, Clock
from dmalab.core.engine import Engine
from dmalab.core.etm import Etm
from dmalab.core.events import EventBus, Stamp, Sync
from dmalab.core.gpio import Gpio
from dmalab.core.heap import Block, Heap, HeapFacts
from dmalab.core.memory import Claim, Memory
from dmalab.core.objects import Objects
from dmalab.core.places import UNKNOWN, Places
from dmalab.core.planes import Planes, PrivatePlanes, line_bytes_of
from dmalab.core.posted import PostedWrites, has_posted_writes
from dmalab.core.region import Region
from dmalab.core.spans import Span
from dmalab.core.spi import SpiController
from dmalab.core.sync import Mutex, Queue, Semaphore
from dmalab.core.tasks import Scheduler, Task


class Cpu:
    """The core's time."""

    def __init__(self, machine: BareMachine) -> None:
        self._machine = machine

    async def spend(self, *, us: float = 0, cycles: int = 0) -> None:
        """Keep the core busy; interrupts and more urgent tasks may come in between.

        Args:
            us: Microseconds of virtual time.
            cycles: CPU cycles, in addition.
        Raises:
            ValueError: a negative time.
        """
        ps = round(us * PS_PER_US) + self._machine.cycles_ps(cycles)
        if ps < 0:
            raise ValueError(f"the core can't be busy for {us} us and {cycles} cycles")
        await self._machine.scheduler.spend(ps)


class Buffer:
    """A piece of chip memory as Python code uses it: every `read` and `write` is an access by the core."""

    def __init__(self, machine: BareMachine, address: int, size: int) -> None:
        self._machine = machine
        self.address = address
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __repr__(self) -> str:
        return f"<buffer {Span(self.address, self.address + self.size)}>"

    def read(self, offset: int = 0, size: int | None = None) -> bytes:
        """What the core reads.

        Args:
            offset: Bytes from the start.
            size: Bytes; up to the end when left out.
        Raises:
            BadAddress: outside every region.
        """
        return self._machine.memory.load(self.address + offset, self.size - offset if size is None else size)

    def write(self, data: bytes, offset: int = 0) -> None:
        """The core writes `data`, `offset` bytes from the start.

        Raises:
            BadAddress: outside every region, or read-only memory.
        """
        self._machine.memory.store(self.address + offset, data)

    def slice(self, offset: int, size: int | None = None) -> Buffer:
        """A part of the buffer."""
        return Buffer(self._machine, self.address + offset, self.size - offset if size is None else size)


class HeapBuffer(Buffer):
    """A buffer that the heap handed out."""

    def free(self) -> None:
        """Give it back. Freeing twice, or in flight, is what the checker looks for."""
        self._machine.heap.blocks_heap.free(self.address)


class HeapFace:
    """The heap as Python code uses it."""

    def __init__(self, machine: BareMachine, heap: Heap) -> None:
        self._machine = machine
        self.blocks_heap = heap
        """The heap itself, with blocks instead of buffers."""

    def alloc(self, size: int, caps: int = caps.Cap.DEFAULT, *, align: int = 0) -> HeapBuffer:
        """Allocate.

        Args:
            size: Bytes, at least 1.
            caps: Capabilities the memory must have, such as `idf.MALLOC_CAP_DMA`.
            align: Bytes, a power of two.
        Raises:
            MemoryError: no heap has that much of such memory.
        """
        block = self.blocks_heap.alloc(size, caps, align=align)
        if block is None:
            raise MemoryError(
                f"no {size} bytes with capabilities {caps:#x} and alignment {align} on {self._machine.chip.name}; "
                f"largest free block: {self.blocks_heap.largest_free_block(caps)}"
            )
        return HeapBuffer(self._machine, block.address, size)

    def free(self, buffer: Buffer) -> None:
        """Give a buffer back."""
        self.blocks_heap.free(buffer.address)


class _Serving:
    """Sets the call site for a while."""

    __slots__ = ("_before", "_machine", "_site")

    def __init__(self, machine: BareMachine, site: int | None) -> None:
        self._machine = machine
        self._site = site

    def __enter__(self) -> None:
        self._before = self._machine.call_site
        self._machine.call_site = self._site

    def __exit__(self, *_: object) -> None:
        self._machine.call_site = self._before


class BareMachine:
    """The hardware and the kernel of one run."""

    def __init__(
        self,
        chip: Chip,
        *,
        policy: Policy = "lazy",
        seed: int = 0,
        choices: Choices | None = None,
        planes: Planes | None = None,
    ) -> None:
        """Args: `planes` says where the memory lives; `choices` replaces the answers that `seed` stands for."""
        self.chip = chip
        self.policy = policy
        self.seed = seed
        self.clock = Clock()
        self.bus = EventBus()
        self.places = Places()
        self.choices: Choices = choices or (Seeded(seed) if seed or policy == "random" else Quiet())
        self.call_site: int | None = None
        """Code address of the firmware's call being served; None while Python code runs."""
        self.scheduler = Scheduler(self.clock, self.choices, self.bus, self._place)
        planes = planes or PrivatePlanes()
        with_memory = [facts for facts in chip.regions if facts.kind is not Kind.CODE]
        regions = [
            Region(index, facts, planes, line_bytes=line_bytes_of(chip, facts))
            for index, facts in enumerate(with_memory)
        ]
        self.memory = Memory(regions, self.bus, self.scheduler.stamp)
        self.evictor = Evictor(policy, self.memory, chip.caches, self.choices)
        self.scheduler.settle = self.evictor.settle
        self.heap = HeapFace(self, self._build_heap())
        self.objects = Objects(self.heap.blocks_heap, self.scheduler)
        self.cpu = Cpu(self)
        self.gpio = Gpio(self.clock)
        self.cpu_mhz = chip.cpu_mhz
        timing = chip.timing
        self.scheduler.switch_ps = timing.switch_ns * PS_PER_NS
        self.scheduler.interrupts.enter_ps = timing.isr_enter_ns * PS_PER_NS
        self.scheduler.interrupts.exit_ps = timing.isr_exit_ns * PS_PER_NS
        self.engines: dict[str, Engine] = {
            facts.name: Engine(
                facts,
                timing,
                self.memory,
                self.clock,
                self.scheduler.interrupts,
                self.bus,
                link_base=chip.dma.low,
                psram_align=chip.encryption_alignment if chip.flash_encryption or chip.psram_ecc else 1,
            )
            for facts in chip.engines
        }
        self.posted = PostedWrites(self.memory, self.bus) if has_posted_writes(chip) else None
        """Engine writes still on their way to PSRAM; None on chips where there are none."""
        hosts = chip.spi.hosts if chip.spi is not None else ()
        self.spi = {
            host.name: SpiController(host, chip, self.gpio, self.clock, self.engines[host.engine]) for host in hosts
        }
        self.etm = Etm(chip.etm.channels) if chip.etm is not None else None
        """The event task matrix; None on chips without one."""
        self.layers: dict[str, Any] = {}
        """What vendor layers keep with the machine, by their names for it."""
        self.drivers: list[object] = []
        """Driver objects that are installed, in order; what is left at the end has leaked."""
        self._names = 0

    def _place(self) -> int:
        if self.call_site is not None:
            return self.call_site
        # Between two calls of firmware, as in an interrupt while all tasks sleep, no line of any source is to blame.
        return UNKNOWN if self.memory.unseen_stores else self.places.caller()

    def _build_heap(self) -> Heap:
        regions = {facts.kind: facts for facts in reversed(self.chip.regions) if facts.kind in (Kind.SRAM, Kind.PSRAM)}
        internal, external = regions.get(Kind.SRAM), regions.get(Kind.PSRAM)
        facts = HeapFacts(
            line_internal=internal.line_bytes if internal else 0,
            line_external=external.line_bytes if external else 0,
            simd_align=self.chip.simd_alignment,
        )
        arenas = [
            (heap.low, heap.high, (caps.parse(heap.caps[0]), caps.parse(heap.caps[1]), caps.parse(heap.caps[2])))
            for heap in self.chip.heaps
        ]
        return Heap(self.memory, arenas, facts, self.bus, self.scheduler.stamp)

    # -- time --------------------------------------------------------------------------------------------------------

    def cycles_ps(self, cycles: int) -> int:
        """Picoseconds that so many CPU cycles take."""
        return cycles * 1_000_000 // self.cpu_mhz

    @property
    def now_us(self) -> float:
        """Virtual time since start, in microseconds."""
        return self.clock.now_ps / PS_PER_US

    async def sleep_us(self, us: float) -> None:
        """Let others run for `us` microseconds.

        Raises:
            WouldBlock: in an interrupt or a critical section.
        """
        await self.scheduler.sleep(round(us * PS_PER_US), "sleep_us")

    # -- what tasks talk through -------------------------------------------------------------------------------------

    def _name(self, name: str | None, kind: str) -> str:
        self._names += 1
        return f"{kind} {name or self._names}"

    def semaphore(self, count: int = 0, limit: int = 1, *, name: str | None = None) -> Semaphore:
        """A semaphore; binary unless `limit` says otherwise."""
        return Semaphore(self.scheduler, self._name(name, "semaphore"), count, limit)

    def mutex(self, *, recursive: bool = False, name: str | None = None) -> Mutex:
        """A lock with priority inheritance."""
        return Mutex(self.scheduler, self._name(name, "mutex"), recursive=recursive)

    def queue(self, length: int, *, name: str | None = None) -> Queue:
        """A queue of up to `length` items."""
        return Queue(self.scheduler, self._name(name, "queue"), length)

    def task(self, coroutine: Any, *, name: str = "task", priority: int = 1) -> Task:
        """Start a coroutine as a task of its own."""
        return self.scheduler.spawn(coroutine, name, priority)

    # -- maintenance and ownership, for drivers ----------------------------------------------------------------------

    def sync(self, sync: Sync) -> None:
        """Do cache maintenance and let the time pass that it takes."""
        sync.dirty_lines, sync.present_lines = self.memory.line_counts(sync.span)
        spent = self.chip.timing.sync_base_ns
        if sync.dirty_lines and sync.op != "invalidate":
            region, _, _ = self.memory.locate(sync.span.low, 1)
            spent += sync.dirty_lines * self.chip.timing.line_writeback_ns.get(region.name, 0)
        self.scheduler.elapse(spent * PS_PER_NS)
        self.memory.sync(sync)

    def settle(self) -> None:
        """A moment between two steps of the program: caches may evict now."""
        self.evictor.settle()

    def serving(self, site: int | None) -> _Serving:
        """A context in which everything happens at `site`, such as the call site of the firmware's call."""
        return _Serving(self, site)

    def entered(self) -> _Serving:
        """A context for the inside of an API call: everything happens where the call was made."""
        return _Serving(self, self._place())

    def speaks(self, api: str) -> None:
        """The program uses this vendor's layer: what is said about it should be in its words. Nothing is said here."""

    def stack_claims(self) -> list[Claim]:
        """Claims that lie on a task's stack."""
        stacks = [task.stack for task in self.scheduler.tasks.values() if task.stack is not None]
        return [claim for claim in self.memory.claims if any(stack.overlap(claim.span) for stack in stacks)]

    def allocate_internal(
        self, size: int, capabilities: int, *, align: int = 0, purpose: str, by: Stamp | None = None
    ) -> Block | None:
        """Memory for a driver or the kernel, which isn't the firmware's own."""
        return self.heap.blocks_heap.alloc(size, capabilities, align=align, purpose=purpose, by=by)

    def now(self) -> Stamp:
        """Who runs, where and when."""
        return self.scheduler.stamp()

    def limit_ps(self, seconds: float) -> int:
        """Virtual seconds as picoseconds."""
        return round(seconds * PS_PER_S)


Callback = Callable[..., Any]
