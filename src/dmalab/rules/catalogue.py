"""Every rule dmalab can report, explained: what happens, how it looks in the field, what to write instead, where it was learned.

Data only: `dmalab rules` shows it, and a test holds that no finding carries a name that is missing here.
"""

from __future__ import annotations

from dataclasses import dataclass

from dmalab.report.finding import Severity

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of problem."""

    name: str
    """As findings carry it."""
    severities: tuple[Severity, ...]
    """What it can be reported as, worst first."""
    summary: str
    """One line."""
    happens: str
    """What goes on in the chip, and the rule of memory that is broken."""
    field: str
    """How it looks on a desk or at a customer's."""
    fix: str
    source: str
    """Public document or bug where this was read."""


_RULES = (
    Rule(
        name="stale-dma-read",
        severities=(ERROR,),
        summary="an engine read bytes that the core had changed and not written back",
        happens="The core's stores sit dirty in a cache line; the engine reads memory and gets the older bytes. When an engine "
        "reads a byte, memory must be at least as new as the core's last store to it. Data and descriptors alike.",
        field="The peer gets the previous frame, zeros or garbage; a delay or a printf before the transfer cures it.",
        fix="Write the buffer back after the last store and before the start: "
        "esp_cache_msync(buffer, size, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED); v5.1 has the second flag only.",
        source="espressif/esp-idf commit 0252c793d2f (issue 13293); STMicroelectronics/stm32-mw-fatfs issue 15",
    ),
    Rule(
        name="stale-cpu-read",
        severities=(ERROR,),
        summary="the core read old bytes from a line that was filled before the engine wrote memory",
        happens="The engine wrote memory, but the load hit a line filled earlier. After completion a load must not hit a line "
        "filled before the engine's last write. An invalidate before the transfer does not help if the line was filled again since.",
        field="Received data is right in the logic analyser and old in the program; it is right after a reset or under a debugger.",
        fix="Invalidate the buffer after completion and before the first read: "
        "esp_cache_msync(buffer, size, ESP_CACHE_MSYNC_FLAG_DIR_M2C), with address and size multiples of the line. v5.1 has no such "
        "direction: ESP_CACHE_MSYNC_FLAG_INVALIDATE | ESP_CACHE_MSYNC_FLAG_UNALIGNED there.",
        source="apache/nuttx issue 11594, fixed by pull 18787",
    ),
    Rule(
        name="dirty-line-over-dma",
        severities=(ERROR,),
        summary="a receive buffer had dirty lines: their eviction overwrites what the engine delivers",
        happens="A line of the buffer is dirty when the engine starts, or becomes dirty in flight. The cache may write it back at "
        "any time, over the received bytes. No line of a buffer an engine writes may be dirty from hand-over to hand-back.",
        field="Rare corruption of whole cache lines in received data, worse under load and with larger programs.",
        fix="Before the start, invalidate the buffer (or write it back and invalidate if neighbours matter), "
        "and don't store to it until the transfer is done.",
        source="espressif/esp-idf commit fdbdeaaae2d; zephyrproject-rtos/zephyr pull 42206 (issue 42205)",
    ),
    Rule(
        name="shared-line",
        severities=(ERROR, WARNING),
        summary="a receive buffer shares a cache line with other data",
        happens="The invalidate after reception drops the neighbour's stores, or the neighbour's write-back destroys received "
        "bytes. All bytes of a line that an engine writes or an invalidate drops must belong to that buffer.",
        field="A variable or heap header next to the buffer changes by itself; the first or last bytes of a frame are wrong.",
        fix="Align the buffer to the cache line and round its size up to it: heap_caps_aligned_alloc(line, ROUND_UP(size, line), "
        "MALLOC_CAP_DMA), or MALLOC_CAP_CACHE_ALIGNED.",
        source="espressif/esp-idf commit 310b1bcfdd4 (issue 18296); espressif/esp-hosted-mcu issue 219",
    ),
    Rule(
        name="discarded-write",
        severities=(ERROR,),
        summary="an invalidate dropped bytes that only the core had, and they were used afterwards",
        happens="An invalidate hits dirty lines. The core's stores vanish without a word: memory never had them. A dirty byte may "
        "be dropped only if an engine wrote it, or if it is written again before anybody reads it.",
        field="Initialised fields, list headers or whole blocks fall back to older contents right after a receive.",
        fix="Write back (C2M) instead of invalidating (M2C) what the core has written, or invalidate only whole lines of the "
        "receive buffer, before the core stores to it.",
        source="zephyrproject-rtos/zephyr issue 115717; apache/nuttx pull 2985",
    ),
    Rule(
        name="ineffective-sync",
        severities=(ERROR, WARNING),
        summary="a cache maintenance call did not do what the code relies on",
        happens="The call was refused (address or size not on a line, flags that exclude each other), its result was not looked "
        "at, or it covered the wrong range, direction or line size. A refused call changes nothing.",
        field="The sync stands in the code, so everybody looks elsewhere. It shows after a change of size, chip or line option.",
        fix="Check the result. Round address and size to the line of that memory (esp_cache_get_alignment), or pass "
        "ESP_CACHE_MSYNC_FLAG_UNALIGNED when writing back.",
        source="espressif/esp-idf commit ea5c3180317; components/esp_mm/esp_cache_msync.c",
    ),
    Rule(
        name="touched-in-flight",
        severities=(ERROR, WARNING),
        summary="the core touched a buffer or descriptor that an engine was still using",
        happens="Between start and completion only the engine writes a receive buffer, and nobody writes a buffer or descriptor "
        "being sent. Which bytes go out or come in depends on how far the engine was.",
        field="Torn frames, half old and half new; artefacts on a display that a 10 ms delay hides.",
        fix="Wait for the completion (callback, semaphore, queue) before touching the buffer, or take two buffers in turn.",
        source="espressif/esp-idf issue 12355; espressif/esp-idf pull 11500",
    ),
    Rule(
        name="freed-in-flight",
        severities=(ERROR,),
        summary="memory of a running or queued transfer was freed",
        happens="The engine goes on with a block that belongs to somebody else by now. Every range of a request stays allocated "
        "until its completion or a confirmed stop, also after a time-out.",
        field="Heap corruption far away from the cause, often after a time-out, a reset or a disconnect.",
        fix="Free after the completion. On a time-out stop the transfer first, wait until it has stopped, then free.",
        source="zephyrproject-rtos/zephyr issue 113310",
    ),
    Rule(
        name="dead-stack",
        severities=(ERROR,),
        summary="a buffer, descriptor or status object lay in a stack frame that ended before the engine was done",
        happens="The function returned while the engine or driver still referred to its automatic variables; the next call "
        "uses the same stack. No reference into a frame may outlive it.",
        field="Works in small tests; breaks when the caller changes or the compiler optimises.",
        fix="Wait for the completion before returning, or make the object static or allocated.",
        source="espressif/esp-idf commit 09e1d104ba1",
    ),
    Rule(
        name="unreachable-memory",
        severities=(ERROR, INFO),
        summary="the engine can't reach this memory",
        happens="Not every engine reaches PSRAM, flash, scratchpad or low-power RAM, and drivers may refuse what the hardware "
        "could do. A refused call copies nothing; an unchecked one reads zeros or stops with a descriptor error.",
        field="Constants arrive as zeros; an allocation or a call fails on one chip and works on another.",
        fix="Allocate with MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL, copy constants to RAM first, or install the driver of an engine "
        "that reaches the memory.",
        source="esp-rs/esp-hal issue 674; espressif/esp-idf commit c3f60522cfe",
    ),
    Rule(
        name="misaligned-for-engine",
        severities=(ERROR, INFO),
        summary="address or length breaks the engine's own alignment",
        happens="Engines have alignment rules besides the cache's: the burst for external memory, 16 bytes with encryption or ECC, "
        "words in some directions. The driver refuses, or low bits drop and the tail is missing.",
        field="Fails on secured devices only, or only with odd lengths.",
        fix="Align address and length to what the channel reports (gdma_get_alignment_constraints), or choose a smaller burst.",
        source="espressif/esp-idf commits 9ca62bde3e2 (issue 17708), b764f6f389f (issue 18739), 6a1cf6bb85b (issue 15228)",
    ),
    Rule(
        name="overrun",
        severities=(ERROR,),
        summary="a transfer or a copy ran past the end of its object",
        happens="The range of a transfer is not inside the block it started in: a length in items taken for bytes, a length "
        "rounded up to words, a difference that went below zero.",
        field="The neighbour in memory is overwritten; heap checks fail later.",
        fix="Make the allocation as large as the transfer, rounded up as the engine rounds; check units at the interface.",
        source="zephyrproject-rtos/zephyr pull 99940 (issue 99435)",
    ),
    Rule(
        name="ring-ownership",
        severities=(ERROR, WARNING),
        summary="a slot of a ring or queue was used by the side whose turn it was not, or a request beyond the last free one was ignored",
        happens="Queues and rings of a driver are finite: an asynchronous copy with all of its backlog in use returns an error and "
        "moves nothing. Each slot goes from the core to the engine and back once, and every finished one must be taken back. In a circular buffer "
        "the part the engine is in is its own until it tells that it has left.",
        field="Under load single frames are missing, old or twice there; or everything stops once the queue is full.",
        fix="Look at the result of every request and wait for a completion before trying again, or ask for a larger backlog.",
        source="lvgl/lv_esp_idf pull 53 and issue 112; espressif/esp-idf commit 84df26c895f",
    ),
    Rule(
        name="channel-state",
        severities=(ERROR, WARNING),
        summary="a DMA channel was used in a state, or by somebody, it was not meant for",
        happens="A channel goes through configured, running and suspended, and belongs to whoever requested it. Configuring a running channel, "
        "starting one whose configuration failed, reloading one that runs, or using one that was given back works on some drivers and not on others.",
        field="Works on one board and hangs, or copies the transfer before, on the next.",
        fix="Look at every result, configure an idle channel only, and request a channel before using it.",
        source="zephyr doc/hardware/peripherals/dma.rst; zephyrproject-rtos/zephyr pulls 92816, 53504 and issue 116757",
    ),
    Rule(
        name="completion-misuse",
        severities=(ERROR, WARNING, INFO),
        summary="a completion was lost, told twice or too late, or not waited for",
        happens="The callback is the one sign that a transfer is over. A masked interrupt loses it, a latched one comes after the stop, two halves of a "
        "pair tell it twice, and a status register runs ahead of memory.",
        field="A semaphore that is never given, a callback into an object that is gone, the last bytes of a buffer still old.",
        fix="Wait for the callback with a time-out, and let it check that the transfer is still wanted.",
        source="zephyrproject-rtos/zephyr issues 115726, 102014, 117132",
    ),
    Rule(
        name="bad-descriptor-chain",
        severities=(ERROR, WARNING, INFO),
        summary="a list of blocks or descriptors is broken, or not carried out as it stands",
        happens="The list is empty, shorter or longer than it says, lies in memory that is no longer its own, has sizes the engine can't move, or asks for "
        "strides, blocks or settings that the driver silently leaves out.",
        field="An error from a call that worked before, or a transfer whose later parts never arrive.",
        fix="Fill in the whole list before each request, end it with NULL, and look at the result.",
        source="thesofproject/sof issue 8867; zephyrproject-rtos/zephyr issues 115723, 92960",
    ),
    Rule(
        name="alias-mix",
        severities=(ERROR,),
        summary="memory was used through its uncached alias while the cache held newer stores to it",
        happens="Some chips show the same memory twice, cached and uncached. A load past the cache misses what only the cache has; a store past it "
        "falls under the write-back of a dirty line. Once a range is used uncached, no line of its cached address may stay behind.",
        field="A flag or a descriptor that is right in the debugger and old on the chip, or the other way round.",
        fix="Write back and invalidate the range once, before its first uncached use, and use one of the two addresses from then on.",
        source="espressif/esp-idf components/esp_driver_dma/src/gdma_link.c @102122904ade (items are edited through the uncached view)",
    ),
    Rule(
        name="unsafe-maintenance",
        severities=(ERROR, WARNING),
        summary="a raw cache routine dropped stores, or ran without the lock that protects the other core",
        happens="The routines of the ROM check nothing. Invalidating the whole cache, or a range with a neighbour's bytes in its lines, loses every "
        "store that was not written back; and while they run, a second core that executes from flash or PSRAM is not held off.",
        field="Hangs during flash writes, or data that falls back to an older state all over the program.",
        fix="Use esp_cache_msync() on the range of one buffer.",
        source="mrcodetastic/ESP32-HUB75-MatrixPanel-DMA issues 926 and 786, pull 789",
    ),
    Rule(
        name="ordering",
        severities=(ERROR,),
        summary="the core read received bytes that may still have been on their way to memory",
        happens="Some revisions of a chip post an engine's writes to PSRAM: the interrupt comes before the last of them arrive. Device data must be "
        "visible before its completion is acted on.",
        field="The end of a received buffer is old, rarely, on early silicon only.",
        fix="Write back a line of PSRAM after the completion, or take a release whose driver does it.",
        source="espressif/esp-idf components/esp_driver_dma/src/esp_dma_utils.c @102122904ade (barrier before the edges are merged), ESP32-C5 and "
        "ESP32-C61 revision options",
    ),
    Rule(
        name="isr-context",
        severities=(ERROR, WARNING),
        summary="code run by an interrupt blocked, allocated, logged or lay in flash",
        happens="A completion callback runs in an interrupt. Blocking calls return an error or assert there, log and printf take a lock, the heap is "
        "not meant for it; code in flash crashes when its interrupt comes while a flash write has the cache off.",
        field="Crash or watchdog reset when a callback meets a busy system or a flash write.",
        fix="Give a semaphore or send to a queue with the FromISR form and do the work in a task.",
        source="espressif/esp-idf commits 3387d751d93, d91d6945d72 (issue 6529), a70f6c5f603",
    ),
    Rule(
        name="heap-misuse",
        severities=(ERROR,),
        summary="overflow, use after free, double free or a wrong free",
        happens="A store outside its block, any access to a freed block, or a free of something that is no live block.",
        field="Corruption and crashes that move with every change of the program.",
        fix="Keep accesses inside the block, free once, and clear pointers after a free.",
        source="espressif/esp-idf docs/en/api-reference/system/heap_debug.rst",
    ),
    Rule(
        name="leak",
        severities=(WARNING,),
        summary="a driver, channel, handle or buffer was still alive at the end",
        happens="Something was installed or allocated and never released. Channels are few: five pairs on an ESP32-S3.",
        field="The next installation fails with ESP_ERR_NOT_FOUND or ESP_ERR_NO_MEM after some rounds.",
        fix="Release on every path: esp_async_memcpy_uninstall, gdma_del_channel, heap_caps_free.",
        source="espressif/esp-idf components/esp_driver_dma/src/gdma.c @102122904ade (search for a free pair)",
    ),
    Rule(
        name="deadlock",
        severities=(ERROR,),
        summary="every task waits and nothing is pending that could wake one",
        happens="No task is ready, no transfer runs, no timer is set: the program would stand still for ever.",
        field="The device hangs; a watchdog may hide it.",
        fix="Look at what each task waits for: a completion that was never started, a semaphore nobody gives, a result nobody "
        "collects.",
        source="espressif/esp-idf commit 84df26c895f; lvgl/lv_esp_idf pull 53",
    ),
    Rule(
        name="guest-fault",
        severities=(ERROR,),
        summary="the firmware crashed, aborted, ran endlessly or overflowed a stack",
        happens="A signal, abort(), a failed assertion, an endless loop without progress or a stack pointer below its stack. "
        "The rest of the program did not run.",
        field="A panic and a reset.",
        fix="Start at the first frame of the backtrace that is yours.",
        source="espressif/esp-idf docs/en/api-guides/fatal-errors.rst",
    ),
    Rule(
        name="redundant-sync",
        severities=(INFO,),
        summary="a cache maintenance call had nothing to do",
        happens="No line of the range was dirty (write-back) or present (invalidate), or the memory is not behind a cache. "
        "Harmless, but it costs time, with interrupts held off in parts.",
        field="Lower throughput than the bus allows.",
        fix="Drop the call, or sync only the part that changed. Keep it if the driver of another release needs it.",
        source="espressif/esp-idf components/esp_mm/esp_cache_msync.c @102122904ade",
    ),
    Rule(
        name="uninitialised-transfer",
        severities=(INFO,),
        summary="bytes that nobody ever wrote were sent",
        happens="The engine read allocated memory that neither the core nor an engine had written. Often padding, sometimes the "
        "wrong buffer or a leak of old contents.",
        field="Random bytes behind the payload; secrets in a capture.",
        fix="Clear the padding, or send only the bytes that were filled.",
        source="common in drivers that send whole words; no single public report",
    ),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in _RULES}
"""Every rule by name, in the order in which `dmalab rules` lists them."""
