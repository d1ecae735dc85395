"""Peripheral transfers that end badly: dropped, never collected, removed while busy, fed too slowly, or longer than asked for.

They are judged where the driver knows; what happens to memory in flight is the business of `ownership` and `coherency`.
"""

from __future__ import annotations

from dmalab.chips.model import Kind
from dmalab.core.spi_events import FeedTooSlow, RemovedWhileBusy, ResultUncollected, ShortReceive, TransferDropped
from dmalab.report.finding import Certainty, Severity
from dmalab.rules.checker import Checker, Draft

PS_PER_S = 10**12


class Peripherals:
    """Subscribes to what drivers of peripherals say."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        bus = checker.machine.bus
        bus.subscribe(TransferDropped, self._on_dropped)
        bus.subscribe(RemovedWhileBusy, self._on_removed)
        bus.subscribe(ResultUncollected, self._on_uncollected)
        bus.subscribe(FeedTooSlow, self._on_too_slow)
        bus.subscribe(ShortReceive, self._on_short_receive)

    def _on_dropped(self, event: TransferDropped) -> None:
        self._checker.report(
            Draft(
                rule="completion-misuse",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"the {event.label} was dropped unfinished and thereby cancelled: {event.moved} of {event.total} bytes "
                "were through, and its driver and buffers are gone with it",
                time_ps=event.dropped.time_ps,
                roles=(("started", event.started, event.label), ("dropped", event.dropped, "")),
                fix=f"keep the transfer until {event.call} has given everything back; to end it early, cancel() and then {event.call}",
            )
        )

    def _on_removed(self, event: RemovedWhileBusy) -> None:
        self._checker.report(
            Draft(
                rule="channel-state",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"{event.call} was refused with {event.code}: {event.why}",
                time_ps=event.by.time_ps,
                roles=(("started", event.started, ""), ("removed", event.by, event.call)),
                fix="before {removed}: collect every result, release the bus, remove the devices, and look at what the calls return",
            )
        )

    def _on_uncollected(self, event: ResultUncollected) -> None:
        if event.lost:
            end = "its result found the queue of results full and was dropped: nobody will ever get it"
        else:
            end = "its result was never collected"
        self._checker.report(
            Draft(
                rule="completion-misuse",
                severity=Severity.ERROR if event.lost else Severity.WARNING,
                certainty=Certainty.CERTAIN,
                message=f"the {event.label} finished, but {end}",
                time_ps=event.by.time_ps,
                roles=(("started", event.started, event.label),),
                fix=f"call {event.call} once for every transaction that was queued, or set SPI_DEVICE_NO_RETURN_RESULT",
            )
        )

    def _on_too_slow(self, event: FeedTooSlow) -> None:
        effect = "received bytes are lost" if event.is_write else "the controller sends what is not there"
        self._checker.report(
            Draft(
                rule="completion-misuse",
                severity=Severity.ERROR,
                certainty=Certainty.POSSIBLE,
                message=f"the {event.label} moves {_rate(event.wire_ps_per_byte)} on the wire, but the engine gets no more than "
                f"{_rate(event.engine_ps_per_byte)} {'into' if event.is_write else 'out of'} {event.region}: {effect}",
                time_ps=event.started.time_ps,
                roles=(("started", event.started, event.label),),
                fix="use a slower bus clock, a larger burst, or a buffer in internal RAM: "
                + self._checker.words.allocate(0, Kind.SRAM).replace("(0, ", "(size, "),
            )
        )

    def _on_short_receive(self, event: ShortReceive) -> None:
        self._checker.report(
            Draft(
                rule="misaligned-for-engine",
                severity=Severity.WARNING,
                certainty=Certainty.CERTAIN,
                message=f"the {event.label} asked for {event.asked} bytes, but this chip's DMA receives whole words: "
                f"it writes {event.written}",
                time_ps=event.started.time_ps,
                roles=(("started", event.started, event.label),),
                fix=f"at {{started}}: receive {event.written} bytes into a buffer of that size, and use the first {event.asked}",
            )
        )


def _rate(ps_per_byte: int) -> str:
    return f"{PS_PER_S / ps_per_byte / 1e6:.1f} MB/s"
