"""The ways that begin at a device: three pages each, the right file, no cleaning claimed without the tool."""

import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.urls import resolve, reverse
from django.utils.translation import override
from tests.offered_release import BUNDLE, PORTABLE, SETUP, STICK, offer_release
from tests.unit.web.conftest import PACKS, SEEN, WHEEL

from quetsach.packs.container import pack, read_folder
from quetsach.web.portal.devices import FIRST_QUESTION, QUESTIONS, STEPS
from quetsach.web.portal.feeds import PublicPages
from quetsach.web.published import selectors
from quetsach.web.published.answer import Answer, ListedFamily, Outcome
from quetsach.web.published.devices import BY_KIND, DEVICES, only_device

LANGUAGES = ("vi", "en")
KINDS = tuple(BY_KIND)
OTHERS = tuple(device.kind for device in DEVICES if not device.runs_the_tool)
ROUTES = tuple(step.route for step in STEPS)


def path_of(language: str, route: str, *arguments: str) -> str:
    with override(language):
        return reverse(route, args=arguments)


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def main_of(text: str) -> str:
    found = re.search(r"<main.*</main>", text, re.DOTALL)
    assert found
    return found[0]


def links(text: str) -> list[str]:
    return re.findall(r'<a[^>]* href="([^"#]*)', main_of(text))


def words(text: str) -> str:
    read = re.sub('<p class="on-paper">.*?</p>', "", main_of(text))
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", read)))


def files(text: str) -> list[str]:
    return re.findall(r'href="/tai-ve/([^"#]+)"', main_of(text))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_device_is_three_pages_that_lead_on_and_back(
    empty_centre: Path, client: Client, kind: str, language: str
) -> None:
    way = [path_of(language, "devices"), *(path_of(language, route, kind) for route in ROUTES)]
    way.append(path_of(language, "check"))
    assert way[1] in links(page(client, way[0]))
    for number, path in enumerate(way[1:-1], 1):
        text = page(client, path)
        assert len(re.findall("<h1", text)) == 1
        assert re.search(rf'href="{way[number - 1]}" rel="prev"', text)
        assert re.search(rf'href="{way[number + 1]}" rel="next"', text)
        assert ("Bước {}/3" if language == "vi" else "Step {} of 3").format(number) in words(text)
        assert f'<p class="on-paper">http://localhost:8000{path}</p>' in text


def test_addresses_say_the_device_in_the_language_of_the_page(empty_centre: Path, client: Client) -> None:
    assert path_of("vi", "device-clean", "windows") == "/thiet-bi/may-tinh-windows/lam-sach/"
    assert path_of("en", "device-clean", "windows") == "/en/devices/windows-computer/clean/"
    assert path_of("vi", "device-prevent", "router") == "/thiet-bi/bo-phat-wi-fi/phong-tranh/"
    for path in ("/thiet-bi/windows-computer/", "/en/devices/may-tinh-windows/", "/thiet-bi/windows/"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_devices_or_questions_have_one_address(language: str) -> None:
    places = [("device", kind) for kind in KINDS] + [("device-question", name) for name in QUESTIONS]
    with override(language):
        for route, name in places:
            assert resolve(reverse(route, args=[name])).kwargs == {"kind" if route == "device" else "name": name}
    assert len({path_of(language, *place) for place in places}) == len(places)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_public_page_describes_itself(centre: Path, client: Client, language: str) -> None:
    found: dict[str, str] = {}
    with override(language):
        paths = [reverse(name, args=arguments) for name, arguments in PublicPages().items()]
    for path in paths:
        told = re.search(r'<meta name="description" content="([^"]*)"', page(client, path))
        assert told, path
        assert 40 < len(unescape(told[1])) < 260, path
        assert found.setdefault(told[1], path) == path
    assert len(paths) > len(KINDS) * 3


def test_the_site_map_has_every_page_of_devices_and_none_of_the_steps(centre: Path, client: Client) -> None:
    listed = re.findall(r"<loc>http://localhost:8000([^<]*)</loc>", client.get("/sitemap.xml").content.decode())
    for language in LANGUAGES:
        wanted = {path_of(language, route, kind) for route in ROUTES for kind in KINDS}
        wanted |= {path_of(language, "device-question", name) for name in QUESTIONS}
        assert wanted | {path_of(language, "devices"), path_of(language, "which-device")} <= set(listed)
    assert [path for path in listed if "ba-buoc" in path or "steps" in path] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *((f"/ba-buoc/{rest}", "/thiet-bi/") for rest in ("", "tim-hieu/", "lam-sach/", "phong-ngua/")),
        *((f"/en/steps/{rest}", "/en/devices/") for rest in ("", "find-out/", "clean/", "prevent/")),
    ],
)
def test_the_addresses_of_the_three_steps_lead_to_the_devices(
    empty_centre: Path, client: Client, old: str, new: str
) -> None:
    answer = client.get(old)
    assert (answer.status_code, answer["Location"]) == (301, new)


# The right file, one tap away.


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "offered"), [("windows", [SETUP, STICK]), ("linux", [BUNDLE])])
def test_the_page_of_cleaning_hands_out_the_file_that_runs_there(
    release: Path, client: Client, kind: str, offered: list[str], language: str
) -> None:
    text = page(client, path_of(language, "device-clean", kind))
    assert files(text) == offered
    assert f'class="button now" href="/tai-ve/{offered[0]}"' in text


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_where_the_tool_does_not_run_nothing_is_handed_out_and_no_cleaning_is_claimed(
    release: Path, client: Client, kind: str, language: str
) -> None:
    pages = [page(client, path_of(language, route, kind)) for route in ROUTES]
    assert [files(text) for text in pages] == [[], [], []]
    told = " ".join(words(text) for text in pages).lower()
    assert re.search("tool quét sạch does not run|công cụ quét sạch không chạy", told)
    assert not re.search(r"làm sạch|bóc gỡ|\bclean", told)
    assert path_of(language, "check") in links(pages[1])


def test_what_is_not_offered_is_not_promised(wheel: Path, client: Client) -> None:
    for language, offer, window in (("en", "does not offer", "double click"), ("vi", "chưa cung cấp", "bấm đúp")):
        windows = page(client, path_of(language, "device-clean", "windows"))
        assert files(windows) == []
        assert offer in words(windows)
        assert window not in words(windows).lower()
        assert "--root" in windows
        assert path_of(language, "download") in links(windows)
        linux = page(client, path_of(language, "device-clean", "linux"))
        assert files(linux) == [WHEEL]
        assert "./quetsach" not in linux


def test_the_portable_file_stands_in_for_a_setup_that_is_not_there(empty_centre: Path, client: Client) -> None:
    offer_release(empty_centre, (PORTABLE, "windows", "portable"), (BUNDLE, "linux", "bundle"))
    assert files(page(client, "/thiet-bi/may-tinh-windows/lam-sach/")) == [PORTABLE]


def test_how_the_tool_is_opened_is_told_with_the_names_of_the_files(release: Path, client: Client) -> None:
    assert f"tar -xf {BUNDLE}" in page(client, "/thiet-bi/may-chu-linux/lam-sach/")
    for path, said in (
        ("/en/devices/windows-computer/clean/", "double click"),
        ("/thiet-bi/may-tinh-windows/lam-sach/", "Bấm đúp"),
    ):
        assert said in page(client, path)


# Who does not know.


@pytest.mark.parametrize("language", LANGUAGES)
def test_questions_end_at_devices_or_at_the_help_desk(empty_centre: Path, client: Client, language: str) -> None:
    ends, seen = set[str](), set[str]()

    def follow(path: str, before: tuple[str, ...]) -> None:
        assert path not in before, "asked in a circle"
        with override(language):
            match = resolve(path)
        if match.view_name in ("device", "help"):
            ends.add(match.kwargs.get("kind", "help"))
            return
        seen.add(path)
        text = main_of(page(client, path))
        choices = re.search(r'<ul class="choices.*?</ul>', text, re.DOTALL)
        assert choices
        for link in re.findall(r'href="([^"]*)"', choices[0]):
            follow(link, (*before, path))

    follow(path_of(language, "which-device"), ())
    assert ends == {*KINDS, "help"}
    assert len(seen) == 1 + len(QUESTIONS)


def test_every_question_lets_one_give_up() -> None:
    for question in (FIRST_QUESTION, *QUESTIONS.values()):
        assert question.choices[-1].to == "help"


# Where people come from.


@pytest.mark.parametrize(("home", "about"), [("/", "thiet-bi"), ("/en/", "en/devices")])
def test_the_home_page_has_every_device_and_the_way_for_who_does_not_know(
    centre: Path, client: Client, home: str, about: str
) -> None:
    found = [link for link in links(page(client, home)) if link.startswith(f"/{about}/")]
    assert len(found) == len(DEVICES) + 1


@pytest.mark.parametrize(
    ("platforms", "kind"),
    [
        ([{"windows"}], "windows"),
        ([{"windows"}, {"windows"}], "windows"),
        ([{"windows"}, {"linux"}], None),
        ([{"windows", "linux"}], None),
        ([{"windows"}, set()], None),
        ([{"android"}], None),
        ([{"camera"}], "camera"),
        ([{"nas"}], None),
        ([], None),
    ],
)
def test_an_answer_leads_to_a_device_only_where_everything_seen_lives_on_it(
    platforms: list[set[str]], kind: str | None
) -> None:
    found = only_device(platforms)
    assert (found.kind if found else None) == kind
    listed = tuple(ListedFamily("x", date(2026, 11, 1), "", frozenset(p)) for p in platforms)
    device = Answer(Outcome.SEEN, None, listings=listed).device
    assert (device.kind if device else None) == kind


def published(centre: Path, *families: str) -> None:
    folder = centre / "repository" / "targets" / "packs"
    folder.mkdir(parents=True)
    for family in families:
        (folder / f"{'a' * 64}.{family}-2026.11.25.qsp").write_bytes(pack(read_folder(PACKS / family)))


def test_where_a_family_lives_is_told_by_all_packs_about_it(empty_centre: Path) -> None:
    published(empty_centre, "iot-devices", "mirai-gafgyt", "conficker")
    assert selectors.platforms_of("mirai") == {"router", "camera", "linux"}
    assert selectors.platforms_of("conficker") == {"windows"}
    assert selectors.platforms_of("storm") == frozenset()


@pytest.fixture
def seen_with_packs(centre: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "platforms_of", lambda _family: frozenset({"windows"}))


def test_the_check_leads_to_the_one_device_and_offers_the_others(seen_with_packs: None, client: Client) -> None:
    text = client.post("/kiem-tra/", REMOTE_ADDR=SEEN).content.decode()
    assert 'class="button now" href="/thiet-bi/may-tinh-windows/lam-sach/"' in text
    assert "/thiet-bi/" in links(text)
    assert "chỉ lây vào một loại thiết bị: Máy tính Windows." in words(text)


@pytest.mark.parametrize(
    ("family", "devices"),
    [
        ("conficker", ["windows"]),
        ("iot-devices", ["router", "camera"]),
        ("android-hummer", ["android", "tv-box"]),
        ("qsnatch", []),
        ("eicar", []),
    ],
)
def test_a_family_names_the_devices_it_is_met_on(
    empty_centre: Path, client: Client, family: str, devices: list[str]
) -> None:
    published(empty_centre, family)
    for language in LANGUAGES:
        found = links(page(client, path_of(language, "family", family)))
        clean = [path_of(language, "device-clean", kind) for kind in KINDS]
        assert [link for link in found if link in clean] == [path_of(language, "device-clean", k) for k in devices]


def test_a_device_lists_the_malware_that_has_a_page(empty_centre: Path, client: Client) -> None:
    published(empty_centre, "conficker", "iot-devices", "eicar")
    found = links(page(client, "/thiet-bi/camera/"))
    assert "/ma-doc/iot-devices/" in found
    assert not {"/ma-doc/conficker/", "/ma-doc/eicar/"} & set(found)


@pytest.mark.parametrize("kind", ["windows", "android", "tv-box"])
def test_what_happens_in_the_country_is_told_by_its_own_folder(empty_centre: Path, client: Client, kind: str) -> None:
    assert "Chuyện gì xảy ra ở Việt Nam" in page(client, path_of("vi", "device", kind))
    assert "What happens in Viet Nam" in page(client, path_of("en", "device", kind))


def test_a_country_that_tells_nothing_of_a_device_leaves_it_out(empty_centre: Path, client: Client) -> None:
    assert "Việt Nam" not in words(page(client, path_of("vi", "device", "iphone")))
