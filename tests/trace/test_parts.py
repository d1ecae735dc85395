"""The small parts, each against an independent reference."""

from google.protobuf.internal import decoder, encoder
from hypothesis import given
from hypothesis import strategies as st

from dmalab.trace import protobuf
from dmalab.trace.bus_load import steps
from dmalab.trace.layers import layers

spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda one: (one[0], one[0] + one[1])), max_size=30
).map(sorted)


@given(spans)
def test_layers_never_overlap_and_are_as_few_as_can_be(found):
    result = layers(found)
    for index, (start, end) in enumerate(found):
        for other in range(index):
            if result[other] == result[index]:
                assert found[other][1] <= start, (found[other], (start, end))
    at_once = max((sum(low <= at < high for low, high in found) for at in range(81)), default=0)
    widest = max(at_once, 1) if found else 0
    # An empty span needs a layer at its moment too.
    assert max(result, default=-1) + 1 <= widest + any(low == high for low, high in found)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20), st.integers(1, 5000)), max_size=12))
def test_load_is_the_sum_of_what_runs(found):
    us = 1_000_000
    runs = [(start * us, (start + length) * us, moved * length) for start, length, moved in found]
    load = {}
    for start, end, rate in steps(runs):
        assert start < end
        assert rate > 0
        for at in range(start // us, end // us):
            assert at not in load
            load[at] = rate
    for at in range(80):
        expected = sum(moved * 1000 for start, length, moved in found if start <= at < start + length)
        assert load.get(at, 0) == expected  # bytes per microsecond are thousands of kB/s


def test_equal_neighbours_of_a_load_are_one_step():
    ms = 1_000_000_000
    assert list(steps([(0, ms, 10), (ms, 2 * ms, 10)])) == [(0, 2 * ms, 10)]
    assert list(steps([(0, 0, 5), (3, 9, 0)])) == []
    assert list(steps([(0, 10 * ms, 1)])) == [(0, 10 * ms, 1)]  # slow, but not nothing


@given(st.integers(-(2**63), 2**64 - 1))
def test_varint_as_the_published_package_has_it(value):
    parts = []
    if value < 0:
        encoder._EncodeSignedVarint(parts.append, value)
    else:
        encoder._EncodeVarint(parts.append, value)
    assert protobuf.varint(value) == b"".join(parts)
    assert decoder._DecodeVarint(protobuf.varint(value), 0)[0] == value % 2**64
