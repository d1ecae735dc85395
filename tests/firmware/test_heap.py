"""The capability heap as firmware sees it.

Expected behaviour: ESP-IDF v5.5 components/heap/heap_caps.c, heap_caps_base.c and esp_hw_support/heap_align_hw.c.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., object]

HELP = """
static void yes(const char *name, int value) { printf("%s=%d\\n", name, value); }
#define AT(p) ((uintptr_t)(p))
#define INT_DMA (MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL)
#define EXT_DMA (MALLOC_CAP_DMA | MALLOC_CAP_SPIRAM)
static int hook_calls; static size_t hook_size; static uint32_t hook_caps; static const char *hook_name = "";
static void hook(size_t size, uint32_t caps, const char *function) { hook_calls++; hook_size = size; hook_caps = caps; hook_name = function; }
"""


def ask(run_c: Run, body: str, **more: object) -> dict[str, int]:
    one = run_c(HELP + f'#line 1 "main.c"\nvoid app_main(void) {{ {body} }}', **more)
    assert one.report.verdict == "clean", str(one.report)
    return one.numbers


@pytest.mark.parametrize("chip", ["esp32s3", "esp32p4"])
@pytest.mark.parametrize(
    "call",
    [
        "heap_caps_malloc(0, MALLOC_CAP_8BIT)",
        "heap_caps_calloc(0x80000000u, 2, MALLOC_CAP_8BIT)",
        "heap_caps_calloc(0xffffffffu, 0xffffffffu, MALLOC_CAP_8BIT)",
        "heap_caps_calloc(0, 8, MALLOC_CAP_8BIT)",
        "heap_caps_calloc(8, 0, MALLOC_CAP_8BIT)",
        "heap_caps_aligned_alloc(0, 8, MALLOC_CAP_8BIT)",
        "heap_caps_aligned_alloc(24, 8, MALLOC_CAP_8BIT)",
        "heap_caps_aligned_alloc(32, 0, MALLOC_CAP_8BIT)",
        "heap_caps_aligned_calloc(64, 0x80000000u, 2, MALLOC_CAP_8BIT)",
        "heap_caps_malloc(64, MALLOC_CAP_EXEC | MALLOC_CAP_8BIT)",
        "heap_caps_malloc(64, MALLOC_CAP_EXEC | MALLOC_CAP_DMA)",
        "heap_caps_malloc(64, MALLOC_CAP_INVALID)",
        "heap_caps_malloc(64, MALLOC_CAP_SPIRAM | MALLOC_CAP_INTERNAL)",
        "heap_caps_malloc(0xfffffff0u, MALLOC_CAP_DMA)",
        "heap_caps_malloc(0xffffffffu, MALLOC_CAP_8BIT)",
        "malloc(16 << 20 << 4)",
        "heap_caps_malloc_prefer(64 << 20, 2, MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM)",
    ],
)
def test_what_cannot_be_had_is_null(run_c: Run, chip: str, call: str) -> None:
    """idf-api 5.5: sizes of zero, overflowing products, bad alignments, capabilities that exclude each other."""
    assert ask(run_c, f'yes("null", {call} == NULL);', chip=chip) == {"null": 1}


@pytest.mark.parametrize(
    ("call", "calls", "size", "caps"),
    [
        ("heap_caps_malloc(0, MALLOC_CAP_8BIT)", 0, 0, 0),
        ("heap_caps_malloc(64 << 20, MALLOC_CAP_8BIT)", 1, 64 << 20, 4),
        ("heap_caps_malloc(64, MALLOC_CAP_INVALID)", 1, 64, 1 << 31),
        ("heap_caps_calloc(0, 8, MALLOC_CAP_8BIT)", 1, 8, 4),
        ("heap_caps_calloc(8, 0, MALLOC_CAP_8BIT)", 0, 0, 0),
        ("heap_caps_aligned_alloc(3, 8, MALLOC_CAP_8BIT)", 0, 0, 0),
        ("heap_caps_aligned_alloc(64, 64 << 20, MALLOC_CAP_8BIT)", 1, 64 << 20, 4),
        ("heap_caps_realloc(NULL, 64 << 20, MALLOC_CAP_8BIT)", 1, 64 << 20, 4),
        ("malloc(64 << 20)", 1, 64 << 20, 1 << 12),
    ],
)
def test_the_failure_hook(run_c: Run, call: str, calls: int, size: int, caps: int) -> None:
    body = f"""yes("refused", heap_caps_register_failed_alloc_callback(NULL) == ESP_ERR_INVALID_ARG);
        ESP_ERROR_CHECK(heap_caps_register_failed_alloc_callback(hook)); void *p = {call}; (void)p;
        yes("calls", hook_calls); yes("size", hook_size); printf("caps=%u\\n", (unsigned)hook_caps);"""
    assert ask(run_c, body) == {"refused": 1, "calls": calls, "size": size, "caps": caps}


@pytest.mark.parametrize(("chip", "internal", "external"), [("esp32s3", 4, 32), ("esp32p4", 64, 64)])
def test_dma_memory_is_aligned_and_rounded_to_the_cache_line(
    run_c: Run, chip: str, internal: int, external: int, word_bytes: int
) -> None:
    body = """
    static const uint32_t caps[] = {INT_DMA, EXT_DMA, MALLOC_CAP_DMA, MALLOC_CAP_DMA_DESC_AHB, MALLOC_CAP_CACHE_ALIGNED | MALLOC_CAP_INTERNAL,
                                    MALLOC_CAP_CACHE_ALIGNED | MALLOC_CAP_SPIRAM, MALLOC_CAP_DMA_DESC_AXI};
    for (int i = 0; i < 7; i++) {
        uintptr_t low = 0; size_t size = 0;
        void *kept[8];
        for (int j = 0; j < 8; j++) {
            kept[j] = heap_caps_malloc(13, caps[i]);
            low |= AT(kept[j]); size = heap_caps_get_allocated_size(kept[j]);
        }
        printf("align%d=%u\\n", i, (unsigned)(low & -low)); printf("size%d=%u\\n", i, (unsigned)size);
        for (int j = 0; j < 8; j++) heap_caps_free(kept[j]);
    }
    """
    got = ask(run_c, body, chip=chip, word_bytes=word_bytes)
    lines = [internal, external, internal, internal, internal, external, max(8, internal)]
    for index, line in enumerate(lines):
        assert got[f"align{index}"] >= line, index
        assert got[f"size{index}"] == -(-13 // line) * line, index


def test_plain_memory_is_aligned_to_words_only(run_c: Run) -> None:
    body = """uintptr_t low = 0; void *p[8]; for (int i = 0; i < 8; i++) low |= AT(p[i] = malloc(12 + i));
        yes("align", low & -low); for (int i = 0; i < 8; i++) free(p[i]);"""
    assert ask(run_c, body) == {"align": 4}


def test_where_capabilities_lead(run_c: Run) -> None:
    body = """
    void *a = malloc(64), *b = heap_caps_malloc(64, MALLOC_CAP_SPIRAM), *c = heap_caps_malloc(64, MALLOC_CAP_INTERNAL), *d = heap_caps_malloc(64, EXT_DMA);
    yes("default", esp_ptr_internal(a)); yes("spiram", esp_ptr_external_ram(b)); yes("internal", esp_ptr_internal(c));
    yes("dma", esp_ptr_dma_capable(c)); yes("ext", esp_ptr_external_ram(d)); yes("extdma", esp_ptr_dma_capable(d)); yes("dmaext", esp_ptr_dma_ext_capable(d));
    void *e = heap_caps_malloc_prefer(64, 2, MALLOC_CAP_INVALID, MALLOC_CAP_SPIRAM); yes("second", esp_ptr_external_ram(e));
    void *f = heap_caps_calloc_prefer(4, 16, 1, MALLOC_CAP_DMA); yes("prefer", esp_ptr_dma_capable(f));
    free(a); free(b); free(c); free(d); free(e); free(f);
    """
    assert ask(run_c, body) == {
        "default": 1, "spiram": 1, "internal": 1, "dma": 1, "ext": 1, "extdma": 0, "dmaext": 1, "second": 1, "prefer": 1,
    }  # fmt: skip


def test_without_psram_nothing_external_can_be_had(run_c: Run) -> None:
    body = """yes("null", heap_caps_malloc(64, MALLOC_CAP_SPIRAM) == NULL); yes("total", heap_caps_get_total_size(MALLOC_CAP_SPIRAM));
        yes("free", heap_caps_get_free_size(MALLOC_CAP_SPIRAM));"""
    assert ask(run_c, body, psram=0) == {"null": 1, "total": 0, "free": 0}


def test_plain_malloc_takes_large_blocks_from_psram(run_c: Run) -> None:
    """CONFIG_SPIRAM_USE_MALLOC with its default limit of 16 KiB; either memory helps out when the other is used up."""
    body = """
    void *a = malloc(16384), *b = malloc(16385), *c = calloc(5, 4096), *d = realloc(NULL, 40000);
    yes("small", esp_ptr_internal(a)); yes("large", esp_ptr_external_ram(b)); yes("calloc", esp_ptr_external_ram(c));
    yes("realloc", esp_ptr_external_ram(d)); a = realloc(a, 17000); yes("moved", esp_ptr_external_ram(a));
    free(a); free(b); free(c); free(d);
    size_t large = heap_caps_get_largest_free_block(MALLOC_CAP_SPIRAM);
    a = heap_caps_malloc(large, MALLOC_CAP_SPIRAM); b = malloc(20000); yes("helps", esp_ptr_internal(b)); free(a); free(b);
    """
    assert ask(run_c, body) == dict.fromkeys(("small", "large", "calloc", "realloc", "moved", "helps"), 1)
    assert ask(run_c, 'void *a = malloc(20000); yes("internal", esp_ptr_internal(a)); free(a);', psram=0) == {
        "internal": 1
    }


def test_realloc(run_c: Run) -> None:
    body = """
    char *p = heap_caps_realloc(NULL, 64, MALLOC_CAP_8BIT); strcpy(p, "contents");
    char *q = heap_caps_realloc(p, 48, MALLOC_CAP_8BIT); yes("shrinks", q == p);
    q = heap_caps_realloc(q, 4096, MALLOC_CAP_SPIRAM); yes("moved", esp_ptr_external_ram(q)); yes("kept", !strcmp(q, "contents"));
    yes("freed", heap_caps_realloc(q, 0, MALLOC_CAP_8BIT) == NULL);
    char *big = heap_caps_malloc(64, MALLOC_CAP_8BIT); strcpy(big, "stays");
    yes("fails", heap_caps_realloc(big, 64 << 20, MALLOC_CAP_8BIT) == NULL); yes("stays", !strcmp(big, "stays")); free(big);
    """
    assert ask(run_c, body) == {"shrinks": 1, "moved": 1, "kept": 1, "freed": 1, "fails": 1, "stays": 1}


def test_calloc_clears_what_somebody_else_left(run_c: Run) -> None:
    body = """
    uint32_t caps[] = {MALLOC_CAP_8BIT, EXT_DMA, INT_DMA}; int dirty = 0;
    for (int i = 0; i < 3; i++) {
        uint8_t *p = heap_caps_malloc(100, caps[i]); memset(p, 0xff, 100); heap_caps_free(p);
        p = heap_caps_calloc(10, 10, caps[i]); for (int j = 0; j < 100; j++) dirty += p[j]; heap_caps_free(p);
        p = heap_caps_aligned_calloc(64, 10, 10, caps[i]); for (int j = 0; j < 100; j++) dirty += p[j]; dirty += AT(p) % 64; heap_caps_free(p);
    }
    yes("dirty", dirty);
    """
    assert ask(run_c, body) == {"dirty": 0}


@pytest.mark.parametrize("caps", ["MALLOC_CAP_8BIT", "MALLOC_CAP_SPIRAM"])
def test_aligned_blocks(run_c: Run, caps: str) -> None:
    body = f"""
    int wrong = 0;
    for (unsigned align = 0; align <= 1024; align++) {{
        uint8_t *p = heap_caps_aligned_alloc(align, align + 137, {caps});
        int power = align && !(align & (align - 1));
        if (!p != !power || AT(p) % (align ? align : 1)) wrong++;
        if (p) {{ memset(p, 0xa5, align + 137); heap_caps_free(p); }}
    }}
    yes("wrong", wrong);
    """
    assert ask(run_c, body) == {"wrong": 0}


def test_sizes_add_up(run_c: Run) -> None:
    body = """
    size_t total = heap_caps_get_total_size(MALLOC_CAP_INTERNAL), before = heap_caps_get_free_size(MALLOC_CAP_INTERNAL);
    multi_heap_info_t info; heap_caps_get_info(&info, MALLOC_CAP_INTERNAL);
    yes("sum", info.total_free_bytes + info.total_allocated_bytes == total);
    void *p = heap_caps_malloc(heap_caps_get_largest_free_block(MALLOC_CAP_INTERNAL), MALLOC_CAP_INTERNAL);
    yes("largest", p != NULL);
    size_t low = heap_caps_get_minimum_free_size(MALLOC_CAP_INTERNAL);
    yes("minimum", low < before && low <= heap_caps_get_free_size(MALLOC_CAP_INTERNAL));
    heap_caps_free(p);
    yes("back", heap_caps_get_free_size(MALLOC_CAP_INTERNAL) == before);
    yes("stays", heap_caps_get_minimum_free_size(MALLOC_CAP_INTERNAL) == low);
    yes("unknown", heap_caps_get_free_size(MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA) == 0 && heap_caps_get_free_size(MALLOC_CAP_CACHE_ALIGNED) == 0);
    yes("integrity", heap_caps_check_integrity_all(true) && heap_caps_check_integrity(MALLOC_CAP_8BIT, true));
    """
    assert ask(run_c, body) == dict.fromkeys(("sum", "largest", "minimum", "back", "stays", "unknown", "integrity"), 1)


def test_exhausting_the_heap_gives_the_same_count_twice(run_c: Run) -> None:
    body = """
    int counts[2];
    for (int round = 0; round < 2; round++) {
        void **list = NULL; counts[round] = 0;
        for (void **p; (p = heap_caps_malloc(1024, MALLOC_CAP_INTERNAL)); counts[round]++) { *p = list; list = p; }
        while (list) { void **next = *list; heap_caps_free(list); list = next; }
    }
    yes("same", counts[0] == counts[1] && counts[0] > 50);
    """
    assert ask(run_c, body) == {"same": 1}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("char *p = malloc(16); p[16] = 1; free(p);", "overflow"),
        ("char *p = malloc(16); free(p); p[3] = 1;", "use after free"),
        ("char *p = malloc(16); free(p); volatile char c = p[3]; (void)c;", "use after free"),
        ("char *p = malloc(16); free(p); free(p);", "double free"),
        ("char *p = malloc(16); free(p + 4); free(p);", "wrong free"),
        ("static char s[16]; free(s);", "wrong free"),
        ("char *p = malloc(16); memset(p, 0, 17); free(p);", "overflow"),
    ],
)
def test_misuse_is_found_where_it_happens(run_c: Run, body: str, kind: str, word_bytes: int) -> None:
    one = run_c(f"void app_main(void) {{\n {body}\n}}", word_bytes=word_bytes)
    assert one.rules == ["heap-misuse"], f"{kind}: {one.report}"
    assert 2 in {where.line for where in one.problems[0].where}


def test_cache_aligned_and_dma_capable_memory(run_c: Run) -> None:
    """idf-api 4.4 and 5.2 for v5.5."""
    body = """
    void *p = (void *)1; size_t actual = 0;
    esp_dma_mem_info_t ext = {.extra_heap_caps = MALLOC_CAP_SPIRAM, .dma_alignment_bytes = 4}, odd = {.dma_alignment_bytes = 24}, plain = {0};
    #define CODE(name, call) printf(name "=%d\\n", (int)(call))
    CODE("no_out", esp_cache_aligned_malloc(8, MALLOC_CAP_DMA, NULL, NULL));
    CODE("no_caps", esp_cache_aligned_malloc(8, MALLOC_CAP_8BIT, &p, NULL));
    CODE("overflow", esp_cache_aligned_calloc(0x80000000u, 2, MALLOC_CAP_DMA, &p, NULL));
    CODE("zero", esp_cache_aligned_malloc(0, MALLOC_CAP_DMA, &p, NULL));
    CODE("untouched", p == (void *)1);
    CODE("ok", esp_cache_aligned_malloc(40, MALLOC_CAP_SPIRAM, &p, &actual)); CODE("actual", actual); CODE("line", AT(p) % 32); free(p);
    CODE("prefer", esp_cache_aligned_malloc_prefer(40, &p, &actual, 1, MALLOC_CAP_DMA)); CODE("capable", esp_ptr_dma_capable(p)); free(p);
    CODE("no_info", esp_dma_capable_malloc(8, NULL, &p, NULL)); CODE("no_out2", esp_dma_capable_malloc(8, &ext, NULL, NULL));
    CODE("lcm", esp_dma_capable_malloc(8, &odd, &p, NULL)); CODE("zero2", esp_dma_capable_malloc(0, &ext, &p, NULL));
    CODE("overflow2", esp_dma_capable_calloc(0x80000000u, 2, &ext, &p, NULL));
    CODE("ext", esp_dma_capable_malloc(48, &ext, &p, &actual)); CODE("actual2", actual); CODE("is_ext", esp_ptr_external_ram(p));
    CODE("fits", esp_dma_is_buffer_alignment_satisfied(p, 64, ext)); CODE("shifted", esp_dma_is_buffer_alignment_satisfied((char *)p + 3, 64, ext));
    CODE("short", esp_dma_is_buffer_alignment_satisfied(p, 63, ext)); CODE("nosize", esp_dma_is_buffer_alignment_satisfied(p, 0, ext)); free(p);
    CODE("plain", esp_dma_capable_malloc(5, &plain, &p, &actual)); CODE("actual3", actual);
    CODE("flash", esp_dma_is_buffer_alignment_satisfied("flash", 4, plain)); free(p);
    """
    one = run_c('#include "esp_dma_utils.h"\n' + HELP + f"void app_main(void) {{ {body} }}")
    assert one.report.verdict == "clean", str(one.report)
    invalid, no_mem = 0x102, 0x101
    assert one.numbers == {
        "no_out": invalid, "no_caps": invalid, "overflow": invalid, "zero": no_mem, "untouched": 1, "ok": 0, "actual": 64, "line": 0,
        "prefer": 0, "capable": 1, "no_info": invalid, "no_out2": invalid, "lcm": no_mem, "zero2": no_mem, "overflow2": invalid, "ext": 0,
        "actual2": 64, "is_ext": 1, "fits": 1, "shifted": 0, "short": 0, "nosize": 1, "plain": 0, "actual3": 5, "flash": 0,
    }  # fmt: skip
