from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa

from quetsach.core.address import Address
from quetsach.core.country import Place, Places
from quetsach.network import ANNOTATIONS, AddressRange, AddressRanges, Isp, Isps, NetworkTables, RegionNames, annotate
from quetsach.network.ranges import MAPPED_FIRST, NO_AS, key_of

TABLES = NetworkTables.of(
    AddressRanges.of(
        [
            AddressRange(Address.parse("14.160.0.0").number, Address.parse("14.160.0.255").number, 45899),
            AddressRange(Address.parse("2001:ee0::").number, Address.parse("2001:ee0::ffff").number, 65000),
        ],
        {45899: "VNPT Corp", 65000: "Example"},
    ),
    Isps.of([Isp("vnpt", "VNPT", "VNPT", 45899, valid_from=date(2020, 6, 17))]),
    RegionNames.of(Places.of([Place("31", date(2008, 8, 1), None, "city", "Hải Phòng", "Hai Phong")])),
    dated=date(2020, 6, 1),
)


def _sightings(*rows: tuple[str, datetime, str | None]) -> pa.Table:
    addresses = pa.array([Address.parse(a).number.to_bytes(16, "big") for a, _, _ in rows], pa.binary(16))
    return pa.table(
        {
            "address": pa.ExtensionArray.from_storage(pa.uuid(), addresses),
            "observed_at": pa.array([moment for _, moment, _ in rows], pa.timestamp("us", tz="UTC")),
            "claimed_region": pa.array([region for _, _, region in rows], pa.string()),
        }
    )


LATE, NEXT = datetime(2020, 6, 16, 23, 59, 59, tzinfo=UTC), datetime(2020, 6, 17, tzinfo=UTC)


def test_each_row_gets_its_as_provider_and_province() -> None:
    found = annotate(
        _sightings(("14.160.0.9", NEXT, "HAI PHONG"), ("2001:ee0::1", NEXT, ""), ("8.8.8.8", NEXT, None)), TABLES
    )
    assert found["asn"].to_pylist() == [45899, 65000, None]
    assert found["isp"].to_pylist() == ["vnpt", "AS65000", "unknown"]
    assert found["province"].to_pylist() == ["31", "unknown", "unknown"]
    assert found["province_source"].to_pylist() == ["feed", "", ""]
    assert set(found["network_version"].to_pylist()) == {TABLES.version}


def test_the_provider_is_the_one_of_the_sightings_own_day() -> None:
    found = annotate(_sightings(("14.160.0.9", LATE, ""), ("14.160.0.9", NEXT, "")), TABLES)
    assert found["isp"].to_pylist() == ["AS45899", "vnpt"]


def test_the_columns_are_the_declared_ones() -> None:
    found = annotate(_sightings(("14.160.0.9", NEXT, "")), TABLES)
    assert pa.schema(list(found.schema)[-len(ANNOTATIONS) :]).equals(ANNOTATIONS)


def test_no_rows_give_no_rows() -> None:
    assert annotate(_sightings(), TABLES).num_rows == 0


def test_rows_in_several_chunks_or_cut_from_a_larger_table_keep_their_own_answers() -> None:
    whole = _sightings(("8.8.8.8", NEXT, ""), ("14.160.0.9", NEXT, "HAI PHONG"), ("2001:ee0::1", LATE, ""))
    pieces = pa.concat_tables([whole.slice(2), whole.slice(1, 1)])
    assert annotate(pieces, TABLES)["asn"].to_pylist() == [65000, 45899]


def test_the_version_changes_with_the_provider_table() -> None:
    other = NetworkTables.of(TABLES.ranges, Isps.of([]), TABLES.regions, dated=date(2020, 6, 1))
    assert other.version != TABLES.version
    assert other.version.startswith("2020-06-01.")


def test_the_look_up_of_one_address_says_its_range() -> None:
    found = TABLES.look_up(Address.parse("14.160.0.9"), date(2020, 6, 17))
    assert (str(found.first), str(found.last), found.asn, found.isp) == ("14.160.0.0", "14.160.0.255", 45899, "vnpt")


def test_addresses_announced_are_counted_by_provider() -> None:
    assert TABLES.announced_by_isp(date(2020, 6, 17)) == {"vnpt": 256}


def test_with_a_table_of_the_whole_world_only_the_countrys_own_addresses_have_an_as() -> None:
    """Otherwise importing one would count the world's addresses as national."""
    world = AddressRanges.of([AddressRange(MAPPED_FIRST, MAPPED_FIRST + (1 << 30), 15169)], {15169: "Somebody"})
    tables = NetworkTables.of(world, Isps.of([]), TABLES.regions, dated=date(2026, 1, 1), national=TABLES.ranges)
    assert tables.home is TABLES.ranges
    own = next(iter(TABLES.ranges.announced_ipv4()))
    first, _ = TABLES.ranges.ipv4_of(own)[0]
    keys = np.array([key_of(MAPPED_FIRST + first), key_of(MAPPED_FIRST + (8 << 24))], dtype="S16")
    assert tables.national_asns(keys)[1] == NO_AS
    newer = NetworkTables.of(TABLES.ranges, Isps.of([]), TABLES.regions, dated=date(2026, 1, 1), national=TABLES.ranges)
    assert newer.national_asns(keys)[0] == own
