"""The gallery's cases, for `dmalab rules NAME`. Made by examples/gallery/render.py from examples/gallery/index.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A real bug that was re-enacted."""

    id: str
    title: str
    rule: str
    """The rule it is reported under."""
    link: str
    """Where it was told in public."""
    folder: str
    """Below examples/gallery."""
    also: tuple[str, ...] = ()
    """Rules it may be reported under besides."""


CASES = (
    Case(
        id="B001",
        title="A frame buffer zeroed by calloc never reaches PSRAM",
        rule="stale-dma-read",
        link="https://github.com/espressif/esp-idf/issues/13293",
        folder="B001_zeroed_frame",
    ),
    Case(
        id="B010",
        title="The scratch buffer of a card driver is synced before the copy instead of after it",
        rule="stale-dma-read",
        link="https://github.com/STMicroelectronics/stm32-mw-fatfs/issues/15",
        folder="B010_sector_scratch",
    ),
    Case(
        id="B028",
        title="A receive buffer is invalidated too early",
        rule="stale-cpu-read",
        link="https://github.com/apache/nuttx/issues/11594",
        folder="B028_early_invalidate",
    ),
    Case(
        id="B035",
        title="A cleared receive buffer is evicted over the received bytes",
        rule="dirty-line-over-dma",
        link="https://github.com/espressif/esp-idf/commit/fdbdeaaae2d",
        folder="B035_dirty_receive",
    ),
    Case(
        id="B040",
        title="An audio block is invalidated after the reception instead of before it",
        rule="dirty-line-over-dma",
        link="https://github.com/zephyrproject-rtos/zephyr/pull/42206",
        folder="B040_dirty_slab_block",
    ),
    Case(
        id="B047",
        title="A descriptor is allocated by its size and synced by its size rounded up",
        rule="shared-line",
        link="https://github.com/espressif/esp-idf/issues/18296",
        also=("discarded-write",),
        folder="B047_rounded_sync",
    ),
    Case(
        id="B063",
        title="A packet pool with a stride of 1600 bytes meets cache lines of 128",
        rule="ineffective-sync",
        link="https://github.com/espressif/esp-hosted-mcu/issues/219",
        also=("stale-dma-read",),
        folder="B063_pool_stride",
    ),
    Case(
        id="B068",
        title="A status query invalidates a line outside its descriptor table",
        rule="discarded-write",
        link="https://github.com/zephyrproject-rtos/zephyr/issues/115717",
        also=("shared-line",),
        folder="B068_status_out_of_bounds",
    ),
    Case(
        id="B070",
        title="A write-back is rounded to the line of the inner cache only",
        rule="ineffective-sync",
        link="https://github.com/espressif/esp-idf/commit/ea5c3180317",
        also=("stale-dma-read",),
        folder="B070_inner_line_only",
    ),
    Case(
        id="B079",
        title="A frame in two segments is invalidated as if they lay side by side",
        rule="stale-cpu-read",
        link="https://github.com/apache/nuttx/pull/2985",
        also=("shared-line", "ineffective-sync", "discarded-write"),
        folder="B079_segments_apart",
    ),
    Case(
        id="B088",
        title="A pixel loop calls the ROM's write-back while the other core runs from cached memory",
        rule="unsafe-maintenance",
        link="https://github.com/mrcodetastic/ESP32-HUB75-MatrixPanel-DMA/issues/926",
        folder="B088_rom_writeback",
    ),
    Case(
        id="B102",
        title="A stripe is redrawn while the display still reads it",
        rule="touched-in-flight",
        link="https://github.com/espressif/esp-idf/issues/12355",
        also=("stale-dma-read",),
        folder="B102_redrawn_too_soon",
    ),
    Case(
        id="B108",
        title="A slot goes back to the engine before the reader has copied it",
        rule="touched-in-flight",
        link="https://github.com/espressif/esp-idf/pull/11500",
        also=("stale-cpu-read",),
        folder="B108_slot_given_back",
    ),
    Case(
        id="B113",
        title="A stopped receiver gives its block back before the controller has stopped",
        rule="freed-in-flight",
        link="https://github.com/zephyrproject-rtos/zephyr/issues/113310",
        folder="B113_block_returned_early",
    ),
    Case(
        id="B120",
        title="A function returns before the engine has read its local block",
        rule="dead-stack",
        link="https://github.com/espressif/esp-idf/commit/09e1d104ba1",
        also=("stale-dma-read", "touched-in-flight"),
        folder="B120_digest_on_stack",
    ),
    Case(
        id="B131",
        title="An allocation asks for capabilities that no heap has together",
        rule="guest-fault",
        link="https://github.com/espressif/esp-idf/commit/c3f60522cfe",
        folder="B131_caps_nobody_has",
    ),
    Case(
        id="B134",
        title="A constant in flash is sent as zeros",
        rule="unreachable-memory",
        link="https://github.com/esp-rs/esp-hal/issues/674",
        folder="B134_constant_in_flash",
    ),
    Case(
        id="B145",
        title="A length that only secured devices refuse",
        rule="misaligned-for-engine",
        link="https://github.com/espressif/esp-idf/issues/17708",
        folder="B145_secured_device",
    ),
    Case(
        id="B155",
        title="A length in bytes is multiplied by the width of an item once more",
        rule="overrun",
        link="https://github.com/zephyrproject-rtos/zephyr/pull/99940",
        also=("heap-misuse",),
        folder="B155_bytes_for_items",
    ),
    Case(
        id="B161",
        title="A list of descriptors is filled in but never linked",
        rule="deadlock",
        link="https://github.com/espressif/esp-idf/commit/e5c8434c6ec",
        also=("bad-descriptor-chain",),
        folder="B161_unlinked_list",
    ),
    Case(
        id="B178",
        title="A full receive ring wakes nobody",
        rule="ring-ownership",
        link="https://github.com/espressif/esp-idf/commit/84df26c895f",
        also=("deadlock",),
        folder="B178_one_per_wake",
    ),
    Case(
        id="B189",
        title="Results of queued transactions are never collected",
        rule="completion-misuse",
        link="https://github.com/lvgl/lv_esp_idf/pull/53",
        also=("channel-state", "guest-fault"),
        folder="B189_results_left",
    ),
    Case(
        id="B199",
        title="A stopped channel keeps its interrupt, and the next start gets the old callback",
        rule="completion-misuse",
        link="https://github.com/zephyrproject-rtos/zephyr/issues/115726",
        folder="B199_latched_completion",
    ),
    Case(
        id="B210",
        title="A driver notes that it runs after the transfer is over",
        rule="deadlock",
        link="https://github.com/espressif/esp-idf/issues/18746",
        folder="B210_state_after_start",
    ),
    Case(
        id="B222",
        title="A transfer that timed out leaves its channel armed",
        rule="channel-state",
        link="https://github.com/zephyrproject-rtos/zephyr/issues/117132",
        also=("touched-in-flight",),
        folder="B222_armed_after_failure",
    ),
    Case(
        id="B228",
        title="A callback in flash is called while a flash write has the cache off",
        rule="isr-context",
        link="https://github.com/espressif/esp-idf/issues/6529",
        folder="B228_callback_in_flash",
    ),
    Case(
        id="B240",
        title="A transfer that nobody keeps takes driver and frame along",
        rule="completion-misuse",
        link="https://github.com/esp-rs/esp-hal/pull/2216",
        folder="B240_splash_dropped",
    ),
)
"""In the order of their numbers."""
