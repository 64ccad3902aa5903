"""The pages of feeds: until when, what was set aside and why, which names wait; rows only for analysts, with a note."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.report_schema import as_bytes, made_schema
from tests.unit.web.office.feeds.conftest import NOW, YESTERDAY

from quetsach.campaign.authority import Role
from quetsach.centre.centre import Centre
from quetsach.centre.publication import due
from quetsach.cli.main import main
from quetsach.core.period import Period
from quetsach.feeds.record import Reason
from quetsach.lake.delivery import Delivery
from quetsach.web.office.feeds.selectors import decisions_here, feeds_here, quarantine_here, unplaced_here
from quetsach.web.office.feeds.words import REASONS
from quetsach.web.office.log.models import LogEntry

ROWS = (
    f"{YESTERDAY} 07:00:00,14.160.0.1,Emotet",
    f"{YESTERDAY} 07:00:00,14.160.0.1,Emotet",  # again
    f"{YESTERDAY} 07:00:00,14.160.0.2,emotet-new",
    f"{YESTERDAY.year + 2}-01-01 07:00:00,14.160.0.3,Emotet",
    f"{YESTERDAY} 07:00:00,192.168.1.1,Emotet",
    f"{YESTERDAY} 07:00:00,geheim,Emotet",
)
FEEDS, ASIDE = "/van-phong/nguon-du-lieu/", "/van-phong/nguon-du-lieu/tach-rieng/"


@pytest.fixture
def delivery(centre: Path, capsys) -> Delivery:
    file = centre / "feed.csv"
    file.write_text("timestamp,address,malware\n" + "\n".join(ROWS) + "\n")
    main(["center", "ingest", str(file), "--feed", "plain", "--data", str(centre)])
    capsys.readouterr()
    with Centre(centre).view() as view:
        return view.deliveries()[0]


def test_a_feed_is_as_old_as_its_last_true_day_and_accounts_for_every_record(delivery: Delivery) -> None:
    (one,) = feeds_here(now=NOW)
    assert (one.state.newest_day, one.age_days, one.is_old) == (YESTERDAY, 1, False)
    state = one.state
    assert (state.records, state.accepted, state.duplicates, state.quarantined) == (6, 2, 1, 3)
    assert feeds_here(now=NOW + timedelta(days=30))[0].is_old


def test_the_reasons_are_counted_without_a_row_being_read(delivery: Delivery, centre: Path) -> None:
    found = quarantine_here()
    assert dict(found.reasons) == {"future": 1, "reserved_ip": 1, "bad_ip": 1}
    assert quarantine_here(feed="plain/other").shown == ()
    assert not (centre / "lake" / "access.jsonl").exists()


def test_the_page_says_reasons_in_words_and_shows_no_row(delivery: Delivery, person, signed_in) -> None:
    page = signed_in(person(Role.PRESS)).get(ASIDE).content.decode()
    assert "Thời điểm ở tương lai" in page
    assert "geheim" not in page
    assert f"{ASIDE}{delivery.id[:16]}/" not in page


def test_rows_are_shown_to_analysts_and_that_is_noted(delivery: Delivery, centre: Path, person, signed_in) -> None:
    analyst = person(Role.ANALYST)
    page = signed_in(analyst).get(f"{ASIDE}{delivery.id[:16]}/").content.decode()
    assert "geheim" in page
    (line,) = (centre / "lake" / "access.jsonl").read_text("utf-8").splitlines()
    assert analyst.email in json.loads(line)["who"]


def test_rows_are_not_shown_to_the_press(delivery: Delivery, centre: Path, person, signed_in) -> None:
    assert signed_in(person(Role.PRESS)).get(f"{ASIDE}{delivery.id[:16]}/").status_code == 403
    assert not (centre / "lake" / "access.jsonl").exists()


@pytest.mark.parametrize("key", ["x", "0" * 16, "1" * 300])
def test_a_delivery_that_is_not_there_is_told(delivery: Delivery, person, signed_in, key: str) -> None:
    answer = signed_in(person(Role.ANALYST)).get(f"{ASIDE}{key}/")
    assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (200, True)


def test_a_name_that_nobody_placed_waits_with_its_counts(delivery: Delivery, person, signed_in) -> None:
    (row,) = unplaced_here(now=NOW).rows
    assert (row["spellings"], row["addresses"]) == (["emotet-new"], 1)
    assert "emotet-new" in signed_in(person(Role.ANALYST)).get(f"{FEEDS}ten-cho-xep/").content.decode()


@pytest.mark.parametrize("path", ["", "nhan-tep/", "dinh-dang/", "tach-rieng/", "ten-cho-xep/"])
def test_every_page_works_before_the_first_data(centre: Path, person, signed_in, path: str) -> None:
    assert signed_in(person(Role.OPERATOR)).get(FEEDS + path).status_code == 200
    assert signed_in(person(Role.APPROVER, "31-2025")).get(FEEDS + path).status_code in {403, 404}


def test_what_can_be_read_says_where_each_layout_comes_from(centre: Path, person, signed_in) -> None:
    (centre / "layouts").mkdir(mode=0o700)
    (centre / "layouts" / "shadowserver-schema.json").write_bytes(as_bytes(made_schema()))
    page = signed_in(person(Role.OPERATOR)).get(f"{FEEDS}dinh-dang/").content.decode()
    assert "scan_service_3" in page
    assert "lược đồ của Shadowserver" in page
    assert "bản cài đặt này" in page


def test_a_lake_that_is_damaged_is_told_on_the_page(delivery: Delivery, centre: Path, person, signed_in) -> None:
    (centre / "lake" / delivery.quarantine_path).write_bytes(b"no parquet")
    answer = signed_in(person(Role.OPERATOR)).get(ASIDE)
    assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (200, True)


def test_every_reason_has_a_name() -> None:
    assert set(REASONS) == set(Reason)


NAMES = f"{FEEDS}ten-cho-xep/"
NAME = f"{NAMES}xep/?ten=emotetnew"


def families_of(centre: Path) -> dict[str, int]:
    """Return how many addresses each family has yesterday, as the centre counts them now."""
    with Centre(centre).view() as view:
        rows = view.distinct_addresses(Period(YESTERDAY, YESTERDAY), by=("family",)).to_pylist()
    return {row["family"]: row["addresses"] for row in rows}


def test_a_name_is_placed_with_a_reason_counts_in_history_and_is_taken_back(
    delivery: Delivery, centre: Path, person, signed_in
) -> None:
    analyst = person(Role.ANALYST)
    browser = signed_in(analyst)
    assert families_of(centre) == {"emotet": 1, "unplaced": 1}
    assert browser.post(NAME, {"family": "emotet"}).status_code == 422
    assert browser.post(NAME, {"family": "emotet", "reason": "report 7"}).status_code == 302
    assert families_of(centre) == {"emotet": 2}
    assert unplaced_here(now=NOW).rows == ()
    assert "report 7" in browser.get(NAMES).content.decode()
    assert browser.post(f"{NAMES}bo-xep/?ten=emotetnew", {"undo-reason": "wrong report"}).status_code == 302
    assert families_of(centre) == {"emotet": 1, "unplaced": 1}
    kept = LogEntry.objects.filter(subject__startswith="family:").order_by("pk")
    assert [(one.act, one.person, one.detail["reason"]) for one in kept] == [
        ("family-place", analyst, "report 7"),
        ("family-undo", analyst, "wrong report"),
    ]
    assert [one.reason for one in decisions_here()] == ["wrong report", "report 7"]
    assert due.is_due(centre)


def test_a_name_is_placed_in_a_family_that_is_new(delivery: Delivery, centre: Path, person, signed_in) -> None:
    browser = signed_in(person(Role.OPERATOR))
    told = {"family": "+", "reason": "seen here first", "new_id": "emo-two", "name": "Emo Two"}
    assert browser.post(NAME, told).status_code == 422
    assert browser.post(NAME, told | {"platform": "windows"}).status_code == 302
    assert families_of(centre) == {"emotet": 1, "emo-two": 1}


def test_a_list_proposes_and_places_nothing(delivery: Delivery, centre: Path, person, signed_in) -> None:
    browser = signed_in(person(Role.ANALYST))
    file = SimpleUploadedFile("mapping.csv", b"^emotet-new$,emotet\n")
    assert browser.post(f"{NAMES}danh-sach/", {"form": "certtools", "file": file}).status_code == 302
    page = browser.get(NAMES).content.decode()
    assert "certtools: " in page
    assert families_of(centre)["unplaced"] == 1
    form = browser.get(NAME).context["form"]
    assert (form["family"].value(), form["reason"].value()[:9]) == ("emotet", "certtools")
    damaged = SimpleUploadedFile("galaxy.json", b"[")
    assert browser.post(f"{NAMES}danh-sach/", {"form": "misp-galaxy", "file": damaged}).status_code == 422


@pytest.mark.parametrize("ten", ["", "emotet", "unplaced", "x" * 300])
def test_only_a_name_that_waits_or_was_decided_about_has_a_page(delivery, person, signed_in, ten: str) -> None:
    assert signed_in(person(Role.ANALYST)).get(f"{NAMES}xep/", {"ten": ten}).status_code == 404


def test_the_press_places_no_name(delivery: Delivery, centre: Path, person, signed_in) -> None:
    press = signed_in(person(Role.PRESS))
    file = SimpleUploadedFile("mapping.csv", b"^emotet-new$,emotet\n")
    told = {"family": "emotet", "reason": "x", "undo-reason": "x", "form": "certtools", "file": file}
    for path in ("xep/?ten=emotetnew", "bo-xep/?ten=emotetnew", "danh-sach/"):
        assert press.post(NAMES + path, told).status_code == 403
    assert "xep/?ten=" not in press.get(NAMES).content.decode()
    assert families_of(centre)["unplaced"] == 1
