"""docs/api-idf.md: every declared function has a row, no cell is empty, and what it names in Python exists."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ROOT / "src/dmalab/guest/include/idf"
COVERED = (
    "esp_async_memcpy.h",
    "esp_cache.h",
    "esp_dma_utils.h",
    "esp_private/gdma.h",
    "esp_private/gdma_link.h",
    "esp_private/esp_dma_utils.h",
    "esp_private/esp_cache_private.h",
    "esp_etm.h",
    "driver/gpio.h",
    "driver/gpio_etm.h",
    "driver/gptimer.h",
    "driver/gptimer_etm.h",
    "esp_systick_etm.h",
    "esp_timer.h",
    "esp_memory_utils.h",
    "esp_random.h",
    "rom/cache.h",
)
_DECLARATION = re.compile(r"^[\w ]+?\**\s*\**(\w+)\([^;{]*?\)(?:\s*\w+\([^;]*\))?;", re.MULTILINE)


def rows() -> list[list[str]]:
    lines = (ROOT / "docs/api-idf.md").read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]


def declared(header: str) -> set[str]:
    text = re.sub(r"/\*.*?\*/", "", (HEADERS / header).read_text(encoding="utf-8"), flags=re.DOTALL)
    return {name for name in _DECLARATION.findall(text) if name.islower() or name.startswith("Cache_")}


def test_no_cell_is_empty() -> None:
    assert len(rows()) > 130
    assert all(len(row) == 6 and all(row) for row in rows())


@pytest.mark.parametrize("header", COVERED)
def test_every_declared_function_has_a_row(header: str) -> None:
    assert declared(header)
    assert declared(header) <= {row[0].strip("`") for row in rows()}


def test_what_the_table_names_in_python_exists() -> None:
    for row in rows():
        for path in re.findall(r"`([\w.]+)`", row[2]):
            first, *rest = path.split(".")
            if first == "AsyncMemcpy":
                thing = importlib.import_module("dmalab.idf").AsyncMemcpy
            else:
                thing = importlib.import_module(f"dmalab.idf.{first}")
            for name in rest:
                if name == "core":
                    break
                assert hasattr(thing, name) or name in getattr(thing, "__annotations__", {}) or name == "constraints", (
                    path
                )
                thing = getattr(thing, name, None)
