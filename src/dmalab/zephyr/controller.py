"""A DMA controller as a Zephyr device: every call of `struct dma_driver_api`, on the machine's own controller.

The state machine is `states.EDGES`, changed by the driver's own table; `driver.Driver` says what else a driver does its own way.
Calls raise
`ZephyrError`; from C they return the negated code. Every call may be made from an interrupt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec

from dmalab.chips.model import Engine
from dmalab.core.clock import PS_PER_NS
from dmalab.core.events import Stamp
from dmalab.core.fifo import Fifo
from dmalab.core.generic_dma import Block, GenericDma, Mark
from dmalab.core.machine import BareMachine
from dmalab.zephyr import blocks, data_cache, ownership, positions
from dmalab.zephyr.channel import Channel
from dmalab.zephyr.completion import Completions
from dmalab.zephyr.config import BlockConfig, ChannelFilter, Direction, DmaConfig, DmaStatus
from dmalab.zephyr.driver import Driver
from dmalab.zephyr.errors import Errno, ZephyrError
from dmalab.zephyr.judging import Judge
from dmalab.zephyr.links import Links
from dmalab.zephyr.states import Situation, State, Verb, edge

PERIODIC_CHANNELS = 4
"""Channels that eDMA gives for periodic triggers."""
SLOTS = 64
"""Request lines; `dma_slot` has 8 bits, the binding of the Espressif chips goes up to 0x3F."""


class DmaDevice:
    """One controller."""

    def __init__(self, machine: BareMachine, name: str, driver: Driver, facts: Engine) -> None:
        """Args: `name` as `dev->name` has it; `facts` of the engine behind it."""
        self.machine = machine
        self.name = name
        self.driver = driver
        count = facts.pairs
        if facts.name != "generic":
            # Zephyr's driver counts the halves of a pair as channels of their own.
            count *= 2
            facts = msgspec.structs.replace(facts, pairs=count)
        self.hardware = GenericDma(facts, machine.chip.timing, machine.memory, machine.clock, machine.bus)
        self.fifos: dict[int, Fifo] = {}
        self.channels = [Channel(number, hardware) for number, hardware in enumerate(self.hardware.channels)]
        self.completions = Completions(self)
        self.links = Links(self)
        self._judge = Judge(machine, driver, name)

    def __repr__(self) -> str:
        return f"<{self.name}: {len(self.channels)} channels, {self.driver.title}>"

    # -- the calls ---------------------------------------------------------------------------------------------------

    def config(self, channel: int, config: DmaConfig | None) -> None:
        """Configure a channel. Everything is copied: the caller may reuse its structures at once.

        Raises:
            ZephyrError: EINVAL for the channel, a missing or contradictory configuration; ENOTSUP for what is not supported; EBUSY
            while a
                transfer is under way or suspended.
        """
        one, by, call = self._enter("dma_config", channel)
        if config is None:
            raise self._error(Errno.EINVAL, call, "no configuration")
        one = self._half(channel, config)
        after = self._edge(one, "config", call, by)
        try:
            made = self._plan(config, channel)
        except blocks.Refused as refused:
            one.failed = by
            self._judge.refused(one, refused, call, by, config)
            raise self._error(refused.code, call, refused.detail) from None
        self._judge.owner(one, by, call, config)
        self._halt(one)
        one.failed = None
        one.config, one.plan, one.configured = replace(config, blocks=()), made, by
        one.muted = False
        one.run += 1
        one.situation = after
        one.busy_flag = self.driver.busy_from_config
        self._load(one, made.blocks)
        self._judge.accepted(one, made, call, by, config)
        if self.driver.syncs:
            data_cache.before(self.machine, one, call)

    def start(self, channel: int) -> None:
        """Start the list of a channel. Starting a started channel succeeds.

        Raises:
            ZephyrError: EINVAL for the channel, one never configured, or links that can't be followed.
        """
        one, by, call = self._enter("dma_start", channel)
        if one.failed is not None:
            self._judge.misuse("start-after-failed-config", one, call, by, before=one.failed, before_call="dma_config")
        if self._judge.was_given_back(one):
            assert one.released is not None
            self._judge.misuse(
                "use-after-release", one, call, by, before=one.released, before_call="dma_release_channel"
            )
        if one.cancelling:
            raise self._error(Errno.EBUSY, call, "the driver's thread has not noticed the stop yet")
        after = self._edge(one, "start", call, by)
        if after is Situation.RUNNING and one.situation is Situation.SUSPENDED:
            self._resume(one)
        elif after is Situation.RUNNING and (not one.active or self.driver.restarts):
            self.links.check(one, call)
            self.run(one, by)
        one.situation = after

    def stop(self, channel: int) -> None:
        """Stop a channel. It stays configured; stopping a stopped one succeeds.

        Raises:
            ZephyrError: EINVAL for the channel.
        """
        one, by, call = self._enter("dma_stop", channel)
        after = self._edge(one, "stop", call, by)
        was = one.run
        self._halt(one)
        if one.run == was and not self.driver.in_thread:
            one.run += 1  # a completion that is latched already comes too late
        one.stopped_run = was
        if one.active:
            one.busy_flag = False
            one.muted = self.driver.muted_by_stop
            if self.driver.cancels:
                self.completions.cancel(one)
        one.situation = after

    def suspend(self, channel: int) -> None:
        """Let a running channel pause between two bytes.

        Raises:
            ZephyrError: EINVAL for the channel or its state; ENOSYS.
        """
        self._need("suspend", channel)
        one, by, call = self._enter("dma_suspend", channel)
        after = self._edge(one, "suspend", call, by)
        if after is Situation.SUSPENDED and one.situation is Situation.RUNNING:
            self.hardware.pause(one.hardware)
            ownership.give_back(self.machine, one)
        one.situation = after

    def resume(self, channel: int) -> None:
        """Let a suspended channel go on.

        Raises:
            ZephyrError: EINVAL for the channel or its state; ENOSYS.
        """
        self._need("resume", channel)
        one, by, call = self._enter("dma_resume", channel)
        after = self._edge(one, "resume", call, by)
        if after is Situation.RUNNING and one.situation is Situation.SUSPENDED:
            self._resume(one)
        one.situation = after

    def reload(self, channel: int, src: int, dst: int, size: int) -> None:
        """Give a configured channel one block with new addresses; everything else stays as configured. Start it afterwards.

        To some drivers it means something else: see `Driver.reload_starts` and `positions`.

        Args:
            channel: Which.
            src: Source address.
            dst: Destination address.
            size: Bytes.
        Raises:
            ZephyrError: EINVAL for the channel, one never configured, or the block; EBUSY while a transfer is under way; ENOSYS.
        """
        self._need("reload", channel)
        one, by, call = self._enter("dma_reload", channel)
        circles = one.plan is not None and one.plan.cyclic
        if self.driver.reload_reports and circles and one.situation is Situation.RUNNING:
            self.hardware.catch_up()
            positions.report(one, size, call)
            return
        after = self._edge(one, "reload", call, by)
        assert one.config is not None
        block = BlockConfig(source_address=src, dest_address=dst, block_size=size)
        config = replace(one.config, blocks=(block,), block_count=1)
        try:
            made = self._plan(config, channel)
        except blocks.Refused as refused:
            self._judge.refused(one, refused, call, by, config)
            raise self._error(refused.code, call, refused.detail) from None
        self._halt(one)
        one.plan = made
        one.run += 1
        self._load(one, made.blocks)
        if self.driver.syncs:
            data_cache.before(self.machine, one, call)
        if self.driver.reload_starts or after is Situation.RUNNING:
            self.run(one, by)
            after = Situation.RUNNING
            one.busy_flag = self.driver.busy_from_config
        one.situation = after

    def get_status(self, channel: int) -> DmaStatus:
        """How a channel stands, at any time.

        Raises:
            ZephyrError: EINVAL for the channel; ENOSYS.
        """
        self._need("get_status", channel)
        one, _, _ = self._enter("dma_get_status", channel)
        self.hardware.catch_up()
        one.asked = one.run
        total = one.hardware.total
        moved = one.hardware.position if one.active else one.copied if one.plan and not one.plan.cyclic else 0
        left = total - moved if one.active else 0
        config = one.config
        unit = max(1, config.source_data_size) if config is not None and self.driver.pending_in_items else 1
        status = DmaStatus(
            busy=one.active or one.busy_flag,
            dir=Direction(config.channel_direction) if config is not None else Direction.MEMORY_TO_MEMORY,
            pending_length=left // unit,
            free=left,
            write_position=moved,
            read_position=moved,
            total_copied=one.hardware.copied + one.hardware.position if one.active else one.copied,
            written=self.driver.status_fields,
        )
        circles = one.active and one.plan is not None and one.plan.cyclic
        return positions.status(one, status) if circles and self.driver.reload_reports else status

    def get_attribute(self, kind: int) -> int:
        """A property of the controller, by `Attribute`.

        Raises:
            ZephyrError: EINVAL for an unknown type; ENOSYS.
        """
        if "get_attribute" in self.driver.absent:
            raise self._error(Errno.ENOSYS, "dma_get_attribute", "the driver has no such operation")
        value = self.driver.attributes.get(kind)
        if value is None:
            raise self._error(Errno.EINVAL, f"dma_get_attribute({self.name}, {kind})", "unknown attribute")
        return value

    def request_channel(self, parameter: int | None = None) -> int:
        """Take the lowest free channel that the filter likes.

        Args:
            parameter: What the filter's parameter points to: by default the number of the channel wanted; None for any.
        Raises:
            ZephyrError: EINVAL when there is none, or the driver hands out no channels.
        """
        by = self.machine.now()
        call = f"dma_request_channel({self.name})"
        if "request" in self.driver.absent:
            raise self._error(Errno.EINVAL, call, "the driver keeps no list of its channels")
        for one in self.channels:
            if one.taken or not self._likes(one, parameter):
                continue
            if one.active and one.released is None:
                self._judge.misuse(
                    "handed-out-in-use",
                    one,
                    call,
                    by,
                    before=one.started,
                    before_call="dma_start",
                    answer=str(one.number),
                )
            one.taken, one.requested, one.released = True, by, None
            return one.number
        raise self._error(Errno.EINVAL, call, "no free channel")

    def release_channel(self, channel: int) -> None:
        """Give a channel back. It is neither stopped nor checked; an unknown number does nothing."""
        by = self.machine.now()
        if not 0 <= channel < len(self.channels) or "request" in self.driver.absent:
            return
        one, call = self.channels[channel], f"dma_release_channel({self.name}, {channel})"
        if not one.taken and one.released is not None:
            self._judge.misuse("double-release", one, call, by, before=one.released, before_call="dma_release_channel")
        elif one.active:
            self._judge.misuse("release-while-running", one, call, by, before=one.started, before_call="dma_start")
        one.taken = False
        one.released = by

    def chan_filter(self, channel: int, parameter: int | None = None) -> bool:
        """Whether the driver's filter likes a channel.

        Raises:
            ZephyrError: ENOSYS when it has none.
        """
        if "chan_filter" in self.driver.absent:
            raise self._error(Errno.ENOSYS, "dma_chan_filter", "the driver has no filter")
        return 0 <= channel < len(self.channels) and self._likes(self.channels[channel], parameter)

    # -- looking -----------------------------------------------------------------------------------------------------

    def state(self, channel: int) -> State:
        """The documented state of a channel."""
        return self.channels[channel].state

    def fifo(self, slot: int) -> Fifo | None:
        """The peripheral at a request line; None where there is none."""
        if not 0 <= slot < SLOTS:
            return None
        if slot not in self.fifos:
            fifo = self.fifos[slot] = Fifo(f"slot {slot}")
            fifo.changed = self.hardware.replan
        return self.fifos[slot]

    # -- running -----------------------------------------------------------------------------------------------------

    def run(self, one: Channel, started: Stamp, *, limit: int | None = None, first: Channel | None = None) -> None:
        """Start the list of a channel from its beginning, in the chain that `first` began when another channel triggers it."""
        self._halt(one)
        one.begin(started, first)
        ownership.check(self.machine, one)
        ownership.take(self.machine, self.hardware, one, None if limit is None else (0, limit))
        self.links.started(one)
        self.hardware.start(one.hardware, started, limit=limit)

    def _plan(self, config: DmaConfig, channel: int) -> blocks.Plan:
        return blocks.plan(self.driver, config, channel, len(self.channels), self.fifo, self.hardware.reaches)

    def _load(self, one: Channel, made: tuple[Block, ...]) -> None:
        config, plan, hardware = one.config, one.plan, one.hardware
        assert config is not None
        assert plan is not None
        if one.hardware.run is not None:
            self.hardware.stop(one.hardware)
        hardware.priority = config.channel_priority if self.driver.priorities else 0
        hardware.burst = plan.burst
        marks: set[Mark] = {"block"}
        if config.half_complete_callback_en or (plan.cyclic and self.driver.half_as_block):
            marks.add("half")
        if config.source_chaining_en and self.driver.linking == "loops":
            marks.add("burst")
        hardware.marks = frozenset(marks)
        hardware.report = self._reporter(one)
        self.hardware.load(hardware, made, cyclic=plan.cyclic)

    def _reporter(self, one: Channel) -> Callable[[Mark, int], None]:
        return lambda mark, number: self._on_mark(one, mark, number)

    def _on_mark(self, one: Channel, mark: Mark, number: int) -> None:
        """The controller got somewhere; not an interrupt yet."""
        assert one.plan is not None
        cyclic = one.plan.cyclic
        last = number == len(one.hardware.blocks) - 1
        if mark in ("end", "error") and not (cyclic and mark == "end"):
            one.copied = one.hardware.copied
            one.busy_flag = False
            ownership.give_back(self.machine, one)
            self._judge.outrun(one)
            if self.driver.syncs:
                data_cache.after(self.machine, one)
            if one.active:
                one.situation = Situation.FINISHED
        elif mark == "burst" and not one.active:
            ownership.give_back(self.machine, one)
        elif cyclic and (mark == "half" or mark == "end" or (mark == "block" and not last)):
            self._turn(one, mark)
        self.links.reached(one, mark)
        self.completions.reached(one, mark, last=last)

    def _turn(self, one: Channel, mark: Mark) -> None:
        """A circular transfer goes on to its next part."""
        if mark == "half" and not (one.config is not None and one.config.half_complete_callback_en):
            return
        if one.situation is Situation.RUNNING:
            one.slot = (one.slot + 1) % ownership.slots(one)
            ownership.take(self.machine, self.hardware, one)

    def _halt(self, one: Channel) -> None:
        """Nothing moves on the channel any more, and nothing is owed to it."""
        one.linked_by.clear()
        if not one.active and one.hardware.run is None:
            return
        one.run += 1
        self.hardware.catch_up()
        one.copied = one.hardware.copied + one.hardware.position
        self.hardware.stop(one.hardware)
        self._judge.outrun(one)
        ownership.give_back(self.machine, one)
        self.links.stopped(one)

    def _resume(self, one: Channel) -> None:
        """Go on; a circular copy begins its block again, so that no pass of it has a hole where the program looked in between."""
        assert one.config is not None
        if one.plan is not None and one.plan.cyclic and one.config.channel_direction == Direction.MEMORY_TO_MEMORY:
            self.hardware.rewind(one.hardware)
        ownership.take(self.machine, self.hardware, one)
        self.hardware.resume(one.hardware)

    # -- checks ------------------------------------------------------------------------------------------------------

    def _need(self, op: str, channel: int) -> None:
        if op in self.driver.absent:
            raise self._error(Errno.ENOSYS, f"dma_{op}({self.name}, {channel})", "the driver has no such operation")

    def _enter(self, name: str, channel: int) -> tuple[Channel, Stamp, str]:
        """Time of a call, and its channel.

        Raises:
            ZephyrError: EINVAL for a channel that does not exist.
        """
        by = self.machine.now()
        self.machine.scheduler.elapse(self.machine.chip.timing.submit_ns * PS_PER_NS)
        call = f"{name}({self.name}, {channel})"
        if not 0 <= channel < len(self.channels):
            raise self._error(Errno.EINVAL, call, f"channels are 0 to {len(self.channels) - 1}")
        return self._half(channel), by, call

    def _half(self, channel: int, config: DmaConfig | None = None) -> Channel:
        """The channel that stands for a number: where a copy takes both halves of a pair, the receiving one."""
        if not self.driver.halves:
            return self.channels[channel]
        even = self.channels[channel & ~1]
        if config is None:
            config = even.config
        elif even.config is not None and config.channel_direction != Direction.MEMORY_TO_MEMORY and channel & 1:
            if even.config.channel_direction == Direction.MEMORY_TO_MEMORY:
                self._halt(even)
                even.config, even.situation = None, Situation.INITIAL
            return self.channels[channel]
        copies = config is not None and config.channel_direction == Direction.MEMORY_TO_MEMORY
        return even if copies else self.channels[channel]

    def _edge(self, one: Channel, verb: Verb, call: str, by: Stamp) -> Situation:
        """Where the call leads.

        Raises:
            ZephyrError: nowhere.
        """
        after = edge(self.driver.edges, one.situation, verb)
        if verb == "config" and one.active:
            answer = f"-{after.name}" if isinstance(after, Errno) else "0"
            self._judge.misuse(
                "config-while-running", one, call, by, before=one.started, before_call="dma_start", answer=answer
            )
        elif isinstance(after, Errno):
            answer = f"-{after.name}"
            if verb == "start" and one.situation is Situation.INITIAL and one.failed is None:
                self._judge.misuse("start-unconfigured", one, call, by, answer=answer)
            elif verb == "reload":
                before = one.started if one.active else None
                self._judge.misuse(
                    "reload-wrong-state", one, call, by, before=before, before_call="dma_start", answer=answer
                )
        if isinstance(after, Errno):
            raise self._error(after, call, f"the channel is {one.situation.name.lower()}")
        return after

    def _likes(self, one: Channel, parameter: int | None) -> bool:
        if self.driver.filter == "unused" and one.situation is not Situation.INITIAL:
            return False
        if "chan_filter" in self.driver.absent or self.driver.filter == "any" or parameter is None:
            return True
        if self.driver.filter == "periodic":
            return parameter != ChannelFilter.PERIODIC or one.number < PERIODIC_CHANNELS
        return one.number == parameter

    @staticmethod
    def _error(code: Errno, call: str, why: str) -> ZephyrError:
        return ZephyrError(code, f"{call}: {why}")
