"""The STM32 drivers: v1 and v2 streams and channels, and the one of the linked-list family (U5, H5)."""

from __future__ import annotations

from dmalab.zephyr.driver import Driver
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.states import Situation

STM32 = Driver(
    name="stm32",
    title="dma_stm32",
    source="zephyr drivers/dma/dma_stm32.c (version with the repeated-start rule)",
    edges={
        (Situation.CONFIGURED, "config"): Errno.EBUSY,
        (Situation.FINISHED, "config"): Situation.CONFIGURED,
        (Situation.STOPPED, "config"): Situation.CONFIGURED,
        (Situation.RUNNING, "reload"): Situation.RUNNING,
    },
    absent=frozenset({"suspend", "resume", "get_attribute", "chan_filter", "chan_release", "request"}),
    equal_sizes=True,
    data_sizes=(1, 2, 4),
    max_block=65535,
    decrement=Errno.ENOTSUP,
    lists="head",
    cyclic="reload",
    strides=False,
    half_complete=None,
    linking="ignored",
    bad_direction=Errno.ENOTSUP,
    callbacks="once",
    half_as_block=True,
    muted_by_stop=True,
    obeys_error_dis=False,
    busy_from_config=True,
    status_fields=frozenset({"busy", "dir", "pending_length"}),
    reload_starts=True,
)

STM32U5 = Driver(
    name="stm32u5",
    title="dma_stm32u5",
    source="zephyr drivers/dma/dma_stm32u5.c",
    edges={
        (Situation.CONFIGURED, "config"): Errno.EBUSY,
        (Situation.FINISHED, "config"): Situation.CONFIGURED,
        (Situation.STOPPED, "config"): Situation.CONFIGURED,
        (Situation.RUNNING, "reload"): Situation.RUNNING,
        (Situation.INITIAL, "suspend"): Errno.ETIMEDOUT,
        (Situation.CONFIGURED, "suspend"): Errno.ETIMEDOUT,
        (Situation.INITIAL, "resume"): Situation.INITIAL,
        (Situation.CONFIGURED, "resume"): Situation.CONFIGURED,
    },
    absent=frozenset({"get_attribute", "chan_filter", "chan_release", "request"}),
    data_sizes=(1, 2, 4),
    max_block=65535,
    decrement=Errno.ENOTSUP,
    lists=Errno.ENOTSUP,
    cyclic=Errno.ENOTSUP,
    strides=False,
    linking="ignored",
    callbacks="once",
    half_as_block=True,
    obeys_error_dis=False,
    busy_from_config=True,
    status_fields=frozenset({"busy", "dir", "pending_length"}),
    reload_starts=True,
)
