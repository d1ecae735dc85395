"""Firmware that goes past the cache through the uncached alias of ESP32-P4: nothing it does there escapes the machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]

SOURCE = """
static char *cached;
static volatile char *uncached;
static void make(void) {
    cached = heap_caps_malloc(256, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA);
    uncached = cached + 0x40000000;
    for (int i = 0; i < 256; i++) uncached[i] = (char)i;
}
void app_main(void) {
    make();
    char copy[4] = {1, 2, 3, 4};
%s
    free(cached);
}
"""
FIRST_LINE = 12


def lines(one: Any) -> list[tuple[str, list[tuple[str, int]]]]:
    """Each problem's rule, and the roles with their lines in the body."""
    return [
        (finding.rule, [(where.role, where.line - FIRST_LINE) for where in finding.where]) for finding in one.problems
    ]


@pytest.mark.parametrize("width", [4, 8])
@pytest.mark.parametrize("line", ["64", "128"], ids=["lines of one size", "lines of two sizes"])
@pytest.mark.parametrize(
    ("access", "certainty"),
    [
        ("uncached[3] = 2;", "possible"),
        ("copy[0] = uncached[3];", "certain"),
        ("memcpy(copy, (char *)uncached + 2, 4);", "certain"),
        ("memcpy((char *)uncached + 2, copy, 4);", "possible"),
    ],
)
def test_an_access_past_a_dirty_line_is_seen(run_c: Run, access: str, certainty: str, line: str, width: int) -> None:
    text = SOURCE % f"    cached[3] = 1;\n    {access}"
    one = run_c(text, chip="esp32p4", word_bytes=width, options={"cache_line": line})
    assert lines(one) == [("alias-mix", [("cached", 0), ("uncached", 1)])]
    assert one.problems[0].certainty.value == certainty


@pytest.mark.parametrize("width", [4, 8])
def test_an_access_past_a_written_back_line_is_fine(run_c: Run, width: int) -> None:
    body = """    cached[3] = 1;
    esp_cache_msync(cached, 256, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_INVALIDATE | ESP_CACHE_MSYNC_FLAG_UNALIGNED);
    copy[0] = uncached[3];
    uncached[3] = 2;
    if (copy[0] != 1 || cached[3] != 2) abort();"""
    one = run_c(SOURCE % body, chip="esp32p4", word_bytes=width)
    assert lines(one) == []
    assert one.report.exit_code == 0


@pytest.mark.parametrize(("written", "told"), [(256, []), (100, ["uninitialised-transfer"])])
def test_what_was_stored_past_the_cache_counts_as_written(run_c: Run, written: int, told: list[str]) -> None:
    text = f"""
static bool on_done(async_memcpy_handle_t m, async_memcpy_event_t *e, void *done) {{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken;
}}
void app_main(void) {{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    async_memcpy_handle_t mcp;
    ESP_ERROR_CHECK(esp_async_memcpy_install_gdma_axi(&config, &mcp));
    char *from = heap_caps_malloc(256, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA), *to = heap_caps_calloc(1, 256, MALLOC_CAP_DMA);
    volatile char *uncached = from + 0x40000000;
    for (int i = 0; i < {written}; i++) uncached[i] = (char)i;
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, 256, on_done, done));
    xSemaphoreTake(done, portMAX_DELAY);
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    vSemaphoreDelete(done); free(from); free(to);
}}
"""
    one = run_c(text, chip="esp32p4")
    assert [finding.rule for finding in one.report.findings] == told
