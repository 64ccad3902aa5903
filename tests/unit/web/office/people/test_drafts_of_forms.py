"""Long forms without a draft of their own are kept while they are written, and put back; a draft is never sent."""

import html
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict
from django.test import Client

from quetsach.campaign.authority import Role
from quetsach.web.office.people.models import KeptForm
from quetsach.web.office.people.services import keeping
from quetsach.web.office.people.services.keeping import draft_keep
from quetsach.web.office.people.sessions import IDLE_SECONDS
from quetsach.web.office.wording.models import Wording

NOW = datetime.now(UTC)
DRAFT = "/van-phong/nhan-su/ban-nhap/"
PAGE, ENGLISH = "/van-phong/loi-van/answers/listed.text/", "/en/office/wording/answers/listed.text/"
KEPT = "/van-phong/tai-khoan/giu-lai/"
TYPED = "Chào anh chị, máy của anh chị có dấu hiệu nhiễm mã độc.\nXin làm ba bước sau."
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def operator(person):
    return person(Role.OPERATOR)


@pytest.fixture
def client(operator, signed_in) -> Client:
    return signed_in(operator)


def page_of(client: Client, path: str) -> str:
    return html.unescape(client.get(path).content.decode())


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


def keep(client: Client, path: str = PAGE, **typed: str):
    name = field(page_of(client, path), "draft")
    return client.post(DRAFT, {"vi": TYPED, "en": "", "draft": name, "autosave": "1"} | typed, **JSON)


def test_what_is_written_is_kept_and_offered_on_the_page_in_both_languages(client, operator) -> None:
    answer = keep(client)
    assert (answer.status_code, "tự lưu" in answer.json()["said"]) == (200, True)
    assert TYPED.encode() not in bytes(KeptForm.objects.get().content), "it is sealed"
    for path in (PAGE, ENGLISH):
        page = page_of(client, path)
        assert "data-draft-take" in page
        assert TYPED.splitlines()[0] in page
    keep(client, ENGLISH, vi=TYPED + " Cảm ơn.")
    assert KeptForm.objects.count() == 1, "one draft of a form, whichever language one reads"


def test_a_draft_is_not_sent_from_the_list_but_leads_to_its_page(client) -> None:
    keep(client)
    page = page_of(client, KEPT)
    assert f'<a class="button now" href="{PAGE}">Viết tiếp</a>' in page
    assert "Gửi lại" not in page
    assert Wording.objects.count() == 0


def test_saving_the_form_forgets_its_draft_and_a_refusal_does_not(client) -> None:
    keep(client)
    page = page_of(client, PAGE)
    sent = {"draft": field(page, "draft"), "edition": field(page, "edition")}
    answer = client.post(PAGE, sent | {"vi": "Sai {khong-co}.", "en": "Wrong {not-there}."})
    assert (answer.status_code, KeptForm.objects.count()) == (200, 1)
    answer = client.post(PAGE, sent | {"vi": TYPED, "en": "Hello."})
    assert (answer.status_code, KeptForm.objects.count()) == (302, 0)


def test_one_throws_a_draft_away_and_is_back_on_the_page(client) -> None:
    keep(client)
    key = KeptForm.objects.get().pk
    answer = client.post(KEPT, {"drop": str(key), "draft": f"{PAGE}#text"})
    assert (answer.status_code, answer.headers["Location"], KeptForm.objects.count()) == (302, PAGE, 0)
    answer = client.post(KEPT, {"drop": "1", "draft": "//elsewhere.example/#text"})
    assert answer.headers["Location"] == KEPT


def test_a_draft_of_somebody_else_is_not_offered_nor_thrown_away(client, person, signed_in) -> None:
    keep(client)
    other = signed_in(person(Role.OPERATOR))
    assert "data-draft-take" not in page_of(other, PAGE)
    other.post(KEPT, {"drop": str(KeptForm.objects.get().pk)})
    assert KeptForm.objects.count() == 1


def test_what_comes_after_the_session_ended_becomes_the_draft_once_more(client, operator) -> None:
    page = page_of(client, PAGE)
    mark, name = field(page, "made-for"), field(page, "draft")
    session = client.session
    session["office.begun"] = session["office.seen"] = time.time() - IDLE_SECONDS - 1
    session.save()
    sent = {"vi": TYPED, "draft": name, "autosave": "1", "made-for": mark}
    assert client.post(DRAFT, sent, **JSON).status_code == 401
    kept = KeptForm.objects.get()
    assert dict(keeping.fields_of(kept)) == {"vi": TYPED, "draft": name}


def fields(**values: str) -> QueryDict:
    made = QueryDict(mutable=True)
    made.update(values)
    return made


@pytest.mark.parametrize(
    "held",
    [
        {"draft": f"{PAGE}#text", "vi": "  "},
        {"draft": "/elsewhere/#text", "vi": TYPED},
        {"vi": TYPED},
        {"draft": f"{PAGE}#text", "vi": "x" * keeping.MOST_BYTES},
    ],
)
def test_nothing_and_too_much_and_what_is_no_form_of_the_office_is_not_kept(operator, held) -> None:
    assert draft_keep(person=operator, fields=fields(**held), now=NOW) is None
    assert not KeptForm.objects.exists()


def test_a_draft_ends_after_seven_days(client, operator) -> None:
    draft_keep(person=operator, fields=fields(draft=f"{PAGE}#text", vi=TYPED), now=NOW - timedelta(days=8))
    assert "data-draft-take" not in page_of(client, PAGE)


@pytest.mark.parametrize(
    ("path", "name"), [("/van-phong/chien-dich/moi/", "plan"), ("/en/office/campaigns/moi/", "plan"), (PAGE, "text")]
)
def test_long_forms_say_as_what_they_are_kept(client, path: str, name: str) -> None:
    page = page_of(client, path)
    assert field(page, "draft").endswith(f"#{name}")
    assert field(page, "draft").startswith("/van-phong/")
    assert f'data-autosave="{DRAFT if path.startswith("/van") else "/en/office/people/ban-nhap/"}"' in page
