"""Infineon's XMC4xxx controller."""

from __future__ import annotations

from dmalab.zephyr.driver import Driver
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.states import Situation

XMC4XXX = Driver(
    name="xmc4xxx",
    title="dma_xmc4xxx",
    source="zephyr drivers/dma/dma_xmc4xxx.c @227c1acba518",
    edges={
        (Situation.RUNNING, "config"): Errno.EINVAL,
        (Situation.SUSPENDED, "config"): Errno.EINVAL,
        (Situation.INITIAL, "start"): Situation.INITIAL,
        (Situation.INITIAL, "suspend"): Situation.INITIAL,
        (Situation.INITIAL, "resume"): Situation.INITIAL,
        (Situation.CONFIGURED, "suspend"): Situation.CONFIGURED,
        (Situation.CONFIGURED, "resume"): Situation.CONFIGURED,
        (Situation.RUNNING, "reload"): Errno.EINVAL,
        (Situation.SUSPENDED, "reload"): Errno.EINVAL,
    },
    absent=frozenset({"get_attribute", "chan_release"}),
    data_sizes=(1, 2, 4),
    max_block=4095 * 4,
    lists=Errno.EINVAL,
    cyclic="flag",
    linking=Errno.EINVAL,
    callbacks="block-and-list",
    muted_by_stop=True,
    error_status=-Errno.EPERM,
    status_fields=frozenset({"busy", "pending_length"}),
)
