"""esp_cache_msync, its queries and the pointer predicates from C, as ESP-IDF v5.5 has them.

Source: ESP-IDF v5.5 components/esp_mm/esp_cache_msync.c (order of checks), esp_cache_utils.c, esp_hw_support/include/esp_memory_utils.h.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., object]

HELP = """
#define CODE(name, call) printf("%s=%s\\n", name, esp_err_to_name(call))
#define C2M ESP_CACHE_MSYNC_FLAG_DIR_C2M
#define M2C ESP_CACHE_MSYNC_FLAG_DIR_M2C
#define UNALIGNED ESP_CACHE_MSYNC_FLAG_UNALIGNED
#define INVALIDATE ESP_CACHE_MSYNC_FLAG_INVALIDATE
#define DATA ESP_CACHE_MSYNC_FLAG_TYPE_DATA
#define INST ESP_CACHE_MSYNC_FLAG_TYPE_INST
static EXT_RAM_BSS_ATTR uint8_t ext[256] __attribute__((aligned(128)));
static uint8_t internal[256] __attribute__((aligned(128)));
static inline int sync(void *p, size_t n, int flags) { return esp_cache_msync(p, n, flags); }
"""
INVALID, OK = "ESP_ERR_INVALID_ARG", "ESP_OK"

TABLE = [
    # what, call, code on S3, code on P4
    ("null", "sync(NULL, 64, C2M)", INVALID, INVALID),
    ("overflow", "sync(ext, 0xfffff000u, C2M)", INVALID, INVALID),
    ("both directions", "sync(ext, 128, C2M | M2C)", INVALID, INVALID),
    ("both types", "sync(ext, 128, C2M | DATA | INST)", INVALID, INVALID),
    ("not cached", "sync((void *)0x10, 128, C2M)", INVALID, INVALID),
    ("internal", "sync(internal, 128, C2M)", INVALID, OK),
    ("leaves the window", "sync(ext, 64 << 20, C2M)", INVALID, None),
    ("unaligned address", "sync(ext + 4, 128, C2M)", INVALID, INVALID),
    ("unaligned size", "sync(ext, 100, C2M)", INVALID, INVALID),
    ("half a line", "sync(ext + 32, 32, C2M)", OK, INVALID),
    ("unaligned allowed", "sync(ext + 4, 100, C2M | UNALIGNED)", OK, OK),
    ("unaligned with invalidate", "sync(ext + 4, 100, UNALIGNED | INVALIDATE)", OK, OK),
    ("m2c unaligned", "sync(ext, 128, M2C | UNALIGNED)", INVALID, INVALID),
    ("m2c", "sync(ext, 128, M2C)", OK, OK),
    ("m2c instructions", "sync(ext, 128, M2C | INST)", OK, OK),
    ("m2c invalidate", "sync(ext, 128, M2C | INVALIDATE)", OK, OK),
    ("m2c odd", "sync(ext + 1, 128, M2C)", INVALID, INVALID),
    ("c2m instructions", "sync(ext, 128, C2M | INST)", INVALID, INVALID),
    ("no direction", "sync(ext, 128, 0)", OK, OK),
    ("unknown bits", "sync(ext, 128, C2M | 0x4000)", OK, OK),
    ("nothing", "sync(ext + 128, 0, C2M)", OK, OK),
    ("flash", 'sync((void *)((uintptr_t)"x" & ~127), 128, M2C)', OK, OK),
]


@pytest.mark.parametrize("chip", ["esp32s3", "esp32p4"])
def test_what_msync_answers(run_c: Run, chip: str, word_bytes: int) -> None:
    """idf-api 4.2, in its order."""
    rows = [(what, call, p4 if chip == "esp32p4" else s3) for what, call, s3, p4 in TABLE]
    body = "".join(f'CODE("{what}", {call});' for what, call, code in rows if code)
    one = run_c(HELP + f"void app_main(void) {{ {body} }}", chip=chip, word_bytes=word_bytes)
    assert one.said == {what: code for what, _, code in rows if code}
    assert "guest-fault" not in one.rules


@pytest.mark.parametrize("chip", ["esp32s3", "esp32p4"])
def test_what_msync_does_to_the_two_views(run_c: Run, chip: str) -> None:
    """Seen through the engine, which reads and writes memory."""
    one = run_c(HELP + """
    static async_memcpy_handle_t mcp; static SemaphoreHandle_t done;
    void app_main(void) {
        uint8_t *p = heap_caps_aligned_alloc(128, 256, MALLOC_CAP_SPIRAM);
        memset(p, 1, 256); CODE("write back", sync(p, 256, C2M | INVALIDATE));
        SAY("kept", p[0]);
        memset(p, 2, 128); CODE("drop", sync(p, 128, M2C)); SAY("first", p[0]); SAY("second", p[128]);
        free(p);
    }
    """, chip=chip)  # fmt: skip
    assert one.said == {"write back": OK, "kept": "1", "drop": OK, "first": "1", "second": "1"}
    assert one.rules == ["discarded-write"]


@pytest.mark.parametrize(("chip", "internal", "external"), [("esp32s3", 0, 32), ("esp32p4", 64, 64)])
def test_alignment_queries(run_c: Run, chip: str, internal: int, external: int) -> None:
    one = run_c(HELP + """
    void app_main(void) {
        size_t a = 77, b = 77;
        CODE("null", esp_cache_get_alignment(MALLOC_CAP_SPIRAM, NULL));
        CODE("i", esp_cache_get_alignment(MALLOC_CAP_INTERNAL, &a)); CODE("e", esp_cache_get_alignment(MALLOC_CAP_SPIRAM, &b));
        SAY("internal", a); SAY("external", b);
    }
    """, chip=chip)  # fmt: skip
    assert one.said == {"null": INVALID, "i": OK, "e": OK, "internal": str(internal), "external": str(external)}


WINDOWS = {
    # chip: (internal, dma) as [low, high)
    "esp32": ((0x3FF90000, 0x400C2000), (0x3FFAE000, 0x40000000)),
    "esp32s2": ((0x3FF9E000, 0x40072000), (0x3FFB0000, 0x40000000)),
    "esp32s3": ((0x3FC88000, 0x403E0000), (0x3FC88000, 0x3FD00000)),
    "esp32c3": ((0x3FC80000, 0x3FCE0000), (0x3FC80000, 0x3FCE0000)),
    "esp32c6": ((0x40800000, 0x40880000), (0x40800000, 0x40880000)),
    "esp32p4": ((0x4FF00000, 0x4FFC0000), (0x4FF00000, 0x4FFC0000)),
}


@pytest.mark.parametrize("chip", ["esp32s3", "esp32p4"])
def test_pointer_predicates_at_the_edges(run_c: Run, chip: str, word_bytes: int) -> None:
    """soc.h of each chip; the RTC memory besides is in the chip files' own tests."""
    text = HELP + "#define P(x) ((void *)(uintptr_t)(x))\nvoid app_main(void) {"
    expected: dict[str, str] = {}
    for name, window in zip(("internal", "dma_capable"), WINDOWS[chip], strict=True):
        for label, address, inside in (
            ("below", window[0] - 1, 0), ("first", window[0], 1), ("last", window[1] - 1, 1), ("behind", window[1], 0),
        ):  # fmt: skip
            text += f'SAY("{name} {label}", esp_ptr_{name}(P({address:#x})));'
            expected[f"{name} {label}"] = str(inside)
    for what, pointer in (
        ("ext", "ext"),
        ("static", "internal"),
        ("flash", '"text"'),
        ("null", "NULL"),
        ("code", "app_main"),
    ):
        for name in (
            "internal",
            "external_ram",
            "dma_capable",
            "dma_ext_capable",
            "byte_accessible",
            "in_dram",
            "in_drom",
        ):
            text += f'SAY("{what} {name}", esp_ptr_{name}({pointer}));'
            holds = {
                "ext": ("external_ram", "dma_ext_capable", "byte_accessible"),
                "static": ("internal", "dma_capable", "byte_accessible", "in_dram"),
                "flash": ("in_drom", "dma_ext_capable") if chip == "esp32s3" else ("in_drom",),  # one window there
            }.get(what, ())
            expected[f"{what} {name}"] = str(int(name in holds))
    one = run_c(text + "}", chip=chip, word_bytes=word_bytes)
    assert one.said == expected


def test_without_psram_nothing_is_external(run_c: Run) -> None:
    one = run_c('void app_main(void) { SAY("external", esp_ptr_external_ram((void *)0x3c000000)); }', psram=0)
    assert one.numbers == {"external": 0}
