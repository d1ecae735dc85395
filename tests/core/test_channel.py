"""The channel's states: every verb in every state."""

from __future__ import annotations

import pytest

from dmalab.core.channel import NEXT, Channel, ChannelState, ChannelStateError, Direction, Pair

FREE, ALLOCATED, CONNECTED, RUNNING = (
    ChannelState.FREE,
    ChannelState.ALLOCATED,
    ChannelState.CONNECTED,
    ChannelState.RUNNING,
)
VERBS = ("allocate", "connect", "start", "append", "stop", "finish", "disconnect", "release")
TABLE = {
    # state: where each verb leads, None for an error; in the order of VERBS
    FREE: (ALLOCATED, None, None, None, None, None, None, None),
    ALLOCATED: (None, CONNECTED, None, None, ALLOCATED, None, None, FREE),
    CONNECTED: (None, None, RUNNING, RUNNING, CONNECTED, None, ALLOCATED, FREE),
    RUNNING: (None, None, RUNNING, RUNNING, CONNECTED, CONNECTED, None, None),
}
CASES = [(state, verb, after) for state, row in TABLE.items() for verb, after in zip(VERBS, row, strict=True)]


@pytest.mark.parametrize(("state", "verb", "after"), CASES, ids=lambda one: getattr(one, "name", one))
def test_every_verb_in_every_state(state: ChannelState, verb: str, after: ChannelState | None) -> None:
    channel = Channel("AHB GDMA", 2, Direction.TX)
    channel.state = state
    if after is None:
        with pytest.raises(ChannelStateError):
            channel.move(verb)
        assert channel.state is state
    else:
        channel.move(verb)
        assert channel.state is after


def test_the_table_knows_no_other_verb() -> None:
    assert {verb for _, verb in NEXT} == set(VERBS)


def test_the_message_says_what_would_be_possible() -> None:
    channel = Channel("AHB GDMA", 2, Direction.RX)
    channel.move("allocate")
    with pytest.raises(ChannelStateError) as caught:
        channel.move("start")
    assert str(caught.value) == (
        "AHB GDMA channel 2 (dev_to_mem): start while ALLOCATED (allocated, not connected); possible: connect, release, stop"
    )


def test_a_pair_is_free_when_both_halves_are() -> None:
    pair = Pair("AHB GDMA", 0)
    assert pair.free
    pair.rx.move("allocate")
    assert not pair.free
