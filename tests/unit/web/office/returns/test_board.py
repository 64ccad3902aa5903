"""The board names units, not states; long lists are paged, nobody is listed twice, numbers have one form."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.unit.web.office.conftest import OPENED, REFORM
from tests.unit.web.office.returns.test_pages import text

from quetsach.web.office.people.models import Person
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
    assert [width for width in after if width] == pytest.approx([max(after)])
    assert 0 < max(after) < 100
