import csv
import dataclasses
import io
from collections.abc import Iterator
from datetime import date

import pytest

from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.network import AddressRange, AddressRanges
from quetsach.network.ranges import MAPPED_FIRST
from quetsach.simulate import COLUMNS, Origin, Scenario, SimulateError, Span, simulate

BLOCK = 0x0EA0_0000  # 14.160.0.0
RANGES = AddressRanges.of(
    [
        AddressRange(MAPPED_FIRST + BLOCK, MAPPED_FIRST + BLOCK + 4095, 45899),
        AddressRange(MAPPED_FIRST + BLOCK + 8192, MAPPED_FIRST + BLOCK + 9000, 7552),
    ],
    {},
)
SCENARIO = Scenario(
    id="test",
    name=LocalText("Thử", "Test"),
    note=LocalText("Mô phỏng", "Simulated"),
    report="event4_sinkhole",
    identifier="vn",
    country="VN",
    scale=1,
    seed=7,
    mean_days=2.0,
    mean_sightings=1.5,
    regionless_share=0.2,
    spans=(
        Span(Period(date(2020, 6, 16), date(2020, 6, 25)), 1000, Origin.PUBLISHED),
        Span(Period(date(2020, 6, 26), date(2020, 6, 28)), 501, Origin.DERIVED),
    ),
    families={"mirai": 3.0, "avalanche-andromeda": 1.0},
    providers={45899: 3.0, 7552: 1.0},
    regions={"HA NOI": 1.0, "HAI PHONG": 1.0},
)


def _files(**options: int) -> dict[str, bytes]:
    return {name: b"".join(pieces) for name, pieces in simulate(SCENARIO, RANGES, **options)}


def _rows(content: bytes) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(content.decode("ascii"), newline=""))


def _addresses(files: dict[str, bytes], period: Period) -> set[str]:
    return {
        row["src_ip"]
        for name, content in files.items()
        if date.fromisoformat(name[:10]) in period
        for row in _rows(content)
    }


@pytest.mark.parametrize(("scale", "first", "second"), [(1, 1000, 501), (10, 100, 50), (3, 333, 167)])
def test_each_span_shows_exactly_its_distinct_addresses(scale: int, first: int, second: int) -> None:
    files = _files(scale=scale)
    assert [len(_addresses(files, span.period)) for span in SCENARIO.spans] == [first, second]


def test_every_day_has_its_file_in_the_form_of_the_feed() -> None:
    names = list(_files(scale=10))
    assert names[0] == "2020-06-16-event4_sinkhole-vn.csv"
    assert len(names) == SCENARIO.days == 13


def test_every_row_has_every_column_and_its_own_day() -> None:
    for name, content in _files(scale=10).items():
        lines = list(csv.reader(io.StringIO(content.decode("ascii"), newline="")))
        assert lines[0] == list(COLUMNS)
        assert {len(line) for line in lines} == {33}
        assert {line[0][:10] for line in lines[1:]} == {name[:10]}


def test_addresses_lie_in_the_network_that_the_row_names() -> None:
    for content in _files(scale=10).values():
        for row in _rows(content):
            third = int(row["src_ip"].split(".")[2])
            assert row["src_asn"] == ("45899" if third < 16 else "7552")


def test_a_block_keeps_its_region_in_every_span() -> None:
    regions: dict[str, set[str]] = {}
    for content in _files().values():
        for row in _rows(content):
            regions.setdefault(row["src_ip"].rpartition(".")[0], set()).add(row["src_region"])
    assert all(len(found) == 1 for found in regions.values())
    assert set.union(*regions.values()) == {"HA NOI", "HAI PHONG", ""}


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert _files(scale=10) == _files(scale=10)


def test_another_seed_gives_other_addresses_and_the_same_numbers() -> None:
    one, two = _files(seed=1), _files(seed=2)
    period = SCENARIO.spans[0].period
    assert _addresses(one, period) != _addresses(two, period)
    assert len(_addresses(one, period)) == len(_addresses(two, period))


def test_every_row_says_that_it_is_simulated() -> None:
    assert {row["tag"] for content in _files(scale=10).values() for row in _rows(content)} == {"simulated"}


def test_no_event_number_comes_twice() -> None:
    numbers = [row["event_id"] for content in _files().values() for row in _rows(content)]
    assert len(set(numbers)) == len(numbers)


def test_a_scale_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(SimulateError, match="nothing is left"):
        _files(scale=100_000)


@pytest.mark.parametrize("options", [{"scale": 0}, {"seed": -1}])
def test_a_scale_or_seed_out_of_range_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(SimulateError):
        _files(**options)


def test_a_provider_with_too_few_addresses_is_refused() -> None:
    crowded = dataclasses.replace(SCENARIO, providers={7552: 1.0})
    with pytest.raises(SimulateError, match="AS7552"):
        list(simulate(crowded, RANGES))
