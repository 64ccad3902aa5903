import io
from datetime import date

import pytest
from tests.routing_dumps import path, peers, record, rib

from quetsach.core.address import Address
from quetsach.network import NetworkError
from quetsach.network.mrt import MAX_RECORD_BYTES, read_mrt
from quetsach.network.published import Published


def read(*records: bytes) -> Published:
    return read_mrt(io.BytesIO(b"".join(records)), where="rib")


def asn(published: Published, address: str) -> int:
    return published.ranges.around(Address.parse(address).number).asn


def test_the_last_as_of_the_path_announces_the_prefix_on_the_day_of_the_dump() -> None:
    found = read(
        peers(),
        rib("14.160.0.0/11", path((2, [64496, 45899]))),
        rib("2001:ee0::/32", path((2, [64496]), (2, [64497, 45899]), is_long=True)),
    )
    assert (asn(found, "14.191.255.255"), asn(found, "2001:ee0::1"), asn(found, "14.192.0.0")) == (45899, 45899, 0)
    assert found.day == date(2026, 11, 1)


def test_paths_with_identifiers_are_read_too() -> None:
    found = read(rib("192.0.2.0/24", path((2, [7])), subtype=8), rib("2001:db8::/32", path((2, [8])), subtype=10))
    assert (asn(found, "192.0.2.9"), asn(found, "2001:db8::1")) == (7, 8)


def test_the_origin_that_most_paths_have_is_taken_and_the_others_are_told() -> None:
    found = read(rib("192.0.2.0/24", path((2, [1, 7])), path((2, [2, 7])), path((2, [3, 9]))))
    assert asn(found, "192.0.2.1") == 7
    assert found.left_out["prefixes with several origins"] == 1
    assert "prefixes whose origin is not decided" not in found.left_out


@pytest.mark.parametrize(
    "paths",
    [
        [path((2, [1, 7])), path((2, [2, 9]))],
        [path((2, [1]), (1, [7, 9]))],
        [path((2, [1, 7])), path((2, [1]), (1, [7, 9]))],
        [path()],
        [],
    ],
)
def test_what_is_not_decided_is_nobodys_and_no_wider_prefix_speaks_for_it(paths: list[bytes]) -> None:
    found = read(rib("192.0.0.0/8", path((2, [5]))), rib("192.0.2.0/24", *paths))
    assert (asn(found, "192.0.2.1"), asn(found, "192.0.3.0")) == (0, 5)
    assert found.left_out["prefixes whose origin is not decided"] == 1


def test_a_default_route_announces_nothing() -> None:
    found = read(rib("0.0.0.0/0", path((2, [1]))), rib("192.0.2.0/24", path((2, [7]))))
    assert asn(found, "8.8.8.8") == 0
    assert found.left_out["default routes"] == 1


@pytest.mark.parametrize("prefix", ["::/1", "::/80", "::ffff:0:0/96", "::ffff:8.8.0.0/112"])
def test_a_prefix_of_ipv6_announces_no_ipv4(prefix: str) -> None:
    found = read(rib(prefix, path((2, [1]))), rib("192.0.2.0/24", path((2, [7]))))
    assert (asn(found, "8.8.8.8"), asn(found, "192.0.2.1")) == (0, 7)
    assert found.left_out["IPv6 over IPv4"] == 1


def test_records_of_other_kinds_are_counted() -> None:
    found = read(record(16, 4, b"x"), record(13, 3, b""), rib("192.0.2.0/24", path((2, [7]))))
    assert found.left_out["other records"] == 2


@pytest.mark.parametrize(
    "damaged",
    [
        rib("192.0.2.0/24", path((2, [7])))[:-1],
        record(13, 2, b"\0\0\0\0\x21\xc0\0\2\0\0\0\0"),
        record(13, 2, b"\0\0\0\0\x18\xc0\0\2\0\1"),
        rib("192.0.2.0/24", b"\x40\x02\xff\x02\x01"),
        rib("192.0.2.0/24", b"\x40\x02\x02\x02\x05"),
        rib("192.0.2.0/24", b"\x40\x02\x02\x02\x00"),
        b"\0" * 8 + (MAX_RECORD_BYTES + 1).to_bytes(4),
        b"\0" * 5,
    ],
)
def test_a_damaged_record_is_refused_with_its_place(damaged: bytes) -> None:
    good = rib("192.0.2.0/24", path((2, [7])))
    with pytest.raises(NetworkError) as refused:
        read(good, damaged)
    assert refused.value.where == f"rib: byte {len(good)}"


def test_a_dump_without_prefixes_is_refused() -> None:
    with pytest.raises(NetworkError, match="no prefix"):
        read(peers())
