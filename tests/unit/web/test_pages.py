"""Every public page in both languages: what each must have and what none may have."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.template import Context, Template
from django.test import Client
from django.utils.translation import override

from quetsach.centre.publication.snapshot import RankedRow, WindowFigure
from quetsach.core.text import LocalText
from quetsach.web.metrics import REGISTRY

PAGES = {
    "home": ("/", "/en/"),
    "check": ("/kiem-tra/", "/en/check/"),
    "again": ("/kiem-tra/lai/", "/en/check/again/"),
    "browser": ("/trinh-duyet/", "/en/browser/"),
    "devices": ("/thiet-bi/", "/en/devices/"),
    "which": ("/thiet-bi/khong-biet/", "/en/devices/i-do-not-know/"),
    "question": ("/thiet-bi/khong-biet/chiec-hop/", "/en/devices/i-do-not-know/box/"),
    "learn": ("/thiet-bi/may-tinh-windows/", "/en/devices/windows-computer/"),
    "clean": ("/thiet-bi/may-tinh-windows/lam-sach/", "/en/devices/windows-computer/clean/"),
    "prevent": ("/thiet-bi/bo-phat-wi-fi/phong-tranh/", "/en/devices/wi-fi-router/prevent/"),
    "download": ("/tai-ve/", "/en/download/"),
    "definitions": ("/cach-tinh/", "/en/how-this-is-counted/"),
    "everybody": ("/cho-moi-nguoi/", "/en/accessibility/"),
    "know": ("/so-lieu-tu-dau-ma-co/", "/en/how-we-know/"),
    "figures": ("/so-lieu/", "/en/figures/"),
    "press": ("/bao-chi/", "/en/press/"),
    "open-data": ("/du-lieu-mo/", "/en/open-data/"),
    "privacy": ("/quyen-rieng-tu/", "/en/privacy/"),
    "families": ("/ma-doc/", "/en/malware/"),
}
ALL = [path for paths in PAGES.values() for path in paths]


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("path", ALL)
def test_a_page_carries_no_script_no_cookie_and_nothing_from_elsewhere(centre: Path, client: Client, path: str) -> None:
    answer = client.get(path)
    # A block of data is no script: browsers do not run it.
    text = re.sub(r'<script type="application/ld\+json">[^<]*</script>', "", answer.content.decode())
    assert not answer.cookies
    assert not re.search(r"<script|\son\w+=|javascript:|\sstyle=|<style|<iframe", text)
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]*)"', text)
    assert loaded
    assert [u for u in loaded if not u.startswith(("/static/", "/api/v1/pictures/", "http://localhost:8000/"))] == []


@pytest.mark.parametrize(("path", "said"), [("/", "Tính lúc 10:00 ngày 25/11/2026"), ("/en/", "Counted ")])
def test_the_home_page_says_when_its_figures_were_counted(centre: Path, client: Client, path: str, said: str) -> None:
    assert said in re.sub(r"</?time[^>]*>", "", page(client, path))


@pytest.mark.parametrize("path", ALL)
def test_a_page_has_one_title_and_names_its_language(centre: Path, client: Client, path: str) -> None:
    text = page(client, path)
    assert len(re.findall(r"<h1", text)) == 1
    assert re.search(r"<title>.+ · Quét Sạch</title>", text)
    assert f'<html lang="{"en" if path.startswith("/en/") else "vi"}">' in text


@pytest.mark.parametrize(("vietnamese", "english"), PAGES.values(), ids=PAGES)
def test_the_language_switch_keeps_the_page(centre: Path, client: Client, vietnamese: str, english: str) -> None:
    assert re.search(rf'class="language" href="{english}" lang="en"', page(client, vietnamese))
    assert re.search(rf'class="language" href="{vietnamese}" lang="vi"', page(client, english))


@pytest.mark.parametrize(("vietnamese", "english"), PAGES.values(), ids=PAGES)
def test_all_versions_name_each_other_to_search_engines(
    centre: Path, client: Client, vietnamese: str, english: str
) -> None:
    for path in (vietnamese, english):
        found = dict(re.findall(r'hreflang="([\w-]+)" href="([^"]+)"', page(client, path)))
        assert found.keys() == {*dict(django_settings.LANGUAGES), "x-default"}
        assert found["vi"] == found["x-default"] == f"http://localhost:8000{vietnamese}"
        assert found["en"] == f"http://localhost:8000{english}"


@pytest.mark.parametrize("path", ALL)
def test_every_link_inside_the_portal_leads_somewhere(centre: Path, client: Client, path: str) -> None:
    text = page(client, path)
    for link in set(re.findall(r'<a[^>]* href="(/[^"]*)"', text)):
        target, _, anchor = link.partition("#")
        answer = client.get(target)
        assert answer.status_code == 200, link
        if anchor:
            assert f'id="{anchor}"' in answer.content.decode(), link


@pytest.mark.parametrize("path", ALL)
def test_a_page_is_protected_by_headers(centre: Path, client: Client, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == policy["font-src"] == policy["form-action"] == "'self'"
    assert "script-src" not in policy
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_demonstration_data_are_labelled_on_every_page(centre: Path, client: Client) -> None:
    for path in ALL:
        assert ("Demonstration data." if path.startswith("/en/") else "Dữ liệu minh họa.") in page(client, path)


def test_a_centre_without_figures_says_what_will_come(empty_centre: Path, client: Client) -> None:
    assert "chưa công bố số liệu" in page(client, "/")
    assert "Dữ liệu minh họa" not in page(client, "/")


def test_damaged_figures_do_not_break_a_page(empty_centre: Path, client: Client) -> None:
    (empty_centre / "published").mkdir()
    (empty_centre / "published" / "figures.json").write_text('{"format": 1}')
    assert "has not published figures" in page(client, "/en/")
    assert client.get("/healthz").status_code == 503


def test_every_figure_on_the_home_page_has_unit_window_date_and_definition(centre: Path, client: Client) -> None:
    hero = re.search(r'<dl class="figures box">.*?</dl>', page(client, "/en/"), re.DOTALL)
    assert hero
    for needed in (
        "10",
        "unique addresses in 30 days",
        "1 November 2020",
        "30 November 2020",
        "as of",
        "#window-addresses",
    ):
        assert needed in hero[0].replace("\xa0", " ")


def test_targets_are_shown_with_their_caution_and_no_verdict(centre: Path, client: Client) -> None:
    text = page(client, "/en/").replace("\xa0", " ")
    assert "−45.0 %" in text  # 20 addresses in the baseline window, 11 in the close
    assert "give no verdict" in text
    assert "achieved" not in text


def test_a_chart_has_its_table_beside_it(centre: Path, client: Client) -> None:
    text = page(client, "/")
    assert re.search(r"<figure class=\"chart\".*?<svg.*?</figure>.*?<caption id=\"windows\"", text, re.DOTALL)


@pytest.mark.parametrize(
    ("path", "words"), [("/khong-co/", "Không có trang này"), ("/en/nothing/", "This page does not exist")]
)
def test_an_unknown_page_is_explained_in_the_readers_language(
    centre: Path, client: Client, path: str, words: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert words in answer.content.decode()
    assert 'class="language"' in answer.content.decode()


def test_a_failure_of_ours_is_explained(centre: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from quetsach.web.portal import views

    def fail() -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(views, "report_tally", fail)
    answer = Client(raise_request_exception=False).get("/en/")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()
    assert "broken on purpose" not in answer.content.decode()


def test_a_false_host_name_is_refused(centre: Path, client: Client, settings) -> None:
    settings.ALLOWED_HOSTS = ["portal.example"]
    answer = client.get("/en/", HTTP_HOST="evil.example")
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_robots_and_metrics_answer(centre: Path, client: Client) -> None:
    assert "Disallow: /api/v1/reports" in client.get("/robots.txt").content.decode()
    client.get("/en/")
    text = client.get("/metrics").content.decode()
    assert 'quetsach_requests_total{page="home",status="200"}' in text
    assert REGISTRY.get_sample_value("quetsach_requests_total", {"page": "home", "status": "200"})


def test_healthz_tells_what_works(centre: Path, client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "figures": "ok", "repository": "empty", "disk": "ok", "work": "empty"},
    }


@pytest.mark.parametrize(
    ("timestamp", "state"),
    [
        ('{"signed": {"expires": "2020-01-01T00:00:00Z"}}', "timestamp expired 2020-01-01T00:00:00Z"),
        ('{"signed": []}', "cannot be read"),
        ("nonsense", "cannot be read"),
    ],
)
def test_an_expired_repository_is_a_failure(empty_centre: Path, client: Client, timestamp: str, state: str) -> None:
    metadata = empty_centre / "repository" / "metadata"
    metadata.mkdir(parents=True)
    (metadata / "timestamp.json").write_text(timestamp)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["checks"]["repository"]) == (503, state)


def test_a_change_of_the_instrument_stands_under_the_ranking_of_families() -> None:
    text = LocalText("Kỳ", "Window")
    window = WindowFigure("w", date(2026, 10, 1), date(2026, 10, 30), text, 10, 30, 30, None, None)
    rows = [RankedRow(1, family, LocalText(family, family), 12.0, None, 50.0) for family in ("sality", "conficker")]
    ranking = '{% include "portal/ranking.html" with id="families" title="t" about="a" rows=rows has_rate=False %}'
    with override("vi"):
        rendered = Template(ranking).render(
            Context({"rows": rows, "snapshot": SimpleNamespace(latest=window, scale=1)})
        )
    assert "31/08/2026" in rendered
    assert "số đếm của những họ này trước và sau ngày đó không so sánh được với nhau" in rendered


LAW = ("91/2025/QH15", "356/2025/NĐ-CP", "116/2025/QH15", "72", "10", "15", "20")
RIGHTS = {
    "/quyen-rieng-tu/": "được biết|đồng ý hoặc không đồng ý|rút lại sự đồng ý|xem, chỉnh sửa|cung cấp|xóa|"
    "hạn chế xử lý|phản đối|khiếu nại|tố cáo|khởi kiện|bồi thường thiệt hại|biện pháp bảo vệ|2 ngày làm việc|72 giờ",
    "/en/privacy/": "told how|consent or not|withdraw|see them|correct them|be given them|erased|restricted|object|"
    "complain|denounce|sue|damages|protect them|2 working days|72 hours",
}


@pytest.mark.parametrize("path", RIGHTS)
def test_the_privacy_notice_names_every_right_the_terms_and_the_laws(client: Client, path: str) -> None:
    page = client.get(path).content.decode().partition('id="rights"')[2]
    assert [word for word in (*LAW, *RIGHTS[path].split("|")) if word not in page] == []


def test_the_privacy_notice_names_the_controller(centre: Path, client: Client, settings) -> None:
    import dataclasses

    settings.CENTER = dataclasses.replace(settings.CENTER, controller="Cục <An toàn>", contact="1900 0000")
    text = page(client, "/quyen-rieng-tu/")
    assert "Cục &lt;An toàn&gt;" in text
    assert "1900 0000" in text


def test_debug_is_never_on() -> None:
    assert django_settings.DEBUG is False


@pytest.mark.parametrize("path", ["/", "/en/privacy/"])
def test_pages_link_the_source_code_where_the_centre_says_where_it_lies(
    centre: Path, client: Client, settings, path: str
) -> None:
    assert "mã nguồn" not in (bare := page(client, path))
    assert "source code" not in bare
    settings.CENTER = replace(settings.CENTER, source_url="https://code.example/quetsach")
    assert '<a href="https://code.example/quetsach">' in page(client, path)
