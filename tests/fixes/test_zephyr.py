"""Fixes of firmware written against Zephyr: for each rule a program that has the bug, and the change that is proved on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmalab.cli import main
from dmalab.fixes.edit import diff
from dmalab.fixes.session import Outcome, fix_file
from dmalab.options import Options

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAM = """\
#include <zephyr/cache.h>
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>

#define SIZE %(size)s
static const struct device *const dma = DEVICE_DT_GET(DT_NODELABEL(dma0));
static uint8_t __nocache __aligned(32) wire[SIZE];
%(statics)s
static K_SEM_DEFINE(done, 0, 1);

static void on_done(const struct device *dev, void *user_data, uint32_t channel, int status)
{
	k_sem_give(&done);
}

static int copy(int channel, const void *from, void *to, size_t size)
{
	struct dma_block_config part = {
		.source_address = (uintptr_t)from,
		.dest_address = (uintptr_t)to,
		.block_size = size,
	};
	struct dma_config config = {
		.channel_direction = MEMORY_TO_MEMORY,
		.source_data_size = 4,
		.dest_data_size = 4,
		.source_burst_length = 4,
		.dest_burst_length = 4,
		.block_count = 1,
		.head_block = &part,
		.dma_callback = on_done,
	};
	int failed = dma_config(dma, channel, &config);
	return failed ? failed : dma_start(dma, channel);
}

%(before)s
int main(void)
{
	int channel = dma_request_channel(dma, NULL);

%(body)s
	dma_release_channel(dma, channel);
	return 0;
}
"""
WAIT = "k_sem_take(&done, K_FOREVER);"


def program(*body: str, size: int = 64, statics: str = "", before: str = "") -> str:
    lines = "".join(f"\t{line}\n" for line in body)
    return PROGRAM % {"size": size, "statics": statics, "before": before, "body": lines}


def fix(path: Path, chip: str = "mcu-m7") -> Outcome:
    return fix_file(Options(sources=(path,), chips=(chip,), api="zephyr"))


def changed(outcome: Outcome) -> list[str]:
    """The lines of the diff that differ, without its head and their indents."""
    lines = diff(outcome.old, outcome.new, "f.c").splitlines()[2:]
    return [line[0] + line[1:].lstrip() for line in lines if line[:1] in "+-"]


CACHED = "static uint8_t __aligned(32) buffer[SIZE];"
CASES = [
    pytest.param(
        "stale-dma-read",
        program("memset(buffer, 1, SIZE);", "copy(channel, buffer, wire, SIZE);", WAIT, statics=CACHED),
        ["+sys_cache_data_flush_range(from, size);"],
        id="stale-dma-read",
    ),
    pytest.param(
        "stale-cpu-read",
        program(
            'printk("%d\\n", buffer[0]);',
            "copy(channel, wire, buffer, SIZE);",
            WAIT,
            'printk("%d\\n", buffer[0]);',
            statics=CACHED,
        ),
        ["+sys_cache_data_invd_range(buffer, sizeof(buffer));"],
        id="stale-cpu-read",
    ),
    pytest.param(
        "stale-cpu-read",
        program(
            "uint8_t *block = k_aligned_alloc(32, SIZE);",
            'printk("%d\\n", block[0]);',
            "copy(channel, wire, block, SIZE);",
            WAIT,
            'printk("%d\\n", block[0]);',
            "k_free(block);",
        ),
        ["+sys_cache_data_invd_range(block, SIZE);"],
        id="stale-cpu-read-of-a-block",
    ),
    pytest.param(
        "dirty-line-over-dma",
        program(
            "memset(buffer, 0, SIZE);",
            "copy(channel, wire, buffer, SIZE);",
            WAIT,
            "sys_cache_data_invd_range(buffer, SIZE);",
            statics=CACHED,
        ),
        ["+sys_cache_data_flush_and_invd_range(to, size);"],
        id="dirty-line-over-dma",
    ),
    pytest.param(
        "shared-line",
        program(
            "copy(channel, wire, packet, SIZE);",
            WAIT,
            "count++;",
            "sys_cache_data_invd_range(packet, SIZE);",
            'printk("%d %d\\n", packet[0], (int)count);',
            size=100,
            statics="static uint32_t count;\nstatic uint8_t packet[SIZE];",
        ),
        [
            "-static uint8_t packet[SIZE];",
            "+static uint8_t packet[ROUND_UP(SIZE, CONFIG_DCACHE_LINE_SIZE)] __aligned(32);",
        ],
        id="shared-line",
    ),
    pytest.param(
        "discarded-write",
        program(
            "memset(buffer, 7, SIZE);",
            "sys_cache_data_invd_range(buffer, SIZE);",
            'printk("%d\\n", buffer[0]);',
            statics=CACHED,
        ),
        ["-sys_cache_data_invd_range(buffer, SIZE);", "+sys_cache_data_flush_and_invd_range(buffer, SIZE);"],
        id="discarded-write",
    ),
    pytest.param(
        "ineffective-sync",
        program(
            "memset(buffer, 1, SIZE);",
            "sys_cache_data_flush_range(buffer, 32);",
            "copy(channel, buffer, wire, SIZE);",
            WAIT,
            statics=CACHED,
        ),
        ["-sys_cache_data_flush_range(buffer, 32);", "+sys_cache_data_flush_range(buffer, SIZE);"],
        id="ineffective-sync-range",
    ),
    pytest.param(
        "ineffective-sync",
        program(
            'printk("%d\\n", buffer[0]);',
            "copy(channel, wire, buffer, SIZE);",
            WAIT,
            "sys_cache_data_flush_range(buffer, SIZE);",
            'printk("%d\\n", buffer[0]);',
            statics=CACHED,
        ),
        ["-sys_cache_data_flush_range(buffer, SIZE);", "+sys_cache_data_invd_range(buffer, SIZE);"],
        id="ineffective-sync-direction",
    ),
    pytest.param(
        "unreachable-memory",
        program(
            "copy(channel, buffer, wire, SIZE);",
            "k_sem_take(&done, K_MSEC(1));",
            statics="static uint8_t __dtcm_bss_section __aligned(32) buffer[SIZE];",
        ),
        [
            "-static uint8_t __dtcm_bss_section __aligned(32) buffer[SIZE];",
            "+static uint8_t __nocache __aligned(32) buffer[SIZE];",
        ],
        id="unreachable-memory",
    ),
    pytest.param(
        "misaligned-for-engine",
        program(
            "copy(channel, buffer + 1, wire, SIZE);",
            "k_sem_take(&done, K_MSEC(1));",
            'printk("%d\\n", wire[0]);',
            statics="static uint8_t __nocache __aligned(32) buffer[SIZE + 1];",
        ),
        ["-.source_data_size = 4,", "-.dest_data_size = 4,", "+.source_data_size = 1,", "+.dest_data_size = 1,"],
        id="misaligned-for-engine",
    ),
    pytest.param(
        "bad-descriptor-chain",
        program("copy(channel, wire, buffer, SIZE);", "k_sem_take(&done, K_MSEC(1));", size=62, statics=CACHED),
        ["-.source_data_size = 4,", "-.dest_data_size = 4,", "+.source_data_size = 2,", "+.dest_data_size = 2,"],
        id="length-is-no-multiple",
    ),
    pytest.param(
        "touched-in-flight",
        program(
            "copy(channel, buffer, wire, SIZE);",
            "buffer[0] = 1;",
            WAIT,
            size=4096,
            statics="static uint8_t __nocache __aligned(32) buffer[SIZE];",
        ),
        [f"+{WAIT}", f"-{WAIT}"],
        id="touched-in-flight",
    ),
    pytest.param(
        "freed-in-flight",
        program(
            "uint8_t *block = k_aligned_alloc(32, SIZE);",
            "copy(channel, wire, block, SIZE);",
            "if (k_sem_take(&done, K_NO_WAIT) != 0) {",
            '\tprintk("late\\n");',
            "}",
            "k_free(block);",
            size=4096,
        ),
        ["+dma_stop(dma, channel);"],
        id="freed-in-flight",
    ),
    pytest.param(
        "dead-stack",
        program(
            "send(channel);",
            WAIT,
            size=256,
            before="static void send(int channel)\n{\n\tuint8_t letter[SIZE] __aligned(32);\n\n\tmemset(letter, 1, SIZE);\n"
            "\tsys_cache_data_flush_range(letter, SIZE);\n\tcopy(channel, letter, wire, SIZE);\n}\n",
        ),
        ["-uint8_t letter[SIZE] __aligned(32);", "+static uint8_t letter[SIZE] __aligned(32);"],
        id="dead-stack",
    ),
]


@pytest.mark.parametrize(("rule", "text", "lines"), CASES)
def test_the_change_that_a_rule_asks_for_is_proved(rule: str, text: str, lines: list[str], tmp_path: Path) -> None:
    source = tmp_path / "app.c"
    source.write_text(text)
    outcome = fix(source)
    assert [attempt.finding.rule for attempt in outcome.attempts if attempt.fixed] == [rule]
    assert outcome.exit_code == 0
    assert changed(outcome) == lines
    assert source.read_text() == text


@pytest.mark.parametrize(
    ("name", "rules", "lines"),
    [
        (
            "zephyr/cache_bug.c",
            ["stale-dma-read", "stale-cpu-read"],
            [
                "+#include <zephyr/cache.h>",
                "+sys_cache_data_flush_range(message, sizeof(message));",
                "+sys_cache_data_invd_range(copy, sizeof(copy));",
            ],
        ),
        (
            "gallery/B040_dirty_slab_block/bug.c",
            ["dirty-line-over-dma"],
            ["+sys_cache_data_flush_and_invd_range(block, BLOCK);"],
        ),
        (
            "gallery/B113_block_returned_early/bug.c",
            ["freed-in-flight"],
            ["+dma_stop(dma, channel);", "-dma_stop(dma, channel);"],
        ),
        ("gallery/B222_armed_after_failure/bug.c", ["channel-state"], ["+dma_stop(dma, channel);"]),
    ],
)
def test_an_example_is_fixed(name: str, rules: list[str], lines: list[str]) -> None:
    outcome = fix(EXAMPLES / name)
    assert [attempt.finding.rule for attempt in outcome.attempts if attempt.fixed] == rules
    assert outcome.exit_code == 0
    assert changed(outcome) == lines


def test_the_command_takes_the_api(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "app.c"
    text = (EXAMPLES / "zephyr" / "cache_bug.c").read_text()
    source.write_text(text)
    assert main(["fix", str(source), "--api", "zephyr"]) == 0
    assert (
        capsys.readouterr().out.splitlines()[-1] == f"{source}: 2 fixed, 0 remain on mcu-m7; --write changes the file"
    )
    assert source.read_text() == text
    assert main(["fix", str(source), "--api", "zephyr", "--write"]) == 0
    assert main(["run", str(source), "--api", "zephyr"]) == 0
