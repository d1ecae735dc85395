"""What ESP-IDF's tests of the copy driver asserted in earlier release lines, in our own words.

Source of the behaviours: ESP-IDF components/esp_hw_support/test/test_async_memcpy.c (v4.4), test_apps/dma/main/test_async_memcpy.c
(v5.1 to v5.4.0), told in idf-tests section 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]

CHIPS = ("esp32s2", "esp32s3", "esp32c3")

SAME_BUFFERS = """
void app_main(void)
{
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    config.backlog = 1;
    async_memcpy_t mcp;
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    uint8_t from[256] = {0}, to[256] = {0};
    int wrong = 0;
    for (int round = 0; round < 20; round++) {
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, sizeof from, NULL, NULL));
        esp_rom_delay_us(WAIT);
        for (int i = 0; i < 256; i++) wrong += from[i]++ != to[i];
    }
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    SAY("wrong", wrong);
}
"""


@pytest.mark.parametrize("release", ["v4.4", "v5.1"])
@pytest.mark.parametrize("chip", CHIPS)
def test_the_same_stack_buffers_again_and_again(run_c: Run, chip: str, release: str) -> None:
    """Row 1, with a wait before the bytes are compared."""
    one = run_c(SAME_BUFFERS.replace("WAIT", "100"), chip=chip, idf=release)
    assert one.numbers == {"wrong": 0}
    assert one.problems == [], str(one.report)


def test_comparing_at_once_is_a_race(run_c: Run) -> None:
    """Row 1 as it stands: ESP-IDF's test relies on the engine being ahead of the loop, and that is what is said."""
    one = run_c(SAME_BUFFERS.replace("WAIT", "0"), chip="esp32s3", idf="v4.4")
    assert one.rules == ["touched-in-flight"]


ONE_BY_ONE = """
static int copy(async_memcpy_t mcp, size_t size, size_t from_offset, size_t to_offset)
{
    uint8_t *from = heap_caps_aligned_calloc(4, 1, size + 4, MALLOC_CAP_DMA), *to = heap_caps_aligned_calloc(4, 1, size + 4, MALLOC_CAP_DMA);
    srand(size);
    for (size_t i = 0; i < size; i++) from[from_offset + i] = rand();
    esp_err_t code = esp_async_memcpy(mcp, to + to_offset, from + from_offset, size, NULL, NULL);
    vTaskDelay(1);
    srand(size);
    int wrong = code != ESP_OK;
    for (size_t i = 0; i < size; i++) {
        const uint8_t expected = rand();
        wrong += from[from_offset + i] != expected || to[to_offset + i] != expected;
    }
    free(from); free(to);
    return wrong;
}
void app_main(void)
{
    static const size_t sizes[] = {256, 512, 1024, 2048, 4096, 5008};
    async_memcpy_config_t config = {.backlog = 4};
    async_memcpy_t mcp;
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    int wrong = 0;
    for (int i = 0; i < 6; i++)
        for (int offset = 0; offset < 4; offset++) wrong += copy(mcp, sizes[i], offset, OFFSET_TO);
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    SAY("wrong", wrong);
}
"""


@pytest.mark.parametrize("release", ["v4.4", "v5.1", "v5.2", "v5.3.2", "v5.4"])
@pytest.mark.parametrize("chip", CHIPS)
def test_one_by_one(run_c: Run, chip: str, release: str) -> None:
    """Rows 4, 5 and 6: up to two descriptors each, the source at any address, four descriptors or requests of backlog."""
    one = run_c(ONE_BY_ONE.replace("OFFSET_TO", "0"), chip=chip, idf=release)
    assert one.numbers == {"wrong": 0}
    assert one.problems == [], str(one.report)


DONE = """
void app_main(void)
{
    async_memcpy_config_t config = {0};
    async_memcpy_handle_t mcp;
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    static uint8_t from[256] __attribute__((aligned(64))), to[256] __attribute__((aligned(64)));
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    SAY("code", esp_async_memcpy(mcp, to, from, 256, give_done, done));
    SAY("taken", xSemaphoreTake(done, pdMS_TO_TICKS(1000)));
    SAY("uninstalled", esp_async_memcpy_uninstall(mcp));
    vSemaphoreDelete(done);
}
"""


@pytest.mark.parametrize("release", ["v5.2", "v5.3.2", "v5.4"])
@pytest.mark.parametrize("chip", CHIPS)
def test_the_callback_and_the_end(run_c: Run, chip: str, release: str) -> None:
    """Row 7: a configuration of zeros stands for a backlog of 4; the driver can go as soon as the callback has spoken."""
    one = run_c(DONE, chip=chip, idf=release)
    assert one.numbers == {"code": 0, "taken": 1, "uninstalled": 0}
    assert one.problems == [], str(one.report)


ON_THE_FLY = """
enum { COUNT = 5 };
static volatile int finished;
static bool IRAM_ATTR count_up(async_memcpy_t mcp, async_memcpy_event_t *event, void *done)
{
    return ++finished == COUNT && give_done(mcp, event, done);
}
void app_main(void)
{
    static const size_t sizes[] = {512, 1024, 2048, 4096, LAST};
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    async_memcpy_t mcp;
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    int wrong = 0;
    for (int offset = 0; offset < 4; offset += 3) {
        uint8_t *from[COUNT], *to[COUNT];
        finished = 0;
        for (int i = 0; i < COUNT; i++) {
            from[i] = heap_caps_aligned_calloc(64, 1, sizes[i] + 64, MALLOC_CAP_DMA);
            to[i] = heap_caps_aligned_calloc(64, 1, sizes[i] + 64, MALLOC_CAP_DMA);
            memset(from[i], i + 1, sizes[i] + 64);
        }
        for (int i = 0; i < COUNT; i++) wrong += esp_async_memcpy(mcp, to[i] + offset, from[i] + offset, sizes[i], count_up, done) != ESP_OK;
        xSemaphoreTake(done, portMAX_DELAY);
        for (int i = 0; i < COUNT; i++) { wrong += memcmp(from[i] + offset, to[i] + offset, sizes[i]) != 0; free(from[i]); free(to[i]); }
    }
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    vSemaphoreDelete(done);
    SAY("wrong", wrong);
}
"""


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("release", ["v4.4", "v5.1"])
def test_five_requests_without_a_wait_between_them(run_c: Run, chip: str, release: str) -> None:
    """Row 8: seven of the eight descriptors of a default ring, at any offset on both sides."""
    one = run_c(ON_THE_FLY.replace("LAST", "5011"), chip=chip, idf=release)
    assert one.numbers == {"wrong": 0}
    assert one.problems == [], str(one.report)


SIXTEEN = """
enum { COUNT = 16, SIZE = 4096 };
static volatile int finished;
static bool IRAM_ATTR count_up(async_memcpy_t mcp, async_memcpy_event_t *event, void *done)
{
    return ++finished == COUNT && give_done(mcp, event, done);
}
void app_main(void)
{
    async_memcpy_config_t config = {.backlog = (SIZE / 4095 + 1) * COUNT, .sram_trans_align = 4, .psram_trans_align = 64};
    async_memcpy_t mcp;
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    static const uint32_t caps[] = {MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM};
    int wrong = 0;
    for (int pair = 0; pair < PAIRS; pair++) {
        uint8_t *from = heap_caps_aligned_alloc(64, SIZE, caps[pair & 1]), *to = heap_caps_aligned_alloc(64, SIZE, caps[pair >> 1]);
        memset(from, pair + 7, SIZE);
        finished = 0;
        if (pair & 1) Cache_WriteBack_Addr((uint32_t)from, SIZE);
        for (int i = 0; i < COUNT; i++) wrong += esp_async_memcpy(mcp, to, from, SIZE, count_up, done) != ESP_OK;
        wrong += xSemaphoreTake(done, pdMS_TO_TICKS(1000)) != pdTRUE;
        if (pair >> 1) Cache_Invalidate_Addr((uint32_t)to, SIZE);
        wrong += memcmp(from, to, SIZE) != 0;
        free(from); free(to);
    }
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    vSemaphoreDelete(done);
    SAY("wrong", wrong);
}
"""


@pytest.mark.parametrize("release", ["v4.4", "v5.1", "v5.2"])
@pytest.mark.parametrize(("chip", "pairs"), [("esp32s3", 4), ("esp32s2", 1), ("esp32c3", 1)])
def test_sixteen_requests_at_once(run_c: Run, chip: str, pairs: int, release: str) -> None:
    """Row 9: a ring of sixteen requests, 64-aligned buffers, PSRAM on both sides where the engine reaches it."""
    header = (
        '#include "rom/cache.h"\n'
        if chip != "esp32c3"
        else "#define Cache_WriteBack_Addr(a, n)\n#define Cache_Invalidate_Addr(a, n)\n"
    )
    one = run_c(header + SIXTEEN.replace("PAIRS", str(pairs)), chip=chip, idf=release)
    assert one.numbers == {"wrong": 0}
    assert one.rules in ([], ["unsafe-maintenance"]), str(one.report)
