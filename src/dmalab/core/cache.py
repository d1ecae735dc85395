"""Eviction policies: which lines a cache drops, and when.

A cache may drop any line at any time, and a prefetcher may fill any. The policies choose how much of that freedom a run shows. Lines never
go in the middle of an access: policies collect what was touched and act when `settle` is called, between two steps of the program.

- lazy: a line stays until something removes it, so stale data really is seen.
- lru: the chip's sets and ways; the line touched longest ago goes. The real replacement policy is not documented.
- eager: every line goes at once.
- random: any line may go or be prefetched, as `choices` says.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

from dmalab.chips.model import Cache
from dmalab.core.choices import Choices
from dmalab.core.memory import Memory
from dmalab.core.region import ABSENT, Region

Policy = Literal["lazy", "lru", "eager", "random"]
POLICIES: tuple[Policy, ...] = ("lazy", "lru", "eager", "random")

Line = tuple[int, int]
"""Region index and line number."""


class Evictor:
    """Watches one machine's lines and drops them by its policy."""

    def __init__(self, policy: Policy, memory: Memory, caches: Sequence[Cache], choices: Choices) -> None:
        self.policy = policy
        self._memory = memory
        self._choices = choices
        self._regions = {region.index: region for region in memory.regions}
        self._caches = {cache.name: cache for cache in caches}
        self._touched: OrderedDict[Line, bool] = OrderedDict()
        """Lines to decide about; false for those that only a prefetch brought in."""
        self._sets: dict[tuple[str, int], OrderedDict[Line, None]] = {}
        if policy != "lazy":
            memory.filled = self._note

    def _note(self, region: Region, first: int, last: int) -> None:
        for line in range(first, last):
            self._touched[region.index, line] = True
            self._touched.move_to_end((region.index, line))

    def settle(self) -> None:
        """Evict what the policy wants gone, now that no access is under way."""
        if not self._touched:
            return
        if self.policy == "eager":
            touched, self._touched = self._touched, OrderedDict()
            for index, line in touched:
                self._memory.evict(self._regions[index], line)
        elif self.policy == "lru":
            touched, self._touched = self._touched, OrderedDict()
            for key in touched:
                self._place(key)
        else:
            self._roll()

    def _place(self, key: Line) -> None:
        region = self._regions[key[0]]
        cache = self._caches.get(region.facts.cache)
        if cache is None:
            return
        sets = cache.size // (cache.ways * region.line_bytes)
        number = ((region.base >> region.line_shift) + key[1]) % sets
        ways = self._sets.setdefault((cache.name, number), OrderedDict())
        ways[key] = None
        ways.move_to_end(key)
        for other in [one for one in ways if self._regions[one[0]].lines[one[1]] & ABSENT]:
            del ways[other]
        while len(ways) > cache.ways:
            (index, line), _ = ways.popitem(last=False)
            self._memory.evict(self._regions[index], line)

    def _roll(self) -> None:
        """One line in eight goes, and one in eight brings its successor in."""
        for key, was_asked_for in list(self._touched.items()):
            index, line = key
            region = self._regions[index]
            if region.lines[line] & ABSENT:
                del self._touched[key]
            elif self._choices.choose("evict", 8) == 1:
                self._memory.evict(region, line)
                del self._touched[key]
            elif was_asked_for and self._choices.choose("prefetch", 8) == 1 and line + 1 < len(region.lines):
                self._prefetch(region, line + 1)

    def _prefetch(self, region: Region, line: int) -> None:
        if region.lines[line] & ABSENT:
            self._memory.prefetch(region, line)
            self._touched.setdefault((region.index, line), False)
