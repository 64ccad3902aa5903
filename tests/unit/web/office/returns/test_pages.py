import io
import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook
from tests.unit.web.office.returns.conftest import GOOD, IN_TIME, PLAN, clock_stands
from tests.unit.web.office.returns.test_sheet import changed, place_of

from quetsach.campaign.returns.state import Act, Scope, State
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.selectors import subject_url
from quetsach.web.office.plans.models import PlanRevision
from quetsach.web.office.returns.models import Extension, Return, SignOff
from quetsach.web.office.returns.services.decision import return_decide
from quetsach.web.office.returns.views import board as board_views
from quetsach.web.office.returns.views import returns

UNIT = "11296-2020"


@pytest.fixture(autouse=True)
def _in_the_week_after(monkeypatch, empty_centre) -> None:
    clock_stands(monkeypatch, IN_TIME, returns, board_views)


@pytest.fixture
def root(assignment, period) -> str:
    PlanRevision.objects.create(
        campaign=assignment.campaign, number=1, document=PLAN, sha256="x", reason="x", made_at=IN_TIME
    )
    return f"/van-phong/bao-cao/{assignment.pk}/{period.key}"


def text(answer) -> str:
    return answer.content.decode()


def test_the_desk_shows_what_is_to_be_written_and_to_be_approved(root, submit, signed_in, person) -> None:
    submit(UNIT)
    approver = person("approver", "303-2020")
    page = text(signed_in(approver).get("/van-phong/bao-cao/"))
    assert page.count("Quận Hồng Bàng") == 2  # the week that is over, and the one that runs
    assert page.count("Phường Quán Toan") == 1
    assert "Ngô Quyền" not in page


def test_a_commune_writes_a_draft_and_submits_it(root, units, signed_in, person) -> None:
    client = signed_in(person("editor", UNIT))
    page = f"{root}/{UNIT}/ghi/"
    assert client.get(page).status_code == 200
    saved = client.post(page, {"machines-scanned": "mười", "scope": "own", "save": "1"}, follow=True)
    assert 'value="mười"' in text(saved)
    assert "chưa được nộp" in text(saved)
    refused = client.post(page, {**GOOD, "machines-scanned": "61", "scope": "own", "submit": "1"})
    assert refused.status_code == 422
    assert 'value="61"' in text(refused)
    done = client.post(page, {**GOOD, "scope": "own", "submit": "1"}, follow=True)
    assert "Đã nộp báo cáo." in text(done)
    assert Return.objects.get().state == State.SUBMITTED


def test_a_district_sends_back_and_approves(root, submit, signed_in, person) -> None:
    filed = submit(UNIT)
    client = signed_in(person("approver", "303-2020"))
    page = f"{root}/{UNIT}/"
    refused = client.post(f"{page}quyet-dinh/", {"return": "1", "reason": ""}, follow=True)
    assert "Cần ghi lý do" in text(refused)
    client.post(f"{page}quyet-dinh/", {"return": "1", "reason": "Kiểm tra lại số máy nhiễm"})
    filed.refresh_from_db()
    assert filed.state == State.RETURNED
    shown = text(signed_in(person("editor", UNIT)).get(f"{page}ghi/"))
    assert "Kiểm tra lại số máy nhiễm" in shown
    submit(UNIT, machines_scanned=54)
    approved = client.post(f"{page}quyet-dinh/", {"approve": "1"}, follow=True)
    assert "Đã phê duyệt." in text(approved)
    assert "Nội dung thay đổi" in text(approved)


def test_what_was_submitted_after_the_page_was_opened_is_not_approved(root, submit, signed_in, person) -> None:
    filed = submit(UNIT)
    client = signed_in(person("approver", "303-2020"))
    assert 'name="revision" value="1"' in text(client.get(f"{root}/{UNIT}/"))
    submit(UNIT, machines_scanned=54)
    client.post(f"{root}/{UNIT}/quyet-dinh/", {"approve": "1", "revision": "1"})
    filed.refresh_from_db()
    assert filed.state == State.SUBMITTED


def test_missing_ones_are_signed_off_by_name_on_the_page(root, submit, signed_in, person) -> None:
    submit("303-2020")
    client = signed_in(person("approver", "303-2020"))
    assert "Phường Quán Toan" in text(client.get(f"{root}/303-2020/"))
    client.post(f"{root}/303-2020/vang/", {"missing": [UNIT, "11299-2020"], "reason": "Đang sáp nhập"})
    assert {unit.key for unit in SignOff.objects.get().missing.all()} == {UNIT, "11299-2020"}
    assert "Đang sáp nhập" in text(client.get(f"{root}/303-2020/"))


def test_more_time_is_given_on_the_page(root, units, signed_in, person) -> None:
    client = signed_in(person("approver", "303-2020"))
    given = {"until": "2020-10-24", "reason": "Lụt"}
    told = text(client.post(f"{root}/{UNIT}/gia-han/", given, follow=True))
    assert "Đã gia hạn cho đơn vị đến 24/10/2020 (thứ Bảy)." in told  # a warning beside what was done
    assert "24/10/2020</time> (thứ Bảy)" in told
    assert Extension.objects.get().unit == units[UNIT]
    client.post(f"{root}/{UNIT}/gia-han/", {"until": "21/10/2020", "reason": "Lụt"})  # typed where there is no picker
    assert Extension.objects.latest("pk").until == date(2020, 10, 21)
    wrong = client.post(f"{root}/{UNIT}/gia-han/", {"until": "mai", "reason": "Lụt"}, follow=True)
    assert "Không phải là ngày" in text(wrong)


def test_a_link_is_shown_once(root, signed_in, person) -> None:
    client = signed_in(person("approver", "303-2020"))
    page = text(client.post(f"{root}/{UNIT}/lien-ket/"))
    token = page.partition("localhost:8000/bao-cao/")[2].partition("/")[0]
    assert len(token) > 40
    assert token not in text(client.get(f"{root}/{UNIT}/"))


def test_the_board_counts_by_level_and_leads_down(root, submit, signed_in, person) -> None:
    submit("31-2020")
    submit("001-2020", scope=Scope.SUBTREE)
    client = signed_in(person("auditor"))
    page = text(client.get(f"{root}/tw/bang/"))
    assert "1/2 tỉnh, thành phố (50,0%)" in page
    assert f"{root}/31-2020/bang/" in page
    assert "Phường Máy Tơ" in text(client.get(f"{root}/304-2020/bang/"))


def test_somebody_comes_to_the_board_of_his_unit(root, signed_in, person) -> None:
    answer = signed_in(person("viewer", "303-2020")).get(f"{root}/")
    assert answer.status_code == 302
    assert answer["Location"].endswith("/303-2020/bang/")


def test_a_reader_sees_no_buttons_that_are_not_his(root, submit, signed_in, person) -> None:
    submit(UNIT)
    page = text(signed_in(person("viewer", "303-2020")).get(f"{root}/{UNIT}/"))
    assert "quyet-dinh" not in page
    assert "/ghi/" not in page
    assert "lien-ket" not in page


PAGES = ["", "bang/", "so-lieu/", "ghi/", "giay/", "bieu-mau.xlsx"]


@pytest.mark.parametrize("page", PAGES)
def test_units_outside_are_not_found(root, signed_in, person, page: str) -> None:
    assert signed_in(person("approver", "304-2020")).get(f"{root}/303-2020/{page}").status_code == 404


@pytest.mark.parametrize("page", ["quyet-dinh/", "vang/", "gia-han/", "lien-ket/", "nhap/", "cong-bo/"])
def test_nothing_can_be_done_to_units_outside(root, submit, signed_in, person, page: str) -> None:
    submit(UNIT)
    answer = signed_in(person("approver", "304-2020")).post(f"{root}/{UNIT}/{page}", {"approve": "1"})
    assert answer.status_code == 404


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_opens_in_both_languages(root, submit, signed_in, operator, page: str, language: str) -> None:
    submit(UNIT)
    path = f"{root}/{UNIT}/{page}"
    if language == "en":
        path = path.replace("/van-phong/bao-cao/", "/en/office/returns/")
    assert signed_in(operator).get(path).status_code == 200


def test_totals_say_that_they_are_provisional(root, submit, signed_in, operator) -> None:
    filed = submit(UNIT)
    client = signed_in(operator)
    assert "tạm tính" in text(client.get(f"{root}/tw/so-lieu/"))
    assert "Chưa có số liệu" in text(client.get(f"{root}/tw/so-lieu/?duyet"))
    return_decide(filed=filed, act=Act.APPROVE, reason="", by=operator, now=IN_TIME)
    table = text(client.get(f"{root}/tw/so-lieu/?duyet&csv"))
    assert "31-2020,31,Thành phố Hải Phòng,6,1,1,0,1,5" in table


def test_totals_show_systems_channels_and_families(root, submit, signed_in, operator) -> None:
    families = {"families.1.name": "Conficker", "families.1.count": 7}
    submit(UNIT, **families, **{"machines-by-os.windows-7": 60, "channels.zalo": 3})
    submit("001-2020", **{"families.1.name": "conficker", "families.1.count": 2})
    page = text(signed_in(operator).get(f"{root}/tw/so-lieu/"))
    rows = dict(re.findall(r'<th scope="row">([^<]+)</th><td class="number">([^<]+)</td></tr>', page))
    assert rows == {"conficker": "9", "Windows 7": "60", "Zalo (tin)": "3"}


def test_only_a_unit_with_units_below_chooses_whose_machines_it_counts(root, signed_in, operator) -> None:
    client = signed_in(operator)
    assert 'name="scope"' not in text(client.get(f"{root}/{UNIT}/ghi/"))
    assert 'name="scope"' in text(client.get(f"{root}/303-2020/ghi/"))


def test_publishing_is_asked_for_on_the_page(root, submit, signed_in, operator) -> None:
    return_decide(filed=submit(UNIT), act=Act.APPROVE, reason="", by=operator, now=IN_TIME)
    answer = signed_in(operator).post(f"{root}/tw/cong-bo/", follow=True)
    assert "đang chờ người thứ hai" in text(answer)


def test_who_decides_on_totals_is_led_to_them(root, period, submit, signed_in, operator, person) -> None:
    return_decide(filed=submit(UNIT), act=Act.APPROVE, reason="", by=operator, now=IN_TIME)
    signed_in(operator).post(f"{root}/tw/cong-bo/")
    address = subject_url(Approval.objects.get())
    assert address == f"{root}/cong-bo/{Approval.objects.get().digest}/"
    assert signed_in(person("press")).get(address).status_code == 200


def test_a_spreadsheet_goes_out_and_comes_back(root, signed_in, person) -> None:
    client = signed_in(person("editor", UNIT))
    content = client.get(f"{root}/{UNIT}/bieu-mau.xlsx").content
    filled = changed(content, **{place_of(content, "machines-scanned"): 70, place_of(content, "machines-in-scope"): 60})
    answer = client.post(f"{root}/{UNIT}/nhap/", {"file": SimpleUploadedFile("x.xlsx", filled)})
    assert place_of(content, "machines-scanned") in text(answer)
    assert Return.objects.get().cells == {"machines-scanned": "70", "machines-in-scope": "60"}
    again = client.get(f"{root}/{UNIT}/bieu-mau.xlsx").content
    assert load_workbook(io.BytesIO(again)).active[place_of(again, "machines-scanned")].value == "70"


def test_a_file_that_is_no_spreadsheet_is_told(root, signed_in, person) -> None:
    client = signed_in(person("editor", UNIT))
    answer = client.post(f"{root}/{UNIT}/nhap/", {"file": SimpleUploadedFile("x.xlsx", b"x")}, follow=True)
    assert "không phải tệp XLSX" in text(answer).replace("Không", "không")
    nothing = client.post(f"{root}/{UNIT}/nhap/", {}, follow=True)
    assert "Chưa chọn tệp" in text(nothing)


def test_units_are_asked_for_returns_on_the_page(root, assignment, signed_in, operator) -> None:
    client = signed_in(operator)
    given = {
        "campaign": "viet-nam-2020", "form": "unit-return-1", "period_kind": "phase",
        "kinds": ["province"], "due_days": 5, "lock_days": 30,
    }  # fmt: skip
    assert (
        ">Chiến dịch thử (đã hết thời gian ngày 15/12/2020)</option>"
        in client.get("/van-phong/bao-cao/giao/").content.decode()
    )
    before = type(assignment).objects.count()
    preview = text(client.post("/van-phong/bao-cao/giao/", given))
    assert "Trong (17/09–15/12/2020)" in preview
    assert "đã hết kỳ, quá hạn nộp thông thường" in preview
    assert type(assignment).objects.count() == before
    nothing = client.post("/van-phong/bao-cao/giao/", {**given, "ask": "1"})
    assert "Đề nghị chọn ít nhất một kỳ." in text(nothing)
    answer = client.post("/van-phong/bao-cao/giao/", {**given, "chosen": ["during"], "ask": "1"}, follow=True)
    assert "Đã giao báo cáo" in text(answer)
    made = type(assignment).objects.latest("pk")
    assert [(p.key, str(p.last)) for p in made.periods.all()] == [("during", "2020-12-15")]
    wrong = client.post("/van-phong/bao-cao/giao/", {**given, "period_kind": "week"})
    assert wrong.status_code == 422


def test_a_form_is_named_in_words_wherever_it_stands(root, assignment, signed_in, operator) -> None:
    client = signed_in(operator)
    pages = [text(client.get(f"/van-phong/bao-cao/{where}/")) for where in ("giao", str(assignment.pk))]
    assert ["Báo cáo kết quả rà soát và bóc gỡ mã độc, bản 1" in page for page in pages] == [True, True]
    assert re.findall(r">[^<]*unit-return", "".join(pages)) == []  # the value of an option is not read by anybody


def test_only_operators_ask_for_returns(root, signed_in, person) -> None:
    assert signed_in(person("press")).get("/van-phong/bao-cao/giao/").status_code == 403


def test_a_unit_is_not_told_whose_machines_are_counted_twice_elsewhere(root, submit, signed_in, person) -> None:
    submit(UNIT)
    Return.objects.filter(pk=submit("303-2020").pk).update(scope=Scope.SUBTREE)  # as after a correction of the tree
    shown = "Phường Quán Toan"
    assert shown in text(signed_in(person("viewer", "303-2020")).get(f"{root}/303-2020/so-lieu/"))
    elsewhere = signed_in(person("viewer", "304-2020")).get(f"{root}/304-2020/so-lieu/")
    assert shown not in text(elsewhere)


def test_a_formula_in_a_spreadsheet_is_told_with_its_cell(root, signed_in, person) -> None:
    client = signed_in(person("editor", UNIT))
    content = client.get(f"{root}/{UNIT}/bieu-mau.xlsx").content
    place = place_of(content, "machines-scanned")
    filled = SimpleUploadedFile("x.xlsx", changed(content, **{place: "=1+1"}))
    assert f"Ô {place}: có công thức." in text(client.post(f"{root}/{UNIT}/nhap/", {"file": filled}, follow=True))
