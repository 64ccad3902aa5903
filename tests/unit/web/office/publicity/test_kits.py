"""The kit of a unit: one click, two people, and a code that holds until the kit is taken back."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from django.test import Client

from quetsach.campaign.authority import Role
from quetsach.campaign.errors import PublicityError
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import ApprovalError, approval_decide
from quetsach.web.office.blob_store import KITS, BlobError
from quetsach.web.office.codes import code_draw
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.publicity import services
from quetsach.web.office.publicity.contents import kit_archive
from quetsach.web.office.publicity.models import Kit
from quetsach.web.office.publicity.selectors.kits import genuine
from quetsach.web.office.publicity.services import facts_of, kit_make, kit_revoke, kit_submit
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree.models import Unit

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)  # pages ask the clock: the tree is that after the reform

type Make = Callable[..., Person]


@pytest.fixture
def maker(person: Make) -> Person:
    return person(Role.EDITOR, "31-2025", name="Lê Thị Lan")


@pytest.fixture
def second(person: Make) -> Person:
    return person(Role.PRESS, name="Vũ Văn Minh")


draw_once, set_once = cache(code_draw), cache(kit_archive)


@pytest.fixture
def kit(units: dict[str, Unit], campaign: Campaign, maker: Person, monkeypatch: pytest.MonkeyPatch) -> Kit:
    """Make a kit. All have the code that was drawn first, so that its sheets, half a second of work, are set once."""
    monkeypatch.setattr(services, "code_draw", draw_once)
    monkeypatch.setattr(services, "kit_archive", set_once)
    return kit_make(unit=units["11296-2025"], campaign=campaign, by=maker, now=NOW)


def release(kit: Kit, maker: Person, second: Person) -> None:
    asked = kit_submit(kit=kit, by=maker, now=NOW)
    approval_decide(approval=asked, is_granted=True, reason="", by=second, now=NOW)


def test_a_kit_names_its_unit_and_the_days_of_the_main_phase(kit: Kit) -> None:
    facts = facts_of(kit)
    assert facts.unit.vi == "Phường Hồng Bàng"
    assert facts.values("vi")["span"] == "từ ngày 17/9 đến ngày 15/12/2020"
    assert facts.visit_url("vi") == "https://quetsach.example.vn/t/11296-2025"


def test_what_is_kept_is_what_the_facts_give(kit: Kit) -> None:
    assert KITS.read(kit.sha256) == kit_archive(facts_of(kit), made_at=kit.made_at)


def test_the_code_is_unknown_until_a_second_person_releases_the_kit(kit: Kit, maker: Person, second: Person) -> None:
    assert genuine(kit.verification.code) is None
    release(kit, maker, second)
    known = genuine(kit.verification.code)
    assert known is not None
    assert known.issuer.vi == "Phường Hồng Bàng"


def test_the_maker_cannot_release_the_kit(kit: Kit, maker: Person) -> None:
    asked = kit_submit(kit=kit, by=maker, now=NOW)
    with pytest.raises(ApprovalError):
        approval_decide(approval=asked, is_granted=True, reason="", by=maker, now=NOW)


def test_a_kit_that_is_not_released_stays_unknown(kit: Kit, maker: Person, second: Person) -> None:
    asked = kit_submit(kit=kit, by=maker, now=NOW)
    approval_decide(approval=asked, is_granted=False, reason="Sai tên đơn vị", by=second, now=NOW)
    assert genuine(kit.verification.code) is None


def test_nobody_makes_a_kit_outside_the_own_subtree(units: dict[str, Unit], campaign: Campaign, maker: Person) -> None:
    with pytest.raises(AccessError):
        kit_make(unit=units["01-2025"], campaign=campaign, by=maker, now=NOW)
    assert not Kit.objects.exists()


def test_a_viewer_makes_no_kit(units: dict[str, Unit], campaign: Campaign, person: Make) -> None:
    with pytest.raises(AccessError):
        kit_make(unit=units["31-2025"], campaign=campaign, by=person(Role.VIEWER, "31-2025"), now=NOW)


def test_a_kit_that_was_taken_back_says_so_to_the_public(kit: Kit, maker: Person, second: Person) -> None:
    release(kit, maker, second)
    kit_revoke(kit=kit, reason="In sai địa chỉ.", by=maker, now=NOW)
    known = genuine(kit.verification.code)
    assert known is not None
    assert (known.revoked_at, known.revoked_because) == (NOW, "In sai địa chỉ.")


def test_taking_back_needs_a_reason(kit: Kit, maker: Person) -> None:
    with pytest.raises(PublicityError):
        kit_revoke(kit=kit, reason="  ", by=maker, now=NOW)


def test_a_kit_that_is_out_is_not_asked_for_again(kit: Kit, maker: Person, second: Person) -> None:
    release(kit, maker, second)
    with pytest.raises(PublicityError):
        kit_submit(kit=kit, by=maker, now=NOW)


def test_making_and_taking_back_stand_in_the_log(kit: Kit, maker: Person) -> None:
    kit_revoke(kit=kit, reason="In sai địa chỉ.", by=maker, now=NOW)
    acts = LogEntry.objects.filter(subject=kit.log_subject).order_by("number").values_list("act", flat=True)
    assert list(acts) == ["kit-make", "kit-revoke"]


def test_an_archive_that_was_changed_is_not_handed_out(kit: Kit, tmp_path: Path) -> None:
    (path,) = tmp_path.glob("publicity/*/*.zip")
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(BlobError, match="was changed"):
        KITS.read(kit.sha256)


def test_a_page_of_an_archive_that_was_lost_says_so(
    kit: Kit, tmp_path: Path, maker: Person, signed_in: Callable
) -> None:
    (path,) = tmp_path.glob("publicity/*/*.zip")
    path.unlink()
    client, page = signed_in(maker), f"/van-phong/truyen-thong/{kit.pk}/"
    assert "bị mất hoặc đã bị thay đổi" in client.get(page).content.decode()
    assert client.get(f"{page}tep/vi/thong-cao.txt").status_code == 503


@pytest.mark.parametrize("named", ["31-2025", "Thành phố Hải Phòng (31-2025)", "Thành phố Hải Phòng"])
def test_one_click_makes_a_kit_and_leads_to_it(
    units: dict[str, Unit], campaign: Campaign, maker: Person, signed_in: Callable, named: str
) -> None:
    answer = signed_in(maker).post("/van-phong/truyen-thong/", {"unit": named, "campaign": campaign.pk})
    made = Kit.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/van-phong/truyen-thong/{made.pk}/")


def test_the_form_names_the_own_unit_and_those_below(maker: Person, campaign: Campaign, signed_in: Callable) -> None:
    text = signed_in(maker).get("/van-phong/truyen-thong/").content.decode()
    assert 'value="Thành phố Hải Phòng (31-2025)"' in text
    assert '<option value="Phường Hồng Bàng (11296-2025)"></option>' in text
    assert "01-2025" not in text


@pytest.mark.parametrize("unit", ["nowhere", "", "x" * 60])
def test_a_unit_that_is_none_goes_back_to_the_form(
    campaign: Campaign, maker: Person, signed_in: Callable, unit: str
) -> None:
    answer = signed_in(maker).post("/van-phong/truyen-thong/", {"unit": unit, "campaign": campaign.pk})
    assert answer.status_code == 200
    assert not Kit.objects.exists()


def test_a_foreign_unit_is_not_found(campaign: Campaign, maker: Person, signed_in: Callable, units) -> None:
    answer = signed_in(maker).post("/van-phong/truyen-thong/", {"unit": "01-2025", "campaign": campaign.pk})
    assert answer.status_code == 404


@pytest.mark.parametrize("rest", ["", "loi-van/", "tep/vi/ap-phich.png", "tai-ve/"])
def test_a_kit_is_hidden_from_other_subtrees(kit: Kit, person: Make, signed_in: Callable, rest: str) -> None:
    stranger = signed_in(person(Role.APPROVER, "01-2025"))
    assert stranger.get(f"/van-phong/truyen-thong/{kit.pk}/{rest}").status_code == 404


def test_the_page_of_a_kit_shows_its_pictures(kit: Kit, maker: Person, signed_in: Callable) -> None:
    browser = signed_in(maker)
    text = browser.get(f"/van-phong/truyen-thong/{kit.pk}/").content.decode()
    address = f"/van-phong/truyen-thong/{kit.pk}/tep/vi/ap-phich.png"
    assert f'src="{address}"' in text
    assert browser.get(address)["Content-Type"] == "image/png"


def test_pages_to_paste_are_saved_and_never_opened_on_our_address(kit: Kit, maker: Person, signed_in: Callable) -> None:
    answer = signed_in(maker).get(f"/van-phong/truyen-thong/{kit.pk}/tep/vi/noi-dung.html")
    assert answer["Content-Disposition"] == 'attachment; filename="noi-dung.html"'
    assert answer["Content-Type"] == "application/octet-stream"


def test_the_archive_is_handed_out_once_it_is_released(
    kit: Kit, maker: Person, second: Person, signed_in: Callable
) -> None:
    browser = signed_in(maker)
    assert browser.get(f"/van-phong/truyen-thong/{kit.pk}/tai-ve/").status_code == 404
    release(kit, maker, second)
    answer = browser.get(f"/van-phong/truyen-thong/{kit.pk}/tai-ve/")
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None


def test_asking_on_the_page_waits_for_a_second_person(kit: Kit, maker: Person, signed_in: Callable) -> None:
    browser = signed_in(maker)
    page = browser.post(f"/van-phong/truyen-thong/{kit.pk}/trinh/", follow=True)
    assert Approval.objects.get(subject=kit.log_subject).digest == kit.sha256
    assert "Chờ người thứ hai duyệt" in page.content.decode()


def test_taking_back_on_the_page_wants_a_reason(kit: Kit, maker: Person, signed_in: Callable) -> None:
    browser = signed_in(maker)
    page = browser.post(f"/van-phong/truyen-thong/{kit.pk}/thu-hoi/", {"reason": ""}, follow=True)
    assert "Thu hồi bộ tài liệu phải có lý do, không quá 500 ký tự. Người dân" in page.content.decode()
    kit.verification.refresh_from_db()
    assert kit.verification.revoked_at is None
    page = browser.post(f"/van-phong/truyen-thong/{kit.pk}/thu-hoi/", {"reason": "In sai."}, follow=True)
    assert "Đã thu hồi" in page.content.decode()


def test_the_texts_are_on_one_page_with_the_times_of_the_announcement(
    kit: Kit, maker: Person, signed_in: Callable
) -> None:
    text = signed_in(maker).get(f"/van-phong/truyen-thong/{kit.pk}/loi-van/").content.decode()
    assert "Phường Hồng Bàng xin thông báo" in text
    assert "120 giây" in text
    assert "Mục đích, ý nghĩa" in text


def test_a_kit_whose_archive_is_lost_still_has_its_page(
    kit: Kit, maker: Person, signed_in: Callable, tmp_path: Path
) -> None:
    for path in tmp_path.glob("publicity/*/*.zip"):
        path.unlink()
    page = signed_in(maker).get(f"/van-phong/truyen-thong/{kit.pk}/")
    assert page.status_code == 200
    assert "lập bộ mới" in page.content.decode()


def test_a_number_that_is_no_kit_is_not_found(maker: Person, signed_in: Callable) -> None:
    assert signed_in(maker).get("/van-phong/truyen-thong/999/").status_code == 404


def test_a_visitor_of_the_public_page_learns_of_a_released_kit(
    kit: Kit, maker: Person, second: Person, client: Client
) -> None:
    address = f"/xac-minh/{kit.verification.code}/"
    assert client.get(address).status_code == 404
    release(kit, maker, second)
    assert "Phường Hồng Bàng" in client.get(address).content.decode()
