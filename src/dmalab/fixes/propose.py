"""Which changes may fix a finding, by its rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dmalab.fixes import coherency, lifetime, memory
from dmalab.fixes.anchors import Anchors
from dmalab.fixes.edit import Proposal

BY_RULE: dict[str, Callable[[Anchors], Iterator[Proposal]]] = {
    "stale-dma-read": coherency.stale_dma_read,
    "stale-cpu-read": coherency.stale_cpu_read,
    "dirty-line-over-dma": coherency.dirty_line,
    "discarded-write": coherency.discarded_write,
    "ineffective-sync": coherency.ineffective_sync,
    "alias-mix": coherency.alias_mix,
    "unsafe-maintenance": coherency.unsafe_maintenance,
    "ordering": coherency.ordering,
    "shared-line": memory.shared_line,
    "unreachable-memory": memory.unreachable,
    "misaligned-for-engine": memory.misaligned,
    "bad-descriptor-chain": memory.misaligned,
    "touched-in-flight": lifetime.touched_in_flight,
    "freed-in-flight": lifetime.freed_in_flight,
    "dead-stack": lifetime.dead_stack,
    "channel-state": lifetime.used_while_running,
}
"""The rules that have changes to try."""


def proposals(anchors: Anchors) -> Iterator[Proposal]:
    """Changes to try, best first; none for other rules, or where the source does not show enough."""
    propose = BY_RULE.get(anchors.finding.rule)
    if propose is not None:
        yield from propose(anchors)
