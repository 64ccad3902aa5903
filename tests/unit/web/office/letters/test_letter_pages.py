"""Pages about letters: written, approved, issued, sent, followed; nobody sees what is not his."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from tests.unit.web.office.conftest import NOW
from tests.unit.web.office.letters.conftest import CONTENT

from quetsach.campaign.authority import Role
from quetsach.cli.center.letter_files import published_letters
from quetsach.installation import bundled
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_decide
from quetsach.web.office.campaigns.services.plans import campaign_begin
from quetsach.web.office.letters.models import Attachment, Dispatch, Letter, Template
from quetsach.web.office.letters.services.acknowledge import dispatch_refuse
from quetsach.web.office.letters.services.draft import letter_begin, letter_save, letter_submit
from quetsach.web.office.letters.services.send import Actor, letter_send
from quetsach.web.office.letters.services.templates import published_letters_load, samples_load
from quetsach.web.office.letters.views import drafts
from quetsach.web.office.mail.models import Message, MessageState
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.tree.models import Unit

TODAY = datetime.now(UTC)
"""Pages live in the tree of today."""


@pytest.fixture
def office(signed_in, operator):
    return signed_in(operator)


@pytest.fixture
def sent(issued, units, operator) -> Letter:
    letter = issued(now=TODAY)
    letter_send(letter=letter, units=[units["31-2025"], units["01-2025"]], by=operator, now=TODAY)
    return letter


def of(letter: Letter, unit: str) -> Dispatch:
    return Dispatch.objects.get(letter=letter, to_unit__key=unit)


def page(client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


@pytest.fixture
def campaign(units) -> Campaign:
    document = (bundled("data") / "campaigns" / "viet-nam-2020" / "campaign.toml").read_bytes()
    return campaign_begin(document=document, by=None, now=TODAY)


def test_what_is_open_in_a_letter_is_told_once(office, units, operator) -> None:
    letter = letter_begin(unit=units["tw"], template=None, campaign="", by=operator, now=TODAY)
    answer = office.post(f"/van-phong/cong-van/{letter.pk}/trinh/", follow=True)
    told = unescape(answer.content.decode())
    assert "Chưa trình duyệt được. Những nội dung công văn còn thiếu được nêu bên dưới." in told
    assert told.count(">Trích yếu</a>: chưa điền") == told.count("Trích yếu: chưa điền") + 1 == 1


def test_a_letter_names_its_campaign_and_no_other_word(office, campaign) -> None:
    Template.objects.create(code="t", title="Mẫu", subject="rà soát", body="Theo kế hoạch {campaign}")
    assert 'value="viet-nam-2020">Nationwide malware' in page(office, "/en/office/letters/moi/")
    begun = {"unit": "tw", "template": "t", "campaign": "viet-nam-2020"}
    assert office.post("/en/office/letters/moi/", begun | {"campaign": "another"}).status_code == 200
    office.post("/en/office/letters/moi/", begun)
    assert Letter.objects.get().body == f"Theo kế hoạch {campaign.plan.name.vi}"


def test_a_campaign_is_a_link_only_for_those_who_can_open_it(office, issued, person, signed_in, campaign) -> None:
    letter = issued("31-2020")
    link = f"/en/office/campaigns/{campaign.key}/"
    assert link in page(office, f"/en/office/letters/{letter.pk}/")
    province = signed_in(person(Role.EDITOR, "31-2020"))
    theirs = page(province, f"/en/office/letters/{letter.pk}/")
    assert (campaign.plan.name.en in theirs, link in theirs) == (True, False)
    page(province, link, 404)


def test_a_letter_is_written_approved_issued_and_sent_page_by_page(office, person, units, campaign) -> None:
    Template.objects.create(code="t", title="Mẫu", subject="rà soát", body="Kính gửi {unit}")
    answer = office.post("/en/office/letters/moi/", {"unit": "tw", "template": "t", "campaign": "viet-nam-2020"})
    letter = Letter.objects.get()
    assert answer["Location"] == f"/en/office/letters/{letter.pk}/sua/"
    assert "Kính gửi Trung tâm" in page(office, answer["Location"])
    form = {**CONTENT, "language": "vi", "annex_title_1": "Các bước", "annex_body_1": "1. Quét."}
    office.post(f"/en/office/letters/{letter.pk}/sua/", form)
    assert office.get(f"/en/office/letters/{letter.pk}/ban-in.pdf").content.startswith(b"%PDF-")
    office.post(f"/en/office/letters/{letter.pk}/trinh/")
    assert "A second person has to look at it" in page(office, f"/en/office/letters/{letter.pk}/")
    approval_decide(
        approval=Approval.objects.get(), is_granted=True, reason="", by=person(Role.OPERATOR), now=datetime.now(UTC)
    )
    answer = office.post(f"/en/office/letters/{letter.pk}/ban-hanh/", {"unsigned": "yes"})
    assert answer["Location"] == f"/en/office/letters/{letter.pk}/gui/"
    assert "Directly below: provinces (2)" in page(office, answer["Location"])
    answer = office.post(answer["Location"], {"to": ["children", "level-2"]})
    assert answer["Location"] == f"/en/office/letters/{letter.pk}/tien-do/"
    assert Dispatch.objects.count() == 3
    assert "01/CATTT-NCSC" in page(office, "/en/office/letters/so/")


def test_a_half_written_letter_is_kept_and_what_is_open_is_told_with_its_place(office, operator, units) -> None:
    letter = letter_begin(unit=units["tw"], template=None, campaign="", by=operator, now=TODAY)
    path = f"/en/office/letters/{letter.pk}/"
    assert (
        office.post(f"{path}sua/", {"language": "vi", "sign": "sttt", "annex_title_1": "Một mình"}).status_code == 302
    )
    letter.refresh_from_db()
    assert (letter.sign, letter.annexes) == ("sttt", [{"title": "Một mình", "body": ""}])
    text = page(office, path)
    assert f'<a href="{path}sua/#id_addressees">Addressed to</a>: not filled in yet' in text
    assert "Capitals and digits in groups" in text
    assert "An annex needs a title and a text" in text
    assert "not filled in yet" in office.post(f"{path}trinh/", follow=True).content.decode()
    letter.refresh_from_db()
    assert letter.state == "draft"


def test_the_progress_page_shows_who_has_not_answered(office, sent) -> None:
    dispatch_refuse(dispatch=of(sent, "31-2025"), reason="Không phải đơn vị", hand=Actor(None, "link"), now=TODAY)
    text = page(office, f"/en/office/letters/{sent.pk}/tien-do/")
    assert "Không phải đơn vị" in text
    assert "Hai Phong" in text
    pending = page(office, f"/en/office/letters/{sent.pk}/tien-do/?unit=tw&only=pending")
    assert "Ha Noi" in pending
    assert "Hai Phong" not in pending


def test_the_page_of_a_letter_draws_what_became_of_it(office, sent) -> None:
    dispatch_refuse(dispatch=of(sent, "31-2025"), reason="Không phải đơn vị", hand=Actor(None, "link"), now=TODAY)
    text = page(office, f"/en/office/letters/{sent.pk}/")
    figure = text[text.index('<figure class="stacked">') : text.index("</figure>")]
    assert re.findall(r"([^<>]+): <strong>([^<]+)</strong>", figure) == [
        ("Sent to", "2"), ("Acknowledged", "0"), ("Still without an answer", "1"),
        ("Refused, or no longer waited for", "1"),
    ]  # fmt: skip


def test_the_progress_page_shows_a_unit_that_the_letter_did_not_reach(office, issued, units, operator) -> None:
    letter = issued(now=TODAY)
    letter_send(letter=letter, units=[units["11296-2025"]], by=operator, now=TODAY)
    text = page(office, f"/en/office/letters/{letter.pk}/tien-do/")
    assert re.search(r'not sent</span></td><td class="number">–</td><td class="number">1</td>', text)


def test_a_letter_of_before_a_reform_is_followed_down_the_tree_of_its_day(office, issued, units, operator) -> None:
    letter = issued()
    letter_send(letter=letter, units=[units["31-2020"], units["303-2020"]], by=operator, now=NOW)
    text = page(office, f"/en/office/letters/{letter.pk}/tien-do/")
    assert "Hai Phong City" in text
    assert "<dt>Still without an answer</dt><dd>2</dd>" in text
    below = page(office, f"/en/office/letters/{letter.pk}/tien-do/?unit=31-2020")
    assert "Hong Bang District" in below
    assert "Ngo Quyen District" in below


def test_who_took_over_from_a_province_follows_its_letters_of_before_the_reform(
    signed_in, person, issued, units, operator
) -> None:
    letter = issued()
    letter_send(letter=letter, units=[units["31-2020"], units["303-2020"]], by=operator, now=NOW)
    client = signed_in(person(Role.VIEWER, "31-2025"))
    path = f"/en/office/letters/{letter.pk}/tien-do/?unit="
    assert "Hong Bang District" in page(client, path + "31-2020")
    page(client, path + "303-2020")
    page(client, path + "01-2020", status=404)
    page(client, path + "tw", status=404)


def test_a_province_sees_the_letter_that_came_to_it_and_acknowledges(signed_in, person, sent) -> None:
    client = signed_in(person(Role.EDITOR, "31-2025"))
    dispatch = of(sent, "31-2025")
    assert "01/CATTT-NCSC" in page(client, "/en/office/letters/den/")
    assert "Acknowledge" in page(client, f"/en/office/letters/den/{dispatch.pk}/")
    assert dispatch.events.filter(kind="opened").exists()
    client.post(f"/en/office/letters/den/{dispatch.pk}/", {"act": "acknowledge"})
    assert dispatch.events.filter(kind="acknowledged", via="inbox").exists()
    assert client.get(f"/en/office/letters/den/{dispatch.pk}/ban-in.pdf").content.startswith(b"%PDF-")


def test_a_province_passes_the_letter_on_and_follows_it(signed_in, person, sent) -> None:
    client = signed_in(person(Role.EDITOR, "31-2025"))
    client.post(
        f"/en/office/letters/den/{of(sent, '31-2025').pk}/",
        {"act": "forward", "to": "all", "note": "Trước 20/10", "confirmed": "yes"},
    )
    assert of(sent, "11296-2025").note == "Trước 20/10"
    text = page(client, f"/en/office/letters/{sent.pk}/tien-do/?unit=31-2025")
    assert "Hong Bang" in text
    assert "Ha Noi" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/en/office/letters/{letter}/",
        "/en/office/letters/{letter}/sua/",
        "/en/office/letters/{letter}/ban-in.pdf",
        "/en/office/letters/{letter}/gui/",
        "/en/office/letters/{letter}/tien-do/",
        "/en/office/letters/{letter}/tien-do/?unit=01-2025",
        "/en/office/letters/den/{other}/",
        "/en/office/letters/den/{other}/ban-in.pdf",
        "/en/office/letters/den/?unit=01-2025",
        "/en/office/letters/so/?unit=01-2025",
        "/en/office/letters/moi/?covers={other}",
        "/en/office/letters/moi/?earlier={letter}&kind=revocation",
    ],
)
def test_what_is_another_units_is_not_found(signed_in, person, sent, path: str) -> None:
    client = signed_in(person(Role.APPROVER, "31-2025"))
    page(client, path.format(letter=sent.pk, other=of(sent, "01-2025").pk), status=404)


@pytest.mark.parametrize("act", ["acknowledge", "refuse", "forward", "close", "renew"])
def test_nobody_acts_for_another_unit(signed_in, person, sent, act: str) -> None:
    other = of(sent, "01-2025")
    client = signed_in(person(Role.APPROVER, "31-2025"))
    assert client.post(f"/en/office/letters/den/{other.pk}/", {"act": act, "reason": "x"}).status_code == 404
    assert other.events.count() == 1


def test_a_viewer_looks_and_does_nothing(signed_in, person, sent) -> None:
    client = signed_in(person(Role.VIEWER, "31-2025"))
    dispatch = of(sent, "31-2025")
    assert "Acknowledge<" not in page(client, f"/en/office/letters/den/{dispatch.pk}/")
    assert client.post(f"/en/office/letters/den/{dispatch.pk}/", {"act": "acknowledge"}).status_code == 403
    assert [event.kind for event in dispatch.events.all()] == ["sent"]


def test_looking_from_above_does_not_open_a_letter_for_the_unit(office, sent) -> None:
    dispatch = of(sent, "31-2025")
    page(office, f"/en/office/letters/den/{dispatch.pk}/")
    assert not dispatch.events.filter(kind="opened").exists()


def test_mail_in_trouble_is_shown_and_settled(office, units, sent) -> None:
    dispatch = of(sent, "31-2025")
    message = Message.objects.create(
        key="letter:x",
        kind="letter",
        dispatch=dispatch,
        recipient="a@xa.example",
        message_id="<qs-1@centre.example>",
        state=MessageState.UNCERTAIN,
        next_at=TODAY,
    )
    assert "qs-1@centre.example" in page(office, "/en/office/letters/thu/")
    office.post(f"/en/office/letters/thu/{message.pk}/", {"act": "was-sent"})
    assert Message.objects.get().state == MessageState.SENT


def test_a_file_is_added_and_handed_out_to_be_kept(office, units, operator) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    letter = letter_begin(unit=units["tw"], template=None, campaign="", by=operator, now=TODAY)
    office.post(f"/en/office/letters/{letter.pk}/tep/", {"file": SimpleUploadedFile("phụ lục.pdf", b"%PDF-1.7")})
    file = letter.attachments.get()
    answer = office.get(f"/en/office/letters/{letter.pk}/tep/{file.pk}/")
    assert (answer.content, answer["Content-Type"]) == (b"%PDF-1.7", "application/octet-stream")
    assert answer["Content-Disposition"].startswith("attachment")
    office.post(f"/en/office/letters/{letter.pk}/tep/", {"remove": file.sha256})
    assert not letter.attachments.exists()


def test_every_page_is_there_in_vietnamese(office, sent) -> None:
    for path in ("", "moi/", "den/", "so/", "thu/", f"{sent.pk}/", f"{sent.pk}/tien-do/", f"{sent.pk}/gui/"):
        page(office, f"/van-phong/cong-van/{path}")


def test_a_register_is_gone_on_with_from_paper(office, units) -> None:
    assert "Last number on paper" in page(office, "/en/office/letters/so/?unit=31-2025")
    office.post("/en/office/letters/so/", {"unit": "31-2025", "last": "41"})
    assert 'value="41"' in page(office, "/en/office/letters/so/?unit=31-2025")
    assert "0 to 99,999" in office.post("/en/office/letters/so/", {"unit": "tw", "last": "x"}).content.decode()


def test_a_letter_is_kept_as_a_template(office, sent) -> None:
    office.post(f"/en/office/letters/{sent.pk}/mau/", {"title": "Mẫu riêng"})
    assert "Mẫu riêng" in page(office, "/en/office/letters/moi/")


def test_lists_for_units_above_are_looked_after_by_the_centre_alone(office, signed_in, person, sent) -> None:
    Message.objects.create(
        key="digest:x",
        kind="digest",
        recipient="a@xa.example",
        subject="Công văn 01: chậm trả lời",
        message_id="<qs-2@centre.example>",
        state=MessageState.FAILED,
        next_at=TODAY,
    )
    assert "qs-2@centre.example" in page(office, "/en/office/letters/thu/")
    assert "qs-2@" not in page(signed_in(person(Role.APPROVER, "31-2025")), "/en/office/letters/thu/")
    office.post(f"/en/office/letters/thu/{Message.objects.get().pk}/", {"act": "retry"})
    assert Message.objects.get().state == MessageState.QUEUED


def test_the_fields_of_the_exchange_of_documents_are_handed_out(office, sent) -> None:
    Unit.objects.filter(key="tw").update(exchange_code="G14.05")
    Unit.objects.filter(key="31-2025").update(exchange_code="000.00.15.H31")
    fields = office.get(f"/en/office/letters/{sent.pk}/trao-doi.json").json()
    assert (fields["code_number"], fields["code_notation"], fields["document_type"]) == (1, "CATTT-NCSC", "new")
    assert (fields["from"], fields["to"], fields["without_code"]) == ("G14.05", ["000.00.15.H31"], ["01-2025"])
    assert fields["sha256"] == sent.sha256


def test_what_stands_in_the_address_cannot_become_part_of_the_page(units, operator, office, monkeypatch) -> None:
    for _ in range(2):
        letter_begin(unit=units["tw"], template=None, campaign="", by=operator, now=TODAY)
    monkeypatch.setattr(drafts, "PAGE", 1)
    page = office.get("/van-phong/cong-van/", {"state": '"><meta http-equiv="refresh" content="0">'})
    assert "&amp;state=&quot;&gt;&lt;meta" in page.content.decode()
    assert 'content="0"' not in page.content.decode()


def test_a_number_of_other_signs_is_none(office) -> None:
    for query in ({"covers": "²"}, {"earlier": "²", "kind": "update"}):
        assert office.get("/van-phong/cong-van/moi/", query).status_code == 200


def test_what_was_published_of_the_letters_of_2020_stands_beside_how_they_go_here(office, sent) -> None:
    assert "as they were published" not in page(office, f"/en/office/letters/{sent.pk}/tien-do/")
    published_letters_load(campaign=sent.campaign, document=published_letters())
    assert 'href="/en/office/letters/da-cong-bo/viet-nam-2020/"' in page(
        office, f"/en/office/letters/{sent.pk}/tien-do/"
    )
    text = re.sub(r"</?time[^>]*>", "", page(office, "/en/office/letters/da-cong-bo/viet-nam-2020/"))
    row = r"Level 1: 2049/STTTT-CNTT, 6\xa0October\xa02020</span></th>" + r'<td class="number">14</td>' * 2
    assert re.search(row, text)
    assert "Letter 1298/CATTT-NCSC" in text
    page(office, "/en/office/letters/da-cong-bo/khac/", status=404)


@pytest.mark.parametrize("path", ["{letter}/ban-in.pdf", "den/{dispatch}/ban-in.pdf", "{letter}/tep/{file}/"])
def test_a_file_that_is_lost_is_told_as_such(office, sent, post_office, path: str) -> None:
    file = Attachment.objects.create(letter=sent, name="a.pdf", size_bytes=1, sha256="0" * 64)
    (kept,) = post_office.glob("letters/??/*")
    kept.write_bytes(b"%PDF-1.7 of another hand")
    where = path.format(letter=sent.pk, dispatch=of(sent, "31-2025").pk, file=file.pk)
    assert "has to be restored from the backup" in page(office, f"/en/office/letters/{where}", status=503)


@pytest.mark.parametrize(
    ("query", "offered", "chosen"),
    [
        ("", {"campaign", "urging"}, None),
        ("covers={dispatch}", {"campaign", "covering", "urging"}, "covering"),
        ("earlier={letter}&kind=revocation", {"revocation"}, "revocation"),
        ("earlier={letter}&kind=replacement", {"campaign", "urging"}, None),
    ],
)
def test_a_letter_is_offered_the_templates_that_are_for_such_letters(
    office, sent, query: str, offered: set[str], chosen: str | None
) -> None:
    samples_load()
    where = query.format(letter=sent.pk, dispatch=of(sent, "31-2025").pk)
    options = re.findall(r'<option value="([a-z]+)"( selected)?>', page(office, f"/en/office/letters/moi/?{where}"))
    options = [(code, mark) for code, mark in options if code != "tw"]
    assert {code for code, _mark in options} == offered
    assert [code for code, mark in options if mark] == ([chosen] if chosen else [])


def title_of(text: str) -> str:
    return unescape(re.search(r"<title>(.*?)</title>", text, re.DOTALL)[1]).strip()


def test_every_page_has_a_title_of_its_own(office, units, operator, sent) -> None:
    blank = letter_begin(unit=units["tw"], template=None, campaign="", by=operator, now=TODAY)
    other = letter_begin(unit=units["31-2025"], template=None, campaign="", by=operator, now=TODAY)
    paths = ["", "den/", "so/", "thu/", "moi/", f"{blank.pk}/", f"{other.pk}/", f"{blank.pk}/sua/", f"{other.pk}/sua/"]
    paths += [f"moi/?earlier={sent.pk}&kind={kind}" for kind in ("replacement", "revocation", "update")]
    dispatch = of(sent, "31-2025").pk
    paths += [f"moi/?covers={dispatch}", f"den/{dispatch}/", f"{sent.pk}/", f"{sent.pk}/gui/", f"{sent.pk}/tien-do/"]
    titles = [title_of(page(office, f"/en/office/letters/{path}")) for path in paths]
    assert len(set(titles)) == len(titles), titles
    assert not [title for title in titles if title.startswith("·")]


def test_every_table_has_a_name_and_every_row_a_header(office, units, operator, sent) -> None:
    Attachment.objects.create(letter=sent, name="a.pdf", size_bytes=1, sha256="0" * 64)
    where = ["", "den/?unit=31-2025", "so/?unit=tw", f"{sent.pk}/", f"{sent.pk}/tien-do/"]
    where += [f"den/{of(sent, '31-2025').pk}/"]
    for path in where:
        text = page(office, f"/en/office/letters/{path}")
        tables = re.findall(r"<table.*?</table>", text, re.DOTALL)
        assert tables, path
        for table in tables:
            assert "<caption" in table or "aria-labelledby=" in table.split(">", 1)[0]
            body = table.split("<tbody>", 1)[1]
            for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL):
                assert row.count('<th scope="row">') == 1


def test_a_letter_names_its_campaign_and_not_its_key(office, campaign, sent) -> None:
    text = page(office, f"/en/office/letters/{sent.pk}/")
    assert f'<dd><a href="/en/office/campaigns/viet-nam-2020/">{campaign.plan.name.en}</a></dd>' in text


def test_what_is_approved_and_what_is_not_is_said_in_the_list_and_on_the_page(office, person, units, operator) -> None:
    letters = []
    for verdict in (None, True, False):
        letter = letter_begin(unit=units["tw"], template=None, campaign="", by=operator, now=TODAY)
        letter = letter_save(letter=letter, content=CONTENT, by=operator, now=TODAY)
        letters.append(letter_submit(letter=letter, by=operator, now=TODAY))
        if verdict is not None:
            approval = Approval.objects.get(subject=letter.log_subject)
            second = person(Role.OPERATOR)
            approval_decide(approval=approval, is_granted=verdict, reason="Sai tên", by=second, now=TODAY)
    for letter, word in zip(letters, ("waits for approval", "approved, not issued yet", "not approved"), strict=True):
        text = page(office, f"/en/office/letters/{letter.pk}/")
        assert text.count(f">{word}<") == 2, "on the badge and in the breadcrumb"
    assert "Sai tên" in page(office, f"/en/office/letters/{letters[2].pk}/")
    assert "Ask for approval" in page(office, f"/en/office/letters/{letters[2].pk}/")
    approved = page(office, "/en/office/letters/?state=approved")
    assert f'href="/en/office/letters/{letters[1].pk}/"' in approved
    assert f'href="/en/office/letters/{letters[0].pk}/"' not in approved
