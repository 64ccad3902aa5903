"""Figures are counted anew when somebody asks, behind the page, which tells how that goes."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit.web.office.conftest import NOW

from quetsach.campaign.authority import Role
from quetsach.centre.publication import due
from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText
from quetsach.web.office.figures.services import figures_count_anew
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.refusal import AccessError

PAGE = "/van-phong/so-lieu/"


@pytest.fixture
def centre(settings, tmp_path: Path, units) -> Path:
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path)
    (tmp_path / "secret.key").touch()
    return tmp_path


def fail(_data: Path, _now: object) -> None:
    raise QuetsachError(LocalText("kho dữ liệu hỏng", "the lake is damaged"))


def test_whoever_may_publish_has_them_counted_and_the_log_says_who(centre: Path, person, signed_in) -> None:
    press = person(Role.PRESS)
    page = signed_in(press)
    answer = page.post(f"{PAGE}dem-lai/", follow=True).content.decode()
    assert due.is_due(centre)
    assert "đang đếm lại" in answer
    assert "data-follow" in answer
    assert "dem-lai" not in answer  # not twice
    assert LogEntry.objects.get(act="figures-count").person == press
    due.work_off(centre, lambda *_: None, now=NOW)
    answer = page.get(PAGE).content.decode()
    assert "Đếm gần nhất lúc" in answer
    assert "data-follow" not in answer
    assert "dem-lai" in answer


@pytest.mark.parametrize(("role", "unit"), [(None, "tw"), (Role.AUDITOR, "tw"), (Role.APPROVER, "31-2025")])
def test_nobody_else_has_them_counted(centre: Path, person, role: Role | None, unit: str) -> None:
    with pytest.raises(AccessError):
        figures_count_anew(by=person(role, unit), now=NOW)
    assert not due.is_due(centre)


@pytest.mark.parametrize(("path", "told"), [(PAGE, "kho dữ liệu hỏng"), ("/en/office/figures/", "the lake is damaged")])
def test_why_they_could_not_be_counted_is_told_in_the_language_of_the_page(
    centre: Path, person, signed_in, path: str, told: str
) -> None:
    page = signed_in(person(Role.ANALYST))
    due.note_change(centre)
    with pytest.raises(QuetsachError):
        due.work_off(centre, fail, now=NOW)
    assert told in page.get(path).content.decode()
    due.work_off(centre, lambda *_: None, now=NOW + timedelta(minutes=1))
    assert told not in page.get(path).content.decode()
