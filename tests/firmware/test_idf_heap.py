"""What ESP-IDF's tests of the cache and the heap assert, in our own words, where no other test has it.

Source of the behaviours: ESP-IDF components/esp_mm/test_apps/mm/main, components/heap/test_apps/heap_tests/main, told in idf-tests
sections 5 and 7.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]


def clean(run_c: Run, text: str, **more: object) -> dict[str, int]:
    one = run_c(text, **more)
    assert one.problems == [], str(one.report)
    assert one.report.exit_code == 0
    return dict(one.numbers)


@pytest.mark.parametrize("chip", ["esp32s3", "esp32p4"])
def test_syncs_are_short_enough_for_an_interrupt(run_c: Run, chip: str) -> None:
    """Row 36: a whole cache in a task, then again and again from an interrupt."""
    text = """
    static uint8_t *psram; static volatile int codes, calls;
    static bool IRAM_ATTR sync_in_isr(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *arg)
    {
        codes |= esp_cache_msync(psram, 0x1000, ESP_CACHE_MSYNC_FLAG_INVALIDATE); calls++;
        return false;
    }
    void app_main(void)
    {
        async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG(); async_memcpy_handle_t mcp;
        ESP_ERROR_CHECK(install_engine(&config, &mcp));
        psram = heap_caps_aligned_calloc(128, 1, 0x8000, MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT);
        uint8_t *a = heap_caps_aligned_calloc(64, 1, 64, MALLOC_CAP_DMA), *b = heap_caps_aligned_calloc(64, 1, 64, MALLOC_CAP_DMA);
        SAY("whole", esp_cache_msync(psram, 0x8000, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_INVALIDATE | ESP_CACHE_MSYNC_FLAG_UNALIGNED));
        for (int i = 0; i < 10; i++) { psram[i * 100] = i; ESP_ERROR_CHECK(esp_async_memcpy(mcp, b, a, 64, sync_in_isr, NULL)); vTaskDelay(1); }
        SAY("calls", calls); SAY("codes", codes);
        ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp)); free(a); free(b); free(psram);
    }
    """
    assert clean(run_c, text, chip=chip) == {"whole": 0, "calls": 10, "codes": 0}


def test_syncs_work_on_a_stack_in_psram(run_c: Run) -> None:
    """Row 38."""
    text = """
    #include "freertos/idf_additions.h"
    static SemaphoreHandle_t done; static uint8_t *buffer;
    static void worker(void *arg)
    {
        int local = 7;
        SAY("external", esp_ptr_external_ram(&local));
        SAY("code", esp_cache_msync(buffer, 0x8000, ESP_CACHE_MSYNC_FLAG_INVALIDATE));
        SAY("kept", local);
        xSemaphoreGive(done);
        vTaskSuspend(NULL);
    }
    void app_main(void)
    {
        done = xSemaphoreCreateBinary(); buffer = heap_caps_aligned_calloc(64, 1, 0x8000, MALLOC_CAP_SPIRAM);
        TaskHandle_t task;
        xTaskCreatePinnedToCoreWithCaps(worker, "worker", 4096, NULL, 5, &task, 0, MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT);
        xSemaphoreTake(done, portMAX_DELAY);
        vTaskDelay(1);
        vTaskDeleteWithCaps(task);
        vSemaphoreDelete(done); free(buffer);
    }
    """
    assert clean(run_c, text) == {"external": 1, "code": 0, "kept": 7}


@pytest.mark.parametrize("release", ["v5.3", "v5.5"])
def test_one_choice_of_cache_aligned_memory(run_c: Run, release: str) -> None:
    """Row 40: with a list of one kind of memory, both forms; row 49: the heap's own form of it."""
    text = """
    void app_main(void)
    {
        void *p = NULL, *q = NULL; size_t size = 0;
        SAY("malloc", esp_cache_aligned_malloc_prefer(40, &p, &size, 1, MALLOC_CAP_DMA)); SAY("capable", esp_ptr_dma_capable(p));
        SAY("calloc", esp_cache_aligned_calloc_prefer(1, 40, &q, &size, 1, MALLOC_CAP_DMA)); SAY("capable2", esp_ptr_dma_capable(q));
        void *r = heap_caps_malloc_prefer(40, 1, MALLOC_CAP_DMA), *s = heap_caps_calloc_prefer(1, 40, 1, MALLOC_CAP_DMA);
        SAY("capable3", esp_ptr_dma_capable(r)); SAY("capable4", esp_ptr_dma_capable(s));
        free(p); free(q); free(r); free(s);
    }
    """
    assert clean(run_c, text, idf=release) == {
        "malloc": 0, "capable": 1, "calloc": 0, "capable2": 1, "capable3": 1, "capable4": 1,
    }  # fmt: skip


def test_aligned_blocks_go_back_by_plain_free_and_calloc_clears_them(run_c: Run) -> None:
    """Rows 44 and 45: 10 KiB blocks of PSRAM up to 512 KiB of alignment; 1024 times one byte, one time 1024, and 1025."""
    text = """
    void app_main(void)
    {
        int wrong = 0;
        for (size_t align = 1; align <= 512 * 1024; align *= 2) {
            uint8_t *p = heap_caps_aligned_alloc(align, 10 * 1024, MALLOC_CAP_SPIRAM);
            wrong += !p || (uintptr_t)p % align; memset(p, 0x5a, 10 * 1024); free(p);
        }
        uint8_t *a = heap_caps_aligned_calloc(1024, 1, 1024, MALLOC_CAP_DEFAULT), *b = heap_caps_aligned_calloc(1024, 1024, 1, MALLOC_CAP_DEFAULT);
        for (int i = 0; i < 1024; i++) wrong += a[i] | b[i];
        SAY("odd", heap_caps_aligned_calloc(1025, 1, 64, MALLOC_CAP_DEFAULT) != NULL);
        free(a); free(b);
        SAY("wrong", wrong);
    }
    """
    assert clean(run_c, text) == {"odd": 0, "wrong": 0}


def test_requests_beyond_reason(run_c: Run) -> None:
    """Rows 46, 47 and 48: nothing is NULL without a word to the hook; what does not fit is NULL."""
    text = """
    static int calls;
    static void hook(size_t size, uint32_t caps, const char *function) { calls++; }
    void app_main(void)
    {
        heap_caps_register_failed_alloc_callback(hook);
        volatile size_t none = 0, half = SIZE_MAX / 2 + 4, most = SIZE_MAX - 1;
        SAY("nothing", heap_caps_aligned_alloc(32, none, MALLOC_CAP_DEFAULT) || malloc(none) || calloc(none, none));
        SAY("calls", calls);
        SAY("large", calloc(half, 2) || malloc(most) || calloc(most, 1) || heap_caps_malloc(most, MALLOC_CAP_32BIT)
                         || heap_caps_malloc(16 << 20, MALLOC_CAP_INTERNAL)
                         || heap_caps_malloc(heap_caps_get_free_size(MALLOC_CAP_INTERNAL) - 1, MALLOC_CAP_INTERNAL));
    }
    """
    assert clean(run_c, text) == {"nothing": 0, "calls": 0, "large": 0}


def test_instruction_ram_of_esp32_comes_first_for_words(run_c: Run) -> None:
    """Row 51, where the heap has memory that takes words only."""
    text = """
    void app_main(void)
    {
        size_t bytes = heap_caps_get_free_size(MALLOC_CAP_8BIT | MALLOC_CAP_INTERNAL), words = heap_caps_get_free_size(MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL);
        void *a = heap_caps_malloc(10 * 1024, MALLOC_CAP_8BIT | MALLOC_CAP_INTERNAL);
        SAY("dram", esp_ptr_byte_accessible(a));
        SAY("both", bytes - heap_caps_get_free_size(MALLOC_CAP_8BIT | MALLOC_CAP_INTERNAL) >= 10 * 1024
                        && words - heap_caps_get_free_size(MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL) >= 10 * 1024);
        bytes = heap_caps_get_free_size(MALLOC_CAP_8BIT | MALLOC_CAP_INTERNAL);
        void *b = heap_caps_malloc(10 * 1024, MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL);
        SAY("iram", !esp_ptr_byte_accessible(b)); SAY("untouched", bytes == heap_caps_get_free_size(MALLOC_CAP_8BIT | MALLOC_CAP_INTERNAL));
        SAY("exec", heap_caps_malloc(64, MALLOC_CAP_8BIT | MALLOC_CAP_EXEC) != NULL);
        free(a); free(b);
    }
    """
    assert clean(run_c, text, chip="esp32") == {"dram": 1, "both": 1, "iram": 1, "untouched": 1, "exec": 0}


def test_the_failure_hook_hears_of_every_way_to_ask(run_c: Run) -> None:
    """Row 54."""
    text = """
    static int calls;
    static void hook(size_t size, uint32_t caps, const char *function) { calls++; }
    void app_main(void)
    {
        heap_caps_register_failed_alloc_callback(hook);
        volatile size_t large = 128 << 20;
        void *p = malloc(large); SAY("malloc", calls);
        p = realloc(NULL, large); SAY("realloc", calls);
        p = heap_caps_aligned_alloc(16, large, MALLOC_CAP_DEFAULT); SAY("aligned", calls);
        p = heap_caps_malloc(64, MALLOC_CAP_INVALID); SAY("invalid", calls);
        (void)p;
    }
    """
    assert clean(run_c, text) == {"malloc": 1, "realloc": 2, "aligned": 3, "invalid": 4}


def test_allocated_sizes_are_whole_words(run_c: Run) -> None:
    """Rows 52 and 55: what a block holds, and that the largest one can be had and comes back."""
    text = """
    void app_main(void)
    {
        static const size_t sizes[] = {1035, 1064, 1541};
        int wrong = 0;
        for (int i = 0; i < 3; i++) { void *p = malloc(sizes[i]); wrong += heap_caps_get_allocated_size(p) < ((sizes[i] + 3) & ~3u); free(p); }
        size_t free_bytes = heap_caps_get_free_size(MALLOC_CAP_8BIT), largest = heap_caps_get_largest_free_block(MALLOC_CAP_8BIT);
        void *p = heap_caps_malloc(largest, MALLOC_CAP_8BIT);
        SAY("had", p != NULL); SAY("less", heap_caps_get_free_size(MALLOC_CAP_8BIT) <= free_bytes - largest);
        SAY("smaller", heap_caps_get_largest_free_block(MALLOC_CAP_8BIT) <= largest); free(p);
        SAY("back", free_bytes - heap_caps_get_free_size(MALLOC_CAP_8BIT) <= 200); SAY("wrong", wrong);
    }
    """
    assert clean(run_c, text) == {"had": 1, "less": 1, "smaller": 1, "back": 1, "wrong": 0}


def test_moving_a_block_keeps_its_contents(run_c: Run) -> None:
    """Row 56: to memory that takes words only, and back."""
    text = """
    void app_main(void)
    {
        uint32_t *p = heap_caps_malloc(64, MALLOC_CAP_8BIT | MALLOC_CAP_INTERNAL);
        for (int i = 0; i < 12; i++) p[i] = i * 0x01010101u;
        uint32_t *q = heap_caps_realloc(p, 48, MALLOC_CAP_8BIT | MALLOC_CAP_INTERNAL); SAY("stays", p == q);
        int wrong = 0;
        q = heap_caps_realloc(q, 4096, MALLOC_CAP_32BIT | MALLOC_CAP_EXEC); SAY("there", q != NULL);
        for (int i = 0; i < 12; i++) wrong += q[i] != i * 0x01010101u;
        q = heap_caps_realloc(q, 8192, MALLOC_CAP_8BIT | MALLOC_CAP_INTERNAL);
        for (int i = 0; i < 12; i++) wrong += q[i] != i * 0x01010101u;
        SAY("back", esp_ptr_byte_accessible(q)); SAY("wrong", wrong); free(q);
    }
    """
    assert clean(run_c, text, chip="esp32") == {"stays": 1, "there": 1, "back": 1, "wrong": 0}


@pytest.mark.parametrize(
    ("chip", "psram", "size"), [("esp32s3", 4 << 20, 4 << 20), ("esp32s3", 0, 0), ("esp32c3", None, 0)]
)
def test_how_much_psram_there_is(run_c: Run, chip: str, psram: int | None, size: int) -> None:
    one = run_c(
        """
        #include "esp_psram.h"
        void app_main(void) { SAY("size", esp_psram_get_size()); SAY("there", esp_psram_is_initialized()); }
        """,
        chip=chip,
        psram=psram,
    )
    assert one.said == {"size": str(size), "there": str(int(size > 0))}
