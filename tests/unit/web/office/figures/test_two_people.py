"""New figures go out when one person asks and another agrees, and exactly those."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.centre import lay_out
from tests.unit.web.office.conftest import NOW

from quetsach.centre.publication.candidates import Candidate, candidates, lay_candidate, publish_candidate
from quetsach.centre.publication.snapshot import PublicationError, Snapshot, figures_path, listed_path, read_snapshot
from quetsach.cli.main import main
from quetsach.core.text import LocalText
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import ApprovalError, approval_decide
from quetsach.web.office.figures.services import figures_ask, figures_let_out, figures_release_agreed
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.views import dashboard_of

PAGE = "/van-phong/so-lieu/"


@pytest.fixture
def centre_folder(settings, centre_data: Path, tmp_path: Path, units) -> Path:
    """A centre of two people whose figures are published."""
    shutil.copytree(centre_data / "published", tmp_path / "published")
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path, publication="two-people")
    return tmp_path


def published(data: Path) -> Snapshot:
    snapshot = read_snapshot(data)
    assert snapshot is not None
    return snapshot


@pytest.fixture
def lay(centre_folder: Path) -> Callable[..., Candidate]:
    """Lay out figures that were counted so many hours after the published ones."""
    first = published(centre_folder)

    def counted(hours: int, **others: object) -> Candidate:
        latest = dataclasses.replace(first.latest, addresses=first.latest.addresses + 1000 * hours)
        later = first.counted_at + timedelta(hours=hours)
        figures = dataclasses.replace(first, **{"latest": latest, "counted_at": later, "inputs": str(hours), **others})
        return lay_candidate(centre_folder, figures, lambda path: path.write_bytes(b"x"))

    return counted


def asked(candidate: Candidate, by) -> Approval:
    return figures_ask(digest=candidate.digest, by=by, now=NOW)


def grant(approval: Approval, by) -> None:
    approval_decide(approval=approval, is_granted=True, reason="", by=by, now=NOW)


def test_the_second_person_s_agreement_publishes(centre_folder: Path, lay, person, signed_in) -> None:
    one, other = person("press"), person("analyst")
    candidate = lay(1)
    signed_in(one).post(f"{PAGE}{candidate.digest}/")
    approval = Approval.objects.get()
    assert published(centre_folder) != candidate.figures
    page = signed_in(other)
    answer = page.post(f"/van-phong/phe-duyet/{approval.pk}/quyet-dinh/", {"verdict": "grant"}, follow=True)
    assert "Số liệu đã được công bố" in answer.content.decode()
    assert published(centre_folder) == candidate.figures
    assert candidates(centre_folder) == ()
    entry = LogEntry.objects.get(act="figures-release")
    assert entry.detail["digest"] == candidate.digest


def test_newer_data_void_nothing_of_what_was_asked_for(centre_folder: Path, lay, person) -> None:
    """A feed that arrives every hour must not make two people hurry."""
    one, other = person("press"), person("analyst")
    first = lay(1)
    approval = asked(first, one)
    for hours in range(2, 8):
        figures_let_out(data=centre_folder, candidate=lay(hours), waits=True, now=NOW)
    grant(approval, other)
    assert published(centre_folder) == first.figures
    assert len(candidates(centre_folder)) == 6  # the newer ones go on waiting


def test_older_figures_that_were_agreed_to_never_follow_newer_ones(centre_folder: Path, lay, person) -> None:
    one, other = person("press"), person("analyst")
    older, newer = lay(1), lay(2)
    waits, sooner = asked(older, one), asked(newer, one)
    grant(sooner, other)
    waits.refresh_from_db()
    assert waits.is_granted is False
    assert "số liệu mới hơn" in waits.reason
    with pytest.raises(ApprovalError):
        grant(waits, other)
    assert published(centre_folder) == newer.figures
    assert LogEntry.objects.filter(act="approval-void", subject=waits.subject).exists()


def test_figures_that_go_out_by_themselves_end_what_was_asked_for_before(centre_folder: Path, lay, person) -> None:
    approval = asked(lay(1), person("press"))
    newer = lay(2)
    figures_let_out(data=centre_folder, candidate=newer, waits=False, now=NOW)
    approval.refresh_from_db()
    assert approval.is_granted is False
    assert published(centre_folder) == newer.figures


def test_an_agreement_that_cannot_be_carried_out_is_said_and_tried_again(
    centre_folder: Path, lay, person, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = person("press"), person("analyst")
    candidate = lay(1)
    approval = asked(candidate, one)

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfileobj", full)
        page = signed_in(other)
        answer = page.post(f"/van-phong/phe-duyet/{approval.pk}/quyet-dinh/", {"verdict": "grant"}, follow=True)
        assert "chưa công bố được" in answer.content.decode()
        assert "No space left" in answer.content.decode()
        with pytest.raises(PublicationError):
            figures_release_agreed(data=centre_folder, now=NOW)
    approval.refresh_from_db()
    assert approval.is_granted
    assert "Đã phê duyệt, chưa công bố được" in page.get(PAGE).content.decode()
    waiting = [str(one.title) for one in dashboard_of(other, now=NOW).waiting]
    assert waiting == ["Số liệu đã phê duyệt nhưng chưa công bố được"]
    assert figures_release_agreed(data=centre_folder, now=NOW) == approval
    assert published(centre_folder) == candidate.figures
    assert figures_release_agreed(data=centre_folder, now=NOW) is None


def test_an_agreement_that_somebody_refused_since_is_not_carried_out_and_holds_nothing_up(
    centre_folder: Path, lay, person, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = person("press"), person("analyst")
    candidate = lay(1)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfileobj", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(PublicationError):
            grant(asked(candidate, one), other)
    again = asked(candidate, one)
    approval_decide(approval=again, is_granted=False, reason="a feed was counted twice", by=other, now=NOW)
    assert figures_release_agreed(data=centre_folder, now=NOW) is None
    assert published(centre_folder) != candidate.figures
    assert dashboard_of(other, now=NOW).waiting == ()


@pytest.fixture
def agree(lay, person, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Candidate]:
    """Lay figures out that two people agree to, and that do not get out."""
    one, other = person("press"), person("analyst")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    def agreed(hours: int) -> Candidate:
        candidate = lay(hours)
        with monkeypatch.context() as patched:
            patched.setattr(shutil, "copyfileobj", full)
            with pytest.raises(PublicationError):
                grant(asked(candidate, one), other)
        return candidate

    return agreed


def damage(data: Path, candidate: Candidate) -> None:
    (data / "candidates" / candidate.digest / "listed.bin").write_bytes(b"other")


def test_older_figures_that_are_damaged_hold_no_newer_ones_up(centre_folder: Path, agree) -> None:
    older, newer = agree(1), agree(2)
    damage(centre_folder, older)
    released = figures_release_agreed(data=centre_folder, now=NOW)
    assert released is not None
    assert released.digest == newer.digest
    assert published(centre_folder) == newer.figures


def test_the_newest_figures_that_are_damaged_hold_no_others_up_and_are_said(centre_folder: Path, agree) -> None:
    older, newer = agree(1), agree(2)
    damage(centre_folder, newer)
    with pytest.raises(PublicationError, match=r"was changed|bị sửa"):
        figures_release_agreed(data=centre_folder, now=NOW)
    assert published(centre_folder) == older.figures


def test_figures_that_got_out_are_logged_although_something_was_killed_in_between(
    centre_folder: Path, lay, person, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate, other = lay(1), person("analyst")
    with monkeypatch.context() as patched:
        patched.setattr("quetsach.web.office.figures.services.log_append", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            grant(asked(candidate, person("press")), other)
    assert published(centre_folder) == candidate.figures
    for _ in range(2):
        assert figures_release_agreed(data=centre_folder, now=NOW) is None
    entry = LogEntry.objects.get(act="figures-release")
    assert (entry.person, entry.detail["digest"]) == (other, candidate.digest)


def test_the_button_says_where_nothing_was_left_to_publish(centre_folder: Path, agree, person, signed_in) -> None:
    agree(1)
    page = signed_in(person("press"))
    assert "Đã công bố số liệu." in page.post(PAGE, follow=True).content.decode()
    text = page.post(PAGE, follow=True).content.decode()
    assert "Đã công bố số liệu." not in text
    assert "Không còn số liệu nào phải công bố" in text


@pytest.mark.parametrize("name", ["figures.json", "listed.bin"])
def test_what_is_swapped_while_it_is_published_does_not_get_out(
    centre_folder: Path, lay, person, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = (figures_path(centre_folder).read_bytes(), listed_path(centre_folder).read_bytes())
    candidate = lay(1)

    def swap(*_looked_at: object) -> None:
        (centre_folder / "candidates" / candidate.digest / name).write_bytes(b"other")

    monkeypatch.setattr("quetsach.centre.publication.candidates._refuse_older", swap)
    with pytest.raises(PublicationError):
        grant(asked(candidate, person("press")), person("analyst"))
    assert (figures_path(centre_folder).read_bytes(), listed_path(centre_folder).read_bytes()) == before


def test_figures_that_are_gone_are_not_asked_for(centre_folder: Path, person, signed_in) -> None:
    signed_in(person("press")).post(f"{PAGE}{'0' * 64}/")
    assert not Approval.objects.exists()


def test_the_desk_counts_what_waits_for_this_person(centre_folder: Path, lay, person) -> None:
    one, other = person("press"), person("analyst")

    def desk(who) -> list[str]:
        return [str(waiting.title) for waiting in dashboard_of(who, now=NOW).waiting]

    candidate = lay(1)
    assert desk(one) == desk(other) == ["Số liệu mới cần trình công bố"]
    approval = asked(candidate, one)
    assert desk(one) == []
    assert desk(other) == ["Nội dung chờ phê duyệt"]
    grant(approval, other)
    assert desk(one) == desk(other) == []


def test_who_decides_sees_the_figures_and_why_they_changed(centre_folder: Path, lay, person, signed_in) -> None:
    first = published(centre_folder)
    latest = dataclasses.replace(first.latest, addresses=16_184, feeds=("plain/other", "plain/sightings"))
    families = (*first.families[:-1], dataclasses.replace(first.families[-1], id="new", name=LocalText("Mới", "New")))
    candidate = lay(1, latest=latest, families=families, families_version="other")
    approval = asked(candidate, person("press"))
    text = signed_in(person("analyst")).get(f"/van-phong/phe-duyet/{approval.pk}/").content.decode()
    for words in (
        "16.184",
        "Thêm nguồn: plain/other",
        "mới có",
        "không còn",
        "Bảng tên họ mã độc đã thay đổi",
        "−45,0%",
    ):
        assert words in text, words
    assert candidate.digest in text


def test_campaigns_and_windows_that_would_go_away_are_said(centre_folder: Path, lay, person, signed_in) -> None:
    text = signed_in(person("press")).get(f"{PAGE}{lay(1, campaigns=()).digest}/").content.decode()
    assert "không còn" in text
    assert "không còn nằm trong số liệu công bố" in text


def test_a_unit_has_no_say_in_the_figures(centre_folder: Path, lay, person, signed_in) -> None:
    page = signed_in(person("approver", "31-2020"))
    assert page.get(PAGE).status_code == 404
    assert page.get(f"{PAGE}{lay(1).digest}/").status_code == 404


def test_without_anything_waiting_the_page_says_so(settings, empty_centre: Path, units, person, signed_in) -> None:
    assert "Không có số liệu chờ" in signed_in(person("press")).get(PAGE).content.decode()


def test_the_page_says_why_figures_wait_by_themselves(centre_folder: Path, lay, person, signed_in) -> None:
    reason = LocalText("Nguồn tin cậy đã ngừng gửi.", "A feed fell silent.")
    candidate = lay(1, blocked=(reason,))
    text = signed_in(person("press")).get(f"{PAGE}{candidate.digest}/").content.decode()
    assert "Vì sao số liệu phải chờ" in text
    assert reason.vi in text


def test_the_command_shows_what_waits_and_publishes_what_was_agreed_to(
    centre_folder: Path, lay, person, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(centre_folder)
    monkeypatch.setenv("QUETSACH_DATA", str(centre_folder))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "quetsach.web.settings")

    def run(*words: str) -> str:
        assert main(["center", "figures", *words, "--data", str(centre_folder)]) == 0
        return capsys.readouterr().out

    one, other = person("press"), person("analyst")
    first, second = lay(1), lay(2)
    approval = asked(first, one)
    shown = json.loads(run("show", "--json"))
    assert [row["state"] for row in shown] == ["published", "new", "asked"]
    assert [row["sha256"] for row in shown] == ["", second.digest, first.digest]
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfileobj", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(PublicationError):
            grant(approval, other)
    assert "đã đồng ý, chưa công bố được" in run("show", "--lang", "vi")
    assert "published figures with data to" in run("publish", "--lang", "en")
    assert published(centre_folder) == first.figures
    assert "nothing has changed" in run("publish", "--lang", "en")


WITHHELD = LocalText("Bảng theo nhà mạng: có thể tính lại", "The table by provider: can be computed")


def test_figures_that_give_a_small_row_away_go_out_by_nobody(
    lay: Callable[..., Candidate], centre_folder: Path, person, signed_in
) -> None:
    one = person("press")
    before = figures_path(centre_folder).read_bytes()
    candidate = lay(1, withheld=(WITHHELD,))
    with pytest.raises(PublicationError, match="con số nhỏ"):
        asked(candidate, one)
    figures_let_out(data=centre_folder, candidate=candidate, waits=False, now=NOW)
    with pytest.raises(PublicationError, match="can be computed"):
        publish_candidate(centre_folder, candidate.digest)
    assert figures_path(centre_folder).read_bytes() == before
    client = signed_in(one)
    page = client.get(f"{PAGE}{candidate.digest}/").content.decode()
    assert WITHHELD.vi in page
    assert "Vì sao số liệu này không được công bố" in page
    assert '<button class="now">' not in page
    assert "không được công bố" in client.get(PAGE).content.decode()
