"""The board names units, not states; long lists are paged, nobody is listed twice, numbers have one form."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.unit.web.office.conftest import OPENED, REFORM
from tests.unit.web.office.returns.conftest import LATE
from tests.unit.web.office.returns.test_pages import text

from quetsach.campaign.returns.state import Act
from quetsach.web.office.people.models import Person
from quetsach.web.office.returns.services.decision import return_decide
from quetsach.web.office.tree.models import Edge, Unit
from quetsach.web.office.units.services.unit import positions_rebuild

MANY = 1200


@pytest.fixture
def communes(units) -> None:
    """Many more communes of a district."""
    made = [
        Unit(key=f"{n}-2020", code=str(n), kind="commune", name_vi=f"Xã {n}", opened=OPENED, closed=REFORM)
        for n in range(20001, 20001 + MANY)
    ]
    Unit.objects.bulk_create(made)
    Edge.objects.bulk_create(Edge(unit=one, parent=units["304-2020"], first=OPENED, until=REFORM) for one in made)
    positions_rebuild()


@pytest.fixture
def browser(signed_in: Callable[[Person], Client], operator: Person) -> Client:
    return signed_in(operator)


@pytest.mark.usefixtures("communes")
def test_every_overdue_return_can_be_reached_page_by_page(late_root: str, browser: Client) -> None:
    first = text(browser.get(f"{late_root}/tw/bang/"))
    counted = re.search(r"Quá hạn ở các cấp dưới tiếp theo \(([^)]*)\)", first)
    assert counted
    assert counted[1] == "1.206"  # 1,203 communes and three districts
    assert len(re.findall(r"<td>Thành phố (?:Hải Phòng|Hà Nội)</td>", first)) == 100
    last = text(browser.get(f"{late_root}/tw/bang/?page=13"))
    assert len(re.findall(r"<td>Thành phố Hải Phòng</td>", last)) == 6


def test_each_unit_stands_once_and_its_name_is_the_link(late_root: str, browser: Client) -> None:
    page = text(browser.get(f"{late_root}/303-2020/bang/"))
    assert page.count("Phường Quán Toan") == 1
    assert re.search(r'<th scope="row"><a href="[^"]+">Phường Quán Toan</a></th>', page)
    assert not re.search(r"<a [^>]*><span class=\"badge", page)


def test_a_unit_without_units_below_shows_its_own_days_and_no_sums(late_root: str, browser: Client) -> None:
    row = re.search(r"Phường Quán Toan</a></th>(.*?)</tr>", text(browser.get(f"{late_root}/303-2020/bang/")), re.DOTALL)
    assert row
    assert re.findall(r"<td[^>]*>(.*?)</td>", row[1]) == [
        '<span class="badge attention">quá hạn</span>', '<time datetime="2020-10-14">14/10/2020</time>', "2",
    ]  # fmt: skip


def test_periods_are_named_in_words(late_root: str, browser: Client) -> None:
    for page in ("tw/bang/", "tw/so-lieu/", "11296-2020/", "11296-2020/ghi/", "11296-2020/giay/"):
        shown = re.sub(r'(href|action|formaction|value)="[^"]*"', "", text(browser.get(f"{late_root}/{page}")))
        assert "Tuần 41/2020" in shown, page
        assert "W41" not in shown, page


def test_totals_say_which_completeness_is_of_which_figures(late_root: str, browser: Client, assignment, submit) -> None:
    submit("11296-2020")
    following = assignment.periods.get(key="2020-W42")
    page = text(browser.get(late_root.replace("W41", "W42") + "/tw/so-lieu/"))
    assert f"Lũy kế, theo riêng báo cáo {following.title.vi}" not in page  # nobody reported for that week
    over = page[page.index("Cộng các kỳ, 05/10–18/10/2020") :]
    assert "Trong 2 kỳ phải có số liệu của 16 lượt đơn vị; báo cáo đã nhận có số liệu của 1 lượt." in over
    assert "70" in over


def test_one_period_is_not_called_periods(late_root: str, browser: Client, assignment, submit) -> None:
    submit("11296-2020")
    for week, told in (("W41", "Over 1 period, returns owed: 8;"), ("W42", "Over 2 periods, returns owed: 16;")):
        root = late_root.replace("/van-phong/bao-cao/", "/en/office/returns/").replace("W41", week)
        page = text(browser.get(f"{root}/tw/so-lieu/"))
        assert f"{told} those received hold the figures of 1." in page


def bars(page: str) -> list[float]:
    """Return the widths of the bars of completeness, in percent."""
    return [float(width) for width in re.findall(r'<td class="bar"><svg[^>]*><rect width="([^"]+)"', page)]


def test_completeness_of_each_unit_below_is_a_bar(late_root: str, submit, browser: Client) -> None:
    before = bars(text(browser.get(f"{late_root}/tw/bang/")))
    assert before
    assert set(before) == {0}
    submit("304-2020")
    after = bars(text(browser.get(f"{late_root}/tw/bang/")))
    assert len(after) == len(before)
    of_kind, of_branch = (width for width in after if width)  # one of the districts, and that of its province
    assert of_kind == pytest.approx(100 / 3, abs=0.1)
    assert 0 < of_branch < 100


def key_of(page: str) -> list[tuple[str, str]]:
    """Return the key of the page's first stacked bar."""
    figure = page[page.index('<figure class="stacked">') : page.index("</figure>")]
    return re.findall(r"([^<>]+): <strong>([^<]+)</strong>", figure)


def test_what_became_of_all_returns_below_is_one_bar(late_root: str, submit, browser: Client, operator: Person) -> None:
    return_decide(filed=submit("11296-2020"), act=Act.APPROVE, reason="", by=operator, now=LATE)
    submit("11299-2020")
    assert key_of(text(browser.get(f"{late_root}/tw/bang/"))) == [
        ("Số báo cáo phải có", "8"), ("Đã phê duyệt", "1"), ("Đã nhận, chưa phê duyệt", "1"),
        ("Cấp trên báo cáo thay", "0"), ("Chưa có", "6"),
    ]  # fmt: skip


def test_only_units_with_something_missing_can_be_asked_for(late_root: str, submit, browser: Client) -> None:
    submit("11296-2020")
    everyone, missing = (text(browser.get(f"{late_root}/303-2020/bang/{only}")) for only in ("", "?thieu"))
    assert "11296-2020" in everyone
    assert "11296-2020" not in missing
    assert "11299-2020" in missing
    submit("11299-2020")
    done = text(browser.get(f"{late_root}/303-2020/bang/?thieu"))
    assert "11299-2020" not in done
    assert "Không đơn vị trực thuộc nào còn thiếu báo cáo." in done


def test_totals_show_what_infected_machines_fell_into(late_root: str, submit, browser: Client) -> None:
    submit("11296-2020", machines_infected=12, machines_cleaned=8, machines_reinstalled=1, machines_unresolved=3)
    assert key_of(text(browser.get(f"{late_root}/tw/so-lieu/"))) == [
        ("Số máy phát hiện có mã độc", "12"), ("Số máy đã bóc gỡ xong", "8"), ("Số máy đã cài đặt lại", "1"),
        ("Số máy chưa xử lý xong", "3"),
    ]  # fmt: skip
