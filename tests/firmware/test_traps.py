"""Code that looks wrong and is right: the checker must stay silent, whatever the cache does.

Each firmware runs on a chip whose internal RAM is not cached (esp32s3) and on one whose RAM is (esp32p4), under every eviction policy. The
names are those of public driver bugs and their neighbours; what ESP-IDF v5.5 has no way to express (rings, SPI, Zephyr) is tested elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dmalab.core.cache import POLICIES
from dmalab.report.finding import Finding

Run = Callable[..., object]

HELP = """
#define INT_DMA (MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL)
#define EXT_DMA (MALLOC_CAP_DMA | MALLOC_CAP_SPIRAM)
#define C2M ESP_CACHE_MSYNC_FLAG_DIR_C2M
#define M2C ESP_CACHE_MSYNC_FLAG_DIR_M2C
static async_memcpy_handle_t mcp; static SemaphoreHandle_t done;
static void setup(size_t burst) {
    async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(); c.dma_burst_size = burst;
    ESP_ERROR_CHECK(install_engine(&c, &mcp)); done = xSemaphoreCreateCounting(8, 0);
}
static void finish(void) { ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp)); vSemaphoreDelete(done); }
static void submit(void *to, const void *from, size_t n) { ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, (void *)from, n, give_done, done)); }
static void await(void) { xSemaphoreTake(done, portMAX_DELAY); }
static void copy(void *to, const void *from, size_t n) { submit(to, from, n); await(); }
/* Stands for a device that fills memory: an engine's write from a source that is right. */
static const uint8_t *device(size_t n) { static uint8_t *bytes; if (!bytes) { bytes = heap_caps_malloc(8192, INT_DMA); for (int i = 0; i < 8192; i++) bytes[i] = (uint8_t)(i * 3 + 1); } return bytes; }
static int wrong(const uint8_t *p, size_t n) { int bad = 0; for (size_t i = 0; i < n; i++) bad += p[i] != (uint8_t)(i * 3 + 1); return bad; }
#line 1 "main.c"
"""

TRAPS = {
    "F01 invalidate a fresh buffer": """
        uint8_t *p = heap_caps_aligned_alloc(128, 1024, MALLOC_CAP_SPIRAM); esp_cache_msync(p, 1024, M2C);
        copy(p, device(1024), 1024); SAY("wrong", wrong(p, 1024)); free(p);""",
    "F02 clear, invalidate, fill": """
        uint8_t *p = heap_caps_aligned_calloc(128, 1, 1024, MALLOC_CAP_SPIRAM); esp_cache_msync(p, 1024, M2C);
        copy(p, device(1024), 1024); SAY("wrong", wrong(p, 1024)); free(p);""",
    "F03 write back what is clean or constant": """
        static const uint8_t table[256] __attribute__((aligned(128))) = {1, 2, 3};
        esp_cache_msync((void *)table, 256, C2M);
        uint8_t *p = heap_caps_aligned_alloc(128, 1024, MALLOC_CAP_SPIRAM); copy(p, device(1024), 1024);
        esp_cache_msync(p, 1024, C2M); esp_cache_msync(p, 1024, C2M); SAY("wrong", wrong(p, 1024)); free(p);""",
    "F04 write back with the unaligned flag": """
        uint8_t *p = heap_caps_malloc(1100, MALLOC_CAP_SPIRAM), *q = heap_caps_malloc(1100, EXT_DMA);
        memcpy(p + 5, device(1000), 1000); esp_cache_msync(p + 5, 1000, C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED);
        p[3] = 1; p[1050] = 2; copy(q, p + 5, 1000); SAY("wrong", wrong(q, 1000)); free(p); free(q);""",
    "F05 a source that is not aligned": """
        uint8_t *p = heap_caps_malloc(1100, MALLOC_CAP_SPIRAM), *q = heap_caps_malloc(1100, INT_DMA);
        memcpy(p + 7, device(999), 999); submit(q, p + 7, 999); p[6] = 1; p[7 + 999] = 2; await();
        SAY("wrong", wrong(q, 999)); SAY("neighbours", p[6] * 10 + p[1006]); free(p); free(q);""",
    "F06 neighbours of a destination are read": """
        uint8_t *p = heap_caps_aligned_calloc(128, 1, 1280, MALLOC_CAP_SPIRAM); volatile int sum = 0;
        p[3] = 4; p[1200] = 5; submit(p + 100, device(1000), 1000); sum += p[3]; sum += p[1200]; await();
        SAY("wrong", wrong(p + 100, 1000)); SAY("neighbours", p[3] * 10 + p[1200]); free(p);""",
    "F07 write back and invalidate instead of invalidate": """
        uint8_t *p = heap_caps_aligned_calloc(128, 1, 1024, MALLOC_CAP_SPIRAM);
        esp_cache_msync(p, 1024, C2M | ESP_CACHE_MSYNC_FLAG_INVALIDATE);
        copy(p, device(1024), 1024); SAY("wrong", wrong(p, 1024)); free(p);""",
    "F08 no invalidate after completion": """
        uint8_t *p = heap_caps_malloc(4096, EXT_DMA); for (int i = 0; i < 3; i++) { copy(p, device(4096), 4096); SAY("wrong", wrong(p, 4096)); } free(p);""",
    "F09 no invalidate before the start": """
        uint8_t *p = heap_caps_malloc(4096, EXT_DMA); copy(p, device(4096), 4096); SAY("wrong", wrong(p, 4096)); free(p);""",
    "F10 two invalidates around one receive": """
        uint8_t *p = heap_caps_malloc(4096, EXT_DMA); esp_cache_msync(p, 4096, M2C); copy(p, device(4096), 4096);
        esp_cache_msync(p, 4096, M2C); SAY("wrong", wrong(p, 4096)); free(p);""",
    "F11 a length rounded up inside its block": """
        uint8_t *p = heap_caps_malloc(1000, EXT_DMA); memset(p, 0, 1000);
        esp_cache_msync(p, heap_caps_get_allocated_size(p), M2C); copy(p, device(1000), 1000); SAY("wrong", wrong(p, 1000)); free(p);""",
    "F13 maintenance of memory that is not cached": """
        uint8_t *p = heap_caps_malloc(1024, INT_DMA), *q = heap_caps_malloc(1024, INT_DMA); memcpy(p, device(1024), 1024);
        esp_err_t err = esp_cache_msync(p, 1024, C2M); if (err == ESP_OK || err == ESP_ERR_NOT_SUPPORTED || err == ESP_ERR_INVALID_ARG) copy(q, p, 1024);
        SAY("wrong", wrong(q, 1024)); free(p); free(q);""",
    "F16 PSRAM as a target": """
        static EXT_RAM_BSS_ATTR uint8_t p[4096] __attribute__((aligned(128))); copy(p, device(4096), 4096); SAY("wrong", wrong(p, 4096));""",
    "F18 the caller does not sync": """
        uint8_t *p = heap_caps_malloc(4096, EXT_DMA), *q = heap_caps_malloc(4096, EXT_DMA); memcpy(p, device(4096), 4096); copy(q, p, 4096);
        SAY("wrong", wrong(q, 4096)); free(p); free(q);""",
    "F20 a stack buffer with a wait": """
        uint8_t local[256], back[256]; memcpy(local, device(256), 256); copy(back, local, 256); SAY("wrong", wrong(back, 256));""",
    "F22 a source is read in flight, and by two copies": """
        uint8_t *p = heap_caps_malloc(4096, EXT_DMA), *q = heap_caps_malloc(4096, EXT_DMA), *r = heap_caps_malloc(4096, INT_DMA);
        memcpy(p, device(4096), 4096); submit(q, p, 4096); submit(r, p, 4096); int bad = wrong(p, 4096); await(); await();
        SAY("wrong", bad + wrong(q, 4096) + wrong(r, 4096)); free(p); free(q); free(r);""",
    "F29 less than a line": """
        uint8_t *p = heap_caps_malloc(5, EXT_DMA); copy(p, device(5), 5); SAY("wrong", wrong(p, 5)); free(p);""",
    "F30 the end of the buffer is not received": """
        uint8_t *p = heap_caps_calloc(1, 1024, EXT_DMA); p[1000] = 9; copy(p, device(512), 512); SAY("wrong", wrong(p, 512)); SAY("end", p[1000]); free(p);""",
    "F31 padding is sent": """
        uint8_t *p = heap_caps_malloc(64, INT_DMA), *q = heap_caps_malloc(64, INT_DMA); memcpy(p, device(61), 61); copy(q, p, 64);
        SAY("wrong", wrong(q, 61)); free(p); free(q);""",
    "F33 nothing at all": """
        SAY("wrong", esp_async_memcpy(mcp, NULL, device(8), 0, NULL, NULL) != ESP_ERR_INVALID_ARG);""",
    "a buffer used again and again": """
        uint8_t *p = heap_caps_malloc(2048, EXT_DMA), *q = heap_caps_malloc(2048, EXT_DMA); int bad = 0;
        for (int i = 0; i < 4; i++) { memset(p, i, 2048); copy(q, p, 2048); for (int j = 0; j < 2048; j++) bad += q[j] != i; }
        SAY("wrong", bad); free(p); free(q);""",
    "two buffers in turn": """
        uint8_t *p[2] = {heap_caps_malloc(2048, EXT_DMA), heap_caps_malloc(2048, EXT_DMA)}, *q = heap_caps_malloc(2048, INT_DMA);
        memset(p[0], 0, 2048);
        for (int i = 0; i < 4; i++) { submit(q, p[i & 1], 2048); memset(p[~i & 1], i, 2048); await(); } SAY("wrong", 0); free(p[0]); free(p[1]); free(q);""",
    "a block that carries an old owner's dirty lines": """
        for (int i = 0; i < 3; i++) { uint8_t *p = heap_caps_malloc(1024, EXT_DMA); memset(p, i, 1024); free(p);
            p = heap_caps_malloc(1024, EXT_DMA); copy(p, device(1024), 1024); SAY("wrong", wrong(p, 1024)); free(p); }""",
    "the destination's edges share lines with live neighbours": """
        struct { uint8_t before[20]; uint8_t data[1000]; uint8_t after[20]; } *s = heap_caps_aligned_calloc(128, 1, 1152, MALLOC_CAP_SPIRAM);
        memset(s->before, 1, 20); memset(s->after, 2, 20); submit(s->data, device(1000), 1000);
        s->before[19] = 7; s->after[0] = 8; await();
        SAY("wrong", wrong(s->data, 1000)); SAY("neighbours", s->before[19] * 10 + s->after[0]); free(s);""",
}
ONLY_P4 = {
    "F12 the uncached alias only": """
        volatile uint8_t *p = heap_caps_aligned_alloc(128, 1024, INT_DMA); esp_cache_msync((void *)p, 1024, C2M | ESP_CACHE_MSYNC_FLAG_INVALIDATE);
        volatile uint8_t *alias = (volatile uint8_t *)((uintptr_t)p + 0x40000000); int bad = 0;
        for (int i = 0; i < 1024; i++) alias[i] = (uint8_t)(i * 3 + 1);
        for (int i = 0; i < 1024; i++) bad += alias[i] != (uint8_t)(i * 3 + 1);
        uint8_t *q = heap_caps_malloc(1024, INT_DMA); copy(q, (void *)p, 1024); SAY("wrong", bad + wrong(q, 1024)); free((void *)p); free(q);""",
    "F17 flash as a source": """
        static const uint8_t table[256] = {1, 4, 7, 10, 13, 16, 19, 22}; uint8_t *q = heap_caps_malloc(8, INT_DMA);
        copy(q, table, 8); SAY("wrong", wrong(q, 8)); free(q);""",
}
EXPECTED = {"neighbours": {"F05": 12, "F06": 45, "the": 78}, "end": {"F30": 9}}


def blamed(one: Any) -> list[Finding]:
    """Errors and warnings but for those of a prefetcher: these chips have none at work, and the copy driver relies on that (F08)."""
    return [finding for finding in one.problems if "by a prefetch" not in finding.message]


@pytest.mark.parametrize("chip", ["esp32s3", "esp32p4"])
@pytest.mark.parametrize("name", [*TRAPS, *ONLY_P4])
def test_right_code_is_left_alone(run_c: Run, name: str, chip: str) -> None:
    if name in ONLY_P4 and chip != "esp32p4":
        pytest.skip("this chip has no such alias, or its engine does not read flash")
    body = TRAPS.get(name) or ONLY_P4[name]
    burst = 0  # so that alignment is the caches' business only
    text = HELP + f"void app_main(void) {{ setup({burst}); {body} finish(); }}"
    for policy in POLICIES:
        for seed in (0, 1) if policy == "random" else (0,):
            one = run_c(text, chip=chip, policy=policy, seed=seed)
            assert blamed(one) == [], f"{policy}, seed {seed}: {one.report}"
            if one.problems:
                continue
            assert one.report.exit_code == 0
            assert one.numbers["wrong"] == 0
            for key, values in EXPECTED.items():
                if key in one.numbers:
                    assert one.numbers[key] == values[name.split(maxsplit=1)[0]]


@pytest.mark.parametrize("chip", ["esp32s3", "esp32p4"])
def test_asking_again_from_the_callback_is_right(run_c: Run, chip: str) -> None:
    """F26: the transfer is over when its callback runs."""
    text = (
        HELP
        + """
    static uint8_t *p, *q; static volatile int rounds;
    static bool IRAM_ATTR again(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) {
        BaseType_t w = pdFALSE;
        if (++rounds == 4) xSemaphoreGiveFromISR(done, &w); else esp_async_memcpy(m, q, p, 1024, again, NULL);
        return w;
    }
    void app_main(void) {
        setup(16); p = heap_caps_malloc(1024, INT_DMA); q = heap_caps_malloc(1024, EXT_DMA); memcpy(p, device(1024), 1024);
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, q, p, 1024, again, NULL)); await(); vTaskDelay(1);
        SAY("wrong", wrong(q, 1024)); free(p); free(q); finish();
    }
    """
    )
    for policy in POLICIES:
        one = run_c(text, chip=chip, policy=policy)
        assert blamed(one) == [], f"{policy}: {one.report}"
        assert one.problems or one.numbers == {"wrong": 0}


@pytest.mark.parametrize("level", ["-O0", "-Og", "-O2", "-O3", "-Os"])
@pytest.mark.parametrize("chip", ["esp32s3", "esp32p4"])
def test_the_compiler_does_not_matter(run_c: Run, level: str, chip: str) -> None:
    """All traps in one program, at each level of optimisation."""
    bodies = "".join(f"static void trap{i}(void) {{ {body} }}\n" for i, body in enumerate(TRAPS.values()))
    calls = "".join(f"trap{i}(); " for i in range(len(TRAPS)))
    one = run_c(HELP + bodies + f"void app_main(void) {{ setup(0); {calls} finish(); }}", chip=chip, cflags=(level,))
    assert one.problems == [], str(one.report)
    assert one.report.exit_code == 0
    assert all(line == "wrong=0" for line in one.out.splitlines() if line.startswith("wrong"))
