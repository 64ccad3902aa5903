"""What is no infected machine is kept, and found again, and counted in nothing."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from quetsach.core.family import FamilyNames
from quetsach.core.period import Period
from quetsach.feeds.layout import Subject
from quetsach.feeds.layout_files import Layouts, read_layouts
from quetsach.feeds.table import ANNOTATIONS
from quetsach.lake import LakeError, keeping
from quetsach.lake.delivery import Delivery
from quetsach.lake.lake import IngestResult, Lake

NOW = datetime(2020, 6, 19, 1, 0, tzinfo=UTC)
FAMILIES = FamilyNames.of([], version="families-1")
DAY = Period(date(2020, 6, 16), date(2020, 6, 16))
LATER = Period(date(2020, 6, 16), date(2020, 6, 18))


def layouts(subject: str = "resolver") -> Layouts:
    text = f"""
        feed = "watch"
        title = {{ vi = "w", en = "w" }}
        [[report]]
        name = "bots"
        summary = {{ vi = "w", en = "w" }}
        columns = {{ observed_at = "at", address = "ip", malware = "bot" }}
        [[report]]
        name = "others"
        like = "bots"
        summary = {{ vi = "w", en = "w" }}
        subject = "{subject}"
    """
    return Layouts(read_layouts(text.encode(), where="w.toml"))


def annotate(table: pa.Table) -> pa.Table:
    values = {"asn": 45899, "isp": "vnpt", "province": "01", "province_source": "feed", "network_version": "net-1"}
    for field in ANNOTATIONS:
        table = table.append_column(field, pa.repeat(pa.scalar(values[field.name], field.type), table.num_rows))
    return table


def ingest(lake: Lake, report: str, addresses: list[str], *, day: str = "2020-06-16") -> IngestResult:
    content = "at,ip,bot\n" + "".join(f"{day} 07:30:00,{address},mirai\n" for address in addresses)
    return lake.ingest(
        content.encode(), feed="watch", report=report, families=FAMILIES, annotate=annotate, now=NOW, name="f.csv"
    )


def test_only_machines_are_counted_and_everything_is_kept(tmp_path: Path) -> None:
    lake = Lake(tmp_path, layouts=layouts())
    ingest(lake, "bots", ["14.160.0.1", "14.160.0.2"])
    ingest(lake, "others", ["14.160.0.3", "14.160.0.1"], day="2020-06-16")
    ingest(lake, "others", ["14.160.0.4"], day="2020-06-18")
    with lake.view() as view:
        assert view.count_addresses(LATER) == 2
        assert view.sightings_count() == 2
        assert view.newest_day() == date(2020, 6, 16)
        assert [one.report for one in view.roll_ups()] == ["bots"]
        assert view.basis(LATER).feeds == ("watch/bots",)
        assert view.days_with_data(LATER).num_rows == 1
        assert {(one.report, one.subject, one.accepted) for one in view.deliveries()} == {
            ("bots", "host", 2),
            ("others", "resolver", 2),
            ("others", "resolver", 1),
        }
    kept = list(tmp_path.glob("sightings/*/*.others.parquet"))
    assert len(kept) == 2
    assert not list(tmp_path.glob("rollups/*/*.others.*"))


def test_others_too_are_taken_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path, layouts=layouts())
    assert ingest(lake, "others", ["14.160.0.3"]).accepted == 1
    again = ingest(lake, "others", ["14.160.0.3", "14.160.0.4"])
    assert (again.accepted, again.duplicates) == (1, 1)


def test_others_are_gathered_and_expire_like_machines(tmp_path: Path) -> None:
    lake = Lake(tmp_path, layouts=layouts())
    for number in range(5):
        ingest(lake, "others", [f"14.160.0.{number}"])
    ingest(lake, "bots", ["14.160.0.9"])
    assert keeping.compact(lake).files == 5
    assert len(list(tmp_path.glob("sightings/*/*.parquet"))) == 2
    assert ingest(lake, "others", ["14.160.0.2", "14.160.0.7"]).duplicates == 1
    assert keeping.rebuild(lake).made == 1
    expired = keeping.expire(lake, before=date(2020, 6, 17))
    assert expired.sightings == 7
    assert not list(tmp_path.glob("sightings/*/*.parquet"))
    with lake.view() as view:
        assert view.count_addresses(DAY) == 1


def test_a_report_does_not_become_one_of_something_else(tmp_path: Path) -> None:
    ingest(Lake(tmp_path, layouts=layouts()), "others", ["14.160.0.3"])
    with pytest.raises(LakeError, match="“resolver” so far, and “host”") as refusal:
        ingest(Lake(tmp_path, layouts=layouts("host")), "others", ["14.160.0.4"])
    assert refusal.value.hint
    assert len(Lake(tmp_path).view().deliveries()) == 1


def test_a_record_of_before_says_nothing_and_is_of_machines() -> None:
    one = Delivery("0" * 64, "f", "r", "f.csv", 1, NOW, 0, 0, 0, 0, 0, 0, {})
    record = one.to_record()
    del record["subject"]
    assert Delivery.from_record(record, where="x").subject == Subject.HOST
