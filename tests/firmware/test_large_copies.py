"""Large copies by the core are marked line by line; what is told of them is as exact as of single stores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]

HEAD = """
#ifndef INSTALL
#define INSTALL install_engine
#endif
static SemaphoreHandle_t done;
static async_memcpy_handle_t mcp;
static void begin(void) {
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    done = xSemaphoreCreateBinary();
    ESP_ERROR_CHECK(INSTALL(&config, &mcp));
}
static void end(void) { ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp)); vSemaphoreDelete(done); }
#define EXTERNAL (MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA | MALLOC_CAP_8BIT)
enum { SIZE = 4096 };
"""


@pytest.mark.parametrize("chip", ["esp32s3", "esp32p4"])
@pytest.mark.parametrize("width", [4, 8])
@pytest.mark.parametrize(("skip", "short"), [(0, 0), (1, 0), (0, 1), (37, 75)])
def test_dropped_stores_are_told_byte_by_byte(run_c: Run, chip: str, width: int, skip: int, short: int) -> None:
    """An invalidate drops what memset stored: exactly those bytes, whatever lines they begin and end in."""
    one = run_c(
        HEAD
        + f"""
void app_main(void) {{
    char *p = heap_caps_aligned_calloc(128, 1, SIZE, EXTERNAL);
    ESP_ERROR_CHECK(esp_cache_msync(p, SIZE, ESP_CACHE_MSYNC_FLAG_DIR_C2M));
    memset(p + {skip}, 1, SIZE - {skip} - {short});
    ESP_ERROR_CHECK(esp_cache_msync(p, SIZE, ESP_CACHE_MSYNC_FLAG_DIR_M2C));
    if (p[{skip}] != 0) abort();
    SAY("p", (uintptr_t)p);
    free(p);
}}
""",
        chip=chip,
        word_bytes=width,
    )
    dropped = next(finding for finding in one.problems if finding.rule == "discarded-write")
    assert (dropped.address, dropped.size) == (one.numbers["p"] + skip, 4096 - skip - short)
    assert [where.role for where in dropped.where] == ["dropped", "loaded"]


@pytest.mark.parametrize("width", [4, 8])
def test_a_large_copy_that_was_not_written_back_is_stale_as_a_whole(run_c: Run, width: int) -> None:
    """v5.1 leaves the caches to the caller."""
    one = run_c(
        HEAD
        + """
void app_main(void) {
    char *from = heap_caps_aligned_calloc(128, 1, SIZE, MALLOC_CAP_SPIRAM), *to = heap_caps_calloc(1, SIZE, MALLOC_CAP_DMA);
    ESP_ERROR_CHECK(esp_cache_msync(from, SIZE, 0));
    memset(from, 1, SIZE - 10); /* stored */
    begin();
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, SIZE, give_done, done));
    xSemaphoreTake(done, portMAX_DELAY);
    end();
    SAY("from", (uintptr_t)from);
    free(from); free(to);
}
""",
        idf="v5.1",
        cflags=("-DINSTALL=esp_async_memcpy_install",),
        word_bytes=width,
    )
    (stale,) = one.problems
    assert (stale.rule, stale.address, stale.size) == ("stale-dma-read", one.numbers["from"], 4086)
    stored = next(where for where in stale.where if where.role == "stored")
    assert HEAD.count("\n") + 5 == stored.line


@pytest.mark.parametrize("chip", ["esp32s3", "esp32p4"])
def test_a_store_into_a_large_copy_is_known_by_its_own_place(run_c: Run, chip: str) -> None:
    one = run_c(
        HEAD
        + """
void app_main(void) {
    char *from = heap_caps_aligned_calloc(128, 1, SIZE, EXTERNAL), *to = heap_caps_aligned_calloc(128, 1, SIZE, EXTERNAL);
    ESP_ERROR_CHECK(esp_cache_msync(to, SIZE, ESP_CACHE_MSYNC_FLAG_DIR_C2M));
    memcpy(to, from, SIZE);
    to[2048] = 7;
    ESP_ERROR_CHECK(esp_cache_msync(to, SIZE, ESP_CACHE_MSYNC_FLAG_DIR_C2M));
    from[64] = 1;
    memset(from, 2, SIZE);
    ESP_ERROR_CHECK(esp_cache_msync(from, SIZE, ESP_CACHE_MSYNC_FLAG_DIR_C2M));
    begin();
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, from, to, SIZE, give_done, done));
    xSemaphoreTake(done, portMAX_DELAY);
    end();
    if (from[2048] != 7 || from[64] != 0) abort();
    free(from); free(to);
}
""",
        chip=chip,
    )
    assert [str(finding) for finding in one.report.findings] == []


def test_memory_that_is_allocated_again_is_fresh(run_c: Run) -> None:
    """The former owner's large copy does not count as the new owner's."""
    one = run_c(
        HEAD
        + """
void app_main(void) {
    char *to = heap_caps_calloc(1, SIZE, MALLOC_CAP_DMA);
    char *former = heap_caps_malloc(SIZE, EXTERNAL);
    memset(former, 1, SIZE);
    free(former);
    char *from = heap_caps_malloc(SIZE, EXTERNAL);
    if (from != former) abort();
    begin();
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, SIZE, give_done, done));
    xSemaphoreTake(done, portMAX_DELAY);
    end();
    free(from); free(to);
}
""",
        chip="esp32s3",
    )
    assert [(finding.rule, finding.size) for finding in one.report.findings] == [("uninitialised-transfer", 4096)]
