"""C firmware through the whole of the API: channels, lists, splitting, the matrix, and the headers of every chip and release."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dmalab import chips
from dmalab.guest import soc_header
from dmalab.report.run import RunReport

from .conftest import messages, rules

Run = Callable[..., tuple[RunReport, str]]
TARGETS = [name for name in chips.names() if chips.load(name).idf_target]
WITH_COPIES = [name for name in TARGETS if chips.load(name).engines and name != "esp32"]
RELEASES = ("v4.4", "v5.0", "v5.1", "v5.2", "v5.3", "v5.4", "v5.4.4", "v5.5", "v5.5.2", "v6.0", "v6.1", "master")

EVERY_HEADER = """
#include <stdio.h>
#include "driver/gpio.h"
#include "driver/gpio_etm.h"
#include "driver/gptimer.h"
#include "driver/gptimer_etm.h"
#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_cache.h"
#include "esp_check.h"
#include "esp_dma_utils.h"
#include "esp_etm.h"
#include "esp_heap_caps.h"
#include "esp_idf_version.h"
#include "esp_log.h"
#include "esp_private/esp_cache_private.h"
#include "esp_private/esp_dma_utils.h"
#include "esp_private/gdma.h"
#include "esp_private/gdma_link.h"
#include "esp_random.h"
#include "esp_systick_etm.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "hal/dma_types.h"
#include "hal/gdma_channel.h"
#include "rom/cache.h"
#include "sdkconfig.h"
#include "soc/gdma_channel.h"
#include "soc/soc.h"
#include "soc/soc_caps.h"
"""

COPY = (
    EVERY_HEADER
    + """
static volatile int done;
static bool IRAM_ATTR ended(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *arg) { done++; return false; }
void app_main(void)
{
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    async_memcpy_handle_t mcp = NULL;
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    unsigned char *source = heap_caps_malloc(1024, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    unsigned char *target = heap_caps_aligned_alloc(64, 1024, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    for (int i = 0; i < 1024; i++) source[i] = (unsigned char)(i * 7);
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, target, source, 1024, ended, NULL));
    while (!done) esp_rom_delay_us(5);
    int same = 1;
    for (int i = 0; i < 1024; i++) same &= target[i] == (unsigned char)(i * 7);
    printf("%s same=%d\\n", CONFIG_IDF_TARGET, same);
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    free(source);
    free(target);
}
"""
)
COPY = COPY.replace('#include "soc/soc.h"', '#include "soc/soc.h"\n#include "esp_rom_sys.h"')


@pytest.mark.parametrize("chip", WITH_COPIES)
def test_one_source_on_every_chip(run_c: Run, chip: str) -> None:
    report, out = run_c(COPY, chip, cflags=("-Wall", "-Werror"))
    assert out == f"{chip} same=1\n"
    assert rules(report) == []


@pytest.mark.parametrize("release", RELEASES)
def test_one_source_on_every_release(run_c: Run, release: str) -> None:
    report, out = run_c(COPY, "esp32c6", idf=release, cflags=("-Wall", "-Werror"))
    assert out == "esp32c6 same=1\n"
    assert rules(report) == []


def test_esp32_has_headers_too(run_c: Run) -> None:
    report, out = run_c(
        EVERY_HEADER + 'void app_main(void) { printf("%s %d\\n", CONFIG_IDF_TARGET, SOC_CPU_CORES_NUM); }\n', "esp32"
    )
    assert (rules(report), out) == ([], "esp32 2\n")


@pytest.mark.parametrize("chip", TARGETS)
def test_the_header_says_what_the_chip_file_says(chip: str) -> None:
    part = chips.load(chip)
    text = soc_header.render(part)
    defines = dict(
        line.split(" ", 2)[1:] for line in text.splitlines() if line.startswith("#define ") and line.count(" ") > 1
    )
    assert defines["SOC_CPU_CORES_NUM"] == str(part.cores)
    assert int(defines["SOC_DMA_LOW"], 16) == part.dma.low
    assert int(defines["SOC_DMA_HIGH"], 16) == part.dma.high
    assert ("SOC_AXI_GDMA_SUPPORTED" in defines) is (part.engine("axi_gdma") is not None)
    assert ("SOC_CP_DMA_SUPPORTED" in defines) is (part.engine("cp_dma") is not None)
    assert ("SOC_ETM_SUPPORTED" in defines) is (part.etm is not None)
    for name, (bus, number) in part.triggers.items():
        if any(engine.name != "cp_dma" for engine in part.engines):
            assert defines[f"SOC_GDMA_TRIG_PERIPH_{name}"] == str(number)
            assert defines[f"SOC_GDMA_TRIG_PERIPH_{name}_BUS"] == f"SOC_GDMA_BUS_{bus.upper()}"


def test_options_reach_the_header() -> None:
    part = chips.with_options(chips.load("esp32s3"), {"flash_encryption": "", "psram_ecc": "", "cache_line": "64"})
    text = soc_header.render(part)
    for line in (
        "CONFIG_SECURE_FLASH_ENC_ENABLED 1",
        "CONFIG_SPIRAM_ECC_ENABLE 1",
        "CONFIG_ESP32S3_DATA_CACHE_LINE_SIZE 64",
    ):
        assert f"#define {line}\n" in text


M2M = (
    EVERY_HEADER
    + """
#include <string.h>
#include "freertos/semphr.h"
static bool ended(gdma_channel_handle_t channel, gdma_event_data_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    if (event->flags.normal_eof && event->rx_eof_desc_addr) xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}
void app_main(void)
{
    gdma_channel_handle_t tx = NULL, rx = NULL;
#if ESP_IDF_VERSION_MAJOR >= 6
    gdma_channel_alloc_config_t config = {};
    ESP_ERROR_CHECK(gdma_new_ahb_channel(&config, &tx, &rx));
#else
    gdma_channel_alloc_config_t sender = {.direction = GDMA_CHANNEL_DIRECTION_TX, .flags = {.reserve_sibling = 1}};
    ESP_ERROR_CHECK(gdma_new_ahb_channel(&sender, &tx));
    gdma_channel_alloc_config_t receiver = {.direction = GDMA_CHANNEL_DIRECTION_RX, .sibling_chan = tx};
    ESP_ERROR_CHECK(gdma_new_ahb_channel(&receiver, &rx));
#endif
    gdma_trigger_t trigger = GDMA_MAKE_TRIGGER(GDMA_TRIG_PERIPH_M2M, 0);
    uint32_t mask = 0;
    ESP_ERROR_CHECK(gdma_get_free_m2m_trig_id_mask(tx, &mask));
    trigger.instance_id = __builtin_ctz(mask);
    ESP_ERROR_CHECK(gdma_connect(tx, trigger));
    ESP_ERROR_CHECK(gdma_connect(rx, trigger));
    printf("again %s\\n", esp_err_to_name(gdma_connect(tx, trigger)));
    gdma_strategy_config_t strategy = {.owner_check = true, .auto_update_desc = true};
    ESP_ERROR_CHECK(gdma_apply_strategy(tx, &strategy));
    ESP_ERROR_CHECK(gdma_apply_strategy(rx, &strategy));
    gdma_transfer_config_t transfer = {.max_data_burst_size = 16, .access_ext_mem = true};
    ESP_ERROR_CHECK(gdma_config_transfer(tx, &transfer));
    ESP_ERROR_CHECK(gdma_config_transfer(rx, &transfer));
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    gdma_rx_event_callbacks_t callbacks = {.on_recv_eof = ended};
    ESP_ERROR_CHECK(gdma_register_rx_event_callbacks(rx, &callbacks, done));
    uint8_t *source = heap_caps_aligned_calloc(64, 1, 128, MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL);
    uint8_t *target = heap_caps_aligned_calloc(64, 1, 256, MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL);
    for (int i = 0; i < 128; i++) source[i] = i;
    dma_descriptor_align8_t *list = heap_caps_aligned_calloc(64, 4, sizeof(dma_descriptor_align8_t), MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL);
    for (int i = 0; i < 2; i++) {
        list[i].dw0.size = list[i].dw0.length = 64;
        list[i].dw0.suc_eof = i;
        list[i].dw0.owner = DMA_DESCRIPTOR_BUFFER_OWNER_DMA;
        list[i].buffer = source + 64 * i;
        list[i].next = i ? NULL : &list[1];
    }
    list[2].dw0.size = 256;
    list[2].dw0.owner = DMA_DESCRIPTOR_BUFFER_OWNER_DMA;
    list[2].buffer = target;
    SYNC
    ESP_ERROR_CHECK(gdma_start(rx, (intptr_t)&list[2]));
    ESP_ERROR_CHECK(gdma_start(tx, (intptr_t)&list[0]));
    printf("taken %d\\n", (int)xSemaphoreTake(done, 10));
    printf("same %d owner %d %d length %d eof %d\\n", memcmp(source, target, 128) == 0, list[0].dw0.owner, list[2].dw0.owner,
           list[2].dw0.length, list[2].dw0.suc_eof);
    ESP_ERROR_CHECK(gdma_stop(tx));
    ESP_ERROR_CHECK(gdma_stop(rx));
    ESP_ERROR_CHECK(gdma_disconnect(tx));
    ESP_ERROR_CHECK(gdma_disconnect(rx));
    ESP_ERROR_CHECK(gdma_del_channel(tx));
    ESP_ERROR_CHECK(gdma_del_channel(rx));
    free(source);
    free(target);
    free(list);
    vSemaphoreDelete(done);
}
"""
)
SYNCED = """
    esp_cache_msync(source, 128, ESP_CACHE_MSYNC_FLAG_DIR_C2M);
    esp_cache_msync(target, 256, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_INVALIDATE);
    esp_cache_msync(list, 64, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_INVALIDATE);
"""
RIGHT = "again ESP_ERR_INVALID_STATE\ntaken 1\nsame 1 owner 0 0 length 128 eof 1\n"


@pytest.mark.parametrize(
    ("chip", "release"),
    [("esp32s3", "v5.5"), ("esp32s3", "v5.3"), ("esp32c6", "v6.0"), ("esp32p4", "v5.5"), ("esp32p4", "master")],
)
def test_descriptors_built_by_hand(run_c: Run, chip: str, release: str) -> None:
    report, out = run_c(M2M.replace("SYNC\n", SYNCED), chip, idf=release)
    assert out == RIGHT
    assert rules(report) == []


def test_descriptors_are_judged_like_data(run_c: Run) -> None:
    """Behind a cache, and not written back: the engine finds zeros."""
    report, out = run_c(M2M.replace("SYNC\n", ""), "esp32p4")
    assert "taken 0" in out
    assert "stale-dma-read" in rules(report)
    assert any("read 12 bytes at [0x4ff" in one for one in messages(report))
    report, out = run_c(M2M.replace("SYNC\n", ""), "esp32s3")
    assert (rules(report), out) == ([], RIGHT)


LINKS = (
    EVERY_HEADER
    + """
#include <string.h>
static volatile int ended;
static bool eof(gdma_channel_handle_t channel, gdma_event_data_t *event, void *arg)
{
    esp_dma_merge_aligned_rx_buffers(arg);
    ended = 1;
    return false;
}
static uint8_t pool[9000] __attribute__((aligned(64)));
void app_main(void)
{
    static const struct { int length, offset; } cases[] = {{60, 0}, {60, 4}, {60, 2}, {246, 0}, {8182, 0}, {246, 10}, {8182, 10}, {100, 10}, {10, 60}, {256, 10}, {8192, 10}, {256, 0}, {8192, 0}};
    gdma_channel_alloc_config_t config = {};
    gdma_channel_handle_t tx, rx;
    ESP_ERROR_CHECK(gdma_new_ahb_channel(&config, &tx, &rx));
    gdma_trigger_t trigger = GDMA_MAKE_TRIGGER(GDMA_TRIG_PERIPH_M2M, 0);
    trigger.instance_id = 12;
    ESP_ERROR_CHECK(gdma_connect(tx, trigger));
    ESP_ERROR_CHECK(gdma_connect(rx, trigger));
    gdma_transfer_config_t transfer = {.access_ext_mem = true};
    ESP_ERROR_CHECK(gdma_config_transfer(tx, &transfer));
    ESP_ERROR_CHECK(gdma_config_transfer(rx, &transfer));
    uint8_t *source = heap_caps_aligned_alloc(64, 9024, MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL);
    for (int i = 0; i < 9024; i++) source[i] = (uint8_t)(i * 3);
    if (esp_cache_get_line_size_by_addr(source)) ESP_ERROR_CHECK(esp_cache_msync(source, 9024, ESP_CACHE_MSYNC_FLAG_DIR_C2M));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dma_buffer_split_array_t parts = {};
        uint8_t *stash = NULL, *target = pool + cases[i].offset;
        int length = cases[i].length, end = 0;
        memset(pool, 0x77, sizeof pool);
        if (esp_cache_get_line_size_by_addr(pool)) ESP_ERROR_CHECK(esp_cache_msync(pool, 8960, ESP_CACHE_MSYNC_FLAG_DIR_C2M));
        ESP_ERROR_CHECK(esp_dma_split_rx_buffer_to_cache_aligned(target, length, &parts, &stash));
        gdma_link_list_config_t lists = {.num_items = 5, .item_alignment = 8};
        gdma_link_list_handle_t sending, receiving;
        ESP_ERROR_CHECK(gdma_new_link_list(&lists, &sending));
        ESP_ERROR_CHECK(gdma_new_link_list(&lists, &receiving));
        gdma_buffer_mount_config_t send = {.buffer = source, .length = length, .buffer_alignment = 1, .flags = {.mark_eof = 1, .mark_final = GDMA_FINAL_LINK_TO_NULL}};
        ESP_ERROR_CHECK(gdma_link_mount_buffers(sending, 0, &send, 1, NULL));
        gdma_buffer_mount_config_t receive[3] = {};
        for (int part = 0; part < 3; part++) {
            receive[part].buffer = parts.aligned_buffer[part].aligned_buffer;
            receive[part].length = parts.aligned_buffer[part].length;
            receive[part].buffer_alignment = 1;
        }
        ESP_ERROR_CHECK(gdma_link_mount_buffers(receiving, 0, receive, 3, &end));
        gdma_rx_event_callbacks_t callbacks = {.on_recv_eof = eof};
        ESP_ERROR_CHECK(gdma_register_rx_event_callbacks(rx, &callbacks, &parts));
        ended = 0;
        ESP_ERROR_CHECK(gdma_start(rx, gdma_link_get_head_addr(receiving)));
        ESP_ERROR_CHECK(gdma_start(tx, gdma_link_get_head_addr(sending)));
        while (!ended) esp_rom_delay_us(5);
        gdma_lli_owner_t owner = GDMA_LLI_OWNER_DMA;
        ESP_ERROR_CHECK(gdma_link_get_owner(receiving, 0, &owner));
        printf("%d/%d %d %d %d\\n", length, cases[i].offset, memcmp(target, source, length) == 0, target[length] == 0x77, owner);
        ESP_ERROR_CHECK(gdma_del_link_list(sending));
        ESP_ERROR_CHECK(gdma_del_link_list(receiving));
        free(stash);
    }
    ESP_ERROR_CHECK(gdma_del_channel(tx));
    ESP_ERROR_CHECK(gdma_del_channel(rx));
    free(source);
}
"""
)
LINKS = LINKS.replace('#include "soc/soc.h"', '#include "soc/soc.h"\n#include "esp_rom_sys.h"')


@pytest.mark.parametrize("chip", ["esp32p4", "esp32c6"])
def test_splitting_mounting_and_merging(run_c: Run, chip: str) -> None:
    """Row 21 of ESP-IDF's own tests."""
    report, out = run_c(LINKS, chip, idf="v6.0")
    assert len(out.splitlines()) == 13
    assert all(line.endswith(" 1 1 0") for line in out.splitlines()), out
    assert rules(report) == []


ETM = (
    EVERY_HEADER
    + """
#include "freertos/task.h"
static void pin(int number, int level)
{
    gpio_config_t config = {.pin_bit_mask = 1ULL << number, .mode = GPIO_MODE_INPUT_OUTPUT};
    ESP_ERROR_CHECK(gpio_config(&config));
    ESP_ERROR_CHECK(gpio_set_level(number, level));
}
static int alarms;
static gptimer_alarm_event_data_t first;
static bool alarm(gptimer_handle_t timer, const gptimer_alarm_event_data_t *data, void *arg)
{
    if (!alarms++) first = *data;
    return false;
}
void app_main(void)
{
    pin(0, 0);
    pin(1, 0);
    esp_etm_event_handle_t event, other = NULL;
    esp_etm_task_handle_t task;
    esp_etm_channel_handle_t channel;
    gpio_etm_event_config_t any = {.edge = GPIO_ETM_EVENT_EDGE_ANY};
    gpio_etm_task_config_t toggle = {.action = GPIO_ETM_TASK_ACTION_TOG};
    esp_etm_channel_config_t plain = {};
    ESP_ERROR_CHECK(gpio_new_etm_event(&any, &event, NULL));
    ESP_ERROR_CHECK(gpio_new_etm_task(&toggle, &task, NULL));
    ESP_ERROR_CHECK(esp_etm_new_channel(&plain, &channel));
    ESP_ERROR_CHECK(gpio_etm_event_bind_gpio(event, 0));
    ESP_ERROR_CHECK(gpio_etm_task_add_gpio(task, 1));
    ESP_ERROR_CHECK(esp_etm_channel_connect(channel, event, task));
    ESP_ERROR_CHECK(esp_etm_channel_enable(channel));
    for (int i = 0; i < 10; i++) gpio_set_level(0, i & 1);
    printf("level %d\\n", gpio_get_level(1));
    printf("%s\\n", esp_err_to_name(esp_etm_del_task(task)));
    printf("%s\\n", esp_err_to_name(gpio_etm_task_rm_gpio(task, 10)));
    printf("%s\\n", esp_err_to_name(esp_etm_del_channel(channel)));
    printf("%s\\n", esp_err_to_name(esp_etm_dump(NULL)));
    ESP_ERROR_CHECK(gpio_etm_task_rm_gpio(task, 1));
    ESP_ERROR_CHECK(esp_etm_channel_disable(channel));
    ESP_ERROR_CHECK(esp_etm_del_event(event));
    ESP_ERROR_CHECK(esp_etm_del_task(task));
    ESP_ERROR_CHECK(esp_etm_del_channel(channel));
    gpio_etm_event_config_t two = {.edges = {GPIO_ETM_EVENT_EDGE_POS, GPIO_ETM_EVENT_EDGE_NEG}};
    esp_err_t few = gpio_new_etm_event(&two, &event, NULL);
    printf("%s %d\\n", esp_err_to_name(few), event == NULL);
    ESP_ERROR_CHECK(gpio_new_etm_event(&two, &event, &other, NULL));
    ESP_ERROR_CHECK(esp_etm_del_event(event));
    ESP_ERROR_CHECK(esp_etm_del_event(other));
    gptimer_handle_t timer;
    gptimer_config_t config = {.resolution_hz = 1000000, .direction = GPTIMER_COUNT_UP};
    ESP_ERROR_CHECK(gptimer_new_timer(&config, &timer));
    gptimer_event_callbacks_t callbacks = {.on_alarm = alarm};
    ESP_ERROR_CHECK(gptimer_register_event_callbacks(timer, &callbacks, NULL));
    gptimer_alarm_config_t action = {.alarm_count = 100, .flags = {.auto_reload_on_alarm = 1}};
    ESP_ERROR_CHECK(gptimer_set_alarm_action(timer, &action));
    ESP_ERROR_CHECK(gptimer_enable(timer));
    ESP_ERROR_CHECK(gptimer_start(timer));
    vTaskDelay(1);
    ESP_ERROR_CHECK(gptimer_stop(timer));
    printf("alarm %llu of %llu\\n", (unsigned long long)first.count_value, (unsigned long long)first.alarm_value);
    printf("alarms %d\\n", alarms > 90);
    uint64_t count;
    ESP_ERROR_CHECK(gptimer_get_raw_count(timer, &count));
    printf("%d %s\\n", count < 100, esp_err_to_name(gptimer_get_raw_count(timer, NULL)));
    ESP_ERROR_CHECK(gptimer_disable(timer));
    ESP_ERROR_CHECK(gptimer_del_timer(timer));
}
"""
)


@pytest.mark.parametrize("chip", ["esp32c6", "esp32p4", "esp32h2"])
def test_the_matrix(run_c: Run, chip: str) -> None:
    report, out = run_c(ETM, chip)
    assert out.splitlines() == [
        "level 1",
        "ESP_ERR_INVALID_STATE",
        "ESP_ERR_INVALID_ARG",
        "ESP_ERR_INVALID_STATE",
        "ESP_ERR_INVALID_ARG",
        "ESP_ERR_INVALID_ARG 1",
        "alarm 100 of 100",
        "alarms 1",
        "1 ESP_ERR_INVALID_ARG",
    ]
    assert rules(report) == []


# -- isr-context ---------------------------------------------------------------------------------------------------------

SONAR = """
#include "driver/gpio.h"
#include "driver/gpio_etm.h"
#include "driver/gptimer.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
static gptimer_handle_t timer;
static TaskHandle_t reader;
static void echo(void *arg)
{
    static uint64_t from, to;
    if (gpio_get_level(1)) {
        gptimer_get_captured_count(timer, &from);
        return;
    }
    gptimer_get_captured_count(timer, &to);
    xTaskNotifyFromISR(reader, (uint32_t)(to - from), eSetValueWithOverwrite, NULL);
}
void app_main(void)
{
    reader = xTaskGetCurrentTaskHandle();
    gpio_config_t pin = {.mode = GPIO_MODE_INPUT_OUTPUT, .intr_type = GPIO_INTR_ANYEDGE, .pin_bit_mask = 1ULL << 1};
    ESP_ERROR_CHECK(gpio_config(&pin));
    esp_etm_event_handle_t edge = NULL;
    gpio_etm_event_config_t any = {.edge = GPIO_ETM_EVENT_EDGE_ANY};
    ESP_ERROR_CHECK(gpio_new_etm_event(&any, &edge));
    ESP_ERROR_CHECK(gpio_etm_event_bind_gpio(edge, 1));
    gptimer_config_t config = {.clk_src = GPTIMER_CLK_SRC_DEFAULT, .direction = GPTIMER_COUNT_UP, .resolution_hz = 1000000};
    ESP_ERROR_CHECK(gptimer_new_timer(&config, &timer));
    esp_etm_task_handle_t capture = NULL;
    gptimer_etm_task_config_t what = {.task_type = GPTIMER_ETM_TASK_CAPTURE};
    ESP_ERROR_CHECK(gptimer_new_etm_task(timer, &what, &capture));
    esp_etm_channel_handle_t channel = NULL;
    esp_etm_channel_config_t plain = {};
    ESP_ERROR_CHECK(esp_etm_new_channel(&plain, &channel));
    ESP_ERROR_CHECK(esp_etm_channel_connect(channel, edge, capture));
    ESP_ERROR_CHECK(gpio_install_isr_service(0));
    ESP_ERROR_CHECK(gpio_isr_handler_add(1, echo, NULL));
    ESP_ERROR_CHECK(esp_etm_channel_enable(channel));
    ESP_ERROR_CHECK(gptimer_enable(timer));
    ESP_ERROR_CHECK(gptimer_start(timer));
    gpio_set_level(1, 1);
    esp_rom_delay_us(580);
    gpio_set_level(1, 0);
    uint32_t ticks;
    printf("%d ", (int)xTaskNotifyWait(0, ULONG_MAX, &ticks, pdMS_TO_TICKS(1000)));
    printf("%d cm\\n", (int)(ticks / 58));
}
"""


@pytest.mark.parametrize("release", ["v5.1", "v5.5"])
@pytest.mark.parametrize("chip", ["esp32c6", "esp32p4"])
def test_a_pulse_is_measured_by_capture(run_c: Run, chip: str, release: str) -> None:
    """As a public example does it: one header for the timer and its part of the matrix, no NULL behind a single event."""
    _, out = run_c(SONAR, chip=chip, idf=release)
    assert out == "1 10 cm\n"


ALARM = (
    EVERY_HEADER
    + """
#include "freertos/task.h"
static void nothing(void *arg) {}
void app_main(void)
{
    gpio_config_t pin = {.pin_bit_mask = 1ULL << 1, .mode = GPIO_MODE_INPUT_OUTPUT};
    ESP_ERROR_CHECK(gpio_config(&pin));
    ESP_ERROR_CHECK(gpio_set_level(1, 1));
    esp_etm_event_handle_t event;
    esp_etm_task_handle_t task;
    esp_etm_channel_handle_t channel;
    gpio_etm_task_config_t clear = {.action = GPIO_ETM_TASK_ACTION_CLR};
    esp_etm_channel_config_t plain = {};
    printf("%s\\n", esp_err_to_name(esp_timer_new_etm_alarm_event(NULL)));
    ESP_ERROR_CHECK(esp_timer_new_etm_alarm_event(&event));
    ESP_ERROR_CHECK(gpio_new_etm_task(&clear, &task, NULL));
    ESP_ERROR_CHECK(gpio_etm_task_add_gpio(task, 1));
    ESP_ERROR_CHECK(esp_etm_new_channel(&plain, &channel));
    ESP_ERROR_CHECK(esp_etm_channel_connect(channel, event, task));
    ESP_ERROR_CHECK(esp_etm_channel_enable(channel));
    esp_timer_handle_t timer;
    esp_timer_create_args_t args = {.callback = nothing, .name = "half a second"};
    ESP_ERROR_CHECK(esp_timer_create(&args, &timer));
    ESP_ERROR_CHECK(esp_timer_start_periodic(timer, 500000));
    vTaskDelay(pdMS_TO_TICKS(100));
    printf("%d\\n", gpio_get_level(1));
    vTaskDelay(pdMS_TO_TICKS(1000));
    printf("%d\\n", gpio_get_level(1));
    ESP_ERROR_CHECK(esp_timer_stop(timer));
    ESP_ERROR_CHECK(esp_timer_delete(timer));
    ESP_ERROR_CHECK(gpio_etm_task_rm_gpio(task, 1));
    ESP_ERROR_CHECK(esp_etm_channel_disable(channel));
    ESP_ERROR_CHECK(esp_etm_del_task(task));
    ESP_ERROR_CHECK(esp_etm_del_event(event));
    ESP_ERROR_CHECK(esp_etm_del_channel(channel));
}
"""
)


@pytest.mark.parametrize("chip", ["esp32c6", "esp32p4"])
def test_an_alarm_of_esp_timer_reaches_the_matrix(run_c: Run, chip: str) -> None:
    """Row 34 of ESP-IDF's own tests: the event comes with the first alarm, not before."""
    report, out = run_c(ALARM, chip=chip)
    assert out.split() == ["ESP_ERR_INVALID_ARG", "1", "0"]
    assert rules(report) == []


CALLBACK = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_err.h"
#include "esp_heap_caps.h"
#include "esp_rom_sys.h"
static volatile int done;
static bool WHERE ended(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *arg)
{
    BODY
    done = 1;
    return false;
}
void app_main(void)
{
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    async_memcpy_handle_t mcp;
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    char *buffer = heap_caps_calloc(2, 64, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, buffer + 64, buffer, 64, ended, NULL));
    while (!done) esp_rom_delay_us(5);
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    free(buffer);
}
"""


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("", []),
        (
            "void *p = malloc(4);\n    free(p);",
            [
                "malloc was called in an interrupt, but it is for tasks only",
                "free was called in an interrupt, but it is for tasks only",
            ],
        ),
        ('esp_rom_printf("fine\\n");', []),
        ('printf("not fine\\n");', ["printf was called in an interrupt, but it may wait"]),
    ],
)
def test_allocating_in_an_interrupt(run_c: Run, body: str, found: list[str]) -> None:
    report, _ = run_c(CALLBACK.replace("BODY", body).replace("WHERE", ""), "esp32s3")
    assert messages(report) == found
    assert set(rules(report)) <= {"isr-context"}


@pytest.mark.parametrize(
    ("where", "chip", "more", "fires"),
    [
        ("", "esp32s3", {}, False),
        ("", "esp32s3", {"defines": ("CONFIG_GDMA_ISR_IRAM_SAFE=1",)}, True),
        ("IRAM_ATTR", "esp32s3", {"defines": ("CONFIG_GDMA_ISR_IRAM_SAFE=1",)}, False),
        ("", "esp32s2", {"idf": "v5.1"}, True),
        ("", "esp32s2", {"idf": "v5.2"}, False),
    ],
)
def test_a_callback_in_flash(run_c: Run, where: str, chip: str, more: dict[str, str], fires: bool) -> None:
    report, _ = run_c(CALLBACK.replace("BODY", "").replace("WHERE", where), chip, **more)
    assert rules(report) == (["isr-context"] if fires else [])
    if fires:
        assert messages(report) == [
            "the callback given to esp_async_memcpy lies in flash, but its interrupt also runs while the flash cache is off: it crashes when it "
            "comes during a flash write or erase"
        ]
