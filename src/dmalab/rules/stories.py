"""What happens in the chip under each rule, step by step, as data: `dmalab rules NAME` draws it.

Two kinds of drawing. *Frames* follow the bytes of one cache line, four of them, through the two views and the engine. *Lanes* follow who
does what over time, for rules that are not about bytes. Both are sketches of one typical case, not of every way into the rule.
"""

from __future__ import annotations

from dataclasses import dataclass

LETTERS = {
    "A": "older bytes",
    "B": "the core's stores",
    "C": "what the engine delivers",
    "D": "the core's next stores",
    "n": "a neighbour's older bytes",
    "N": "a neighbour's stores",
    "0": "zeros",
    "?": "bytes nobody meant",
    ".": "not moved",
}
"""What a cell of a frame means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One step: what is done, and how things stand after it."""

    does: str
    cpu: str
    """Four cells: what a load of the core would give."""
    line: str
    """State of the cache line: `absent`, `clean` or `dirty`; `none` where the memory is not behind a cache."""
    memory: str
    """Four cells: what memory holds."""
    engine: str = ""
    """`reads` or `writes` and four cells; empty when no engine takes part."""
    wrong: str = ""
    """Where the harm shows: `cpu`, `memory` or `engine`."""
    instead: bool = False
    """The repaired course: what this step would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A rule told as a drawing, and its fix in the words of the other vendors."""

    frames: tuple[Frame, ...] = ()
    lanes: tuple[tuple[str, str], ...] = ()
    """Name and drawing of each lane, time running to the right."""
    zephyr: str
    """What to write instead with Zephyr's API."""
    esphal: str
    """What to write instead with esp-hal."""


def _frames(*rows: tuple[str, ...]) -> tuple[Frame, ...]:
    """Rows of (does, cpu, line, memory, engine, wrong); a `+` in front of `does` makes it the repaired course."""
    frames = []
    for does, cpu, line, memory, *rest in rows:
        engine, wrong = (*rest, "", "")[:2]
        frames.append(
            Frame(
                does=does.removeprefix("+ "),
                cpu=cpu,
                line=line,
                memory=memory,
                engine=engine,
                wrong=wrong,
                instead=does.startswith("+ "),
            )
        )
    return tuple(frames)


_BUFFER_OBJECTS = "DmaTxBuf and DmaRxBuf do this when a transfer is prepared; don't pass PSRAM to an engine past them."
_TRANSFER_OWNS = (
    "The transfer owns the buffer; take it back from wait() or cancel(), and never reach it through a raw pointer."
)

STORIES: dict[str, Story] = {
    "stale-dma-read": Story(
        frames=_frames(
            ("a frame was sent, all agree", "AAAA", "clean", "AAAA"),
            ("the core stores the next frame", "BBBB", "dirty", "AAAA"),
            ("the engine is started and reads memory", "BBBB", "dirty", "AAAA", "reads AAAA", "engine"),
            ("+ written back first, it reads", "BBBB", "clean", "BBBB", "reads BBBB"),
        ),
        zephyr="sys_cache_data_flush_range(buffer, size) after the last store and before dma_start(), or a __nocache buffer.",
        esphal=_BUFFER_OBJECTS,
    ),
    "stale-cpu-read": Story(
        frames=_frames(
            ("the core looks at the buffer: the line is filled", "AAAA", "clean", "AAAA"),
            ("the engine writes memory", "AAAA", "clean", "CCCC", "writes CCCC"),
            ("the core loads, and the line answers", "AAAA", "clean", "CCCC", "", "cpu"),
            ("+ invalidated after the transfer, it loads", "CCCC", "clean", "CCCC"),
        ),
        zephyr="sys_cache_data_invd_range(buffer, size) in the callback or after it, before the first read, on a buffer of whole lines.",
        esphal="Read through received_data() or read_received_data(), which invalidate; as_slice() does not.",
    ),
    "dirty-line-over-dma": Story(
        frames=_frames(
            ("the core clears the receive buffer", "BBBB", "dirty", "AAAA"),
            ("the engine delivers", "BBBB", "dirty", "CCCC", "writes CCCC"),
            ("the cache evicts the line, at any time it likes", "BBBB", "absent", "BBBB", "", "memory"),
            ("+ no dirty line at the start: it stays delivered", "CCCC", "absent", "CCCC"),
        ),
        zephyr="sys_cache_data_flush_and_invd_range(buffer, size) before the block is given to dma_config() or dma_reload().",
        esphal=_BUFFER_OBJECTS,
    ),
    "shared-line": Story(
        frames=_frames(
            ("a counter behind the buffer is stored", "AANN", "dirty", "AAnn"),
            ("the engine fills the buffer, half of the line", "AANN", "dirty", "CCnn", "writes CC.."),
            ("either: invalidate, and the counter is lost", "CCnn", "absent", "CCnn", "", "cpu"),
            ("or: evict, and what was received is lost", "AANN", "absent", "AANN", "", "memory"),
            ("+ a line of its own: nothing else can be lost", "CCCC", "absent", "CCCC", "writes CCCC"),
        ),
        zephyr="__aligned(CONFIG_DCACHE_LINE_SIZE) and a size rounded up to it; k_mem_slab blocks that are multiples of the line.",
        esphal="dma_rx_buffer!() or static_buffer!() align; for memory of your own, take whole lines (PSRAM of an ESP32-P4: 128 bytes).",
    ),
    "discarded-write": Story(
        frames=_frames(
            ("the core stores", "BBBB", "dirty", "AAAA"),
            ("an invalidate drops the line, with all in it", "AAAA", "absent", "AAAA"),
            ("the core reads what it had stored", "AAAA", "clean", "AAAA", "", "cpu"),
            ("+ written back and dropped, it reads", "BBBB", "clean", "BBBB"),
        ),
        zephyr="sys_cache_data_flush_and_invd_range() where the core has stored; sys_cache_data_invd_range() for received bytes only.",
        esphal="Leave maintenance to the buffer objects; they invalidate nothing that they don't own.",
    ),
    "ineffective-sync": Story(
        frames=_frames(
            ("the core stores", "BBBB", "dirty", "AAAA"),
            ("a sync of 1000 bytes is refused, nobody looks", "BBBB", "dirty", "AAAA"),
            ("the engine reads memory", "BBBB", "dirty", "AAAA", "reads AAAA", "engine"),
            ("+ rounded to the line, the sync works", "BBBB", "clean", "BBBB", "reads BBBB"),
        ),
        zephyr="Check for -ENOTSUP, and round to sys_cache_data_line_size_get().",
        esphal="Errors of the buffer's constructor (InvalidAlignment) tell it at once; don't unwrap them away.",
    ),
    "touched-in-flight": Story(
        frames=_frames(
            ("the engine is half way through a buffer", "BBBB", "none", "BBBB", "reads BB.."),
            ("the core fills it again", "DDDD", "none", "DDDD"),
            ("the engine goes on: half old, half new", "DDDD", "none", "DDDD", "reads BBDD", "engine"),
            ("+ filled again when the engine is done", "DDDD", "none", "DDDD", "reads BBBB"),
        ),
        zephyr="k_sem_take() on a semaphore that the dma_callback gives, or two blocks in turn.",
        esphal=_TRANSFER_OWNS,
    ),
    "freed-in-flight": Story(
        frames=_frames(
            ("the engine is half way through a block", "BBBB", "none", "BBBB", "reads BB.."),
            ("it is freed, and somebody else gets and fills it", "NNNN", "none", "NNNN"),
            ("the engine goes on", "NNNN", "none", "NNNN", "reads BBNN", "engine"),
            ("+ freed when the engine has stopped", "NNNN", "none", "NNNN", "reads BBBB"),
        ),
        zephyr="dma_stop(), then k_mem_slab_free(); a time-out of k_sem_take() does not stop the engine.",
        esphal="cancel() or wait() before the buffer is dropped; mem::forget() of a transfer leaves the engine running.",
    ),
    "dead-stack": Story(
        frames=_frames(
            ("a function fills a local and starts the engine", "BBBB", "none", "BBBB", "reads BB.."),
            ("it returns; the next call's locals lie there", "NNNN", "none", "NNNN"),
            ("the engine goes on", "NNNN", "none", "NNNN", "reads BBNN", "engine"),
            ("+ it waits for the engine, then returns", "NNNN", "none", "NNNN", "reads BBBB"),
        ),
        zephyr="Wait in the same function, or make the block and its dma_block_config static.",
        esphal="Take buffers with a static life: dma_buffers!() or a static_cell, not a local array made static by transmute.",
    ),
    "unreachable-memory": Story(
        frames=_frames(
            ("a constant lies in flash", "BBBB", "clean", "BBBB"),
            ("the engine has no way there", "BBBB", "clean", "BBBB", "reads 0000", "engine"),
            ("+ a copy in RAM", "BBBB", "none", "BBBB", "reads BBBB"),
        ),
        zephyr="Keep buffers out of DTCM where the controller can't reach it, and check what dma_config() returns.",
        esphal="Don't ignore UnsupportedMemoryRegion; copy constants into a DmaTxBuf.",
    ),
    "misaligned-for-engine": Story(
        frames=_frames(
            ("a record starts off the engine's grid", "?BBB", "none", "?BBB"),
            ("the driver refuses, or the low bits are dropped", "?BBB", "none", "?BBB", "reads ?BB.", "engine"),
            ("+ on the grid", "BBBB", "none", "BBBB", "reads BBBB"),
        ),
        zephyr="Align addresses and sizes to DMA_BUF_ADDR_ALIGNMENT() and DMA_BUF_SIZE_ALIGNMENT() of the controller's node.",
        esphal="Choose a BurstConfig that fits, or let dma_buffers!() align; InvalidAlignment says which rule was broken.",
    ),
    "overrun": Story(
        frames=_frames(
            ("a block of two items, and its neighbour", "AAnn", "none", "AAnn"),
            ("a length in bytes is taken for items", "CCCC", "none", "CCCC", "writes CCCC", "memory"),
            ("+ the length of the block", "CCnn", "none", "CCnn", "writes CC.."),
        ),
        zephyr="block_size is in bytes, whatever source_data_size and dest_data_size are.",
        esphal="set_length() checks against the buffer; don't build slices from raw parts.",
    ),
    "ring-ownership": Story(
        lanes=(
            ("core", "ask 1   ask 2   ask 3 (refused, nobody looks)        reads buffer 3: old"),
            ("slots", "[1 ]    [1 2]   full ---------------[2 ]-----------[  ]"),
            ("engine", "======== 1 =================done======= 2 ========done   nothing for 3"),
        ),
        zephyr="Look at what dma_reload() returns, and count outstanding blocks with a semaphore.",
        esphal="push() and available_bytes() of the stream buffers tell what is free; wait before pushing more.",
    ),
    "channel-state": Story(
        lanes=(
            ("core", "config(1)  start   config(2) while it runs    start"),
            ("channel", "idle ----> running =====?================    ?"),
            ("engine", "           list 1 -----list 1, 2 or a mixture of both"),
        ),
        zephyr="dma_stop() and its result before dma_config(); dma_request_channel() before any of it.",
        esphal="The types hold it: a channel inside a transfer can't be configured. Don't steal() one.",
    ),
    "completion-misuse": Story(
        lanes=(
            ("core", "start 1 ... stop, gives up       start 2     takes the sign of 1 for 2"),
            ("engine", "======= 1 ====done                ===== 2 =============== done"),
            ("interrupt", "               latched ..........told        lost"),
        ),
        zephyr="Let the callback compare channel and user_data with what is wanted, and look at its status.",
        esphal="is_done() may be asked any time, but only wait() makes the received bytes yours.",
    ),
    "bad-descriptor-chain": Story(
        lanes=(
            ("list", "[0: 4095 bytes, next NULL]      [1: 905 bytes] never linked"),
            ("engine", "4095 bytes ............ end of list: 905 of 5000 bytes never move"),
        ),
        zephyr="Set block_count and next_block together, and keep the blocks alive until the callback.",
        esphal="Take as many descriptors as dma_descriptors!() counts for that length; don't edit the list.",
    ),
    "alias-mix": Story(
        frames=_frames(
            ("the core stores at the cached address", "BBBB", "dirty", "AAAA"),
            ("it reads at the uncached one: AAAA", "BBBB", "dirty", "AAAA", "", "memory"),
            ("+ written back and dropped first, both agree", "BBBB", "absent", "BBBB"),
        ),
        zephyr="Place the object with __nocache, so that there is one address; or sys_cache_data_flush_and_invd_range() before the change.",
        esphal="There is no uncached view in safe code; don't make pointers to one.",
    ),
    "unsafe-maintenance": Story(
        frames=_frames(
            ("a buffer and a neighbour's line are dirty", "BBNN", "dirty", "AAnn"),
            ("the whole cache is invalidated", "AAnn", "absent", "AAnn"),
            ("both read what they had before", "AAnn", "clean", "AAnn", "", "cpu"),
            ("+ only the range of one buffer, written back first", "BBNN", "clean", "BBNN"),
        ),
        zephyr="sys_cache_data_invd_range() on one buffer; sys_cache_data_invd_all() loses everybody's stores.",
        esphal="Leave maintenance to the buffer objects; don't call the ROM.",
    ),
    "ordering": Story(
        lanes=(
            ("engine", "======== writes 4 lines ======done"),
            ("path", "         1   2   3   4           .....4 arrives"),
            ("core", "                              interrupt, reads line 4: old"),
        ),
        zephyr="A dummy sys_cache_data_flush_range() of PSRAM after the callback, on the revisions concerned.",
        esphal="Use a chip revision without the posted path, or keep receive buffers in internal RAM.",
    ),
    "isr-context": Story(
        lanes=(
            ("task", "takes the mutex, works ----|                    waits to go on"),
            ("interrupt", "                           |done: takes the mutex, waits for the task it has interrupted"),
        ),
        zephyr="K_NO_WAIT or k_sem_give() in the callback, and the rest in a thread: k_work_submit().",
        esphal="Set a flag or wake a task in the handler; critical_section stays short.",
    ),
    "heap-misuse": Story(
        frames=_frames(
            ("a block is in use", "BBBB", "none", "BBBB"),
            ("it is freed, and somebody else gets it", "NNNN", "none", "NNNN"),
            ("the old pointer is used once more", "NDDN", "none", "NDDN", "", "memory"),
            ("+ forgotten when it was freed", "NNNN", "none", "NNNN"),
        ),
        zephyr="The same with k_malloc() and k_mem_slab_alloc(); CONFIG_SYS_HEAP_VALIDATE finds it on the target.",
        esphal="Safe code can't; look at the unsafe blocks that make slices or free by hand.",
    ),
    "leak": Story(
        lanes=(
            ("core", "install  copy   install  copy   install  copy  ...  install: ESP_ERR_NOT_FOUND"),
            ("pairs", "5 free   4      3               2         1         0 left, none ever comes back"),
        ),
        zephyr="dma_release_channel() on every path, and k_mem_slab_free() for every block.",
        esphal="Dropping a driver gives its channel back; mem::forget() and leaked boxes don't.",
    ),
    "deadlock": Story(
        lanes=(
            ("engine", "=== 1 ==done == 2 ==done       idle"),
            ("semaphore", "        give        give: is given already, lost"),
            ("task", "works ---------------------take: 1   take: waits for ever"),
        ),
        zephyr="k_sem_init() with a limit that holds every completion, and time-outs instead of K_FOREVER.",
        esphal="Await the transfer that was started; a future that was dropped wakes nobody.",
    ),
    "guest-fault": Story(
        lanes=(
            ("task", "app_main -> helper -> store to 0x00000000"),
            ("", "                      ^ the program ends here; what follows has not been checked"),
        ),
        zephyr="The same: start at the first frame of the backtrace that is yours.",
        esphal="A panic is the program's own ending; its message names the place.",
    ),
    "redundant-sync": Story(
        frames=_frames(
            ("nothing was stored", "AAAA", "clean", "AAAA"),
            ("a write-back finds nothing to write", "AAAA", "clean", "AAAA"),
        ),
        zephyr="Drop sys_cache_data_flush_range() where nothing was stored; keep it where another SoC needs it.",
        esphal="The buffer objects sync by themselves; a second sync is for free, but needless.",
    ),
    "uninitialised-transfer": Story(
        frames=_frames(
            ("a block is allocated, half of it is filled", "BB??", "none", "BB??"),
            ("all of it is sent", "BB??", "none", "BB??", "reads BB??", "engine"),
            ("+ only what was filled is sent", "BB??", "none", "BB??", "reads BB.."),
        ),
        zephyr="Set block_size to what was filled, or clear the rest.",
        esphal="set_length() to what was filled; the macros' buffers start as zeros.",
    ),
}
"""By the rule's name."""
