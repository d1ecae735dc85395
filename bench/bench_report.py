"""What a timeline costs the benchmark firmware, which draws frames in PSRAM, copies them and sums them up.

Promises: nothing measurable without one, at most 25 % of the run's time with one. Runs with and without alternate, processor time of
dmalab and the firmware together; the median of the pairs counts, beside it the spread. What a run without a timeline pays is the question
whether anybody listens: counted and timed. Usage: bench_report.py [--smoke]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import timeit
from pathlib import Path
from unittest import mock

from dmalab.core import timeline_events
from dmalab.core.events import EventBus
from dmalab.options import Options
from dmalab.runner import run_sources

FIRMWARE = r"""
#include <assert.h>
#include <string.h>

#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_cache.h"
#include "esp_heap_caps.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#define FRAME 16384

static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}

static void draw(uint32_t *frame, uint32_t number)
{
    for (uint32_t i = 0; i < FRAME / 4; i++)
        frame[i] = (i * 2654435761u) ^ (frame[i] >> 3) ^ number;
}

static uint32_t sum(const uint32_t *line)
{
    uint32_t all = 0;
    for (uint32_t i = 0; i < FRAME / 4; i++)
        all = (all << 5 | all >> 27) ^ line[i];
    return all;
}

void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    uint32_t *frame = heap_caps_aligned_calloc(64, 1, FRAME, MALLOC_CAP_SPIRAM);
    uint32_t *line = heap_caps_aligned_alloc(64, FRAME, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    assert(done && frame && line);
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    volatile uint32_t all = 0;
    for (int i = 0; i < FRAMES; i++) {
        draw(frame, i);
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, line, frame, FRAME, on_done, done));
        xSemaphoreTake(done, portMAX_DELAY);
        all += sum(line);
    }
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(line);
    heap_caps_free(frame);
    vSemaphoreDelete(done);
}
"""
KINDS = {one for one in vars(timeline_events).values() if isinstance(one, type)}
"""Events that only a timeline hears."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="few frames: only that it runs")
    frames, pairs = (20, 1) if parser.parse_args().smoke else (1500, 7)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "frames.c"
        source.write_text(FIRMWARE)
        spent(source, frames, trace=True)  # builds, and fills caches
        both = [(spent(source, frames, trace=False), spent(source, frames, trace=True)) for _ in range(pairs)]
        ratios = sorted(traced / plain for plain, traced in both)
        plain = min(each for each, _ in both)
        print(
            f"timeline on:  {100 * statistics.median(ratios) - 100:+.1f} % of the run's time ({100 * ratios[0] - 100:+.1f} to "
            f"{100 * ratios[-1] - 100:+.1f} %), {frames} frames in {plain:.2f} s without (promised 25 %)"
        )
        questions, each = unheard(source, frames)
        print(
            f"timeline off: {questions} times nobody listens, {each * 1e9:.0f} ns each: {100 * questions * each / plain:+.2f} % (promised 0)"
        )


def spent(source: Path, frames: int, *, trace: bool) -> float:
    """Processor time of one run, in seconds."""
    before = os.times()
    (report,) = run_sources(Options(sources=(source,), defines=(f"FRAMES={frames}",), trace=trace, quiet=True))
    after = os.times()
    assert report.exit_code == 0, report
    return sum(after[:4]) - sum(before[:4])


def unheard(source: Path, frames: int) -> tuple[int, float]:
    """How often a run without a timeline asks, or tells nobody, and what that takes."""
    count = 0
    hears, emit = EventBus.hears, EventBus.emit

    def counted_hears(bus: EventBus, kind: type) -> bool:
        nonlocal count
        count += kind in KINDS
        return hears(bus, kind)

    def counted_emit(bus: EventBus, event: object) -> None:
        nonlocal count
        count += type(event) in KINDS
        emit(bus, event)

    with mock.patch.object(EventBus, "hears", counted_hears), mock.patch.object(EventBus, "emit", counted_emit):
        spent(source, frames, trace=False)
    bus, event = EventBus(), timeline_events.InterruptEnded()
    return count, min(timeit.repeat(lambda: bus.emit(event), number=10_000, repeat=5)) / 10_000


if __name__ == "__main__":
    main()
