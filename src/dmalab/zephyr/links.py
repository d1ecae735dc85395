"""Channels that trigger other channels.

`loops` (the default, as on NXP's eDMA, whose behaviour Zephyr's own test asserts): source_chaining_en lets the linked channel move
one burst at the end
of every burst but the last, dest_chaining_en one more at the end of the list. The linked channel stays configured while it is
triggered; when its
list is through it calls back and begins again with the next trigger.

`whole` (dma_emul, LPC): either flag runs the whole linked channel once this one is done; the chain counts as started from the beginning.

A link to a channel that was never configured, is under way, or closes a circle is -EINVAL at dma_start, which then changes nothing.
Source: zephyr tests/drivers/dma/chan_link_transfer @00cafdabf373; tests/drivers/dma/emul_concurrent @1a5b2f3d60a2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmalab.core.generic_dma import Mark
from dmalab.zephyr import ownership
from dmalab.zephyr.channel import Channel
from dmalab.zephyr.errors import Errno, ZephyrError
from dmalab.zephyr.states import Situation

if TYPE_CHECKING:
    from dmalab.zephyr.controller import DmaDevice


class Links:
    """The links of one controller."""

    def __init__(self, device: DmaDevice) -> None:
        self._device = device

    def target(self, one: Channel) -> Channel | None:
        """The channel that this one triggers."""
        config = one.config
        if config is None or not (config.source_chaining_en or config.dest_chaining_en):
            return None
        if self._device.driver.linking not in ("loops", "whole"):
            return None
        return self._device.channels[config.linked_channel]

    def check(self, one: Channel, call: str) -> None:
        """Whether a channel may be started.

        Raises:
            ZephyrError: EINVAL, see the module's header.
        """
        seen = {one.number}
        at = self.target(one)
        while at is not None:
            if at.number in seen:
                raise ZephyrError(Errno.EINVAL, f"{call}: the links close a circle at channel {at.number}")
            if at.situation is Situation.INITIAL:
                raise ZephyrError(Errno.EINVAL, f"{call}: linked channel {at.number} was never configured")
            if at.active or at.cancelling:
                raise ZephyrError(Errno.EINVAL, f"{call}: linked channel {at.number} is under way")
            seen.add(at.number)
            at = self.target(at)

    def started(self, one: Channel) -> None:
        """A whole chain is under way from its first dma_start on."""
        if self._device.driver.linking != "whole":
            return
        at = self.target(one)
        while at is not None and not at.active:
            at.situation = Situation.RUNNING
            at.linked_by.add(one.number)
            at = self.target(at)

    def stopped(self, one: Channel) -> None:
        """What the stopped channel would have run is idle again."""
        at = self.target(one)
        while at is not None and at.linked_by:
            at.linked_by.clear()
            at.situation = Situation.STOPPED
            at = self.target(at)

    def reached(self, one: Channel, mark: Mark) -> None:
        """Trigger the linked channel where a channel has come to a link."""
        config, target = one.config, self.target(one)
        if config is None or target is None:
            return
        if self._device.driver.linking == "whole":
            if mark == "end" and target.linked_by:
                target.linked_by.clear()
                self._device.run(target, one.started, first=one.first)
                target.situation = Situation.RUNNING
            return
        if target.active or target.situation is Situation.INITIAL:
            return
        if (mark == "burst" and config.source_chaining_en) or (mark == "end" and config.dest_chaining_en):
            self._trigger(target, one)

    def _trigger(self, target: Channel, one: Channel) -> None:
        device, burst = self._device, target.hardware.burst
        if target.hardware.run is None:
            target.hardware.marks |= {"burst"}
            device.run(target, one.started, limit=burst, first=one.first)
        else:
            at = target.hardware.position
            target.first = one.first
            ownership.take(device.machine, device.hardware, target, (at, at + burst))
            device.hardware.trigger(target.hardware, burst, one.started)
