"""The driver as the document and the header ask for it; see `zephyr.states` for what they leave open."""

from __future__ import annotations

from dmalab.zephyr.driver import Driver

DOCUMENTED = Driver(
    name="documented",
    title="the documented behaviour",
    source="zephyr doc/hardware/peripherals/dma.rst @057528b894be, include/zephyr/drivers/dma.h @012f1d3128ae",
    software_handshake=True,
)
