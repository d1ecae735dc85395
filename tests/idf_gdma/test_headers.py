"""What headers say about engines and caches, by the names that each release line uses for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dmalab.report.run import RunReport

Run = Callable[..., tuple[RunReport, str]]

HEAD = """
#include <stdio.h>
#include "esp_macros.h"
#include "esp_memory_utils.h"
#include "esp_heap_caps.h"
#include "esp_private/esp_mspi_align.h"
#include "esp_private/sleep_retention.h"
#include "hal/cache_hal.h"
#include "hal/cache_ll.h"
#include "hal/gdma_ll.h"
#include "soc/soc_caps.h"
"""

LINES = (
    HEAD
    + """
void app_main(void)
{
    printf("%d %d\\n", (int)cache_hal_get_cache_line_size(CACHE_LL_LEVEL_INT_MEM, CACHE_TYPE_DATA),
           (int)cache_hal_get_cache_line_size(CACHE_LL_LEVEL_EXT_MEM, CACHE_TYPE_DATA));
}
"""
)


@pytest.mark.parametrize(
    ("chip", "options", "expected"),
    [
        ("esp32", {}, "0 4"),
        ("esp32s3", {}, "0 32"),
        ("esp32s3", {"cache_line": "64"}, "0 64"),
        ("esp32c3", {}, "0 32"),
        ("esp32p4", {}, "64 64"),
        ("esp32p4", {"cache_line": "128"}, "64 128"),
        ("esp32s31", {}, "0 64"),
    ],
)
def test_cache_lines_by_level(run_c: Run, chip: str, options: dict[str, str], expected: str) -> None:
    report, out = run_c(LINES, chip=chip, options=options)
    assert out == expected + "\n"
    assert report.exit_code == 0


ENGINES = (
    HEAD
    + """
#if SOC_HAS(AXI_GDMA)
#define AXI GDMA_LL_GET(AXI_PAIRS_PER_GROUP)
#else
#define AXI 0
#endif
#if SOC_HAS(LP_AHB_GDMA)
#define LP GDMA_LL_GET(LP_AHB_PAIRS_PER_GROUP)
#else
#define LP 0
#endif
#if GDMA_LL_GET(AHB_PSRAM_CAPABLE)
#define PSRAM 1
#else
#define PSRAM 0
#endif
void app_main(void)
{
    int channels[GDMA_LL_GET(PAIRS_PER_INST)] = {0};
    printf("%d groups, most %d; AHB %d (copy %#x), AXI %d, LP %d, psram %d\\n", GDMA_LL_GET(INST_NUM),
           (int)(sizeof channels / sizeof *channels), GDMA_LL_AHB_PAIRS_PER_GROUP, GDMA_LL_AHB_M2M_CAPABLE_PAIR_MASK, AXI, LP, PSRAM);
}
"""
)


@pytest.mark.parametrize(
    ("chip", "idf", "expected"),
    [
        ("esp32s3", "v6.0", "1 groups, most 5; AHB 5 (copy 0x1f), AXI 0, LP 0, psram 1"),
        ("esp32c3", "v6.0", "1 groups, most 3; AHB 3 (copy 0x7), AXI 0, LP 0, psram 0"),
        ("esp32p4", "v6.0", "2 groups, most 3; AHB 3 (copy 0x6), AXI 3, LP 0, psram 1"),
        ("esp32p4", "v5.5", "2 groups, most 3; AHB 3 (copy 0x6), AXI 3, LP 0, psram 0"),
        ("esp32s31", "v6.1", "3 groups, most 5; AHB 5 (copy 0x1f), AXI 3, LP 2, psram 1"),
    ],
)
def test_engines_by_name(run_c: Run, chip: str, idf: str, expected: str) -> None:
    report, out = run_c(ENGINES, chip=chip, idf=idf)
    assert out == expected + "\n"
    assert report.exit_code == 0


STRICT = (
    HEAD
    + """
void app_main(void)
{
    static char internal[64];
    char *external = heap_caps_aligned_alloc(16, 64, MALLOC_CAP_SPIRAM);
    printf("%d %d %d %d %d\\n", (int)esp_mspi_get_alignment(NULL), (int)esp_mspi_get_alignment(internal), (int)esp_mspi_get_alignment(external),
           esp_mspi_buffer_alignment_satisfied(external + 4, 16), esp_mspi_buffer_alignment_satisfied(NULL, 16));
    printf("%d %d\\n", ESP_ALIGN_UP(65, 64), ESP_ALIGN_DOWN(65, 64));
    free(external);
}
"""
)


@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, "1 1 1 1 0"), ({"flash_encryption": ""}, "16 1 16 0 0"), ({"psram_ecc": ""}, "16 1 16 0 0")],
)
def test_what_encryption_and_ecc_ask(run_c: Run, options: dict[str, str], expected: str) -> None:
    report, out = run_c(STRICT, chip="esp32s3", idf="v6.1", options=options)
    assert out == f"{expected}\n128 64\n"
    assert report.exit_code == 0
