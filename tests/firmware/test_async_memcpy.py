"""esp_async_memcpy from C, as ESP-IDF v5.5 has it: every error code, the order of checks, the backlog, the callback's context.

Sections are those of the driver's sources: installation, request, completion, uninstallation.
Source: ESP-IDF v5.5 components/esp_hw_support/dma/esp_async_memcpy.c, async_memcpy_gdma.c.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., object]
BOTH = pytest.mark.parametrize("chip", ["esp32s3", "esp32p4"])

HELP = """
#define CODE(name, call) printf("%s=%s\\n", name, esp_err_to_name(call))
#define INT_DMA (MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL)
#define EXT_DMA (MALLOC_CAP_DMA | MALLOC_CAP_SPIRAM)
static async_memcpy_handle_t mcp;
static volatile int calls;
static bool IRAM_ATTR count(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) { calls++; return false; }
static void setup(int backlog) { async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(); c.backlog = backlog; ESP_ERROR_CHECK(install_engine(&c, &mcp)); }
static void settle(void) { vTaskDelay(2); }
#line 1 "main.c"
"""


def codes(run_c: Run, body: str, before: str = "", **more: object) -> dict[str, str]:
    one = run_c(HELP + before + f"\nvoid app_main(void) {{ {body} }}", **more)
    assert one.problems == [], str(one.report)
    assert one.report.exit_code == 0
    return one.said


# --- installation -----------------------------------------------------------------------------------------------------


@BOTH
def test_install_error_codes(run_c: Run, chip: str, word_bytes: int) -> None:
    body = """
    async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(), odd = c; odd.dma_burst_size = 24;
    async_memcpy_handle_t h = (async_memcpy_handle_t)7;
    CODE("no config", esp_async_memcpy_install(NULL, &h));
    CODE("no handle", esp_async_memcpy_install(&c, NULL));
    CODE("burst", esp_async_memcpy_install(&odd, &h));
    printf("handle=%d\\n", (int)(uintptr_t)h);
    """
    assert codes(run_c, body, chip=chip, word_bytes=word_bytes) == {
        "no config": "ESP_ERR_INVALID_ARG", "no handle": "ESP_ERR_INVALID_ARG", "burst": "ESP_ERR_INVALID_ARG", "handle": "7",
    }  # fmt: skip


@pytest.mark.parametrize(("chip", "pairs"), [("esp32s3", 5), ("esp32p4", 3)])
def test_drivers_until_the_pairs_are_used_up(run_c: Run, chip: str, pairs: int) -> None:
    body = """
    async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(); async_memcpy_handle_t h[16] = {0}; int n = 0; esp_err_t err;
    while ((err = esp_async_memcpy_install(&c, &h[n])) == ESP_OK) n++;
    printf("installed=%d\\n", n); CODE("then", err); printf("untouched=%d\\n", h[n] == NULL);
    CODE("uninstall", esp_async_memcpy_uninstall(h[--n])); CODE("again", esp_async_memcpy_install(&c, &h[n])); n++;
    while (n) ESP_ERROR_CHECK(esp_async_memcpy_uninstall(h[--n]));
    """
    assert codes(run_c, body, chip=chip) == {
        "installed": str(pairs), "then": "ESP_ERR_NOT_FOUND", "untouched": "1", "uninstall": "ESP_OK", "again": "ESP_OK",
    }  # fmt: skip


def test_no_memory_for_the_driver(run_c: Run) -> None:
    body = """
    async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(); async_memcpy_handle_t h = NULL;
    void *all[64]; int n = 0; size_t size;
    while (n < 64 && (size = heap_caps_get_largest_free_block(MALLOC_CAP_INTERNAL)) > 32) { all[n] = heap_caps_malloc(size - 16, MALLOC_CAP_INTERNAL); if (!all[n]) break; n++; }
    CODE("full", esp_async_memcpy_install(&c, &h)); printf("handle=%d\\n", h != NULL);
    while (n) heap_caps_free(all[--n]);
    c.backlog = 100000; CODE("backlog", esp_async_memcpy_install(&c, &h));
    """
    assert codes(run_c, body) == {"full": "ESP_ERR_NO_MEM", "handle": "0", "backlog": "ESP_ERR_NO_MEM"}


# --- request ----------------------------------------------------------------------------------------------------------


@BOTH
def test_request_error_codes_in_their_order(run_c: Run, chip: str, word_bytes: int) -> None:
    body = """
    setup(8);
    static uint8_t a[256] __attribute__((aligned(64))), b[256] __attribute__((aligned(64)));
    CODE("no handle", esp_async_memcpy(NULL, b, a, 64, NULL, NULL));
    CODE("no dst", esp_async_memcpy(mcp, NULL, a, 64, NULL, NULL));
    CODE("no src", esp_async_memcpy(mcp, b, NULL, 64, NULL, NULL));
    CODE("no size", esp_async_memcpy(mcp, b, a, 0, NULL, NULL));
    CODE("dst", esp_async_memcpy(mcp, b + 2, a, 64, NULL, NULL)); settle();
    CODE("size", esp_async_memcpy(mcp, b, a, 63, NULL, NULL)); settle();
    CODE("src", esp_async_memcpy(mcp, b, a + 1, 64, NULL, NULL)); settle();
    CODE("ok", esp_async_memcpy(mcp, b, a, 64, NULL, NULL)); settle();
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    """
    aligned = (
        "ESP_ERR_INVALID_ARG" if chip == "esp32s3" else "ESP_OK"
    )  # AHB v1 bursts of 16 want words at the destination
    assert codes(run_c, body, chip=chip, word_bytes=word_bytes) == {
        "no handle": "ESP_ERR_INVALID_ARG", "no dst": "ESP_ERR_INVALID_ARG", "no src": "ESP_ERR_INVALID_ARG", "no size": "ESP_ERR_INVALID_ARG",
        "dst": aligned, "size": aligned, "src": "ESP_OK", "ok": "ESP_OK",
    }  # fmt: skip


def test_psram_destinations_want_the_burst_on_s3(run_c: Run) -> None:
    body = """
    setup(8); uint8_t *a = heap_caps_calloc(1, 256, INT_DMA), *b = heap_caps_calloc(1, 256, EXT_DMA);
    CODE("dst", esp_async_memcpy(mcp, b + 4, a, 64, NULL, NULL));
    CODE("size", esp_async_memcpy(mcp, b, a, 60, NULL, NULL));
    CODE("ok", esp_async_memcpy(mcp, b, a + 4, 64, NULL, NULL)); settle();
    CODE("back", esp_async_memcpy(mcp, a, b + 5, 60, NULL, NULL)); settle();
    free(a); free(b); ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    """
    assert codes(run_c, body) == {
        "dst": "ESP_ERR_INVALID_ARG",
        "size": "ESP_ERR_INVALID_ARG",
        "ok": "ESP_OK",
        "back": "ESP_OK",
    }


def test_the_default_engine_of_p4_refuses_psram(run_c: Run) -> None:
    body = """
    async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(); ESP_ERROR_CHECK(esp_async_memcpy_install(&c, &mcp));
    uint8_t *a = heap_caps_calloc(1, 256, INT_DMA), *b = heap_caps_calloc(1, 256, EXT_DMA);
    CODE("to", esp_async_memcpy(mcp, b, a, 64, NULL, NULL)); CODE("from", esp_async_memcpy(mcp, a, b, 64, NULL, NULL));
    CODE("flash", esp_async_memcpy(mcp, a, (void *)"constant", 8, NULL, NULL));
    free(a); free(b); ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    """
    one = run_c(HELP + f"void app_main(void) {{ {body} }}", chip="esp32p4")
    assert set(one.said.values()) == {"ESP_ERR_INVALID_ARG"}
    assert one.report.exit_code == 0, str(one.report)


@BOTH
def test_a_full_backlog(run_c: Run, chip: str) -> None:
    """Running and queued requests count; a slot is free again after its callback."""
    body = """
    uint8_t *a = heap_caps_calloc(1, 65536, EXT_DMA), *b = heap_caps_calloc(1, 65536, EXT_DMA);
    setup(2);
    esp_err_t e[3]; for (int i = 0; i < 3; i++) e[i] = esp_async_memcpy(mcp, b, a, 65536, count, NULL);
    CODE("1", e[0]); CODE("2", e[1]); CODE("3", e[2]);
    settle(); settle(); printf("calls=%d\\n", calls);
    CODE("4", esp_async_memcpy(mcp, b, a, 64, count, NULL)); settle(); printf("again=%d\\n", calls);
    free(a); free(b); ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    """
    assert codes(run_c, body, chip=chip) == {
        "1": "ESP_OK", "2": "ESP_OK", "3": "ESP_ERR_INVALID_STATE", "calls": "2", "4": "ESP_OK", "again": "3",
    }  # fmt: skip


def test_a_backlog_of_zero_is_four(run_c: Run) -> None:
    body = """
    static uint8_t a[16384] __attribute__((aligned(64))), b[16384] __attribute__((aligned(64)));
    setup(0); int n = 0; while (n < 9 && esp_async_memcpy(mcp, b, a, 16384, count, NULL) == ESP_OK) n++;
    printf("n=%d\\n", n); settle(); ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    """
    assert codes(run_c, body) == {"n": "4"}


# --- completion -------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("size", "src_offset", "dst_offset"),
    [(1, 0, 0), (64, 1, 0), (100, 3, 7), (4095, 0, 0), (4096, 0, 0), (5011, 3, 5), (13000, 2, 62)],
)
def test_copies_between_all_memories_without_bursts(
    run_c: Run, chip: str, size: int, src_offset: int, dst_offset: int
) -> None:
    """Burst 0 takes the alignment rules away; bytes around the destination stay as they are."""
    one = run_c(HELP + f"""
    void app_main(void) {{
        SemaphoreHandle_t done = xSemaphoreCreateBinary();
        async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(); c.dma_burst_size = 0; ESP_ERROR_CHECK(install_engine(&c, &mcp));
        static const uint32_t caps[] = {{INT_DMA, EXT_DMA}};
        int wrong = 0;
        for (int i = 0; i < 4; i++) {{
            uint8_t *a = heap_caps_malloc({size + src_offset}, caps[i & 1]), *b = heap_caps_malloc({size + dst_offset + 64}, caps[i >> 1]);
            for (int j = 0; j < {size}; j++) a[{src_offset} + j] = (uint8_t)(j * 7 + i);
            memset(b, 0xee, {size + dst_offset + 64});
            ESP_ERROR_CHECK(esp_async_memcpy(mcp, b + {dst_offset}, a + {src_offset}, {size}, give_done, done));
            xSemaphoreTake(done, portMAX_DELAY);
            for (int j = 0; j < {size}; j++) wrong += b[{dst_offset} + j] != (uint8_t)(j * 7 + i);
            for (int j = 0; j < {dst_offset}; j++) wrong += b[j] != 0xee;
            for (int j = 0; j < 64; j++) wrong += b[{dst_offset + size} + j] != 0xee;
            free(a); free(b);
        }}
        SAY("wrong", wrong);
        ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp)); vSemaphoreDelete(done);
    }}
    """, chip=chip)  # fmt: skip
    assert one.problems == [], str(one.report)
    assert one.numbers == {"wrong": 0}


def test_the_callback_runs_in_an_interrupt_with_its_arguments(run_c: Run, word_bytes: int) -> None:
    body = """
    static uint8_t a[64] __attribute__((aligned(64))), b[64] __attribute__((aligned(64)));
    setup(8); CODE("submit", esp_async_memcpy(mcp, b, a, 64, look, (void *)0x1234)); settle();
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    """
    before = """static bool look(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) {
        esp_rom_printf("isr=%d%d%d%d\\n", xPortInIsrContext(), m == mcp, arg == (void *)0x1234, e && e->data == NULL); return false; }"""
    assert codes(run_c, body, before, word_bytes=word_bytes) == {"submit": "ESP_OK", "isr": "1111"}


def test_callbacks_come_in_the_order_of_the_requests(run_c: Run) -> None:
    body = """
    static uint8_t a[2048] __attribute__((aligned(64))), b[2048] __attribute__((aligned(64)));
    static const char *names[] = {"0", "1", "2", "3", "4"}; setup(8);
    for (int i = 0; i < 5; i++) ESP_ERROR_CHECK(esp_async_memcpy(mcp, b, a, 2048 >> i, look, (void *)names[i]));
    settle(); printf("order=%s\\n", order); ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    """
    before = """static char order[8]; static bool look(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) {
        for (char *p = order; ; p++) if (!*p) { *p = *(char *)arg; break; } return false; }"""
    assert codes(run_c, body, before) == {"order": "01234"}


@pytest.mark.parametrize(("backlog", "code"), [(1, "ESP_ERR_INVALID_STATE"), (2, "ESP_OK")])
def test_asking_again_from_the_callback(run_c: Run, backlog: int, code: str) -> None:
    """The transaction whose callback runs is not idle yet: another one must be free."""
    body = f"""
    setup({backlog}); ESP_ERROR_CHECK(esp_async_memcpy(mcp, b, a, 64, again, NULL)); settle();
    CODE("again", err); printf("calls=%d\\n", calls); ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    """
    before = """static uint8_t a[64] __attribute__((aligned(64))), b[64] __attribute__((aligned(64))); static esp_err_t err;
    static bool again(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) { calls++; err = esp_async_memcpy(m, b, a, 64, count, NULL); return false; }"""
    assert codes(run_c, body, before) == {"again": code, "calls": str(backlog)}


# --- uninstallation ---------------------------------------------------------------------------------------------------


@BOTH
def test_uninstall_error_codes(run_c: Run, chip: str) -> None:
    body = """
    CODE("null", esp_async_memcpy_uninstall(NULL));
    setup(8); ESP_ERROR_CHECK(esp_async_memcpy(mcp, b, a, 4096, inside, NULL)); CODE("running", esp_async_memcpy_uninstall(mcp));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, b, a, 4096, NULL, NULL)); CODE("queued", esp_async_memcpy_uninstall(mcp));
    settle(); CODE("inside", from_inside); CODE("idle", esp_async_memcpy_uninstall(mcp));
    """
    before = """static uint8_t a[4096] __attribute__((aligned(64))), b[4096] __attribute__((aligned(64))); static esp_err_t from_inside;
    static bool inside(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) { from_inside = esp_async_memcpy_uninstall(m); return false; }"""
    assert codes(run_c, body, before, chip=chip) == {
        "null": "ESP_ERR_INVALID_ARG", "running": "ESP_ERR_INVALID_STATE", "queued": "ESP_ERR_INVALID_STATE",
        "inside": "ESP_ERR_INVALID_STATE", "idle": "ESP_OK",
    }  # fmt: skip


def test_everything_the_driver_took_comes_back(run_c: Run) -> None:
    body = """
    static uint8_t a[4096] __attribute__((aligned(64))), b[4096] __attribute__((aligned(64)));
    settle(); size_t before = esp_get_free_heap_size(); setup(16);
    for (int i = 0; i < 16; i++) ESP_ERROR_CHECK(esp_async_memcpy(mcp, b, a, 4096, NULL, NULL));
    settle(); ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp)); printf("left=%d\\n", (int)(before - esp_get_free_heap_size()));
    """
    assert codes(run_c, body) == {"left": "0"}


# --- later releases ---------------------------------------------------------------------------------------------------


def test_a_blocking_copy(run_c: Run) -> None:
    """The development line has it; the only time-out it takes is -1."""
    before = "static uint8_t a[64] __attribute__((aligned(64))), b[64] __attribute__((aligned(64))); static bool blocks(async_memcpy_handle_t m,\n"
    before += "async_memcpy_event_t *e, void *arg) { err = esp_memcpy_blocking(m, b, a, 64, -1); return false; }"
    body = """
    setup(8); memset(a, 5, 64); CODE("copy", esp_memcpy_blocking(mcp, b, a, 64, -1)); printf("b=%d\\n", b[63]);
    CODE("timeout", esp_memcpy_blocking(mcp, b, a, 64, 100)); CODE("null", esp_memcpy_blocking(mcp, NULL, a, 64, -1));
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    """
    assert codes(run_c, body, before.replace("static bool blocks", "static esp_err_t err; static bool blocks"), idf="master") == {
        "copy": "ESP_OK", "b": "5", "timeout": "ESP_ERR_INVALID_ARG", "null": "ESP_ERR_INVALID_ARG",
    }  # fmt: skip
