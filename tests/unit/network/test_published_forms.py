"""Tables as others publish them: what a line says, what is left out, which day the file tells."""

import io
from datetime import date

import pytest

from quetsach.core.address import Address
from quetsach.network import NetworkError
from quetsach.network.published import Published, read_lines


def read(form: str, content: str) -> Published:
    return read_lines(io.BytesIO(content.encode()), form, where="t")


def label(published: Published, address: str) -> str:
    ranges = published.ranges
    return ranges.names.get(ranges.around(Address.parse(address).number).asn, "")


def test_ip2asn_has_tabs_and_ranges_that_nobody_announces() -> None:
    found = read("ip2asn", "1.0.0.0\t1.0.0.255\t13335\tUS\tCLOUDFLARENET\n1.0.1.0\t1.0.3.255\t0\tNone\tNot routed\n")
    assert (label(found, "1.0.0.9"), label(found, "1.0.1.0")) == ("CLOUDFLARENET", "")
    assert found.left_out == {"not announced": 1}
    assert found.day is None


def test_pyasn_names_the_dump_that_it_was_made_from() -> None:
    head = "; IP-ASN32-DAT file\n; Original file : /tmp/rib.20261031.2200.bz2\n; Converted on  : Sun Nov  1\n"
    found = read("pyasn", f"{head}1.0.0.0/24\t13335\n2001:ee0::/32\t45899\n")
    assert found.day == date(2026, 10, 31)
    assert found.ranges.around(Address.parse("2001:ee0::1").number).asn == 45899


DELEGATED = """2|apnic|20261102|3|19830613|20261101|+1000
apnic|*|ipv4|*|2|summary
apnic|VN|ipv4|14.160.0.0|2097152|20080101|allocated|A91B0D0F
apnic|VN|ipv6|2001:ee0::|32|20080101|assigned|A91B0D0F
apnic|AU|asn|1221|1|19900101|allocated|A9
apnic||ipv4|1.2.3.0|256||available|
"""


def test_a_registry_says_country_and_holder_up_to_the_last_day_of_its_statistics() -> None:
    found = read("delegated", DELEGATED)
    assert [label(found, a) for a in ("14.191.255.255", "14.192.0.0", "2001:ee0::1")] == [
        "VN A91B0D0F",
        "",
        "VN A91B0D0F",
    ]
    assert found.day == date(2026, 11, 1)
    assert found.left_out == {"AS numbers": 1, "not delegated": 1}


def test_of_several_registries_the_latest_day_counts() -> None:
    assert read("delegated", DELEGATED + DELEGATED.replace("20261101", "20261103")).day == date(2026, 11, 3)


def test_only_the_ranges_of_a_country_are_left_of_a_table_of_countries() -> None:
    found = read("country-csv", "1.0.0.0,1.0.0.255,AU\n14.160.0.0,14.160.0.255,vn\n2001:ee0::,2001:ee0::f,VN\n")
    home = found.ranges.named("VN")
    assert home.announced_ipv4() == {2: 256}
    assert home.around(Address.parse("1.0.0.1").number).asn == 0


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("ip2asn", "1.0.0.0\t1.0.0.255\t13335"),
        ("ip2asn", "1.0.0.0\t1.0.0.255\tAS1\tUS\tx"),
        ("pyasn", "1.0.0.1/24\t13335"),
        ("pyasn", "1.0.0.0/24"),
        ("pyasn", "::/1\t13335"),
        ("pyasn", "; Original file : rib.20261331.bz2"),
        ("country-csv", "1.0.0.0,1.0.0.255,Australia"),
        ("country-csv", "1.0.0.0,1.0.0.255,A1"),
        ("delegated", "apnic|VN|ipv4|14.160.0.0|0|20080101|allocated|A"),
        ("delegated", "apnic|VN|ipv4|255.255.255.0|512|20080101|allocated|A"),
        ("delegated", "apnic|VN|ipv4|2001::|512|20080101|allocated|A"),
        ("delegated", "apnic|VN|ipv6|2001:ee0::|129|20080101|allocated|A"),
        ("delegated", "apnic|VN|ipv6|::|0|20080101|allocated|A"),
        ("delegated", "apnic|VN|ipx|14.160.0.0|256|20080101|allocated|A"),
        ("delegated", "apnic|VN|ipv4"),
    ],
)
def test_a_damaged_line_is_refused_with_its_number(form: str, line: str) -> None:
    with pytest.raises(NetworkError) as refused:
        read(form, f"\n{line}\n")
    assert refused.value.where == "t:2"
