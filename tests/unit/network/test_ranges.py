import pyarrow as pa
import pytest

from quetsach.core.address import Address
from quetsach.network import AddressRange, AddressRanges, NetworkError


def _v4(first: str, last: str, asn: int) -> AddressRange:
    return AddressRange(Address.parse(first).number, Address.parse(last).number, asn)


NESTED = AddressRanges.of(
    [_v4("10.0.0.0", "10.0.255.255", 1), _v4("10.0.1.0", "10.0.1.255", 2)], {1: "outer", 2: "inner"}
)


def test_the_smaller_of_two_nested_ranges_wins() -> None:
    found = [NESTED.around(Address.parse(a).number).asn for a in ("10.0.0.255", "10.0.1.0", "10.0.1.255", "10.0.2.0")]
    assert found == [1, 2, 2, 1]


def test_every_announced_address_is_counted_once() -> None:
    assert NESTED.announced_ipv4() == {1: 65536 - 256, 2: 256}


def test_ipv6_is_not_counted_among_ipv4() -> None:
    assert AddressRanges.of([AddressRange(1 << 120, (1 << 128) - 1, 7)], {}).announced_ipv4() == {}


def test_the_stored_form_gives_the_same_table_back() -> None:
    again = AddressRanges.from_table(NESTED.to_table())
    assert again.starts.tolist() == NESTED.starts.tolist()
    assert again.asns.tolist() == NESTED.asns.tolist()
    assert again.names[2] == "inner"


@pytest.mark.parametrize(
    "damage",
    [
        lambda table: table.drop_columns(["name"]),
        lambda table: table.slice(1),
        lambda table: table.slice(0, 0),
        lambda table: pa.concat_tables([table, table]),
    ],
)
def test_a_stored_table_of_another_form_is_refused(damage) -> None:
    with pytest.raises(NetworkError):
        AddressRanges.from_table(damage(NESTED.to_table()))


def test_the_stretches_of_an_as_leave_out_what_a_smaller_range_took() -> None:
    block = int(Address.parse("10.0.0.0").standard)
    assert NESTED.ipv4_of(1) == [(block, block + 255), (block + 512, block + 65535)]


def test_stretches_end_where_ipv4_ends() -> None:
    whole = AddressRanges.of([_v4("0.0.0.0", "255.255.255.255", 9)], {})
    assert whole.ipv4_of(9) == [(0, 2**32 - 1)]
    assert whole.announced_ipv4() == {9: 2**32}


def test_a_table_of_ipv6_alone_has_no_ipv4_stretches() -> None:
    assert AddressRanges.of([AddressRange(1 << 120, (1 << 121) - 1, 7)], {}).ipv4_of(7) == []
