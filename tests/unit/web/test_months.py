"""Rankings have a history: of each month what was published last, as it was published."""

import csv
import dataclasses
import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client

from quetsach.centre.publication.candidates import lay_candidate, publish_candidate
from quetsach.centre.publication.snapshot import figures_path, read_snapshot_file

type Publish = Callable[[date, float], None]
NAME = "/api/v1/rankings-by-month.csv"


@pytest.fixture
def publish(centre_data: Path, empty_centre: Path) -> Publish:
    """Publish figures of some day, with another first row of families."""
    snapshot = read_snapshot_file(figures_path(centre_data))

    def out(as_of: date, mean_daily: float) -> None:
        rows = (dataclasses.replace(snapshot.families[0], mean_daily=mean_daily), *snapshot.families[1:])
        latest = dataclasses.replace(snapshot.latest, first=as_of - timedelta(days=29), last=as_of)
        later = snapshot.counted_at + (as_of - snapshot.as_of)
        made = dataclasses.replace(snapshot, as_of=as_of, latest=latest, families=rows, counted_at=later)
        digest = lay_candidate(empty_centre, made, lambda path: path.write_bytes(b"none")).digest
        publish_candidate(empty_centre, digest)

    return out


def rows(client: Client) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(NAME).content.decode(), newline="")))


def firsts(client: Client) -> dict[str, str]:
    """Return of each month the figure of the first row of families."""
    found = [row for row in rows(client) if row["ranking"] == "families"]
    return {row["month"]: row["mean_daily_addresses"] for row in reversed(found)}


def test_of_each_month_the_last_publication_stays(publish: Publish, client: Client) -> None:
    for day, figure in ((date(2020, 11, 3), 10.0), (date(2020, 11, 29), 20.0), (date(2020, 12, 1), 30.0)):
        publish(day, figure)
    assert firsts(client) == {"2020-11": "20.0", "2020-12": "30.0"}
    publish(date(2020, 12, 2), 40.0)
    assert firsts(client) == {"2020-11": "20.0", "2020-12": "40.0"}
    first = rows(client)[0]
    assert (first["first"], first["last"], first["scale"]) == ("2020-10-31", "2020-11-29", "100")
    assert {row["ranking"] for row in rows(client)} == {"families", "isps", "places", "sectors"}


def test_the_newest_month_holds_what_is_published_now(publish: Publish, client: Client) -> None:
    publish(date(2020, 12, 2), 40.0)
    now = list(csv.DictReader(io.StringIO(client.get("/api/v1/families.csv").content.decode(), newline="")))
    kept = [{name: row[name] for name in now[0]} for row in rows(client) if row["ranking"] == "families"]
    assert kept == now


def test_figures_of_an_earlier_version_are_of_their_month(
    centre_data: Path, empty_centre: Path, client: Client
) -> None:
    path = figures_path(empty_centre)
    path.parent.mkdir()
    path.write_bytes(figures_path(centre_data).read_bytes())
    assert list(firsts(client)) == ["2020-11"]


def test_a_damaged_month_is_left_out_and_told(
    publish: Publish, empty_centre: Path, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    publish(date(2020, 11, 3), 10.0)
    publish(date(2020, 12, 2), 40.0)
    (empty_centre / "published" / "months" / "2020-11.json").write_text("{")
    (empty_centre / "published" / "months" / "notes.json").write_text("{")
    assert firsts(client) == {"2020-12": "40.0"}
    assert caplog.text.count("are damaged") == 1


def test_before_the_first_publication_there_is_the_header_alone(empty_centre: Path, client: Client) -> None:
    assert client.get(NAME).content.decode().startswith("month,ranking,rank,id,")
    assert rows(client) == []
