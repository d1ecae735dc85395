"""The DesignWare AHB controller of Intel's audio parts."""

from __future__ import annotations

from dmalab.zephyr.driver import Driver
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.states import Situation

DW = Driver(
    name="dw",
    title="dma_dw",
    source="zephyr drivers/dma/dma_dw_common.c @013c135025b4",
    edges={
        (Situation.INITIAL, "start"): Errno.EBUSY,
        (Situation.FINISHED, "start"): Errno.EBUSY,
        (Situation.STOPPED, "start"): Errno.EBUSY,
        (Situation.SUSPENDED, "suspend"): Errno.EINVAL,
        (Situation.RUNNING, "resume"): Errno.EINVAL,
    },
    absent=frozenset({"reload", "get_attribute", "chan_filter", "chan_release"}),
    filter="any",
    equal_bursts=True,
    equal_sizes=True,
    data_sizes=(1, 2, 4),
    strides=False,
    cyclic="flag",
    linking="ignored",
    callbacks="block-or-list",
    error_status=None,
    status_fields=frozenset({"pending_length", "free"}),
)
