"""Error codes as Zephyr's calls return them, and the exception that carries one through Python.

A C call returns the negated number; numbers differ between C libraries, so compare by name. The numbers here are those of the C
library that
firmware is built with.
Source: zephyr include/zephyr/drivers/dma.h @012f1d3128ae.
"""

from __future__ import annotations

import errno as _host
from enum import IntEnum

from dmalab.errors import ApiError


class Errno(IntEnum):
    """The error codes that Zephyr's DMA, cache and kernel calls use."""

    EPERM = _host.EPERM
    ENOENT = _host.ENOENT
    EINTR = _host.EINTR
    EIO = _host.EIO
    ENXIO = _host.ENXIO
    EAGAIN = _host.EAGAIN
    ENOMEM = _host.ENOMEM
    EFAULT = _host.EFAULT
    EBUSY = _host.EBUSY
    ENODEV = _host.ENODEV
    EINVAL = _host.EINVAL
    EPIPE = _host.EPIPE
    EDEADLK = _host.EDEADLK
    ENOSYS = _host.ENOSYS
    ENOMSG = _host.ENOMSG
    ENOTSUP = _host.EOPNOTSUPP
    EADDRINUSE = _host.EADDRINUSE
    ENOBUFS = _host.ENOBUFS
    ETIMEDOUT = _host.ETIMEDOUT
    EALREADY = _host.EALREADY
    EINPROGRESS = _host.EINPROGRESS
    ECANCELED = _host.ECANCELED


class ZephyrError(ApiError):
    """A Zephyr call returned a negative error code."""

    def __init__(self, code: Errno, message: str) -> None:
        super().__init__(f"-{code.name}: {message}")
        self.code = code
        self.returned = -int(code)
