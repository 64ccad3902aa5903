import io
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quetsach.network import AddressRange, AddressRanges, NetworkError
from quetsach.network.published import TEXT_FORMS, read_lines
from quetsach.network.ranges import MAPPED_FIRST, key_of

EDGES = st.sampled_from([0, 1, 2, 255, 256, 257, 1 << 64, (1 << 64) + 1, (1 << 128) - 2, (1 << 128) - 1, MAPPED_FIRST])
NUMBERS = st.one_of(EDGES, st.integers(0, 40), st.integers(0, (1 << 128) - 1))


@st.composite
def ranges(draw: st.DrawFn) -> list[AddressRange]:
    pairs = draw(st.lists(st.tuples(NUMBERS, NUMBERS, st.integers(1, 5)), max_size=12))
    return [AddressRange(min(a, b), max(a, b), asn) for a, b, asn in pairs]


def _brute_force(over: list[AddressRange], number: int) -> int:
    holding = [(r.last - r.first, r.asn) for r in over if r.first <= number <= r.last]
    return min(holding)[1] if holding else 0


@given(ranges(), st.lists(NUMBERS, min_size=1, max_size=20))
def test_flat_stretches_answer_as_the_smallest_range_does(over: list[AddressRange], asked: list[int]) -> None:
    flat = AddressRanges.of(over, {})
    found = flat.asns[flat.find(np.array([key_of(n) for n in asked], dtype="S16"))]
    assert found.tolist() == [_brute_force(over, n) for n in asked]


@given(ranges(), st.randoms(use_true_random=False))
def test_the_order_of_lines_decides_nothing(over: list[AddressRange], random) -> None:
    shuffled = list(over)
    random.shuffle(shuffled)
    assert AddressRanges.of(shuffled, {}).to_table() == AddressRanges.of(over, {}).to_table()


@given(ranges())
def test_stretches_ascend_and_neighbours_differ(over: list[AddressRange]) -> None:
    table = AddressRanges.of(over, {}).to_table()
    flat = list(zip(table["start"].to_pylist(), table["asn"].to_pylist(), strict=True))
    assert flat[0][0] == bytes(16)
    assert all(a[0] < b[0] and a[1] != b[1] for a, b in pairwise(flat))


@given(
    st.one_of(st.binary(max_size=200), st.text('0123456789.:,af\n"|\t/', max_size=120).map(str.encode)),
    st.sampled_from(sorted(TEXT_FORMS)),
)
def test_any_bytes_are_a_table_or_a_network_error(content: bytes, form: str) -> None:
    try:
        assert len(read_lines(io.BytesIO(content), form, where="t.csv").ranges.starts) >= 1
    except NetworkError as error:
        assert error.where.startswith("t.csv")
