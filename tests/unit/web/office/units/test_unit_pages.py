from dataclasses import replace
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.page_text import page_text

from quetsach.campaign.authority import Role
from quetsach.campaign.units.cells import write_csv
from quetsach.campaign.units.table import UNIT_COLUMNS
from quetsach.centre.tables import load_tree_snapshot
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import (
    Contact,
    Group,
    GroupSet,
    ImportDraft,
    Membership,
    Position,
    Unit,
)

OFFICE = "/van-phong/don-vi/"
SINCE_REFORM = date(2025, 7, 1)
NEW = ("11948-2026", "11948", "Đặc khu Mẫu", "", "commune", "31-2025", "2026-01-01", "", "")


@pytest.fixture
def operator(person, signed_in):
    return signed_in(person(Role.OPERATOR))


@pytest.fixture
def hai_phong(person, signed_in):
    return signed_in(person(Role.EDITOR, "31-2025", first=SINCE_REFORM))


def _text(response) -> str:
    assert response.status_code == 200
    return page_text(response)


def _file(*rows: tuple[str, ...], name: str = "don-vi.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, write_csv([UNIT_COLUMNS, *rows]))


def test_whoever_has_one_top_begins_at_it(hai_phong) -> None:
    assert hai_phong.get(OFFICE).url == f"{OFFICE}31-2025/"


def test_whoever_has_no_unit_is_told_so(person, signed_in) -> None:
    assert "chưa phụ trách đơn vị nào" in _text(signed_in(person(None)).get(OFFICE))


def test_a_unit_s_page_shows_what_stands_below_it_with_counts(operator) -> None:
    text = _text(operator.get(f"{OFFICE}31-2020/?day=2020-10-06"))
    typed = operator.get(f"{OFFICE}31-2020/?day=06/10/2020")
    assert "Trực thuộc ngày 06/10/2020: 2" in _text(typed)
    assert "Quận Hồng Bàng" in text
    assert "Trực thuộc ngày 06/10/2020: 2" in text
    assert '<td class="number">2</td><td class="number">3</td>' in text
    assert "chưa có đầu mối: 5" in text


def test_the_tree_is_that_of_the_day_asked_for(operator) -> None:
    before, after = (_text(operator.get(f"{OFFICE}tw/?day={day}")) for day in ("2025-06-30", "2025-07-01"))
    assert ("31-2020/?day=2025-06-30" in before, "31-2025/" in before) == (True, False)
    assert ("31-2020/" in after, "31-2025/?day=2025-07-01" in after) == (False, True)


@pytest.mark.parametrize("day", ["", "hôm qua", "2020-13-45", "9999-12-31", "0001-01-01"])
def test_a_day_of_any_kind_is_answered(operator, day: str) -> None:
    assert operator.get(f"{OFFICE}31-2025/", {"day": day}).status_code == 200


def test_a_former_unit_is_shown_as_it_was_on_its_last_day(operator) -> None:
    text = _text(operator.get(f"{OFFICE}31-2020/"))
    assert "đã kết thúc từ ngày 01/07/2025" in text
    assert "Trực thuộc ngày 30/06/2025: 2" in text
    assert "Đơn vị kế thừa" in text


def test_the_past_of_a_place_belongs_to_who_has_it_today(hai_phong) -> None:
    for key in ("31-2020", "303-2020", "11299-2020"):
        assert hai_phong.get(f"{OFFICE}{key}/").status_code == 200


@pytest.mark.parametrize("key", ["tw", "01-2025", "01-2020", "001-2020", "99-2025"])
def test_what_is_outside_one_s_subtree_is_not_found(hai_phong, key: str) -> None:
    assert hai_phong.get(f"{OFFICE}{key}/").status_code == 404


def test_a_search_forgets_marks_and_capitals(operator) -> None:
    text = _text(operator.get(OFFICE, {"q": "hong bang", "day": "2020-10-06"}))
    assert f"{OFFICE}303-2020/?day=2020-10-06" in text
    assert "Ngô Quyền" not in text


def test_a_search_finds_nothing_beside_one_s_subtree(hai_phong) -> None:
    assert "Ngày đó không có đơn vị" in _text(hai_phong.get(OFFICE, {"q": "Hà Nội"}))
    assert f"{OFFICE}11296-2025/" in _text(hai_phong.get(OFFICE, {"q": "Hồng Bàng"}))


def test_an_editor_adds_changes_and_removes_a_contact(hai_phong) -> None:
    page = f"{OFFICE}11296-2025/lien-he/"
    values = {"name": "Nguyễn Thị Hoa", "title": "Văn thư", "email": "hoa@x.example", "phone": "", "is_primary": "on"}
    assert hai_phong.post(page, values).url == f"{OFFICE}11296-2025/"
    contact = Contact.objects.get()
    assert "hoa@x.example" in _text(hai_phong.get(f"{OFFICE}11296-2025/"))
    hai_phong.post(f"{page}{contact.pk}/", {**values, "phone": "0225 3842 119"})
    contact.refresh_from_db()
    assert contact.phone == "0225 3842 119"
    hai_phong.post(f"{page}{contact.pk}/xoa/")
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "không phải thư"},
        {"email": "hoa@x.example, khac@x.example"},
        {"email": "hoa@x.example\nBcc: khac@x.example"},
        {"phone": "gọi sau"},
        {"phone": "gọi 0225 3842 119"},
        {"email": "", "phone": ""},
        {"name": "x" * 101},
    ],
)
def test_a_contact_that_cannot_be_reached_is_not_saved(hai_phong, wrong: dict[str, str]) -> None:
    values = {"name": "Hoa", "email": "hoa@x.example", "phone": "0225 3842 119", **wrong}
    assert 'class="error-summary' in _text(hai_phong.post(f"{OFFICE}11296-2025/lien-he/", values))
    assert not Contact.objects.exists()


def test_a_contact_of_another_unit_is_not_found(operator, hai_phong, units) -> None:
    contact = Contact.objects.create(unit=units["01-2025"], email="a@x.example")
    for key in ("01-2025", "11296-2025"):
        assert hai_phong.get(f"{OFFICE}{key}/lien-he/{contact.pk}/").status_code == 404
        assert hai_phong.post(f"{OFFICE}{key}/lien-he/{contact.pk}/xoa/").status_code == 404
    assert operator.get(f"{OFFICE}01-2025/lien-he/{contact.pk}/").status_code == 200


@pytest.mark.parametrize("page", ["sua/", "them/", "chuyen/", "ket-thuc/", "nhom/"])
def test_pages_that_change_the_tree_are_the_centre_s(operator, hai_phong, page: str) -> None:
    assert hai_phong.get(f"{OFFICE}31-2025/{page}").status_code == 404
    assert operator.get(f"{OFFICE}31-2025/{page}").status_code == 200


@pytest.mark.parametrize("page", ["tep/nhap/", "tep/xem-truoc/", "nhom/tat-ca/"])
def test_tables_and_groups_are_the_centre_s(hai_phong, page: str) -> None:
    assert hai_phong.get(f"{OFFICE}{page}").status_code == 404


def test_buttons_that_change_the_tree_are_shown_to_operators_alone(operator, hai_phong) -> None:
    page = f"{OFFICE}31-2025/"
    assert "ket-thuc" in _text(operator.get(page))
    assert "ket-thuc" not in _text(hai_phong.get(page))


def test_an_operator_adds_moves_and_ends_a_unit(operator) -> None:
    values = {"key": "11948-2026", "code": "11948", "kind": "commune", "name_vi": "Đặc khu Mẫu", "opened": "2026-01-01"}
    assert operator.post(f"{OFFICE}31-2025/them/", values).url == f"{OFFICE}11948-2026/"
    operator.post(f"{OFFICE}11948-2026/chuyen/", {"parent": "01-2025", "since": "2026-06-01"})
    operator.post(f"{OFFICE}11948-2026/ket-thuc/", {"on": "2027-01-01", "successors": "11296-2025 1"})
    unit = Unit.objects.get(key="11948-2026")
    assert unit.closed == date(2027, 1, 1)
    assert [edge.parent.key for edge in unit.edges.order_by("first")] == ["31-2025", "01-2025"]
    assert [row.new.key for row in unit.successors.all()] == ["11296-2025"]


@pytest.mark.parametrize("successors", ["11296-2025 0.5", "99-2025", "11296-2025 x", "a b c"])
def test_successors_that_do_not_fit_are_told_and_kept_in_the_form(operator, successors: str) -> None:
    text = _text(operator.post(f"{OFFICE}01-2025/ket-thuc/", {"on": "2027-01-01", "successors": successors}))
    assert "error-summary" in text
    assert successors in text
    assert Unit.objects.get(key="01-2025").closed is None


def test_a_fault_of_the_tree_is_told_in_the_language_of_the_page(operator) -> None:
    values = {"parent": "11296-2025", "since": "2026-01-01"}
    assert "trực thuộc chính mình" in _text(operator.post(f"{OFFICE}31-2025/chuyen/", values))
    assert "stands below itself" in _text(operator.post("/en/office/units/31-2025/chuyen/", values))


def test_an_operator_makes_groups_and_puts_units_into_them(operator, units) -> None:
    page = f"{OFFICE}nhom/tat-ca/"
    operator.post(page, {"wants": "set", "set-code": "linh-vuc", "set-name_vi": "Lĩnh vực"})
    operator.post(
        page, {"wants": "group", "group-group_set": "linh-vuc", "group-code": "y-te", "group-name_vi": "Ngành y tế"}
    )
    values = {"group_set": "linh-vuc", "group": Group.objects.get().pk, "since": "2025-07-01"}
    assert operator.post(f"{OFFICE}31-2025/nhom/", values).status_code == 302
    assert Membership.objects.get().unit == units["31-2025"]
    assert "Ngành y tế" in _text(operator.get(f"{OFFICE}31-2025/"))
    assert "Lĩnh vực" in _text(operator.get(page))


def test_a_set_of_a_code_that_is_taken_is_told(operator) -> None:
    GroupSet.objects.create(code="linh-vuc", name_vi="Lĩnh vực")
    values = {"wants": "set", "set-code": "linh-vuc", "set-name_vi": "Khác"}
    assert "mã này đã dùng" in _text(operator.post(f"{OFFICE}nhom/tat-ca/", values))


def test_an_import_is_looked_at_and_then_applied(operator) -> None:
    assert operator.post(f"{OFFICE}tep/nhap/", {"file": _file(NEW)}).url == f"{OFFICE}tep/xem-truoc/"
    response = operator.get(f"{OFFICE}tep/xem-truoc/")
    assert "Đặc khu Mẫu" in _text(response)
    assert not Unit.objects.filter(key="11948-2026").exists()
    values = {"wants": "apply", "digest": response.context["preview"].digest}
    assert operator.post(f"{OFFICE}tep/xem-truoc/", values).url == OFFICE
    assert Unit.objects.filter(key="11948-2026").exists()
    assert not ImportDraft.objects.exists()


def test_faults_of_an_import_are_told_by_cell_and_cannot_be_applied(operator) -> None:
    bad = (*NEW[:5], "99-2025", *NEW[6:])
    operator.post(f"{OFFICE}tep/nhap/", {"file": _file((*NEW[:2], "", *NEW[3:]), bad)})
    text = _text(operator.get(f"{OFFICE}tep/xem-truoc/"))
    assert '<th scope="row" class="number">2</th><td><code>name_vi</code></td><td>để trống</td>' in text
    assert 'value="apply"' not in text
    operator.post(f"{OFFICE}tep/xem-truoc/", {"wants": "apply", "digest": "x"})
    assert not Unit.objects.filter(key="11948-2026").exists()


def test_a_preview_that_is_out_of_date_is_not_applied(operator) -> None:
    operator.post(f"{OFFICE}tep/nhap/", {"file": _file(NEW)})
    response = operator.post(f"{OFFICE}tep/xem-truoc/", {"wants": "apply", "digest": "0" * 64}, follow=True)
    assert "đã thay đổi sau khi xem trước" in _text(response)
    assert not Unit.objects.filter(key="11948-2026").exists()


def test_a_file_that_is_thrown_away_is_gone(operator) -> None:
    operator.post(f"{OFFICE}tep/nhap/", {"file": _file(NEW)})
    operator.post(f"{OFFICE}tep/xem-truoc/", {"wants": "drop"})
    assert not ImportDraft.objects.exists()
    assert operator.get(f"{OFFICE}tep/xem-truoc/").url == f"{OFFICE}tep/nhap/"


@pytest.mark.parametrize("content", [b"", b"a,b\n", b"PK\x03\x04rubbish", b"\xff\xfe\x00", b"x" * (9 << 20)])
def test_a_file_that_is_no_table_is_told_and_not_kept(operator, content: bytes) -> None:
    values = {"file": SimpleUploadedFile("x.xlsx", content)}
    text = _text(operator.post(f"{OFFICE}tep/nhap/", values, follow=True))
    assert "error-summary" in text or "told error" in text
    assert not ImportDraft.objects.exists()


def test_a_name_of_a_unit_cannot_bring_markup_into_a_page(operator) -> None:
    Unit.objects.filter(key="11296-2025").update(name_vi="<script>alert(1)</script>")
    for page in (f"{OFFICE}31-2025/", f"{OFFICE}11296-2025/", f"{OFFICE}?q=script"):
        assert "<script>alert" not in _text(operator.get(page))


def test_the_export_is_a_workbook_or_one_table(hai_phong) -> None:
    workbook = hai_phong.get(f"{OFFICE}tep/xuat/")
    assert workbook.streaming
    assert b"".join(workbook.streaming_content).startswith(b"PK")
    assert workbook["Content-Disposition"].startswith('attachment; filename="units-')
    table = hai_phong.get(f"{OFFICE}tep/xuat/?table=units").content.decode("utf-8-sig")
    assert table.splitlines()[0] == ",".join(UNIT_COLUMNS)
    assert "01-2025" not in table


def test_every_page_is_there_in_english(operator) -> None:
    for page in ("", "31-2025/", "31-2025/sua/", "31-2025/them/", "tep/nhap/", "nhom/tat-ca/"):
        response = operator.get(f"/en/office/units/{page}", follow=True)
        assert '<html lang="en">' in _text(response)
        assert "Các đơn vị cấp dưới" not in response.content.decode()


@pytest.mark.parametrize(
    "wrong", [{"key": "a b"}, {"key": "../tw"}, {"key": "Hải"}, {"code": "1 2"}, {"kind": "centre"}]
)
def test_a_new_unit_of_a_wrong_key_code_or_kind_is_not_saved(operator, wrong: dict[str, str]) -> None:
    values = {"key": "11948-2026", "code": "11948", "kind": "commune", "name_vi": "Mẫu", "opened": "2026-01-01"}
    assert "error-summary" in _text(operator.post(f"{OFFICE}31-2025/them/", {**values, **wrong}))
    assert Unit.objects.count() == 12


def test_an_office_without_a_tree_has_no_unit_to_show(db, signed_in) -> None:
    somebody = Person.objects.create_user("a@b.example", "rất dài và khó đoán 2020", name="A")
    browser = signed_in(somebody)
    assert browser.get(OFFICE, {"q": "x"}).status_code == 200
    assert browser.get(f"{OFFICE}tep/nhap/").status_code == 404


@pytest.fixture
def snapshot(monkeypatch):
    """The small tree as one of 2025 that stands for the days since 2020."""
    day = date(2020, 10, 6)
    there = [u for u in Unit.objects.all() if u.opened <= day and (u.closed is None or u.closed > day)]
    kinds = [unit.kind for unit in there]
    found = replace(load_tree_snapshot(), districts=kinds.count("district"), communes=kinds.count("commune"))
    monkeypatch.setattr("quetsach.web.office.tree.selectors.load_tree_snapshot", lambda _data: found)
    return found


@pytest.mark.parametrize("page", ["31-2020/?day=2020-10-06", "?q=hai&day=2020-10-06"])
def test_the_true_day_of_a_tree_stands_beside_it(units, operator, snapshot, page: str) -> None:
    assert "Cây đơn vị này là của ngày 30/06/2025" in _text(operator.get(OFFICE + page))


def test_a_tree_of_its_own_day_needs_no_word(units, operator, snapshot) -> None:
    assert "Cây đơn vị này là" not in _text(operator.get(f"{OFFICE}31-2020/?day=2025-06-30"))


def test_a_tree_that_a_centre_imported_is_not_said_to_be_another_day_s(units, operator, snapshot) -> None:
    Unit.objects.create(key="399-2020", code="399", kind="district", opened=date(2020, 1, 1), closed=SINCE_REFORM)
    assert "Cây đơn vị này là" not in _text(operator.get(f"{OFFICE}31-2020/?day=2020-10-06"))


@pytest.mark.parametrize("text", ["sa phin", "Sà Phìn", "saphin", "Xà Phìn"])
def test_a_former_commune_is_found_by_each_of_its_names(units, operator, text: str) -> None:
    there = {"opened": date(2020, 1, 1), "closed": SINCE_REFORM}
    commune = Unit.objects.create(key="00736-2020", code="00736", name_vi="Xã Sà Phìn", kind="commune", **there)
    above = Position.objects.on(date(2020, 10, 6)).get(unit__key="31-2020")
    path, days = f"{above.path}00736-2020/", {"first": above.first, "until": above.until}
    Position.objects.create(unit=commune, parent=above.unit, path=path, level=2, **days)
    page = _text(operator.get(OFFICE, {"q": text, "day": "2020-10-06"}))
    assert "Xã Sà Phìn" in page
    assert "trong danh sách từ năm 2020 đến năm 2024: Xà Phìn" in page


def test_a_search_finds_units_that_are_no_more_and_says_until_when(person, signed_in) -> None:
    page = signed_in(person(Role.OPERATOR)).get("/van-phong/don-vi/?q=quan toan").content.decode()
    assert "Phường Quán Toan" in page
    assert 'có đến ngày <time datetime="2025-06-30">30/06/2025</time>' in page


def test_units_that_are_no_more_are_found_by_who_follows_them_alone(person, signed_in) -> None:
    def found(unit: str) -> str:
        return signed_in(person(Role.EDITOR, unit)).get("/van-phong/don-vi/?q=quan toan").content.decode()

    assert "Phường Quán Toan" in found("31-2025")
    assert "Phường Quán Toan" not in found("01-2025")
