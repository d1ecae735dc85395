"""NXP's LPC controller."""

from __future__ import annotations

from dmalab.zephyr.driver import Driver
from dmalab.zephyr.states import Situation

LPC = Driver(
    name="lpc",
    title="dma_mcux_lpc",
    source="zephyr drivers/dma/dma_mcux_lpc.c @0202bd860cbf",
    edges={
        (Situation.RUNNING, "config"): Situation.CONFIGURED,
    },
    absent=frozenset({"suspend", "resume", "get_attribute", "chan_filter", "chan_release"}),
    filter="any",
    equal_sizes=True,
    data_sizes=(1, 2, 4),
    trusts_count=False,
    strides=False,
    cyclic="reload",
    linking="whole",
    callbacks="single-is-block",
    obeys_error_dis=False,
    status_fields=frozenset({"busy", "dir", "pending_length"}),
)
