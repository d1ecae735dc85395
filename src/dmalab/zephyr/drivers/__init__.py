"""The drivers whose behaviour can be chosen, by name."""

from __future__ import annotations

from dmalab.zephyr.driver import Driver
from dmalab.zephyr.drivers.documented import DOCUMENTED
from dmalab.zephyr.drivers.dw import DW
from dmalab.zephyr.drivers.edma import EDMA, NXP_EDMA
from dmalab.zephyr.drivers.emul import EMUL
from dmalab.zephyr.drivers.esp32 import ESP32
from dmalab.zephyr.drivers.intel import INTEL_GPDMA
from dmalab.zephyr.drivers.lpc import LPC
from dmalab.zephyr.drivers.stm32 import STM32, STM32U5
from dmalab.zephyr.drivers.xmc4xxx import XMC4XXX

DRIVERS: dict[str, Driver] = {
    driver.name: driver
    for driver in (DOCUMENTED, DW, EDMA, EMUL, ESP32, INTEL_GPDMA, LPC, NXP_EDMA, STM32, STM32U5, XMC4XXX)
}
"""Every driver by the name that `--option driver=` takes."""

__all__ = ["DRIVERS"]
