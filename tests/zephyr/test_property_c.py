"""The random calls of `test_property`, made from C: the same codes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from dmalab.options import Options
from dmalab.runner import build_firmware, run_image

from .reference import CHANNELS, OPS, Reference
from .test_property import random_steps

STEPS = 25_000
NO_PARAM = -1

PROGRAM = """
#include <zephyr/drivers/dma.h>
#include <zephyr/kernel.h>

enum {{ {ops} }};
static const struct {{ int op; uint32_t channel; int wanted; }} steps[] = {{ {steps} }};
static uint8_t __nocache source[64], sink[{channels} + 1][64];
static int completed[{channels}];

static void on_done(const struct device *dev, void *user_data, uint32_t channel, int status)
{{
	completed[channel] += 1 + 100 * (status != 0);
}}

static int configure(const struct device *dma, uint32_t channel, uint32_t size)
{{
	struct dma_block_config block = {{.source_address = (uintptr_t)source,
		.dest_address = (uintptr_t)sink[channel < {channels} ? channel : {channels}], .block_size = size}};
	struct dma_config config = {{.source_data_size = 1, .dest_data_size = 1, .source_burst_length = 1, .dest_burst_length = 1,
		.block_count = 1, .head_block = &block, .dma_callback = on_done}};
	return dma_config(dma, channel, &config);
}}

int main(void)
{{
	const struct device *dma = DEVICE_DT_GET(DT_NODELABEL(dma0));
	struct dma_status status;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {{
		const uint32_t channel = steps[i].channel;
		uint32_t wanted = (uint32_t)steps[i].wanted;
		void *param = steps[i].wanted < 0 ? NULL : &wanted;
		int result = 0;
		switch (steps[i].op) {{
		case OP_config: result = configure(dma, channel, 64); break;
		case OP_bad_config: result = configure(dma, channel, 0); break;
		case OP_start: result = dma_start(dma, channel); break;
		case OP_stop: result = dma_stop(dma, channel); break;
		case OP_suspend: result = dma_suspend(dma, channel); break;
		case OP_resume: result = dma_resume(dma, channel); break;
		case OP_reload: result = dma_reload(dma, channel, (uintptr_t)source,
			(uintptr_t)sink[channel < {channels} ? channel : {channels}], 64); break;
		case OP_status: result = dma_get_status(dma, channel, &status); result = result ? result : 1000 + status.busy; break;
		case OP_request: result = dma_request_channel(dma, param); break;
		case OP_release: dma_release_channel(dma, channel); break;
		case OP_filter: result = dma_chan_filter(dma, (int)channel, param); break;
		case OP_wait:
			memset(completed, 0, sizeof(completed));
			k_sleep(K_SECONDS(100));
			for (int c = 0; c < {channels}; c++) {{
				result = result * 3 + completed[c];
			}}
			break;
		}}
		printk("%d\\n", result == -EINVAL ? -1001 : result == -EBUSY ? -1002 : result);
	}}
	return 0;
}}
"""
CODES = {"EINVAL": -1001, "EBUSY": -1002}


def expected(steps):
    """What the reference answers, as the program prints it."""
    reference = Reference()
    for op, channel, wanted in steps:
        if op == "wait":
            total = 0
            for one in reference.channels:
                total = total * 3 + one.finish()
            yield total
            continue
        answer = reference.call(op, channel, wanted)
        if isinstance(answer, tuple):
            yield 1000 + answer[1]
        else:
            yield CODES.get(answer, answer)


@pytest.mark.parametrize("seed", range(4))
def test_c_gives_the_same_codes(seed, tmp_path: Path):
    """The very sequences of `test_property`: 100 000 calls in all."""
    steps = list(random_steps(seed, STEPS))
    rows = ", ".join(
        f"{{OP_{op}, {channel & 0xFFFFFFFF}u, {NO_PARAM if wanted is None else wanted}}}"
        for op, channel, wanted in steps
    )
    ops = ", ".join(f"OP_{op}" for op in (*OPS, "wait"))
    source = tmp_path / "steps.c"
    source.write_text(PROGRAM.format(ops=ops, steps=rows, channels=CHANNELS))
    options = Options(sources=(source,), api="zephyr", quiet=True, timeout_s=1e6)
    chip = options.part("mcu-m7")
    # A list takes a second to begin, so nothing completes but in a step of its own.
    chip = msgspec.structs.replace(chip, timing=msgspec.structs.replace(chip.timing, start_ns=1_000_000_000))
    printed = bytearray()
    report = run_image(options, chip, build_firmware(options, chip), lambda data, _stream: printed.extend(data))
    assert not report.failure, report
    assert list(map(int, printed.split())) == list(expected(steps))
