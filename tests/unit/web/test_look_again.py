"""Looking again by a code that holds the address: nothing is kept, nobody forges one, and no answer claims too much."""

import dataclasses
import html
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.web.conftest import LAST_DAY, NOT_SEEN, SEEN, SEEN_IPV6

from quetsach.core.address import Address
from quetsach.web.metrics import REGISTRY
from quetsach.web.portal import again
from quetsach.web.published.again import LIFETIME_DAYS, Course, Household, SecondLook, look_again
from quetsach.web.published.answer import ListedFamily, Listing

SECRET = "of the tests"
PAGES = {"vi": "/kiem-tra/lai/", "en": "/en/check/again/"}
CODE = re.compile(r"KT(?:-[2-9A-HJKMNP-Z]{4}){6}-[2-9A-HJKMNP-Z]{3}")


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "CODE_LIMIT", type(again.CODE_LIMIT)(burst=30, per_minute=6))


def main_of(page: bytes) -> str:
    text = re.search(r"<main.*</main>", page.decode(), re.DOTALL)
    assert text
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text[0])))


def households() -> st.SearchStrategy[Household]:
    ipv4 = st.integers(0, 2**32 - 1).map(lambda number: Address((0xFFFF << 32) | number))
    ipv6 = st.integers(1, 2**64 - 1).map(lambda network: Address(network << 64))
    return st.builds(Household, ipv4 | ipv6, st.dates(date(2020, 1, 1), date(2190, 1, 1)))


def code_of(address: str, day: date) -> str:
    return Household(Address.parse(address), day).code(secret=django_settings.SECRET_KEY)


@given(households())
def test_a_code_holds_the_network_and_the_day_and_is_read_as_people_type_it(household: Household) -> None:
    code = household.code(secret=SECRET)
    assert CODE.fullmatch(code)
    assert Household.read(code, secret=SECRET) == household
    assert Household.read(f"  {code.lower().replace('-', ' ').removeprefix('kt')} ", secret=SECRET) == household
    assert Household.read(code, secret="of another centre") is None


@given(households(), st.integers(0, 26), st.sampled_from("23456789ABCDEFGHJKMNPQRSTUVWXYZ"))
def test_one_wrong_letter_is_found(household: Household, place: int, letter: str) -> None:
    code = household.code(secret=SECRET)
    letters = list(code.removeprefix("KT-").replace("-", ""))
    if letters[place] == letter:
        return
    letters[place] = letter
    assert Household.read("".join(letters), secret=SECRET) is None


@given(st.text(alphabet="23456789ABCDEFGHJKMNPQRSTUVWXYZ", min_size=27, max_size=27) | st.text())
def test_what_a_stranger_makes_up_is_no_code(text: str) -> None:
    assert Household.read(text, secret=SECRET) is None


@given(households())
def test_all_of_a_code_depends_on_all_that_it_holds(household: Household) -> None:
    """Two addresses beside each other, or two days, have codes that share nothing that anybody could read."""
    one = household.code(secret=SECRET)
    other = dataclasses.replace(household, day=household.day + timedelta(days=1)).code(secret=SECRET)
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 20


@dataclasses.dataclass
class Sightings:
    """A look-up of one address."""

    first_day: date
    newest_day: date | None
    days: dict[str, date] = dataclasses.field(default_factory=dict)

    def look_up(self, address: Address) -> list[Listing]:
        @dataclasses.dataclass(frozen=True)
        class Seen:
            family: str
            last_day: date

        return [Seen(family, day) for family, day in self.days.items()]

    def covers(self, address: Address) -> bool:
        return True


def second_look(taken: date, listed: Sightings | None, today: date) -> SecondLook:
    household = Household(Address.parse(SEEN), taken)
    return look_again(
        household, listed=listed, today=today, describe=lambda seen: ListedFamily(seen.family, seen.last_day)
    )


DAY = date(2026, 11, 1)


def later(days: int) -> date:
    return DAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("newest", "seen", "today", "course"),
    [
        (10, {"mirai": 5, "necurs": -3}, 11, Course.STILL),
        (10, {"necurs": 0}, 11, Course.QUIET),
        (10, {}, 11, Course.QUIET),
        (0, {"mirai": 0}, 1, Course.TOO_EARLY),
        (10, {"mirai": 5}, 18, Course.NO_FRESH_DATA),
        (LIFETIME_DAYS, {"mirai": LIFETIME_DAYS}, LIFETIME_DAYS + 1, Course.EXPIRED),
    ],
)
def test_only_what_was_seen_after_the_code_counts(
    newest: int, seen: dict[str, int], today: int, course: Course
) -> None:
    listed = Sightings(later(newest - 13), later(newest), {family: later(day) for family, day in seen.items()})
    found = second_look(DAY, listed, later(today))
    assert found.course is course
    assert [one.name for one in found.listings] == (["mirai"] if course is Course.STILL else [])
    if found.first_day:
        assert found.first_day == max(later(1), listed.first_day)


def test_before_the_first_publication_nothing_is_said() -> None:
    assert second_look(DAY, None, DAY).course is Course.NO_FRESH_DATA


def test_a_few_quiet_days_are_called_few() -> None:
    listed = Sightings(later(-3), later(3))
    assert second_look(DAY, listed, later(3)).is_soon
    assert not second_look(DAY, Sightings(later(0), later(8)), later(8)).is_soon


@pytest.mark.parametrize("address", [SEEN, SEEN_IPV6])
def test_who_is_told_of_malware_can_take_a_code_and_look_from_anywhere(
    centre: Path, client: Client, address: str
) -> None:
    answer = client.post("/kiem-tra/", REMOTE_ADDR=address).content.decode()
    assert 'action="/kiem-tra/lai/ma/"' in answer
    page = client.post("/kiem-tra/lai/ma/", REMOTE_ADDR=address)
    code = CODE.search(page.content.decode())
    assert code
    assert address not in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    network = Address.parse(address).network_number
    assert Household.read(code[0], secret=django_settings.SECRET_KEY) == Household(Address(network), LAST_DAY)
    looked = client.post(PAGES["vi"], {"code": code[0]}, REMOTE_ADDR=NOT_SEEN)
    assert "Chưa có dữ liệu của những ngày sau khi bạn lấy mã" in main_of(looked.content)


def test_who_is_told_nothing_of_the_kind_gets_no_code(centre: Path, client: Client) -> None:
    for address in (NOT_SEEN, "8.8.8.8", "100.64.3.4"):
        assert "/lai/ma/" not in client.post("/kiem-tra/", REMOTE_ADDR=address).content.decode()
        page = client.post("/en/check/again/code/", REMOTE_ADDR=address)
        assert page.status_code == 409
        assert not CODE.search(page.content.decode())


def test_the_answer_names_what_was_seen_and_not_where(centre: Path, client: Client) -> None:
    code = code_of(SEEN, LAST_DAY - timedelta(days=9))
    page = client.post(PAGES["en"], {"code": code}, REMOTE_ADDR=NOT_SEEN)
    text = main_of(page.content)
    assert "Malware was reported again after you took the code" in text
    assert "Andromeda" in text
    assert SEEN not in page.content.decode()
    assert NOT_SEEN not in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert not page.cookies


def test_quiet_is_told_with_its_days_and_never_as_clean(centre: Path, client: Client) -> None:
    code = code_of(NOT_SEEN, LAST_DAY - timedelta(days=9))
    vietnamese, english = (main_of(client.post(PAGES[name], {"code": code}).content) for name in ("vi", "en"))
    assert "Từ 22/11/2020 đến 30/11/2020, không có ghi nhận nào" in vietnamese
    assert "Between 22 November 2020 and 30 November 2020" in english
    assert not [word for word in ("sạch", "nhiễm") if word in vietnamese.lower()]
    assert not [word for word in ("clean", "infect") if word in english.lower()]


@pytest.mark.parametrize("typed", ["", "KT-7K3M", "x" * 5000, "<script>", "KT" + "-2222" * 6 + "-222"])
def test_what_is_no_code_is_told_and_kept_in_its_box(centre: Path, client: Client, typed: str) -> None:
    page = client.post(PAGES["en"], {"code": typed})
    assert page.status_code == 422
    assert "This is not one of our codes" in main_of(page.content)
    assert "<script>" not in page.content.decode()


def test_tries_from_one_source_are_bounded(centre: Path, client: Client) -> None:
    answers = [client.post(PAGES["en"], {"code": "x"}).status_code for _ in range(35)]
    assert answers[:30] == [422] * 30
    assert set(answers[30:]) == {429}


def test_neither_log_nor_folder_holds_the_code_or_the_address(
    centre: Path, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    code, before = code_of(SEEN, LAST_DAY - timedelta(days=3)), sorted(centre.rglob("*"))
    with caplog.at_level("DEBUG"):
        client.post(PAGES["vi"], {"code": code}, REMOTE_ADDR=SEEN)
        client.post("/kiem-tra/lai/ma/", REMOTE_ADDR=SEEN)
    said = " ".join(str(record.__dict__) for record in caplog.records)
    assert code not in said
    assert SEEN not in said
    assert sorted(centre.rglob("*")) == before


def test_second_looks_are_counted_by_course(centre: Path, client: Client) -> None:
    def count() -> float:
        return REGISTRY.get_sample_value("quetsach_checks_total", {"outcome": "again-quiet"}) or 0

    before = count()
    client.post(PAGES["vi"], {"code": code_of(NOT_SEEN, LAST_DAY - timedelta(days=3))})
    assert count() == before + 1


def test_looking_at_the_page_is_the_same_for_everybody(centre: Path, client: Client) -> None:
    page = client.get(PAGES["vi"], REMOTE_ADDR=SEEN)
    assert "public" in page["Cache-Control"]
    assert SEEN not in page.content.decode()
    assert client.get("/kiem-tra/lai/ma/").status_code == 405
