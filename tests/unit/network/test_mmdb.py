"""Files in the MaxMind DB format: what is read, and what a hostile one is refused for."""

import struct
from collections.abc import Callable
from datetime import date

import pytest

from quetsach.core.address import Address
from quetsach.network import NetworkError
from quetsach.network.mmdb import read_mmdb

MARKER = b"\xab\xcd\xefMaxMind.com"


def text(value: str) -> bytes:
    size = [2 << 5 | len(value)] if len(value) < 29 else [2 << 5 | 29, len(value) - 29]
    return bytes(size) + value.encode()


def number(value: int) -> bytes:
    return b"\xc4" + struct.pack(">I", value)


def mapped(**values: bytes) -> bytes:
    return bytes([7 << 5 | len(values)]) + b"".join(text(name) + value for name, value in values.items())


def record(asn: int = 45899, name: str = "VNPT") -> bytes:
    return mapped(autonomous_system_number=number(asn), autonomous_system_organization=text(name))


def made(
    nodes: list[tuple[int, int]], values: bytes = record(), *, version: int = 4, size: int = 24, **about: int
) -> bytes:
    """A file of these nodes; a record of ``len(nodes) + 16 + n`` means the value at offset n."""
    tree = b"".join(a.to_bytes(size // 8) + b.to_bytes(size // 8) for a, b in nodes)
    told = {"node_count": len(nodes), "record_size": size, "ip_version": version, "build_epoch": 1_793_491_200} | about
    return tree + bytes(16) + values + MARKER + mapped(**{name: number(value) for name, value in told.items()})


def asn(content: bytes, address: str, **options: bool) -> int:
    return read_mmdb(content, where="t", **options).ranges.around(Address.parse(address).number).asn


def test_a_leaf_covers_all_below_it_and_the_file_tells_its_day() -> None:
    content = made([(1, 2), (18, 2)])  # two bits: 00 has the value, all else nothing
    found = read_mmdb(content, where="t")
    assert (asn(content, "63.255.255.255"), asn(content, "64.0.0.0")) == (45899, 0)
    assert found.day == date(2026, 11, 1)
    assert found.ranges.names[45899] == "VNPT"


def test_a_tree_that_runs_in_circles_is_refused() -> None:
    for nodes in ([(0, 0)], [(1, 18), (0, 18)], [(1, 1), (18, 18)]):
        with pytest.raises(NetworkError, match="twice"):
            read_mmdb(made(nodes), where="t")


def test_a_tree_that_is_deeper_than_an_address_is_refused() -> None:
    deep = [(n + 1, 40) for n in range(39)] + [(56, 40)]
    with pytest.raises(NetworkError, match="damaged"):
        read_mmdb(made(deep), where="t")


def test_values_that_unfold_without_end_are_refused() -> None:
    laughs = b"\x20\x00"  # a pointer to itself
    wide = b"\x07\x04" * 12 + record()
    arrays = b"".join(b"\x1d\x04\xff" + b"\x20" + bytes([4 * (n + 1)]) for n in range(8))
    for values in (laughs, wide, arrays, b"\x1f\x04\xff\xff\xff"):
        with pytest.raises(NetworkError):
            read_mmdb(made([(17, 1)], values), where="t")


def test_a_text_that_many_pointers_lead_to_is_no_more_than_a_name() -> None:
    long = b"\x5e" + struct.pack(">H", 4097 - 285) + b"x" * 4097
    many = b"\x1e\x04" + struct.pack(">H", 1500 - 285) + b"\x20\x00" * 1500
    with pytest.raises(NetworkError, match="holds more"):
        read_mmdb(made([(17 + len(long), 1)], long + many), where="t")


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda content: content[: content.rindex(MARKER)],
        lambda content: content.replace(number(24), number(25)),
        lambda content: content.replace(number(24), number(32)),
        lambda content: content[:3] + b"\xff\xff\xff" + content[6:],
        lambda content: content.replace(text("VNPT"), b"\x5fVNPT"),
        lambda content: content.replace(text("autonomous_system_number"), b"\xc1\x18" + bytes(23)),
    ],
)
def test_a_damaged_file_is_refused_with_its_name(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(NetworkError) as refused:
        read_mmdb(damage(made([(17, 1)])), where="t.mmdb")
    assert refused.value.where == "t.mmdb"


def test_a_file_of_something_else_is_refused() -> None:
    with pytest.raises(NetworkError, match="names what is read"):
        read_mmdb(made([(17, 1)]), where="t", is_country=True)


@pytest.mark.parametrize(
    "value", [mapped(country=mapped(iso_code=text("VN"))), mapped(country_code=text("vn")), mapped(country=text("VN"))]
)
def test_countries_are_read_in_the_words_of_several_publishers(value: bytes) -> None:
    found = read_mmdb(made([(17, 1)], value), where="t", is_country=True)
    assert found.ranges.named("VN").announced_ipv4() == {1: 2**31}


def test_an_as_may_be_written_with_its_letters() -> None:
    assert asn(made([(17, 1)], mapped(asn=text("AS45899"), as_name=text("VNPT"))), "1.1.1.1") == 45899


def test_what_has_no_as_is_counted() -> None:
    content = made([(17, 17 + len(record()))], record() + mapped(isp=text("x")))
    assert read_mmdb(content, where="t").left_out == {"without an AS": 1}
