"""esp-hal's SPI with DMA, and its copies inside memory, in its own words: buffers and drivers that move into a transfer, and come back from it.

The surface is that of esp-hal 0.21 with what later releases added or repaired; each module says which. The machine is named where Rust
has one global chip: `esphal.init(machine)`, `esphal.dma_buffers(machine, 32000)`.
"""

from dmalab.esphal.buffers import DmaRxBuf, DmaRxTxBuf, DmaTxBuf, MutSlice, StaticBuffer
from dmalab.esphal.burst import BurstConfig, ExternalBurst
from dmalab.esphal.config import Address, Command, SpiBitOrder, SpiDataMode, SpiMode
from dmalab.esphal.descriptors import Descriptors, descriptor_count
from dmalab.esphal.errors import (
    ConfigError,
    ConfigErrorKind,
    CopyError,
    DmaBufError,
    DmaBufErrorKind,
    DmaError,
    DmaErrorKind,
    EspHalError,
    MovedError,
    Panic,
    SpiError,
    SpiErrorKind,
    TransferError,
)
from dmalab.esphal.macros import (
    dma_buffers,
    dma_buffers_chunk_size,
    dma_circular_buffers,
    dma_circular_descriptors,
    dma_descriptors,
    dma_descriptors_chunk_size,
    dma_loop_buffer,
    dma_rx_buffer,
    dma_rx_stream_buffer,
    dma_tx_buffer,
    dma_tx_stream_buffer,
    static_buffer,
    static_descriptors,
)
from dmalab.esphal.mem2mem import Mem2Mem, Mem2MemTransfer, SimpleMem2Mem
from dmalab.esphal.peripherals import Dma, DmaPriority, Io, MHz, Peripherals, Pin, init, kHz
from dmalab.esphal.spi import Spi
from dmalab.esphal.spi_dma import MAX_DMA_SIZE, SpiDma
from dmalab.esphal.spi_dma_bus import SpiDmaBus
from dmalab.esphal.streams import DmaLoopBuf, DmaRxStreamBuf, DmaTxStreamBuf
from dmalab.esphal.transfer import SpiDmaTransfer

__all__ = [
    "MAX_DMA_SIZE",
    "Address",
    "BurstConfig",
    "Command",
    "ConfigError",
    "ConfigErrorKind",
    "CopyError",
    "Descriptors",
    "Dma",
    "DmaBufError",
    "DmaBufErrorKind",
    "DmaError",
    "DmaErrorKind",
    "DmaLoopBuf",
    "DmaPriority",
    "DmaRxBuf",
    "DmaRxStreamBuf",
    "DmaRxTxBuf",
    "DmaTxBuf",
    "DmaTxStreamBuf",
    "EspHalError",
    "ExternalBurst",
    "Io",
    "MHz",
    "Mem2Mem",
    "Mem2MemTransfer",
    "MovedError",
    "MutSlice",
    "Panic",
    "Peripherals",
    "Pin",
    "SimpleMem2Mem",
    "Spi",
    "SpiBitOrder",
    "SpiDataMode",
    "SpiDma",
    "SpiDmaBus",
    "SpiDmaTransfer",
    "SpiError",
    "SpiErrorKind",
    "SpiMode",
    "StaticBuffer",
    "TransferError",
    "descriptor_count",
    "dma_buffers",
    "dma_buffers_chunk_size",
    "dma_circular_buffers",
    "dma_circular_descriptors",
    "dma_descriptors",
    "dma_descriptors_chunk_size",
    "dma_loop_buffer",
    "dma_rx_buffer",
    "dma_rx_stream_buffer",
    "dma_tx_buffer",
    "dma_tx_stream_buffer",
    "init",
    "kHz",
    "static_buffer",
    "static_descriptors",
]
