"""What headers say about engines and caches, by the names that each release line uses for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dmalab.errors import CannotRunError
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


@pytest.mark.parametrize(
    ("chip", "options", "expected"),
    [
        ("esp32p4", {}, "300 3 0"),
        ("esp32p4", {"revision": "1.3"}, "103 1 3"),
        ("esp32c5", {"revision": "1.0"}, "100 1 0"),
        ("esp32s3", {}, "0 0 0"),
    ],
)
def test_the_revision(run_c: Run, chip: str, options: dict[str, str], expected: str) -> None:
    text = """
#include <stdio.h>
#include "hal/efuse_hal.h"
void app_main(void)
{
    printf("%u %u %u\\n", (unsigned)efuse_hal_chip_revision(), (unsigned)efuse_hal_get_major_chip_version(), (unsigned)efuse_hal_get_minor_chip_version());
}
"""
    report, out = run_c(text, chip=chip, options=options)
    assert out == expected + "\n"
    assert report.exit_code == 0


CALLS = {
    "gdma_new_channel": '#include "esp_private/gdma.h"\nvoid app_main(void) { gdma_channel_alloc_config_t c = {0}; gdma_channel_handle_t h; gdma_new_channel(&c, &h); }\n',
    "gdma_new_axi_channel": '#include "esp_private/gdma.h"\nvoid app_main(void) { gdma_channel_handle_t h = 0; gdma_new_axi_channel(0, &h); }\n',
    "gdma_set_transfer_ability": '#include "esp_private/gdma.h"\nvoid app_main(void) { gdma_set_transfer_ability(0, 0); }\n',
    "esp_async_memcpy_install_gdma_ahb": '#include "esp_async_memcpy.h"\nvoid app_main(void) { esp_async_memcpy_install_gdma_ahb(0, 0); }\n',
    "esp_async_memcpy_install_gdma_lp_ahb": '#include "esp_async_memcpy.h"\nvoid app_main(void) { esp_async_memcpy_install_gdma_lp_ahb(0, 0); }\n',
    "esp_dma_capable_malloc": '#include "esp_dma_utils.h"\nvoid app_main(void) { esp_dma_capable_malloc(8, 0, 0, 0); }\n',
    "esp_cache_aligned_malloc": '#include "esp_private/esp_cache_private.h"\nvoid app_main(void) { esp_cache_aligned_malloc(8, 0, 0, 0); }\n',
    "esp_cache_msync": '#include "esp_cache.h"\nvoid app_main(void) { static char b[64]; esp_cache_msync(b, 64, 0); }\n',
}
BY_CAPS = "it has heap_caps_malloc() with MALLOC_CAP_DMA | MALLOC_CAP_CACHE_ALIGNED"


@pytest.mark.parametrize(
    ("call", "chip", "idf", "message"),
    [
        ("gdma_new_channel", "esp32", "v5.5", "esp32 has no GDMA; its engines: SPI DMA"),
        ("gdma_new_channel", "esp32s3", "v6.0", "ESP-IDF v6.0 does not have it; it has gdma_new_ahb_channel() with two pointers"),
        ("gdma_new_axi_channel", "esp32s3", "v5.5", "esp32s3 has no AXI GDMA; its engines: AHB GDMA"),
        ("gdma_set_transfer_ability", "esp32s3", "v6.1", "ESP-IDF v6.1 does not have it; it has gdma_config_transfer()"),
        ("esp_async_memcpy_install_gdma_ahb", "esp32s3", "v5.1", "ESP-IDF v5.1 does not have it; it has esp_async_memcpy_install()"),
        ("esp_async_memcpy_install_gdma_lp_ahb", "esp32p4", "v6.1", "esp32p4 has no LP AHB GDMA; its engines: AHB GDMA, AXI GDMA"),
        ("esp_async_memcpy_install_gdma_lp_ahb", "esp32s31", "v6.0", "ESP-IDF v6.0 does not have it; it came with v6.1"),
        ("esp_dma_capable_malloc", "esp32s3", "v6.0", f"ESP-IDF v6.0 does not have it; {BY_CAPS}"),
        ("esp_cache_aligned_malloc", "esp32s3", "v6.0", f"ESP-IDF v6.0 does not have it; {BY_CAPS}"),
        ("esp_cache_msync", "esp32s3", "v5.0", "ESP-IDF v5.0 does not have it; it came with v5.1; rom/cache.h has what there was"),
    ],
)  # fmt: skip
def test_what_chip_or_release_lacks_is_one_line_that_says_what_there_is(
    run_c: Run, call: str, chip: str, idf: str, message: str
) -> None:
    with pytest.raises(CannotRunError) as caught:
        run_c(CALLS[call], chip=chip, idf=idf)
    assert str(caught.value).endswith(f"main.c:2: {call}: {message}")
    assert "\n" not in str(caught.value)
