"""What ESP-IDF's own tests of the copy driver assert, in our own words, on every chip that has an engine.

Source of the behaviours: ESP-IDF v5.5 components/esp_hw_support/test_apps/dma/main/test_async_memcpy.c, told in idf-tests section 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dmalab import chips
from dmalab.chips.model import Kind

Run = Callable[..., Any]
CHIPS = [
    name
    for name in chips.names()
    if chips.load(name).idf_target and any(one.m2m_pair_mask for one in chips.load(name).engines)
]

HEAD = """
#include <inttypes.h>
#include <sys/param.h>
#include "unity.h"
#include "ccomp_timer.h"
#include "esp_efuse.h"
#include "hal/efuse_hal.h"
#include "soc/soc_caps.h"
#include "test_utils.h"
#if SOC_GDMA_SUPPORTED
#include "hal/gdma_ll.h"
#endif
#line 1 "main.c"
typedef esp_err_t (*install_t)(const async_memcpy_config_t *, async_memcpy_handle_t *);
/* The engines of the chip, and whether each may write where a burst does not begin. */
static const struct { install_t install; bool psram, unaligned; } engines[] = {
#if SOC_AHB_GDMA_SUPPORTED
    {esp_async_memcpy_install_gdma_ahb,
#if SOC_AHB_GDMA_SUPPORT_PSRAM
     true,
#else
     false,
#endif
#if GDMA_LL_AHB_RX_BURST_NEEDS_ALIGNMENT
     false},
#else
     true},
#endif
#endif
#if SOC_AXI_GDMA_SUPPORTED
    {esp_async_memcpy_install_gdma_axi, true, true},
#endif
#if SOC_CP_DMA_SUPPORTED
    {esp_async_memcpy_install_cpdma, false, true},
#endif
};
#define EACH_ENGINE(e) for (size_t e = 0; e < sizeof engines / sizeof *engines; e++)
static async_memcpy_handle_t open_engine(size_t engine, size_t backlog, size_t burst)
{
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = {.backlog = backlog, .dma_burst_size = burst};
    TEST_ESP_OK(engines[engine].install(&config, &mcp));
    return mcp;
}
static uint8_t *buffer(size_t align, size_t size, bool psram)
{
    uint8_t *p = heap_caps_aligned_calloc(align, 1, size, MALLOC_CAP_DMA | MALLOC_CAP_8BIT | (psram ? MALLOC_CAP_SPIRAM : MALLOC_CAP_INTERNAL));
    TEST_ASSERT_NOT_NULL(p);
    return p;
}
static void copy_and_compare(async_memcpy_handle_t mcp, size_t align, size_t size, size_t from_offset, size_t to_offset, bool psram)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    uint8_t *from = buffer(align, size, psram), *to = buffer(align, size, psram);
    const size_t n = size - MAX(from_offset, to_offset);
    srand(size);
    for (size_t i = 0; i < n; i++) from[from_offset + i] = rand();
    TEST_ESP_OK(esp_async_memcpy(mcp, to + to_offset, from + from_offset, n, give_done, done));
    TEST_ASSERT_EQUAL(pdTRUE, xSemaphoreTake(done, pdMS_TO_TICKS(10)));
    TEST_ASSERT_EQUAL_HEX8_ARRAY(from + from_offset, to + to_offset, n);
    free(from); free(to); vSemaphoreDelete(done);
}
static volatile int finished;
static bool IRAM_ATTR count_up(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *arg)
{
    BaseType_t woken = pdFALSE;
    if (++finished == 16) xSemaphoreGiveFromISR(arg, &woken);
    return woken == pdTRUE;
}
"""
CASES = """
TEST_CASE("the same buffers with different contents", "[3]")
{
    EACH_ENGINE(e) {
        async_memcpy_handle_t mcp = open_engine(e, 8, 16);
        uint8_t *from = buffer(16, 256, false), *to = buffer(16, 256, false);
        for (int round = 0; round < 20; round++) {
            TEST_ESP_OK(esp_async_memcpy(mcp, to, from, 256, NULL, NULL));
            vTaskDelay(pdMS_TO_TICKS(10));
            TEST_ASSERT_EQUAL_MEMORY(from, to, 256);
            for (int i = 0; i < 256; i++) from[i]++;
        }
        free(from); free(to);
        TEST_ESP_OK(esp_async_memcpy_uninstall(mcp));
    }
}

TEST_CASE("one by one without bursts", "[10]")
{
    static const size_t sizes[] = {256, 512, 1024, 2048, 4096, 5012};
    EACH_ENGINE(e) {
        async_memcpy_handle_t mcp = open_engine(e, 1, 0);
        for (size_t i = 0; i < 6; i++)
            for (size_t offset = 0; offset < 4; offset++)
                copy_and_compare(mcp, 16, sizes[i], efuse_hal_flash_encryption_enabled() ? 0 : offset,
                                 efuse_hal_flash_encryption_enabled() ? 0 : offset, false);
        TEST_ESP_OK(esp_async_memcpy_uninstall(mcp));
    }
}

TEST_CASE("destinations that are not aligned", "[11]")
{
    static const size_t sizes[] = {256, 512, 1024, 2048, 4096, 5012};
    if (esp_efuse_is_flash_encryption_enabled()) TEST_PASS_MESSAGE("encrypted flash wants aligned buffers");
    EACH_ENGINE(e) {
        if (!engines[e].unaligned) continue;
        async_memcpy_handle_t mcp = open_engine(e, 4, 32);
        for (size_t i = 0; i < 6; i++)
            for (size_t offset = 0; offset < 4; offset++)
                for (int psram = 0; psram <= engines[e].psram; psram++)
                    copy_and_compare(mcp, 4, sizes[i], offset, offset + 1, psram);
        TEST_ESP_OK(esp_async_memcpy_uninstall(mcp));
    }
}

static void sixteen(size_t engine, bool psram)
{
    enum { SIZE = 40 * 1024 };
    async_memcpy_handle_t mcp = open_engine(engine, 16, 32);
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    uint8_t *from = buffer(32, SIZE, psram), *to = buffer(32, SIZE, psram);
    for (size_t i = 0; i < SIZE; i++) from[i] = i * 7;
    finished = 0;
    TEST_ESP_OK(ccomp_timer_start());
    for (int i = 0; i < 16; i++) TEST_ESP_OK(esp_async_memcpy(mcp, to, from, SIZE, count_up, done));
    TEST_ASSERT_EQUAL(pdTRUE, xSemaphoreTake(done, pdMS_TO_TICKS(1000)));
    const int64_t us = ccomp_timer_stop();
    TEST_ASSERT_GREATER_THAN_INT64(0, us);
    TEST_ASSERT_EQUAL_INT64(-1, ccomp_timer_stop());
    TEST_ASSERT_EQUAL_MEMORY(from, to, SIZE);
    free(from); free(to); vSemaphoreDelete(done);
    TEST_ESP_OK(esp_async_memcpy_uninstall(mcp));
}
TEST_CASE("sixteen at once, internal", "[12]") { EACH_ENGINE(e) sixteen(e, false); }
#if SOC_SPIRAM_SUPPORTED
TEST_CASE("sixteen at once, PSRAM", "[12]") { EACH_ENGINE(e) if (engines[e].psram) sixteen(e, true); }
#endif
"""


@pytest.mark.parametrize("chip", CHIPS)
def test_the_vendors_behaviours(run_c: Run, chip: str) -> None:
    one = run_c(HEAD + CASES, chip=chip)
    assert [(case.name, case.outcome, case.message) for case in one.report.tests if case.outcome != "passed"] == [], (
        str(one.report)
    )
    assert len(one.report.tests) == (5 if any(region.kind is Kind.PSRAM for region in chips.load(chip).regions) else 4)
    assert one.problems == [], str(one.report)
    assert one.report.exit_code == 0


@pytest.mark.parametrize("policy", ["lru", "eager"])
@pytest.mark.parametrize("chip", ["esp32s3", "esp32p4"])
def test_they_hold_whatever_the_cache_does(run_c: Run, chip: str, policy: str) -> None:
    one = run_c(HEAD + CASES, chip=chip, policy=policy, tests=("[10]", "[11]"))
    assert {case.outcome for case in one.report.tests} == {"passed"}
    assert one.problems == [], str(one.report)


def test_with_encrypted_flash(run_c: Run) -> None:
    one = run_c(HEAD + CASES, chip="esp32p4", options={"flash_encryption": ""}, tests=("[10]", "[11]"))
    assert [case.outcome for case in one.report.tests] == ["passed", "passed"]
    assert "destinations that are not aligned:INFO: encrypted flash wants aligned buffers" in one.out
