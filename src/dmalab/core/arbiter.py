"""Who gets the bus of an engine when several transfers want it.

Strict by priority: only the highest one present moves. Among equals the bus is shared in equal parts, or by weight
where the engine weighs its channels; weight 0 starves. A pair moves at the lower priority and the smaller weight of its
two halves. Not modelled: the grain of arbitration. Shares are exact over any time.
Source: ESP-IDF components/esp_driver_dma/src/gdma.c @102122904ad (gdma_set_priority, gdma_set_weight).
"""

from __future__ import annotations

from collections.abc import Sequence

from dmalab.core.channel import Pair


def shares(pairs: Sequence[Pair], *, weighted: bool) -> list[int]:
    """Parts of the bus, in the order of `pairs`; 0 for a pair that waits."""
    levels = [min(pair.tx.priority, pair.rx.priority) for pair in pairs]
    top = max(levels, default=0)
    weights = [min(pair.tx.weight, pair.rx.weight) if weighted else 1 for pair in pairs]
    return [weight if level == top else 0 for weight, level in zip(weights, levels, strict=True)]
