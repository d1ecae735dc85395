"""DMA channels used against their contract: channel-state, completion-misuse, bad-descriptor-chain, ring-ownership.

For drivers that hand out channels with a state machine and a callback, as Zephyr's do. The drivers say what was asked and
answered; what of it is a bug is
decided here. A call that a correct program may try (suspending a transfer that has just finished, a request when all channels are
taken) is none.
"""

from __future__ import annotations

from dataclasses import dataclass

from dmalab.core.channel_events import ChainMisused, ChannelMisused, CompletionMisused
from dmalab.core.events import TouchedClaim
from dmalab.report.finding import Certainty, Severity
from dmalab.rules.checker import Checker, Draft, Role

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@dataclass(frozen=True, slots=True)
class _Text:
    """How one kind of misuse is reported."""

    severity: Severity
    what: str
    """The message; may name `{call}`, `{channel}`, `{state}`, `{answer}`, `{before}`, `{detail}`, `{block}`."""
    fix: str
    """May also name roles, in double braces."""


_CHANNEL = {
    "config-while-running": _Text(
        ERROR,
        "{call} was made while {channel} was {state}; it answered {answer}, and drivers differ: some refuse, some abort the transfer",
        "before {{called}}: wait for the callback, or dma_stop() the channel",
    ),
    "start-unconfigured": _Text(
        ERROR,
        "{call} was made on {channel}, which was never configured; it answered {answer}",
        "before {{called}}: dma_config(), and look at its result",
    ),
    "start-after-failed-config": _Text(
        ERROR,
        "{call} was made although the last dma_config of {channel} had failed: what runs, if anything, is the configuration before",
        "at {{before}}: look at the result of dma_config(), and don't start when it is not 0",
    ),
    "reload-wrong-state": _Text(
        ERROR,
        "{call} was made while {channel} was {state}; it answered {answer}",
        "at {{called}}: reload a channel that is configured and idle: after its callback, or after dma_stop()",
    ),
    "use-after-release": _Text(
        WARNING,
        "{call} was made on {channel} after it had been released: the next dma_request_channel may hand it to somebody else",
        "before {{called}}: dma_request_channel(), or release the channel only when it is no longer used",
    ),
    "handed-out-in-use": _Text(
        ERROR,
        "{call} handed out {channel}, which somebody uses without having requested it",
        "at {{before}}: request the channel by its number before using it, so that nobody else gets it",
    ),
    "double-release": _Text(
        WARNING,
        "{call} gave {channel} back a second time; had somebody requested it in between, it would be taken from under them",
        "release a channel once, and forget its number",
    ),
    "release-while-running": _Text(
        WARNING,
        "{call} gave {channel} back while it was {state}: it goes on moving bytes, and the next owner finds it busy",
        "before {{called}}: dma_stop() the channel, or wait for its callback",
    ),
    "foreign": _Text(
        WARNING,
        "{call} gave {channel} another callback than its owner's: it was requested and configured by another thread",
        "at {{called}}: request a channel of your own with dma_request_channel()",
    ),
    "driver-lost-state": _Text(
        ERROR,
        "the driver lost track of {channel}: {call} answered {answer} while the channel was {state}; {detail}",
        "keep a state for each channel in the driver, changed in one place, and follow the state machine of Zephyr's DMA documentation",
    ),
    "driver-allocates": _Text(
        ERROR,
        "the driver allocated memory in {call}: DMA drivers must not use a heap, for every call may come from an interrupt",
        "at {{called}}: keep descriptors and bookkeeping in static arrays per channel",
    ),
    "driver-locks": _Text(
        ERROR,
        "the driver waited for {detail} in {call}: a channel has one owner and needs no lock, and every call may come from an interrupt",
        "at {{called}}: drop the lock; guard a register shared between channels with a spin lock around just its update",
    ),
}

_COMPLETION = {
    "lost": _Text(
        ERROR,
        "a transfer of {channel} is over and its callback will not be called: {detail}",
        "before starting the channel again, configure it with dma_config(); wait for completions with a time-out",
    ),
    "double": _Text(
        INFO,
        "one transfer of {channel} called back twice with DMA_STATUS_COMPLETE: {detail}",
        "let the callback count completions per transfer, not calls: look at the channel number it is given",
    ),
    "stale": _Text(
        WARNING,
        "a callback of {channel} came after dma_stop had returned: {detail}",
        "let the callback check whether the transfer is still wanted before it touches anything",
    ),
    "polled": _Text(
        ERROR,
        "the program asked dma_get_status of {channel} and used the buffer before the callback: {detail}",
        "wait for the callback: dma_get_status tells where the controller is, not that memory is up to date",
    ),
}

_CHAIN = {
    "no-head": _Text(ERROR, "{call} got a list without a first block; it answered {answer}", "set head_block"),
    "wild": _Text(
        ERROR,
        "{call} got a list that leads out of memory: {detail}, and following it ends in a bus fault on a device; it answered {answer}",
        "link every block with next_block, and end the list with NULL",
    ),
    "empty": _Text(
        ERROR, "{call} got a block_count of 0; it answered {answer}", "set block_count to the length of the list"
    ),
    "count": _Text(
        ERROR,
        "{call} got a list that is shorter than it says: {detail}; it answered {answer}",
        "link every block with next_block, and set block_count to the length of the list",
    ),
    "longer": _Text(
        WARNING,
        "{call} got a list that is longer than it says: {detail}; some drivers follow next_block to its end",
        "set next_block of the last block to NULL, and block_count to the length of the list",
    ),
    "loop": _Text(
        ERROR,
        "{call} got a list that runs in a circle but is not cyclic; it answered {answer}",
        "set next_block of the last block to NULL, or ask for a circular transfer with cyclic = 1",
    ),
    "dead-stack": _Text(
        ERROR,
        "{call} got block {block} of its list from a stack frame that has ended: what lies there now is somebody else's",
        "fill in head_block again before each dma_config(), or keep the blocks in static memory",
    ),
    "freed": _Text(
        ERROR,
        "{call} got block {block} of its list from memory that had been freed",
        "fill in head_block again before each dma_config(), or keep the blocks in static memory",
    ),
    "size": _Text(
        ERROR,
        "{call} got a wrong size: {detail}; it answered {answer}",
        "make block_size a multiple of both data sizes",
    ),
    "zero": _Text(
        ERROR, "{call} got an empty block: {detail}; it answered {answer}", "leave empty blocks out of the list"
    ),
    "interval": _Text(
        WARNING,
        "block {block} of {call} has half of what a stride takes: {detail}",
        "set the count, the interval and the enable flag together, or none of them",
    ),
    "ignored-blocks": _Text(
        WARNING,
        "{call} succeeded, but not all of its list will move: {detail}",
        "start the blocks one after the other from the callback, or use a driver with lists",
    ),
    "ignored-setting": _Text(
        WARNING,
        "{call} succeeded, but not all of it is carried out: {detail}",
        "do without it, or do it in the callback",
    ),
    "unused-setting": _Text(
        INFO,
        "{call} asks for something that has no effect: {detail}",
        "leave the setting out",
    ),
    "unpaced": _Text(
        ERROR,
        "{call} ran a transfer with software handshake, which nothing holds back: {detail}",
        "set source_handshake and dest_handshake to 0, so that the peripheral's request line paces the transfer",
    ),
}


class DmaChannels:
    """Subscribes to what drivers say about their channels."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        bus = checker.machine.bus
        bus.subscribe(ChannelMisused, self._on_channel)
        bus.subscribe(CompletionMisused, self._on_completion)
        bus.subscribe(ChainMisused, self._on_chain)
        bus.subscribe(TouchedClaim, self._on_touched)

    def _on_channel(self, event: ChannelMisused) -> None:
        text = _CHANNEL[event.kind]
        roles: list[Role] = [("before", event.before, event.before_call)] if event.before is not None else []
        self._checker.report(
            Draft(
                rule="channel-state",
                severity=text.severity,
                certainty=Certainty.POSSIBLE if event.kind == "foreign" else Certainty.CERTAIN,
                message=text.what.format(
                    call=event.call, channel=event.channel, state=event.state, answer=event.answer, detail=event.detail
                ),
                time_ps=event.by.time_ps,
                roles=(*roles, ("called", event.by, event.call)),
                fix=text.fix.format(),
            )
        )

    def _on_completion(self, event: CompletionMisused) -> None:
        text = _COMPLETION[event.kind]
        role = "touched" if event.kind == "polled" else "at"
        self._checker.report(
            Draft(
                rule="completion-misuse",
                severity=text.severity,
                certainty=Certainty.CERTAIN,
                message=text.what.format(channel=event.channel, detail=event.detail),
                span=event.access,
                time_ps=event.by.time_ps,
                roles=(("started", event.started, ""), (role, event.by, "")),
                fix=text.fix,
            )
        )

    def _on_chain(self, event: ChainMisused) -> None:
        text = _CHAIN[event.kind]
        self._checker.report(
            Draft(
                rule="bad-descriptor-chain",
                severity=text.severity,
                certainty=Certainty.CERTAIN,
                message=text.what.format(call=event.call, answer=event.answer, detail=event.detail, block=event.block),
                span=event.span,
                time_ps=event.by.time_ps,
                roles=(("called", event.by, event.call),),
                fix=f"at {{called}}: {text.fix}",
            )
        )

    def _on_touched(self, event: TouchedClaim) -> None:
        """Of a circular buffer only the part that is not the controller's turn may be touched."""
        claim = event.claim
        if not claim.ring:
            return
        did, role = ("stored to", "stored") if event.is_store else ("read", "loaded")
        use = "fills" if claim.write else "sends"
        self._checker.report(
            Draft(
                rule="ring-ownership",
                severity=ERROR,
                certainty=Certainty.POSSIBLE if event.passed else Certainty.CERTAIN,
                message=f"the core {did} {event.access} while the {claim.label} {use} that part of its ring, {claim.span}",
                span=event.access,
                time_ps=event.by.time_ps,
                roles=(("started", claim.started, claim.label), (role, event.by, "")),
                fix=f"at {{{role}}}: use the part that the last callback has told, and be done with it before the next one",
            )
        )
