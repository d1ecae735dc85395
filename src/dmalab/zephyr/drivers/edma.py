"""The two drivers of NXP's eDMA: the one over the vendor's HAL, and the bare one of the audio parts."""

from __future__ import annotations

from dmalab.zephyr.config import Direction
from dmalab.zephyr.driver import Driver
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.states import Situation

EDMA = Driver(
    name="edma",
    title="dma_mcux_edma",
    source="zephyr drivers/dma/dma_mcux_edma.c @02c358d3b0ed",
    edges={
        (Situation.RUNNING, "config"): Situation.CONFIGURED,
        (Situation.SUSPENDED, "config"): Situation.CONFIGURED,
        (Situation.SUSPENDED, "start"): Situation.RUNNING,
        (Situation.INITIAL, "start"): Situation.INITIAL,
        (Situation.INITIAL, "reload"): Errno.EFAULT,
        (Situation.STOPPED, "reload"): Errno.EFAULT,
    },
    absent=frozenset({"get_attribute", "chan_release"}),
    filter="periodic",
    software_handshake=True,
    strides=False,
    lists="gather",
    trusts_count=False,
    cyclic="flag",
    callbacks="every-zero",
    obeys_error_dis=False,
    tells_errors=False,
    status_fields=frozenset({"busy", "dir", "pending_length"}),
    pending_in_items=True,
)

NXP_EDMA = Driver(
    name="nxp_edma",
    title="dma_nxp_edma",
    source="zephyr drivers/dma/dma_nxp_edma.c @05f284d88e65",
    edges={
        (Situation.CONFIGURED, "config"): Errno.EPERM,
        (Situation.RUNNING, "config"): Errno.EPERM,
        (Situation.SUSPENDED, "config"): Errno.EPERM,
        (Situation.INITIAL, "start"): Errno.EPERM,
        (Situation.RUNNING, "start"): Errno.EPERM,
        (Situation.SUSPENDED, "start"): Situation.RUNNING,
        (Situation.FINISHED, "start"): Errno.EPERM,
        (Situation.STOPPED, "start"): Errno.EPERM,
        (Situation.INITIAL, "stop"): Errno.EPERM,
        (Situation.CONFIGURED, "stop"): Errno.EPERM,
        (Situation.SUSPENDED, "suspend"): Errno.EPERM,
        (Situation.INITIAL, "suspend"): Errno.EPERM,
        (Situation.CONFIGURED, "suspend"): Errno.EPERM,
        (Situation.CONFIGURED, "reload"): Errno.EINVAL,
        (Situation.RUNNING, "reload"): Situation.RUNNING,
    },
    absent=frozenset({"chan_filter"}),
    attributes={0: 4, 1: 4, 3: 1},
    equal_bursts=True,
    size_in_bursts=True,
    lists=Errno.ENOTSUP,
    strides=False,
    cyclic="flag",
    cyclic_directions=(Direction.MEMORY_TO_PERIPHERAL, Direction.PERIPHERAL_TO_MEMORY),
    reload_reports=True,
    linking="ignored",
    callbacks="once",
    status_fields=frozenset({"pending_length", "free", "read_position", "write_position"}),
)
