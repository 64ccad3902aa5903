import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import pytest
from django.conf import settings
from django.test import override_settings
from tests.unit.web.office.campaigns.conftest import NOW, decide_botnets, grant

from quetsach.assess import NO_VERDICT
from quetsach.campaign import read_campaign
from quetsach.campaign.schedule.decision import digest_of
from quetsach.core.errors import QuetsachError
from quetsach.installation import bundled
from quetsach.web.office.campaigns.archive import PAGES, archive_files, archive_write, archive_zip
from quetsach.web.office.campaigns.selectors.outcome import outcome_json, outcome_of, outcome_read
from quetsach.web.office.campaigns.services.steps import close_ask
from quetsach.web.office.letters.models import Dispatch, Letter
from quetsach.web.office.letters.services.send import Actor, dispatch_forward, letter_send
from quetsach.web.office.letters.services.templates import published_letters_load
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.tree.models import Unit


class Links(HTMLParser):
    """What a page points to, what can be pointed to in it, and whether it has a script."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self.tags: set[str] = set()
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in {"href", "src"} and value and not (tag == "use" or value.startswith("#clip")):
                self.targets.append(value)
            if name == "id" and value:
                self.anchors.add(value)
            assert not name.startswith("on")


@pytest.fixture
def files(campaign: Campaign, operator, centre_figures) -> dict[str, bytes]:
    decide_botnets(campaign, operator)
    decide_botnets(campaign, operator, supersedes=1, names=("sality",))
    return archive_files(campaign, now=NOW)


def test_every_page_is_there_in_both_languages(files: dict[str, bytes]) -> None:
    assert {f"{language}/{page}.html" for language in ("vi", "en") for page in PAGES} <= set(files)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_country_of_one_language_has_an_archive_in_it_alone(campaign: Campaign, operator, language: str) -> None:
    with override_settings(COUNTRY=replace(settings.COUNTRY, languages=(language,))):
        files = archive_files(campaign, now=NOW)
    other = "en" if language == "vi" else "vi"
    assert f"{language}/index.html" in files
    assert not [path for path in files if path.startswith(f"{other}/")]
    for path, content in files.items():
        if path.endswith(".html"):
            assert not [target for target in Links(content).targets if target.startswith((f"{other}/", f"../{other}/"))]
    assert f'<html lang="{language}">' in files["index.html"].decode()


def test_every_link_leads_to_a_file_of_the_archive(files: dict[str, bytes]) -> None:
    pages = {path: Links(content) for path, content in files.items() if path.endswith(".html")}
    followed = 0
    for path, page in pages.items():
        for target in page.targets:
            assert not re.match(r"[a-z]+:|/", target), (path, target)
            name, _, anchor = target.partition("#")
            parts: list[str] = []
            for part in (PurePosixPath(path).parent / name).parts if name else PurePosixPath(path).parts:
                parts = parts[:-1] if part == ".." else [*parts, part]
            found = "/".join(parts)
            assert found in files, (path, target)
            assert not anchor or anchor in pages[found].anchors, (path, target)
            followed += 1
    assert followed > 100


def test_what_the_stylesheet_loads_is_in_the_archive(files: dict[str, bytes]) -> None:
    for name in re.findall(r'url\("([^"]+)"\)', files["style.css"].decode()):
        assert name in files


def test_no_page_has_a_script(files: dict[str, bytes]) -> None:
    assert not any("script" in Links(c).tags for path, c in files.items() if path.endswith(".html"))


def test_the_pages_are_in_their_language(files: dict[str, bytes]) -> None:
    assert "Giai đoạn" in files["vi/phases.html"].decode()
    assert "Phases" in files["en/phases.html"].decode()
    assert "Giai đoạn" not in files["en/letters.html"].decode()


def test_the_figures_stand_in_the_pages(files: dict[str, bytes]) -> None:
    page = files["vi/targets.html"].decode()
    assert "−45,0%" in page
    assert "<svg" in page


def test_a_superseded_decision_is_named_by_the_one_in_its_place(files: dict[str, bytes]) -> None:
    assert 'href="#q1"' in files["en/decisions.html"].decode()


def test_checksums_cover_every_file(files: dict[str, bytes]) -> None:
    lines = dict(reversed(line.split("  ")) for line in files["SHA256SUMS"].decode().splitlines())
    assert set(lines) == set(files) - {"SHA256SUMS"}
    assert all(hashlib.sha256(files[path]).hexdigest() == digest for path, digest in lines.items())


def test_the_facts_can_be_checked_against_the_seal(campaign: Campaign, operator, second) -> None:
    grant(close_ask(campaign=campaign, reason="Dừng", by=operator, now=NOW), second)
    sealed = json.loads(archive_files(campaign, now=NOW)["facts.json"])
    assert digest_of({"facts": sealed["facts"], "reason": sealed["reason"]}) == sealed["sha256"]
    assert outcome_read(sealed["facts"]) == outcome_of(campaign, now=NOW)


def test_the_plan_in_the_archive_can_begin_a_campaign(files: dict[str, bytes], campaign: Campaign) -> None:
    assert read_campaign(files["campaign.toml"], file="c.toml") == campaign.plan


def test_a_closed_campaign_gives_the_same_bytes_every_time(campaign: Campaign, operator, second) -> None:
    grant(close_ask(campaign=campaign, reason="Dừng", by=operator, now=NOW), second)
    assert archive_zip(campaign, now=NOW) == archive_zip(campaign, now=NOW)


def test_the_zip_holds_one_folder(campaign: Campaign) -> None:
    with zipfile.ZipFile(io.BytesIO(archive_zip(campaign, now=NOW))) as zipped:
        assert {PurePosixPath(name).parts[0] for name in zipped.namelist()} == {"viet-nam-2020"}
        assert zipped.testzip() is None


def test_a_folder_that_holds_something_is_left_alone(campaign: Campaign, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert archive_write(campaign, out, now=NOW) == len([p for p in out.rglob("*") if p.is_file()])
    with pytest.raises(QuetsachError, match="not empty"):
        archive_write(campaign, out, now=NOW)


def test_what_was_typed_is_text_in_the_pages(campaign: Campaign, operator, second) -> None:
    grant(close_ask(campaign=campaign, reason="<script>x</script>", by=operator, now=NOW), second)
    assert b"<script>" not in archive_files(campaign, now=NOW)["vi/index.html"]


def test_the_figures_carry_their_warnings_and_say_that_they_are_not_real(files: dict[str, bytes]) -> None:
    page = files["vi/targets.html"].decode()
    assert 'id="care"' in page
    assert NO_VERDICT.vi in page
    assert "Số liệu mô phỏng." in page


def sent(campaign: Campaign, operator: Person, units: dict[str, Unit]) -> None:
    """Send a letter to two provinces, of which one passes it on three days later."""
    letter = Letter.objects.create(
        unit=units["tw"],
        campaign=campaign.key,
        state="issued",
        agency="Cục ATTT",
        sign="ATTT",
        subject="Rà soát",
        addressees="",
        body="",
        signer_title="",
        signer_name="",
        written_by=operator,
        written_at=NOW,
        year=2020,
        number=7,
        issued_on=NOW.date(),
        issued_at=NOW,
    )
    letter_send(letter=letter, units=[units["01-2020"], units["31-2020"]], by=operator, now=NOW)
    province = Dispatch.objects.get(to_unit=units["31-2020"])
    hand, later = Actor(operator, "office"), NOW + timedelta(days=3)
    dispatch_forward(dispatch=province, units=[units["303-2020"]], note="", hand=hand, now=later)


def test_the_letters_way_down_the_tree_is_in_the_archive(campaign: Campaign, operator, units) -> None:
    sent(campaign, operator, units)
    page = archive_files(campaign, now=NOW)["en/letters.html"].decode()
    rows = [re.findall(r">([^<]*)</t[hd]>", row) for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)]
    assert ["1", "2", "1", "3 d", "3 d"] in rows
    assert ["2", "1", "0", "not yet half", "–"] in rows


def test_the_letters_that_were_published_are_in_the_archive(campaign: Campaign) -> None:
    document = (bundled("data") / "campaigns" / "viet-nam-2020" / "letters.toml").read_bytes()
    published_letters_load(campaign=campaign.key, document=document)
    files = archive_files(campaign, now=NOW)
    assert files["letters.toml"] == document
    assert "as they were published" in files["en/letters.html"].decode()
    assert "2049/STTTT-CNTT" in files["vi/letters.html"].decode()


def test_the_letters_way_is_sealed_with_the_facts(campaign: Campaign, operator, second, units) -> None:
    sent(campaign, operator, units)
    grant(close_ask(campaign=campaign, reason="Dừng", by=operator, now=NOW), second)
    Dispatch.objects.get(to_unit=units["01-2020"]).events.create(kind="acknowledged", at=NOW, via="office")
    (chain,) = outcome_of(campaign, now=NOW).chains
    assert [(level.level, level.total, level.acknowledged) for level in chain.levels] == [(1, 2, 1), (2, 1, 0)]


def test_facts_that_were_sealed_before_they_carried_the_letters_way_are_read(campaign: Campaign) -> None:
    content = outcome_json(outcome_of(campaign, now=NOW))
    del content["chains"]
    assert outcome_read(content).chains == ()
