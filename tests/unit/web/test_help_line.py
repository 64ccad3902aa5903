"""Whom people call: one block, at the same place of every public page, and one record behind it all."""

import dataclasses
import re
from pathlib import Path

import pytest
from django.test import Client
from tests.unit.web.test_pages import PAGES

from quetsach.centre.tables import load_isps, load_provider_lines
from quetsach.core.help_line import HelpLine, read_help_line
from quetsach.core.text import LocalText
from quetsach.web.configuration import Configuration, ConfigurationError
from quetsach.web.identity import help_line
from quetsach.web.office.helpdesk import public_views
from quetsach.web.stored_settings import BY_NAME

LINE = read_help_line(
    phone="024 0000 0000, +84 24 0000 0001",
    zalo="https://zalo.me/0000000000",
    hours="mon-fri 08:00-11:30 13:30-17:00; sat 08:00-11:30",
    places="01: 024 0000 0002; 79: 028 0000 0000, 028 0000 0001",
)
OTHERS = {
    "vi": (
        *("/ma-doc/conficker/", "/giup-do/", "/giup-do/HT-7K3M9-F2DXG/", "/xac-minh/", "/xac-minh/QS-7K3M9-F2DXG/"),
        "/khong-co-trang-nay/",
    ),
    "en": ("/en/help/", "/en/verify/", "/en/no-such-page/"),
}
WALK = [
    *((language, path) for paths in PAGES.values() for language, path in zip(("vi", "en"), paths, strict=True)),
    *((language, path) for language, paths in OTHERS.items() for path in paths),
]
HOME = {"vi": "/", "en": "/en/"}
BLOCK = re.compile(r'<section id="help-line">.*?</section>', re.DOTALL)


@pytest.fixture
def served(settings, centre: Path):
    """Return a function that says whom people call."""

    def change(line: HelpLine) -> None:
        settings.CENTER = dataclasses.replace(settings.CENTER, help_line=line)

    return change


def _words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


@pytest.mark.parametrize(("language", "path"), WALK)
def test_every_public_page_ends_with_the_same_block_and_has_it_once(
    served, client: Client, language: str, path: str
) -> None:
    served(LINE)
    text = client.get(path).content.decode()
    (block,) = BLOCK.findall(text)
    assert text.index(block) > text.index('<footer class="footer">')
    assert BLOCK.findall(client.get(HOME[language]).content.decode()) == [block]
    said = _words(block)
    assert [way.shown for way in LINE.ways(language) if way.shown not in said] == []
    assert [way.url for way in LINE.ways(language) if way.url and f'href="{way.url}"' not in block] == []


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize(
    ("path", "said"),
    [("/giup-do/", "Hà Nội : 024 0000 0002"), ("/en/help/", "Monday to Friday 8:00–11:30")],
)
def test_the_help_page_says_it_first_and_has_the_lines_of_provinces_and_providers(
    served, client: Client, monkeypatch: pytest.MonkeyPatch, path: str, said: str, is_open: bool
) -> None:
    monkeypatch.setattr(public_views, "is_open", lambda: is_open)
    served(LINE)
    main = _words(client.get(path).content.decode().partition("<main")[2].partition("</main>")[0])
    assert said in main
    assert "024 0000 0000" in main
    assert "028 0000 0001" in main
    assert re.search(r"Viettel , Internet[^0-9]* 1800 8119", main)


def test_a_code_that_is_no_province_is_shown_as_it_was_set(served, client: Client) -> None:
    served(read_help_line(places="00: 024 0000 0002"))
    assert "00 : 024 0000 0002" in _words(client.get("/giup-do/").content.decode())


def test_a_demonstration_says_that_it_has_no_telephone_and_shows_none(served, client: Client) -> None:
    served(HelpLine())
    (block,) = BLOCK.findall(client.get("/").content.decode())
    assert "Bản trình diễn không có số điện thoại" in block
    assert "tel:" not in block


def test_a_centre_without_one_sends_people_to_the_help_desk(settings, empty_centre: Path, client: Client) -> None:
    (block,) = BLOCK.findall(client.get("/").content.decode())
    assert "hãy viết cho bộ phận hỗ trợ" in block
    assert "trình diễn" not in block
    assert "chưa khai báo số điện thoại" in client.get("/quyen-rieng-tu/").content.decode()
    settings.CENTER = dataclasses.replace(settings.CENTER, help_line=LINE)
    assert "chưa khai báo số điện thoại" not in client.get("/quyen-rieng-tu/").content.decode()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_is_no_page_names_the_page_to_write_on_too(served, language: str) -> None:
    served(LINE)
    told = help_line(language)
    assert told.desk == {"vi": "http://localhost:8000/giup-do/", "en": "http://localhost:8000/en/help/"}[language]
    assert told.lines(language)[:-1] == LINE.lines(language)


def test_settings_say_it_and_a_fault_names_the_variable() -> None:
    texts = LINE.as_texts()
    names = {part: f"help-{part}" for part in ("phone", "zalo", "hours", "places")}
    stored = {name: texts[part] for part, name in names.items()}
    assert Configuration.read({}, stored=stored).help_line == LINE
    for name in names.values():
        variable = BY_NAME[name].variable
        with pytest.raises(ConfigurationError) as caught:
            Configuration.read({variable: "call me"}, stored={})
        assert caught.value.where == variable
        assert caught.value.hint


def test_lines_of_providers_are_of_known_providers_with_source_and_day() -> None:
    known, found = load_isps(Path("/nonexistent")).by_id, load_provider_lines(Path("/nonexistent"))
    assert found
    for name, line in found:
        assert isinstance(name, LocalText)
        assert line.isp in known
        assert line.source.startswith("https://")
        assert line.checked_on.year >= 2026


def test_a_centre_s_own_table_of_lines_stands_before_the_country_s(tmp_path: Path) -> None:
    (tmp_path / "network").mkdir()
    (tmp_path / "network" / "phones.csv").write_text(
        "isp,phone,service_vi,service_en,source,checked_on\nfpt,024 0000 0009,tất cả,all,asked them,2026-12-02\n"
        "AS1,024 0000 0008,tất cả,all,asked them,2026-12-02\n"
    )
    (fpt, line), (other, _) = load_provider_lines(tmp_path)
    assert (str(fpt), line.phone, other) == ("FPT Telecom", "024 0000 0009", "AS1")
