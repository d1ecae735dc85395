"""dmalab runs DMA code on a model of the chip and says where it would go wrong on silicon.

The public names are loaded when they are first used, so that the command line starts fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dmalab.version import __version__

if TYPE_CHECKING:
    from dmalab import chips, esphal, idf, zephyr
    from dmalab.core.memory import BadAddress
    from dmalab.core.tasks import WouldBlock
    from dmalab.machine import Machine
    from dmalab.report.finding import Certainty, Finding, Severity
    from dmalab.report.run import RunReport

_HOMES = {
    "BadAddress": "dmalab.core.memory",
    "Certainty": "dmalab.report.finding",
    "Finding": "dmalab.report.finding",
    "Machine": "dmalab.machine",
    "RunReport": "dmalab.report.run",
    "Severity": "dmalab.report.finding",
    "WouldBlock": "dmalab.core.tasks",
}
_MODULES = ("chips", "esphal", "idf", "zephyr")

__all__ = [
    "BadAddress",
    "Certainty",
    "Finding",
    "Machine",
    "RunReport",
    "Severity",
    "WouldBlock",
    "__version__",
    "chips",
    "esphal",
    "idf",
    "zephyr",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"dmalab.{name}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'dmalab' has no attribute '{name}'")
