"""The GPDMA of Intel's audio parts: the DesignWare controller with positions, attributes and a reload of its own."""

from __future__ import annotations

from dataclasses import replace

from dmalab.zephyr.config import Attribute
from dmalab.zephyr.drivers.dw import DW

LINE_BYTES = 32
"""The data cache's, which the address alignment is."""
POOL = 64
"""Descriptors of a channel (CONFIG_DMA_DW_LLI_POOL_SIZE)."""

INTEL_GPDMA = replace(
    DW,
    name="intel_gpdma",
    title="dma_intel_adsp_gpdma",
    source="zephyr drivers/dma/dma_intel_adsp_gpdma.c @0dde32b377a9; dma_dw_common.c @013c135025b4",
    absent=DW.absent - {"reload", "get_attribute"},
    attributes={
        Attribute.BUFFER_ADDRESS_ALIGNMENT: LINE_BYTES,
        Attribute.BUFFER_SIZE_ALIGNMENT: 1,
        Attribute.COPY_ALIGNMENT: 1,
        Attribute.MAX_BLOCK_COUNT: POOL,
    },
    reload_reports=True,
    status_fields=DW.status_fields | {"read_position", "write_position", "total_copied"},
)
