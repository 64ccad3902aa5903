"""Times as a report writes them: what each clock reads, and what it does not guess."""

from datetime import UTC, datetime

import pytest

from quetsach.feeds.layout import Clock
from quetsach.feeds.values import is_range, parse_address, time_reader


@pytest.mark.parametrize(
    ("form", "zone", "text", "expected"),
    [
        ("iso", "UTC", "2026-11-01 07:30:00", "2026-11-01T07:30:00"),
        ("iso", "UTC", "2026-11-01T07:30:00Z", "2026-11-01T07:30:00"),
        ("iso", "UTC", "2026-11-01T07:30:00+07:00", None),
        ("iso", "written", "2026-11-01T07:30:00+07:00", "2026-11-01T00:30:00"),
        ("iso", "written", "2026-11-01T07:30:00+0700", "2026-11-01T00:30:00"),
        ("iso", "written", "2026-11-01 07:30:00.5+07", "2026-11-01T00:30:00.500000"),  # as PostgreSQL writes it
        ("iso", "written", "2026-11-01 07:30:00+7", None),
        ("iso", "UTC", "2026-11-01 07:30:00+00", "2026-11-01T07:30:00"),
        ("iso", "UTC", "2026-11-01T07:30:00+0000", "2026-11-01T07:30:00"),
        ("iso", "UTC", "2026-11-01 07:30:00+01", None),
        ("iso", "written", "2026-11-01T07:30:00", None),
        ("iso", "Asia/Ho_Chi_Minh", "2026-11-01 07:30:00", "2026-11-01T00:30:00"),
        ("iso", "Asia/Ho_Chi_Minh", "2026-11-01T07:30:00Z", "2026-11-01T07:30:00"),
        ("iso", "Europe/Berlin", "2026-10-25 02:30:00", None),  # that night has it twice
        ("iso", "Europe/Berlin", "2026-03-29 02:30:00", None),  # and that one never
        ("iso", "Europe/Berlin", "2026-03-29 03:30:00", "2026-03-29T01:30:00"),
        ("epoch", "UTC", "1793518200", "2026-11-01T07:30:00"),
        ("epoch", "UTC", " 1793518200.5 ", "2026-11-01T07:30:00.500000"),
        ("epoch", "UTC", "1793518200500", "2026-11-01T07:30:00.500000"),
        ("epoch", "UTC", "1793518200500001", "2026-11-01T07:30:00.500001"),
        ("epoch", "UTC", "17935182001", None),
        ("epoch", "UTC", "-1793518200", None),
        ("epoch", "UTC", "100000000", None),  # of 1973
        ("filetime", "UTC", "134379918000000000", "2026-11-01T07:30:00"),
        ("filetime", "UTC", " 134379918000000019 ", "2026-11-01T07:30:00.000001"),  # what is left is cut off
        ("filetime", "UTC", "125911583999999999", None),  # of 1999
        ("filetime", "UTC", "1.3437e+17", None),
        ("mail", "UTC", "Sun, 01 Nov 2026 07:30:00 +0700", "2026-11-01T00:30:00"),
        ("mail", "UTC", "1 Nov 2026 07:30 GMT", "2026-11-01T07:30:00"),
        ("mail", "UTC", "Sun,  1 Nov 2026 07:30:00 -0000 (no zone told)", "2026-11-01T07:30:00"),
        ("mail", "UTC", "2026-11-01T07:30:00+07:00", "2026-11-01T00:30:00"),
        ("mail", "UTC", "2026-11-01T07:30:00", None),
        ("mail", "UTC", "Sun, 01 Nov 2026 07:30:00 CEST", None),
        ("mail", "UTC", "31 Nov 2026 07:30:00 +0700", None),
        ("mail", "UTC", "01 Xyz 2026 07:30:00 +0700", None),
        ("%d/%m/%Y %H:%M:%S", "UTC", "01/11/2026 07:30:00", "2026-11-01T07:30:00"),
        ("%d/%m/%Y %H:%M", "Asia/Ho_Chi_Minh", "01/11/2026 07:30", "2026-11-01T00:30:00"),
        ("%d/%m/%Y %H:%M:%S", "UTC", "2026-11-01 07:30:00", None),
        ("%d/%m/%Y %H:%M:%S %z", "written", "01/11/2026 07:30:00 +0700", "2026-11-01T00:30:00"),
        ("iso", "UTC", "1999-12-31 23:59:59", None),
        ("iso", "UTC", "2101-01-01 00:00:00", None),
    ],
)
def test_a_clock_reads_what_it_is_told_and_nothing_else(form: str, zone: str, text: str, expected: str | None) -> None:
    found = time_reader(Clock(form, zone))(text)
    told = None if found is None else datetime.fromtimestamp(found / 1_000_000, UTC).replace(tzinfo=None).isoformat()
    assert told == expected


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        ("14.160.0.1/32", True),
        ("2405:4800::1/128", True),
        ("2405:4800:1:2::/64", True),
        ("14.160.0.0/24", False),
        ("2405:4800::/48", False),
        ("14.160.0.1/", False),
    ],
)
def test_a_range_is_an_address_only_where_it_is_one_subject(text: str, is_taken: bool) -> None:
    assert (parse_address(text) is not None) == is_taken


def test_ranges_are_told_from_what_is_none() -> None:
    assert is_range("14.160.0.0/24")
    assert is_range("14.160.0.7/24")
    assert not is_range("14.160.0.0")
    assert not is_range("14.160.0.0/x")
