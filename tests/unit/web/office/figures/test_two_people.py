"""New figures go out when one person asks and another agrees, and exactly those."""

import dataclasses
import shutil
from pathlib import Path

import pytest
from tests.unit.web.office.conftest import NOW

from quetsach.core.pack import LocalText
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_decide
from quetsach.web.portal.snapshot import Stage, candidate_digest, read_snapshot, write_snapshot

PAGE = "/van-phong/so-lieu/"


@pytest.fixture
def waiting(settings, centre_data: Path, tmp_path: Path, units) -> Path:
    """A centre whose figures are published, and newer ones wait."""
    shutil.copytree(centre_data / "published", tmp_path / "published")
    shutil.copytree(centre_data / "published", tmp_path / "candidate")
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path, publication="two-people")
    published = read_snapshot(tmp_path)
    assert published is not None
    latest = dataclasses.replace(published.latest, addresses=published.latest.addresses + 1234)
    write_snapshot(tmp_path, dataclasses.replace(published, latest=latest), stage=Stage.CANDIDATE)
    return tmp_path


def addresses(data: Path, stage: Stage = Stage.PUBLISHED) -> int:
    snapshot = read_snapshot(data, stage=stage)
    assert snapshot is not None
    return snapshot.latest.addresses


def test_what_waits_goes_out_only_after_two_people(waiting: Path, person, signed_in) -> None:
    wanted, digest = addresses(waiting, Stage.CANDIDATE), candidate_digest(waiting)
    one, other = person("press"), person("analyst")
    page = signed_in(one)
    page.post(PAGE, {"act": "release", "digest": digest})
    assert addresses(waiting) != wanted
    page.post(PAGE, {"act": "ask", "digest": digest})
    approval = Approval.objects.get()
    approval_decide(approval=approval, is_granted=True, reason="", by=other, now=NOW)
    page.post(PAGE, {"act": "release", "digest": digest})
    assert addresses(waiting) == wanted
    assert candidate_digest(waiting) == ""


def test_figures_that_changed_after_the_look_are_not_asked_for(waiting: Path, person, signed_in) -> None:
    signed_in(person("press")).post(PAGE, {"act": "ask", "digest": "0" * 64})
    assert not Approval.objects.exists()


def test_the_page_shows_both_figures(waiting: Path, person, signed_in) -> None:
    text = signed_in(person("press")).get(PAGE).content.decode()
    assert f"{addresses(waiting):,}".replace(",", ".") in text
    assert f"{addresses(waiting, Stage.CANDIDATE):,}".replace(",", ".") in text
    assert candidate_digest(waiting) in text


def test_a_unit_has_no_say_in_the_figures(waiting: Path, person, signed_in) -> None:
    assert signed_in(person("approver", "31-2020")).get(PAGE).status_code == 404


def test_without_anything_waiting_the_page_says_so(settings, empty_centre: Path, units, person, signed_in) -> None:
    assert "Không có số liệu chờ" in signed_in(person("press")).get(PAGE).content.decode()


def test_the_page_says_why_figures_wait_by_themselves(waiting: Path, person, signed_in) -> None:
    candidate = read_snapshot(waiting, stage=Stage.CANDIDATE)
    assert candidate is not None
    reason = LocalText("Nguồn tin cậy đã ngừng gửi.", "A feed fell silent.")
    write_snapshot(waiting, dataclasses.replace(candidate, blocked=(reason,)), stage=Stage.CANDIDATE)
    text = signed_in(person("press")).get(PAGE).content.decode()
    assert "Vì sao số liệu phải chờ" in text
    assert reason.vi in text
