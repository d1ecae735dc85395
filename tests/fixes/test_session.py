"""Fixes of whole files: example firmware goes in, a change that was built and run again comes out, or none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dmalab.cli import main
from dmalab.errors import CannotRunError, OptionError
from dmalab.fixes.edit import diff
from dmalab.fixes.session import Outcome, fix_file, write
from dmalab.fixes.show import render
from dmalab.options import Options, parse_options

EXAMPLES = Path(__file__).parents[2] / "examples"


def fix(path: Path, *chips: str, **more: Any) -> Outcome:
    return fix_file(Options(sources=(path,), chips=chips or ("esp32s3",), **more))


def changed(outcome: Outcome) -> list[str]:
    """The lines of the diff that differ, without its head."""
    return [line for line in diff(outcome.old, outcome.new, "f.c").splitlines()[2:] if line[:1] in "+-"]


FIXED = [
    pytest.param(
        "gallery/B001_zeroed_frame",
        "esp32s3",
        {"idf": "v5.2"},
        ["stale-dma-read"],
        [
            "+    ESP_ERROR_CHECK(esp_cache_msync(frame, FRAME_BYTES,",
            "+                                    ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED));",
        ],
        id="write-back",
    ),
    pytest.param(
        "gallery/B070_inner_line_only",
        "esp32p4",
        {"idf": "v5.3", "options": parse_options(["cache_line=128"])},
        ["ineffective-sync"],
        [
            "-    esp_cache_msync(keys, size, ESP_CACHE_MSYNC_FLAG_DIR_C2M); /* BUG: refused */",
            "+    esp_cache_msync(keys, size, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED); /* BUG: refused */",
        ],
        id="flags",
    ),
    pytest.param(
        "gallery/B047_rounded_sync",
        "esp32p4",
        {},
        ["shared-line"],
        [
            "-    descriptor_t *item = heap_caps_aligned_calloc(LINE, 1, sizeof(descriptor_t), MALLOC_CAP_INTERNAL);",
            "+    descriptor_t *item = heap_caps_aligned_calloc(LINE, 1, WHOLE_LINES(sizeof(*item)), MALLOC_CAP_INTERNAL);",
        ],
        id="whole-lines",
    ),
    pytest.param(
        "unreachable",
        "esp32p4",
        {},
        ["unreachable-memory"],
        [
            "-    uint8_t *from = heap_caps_malloc(BLOCK_BYTES, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA);",
            "+    uint8_t *from = heap_caps_malloc(BLOCK_BYTES, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);",
        ],
        id="capability",
    ),
    pytest.param(
        "gallery/B134_constant_in_flash",
        "esp32c3",
        {},
        ["unreachable-memory"],
        [
            "-static const uint8_t init_sequence[64] __attribute__((aligned(4))) = {0x11, 0x29, 0x36, 0x48};",
            "+static const DRAM_ATTR uint8_t init_sequence[64] __attribute__((aligned(4))) = {0x11, 0x29, 0x36, 0x48};",
        ],
        id="place",
    ),
    pytest.param(
        "gallery/B120_digest_on_stack",
        "esp32s3",
        {},
        ["dead-stack"],
        [
            "-    uint8_t block[BLOCK_BYTES] __attribute__((aligned(64))) = {0};",
            "+    static uint8_t block[BLOCK_BYTES] __attribute__((aligned(64)));",
            "+    memset(block, 0, sizeof(block));",
        ],
        id="static",
    ),
    pytest.param(
        "freed_in_flight",
        "esp32s3",
        {},
        ["freed-in-flight"],
        ["+        xSemaphoreTake(done, portMAX_DELAY);"],
        id="wait-after-a-time-out",
    ),
    pytest.param(
        "stale_read",
        "esp32p4",
        {},
        ["touched-in-flight"],
        ["+        xSemaphoreTake(done, portMAX_DELAY);", "-        xSemaphoreTake(done, portMAX_DELAY);"],
        id="wait-moves-up",
    ),
    pytest.param(
        "gallery/B102_redrawn_too_soon",
        "esp32s3",
        {},
        ["touched-in-flight"],
        [
            "-    }",
            "-    for (int number = 0; number < STRIPES; number++) {",
        ],
        id="waits-join-the-starts",
    ),
    pytest.param(
        "gallery/B108_slot_given_back",
        "esp32s3",
        {},
        ["touched-in-flight"],
        [
            "+        memcpy(block, slot, SLOT_BYTES); /* BUG: given back one line above */",
            "-        memcpy(block, slot, SLOT_BYTES); /* BUG: given back one line above */",
        ],
        id="before-the-start",
    ),
    pytest.param(
        "spi/buffer_reused",
        "esp32",
        {},
        ["touched-in-flight"],
        [
            "-        memset(pixels, 0x10 + line, LINE_BYTES); /* BUG: the line before is still on the wire */",
            "+        memset(pixels, 0x10 + line, LINE_BYTES); /* BUG: the line before is still on the wire */",
        ],
        id="behind-the-wait",
    ),
    pytest.param(
        "spi/stack_transaction",
        "esp32s3",
        {},
        ["dead-stack"],
        [
            "-    spi_transaction_t transaction = {.flags = SPI_TRANS_USE_TXDATA, .length = 8, .tx_data = {command}};",
            "+    static spi_transaction_t transaction;",
            "+    transaction = (spi_transaction_t){.flags = SPI_TRANS_USE_TXDATA, .length = 8, .tx_data = {command}};",
        ],
        id="static-transaction",
    ),
    pytest.param(
        "spi/manual_alignment",
        "esp32s3",
        {},
        ["misaligned-for-engine"],
        ["-        .flags = SPI_TRANS_DMA_BUFFER_ALIGN_MANUAL,", "+        .flags = 0,"],
        id="driver-aligns",
    ),
    pytest.param(
        "gallery/B079_segments_apart",
        "esp32s3",
        {"idf": "v5.2"},
        ["shared-line", "ineffective-sync"],
        [
            "-    ESP_ERROR_CHECK(esp_cache_msync(ring[first], 2 * SEGMENT, ESP_CACHE_MSYNC_FLAG_DIR_M2C)); /* BUG */",
            "+    ESP_ERROR_CHECK(esp_cache_msync(ring[first], SEGMENT, ESP_CACHE_MSYNC_FLAG_DIR_M2C)); /* BUG */",
            "+    ESP_ERROR_CHECK(esp_cache_msync(ring[second], SEGMENT, ESP_CACHE_MSYNC_FLAG_DIR_M2C));",
        ],
        id="range-and-second-sync",
    ),
]


@pytest.mark.parametrize(("name", "chip", "more", "rules", "lines"), FIXED)
def test_a_bug_is_fixed_by_the_change_its_rule_asks_for(
    name: str, chip: str, more: dict[str, Any], rules: list[str], lines: list[str]
) -> None:
    source = EXAMPLES / name / "bug.c"
    before = source.read_bytes()
    outcome = fix(source, chip, **more)
    assert [attempt.finding.rule for attempt in outcome.attempts if attempt.fixed] == rules
    assert outcome.exit_code == 0
    assert changed(outcome) == lines
    assert source.read_bytes() == before


HEAD = """\
#include "esp_async_memcpy.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
static IRAM_ATTR bool on_done(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(done, &woken);
    return woken == pdTRUE;
}
"""
ALIAS = """\
#include <string.h>
#include "esp_cache.h"
#include "esp_err.h"
static uint8_t mailbox[64] __attribute__((aligned(64)));
static volatile uint8_t seen;
void app_main(void)
{
    memset(mailbox, 1, sizeof(mailbox));
    volatile uint8_t *uncached = (uint8_t *)((uintptr_t)mailbox + 0x40000000);
    seen = uncached[0];
}
"""


def test_a_mailbox_that_is_read_past_the_cache(tmp_path: Path) -> None:
    source = tmp_path / "mailbox.c"
    source.write_text(ALIAS)
    outcome = fix(source, "esp32p4")
    assert [attempt.finding.rule for attempt in outcome.attempts if attempt.fixed] == ["alias-mix"]
    assert outcome.exit_code == 0
    assert changed(outcome)[0] == "+    ESP_ERROR_CHECK(esp_cache_msync(mailbox, sizeof(mailbox),"


POSTED = (
    HEAD
    + """\
#include "esp_cache.h"
void app_main(void)
{
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    uint8_t *from = heap_caps_aligned_calloc(64, 1, 256, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA);
    uint8_t *to = heap_caps_aligned_calloc(64, 1, 256, MALLOC_CAP_SPIRAM);
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    ESP_ERROR_CHECK(esp_cache_msync(to, 256, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_INVALIDATE));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, from, 256, on_done, done));
    xSemaphoreTake(done, portMAX_DELAY);
    from[0] = to[255];
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    heap_caps_free(to);
    heap_caps_free(from);
    vSemaphoreDelete(done);
}
"""
)


def test_bytes_on_their_way_to_memory_are_waited_for(tmp_path: Path) -> None:
    source = tmp_path / "early.c"
    source.write_text(POSTED)
    outcome = fix(source, "esp32c5", options=parse_options(["revision=1.0"]))
    assert [attempt.finding.rule for attempt in outcome.attempts if attempt.fixed] == ["ordering"]
    assert outcome.exit_code == 0
    assert changed(outcome) == [
        "+    ESP_ERROR_CHECK(esp_cache_msync(to, 256, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED));"
    ]


def test_other_rules_have_no_fix() -> None:
    outcome = fix(EXAMPLES / "deadlock" / "bug.c")
    assert not any(attempt.fixed for attempt in outcome.attempts)
    assert outcome.new == outcome.old


def test_a_clean_file_needs_none() -> None:
    outcome = fix(EXAMPLES / "overrun" / "fixed.c", "esp32s3", "esp32p4")
    assert (outcome.attempts, outcome.exit_code) == ((), 0)
    assert render(outcome, Path("fixed.c"), written=False) == "fixed.c: nothing to fix on esp32s3, esp32p4"


STATIC_USED_AGAIN = (
    HEAD
    + """\
static uint8_t outbox[2][4096];
static void post(async_memcpy_handle_t mcp, SemaphoreHandle_t sent, int number)
{
    uint8_t letter[4096];
    for (int i = 0; i < sizeof(letter); i++) {
        letter[i] = number;
    }
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, outbox[number], letter, sizeof(letter), on_done, sent));
}
static void post_deeper(async_memcpy_handle_t mcp, SemaphoreHandle_t sent, int number)
{
    volatile uint8_t room[8192];
    room[0] = number;
    post(mcp, sent, number);
    room[0] = 0;
}
static void letters(void *main_task)
{
    SemaphoreHandle_t sent = xSemaphoreCreateCounting(2, 0);
    async_memcpy_handle_t mcp = NULL;
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    post(mcp, sent, 0);
    post_deeper(mcp, sent, 1);
    xSemaphoreTake(sent, portMAX_DELAY);
    xSemaphoreTake(sent, portMAX_DELAY);
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    vSemaphoreDelete(sent);
    xTaskNotifyGive(main_task);
    vTaskDelete(NULL);
}
void app_main(void)
{
    xTaskCreate(letters, "letters", 32768, xTaskGetCurrentTaskHandle(), 5, NULL);
    ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
}
"""
)


def test_a_change_that_only_trades_one_bug_for_another_is_refused(tmp_path: Path) -> None:
    """A static letter outlives its function, and is written again while the first copy reads it."""
    source = tmp_path / "letters.c"
    source.write_text(STATIC_USED_AGAIN)
    outcome = fix(source)
    assert outcome.exit_code == 1
    assert outcome.new == outcome.old == STATIC_USED_AGAIN
    attempt = next(one for one in outcome.attempts if one.finding.rule == "dead-stack")
    assert [summary for summary, _ in attempt.refused] == ["keep 'letter' for good: static"]
    assert attempt.refused[0][1].startswith("a new finding appears: touched-in-flight: the core stored to ")
    text = render(outcome, source, written=False)
    assert "remains: dead-stack at letters.c:" in text
    assert "  tried: keep 'letter' for good: static: a new finding appears: touched-in-flight: " in text


def test_a_change_that_can_t_be_built_is_refused(tmp_path: Path) -> None:
    """The size of the sync is a variable that the allocation can't see yet."""
    text = (EXAMPLES / "gallery" / "B047_rounded_sync" / "bug.c").read_text()
    text = text.replace("WHOLE_LINES(sizeof(*item))", "whole").replace(
        "    for (", "    const size_t whole = 64;\n    for (", 1
    )
    source = tmp_path / "late.c"
    source.write_text(text)
    outcome = fix(source, "esp32p4")
    refused = [each for attempt in outcome.attempts for each in attempt.refused]
    made = [attempt.summary for attempt in outcome.attempts if attempt.fixed]
    assert made == ["write back before dropping the lines"]
    assert refused[0][0] == "allocate whole cache lines"
    assert refused[0][1].startswith("it can't be built: ")


def test_a_fix_is_proved_on_every_chip() -> None:
    outcome = fix(EXAMPLES / "dead_stack" / "bug.c", "esp32s3", "esp32p4")
    assert outcome.chips == ("esp32s3", "esp32p4")
    assert outcome.exit_code == 0
    assert changed(outcome) == [
        "-    WORD_ALIGNED_ATTR uint8_t report[REPORT_BYTES];",
        "+    static WORD_ALIGNED_ATTR uint8_t report[REPORT_BYTES];",
    ]


def test_headers_beside_the_file_are_found(tmp_path: Path) -> None:
    (tmp_path / "sizes.h").write_text("#define REPORT_BYTES 512\n")
    text = (EXAMPLES / "dead_stack" / "bug.c").read_text().replace("#define REPORT_BYTES 512", '#include "sizes.h"')
    (tmp_path / "report.c").write_text(text)
    assert fix(tmp_path / "report.c").exit_code == 0


def test_the_command_prints_a_diff_and_writes_only_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "report.c"
    source.write_bytes((EXAMPLES / "dead_stack" / "bug.c").read_bytes())
    before = source.read_text()
    line = before.splitlines().index("    WORD_ALIGNED_ATTR uint8_t report[REPORT_BYTES];") + 1
    place = next(number for number, text in enumerate(before.splitlines(), 1) if "BUG" in text) - 1
    assert main(["fix", str(source), "--chip", "esp32s3"]) == 0
    out = capsys.readouterr().out
    name = str(source).lstrip("/")
    assert out.splitlines()[:6] == [
        f"fixed: dead-stack at report.c:{place}: keep 'report' for good: static",
        "  run again on esp32s3: the finding is gone, nothing new appeared",
        "",
        f"--- a/{name}",
        f"+++ b/{name}",
        f"@@ -{line - 3},7 +{line - 3},7 @@",
    ]
    assert out.splitlines()[-1] == f"{source}: 1 fixed, 0 remain on esp32s3; --write changes the file"
    assert source.read_text() == before
    patch = "\n".join(out.splitlines()[3:-2]) + "\n"
    assert main(["fix", str(source), "--chip", "esp32s3", "--write"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{source}: 1 fixed, 0 remain on esp32s3; the file was changed"
    written = source.read_text()
    assert main(["fix", str(source), "--chip", "esp32s3"]) == 0
    assert capsys.readouterr().out == f"{source}: nothing to fix on esp32s3\n"

    source.write_text(before)
    subprocess.run(["patch", "-p1", "-d", "/"], input=patch, text=True, check=True, capture_output=True, env=os.environ)
    assert source.read_text() == written


def test_what_is_no_source_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OptionError, match=r"^--chip|^SOURCES|^.*main\.rs"):
        fix(tmp_path / "main.rs")
    assert main(["fix", str(tmp_path / "main.rs")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    broken = tmp_path / "broken.c"
    broken.write_text("void app_main(void) { nonsense }\n")
    assert main(["fix", str(broken)]) == 2
    assert "nonsense" in capsys.readouterr().err
    assert broken.read_text() == "void app_main(void) { nonsense }\n"


def test_line_endings_stay_as_they_are(tmp_path: Path) -> None:
    source = tmp_path / "report.c"
    source.write_bytes((EXAMPLES / "dead_stack" / "bug.c").read_bytes().replace(b"\n", b"\r\n"))
    outcome = fix(source)
    write(outcome, source)
    assert outcome.exit_code == 0
    assert source.read_bytes().count(b"\n") == source.read_bytes().count(b"\r\n") == outcome.old.count("\n")


def test_a_file_that_was_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    source = tmp_path / "report.c"
    source.write_text("int mine;\n")
    outcome = Outcome("int a;\n", "int b;\n", (), ("esp32s3",))
    with pytest.raises(CannotRunError, match=r"report\.c was changed in the meantime, so it was left alone$"):
        write(outcome, source)
    assert source.read_text() == "int mine;\n"


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "old.c"
    source.write_bytes(b"// \xe9\nvoid app_main(void) {}\n")
    with pytest.raises(CannotRunError, match=r"old\.c: not UTF-8: invalid continuation byte at byte 3$"):
        fix(source)
