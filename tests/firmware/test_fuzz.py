"""No call of the table can be made to hurt dmalab: whatever the arguments, it answers, or ends the firmware with a finding.

One firmware draws a call's arguments from a pool of awkward values (NULL, unmapped, unaligned, huge, negative, freed, handles of the wrong
kind) and makes it some times over, in a task and in an interrupt. Which call, and which draws, is told by the environment.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dmalab import Machine, chips
from dmalab.chips.model import Chip
from dmalab.guest.arena import arena_for
from dmalab.guest.calls import CALLS, NUMBERS
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers import IDF
from dmalab.guest.image import Image
from dmalab.guest.process import GuestProcess
from dmalab.options import Options
from dmalab.report.finding import Severity
from dmalab.report.json import to_json
from dmalab.report.run import RunReport
from dmalab.runner import build_firmware

NOT_FUZZED = {
    "esp_error_check_failed",  # ends the run by definition; its texts are addresses
    "esp_restart",
    "esp_system_abort",
}
LIMIT_S = 0.5
SELECTORS = {
    "gdma_new_channel": {0: 3},
    "gdma_new_channels": {0: 3},
    "gptimer_value": {1: 3},
    "esp_dma_split_part": {4: 3, 5: 3},
    "rom_cache": {0: 4},
}
"""Arguments that only the runtime chooses, by name and place, and how many values they have."""

SOURCE = """\
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "esp_async_memcpy.h"
#include "esp_heap_caps.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#if SOC_AXI_GDMA_SUPPORTED
#define install_engine esp_async_memcpy_install_gdma_axi
#else
#define install_engine esp_async_memcpy_install_gdma_ahb
#endif
uint64_t dl_call(uint32_t number, uint32_t nargs, const uint64_t *args);

static uint64_t pool[48];
static int filled, call, count, rounds, limits[10];
static uint32_t state;

static uint32_t draw(uint32_t below) { state = state * 1664525u + 1013904223u; return (state >> 8) % below; }
static void add(uint64_t value) { pool[filled++] = value; }
static void add_pointer(const volatile void *pointer) { add((uintptr_t)pointer); }

static void make_calls(void)
{
    for (int i = 0; i < rounds; i++) {
        uint64_t args[10];
        for (int j = 0; j < 10; j++)
            args[j] = limits[j] ? draw(limits[j]) : draw(3) ? pool[draw(filled)] : draw(64);
        dl_call(call, count, args);
    }
}

static bool isr(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *arg) { make_calls(); return draw(2); }
static void callback(void *arg) {}
static void task(void *arg) { vTaskDelay(portMAX_DELAY); vTaskDelete(NULL); }

void app_main(void)
{
    static uint8_t from[64] __attribute__((aligned(64))), to[64] __attribute__((aligned(64)));
    static esp_timer_handle_t timer;
    static async_memcpy_handle_t mcp, idle;
    static TaskHandle_t other;
    char local[64] = {0};
    call = atoi(getenv("CALL")), count = atoi(getenv("COUNT")), state = strtoul(getenv("SEED"), 0, 10), rounds = atoi(getenv("ROUNDS"));
    for (const char *p = getenv("LIMITS"); *p; p = strchr(p, ';') + 1) limits[atoi(p)] = atoi(strchr(p, ':') + 1);
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(install_engine(&config, &mcp));
    ESP_ERROR_CHECK(install_engine(&config, &idle));
    esp_timer_create_args_t timer_args = {.callback = callback};
    ESP_ERROR_CHECK(esp_timer_create(&timer_args, &timer));
    xTaskCreate(task, "other", 3072, NULL, 0, &other);
    void *freed = malloc(100);
    free(freed);
    add(0); add(1); add(4); add(31); add(4096); add(0x7fffffff); add(0x80000000); add(0xffffffff); add(0xfffffff0); add(1 << 20);
    add(0xffffffffffffffff); add(1u << 10 | 8); add(1u << 11 | 8); add(0x12345678); add(0xdead0001);
    add_pointer(malloc(256)); add_pointer((char *)malloc(64) + 1); add_pointer(freed); add_pointer(heap_caps_malloc(512, MALLOC_CAP_SPIRAM));
    add_pointer(local); add_pointer(from); add_pointer(to + 3); add_pointer("text in flash"); add_pointer((void *)app_main);
    add_pointer((void *)callback); add_pointer((void *)task); add_pointer((void *)getenv); add_pointer(getenv("CALL"));
    add_pointer(mcp); add_pointer(idle); add_pointer(timer); add_pointer(other); add_pointer(xTaskGetCurrentTaskHandle());
    add_pointer(xSemaphoreCreateBinary()); add_pointer(xSemaphoreCreateMutex()); add_pointer(xSemaphoreCreateRecursiveMutex());
    add_pointer(xQueueCreate(2, 8)); add_pointer(xQueueCreate(1, 4)); add_pointer(xEventGroupCreate());
    if (getenv("ISR")) {
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, 64, isr, NULL));
        vTaskDelay(1);
    } else {
        make_calls();
    }
}
"""


@pytest.fixture(scope="session", params=["esp32s3", "esp32p4"])
def target(request: pytest.FixtureRequest, keep_source: Callable[..., Path], build_cache: None) -> tuple[Chip, Image]:
    part = chips.load(request.param)
    return part, build_firmware(Options(sources=(keep_source(SOURCE),), chips=(request.param,)), part)


def run(target: tuple[Chip, Image], name: str, seed: int, **settings: str) -> RunReport:
    part, image = target
    call = next(one for one in CALLS if one.name == name)
    environment = {
        "CALL": str(NUMBERS[name]),
        "COUNT": str(len(call.arguments)),
        "SEED": str(seed),
        "ROUNDS": "1" if name == "rom_cache" else "12",  # all of a large PSRAM takes a while
        "LIMITS": "".join(f"{place}:{values};" for place, values in SELECTORS.get(name, {}).items()),
        **settings,
    }
    with arena_for(part) as arena, GuestProcess.start(image, arena, environment=environment) as process:
        machine = Machine(part, planes=arena)
        Firmware(machine, image, process, IDF, lambda _data, _stream: None).run(LIMIT_S)
        assert process.status is not None, "the guest is still there"
    return machine.report()


@pytest.mark.parametrize("context", ["task", "interrupt"])
def test_no_call_hurts_dmalab(target: tuple[Chip, Image], context: str) -> None:
    """Each call is also known to be safe for many more draws; to look again, change the seeds here."""
    settings = {"ISR": "1"} if context == "interrupt" else {}
    ends = 0
    for number, call in enumerate(CALLS):
        if call.name in NOT_FUZZED:
            continue
        report = run(target, call.name, number, **settings)
        assert report.error == "", f"{call.name} with seed {number}"
        assert report.exit_code in (0, 1)
        to_json([report])
        ends += any(finding.severity is not Severity.INFO for finding in report.findings)
    assert ends > len(CALLS) // 6, "the arguments are not awkward enough"


def test_a_fuzzed_run_repeats_itself(target: tuple[Chip, Image]) -> None:
    for name in ("esp_async_memcpy", "heap_caps_aligned_calloc", "xQueueReceive", "esp_cache_msync"):
        assert to_json([run(target, name, 5)]) == to_json([run(target, name, 5)])


def test_an_unknown_call_number_is_a_fault_of_the_firmware(target: tuple[Chip, Image]) -> None:
    report = run(target, "malloc", 1, CALL="9999")
    assert report.findings[0].message == "the firmware made call 9999 with 1 arguments, which does not exist"
    report = run(target, "esp_async_memcpy", 1, COUNT="2")
    assert report.findings[0].message.endswith(" with 2 arguments, which does not exist")
