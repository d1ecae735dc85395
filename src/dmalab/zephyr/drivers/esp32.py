"""The GDMA driver of the Espressif chips.

Channel 2n is the receiving half of pair n and 2n+1 the sending half; a memory-to-memory transfer uses both, whichever number was
passed, and both
call back. The driver flushes what is sent and invalidates what is received, when it is configured, reloaded, and when a frame has come in.
"""

from __future__ import annotations

from dmalab.zephyr.driver import Driver
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.states import Situation

ESP32 = Driver(
    name="esp32",
    title="dma_esp32_gdma",
    source="zephyr drivers/dma/dma_esp32_gdma.c (2026, pull 110843); dts/bindings/dma/espressif,esp32-gdma.yaml @1f0e81666169",
    edges={
        (Situation.RUNNING, "config"): Situation.CONFIGURED,
        (Situation.RUNNING, "reload"): Situation.CONFIGURED,
    },
    absent=frozenset({"suspend", "resume", "get_attribute", "chan_filter", "chan_release", "request"}),
    equal_bursts=True,
    data_sizes=(),
    trusts_count=False,
    strides=False,
    cyclic="ignored",
    adjusts=False,
    priorities=False,
    piece=4092,
    descriptors=16,
    linking="ignored",
    directions=(0, 1, 2),
    bad_direction=Errno.EINVAL,
    unreachable=Errno.EINVAL,
    callbacks="descriptors",
    late=True,
    merges=True,
    both_halves=True,
    obeys_error_dis=False,
    syncs=True,
    restarts=True,
    halves=True,
    status_fields=frozenset(
        {"busy", "dir", "pending_length", "free", "write_position", "read_position", "total_copied"}
    ),
)
