"""Every rule that ESP-IDF firmware can break, broken by a firmware, at three levels of optimisation; the repaired twin is clean.

The rules with an example of their own are broken by that example. The others have a short firmware here: `BUG` or `FIXED` is defined.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dmalab.options import Options
from dmalab.report.finding import Severity
from dmalab.runner import run_sources

Run = Callable[..., object]
LEVELS = pytest.mark.parametrize("level", ["-O0", "-Og", "-O2"])
EXAMPLES = Path(__file__).parents[2] / "examples"
INDEX: list[dict[str, Any]] = tomllib.loads((EXAMPLES / "index.toml").read_text())["example"]

HELP = """
#include "esp_idf_version.h"
#define INT_DMA (MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL)
#define EXT_DMA (MALLOC_CAP_DMA | MALLOC_CAP_SPIRAM)
#define M2C ESP_CACHE_MSYNC_FLAG_DIR_M2C
static async_memcpy_handle_t mcp; static SemaphoreHandle_t done;
static void setup(int backlog) {
    async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(); c.backlog = backlog;
#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 2, 0)
    ESP_ERROR_CHECK(esp_async_memcpy_install(&c, &mcp));
#else
    ESP_ERROR_CHECK(install_engine(&c, &mcp));
#endif
    done = xSemaphoreCreateCounting(8, 0);
}
static void finish(void) { ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp)); vSemaphoreDelete(done); }
static esp_err_t submit(void *to, const void *from, size_t n) { return esp_async_memcpy(mcp, to, (void *)from, n, give_done, done); }
static void await(void) { xSemaphoreTake(done, portMAX_DELAY); }
static volatile int seen;
#line 1 "main.c"
"""

FIRMWARES: dict[str, tuple[str, set[str], str]] = {
    # rule: (release, what else the same bug may be called, source)
    "dirty-line-over-dma": ("v5.1", {"stale-cpu-read", "shared-line"}, """
        uint8_t *from = heap_caps_calloc(1, 1024, INT_DMA), *to = heap_caps_aligned_alloc(128, 1024, MALLOC_CAP_SPIRAM);
        memset(to, 0xee, 1024);
    #ifdef FIXED
        ESP_ERROR_CHECK(esp_cache_msync(to, 1024, ESP_CACHE_MSYNC_FLAG_INVALIDATE));
    #endif
        setup(8); ESP_ERROR_CHECK(submit(to, from, 1024)); /* BUG */
        await(); seen = to[5]; finish(); free(from); free(to);"""),
    "discarded-write": ("v5.5", set(), """
        uint8_t *from = heap_caps_calloc(1, 1024, INT_DMA), *to = heap_caps_malloc(1000, EXT_DMA);
        async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(); c.dma_burst_size = 0;
        ESP_ERROR_CHECK(install_engine(&c, &mcp)); done = xSemaphoreCreateCounting(8, 0);
        ESP_ERROR_CHECK(submit(to, from, 1000));
        await(); /* the driver put the last bytes there with the core: they are dirty */
    #ifndef FIXED
        esp_cache_msync(to, heap_caps_get_allocated_size(to), M2C); /* BUG */
    #endif
        for (int i = 0; i < 1000; i++) seen += to[i];
        finish(); free(from); free(to);"""),
    "ring-ownership": ("v5.5", {"stale-cpu-read", "uninitialised-transfer"}, """
        uint8_t *from = heap_caps_calloc(1, 32768, EXT_DMA), *to = heap_caps_calloc(1, 32768, EXT_DMA);
        setup(1);
        ESP_ERROR_CHECK(submit(to, from, 16384));
    #ifdef FIXED
        await();
    #endif
        submit(to + 16384, from, 16384); /* BUG */
        await(); seen = to[16384]; finish(); free(from); free(to);"""),
    "misaligned-for-engine": ("v5.5", set(), """
        uint8_t *from = heap_caps_calloc(1, 256, INT_DMA), *to = heap_caps_calloc(1, 256, EXT_DMA);
        setup(8);
    #ifdef FIXED
        ESP_ERROR_CHECK(submit(to, from, 64)); await();
    #else
        submit(to + 4, from, 64); /* BUG */
    #endif
        seen = to[5]; finish(); free(from); free(to);"""),
    "redundant-sync": ("v5.5", set(), """
        uint8_t *p = heap_caps_calloc(1, 256, EXT_DMA);
        ESP_ERROR_CHECK(esp_cache_msync(p, 256, ESP_CACHE_MSYNC_FLAG_DIR_C2M));
    #ifndef FIXED
        ESP_ERROR_CHECK(esp_cache_msync(p, 256, ESP_CACHE_MSYNC_FLAG_DIR_C2M)); /* BUG */
    #endif
        free(p);"""),
    "uninitialised-transfer": ("v5.5", set(), """
        uint8_t *from = heap_caps_malloc(256, EXT_DMA), *to = heap_caps_malloc(256, INT_DMA);
    #ifdef FIXED
        memset(from, 0, 256);
    #endif
        setup(8); ESP_ERROR_CHECK(submit(to, from, 256)); /* BUG */
        await(); finish(); free(from); free(to);"""),
    "heap-misuse": ("v5.5", set(), """
        char *p = malloc(16); strcpy(p, "text");
    #ifdef FIXED
        seen = p[0]; free(p);
    #else
        free(p); seen = p[0]; /* BUG */
    #endif"""),
    "guest-fault": ("v5.5", set(), """
        volatile int zero = 0;
    #ifdef FIXED
        zero = 1;
    #endif
        seen = 7 / zero; /* BUG */"""),
}  # fmt: skip


@LEVELS
@pytest.mark.parametrize(
    "name",
    list(FIRMWARES),
)
def test_a_broken_rule_is_found_at_its_line(run_c: Run, name: str, level: str) -> None:
    release, also, body = FIRMWARES[name]
    text = f"void app_main(void) {{{body}\n}}"
    one = run_c(HELP + text, idf=release, cflags=(level,))
    found = {finding.rule for finding in one.report.findings}
    assert name in found, str(one.report)
    assert found <= {name, *also}, str(one.report)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if "BUG" in row)
    named = {where.line for finding in one.report.findings if finding.rule == name for where in finding.where}
    # A helper of one line hides its caller: then the place is the helper's, which stands above line 1.
    assert line in named or level != "-Og" or "submit(" in text.splitlines()[line - 1]


@LEVELS
@pytest.mark.parametrize("name", FIRMWARES)
def test_its_repaired_twin_is_clean(run_c: Run, name: str, level: str) -> None:
    release, _, body = FIRMWARES[name]
    one = run_c(HELP + f"void app_main(void) {{{body}\n}}", idf=release, cflags=(level,), defines=("FIXED",))
    assert name not in {finding.rule for finding in one.report.findings}, str(one.report)
    assert one.problems == [], str(one.report)
    assert one.report.exit_code == 0


@pytest.mark.parametrize("level", ["-O0", "-O2"])
@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry["name"]) for entry in INDEX])
def test_the_examples_at_other_levels(entry: dict[str, Any], level: str) -> None:
    chip = entry["chips"][0]
    for twin in ("bug", "fixed"):
        source = EXAMPLES / entry["name"] / f"{twin}.c"
        (report,) = run_sources(Options(sources=(source,), chips=(chip,), cflags=(level,), quiet=True))
        found = {finding.rule for finding in report.findings if finding.severity is not Severity.INFO}
        if twin == "fixed":
            assert found == set(), str(report)
        else:
            assert entry["rule"] in found, str(report)
            assert found <= {entry["rule"], *entry["also"]}, str(report)
