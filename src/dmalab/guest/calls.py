"""The calls firmware can make on the machine: one table for both sides of the mailbox.

The C runtime turns each API function into `DL_CALL(name, arguments…)`; the machine looks the number up here and answers with one
64-bit value. Names are those of the C functions, so a handler, a message and a line of firmware say the same word. A function that
only differs by a missing argument (`xSemaphoreCreateMutex` and its `Static` form) shares its neighbour's call; the row says so.

What must hold between stub and handler:

(1) Every argument travels as its bit pattern, zero-extended to 64 bits. An `i32` of -1 arrives as 0xffffffff; `Call.decode` undoes that.
(2) Structures are taken apart in C. The machine never needs the layout of a guest structure, which differs between guest widths.
(3) An out-parameter never travels as an address to be written: it may live on the process's own stack, which is not chip memory.
    The stub stores it from the reply. A reply of kind `pair` carries both results: `high << 32 | (low & 0xffffffff)`, where `low` is
    the error code or BaseType_t and `high` a handle, an address, a size, or "a task was woken"; `second` names it.
    Chip addresses are below 4 GiB, so nothing is lost. The stub stores `high` only where the C function would.
(4) Data that the API itself copies (queue items, `esp_async_memcpy` buffers) does travel as an address: the machine moves those bytes
    in chip memory, with their cache lines.
(5) `str` is the address of a zero-terminated string, normally in the flash window; it may be 0 or unreadable, and is for messages only.
(6) The return value of a callback is only as wide as its C type: a `bool` callback's reply must be masked with 0xff.
(7) A boolean argument such as `has_handle` says whether a pointer was NULL where that decides about the error code.

Numbers below `FIRST_NUMBER` are the runtime's own (docs/guest.md, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

FIRST_NUMBER = 32
"""Number of the first API call; smaller ones belong to the runtime."""

MAX_ARGUMENTS = 10
"""Room for arguments in one request."""

Kind = Literal["ptr", "fn", "str", "size", "i32", "u32", "u64"]
"""What an argument is: data address, code address, string, byte count, or an integer of that width."""

Result = Literal["none", "i32", "u32", "u64", "ptr", "pair"]
"""What the 64-bit answer is; `pair` is explained under (3) above."""

_KINDS: tuple[str, ...] = get_args(Kind)
_MASK32 = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument of a call."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One row of the table."""

    name: str
    arguments: tuple[Argument, ...]
    result: Result
    second: str
    """What the upper half of a `pair` is; empty for other results."""

    def decode(self, words: tuple[int, ...] | list[int]) -> tuple[int, ...]:
        """Turn the words of a request into the values the C caller passed.

        Args:
            words: Unsigned 64-bit words, at least as many as the call has arguments.
        Returns:
            One integer per argument: `i32` signed, everything else but `u64` cut to 32 bits.
        """
        return tuple(_value(argument.kind, word) for argument, word in zip(self.arguments, words, strict=False))


def _value(kind: Kind, word: int) -> int:
    if kind == "u64":
        return word
    low = word & _MASK32
    return low - (1 << 32) if kind == "i32" and low & 0x8000_0000 else low


def pair(low: int, high: int = 0) -> int:
    """The reply of a call whose result is `pair`.

    Args:
        low: Error code or BaseType_t, signed.
        high: The second result, an unsigned 32-bit number.
    """
    return (high & _MASK32) << 32 | low & _MASK32


def call(name: str, arguments: str = "", result: Result = "none", second: str = "") -> Call:
    """Read a row: `arguments` is a list of `name:kind`, separated by blanks."""
    parsed: list[Argument] = []
    for word in arguments.split():
        label, _, kind = word.partition(":")
        if kind not in _KINDS:
            raise ValueError(f"{name}: argument {word!r} has no known kind")
        parsed.append(Argument(name=label, kind=kind))  # type: ignore[arg-type]  # membership was just checked
    if len(parsed) > MAX_ARGUMENTS:
        raise ValueError(f"{name}: {len(parsed)} arguments, a request holds {MAX_ARGUMENTS}")
    if (result == "pair") != bool(second):
        raise ValueError(f"{name}: exactly a pair names its second result")
    return Call(name=name, arguments=tuple(parsed), result=result, second=second)


_call = call
_CHOICES = "choices:u32 caps1:u32 caps2:u32 caps3:u32 caps4:u32 caps5:u32 caps6:u32"
_INSTALL = (
    "has_config:u32 backlog:u32 sram_trans_align:size psram_trans_align:size dma_burst_size:size "
    "weight:u32 flags:u32 has_handle:u32 build_options:u32"
)
_TRANSACTION = "handle:ptr transaction:ptr shape:u64 command:u64 address:u64 lengths:u64 tx:ptr rx:ptr hz:u32 ticks:u32"
_CREATE_TASK = "entry:fn name:str stack_bytes:u32 argument:ptr priority:u32"

CALLS: tuple[Call, ...] = (
    # --- C library heap; the wrappers are part of the runtime. The machine clears what calloc() answers, as a store of the core
    _call("malloc", "size:size", "ptr"),
    _call("calloc", "count:size size:size", "ptr"),
    _call("realloc", "block:ptr size:size", "ptr"),
    _call("free", "block:ptr"),
    # --- Capability heap (esp_heap_caps.h). The failure hook is called by the stub, on a NULL answer
    _call("heap_caps_malloc", "size:size caps:u32", "ptr"),
    _call("heap_caps_calloc", "count:size size:size caps:u32", "ptr"),
    _call("heap_caps_realloc", "block:ptr size:size caps:u32", "ptr"),
    _call("heap_caps_free", "block:ptr"),  # also heap_caps_aligned_free
    _call("heap_caps_aligned_alloc", "alignment:size size:size caps:u32", "ptr"),
    _call("heap_caps_aligned_calloc", "alignment:size count:size size:size caps:u32", "ptr"),
    _call("heap_caps_malloc_default", "size:size", "ptr"),
    _call("heap_caps_realloc_default", "block:ptr size:size", "ptr"),
    # The *_prefer calls carry up to six choices; `choices` says how many of the caps are valid, best first.
    _call("heap_caps_malloc_prefer", f"size:size {_CHOICES}", "ptr"),
    _call("heap_caps_calloc_prefer", f"count:size size:size {_CHOICES}", "ptr"),
    _call("heap_caps_realloc_prefer", f"block:ptr size:size {_CHOICES}", "ptr"),
    _call("heap_caps_get_free_size", "caps:u32", "u32"),
    _call("heap_caps_get_minimum_free_size", "caps:u32", "u32"),
    _call("heap_caps_get_largest_free_block", "caps:u32", "u32"),
    _call("heap_caps_get_total_size", "caps:u32", "u32"),
    _call("heap_caps_get_allocated_size", "block:ptr", "u32"),
    # One call per member of multi_heap_info_t, numbered in the order of its declaration (0 total_free_bytes … 6 total_blocks).
    _call("heap_caps_get_info", "caps:u32 member:u32", "u32"),
    _call("heap_caps_check_integrity", "caps:u32 print_errors:u32", "u32"),
    _call("heap_caps_check_integrity_all", "print_errors:u32", "u32"),
    _call("heap_caps_check_integrity_addr", "address:ptr print_errors:u32", "u32"),
    _call("heap_caps_print_heap_info", "caps:u32"),
    _call("heap_caps_dump", "caps:u32"),  # also heap_caps_dump_all, with caps 0
    _call("esp_psram_get_size", "", "u32"),
    # --- Pointer predicates (esp_memory_utils.h); each answers 0 or 1
    _call("esp_ptr_internal", "address:ptr", "u32"),
    _call("esp_ptr_external_ram", "address:ptr", "u32"),
    _call("esp_ptr_dma_capable", "address:ptr", "u32"),
    _call("esp_ptr_dma_ext_capable", "address:ptr", "u32"),
    _call("esp_ptr_byte_accessible", "address:ptr", "u32"),
    _call("esp_ptr_executable", "address:ptr", "u32"),
    _call("esp_ptr_in_iram", "address:ptr", "u32"),
    _call("esp_ptr_in_dram", "address:ptr", "u32"),
    _call("esp_ptr_in_diram_dram", "address:ptr", "u32"),
    _call("esp_ptr_in_diram_iram", "address:ptr", "u32"),
    _call("esp_ptr_in_drom", "address:ptr", "u32"),
    _call("esp_ptr_in_rom", "address:ptr", "u32"),
    _call("esp_ptr_in_rtc_slow", "address:ptr", "u32"),
    _call("esp_ptr_in_rtc_iram_fast", "address:ptr", "u32"),
    _call("esp_ptr_in_rtc_dram_fast", "address:ptr", "u32"),
    _call("esp_stack_ptr_in_dram", "address:ptr", "u32"),
    _call("esp_stack_ptr_in_extram", "address:ptr", "u32"),
    # --- Async memcpy (esp_async_memcpy.h). Members a release does not have arrive as 0; in 5.3 to 5.5 psram_trans_align and
    # dma_burst_size are two names of one member and arrive equal
    _call("esp_async_memcpy_install", _INSTALL, "pair", "handle"),
    _call("esp_async_memcpy_install_gdma_ahb", _INSTALL, "pair", "handle"),
    _call("esp_async_memcpy_install_gdma_axi", _INSTALL, "pair", "handle"),
    _call("esp_async_memcpy_install_gdma_lp_ahb", _INSTALL, "pair", "handle"),
    _call("esp_async_memcpy_install_cpdma", _INSTALL, "pair", "handle"),
    _call("esp_async_memcpy_uninstall", "handle:ptr", "i32"),
    _call("esp_async_memcpy", "handle:ptr dst:ptr src:ptr size:size callback:fn argument:ptr", "i32"),
    _call("esp_memcpy_blocking", "handle:ptr dst:ptr src:ptr size:size timeout_ms:i32", "i32"),
    # --- Cache (esp_cache.h, esp_private/esp_cache_private.h) and DMA memory (esp_dma_utils.h)
    _call("esp_cache_msync", "address:ptr size:size flags:i32", "i32"),
    _call("esp_cache_get_alignment", "caps:u32 has_out:u32", "pair", "alignment"),
    _call("esp_cache_get_line_size_by_addr", "address:ptr", "u32"),
    # Routines of the ROM (rom/cache.h); `what` is 0 write back a range, 1 invalidate it, 2 write all back, 3 invalidate all
    _call("rom_cache", "what:u32 address:ptr size:size"),
    _call("esp_cache_aligned_malloc", "size:size caps:u32 has_out:u32", "pair", "block"),
    _call("esp_cache_aligned_calloc", "count:size size:size caps:u32 has_out:u32", "pair", "block"),
    _call(
        "esp_dma_capable_malloc", "size:size has_info:u32 extra_caps:i32 alignment:size has_out:u32", "pair", "block"
    ),
    _call(
        "esp_dma_capable_calloc",
        "count:size size:size has_info:u32 extra_caps:i32 alignment:size has_out:u32",
        "pair",
        "block",
    ),
    # The size that the four calls above really reserved for `block`; the stub asks only after a success.
    _call("esp_dma_actual_size", "block:ptr", "u32"),
    _call("esp_dma_is_buffer_alignment_satisfied", "address:ptr size:size extra_caps:i32 alignment:size", "u32"),
    _call("esp_dma_is_buffer_aligned", "address:ptr size:size location:i32", "u32"),
    _call("esp_dma_malloc", "size:size flags:u32 has_out:u32", "pair", "block"),
    _call("esp_dma_calloc", "count:size size:size flags:u32 has_out:u32", "pair", "block"),
    # --- System, time, log
    _call("esp_timer_get_time", "", "u64"),
    _call("esp_timer_get_next_alarm", "", "u64"),
    _call(
        "esp_timer_create",
        "has_args:u32 callback:fn argument:ptr dispatch_method:i32 name:str skip_unhandled:u32 has_out:u32",
        "pair",
        "handle",
    ),
    _call("esp_timer_start_once", "timer:ptr timeout_us:u64", "i32"),
    _call("esp_timer_start_periodic", "timer:ptr period_us:u64", "i32"),
    _call("esp_timer_restart", "timer:ptr timeout_us:u64", "i32"),
    _call("esp_timer_stop", "timer:ptr", "i32"),
    _call("esp_timer_delete", "timer:ptr", "i32"),
    _call("esp_timer_is_active", "timer:ptr", "u32"),
    _call("esp_rom_delay_us", "us:u32"),
    _call("esp_rom_get_cpu_ticks_per_us", "", "u32"),
    _call("esp_cpu_get_cycle_count", "", "u32"),
    _call("esp_cpu_get_core_id", "", "i32"),
    _call("esp_log_timestamp", "", "u32"),  # milliseconds; also esp_log_early_timestamp
    # These two announce a text that follows as PRINT, so that the machine can judge output in an interrupt: a log record takes the
    # C library's lock, the ROM's printf (and every ESP_EARLY_LOGx, ESP_DRAM_LOGx) takes none.
    _call("esp_log_write", "level:i32 tag:str"),
    _call("esp_rom_printf"),
    _call("esp_random", "", "u32"),
    _call("esp_restart"),  # does not return
    _call("esp_system_abort", "details:str"),  # does not return
    # The text was already printed. Does not return.
    _call("esp_error_check_failed", "code:i32 file:str line:i32 function:str expression:str"),
    # --- FreeRTOS tasks. Stack depths are bytes, ticks are TickType_t (0xffffffff waits for ever), handles are addresses
    # xTaskCreate, xTaskCreateWithCaps and their pinned forms; core 0x7fffffff is "any", stack_caps is where the stack must lie.
    _call("xTaskCreatePinnedToCore", f"{_CREATE_TASK} core:i32 stack_caps:u32", "pair", "handle"),
    # Also xTaskCreateStatic. Answers the handle, which is `control`, or 0.
    _call("xTaskCreateStaticPinnedToCore", f"{_CREATE_TASK} stack:ptr control:ptr core:i32", "ptr"),
    _call("vTaskDelete", "task:ptr"),  # 0 is the calling task; also vTaskDeleteWithCaps
    _call("vTaskDelay", "ticks:u32"),
    _call("xTaskDelayUntil", "previous_wake:u32 increment:u32", "pair", "new previous wake"),  # also vTaskDelayUntil
    _call("xTaskAbortDelay", "task:ptr", "i32"),
    _call("xTaskGetTickCount", "", "u32"),
    _call("xTaskGetTickCountFromISR", "", "u32"),
    _call("vTaskSuspend", "task:ptr"),
    _call("vTaskResume", "task:ptr"),
    _call("xTaskResumeFromISR", "task:ptr", "i32"),
    _call("vTaskSuspendAll"),
    _call("xTaskResumeAll", "", "i32"),
    _call("xTaskGetSchedulerState", "", "i32"),
    _call("uxTaskPriorityGet", "task:ptr", "u32"),
    _call("uxTaskPriorityGetFromISR", "task:ptr", "u32"),
    _call("vTaskPrioritySet", "task:ptr priority:u32"),
    _call("xTaskGetCurrentTaskHandle", "", "ptr"),
    _call("xTaskGetCurrentTaskHandleForCore", "core:i32", "ptr"),
    _call("xTaskGetIdleTaskHandle", "", "ptr"),
    _call("xTaskGetHandle", "name:str", "ptr"),
    _call("xTaskGetCoreID", "task:ptr", "i32"),
    _call("pcTaskGetName", "task:ptr", "ptr"),  # address of the name in chip memory
    _call("uxTaskGetStackHighWaterMark", "task:ptr", "u32"),  # bytes
    _call("uxTaskGetNumberOfTasks", "", "u32"),
    _call("eTaskGetState", "task:ptr", "i32"),
    # --- FreeRTOS port
    _call("vPortYield"),  # taskYIELD, portYIELD
    _call("vPortYieldFromISR"),  # portYIELD_FROM_ISR; with an argument, the stub calls only when it is not 0
    _call("xPortInIsrContext", "", "i32"),
    _call("xPortCanYield", "", "i32"),
    # portENTER_CRITICAL waits (timeout -1), portTRY_ENTER_CRITICAL gives up and answers 0.
    _call("xPortEnterCriticalTimeout", "lock:ptr timeout_cycles:i32", "i32"),
    _call("vPortExitCritical", "lock:ptr"),
    _call("xPortEnterCriticalTimeoutISR", "lock:ptr timeout_cycles:i32", "i32"),
    _call("vPortExitCriticalISR", "lock:ptr"),
    _call("xPortEnterCriticalTimeoutSafe", "lock:ptr timeout_cycles:i32", "i32"),
    _call("vPortExitCriticalSafe", "lock:ptr"),
    _call("xPortSetInterruptMask", "", "u32"),  # portDISABLE_INTERRUPTS; answers the earlier mask
    _call("vPortClearInterruptMask", "mask:u32"),  # 0 enables
    # --- FreeRTOS semaphores and mutexes. `control` is the caller's buffer in the Static forms, 0 for a block of the heap
    _call("xSemaphoreCreateBinary", "control:ptr", "ptr"),
    _call("xSemaphoreCreateCounting", "maximum:u32 initial:u32 control:ptr", "ptr"),
    _call("xSemaphoreCreateMutex", "control:ptr", "ptr"),
    _call("xSemaphoreCreateRecursiveMutex", "control:ptr", "ptr"),
    _call("xSemaphoreTake", "semaphore:ptr ticks:u32", "i32"),
    _call("xSemaphoreGive", "semaphore:ptr", "i32"),
    _call("xSemaphoreTakeRecursive", "mutex:ptr ticks:u32", "i32"),
    _call("xSemaphoreGiveRecursive", "mutex:ptr", "i32"),
    _call("xSemaphoreGiveFromISR", "semaphore:ptr", "pair", "woken"),
    _call("xSemaphoreTakeFromISR", "semaphore:ptr", "pair", "woken"),
    _call("uxSemaphoreGetCount", "semaphore:ptr", "u32"),
    _call("xSemaphoreGetMutexHolder", "mutex:ptr", "ptr"),
    _call("vSemaphoreDelete", "semaphore:ptr"),
    # --- FreeRTOS queues: the machine copies the item between `item` and the queue
    _call("xQueueCreate", "length:u32 item_bytes:u32 storage:ptr control:ptr", "ptr"),
    _call("xQueueSend", "queue:ptr item:ptr ticks:u32", "i32"),  # also xQueueSendToBack
    _call("xQueueSendToFront", "queue:ptr item:ptr ticks:u32", "i32"),
    _call("xQueueOverwrite", "queue:ptr item:ptr", "i32"),
    _call("xQueueReceive", "queue:ptr item:ptr ticks:u32", "i32"),
    _call("xQueuePeek", "queue:ptr item:ptr ticks:u32", "i32"),
    _call("xQueueSendFromISR", "queue:ptr item:ptr", "pair", "woken"),  # also xQueueSendToBackFromISR
    _call("xQueueSendToFrontFromISR", "queue:ptr item:ptr", "pair", "woken"),
    _call("xQueueOverwriteFromISR", "queue:ptr item:ptr", "pair", "woken"),
    _call("xQueueReceiveFromISR", "queue:ptr item:ptr", "pair", "woken"),
    _call("xQueuePeekFromISR", "queue:ptr item:ptr", "i32"),
    _call("uxQueueMessagesWaiting", "queue:ptr", "u32"),  # also the FromISR form
    _call("uxQueueSpacesAvailable", "queue:ptr", "u32"),
    _call("xQueueReset", "queue:ptr", "i32"),
    _call("vQueueDelete", "queue:ptr"),
    # --- FreeRTOS stream buffers, and message buffers, which keep lengths
    _call("xStreamBufferCreate", "size:size trigger:size has_messages:u32 control:ptr", "ptr"),
    _call("vStreamBufferDelete", "stream:ptr"),
    _call("xStreamBufferSend", "stream:ptr data:ptr size:size ticks:u32", "u32"),
    _call("xStreamBufferSendFromISR", "stream:ptr data:ptr size:size", "pair", "woken"),
    _call("xStreamBufferReceive", "stream:ptr data:ptr size:size ticks:u32", "u32"),
    _call("xStreamBufferReceiveFromISR", "stream:ptr data:ptr size:size", "pair", "woken"),
    _call("xStreamBufferReset", "stream:ptr", "i32"),
    _call("xStreamBufferSetTriggerLevel", "stream:ptr trigger:size", "i32"),
    _call("xStreamBufferBytesAvailable", "stream:ptr", "u32"),
    _call("xStreamBufferSpacesAvailable", "stream:ptr", "u32"),
    _call("xStreamBufferNextMessageLengthBytes", "stream:ptr", "u32"),
    # --- FreeRTOS software timers; `in_interrupt` is 1 in the FromISR forms
    _call("xTimerCreate", "name:ptr period:u32 reloads:u32 identity:ptr callback:fn control:ptr", "ptr"),
    _call("xTimerStart", "timer:ptr in_interrupt:u32", "i32"),  # also xTimerReset
    _call("xTimerStop", "timer:ptr in_interrupt:u32", "i32"),
    _call("xTimerChangePeriod", "timer:ptr period:u32 in_interrupt:u32", "i32"),
    _call("xTimerDelete", "timer:ptr", "i32"),
    _call("xTimerIsTimerActive", "timer:ptr", "i32"),
    _call("pvTimerGetTimerID", "timer:ptr", "ptr"),
    _call("vTimerSetTimerID", "timer:ptr identity:ptr"),
    _call("pcTimerGetName", "timer:ptr", "ptr"),
    _call("xTimerGetPeriod", "timer:ptr", "u32"),
    _call("xTimerGetExpiryTime", "timer:ptr", "u32"),
    _call("vTimerSetReloadMode", "timer:ptr reloads:u32"),
    _call("uxTimerGetReloadMode", "timer:ptr", "u32"),
    # --- FreeRTOS task notifications; only index 0 exists, as in ESP-IDF's default configuration
    # `index` other than 0 is an assertion. `action` is eNotifyAction: 0 none, 1 set bits, 2 increment, 3 overwrite, 4 set if empty.
    # xTaskNotify serves xTaskNotifyGive and xTaskNotifyAndQuery too, xTaskNotifyFromISR serves vTaskNotifyGiveFromISR.
    _call("xTaskNotify", "task:ptr index:u32 value:u32 action:i32", "pair", "previous value"),
    _call("xTaskNotifyFromISR", "task:ptr index:u32 value:u32 action:i32", "pair", "woken"),
    _call("ulTaskNotifyTake", "index:u32 clear_on_exit:i32 ticks:u32", "u32"),
    _call("xTaskNotifyWait", "index:u32 clear_on_entry:u32 clear_on_exit:u32 ticks:u32", "pair", "value"),
    _call("xTaskNotifyStateClear", "task:ptr index:u32", "i32"),
    _call("ulTaskNotifyValueClear", "task:ptr index:u32 bits:u32", "u32"),
    # --- FreeRTOS event groups
    _call("xEventGroupCreate", "control:ptr", "ptr"),
    _call("xEventGroupWaitBits", "group:ptr bits:u32 clear_on_exit:i32 wait_for_all:i32 ticks:u32", "u32"),
    _call("xEventGroupSetBits", "group:ptr bits:u32", "u32"),
    _call("xEventGroupSetBitsFromISR", "group:ptr bits:u32", "pair", "woken"),
    _call(
        "xEventGroupClearBits", "group:ptr bits:u32", "u32"
    ),  # with bits 0 it is xEventGroupGetBits, in either context
    _call("xEventGroupSync", "group:ptr set:u32 wait_for:u32 ticks:u32", "u32"),
    _call("vEventGroupDelete", "group:ptr"),
    # --- SPI master (driver/spi_common.h, driver/spi_master.h). `pins` are eight bytes, line 0 lowest, 0xff for none. A transaction travels as
    # its address, `shape` (flags, size << 32, place of rxlength << 48), `command` (value, then the widths of command, address and dummy in bits
    # 16, 24, 32), address phase, `lengths` (rxlength << 32 | length), buffers, clock, ticks
    _call(
        "spi_bus_initialize",
        "host:i32 pins:u64 sclk:i32 max_transfer:i32 flags:u32 intr_flags:i32 dma_channel:i32",
        "i32",
    ),
    _call("spi_bus_free", "host:i32", "i32"),
    _call("spi_bus_dma_memory_alloc", "host:i32 size:size caps:u32", "ptr"),
    _call("spi_bus_get_max_transaction_len", "host:i32 has_out:u32", "pair", "bytes"),
    _call(
        "spi_bus_add_device",
        "host:i32 phases:u64 clock_hz:i32 cs:i32 flags:u32 queue_size:i32 pre_cb:fn post_cb:fn",
        "pair",
        "handle",
    ),
    _call("spi_bus_remove_device", "handle:ptr", "i32"),
    _call("spi_device_get_actual_freq", "handle:ptr has_out:u32", "pair", "kilohertz"),
    _call("spi_get_actual_clock", "source_hz:i32 hz:i32", "i32"),
    _call("spi_device_acquire_bus", "handle:ptr ticks:u32", "i32"),
    _call("spi_device_release_bus", "handle:ptr"),
    _call("spi_device_queue_trans", _TRANSACTION, "i32"),
    _call("spi_device_transmit", _TRANSACTION, "i32"),
    _call("spi_device_polling_start", _TRANSACTION, "i32"),
    _call("spi_device_polling_transmit", _TRANSACTION, "i32"),
    _call("spi_device_polling_end", "handle:ptr ticks:u32", "i32"),
    _call("spi_device_get_trans_result", "handle:ptr ticks:u32", "pair", "transaction"),
    # --- GDMA channels (esp_private/gdma.h). `bus` is 0 AHB, 1 AXI, 2 LP; up to v5.5 one half per call, from v6.0 on one or both: then
    # the handle is the sender's if there is one, and gdma_receiver_of answers the receiver's
    _call(
        "gdma_new_channel",
        "bus:u32 direction:i32 sibling:ptr reserve_sibling:u32 isr_cache_safe:u32 has_all:u32",
        "pair",
        "channel",
    ),
    _call(
        "gdma_new_channels",
        "bus:u32 has_config:u32 wants_tx:u32 wants_rx:u32 isr_cache_safe:u32 intr_priority:i32",
        "pair",
        "channel",
    ),
    _call("gdma_receiver_of", "channel:ptr", "ptr"),
    _call("gdma_del_channel", "channel:ptr", "i32"),
    _call("gdma_get_channel_id", "channel:ptr has_out:u32", "pair", "id"),
    _call("gdma_get_group_channel_id", "channel:ptr", "pair", "group << 16 | id"),
    _call("gdma_connect", "channel:ptr trigger:i32 bus:i32 copy:u32", "i32"),
    _call("gdma_disconnect", "channel:ptr", "i32"),
    _call("gdma_get_free_m2m_trig_id_mask", "channel:ptr has_out:u32", "pair", "mask"),
    _call(
        "gdma_apply_strategy",
        "channel:ptr has_config:u32 owner_check:u32 auto_update_desc:u32 eof_till_data_popped:u32",
        "i32",
    ),
    _call("gdma_set_priority", "channel:ptr priority:u32", "i32"),
    _call("gdma_set_weight", "channel:ptr weight:u32", "i32"),
    _call(
        "gdma_set_transfer_ability", "channel:ptr has_config:u32 sram_trans_align:size psram_trans_align:size", "i32"
    ),
    _call("gdma_config_transfer", "channel:ptr has_config:u32 burst:size access_ext_mem:u32", "i32"),
    _call("gdma_get_alignment", "channel:ptr external:u32", "pair", "alignment"),
    _call(
        "gdma_register_tx_event_callbacks",
        "channel:ptr has_callbacks:u32 trans_eof:fn descr_err:fn link_switch:fn argument:ptr",
        "i32",
    ),
    _call(
        "gdma_register_rx_event_callbacks",
        "channel:ptr has_callbacks:u32 recv_eof:fn descr_err:fn recv_done:fn descr_empty:fn argument:ptr",
        "i32",
    ),
    _call("gdma_start", "channel:ptr head:ptr", "i32"),
    _call("gdma_stop", "channel:ptr", "i32"),
    _call("gdma_append", "channel:ptr", "i32"),
    _call("gdma_reset", "channel:ptr", "i32"),
    _call("gdma_request_link_switch_event", "channel:ptr", "i32"),
    _call("gdma_new_etm_event", "channel:ptr type:i32 has_all:u32", "pair", "event"),
    _call("gdma_new_etm_task", "channel:ptr type:i32 has_all:u32", "pair", "task"),
    # --- Link lists (esp_private/gdma_link.h). A mount names its entries one by one, then is carried out as a whole
    _call(
        "gdma_new_link_list",
        "has_all:u32 items:u32 item_alignment:size buffer_alignment:size items_in_ext_mem:u32 check_owner:u32",
        "pair",
        "list",
    ),
    _call("gdma_del_link_list", "list:ptr", "i32"),
    _call(
        "gdma_link_mount_entry",
        "list:ptr buffer:ptr length:size alignment:size mark_eof:u32 mark_final:u32 bypass_align_check:u32",
    ),
    _call("gdma_link_mount_buffers", "list:ptr start:i32", "pair", "end item"),
    _call("gdma_link_get_head_addr", "list:ptr", "ptr"),
    _call("gdma_link_get_item_addr", "list:ptr item:i32", "ptr"),
    _call("gdma_link_concat", "first:ptr item:i32 second:ptr second_item:i32", "i32"),
    _call("gdma_link_set_owner", "list:ptr item:i32 owner:i32", "i32"),
    _call("gdma_link_get_owner", "list:ptr item:i32 has_out:u32", "pair", "owner"),
    _call("gdma_link_count_buffer_size_till_eof", "list:ptr item:i32", "u32"),
    _call("gdma_link_get_buffer", "list:ptr item:i32", "ptr"),
    _call("gdma_link_get_length", "list:ptr item:i32", "u32"),
    _call("gdma_link_set_length", "list:ptr item:i32 length:size", "i32"),
    _call("gdma_link_check_end", "list:ptr item:i32", "u32"),
    # --- Splitting receive buffers (esp_private/esp_dma_utils.h). `part` is 0 head, 1 body, 2 tail; `member` 0 where the engine
    # writes, 1 where it belongs, 2 its length; `alignment` 0 asks for the cache line
    _call("esp_dma_split_rx_buffer", "buffer:ptr size:size stash:ptr has_all:u32", "pair", "stash"),
    _call(
        "esp_dma_split_buffer",
        "buffer:ptr size:size stash:ptr stash_size:size alignment:size has_all:u32",
        "pair",
        "stash",
    ),
    _call("esp_dma_split_part", "buffer:ptr size:size stash:ptr alignment:size part:u32 member:u32", "u32"),
    _call("esp_dma_merge_begin"),
    _call("esp_dma_merge_part", "to:ptr source:ptr size:size"),
    _call("esp_dma_calculate_node_count", "size:size alignment:size limit:size", "u32"),
    # --- Event task matrix (esp_etm.h) with its events and tasks. Edges and actions come as up to three values; gpio_etm_next answers the
    # handle of the next one of the same call
    _call("esp_etm_new_channel", "has_all:u32 allow_pd:u32", "pair", "channel"),
    _call("esp_etm_del_channel", "channel:ptr", "i32"),
    _call("esp_etm_channel_enable", "channel:ptr", "i32"),
    _call("esp_etm_channel_disable", "channel:ptr", "i32"),
    _call("esp_etm_channel_connect", "channel:ptr event:ptr task:ptr", "i32"),
    _call("esp_etm_del_event", "event:ptr", "i32"),
    _call("esp_etm_del_task", "task:ptr", "i32"),
    _call("esp_etm_dump", "has_stream:u32", "i32"),
    _call("esp_async_memcpy_new_etm_event", "driver:ptr type:i32 has_out:u32", "pair", "event"),
    _call("gpio_new_etm_event", "edge1:i32 edge2:i32 edge3:i32 count:u32", "pair", "event"),
    _call("gpio_new_etm_task", "action1:i32 action2:i32 action3:i32 count:u32", "pair", "task"),
    _call("gpio_etm_next", "handle:ptr", "ptr"),
    _call("gpio_etm_event_bind_gpio", "event:ptr pin:i32", "i32"),
    _call("gpio_etm_task_add_gpio", "task:ptr pin:i32", "i32"),
    _call("gpio_etm_task_rm_gpio", "task:ptr pin:i32", "i32"),
    _call("gptimer_new_etm_event", "timer:ptr type:i32 has_all:u32", "pair", "event"),
    _call("gptimer_new_etm_task", "timer:ptr type:i32 has_all:u32", "pair", "task"),
    _call("esp_timer_new_etm_alarm_event", "has_out:u32", "pair", "event"),
    _call("esp_systick_new_etm_alarm_event", "core:i32 has_out:u32", "pair", "event"),
    # --- Pins: driver/gpio.h
    _call("gpio_config", "pins:u64 mode:u32 interrupt:u32", "i32"),
    _call("gpio_reset_pin", "pin:i32", "i32"),
    _call("gpio_set_level", "pin:i32 level:u32", "i32"),
    _call("gpio_get_level", "pin:i32", "i32"),
    _call("gpio_set_direction", "pin:i32 mode:u32", "i32"),
    _call("gpio_set_intr_type", "pin:i32 interrupt:i32", "i32"),
    _call("gpio_intr_enable", "pin:i32 on:u32", "i32"),
    _call("gpio_install_isr_service", "flags:i32", "i32"),
    _call("gpio_uninstall_isr_service"),
    _call("gpio_isr_handler_add", "pin:i32 handler:fn argument:ptr", "i32"),  # without a handler it removes
    # --- Timers (driver/gptimer.h). `member` is 0 count, 1 captured count, 2 resolution
    _call("gptimer_new_timer", "has_all:u32 resolution_hz:u32 count_up:u32", "pair", "timer"),
    _call("gptimer_del_timer", "timer:ptr", "i32"),
    _call("gptimer_set_raw_count", "timer:ptr value:u64", "i32"),
    _call("gptimer_check", "timer:ptr has_out:u32", "i32"),
    _call("gptimer_value", "timer:ptr member:u32", "u64"),
    _call("gptimer_register_event_callbacks", "timer:ptr has_callbacks:u32 alarm:fn argument:ptr", "i32"),
    _call("gptimer_set_alarm_action", "timer:ptr has_config:u32 count:u64 reload:u64 auto_reload:u32", "i32"),
    _call("gptimer_enable", "timer:ptr", "i32"),
    _call("gptimer_disable", "timer:ptr", "i32"),
    _call("gptimer_start", "timer:ptr", "i32"),
    _call("gptimer_stop", "timer:ptr", "i32"),
    # --- Unity (unity.h). Answers 0 leave out, 1 run, 2 skip. A case's message is the text field of the control block
    _call("unity_planned", "name:str tags:str file:str line:i32 functions:u32", "u32"),
    _call("unity_started", "name:str file:str line:i32"),
    _call("unity_ended", "outcome:u32 line:i32"),
)
"""Every API call in the order of its number. New rows go to the end of their block: both sides are always built from one table."""


class CallTable:
    """The calls of one API, numbered in their order."""

    def __init__(self, calls: tuple[Call, ...]) -> None:
        """Raises ValueError: a call is listed twice."""
        self.calls = calls
        self.numbers: dict[str, int] = {row.name: number for number, row in enumerate(calls, FIRST_NUMBER)}
        """Number by name."""
        if len(self.numbers) != len(calls):
            raise ValueError("a call is listed twice")

    def by_number(self, number: int) -> Call | None:
        """The call that a request names, or None for a number outside the table."""
        index = number - FIRST_NUMBER
        return self.calls[index] if 0 <= index < len(self.calls) else None

    def render_header(self) -> str:
        """The text of `dl_calls.h`, which the runtime's C files include."""
        width = max(len(name) for name in self.numbers)
        defines = "\n".join(f"#define DL_CALL_NUMBER_{name:<{width}} {number}" for name, number in self.numbers.items())
        return f"/* Generated by dmalab.guest.calls: numbers of the API calls. */\n#pragma once\n\n{defines}\n"


IDF = CallTable(CALLS)
NUMBERS = IDF.numbers
by_number = IDF.by_number
render_header = IDF.render_header
