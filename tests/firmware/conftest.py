"""The whole path: C text → the user's compiler → a guest on a machine → a report.

`run_c("void app_main(void) {…}")` builds and runs a firmware and gives a `CRun`. Sources are kept by content for the session, so that a
firmware run on several policies or seeds is compiled once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dmalab.options import Options
from dmalab.report.finding import Finding, Severity
from dmalab.report.run import RunReport
from dmalab.runner import build_firmware, run_image

PRELUDE = """\
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_cache.h"
#include "esp_err.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "esp_memory_utils.h"
#include "esp_private/esp_cache_private.h"
#include "esp_rom_sys.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
/* The engine that reaches every memory of the chip. */
#if SOC_AXI_GDMA_SUPPORTED
#define install_engine esp_async_memcpy_install_gdma_axi
#elif SOC_CP_DMA_SUPPORTED
#define install_engine esp_async_memcpy_install_cpdma
#else
#define install_engine esp_async_memcpy_install_gdma_ahb
#endif
#define SAY(name, value) printf("%s=%ld\\n", name, (long)(value))
static inline bool IRAM_ATTR give_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR((SemaphoreHandle_t)done, &woken);
    return woken == pdTRUE;
}
"""
"""What the firmwares of these tests include, so that their texts show only what they are about."""


@dataclass(frozen=True, slots=True)
class CRun:
    """What a firmware did."""

    report: RunReport
    out: str
    err: str

    @property
    def said(self) -> dict[str, str]:
        """Lines of the form `name=value`."""
        return dict(line.split("=", 1) for line in self.out.splitlines() if "=" in line)

    @property
    def numbers(self) -> dict[str, int]:
        """The same, as numbers."""
        return {name: int(value, 0) for name, value in self.said.items()}

    @property
    def problems(self) -> list[Finding]:
        """Errors and warnings."""
        return [one for one in self.report.findings if one.severity is not Severity.INFO]

    @property
    def rules(self) -> list[str]:
        """Rules of the errors and warnings, each once, in order of time."""
        return list(dict.fromkeys(one.rule for one in self.problems))


@pytest.fixture(scope="session", autouse=True)
def build_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One build cache for the session, shared by parallel workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "xdg-cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield


@pytest.fixture(scope="session")
def keep_source(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write a firmware's text into a file that depends on the text only."""
    folder = tmp_path_factory.mktemp("firmware")

    def keep(text: str, suffix: str = ".c") -> Path:
        path = folder / hashlib.blake2b(text.encode(), digest_size=8).hexdigest() / f"main{suffix}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return keep


@pytest.fixture(scope="session")
def run_c(keep_source: Callable[..., Path]) -> Callable[..., CRun]:
    """Build and run a firmware given as text; line 1 of the text is line 1 of `main.c`."""

    def run(
        source: str,
        *,
        chip: str = "esp32s3",
        suffix: str = ".c",
        word_bytes: int | None = None,
        prelude: bool = True,
        **more: Any,
    ) -> CRun:
        opening = PRELUDE + '#line 1 "main.c"\n' if prelude else ""
        options = Options(sources=(keep_source(opening + source, suffix),), chips=(chip,), **more)
        part = options.part(chip)
        printed: dict[int, list[bytes]] = {1: [], 2: []}
        image = build_firmware(options, part, word_bytes=word_bytes)
        report = run_image(options, part, image, lambda data, stream: printed[stream].append(data))
        return CRun(report, b"".join(printed[1]).decode(), b"".join(printed[2]).decode())

    return run


@pytest.fixture(params=[4, 8], ids=["32-bit", "64-bit"])
def word_bytes(request: pytest.FixtureRequest) -> int:
    return int(request.param)
