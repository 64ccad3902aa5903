"""``center letters``: what is no centre is refused; the rest is driven on a small centre."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.web.office.conftest import person, units
from tests.unit.web.office.letters.conftest import _english, approve, issued, post_office

from quetsach.campaign.authority import Role
from quetsach.cli.main import main
from quetsach.web.office.letters.models import Dispatch
from quetsach.web.office.mail.models import Message

__all__ = ["_english", "approve", "issued", "person", "post_office", "units"]
NOW = datetime.now(UTC)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, post_office: Path) -> Path:
    """The centre of the test, whose database is open already."""
    from contextlib import contextmanager

    @contextmanager
    def opened(_arguments):
        yield NOW

    monkeypatch.setattr("quetsach.cli.center.opened.opened_centre", opened)
    return post_office


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["center", "letters", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", [["list"], ["show", "1"], ["work", "--once"], ["reminders"], ["bounces"]])
def test_a_folder_that_holds_no_centre_is_refused_and_left_empty(
    name: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "none"
    folder.mkdir()
    assert main(["center", "letters", *name, "--data", str(folder)]) == 1
    assert capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_a_letter_is_sent_listed_and_shown(here, issued, person, units, capsys) -> None:
    letter, by = issued(now=NOW), person(Role.OPERATOR)
    told = json.loads(run(capsys, "send", str(letter.pk), "--to", "children", "--by", by.email, "--yes", "--json"))
    assert told == {"id": letter.pk, "number": "01/CATTT-NCSC", "sent_to": 2}
    assert "nobody gets it twice" in run(
        capsys, "send", str(letter.pk), "--to", "children", "--by", by.email, "--yes", "--lang", "en"
    )
    (row,) = json.loads(run(capsys, "list", "--json"))
    assert (row["sent_to"], row["without_answer"]) == (2, 2)
    shown = json.loads(run(capsys, "show", str(letter.pk), "--json"))
    assert (shown["reached"]["sent"], shown["levels"][0]["sent_to"]) == (2, 2)
    assert "01/CATTT-NCSC" in run(capsys, "show", str(letter.pk))
    assert "01/CATTT-NCSC" in run(capsys, "list")


def test_a_letter_that_is_shown_says_whether_it_is_signed(here, issued, capsys) -> None:
    letter = issued(now=NOW)
    assert "Công văn được ban hành không có chữ ký số." in run(capsys, "show", str(letter.pk), "--lang", "vi")
    assert json.loads(run(capsys, "show", str(letter.pk), "--json"))["signatures"] == []
    letter.signatures = [{"holder": "Nguyễn Văn A", "authority": "CA"}, {"holder": "Cục", "authority": "CA"}]
    letter.save()
    assert "Signed by: Nguyễn Văn A (CA); Cục (CA)." in run(capsys, "show", str(letter.pk), "--lang", "en")


def test_who_is_at_the_terminal_is_asked_first_and_nobody_is_written_to_unless_told_yes(
    here, issued, person, monkeypatch, capsys
) -> None:
    letter, by = issued(now=NOW), person(Role.OPERATOR)
    send = ["center", "letters", "send", str(letter.pk), "--to", "children", "--by", by.email]
    monkeypatch.setattr("sys.stdin", io.StringIO("có\n"))
    assert main(send) == 1, "nobody is there"
    assert "--yes" in capsys.readouterr().err
    for answer, sent_to in (("\n", 0), ("có\n", 2)):
        terminal = io.StringIO(answer)
        terminal.isatty = lambda: True
        monkeypatch.setattr("sys.stdin", terminal)
        assert main(send) == 0
        assert "2 đơn vị" in capsys.readouterr().err
        assert Dispatch.objects.count() == sent_to


def test_a_letter_goes_to_nobody_by_a_word_that_means_nobody(here, issued, person, capsys) -> None:
    letter, by = issued(now=NOW), person(Role.OPERATOR)
    assert main(["center", "letters", "send", str(letter.pk), "--to", "everybody", "--by", by.email]) == 1
    assert "--to" in capsys.readouterr().err


def test_who_does_not_work_here_sends_nothing(here, issued, capsys) -> None:
    assert main(["center", "letters", "send", str(issued(now=NOW).pk), "--to", "children", "--by", "x@y.vn"]) == 1
    assert not Dispatch.objects.exists()


def test_a_letter_that_is_not_there_is_said_to_be_missing(here, units, capsys) -> None:
    assert main(["center", "letters", "show", "9"]) == 1
    assert "9" in capsys.readouterr().err


def test_reminders_are_shown_and_queued_once(here, issued, person, units, capsys) -> None:
    from quetsach.web.office.letters.services.send import letter_send

    units["31-2025"].contacts.create(email="a@xa.example")
    before = NOW - timedelta(days=5)
    letter = issued(now=before, due=(NOW - timedelta(days=2)).date())
    letter_send(letter=letter, units=[units["31-2025"]], by=person(Role.OPERATOR), now=before)
    told = json.loads(run(capsys, "reminders", "--json"))
    assert told == {"due": [{"number": "01/CATTT-NCSC", "reminders": 1, "digests": 1}], "queued": 0}
    assert json.loads(run(capsys, "reminders", "--queue", "--json"))["queued"] == 1  # the centre has no address
    assert json.loads(run(capsys, "reminders", "--queue", "--json")) == {"due": [], "queued": 0}
    assert Message.objects.count() == 1


def test_bounces_need_a_folder(here, units, capsys) -> None:
    assert main(["center", "letters", "bounces"]) == 1
    assert "QUETSACH_BOUNCES" in capsys.readouterr().err


def test_keys_for_show_are_made_once(here, units, capsys) -> None:
    assert "keys" in run(capsys, "keys", "tw", "--person", "A", "--agency", "B", "--lang", "en")
    assert "nothing was changed" in run(capsys, "keys", "tw", "--person", "A", "--agency", "B", "--lang", "en")
    folder = here / "letters" / "keys" / "tw"
    assert sorted(p.name for p in folder.iterdir()) == ["agency.p12", "person.p12", "root.pem"]
    assert {p.stat().st_mode & 0o077 for p in folder.iterdir()} == {0}
