"""The page of the log: everybody reads that of his own units, and finds things in it."""

import re
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from tests.unit.web.office.conftest import NOW

from quetsach.campaign.authority import Role
from quetsach.web.office.audit.selectors import Wanted, entries_for
from quetsach.web.office.log.services import log_append

DAY = date(2026, 1, 5)


@pytest.fixture
def entries(units, person) -> None:
    who = person(Role.EDITOR, "31-2025", name="Trần Văn Nam")
    for subject, unit, hour in [
        ("x:hai-phong", "31-2025", 1),
        ("x:hong-bang", "11296-2025", 2),
        ("x:old", "11296-2020", 3),
        ("x:ha-noi", "01-2025", 4),
        ("x:nothing", None, 5),
    ]:
        now = datetime(2026, 1, 4, 10 + hour, 30, tzinfo=UTC)
        log_append(by=who, act="letter-issue", subject=subject, unit=units[unit] if unit else None, detail={}, now=now)


def subjects(person, **wanted) -> list[str]:
    return [entry.subject for entry in entries_for(person, Wanted(**wanted), day=DAY)]


def test_a_province_reads_its_own_and_what_its_units_were_before(entries, person) -> None:
    assert subjects(person(Role.APPROVER, "31-2025")) == ["x:old", "x:hong-bang", "x:hai-phong"]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR])
def test_the_centre_reads_everything(entries, person, role: Role) -> None:
    assert len(subjects(person(role))) == 5


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_who_only_works_there_reads_nothing(entries, person, signed_in, role: Role) -> None:
    who = person(role, "31-2025")
    assert subjects(who) == []
    assert signed_in(who).get("/van-phong/nhat-ky/").status_code == 403


def test_days_are_those_of_viet_nam(entries, person) -> None:
    reader = person(Role.AUDITOR)  # 4 January 17:00 UTC is midnight in Viet Nam
    assert subjects(reader, last=date(2026, 1, 4)) == [
        "x:nothing",
        "x:ha-noi",
        "x:old",
        "x:hong-bang",
        "x:hai-phong",
    ]
    log_append(by=None, act="a", subject="x:next", unit=None, detail={}, now=datetime(2026, 1, 4, 17, tzinfo=UTC))
    assert subjects(reader, first=date(2026, 1, 5)) == ["x:next"]
    assert "x:next" not in subjects(reader, last=date(2026, 1, 4))


def test_one_finds_by_person_unit_subject_and_act(entries, person) -> None:
    reader = person(Role.AUDITOR)
    assert subjects(reader, text="x:old") == ["x:old"]
    assert subjects(reader, text="Hồng Bàng") == ["x:hong-bang"]
    assert len(subjects(reader, text="văn nam")) == 5
    assert subjects(reader, act="sign-in") == []


def test_the_page_shows_what_was_done_in_words(entries, person, signed_in) -> None:
    client: Client = signed_in(person(Role.AUDITOR))
    shown = client.get("/van-phong/nhat-ky/").content.decode()
    assert "Ban hành công văn" in shown
    assert "Trần Văn Nam" in shown
    assert "Letter issued" in client.get("/en/office/log/").content.decode()


def test_pages_keep_the_filter(units, person, signed_in) -> None:
    for number in range(60):
        log_append(by=None, act="letter-send", subject=f"x:{number}", unit=None, detail={}, now=NOW)
    client = signed_in(person(Role.AUDITOR))
    shown = client.get("/van-phong/nhat-ky/", {"act": "letter-send"}).content.decode()
    assert "act=letter-send&amp;page=2" in shown
    assert client.get("/van-phong/nhat-ky/", {"act": "letter-send", "page": "2"}).status_code == 200


@pytest.mark.parametrize("query", [{"first": "yesterday"}, {"act": "x"}, {"page": "-1"}, {"text": "x" * 5000}])
def test_a_senseless_filter_shows_the_page_all_the_same(units, person, signed_in, query: dict[str, str]) -> None:
    assert signed_in(person(Role.AUDITOR)).get("/van-phong/nhat-ky/", query).status_code == 200


def test_particulars_name_units_and_people(units, person, signed_in) -> None:
    who = person(Role.OPERATOR, name="Nguyễn Văn An")
    for act, detail in [
        ("unit-move", {"parent": "tw"}),
        ("return-sign-off", {"missing": ["11296-2025", "31-2025"]}),
        ("return-sign-off", {"reason": "xem 31-2025"}),
        ("unit-close", {"successors": {"31-2025": 1_000_000}}),
        ("returns-assign", {"targets": ["tw province", "31-2025 commune"]}),
        ("case-take", {"to": who.pk}),
        ("unit-add", {"parent": "318-2020"}),
    ]:
        log_append(by=who, act=act, subject="x:y", unit=units["tw"], detail=detail, now=NOW)
    text = signed_in(who).get("/van-phong/nhat-ky/").content.decode()
    said = [f"{name}: {value}" for name, value in re.findall(r"<td>([^<:]+): <span>([^<]*)</span>", text)]
    centre = "Trung tâm Giám sát an toàn không gian mạng quốc gia"
    assert said[::-1] == [
        f"đơn vị cấp trên: {centre}",
        "đơn vị còn thiếu: Phường Hồng Bàng, Thành phố Hải Phòng",
        "lý do: xem 31-2025",  # what a person wrote stays as it is
        "đơn vị kế thừa: Thành phố Hải Phòng: 100,0%",
        f"đơn vị được giao: {centre}: Tỉnh, thành phố, Thành phố Hải Phòng: Xã, phường, thị trấn, đặc khu",
        "chuyển đến: Nguyễn Văn An",
        "đơn vị cấp trên: 318-2020",
    ]
