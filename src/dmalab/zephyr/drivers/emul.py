"""The emulated controller of Zephyr's host target, as extended for concurrent channels.

States UNUSED, LOADED, STARTED and STOPPED; a work-queue thread moves the blocks and calls back. Here the bytes move as everywhere
on the machine,
over time and past the cache, while the real one copies with the core.
"""

from __future__ import annotations

from dmalab.zephyr.driver import Driver
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.states import Situation

EMUL = Driver(
    name="emul",
    title="dma_emul",
    source="zephyr drivers/dma/dma_emul.c @0a632fa1a690; tests/drivers/dma/emul_concurrent @1a5b2f3d60a2 (pull 115166)",
    edges={
        (Situation.INITIAL, "start"): Errno.EIO,
        (Situation.CONFIGURED, "config"): Errno.EBUSY,
        (Situation.CONFIGURED, "stop"): Situation.STOPPED,
        (Situation.FINISHED, "config"): Situation.CONFIGURED,
        (Situation.FINISHED, "start"): Situation.RUNNING,
        (Situation.STOPPED, "config"): Situation.CONFIGURED,
        (Situation.STOPPED, "start"): Situation.RUNNING,
    },
    absent=frozenset({"reload", "suspend", "resume", "get_status", "get_attribute", "chan_release"}),
    filter="unused",
    equal_bursts=True,
    data_sizes=(),
    lists="all",
    cyclic="ignored",
    adjusts=False,
    strides=False,
    priorities=False,
    peripherals=False,
    linking="whole",
    directions=(0, 1, 2, 3, 4, 5),
    requests=64,
    callbacks="once",
    in_thread=True,
    cancels=True,
)
