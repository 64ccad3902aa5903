import io

import pytest

from quetsach.core.address import Address
from quetsach.network import AddressRanges, NetworkError
from quetsach.network.published import read_lines

GOOD = (
    b'14.160.0.0,14.160.0.255,45899,"VNPT, Corp"\n2001:ee0::,2001:ee0:ffff:ffff:ffff:ffff:ffff:ffff,45899,VNPT Corp\n'
)


def _read(content: bytes) -> AddressRanges:
    return read_lines(io.BytesIO(content), "csv", where="t.csv").ranges


@pytest.mark.parametrize("address", ["14.160.0.0", "14.160.0.255", "2001:ee0::1"])
def test_both_versions_are_found_up_to_their_edges(address: str) -> None:
    assert _read(GOOD).around(Address.parse(address).number).asn == 45899


@pytest.mark.parametrize("address", ["14.159.255.255", "14.160.1.0", "2001:ee1::", "::", "ff::"])
def test_what_nobody_announces_has_no_as(address: str) -> None:
    assert _read(GOOD).around(Address.parse(address).number).asn == 0


def test_a_quoted_name_keeps_its_comma() -> None:
    assert _read(GOOD).names[45899] == "VNPT, Corp"


def test_plain_numbers_mean_the_same_as_text() -> None:
    numbers = f"{0x0EA00000},{0x0EA000FF},45899,VNPT\n".encode()
    assert _read(numbers).around(Address.parse("14.160.0.7").number).asn == 45899


@pytest.mark.parametrize(
    "line",
    [
        b"14.160.0.0,14.160.0.255,45899",
        b"14.160.0.255,14.160.0.0,45899,VNPT",
        b"14.160.0.0,14.160.0.256,45899,VNPT",
        b"14.160.0.0,2001::,45899,VNPT",
        b"::,ffff::,45899,VNPT",
        b"14.160.0.0,14.160.0.255,-1,VNPT",
        b"14.160.0.0,14.160.0.255,4294967296,VNPT",
        b"14.160.0.0,14.160.0.255,\xd9\xa3,VNPT",
        b"999999999999999999999999999999999999999,1,1,x",
        b"\xff,14.160.0.255,1,x",
        b"x" * 5000,
        b'14.160.0.0,14.160.0.255,1,"open\nend"',
        b'14.160.0.0,14.160.0.255,1,"open',
    ],
)
def test_a_damaged_line_is_refused_with_its_number(line: bytes) -> None:
    with pytest.raises(NetworkError) as refused:
        _read(GOOD + line + b"\n")
    assert refused.value.where.startswith("t.csv:")
    assert int(refused.value.where.rpartition(":")[2]) >= 3


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(NetworkError, match="no ranges"):
        _read(b"\n\n")
