"""Runs C programs written against Zephyr, from files or from text."""

from __future__ import annotations

from pathlib import Path

from dmalab.options import Options
from dmalab.runner import run_firmware

APPS = Path(__file__).parent / "apps"

HEAD = """
#include <zephyr/cache.h>
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>

static const struct device *const dma = DEVICE_DT_GET(DT_NODELABEL(dma0));
static uint8_t __nocache __aligned(32) source[1024], sink[1024];
K_SEM_DEFINE(done, 0, 1);
static void give(const struct device *dev, void *user_data, uint32_t channel, int status) { k_sem_give(&done); }
static struct dma_config config_for(struct dma_block_config *head)
{
	return (struct dma_config){.channel_direction = MEMORY_TO_MEMORY, .source_data_size = 4, .dest_data_size = 4,
		.source_burst_length = 16, .dest_burst_length = 16, .block_count = 1, .head_block = head, .dma_callback = give};
}
static struct dma_block_config block_for(size_t size)
{
	return (struct dma_block_config){.source_address = (uint32_t)source, .dest_address = (uint32_t)sink, .block_size = size};
}
#line 1 "program.c"
"""
"""What most programs begin with: a controller, two buffers out of the cache, a callback and the plainest configuration."""


class Ran:
    """What became of a program."""

    def __init__(self, report, printed):
        self.report = report
        self.printed = printed

    @property
    def rules(self):
        """Name of each finding that is more than information."""
        return sorted(finding.rule for finding in self.report.findings if finding.severity.value != "info")

    @property
    def tests(self):
        """Outcome of each test case, by name."""
        return {case.name: case.outcome for case in self.report.tests}

    @property
    def why(self):
        """Everything there is to read when a test of ours fails."""
        return f"{self.printed}\n{self.report}"


def run(*sources, chip="mcu-m7", defines=(), options=None, **more):
    """Build and run."""
    wanted = Options(
        sources=tuple(map(Path, sources)),
        chips=(chip,),
        api="zephyr",
        defines=tuple(defines),
        options=options or {},
        quiet=True,
        **more,
    )
    printed = bytearray()
    report = run_firmware(wanted, wanted.part(chip), lambda data, _stream: printed.extend(data))
    return Ran(report, printed.decode())
