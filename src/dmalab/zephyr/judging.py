"""What a controller's calls tell about their caller: events for the rules, from misused channels to lists that move only in part.

The calls themselves, with their answers, are the affair of `controller`; what of an event is a bug is decided in `rules.dma_channel`.
"""

from __future__ import annotations

from dmalab.core.channel_events import ChainMisuse, ChainMisused, ChannelMisuse, ChannelMisused
from dmalab.core.events import Refusal, Stamp
from dmalab.core.machine import BareMachine
from dmalab.core.spans import Span
from dmalab.zephyr import ignored
from dmalab.zephyr.blocks import Plan, Refused
from dmalab.zephyr.channel import Channel
from dmalab.zephyr.config import Direction, DmaConfig
from dmalab.zephyr.driver import Driver


class Judge:
    """Says what one controller sees."""

    def __init__(self, machine: BareMachine, driver: Driver, name: str) -> None:
        """Args: `name` is the device's."""
        self._machine = machine
        self._driver = driver
        self._name = name

    @staticmethod
    def was_given_back(one: Channel) -> bool:
        """Whether the configuration that stands was made by an owner who has released the channel since."""
        if one.released is None or one.taken or one.configured is None:
            return False
        return one.configured.time_ps <= one.released.time_ps

    def owner(self, one: Channel, by: Stamp, call: str, config: DmaConfig) -> None:
        """A channel that somebody requested is configured by somebody else."""
        if not one.taken or one.requested is None or one.configured is None or one.config is None:
            return
        mine = one.requested.task
        if by.task != mine and one.configured.task == mine and config.dma_callback != one.config.dma_callback:
            self.misuse("foreign", one, call, by, before=one.requested, before_call="dma_request_channel")

    def accepted(self, one: Channel, made: Plan, call: str, by: Stamp, config: DmaConfig) -> None:
        """An accepted list can still be wrong."""

        def emit(kind: ChainMisuse, detail: str, block: int = 0) -> None:
            self._machine.bus.emit(
                ChainMisused(
                    kind=kind, call=call, channel=one.hardware.title, answer="0", by=by, block=block, detail=detail
                )
            )

        if made.ignored:
            emit("ignored-blocks", f"{self._driver.title} moves the first block only and leaves {made.ignored} out")
        for what in ignored.settings(self._driver, config, cyclic=made.cyclic):
            emit("ignored-setting", what)
        for what in ignored.tunings(self._driver, config):
            emit("unused-setting", what)
        if made.beyond:
            emit("longer", f"block_count is {len(config.blocks)}, but the list goes on behind")
        if not self._driver.strides or not self._driver.adjusts:
            return
        for number, block in enumerate(config.blocks, 1):
            for name, wanted, count, interval in (
                ("source_gather", block.source_gather_en, block.source_gather_count, block.source_gather_interval),
                ("dest_scatter", block.dest_scatter_en, block.dest_scatter_count, block.dest_scatter_interval),
            ):
                if wanted and bool(count) != bool(interval):
                    emit(
                        "interval",
                        f"{name}_count is {count} and {name}_interval {interval}: nothing is skipped",
                        number,
                    )
                elif not wanted and count and interval:
                    emit("interval", f"{name}_count and {name}_interval are set, but {name}_en is not", number)

    def outrun(self, one: Channel) -> None:
        """A channel that no request line held back has outrun its peripheral."""
        lost, config = one.hardware.lost, one.config
        if not lost or config is None:
            return
        sends = config.channel_direction == Direction.MEMORY_TO_PERIPHERAL
        detail = f"{lost} bytes were sent while the FIFO of slot {config.dma_slot} was full, and are lost"
        if not sends:
            detail = f"{lost} bytes were read while the FIFO of slot {config.dma_slot} was empty, and are zeros"
        self._machine.bus.emit(
            ChainMisused(
                kind="unpaced",
                call=f"dma_start({self._name}, {one.number})",
                channel=one.hardware.title,
                answer="0",
                by=one.started,
                detail=detail,
            )
        )

    def refused(self, one: Channel, refused: Refused, call: str, by: Stamp, config: DmaConfig) -> None:
        """A configuration was turned down."""
        if refused.chain is not None:
            self._machine.bus.emit(
                ChainMisused(
                    kind=refused.chain,
                    call=call,
                    channel=one.hardware.title,
                    answer=f"-{refused.code.name}",
                    by=by,
                    block=refused.block,
                    detail=refused.detail,
                )
            )
        offender, align = (refused.unreachable, 0) if refused.misaligned is None else refused.misaligned
        if offender is not None:
            target = config.blocks[refused.block - 1]
            self._machine.memory.refuse(
                Refusal(
                    span=Span(target.dest_address, target.dest_address + target.block_size),
                    reason="unreachable" if refused.misaligned is None else "misaligned",
                    call=call,
                    code=f"-{refused.code.name}",
                    detail=refused.detail,
                    engine=one.hardware.title,
                    align=align,
                    offender=offender,
                    by=by,
                )
            )

    def misuse(
        self,
        kind: ChannelMisuse,
        one: Channel,
        call: str,
        by: Stamp,
        *,
        before: Stamp | None = None,
        before_call: str = "",
        answer: str = "0",
    ) -> None:
        """A call that the state or the ownership of a channel does not allow."""
        self._machine.bus.emit(
            ChannelMisused(
                kind=kind,
                call=call,
                channel=one.hardware.title,
                state=one.situation.state.value,
                answer=answer,
                by=by,
                before=before,
                before_call=before_call,
            )
        )
