"""What `soc/soc_caps.h` and `hal/gdma_ll.h` say about a chip's engines, as lines of `dmalab/chip.h`.

Of the register layer only constants that firmware can look at; there are no registers.
Source: ESP-IDF components/soc/<chip>/include/soc/soc_caps.h, components/esp_hal_dma/<chip>/include/hal/gdma_ll.h
@102122904ad (`GDMA_LL_GET` from v6.0 on), components/hal/<chip>/include/hal/gdma_ll.h before.
"""

from __future__ import annotations

from dmalab.chips.model import Chip, Engine, Kind
from dmalab.idf.release import parse

GROUPS = {"ahb_gdma": "AHB", "axi_gdma": "AXI", "lp_ahb_gdma": "LP_AHB"}
"""Engines that the headers know as GDMA groups, and how they call them."""


def define(name: str, value: object = 1) -> str:
    """One macro."""
    return f"#define {name} {value}"


def engine_macros(chip: Chip) -> list[str]:
    """Lines of the header."""
    groups = [engine for engine in chip.engines if engine.name in GROUPS]
    found: list[str] = []
    if any(engine.name == "cp_dma" for engine in chip.engines):
        found.append(define("SOC_CP_DMA_SUPPORTED"))
    if groups:
        most = max(engine.pairs for engine in groups)
        found += [
            define("SOC_GDMA_SUPPORTED"),
            define("SOC_GDMA_NUM_GROUPS_MAX", len(groups)),
            define("SOC_GDMA_PAIRS_PER_GROUP_MAX", most),
            define("SOC_GDMA_PAIRS_PER_GROUP", groups[0].pairs),
            define("GDMA_LL_INST_NUM", len(groups)),
            define("GDMA_LL_PAIRS_PER_INST", most),
            define("GDMA_LL_CHANNEL_MAX_PRIORITY", max(engine.priority_levels for engine in groups) - 1),
            define("GDMA_LL_ACCESS_ENCRYPTION_MEM_ALIGNMENT", chip.encryption_alignment),
        ]
        burst = max(engine.psram_max_burst for engine in groups)
        if burst:
            found.append(define("GDMA_LL_MAX_BURST_SIZE_PSRAM", burst))
        if chip.etm is not None:
            found.append(define("SOC_GDMA_SUPPORT_ETM"))
    for engine in groups:
        found += _engine(engine)
    if chip.name == "esp32p4":
        found.append(define("SOC_DW_GDMA_SUPPORTED"))
    return found


def _engine(engine: Engine) -> list[str]:
    name = GROUPS[engine.name]
    soc, layer = f"SOC_{name}_GDMA", f"GDMA_LL_{name}"
    found = [define(f"{soc}_SUPPORTED")]
    if engine.name != "axi_gdma":
        found.append(define(f"{soc}_VERSION", engine.version))
    if engine.weighted_arbitration:
        found.append(define("SOC_GDMA_SUPPORT_WEIGHTED_ARBITRATION"))
    found += [
        define(f"{layer}_GROUP_START_ID", engine.group_id),
        define(f"{layer}_NUM_GROUPS"),
        define(f"{layer}_PAIRS_PER_GROUP", engine.pairs),
        define(f"{layer}_DESC_ALIGNMENT", engine.descriptor_align),
        define(f"{layer}_M2M_CAPABLE_PAIR_MASK", f"{engine.m2m_pair_mask:#04x}"),
    ]
    if engine.rx_burst_needs_alignment:
        found.append(define(f"{layer}_RX_BURST_NEEDS_ALIGNMENT"))
    if Kind.PSRAM in engine.reaches:
        support = [define(f"{soc}_SUPPORT_PSRAM"), define(f"{layer}_PSRAM_CAPABLE")]
        if engine.psram_since:
            since = parse(engine.psram_since)
            version = f"DMALAB_IDF_MAJOR * 100 + DMALAB_IDF_MINOR >= {since.major * 100 + since.minor}"
            found += [f"#if {version}", *support, "#endif"]
        else:
            found += support
    return found
