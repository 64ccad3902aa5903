"""After undo nobody is told that malware was removed: not its owner, not the centre that had the report already."""

import contextlib
import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest
from tests.unit.cli.test_clean_commands import Person
from tests.unit.cli.test_report_command import Centre

from quetsach.cli import clean_up, confirmation
from quetsach.cli.main import main
from quetsach.core.text import LocalText
from quetsach.endpoint.act import clean as carrying_out
from quetsach.endpoint.act import undo as undoing
from quetsach.endpoint.act.act import Workplace
from quetsach.endpoint.act.result import StepResult
from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.plan.step import KillProcess, Outcome, Step
from quetsach.endpoint.report import store, submission
from quetsach.endpoint.store.state import State
from quetsach.packs import transport

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
SCHEMA = json.loads(Path(submission.__file__).with_name("submission.schema.json").read_text())


class Owner:
    """Somebody who cleans a disk with two finds, and undoes it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.state = folder / "root", folder / "state"
        self._capsys = capsys
        for name in ("a.com", "b.com"):
            (self.root / "home").mkdir(parents=True, exist_ok=True)
            (self.root / "home" / name).write_bytes(EICAR)
        self.run("clean", "--yes", "--root", str(self.root))

    def run(self, *words: str) -> str:
        self._capsys.readouterr()  # of a command that crashed
        self.code = main([*words, "--state", str(self.state), "--lang", "en"])
        said = self._capsys.readouterr()
        return said.out + said.err

    def undo(self, *words: str) -> str:
        return self.run("undo", "--last", "--yes", *words)

    def report(self, *words: str) -> dict[str, object]:
        document: dict[str, object] = json.loads(self.run("report", "show", "--json", *words))
        return document

    @property
    def session(self) -> str:
        return State.open(self.state).sessions[-1]


@pytest.fixture
def owner(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Owner:
    return Owner(tmp_path, capsys)


@pytest.fixture
def centre() -> Iterator[Centre]:
    centre = Centre()
    yield centre
    centre.close()


def sent(centre: Centre) -> list[dict[str, object]]:
    documents = [json.loads(body) for _, body in centre.received]
    for document in documents:
        jsonschema.validate(document, SCHEMA)
    return documents


def outcomes(document: dict[str, object]) -> list[tuple[str, int]]:
    findings = document["findings"]
    assert isinstance(findings, list)
    return [(row["outcome"], row["count"]) for row in findings]


def test_the_report_says_that_the_malware_is_back(owner: Owner, tmp_path: Path) -> None:
    before = owner.report()
    owner.undo()
    for words in ((), (str(next((owner.state / "reports").iterdir())),)):  # the newest, and the one of before
        told = owner.run("report", "show", *words)
        assert "Undone: the malware is back on this machine" in told
        assert "The clean-up is complete" not in told
        assert told.count("put back as it was before the clean-up") == 2
    after = owner.report()
    assert (after["id"], after["kind"], after["exit_code"], after["undo"]) == (before["id"], "undo", 10, None)
    owner.run("report", "show", "--html", str(tmp_path / "r.html"))
    page = (tmp_path / "r.html").read_text()
    assert ("Undone: the malware is back" in page, 'class="verdict good"' in page) == (True, False)


def test_one_item_that_was_put_back_is_told_beside_the_others(owner: Owner) -> None:
    owner.run("quarantine", "restore", owner.session, "1", "--yes")
    told = owner.run("report", "show")
    assert "Partly undone: 1 trace of malware is back" in told
    after = owner.report()
    assert (after["exit_code"], after["undo"] is not None) == (13, True)
    assert sorted(f["outcome"] for f in after["findings"]) == ["removed", "restored"]  # type: ignore[attr-defined]
    owner.undo()
    assert owner.report()["exit_code"] == 10


def test_a_session_that_was_undone_is_never_sent_as_cleaned(owner: Owner, centre: Centre) -> None:
    owner.undo()
    owner.run("report", "send", "--yes", "--to", centre.url)
    (document,) = sent(centre)
    assert (outcomes(document), document["exit_code"], document["revision"]) == ([("restored", 2)], 10, 1)


def test_a_report_that_was_sent_is_corrected_step_by_step_under_its_own_code(owner: Owner, centre: Centre) -> None:
    owner.run("report", "send", "--yes", "--to", centre.url, "--campaign", "viet-nam-2026", "--unit", "G12")
    owner.run("report", "send", "--yes")
    owner.undo("--item", "1")
    owner.run("report", "send", "--yes")
    owner.undo()
    owner.run("report", "send", "--yes")
    owner.run("report", "send", "--yes")
    first, *others = documents = sent(centre)
    assert "revision" not in first
    assert [d.get("revision", 0) for d in documents] == [0, 0, 1, 2, 2]
    assert [outcomes(d) for d in documents[1:4]] == [
        [("removed", 2)],
        [("removed", 1), ("restored", 1)],
        [("restored", 2)],
    ]
    same = ("report_id", "install_id", "campaign", "unit")
    assert all([d[name] for name in same] == [first[name] for name in same] for d in others)


def test_who_undoes_what_was_sent_is_asked_to_send_the_correction(
    owner: Owner, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.run("report", "send", "--yes", "--to", centre.url)
    monkeypatch.setattr(confirmation.sys, "stdin", Person("yes", "yes"))
    told = owner.run("undo", "--last")
    assert "the centre still counts this machine as cleaned" in told
    assert '"outcome": "restored"' in told  # the very text that is sent
    assert "The centre has taken the correction" in told
    assert [d.get("revision", 0) for d in sent(centre)] == [0, 1]


@pytest.mark.parametrize("answers", [["yes", "no"], ["yes"]])
def test_nothing_is_sent_without_consent(
    owner: Owner, centre: Centre, monkeypatch: pytest.MonkeyPatch, answers: list[str]
) -> None:
    owner.run("report", "send", "--yes", "--to", centre.url)
    monkeypatch.setattr(confirmation.sys, "stdin", Person(*answers))
    told = owner.run("undo", "--last")
    assert "To send the correction, run" in told
    assert len(sent(centre)) == 1


def test_a_script_is_told_of_the_correction_and_sends_nothing(owner: Owner, centre: Centre) -> None:
    owner.run("report", "send", "--yes", "--to", centre.url)
    told = owner.undo()
    (command,) = re.findall(r"To send the correction, run: `quetsach (.*)`", told)
    assert (owner.code, len(sent(centre))) == (0, 1)
    owner.run("scan", "--root", str(owner.root))  # has the newest report now
    main([*shlex.split(command), "--yes"])
    assert [(d.get("revision", 0), outcomes(d)) for d in sent(centre)[1:]] == [(1, [("restored", 2)])]


def test_a_correction_that_the_centre_has_is_not_asked_for_again(owner: Owner, centre: Centre) -> None:
    owner.run("report", "send", "--yes", "--to", centre.url)
    assert "Please send a correction" in owner.undo()
    kept = sorted((owner.state / "reports").iterdir())
    assert "Please send a correction" in owner.undo()  # as it was not sent
    owner.run("report", "send", "--yes")
    told = owner.undo()
    assert ("nothing left to undo" in told, "Please send a correction" in told) == (True, False)
    assert sorted((owner.state / "reports").iterdir()) == kept


def test_who_breaks_an_undo_off_is_told_of_the_correction_too(
    owner: Owner, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.run("report", "send", "--yes", "--to", centre.url)

    def one(where: Workplace, number: int) -> StepResult:
        if number == 1:
            raise KeyboardInterrupt
        return carrying_out.take_back(where, number)

    monkeypatch.setattr(undoing, "take_back", one)
    assert "To send the correction, run" in owner.undo()
    assert owner.code == 13


@pytest.mark.parametrize("status", [None, 503])
def test_a_report_whose_answer_was_lost_may_be_at_the_centre(
    owner: Owner, centre: Centre, monkeypatch: pytest.MonkeyPatch, status: int | None
) -> None:
    post = transport.post_json

    def lost(url: str, body: bytes) -> tuple[int, bytes]:
        post(url, body)
        if status is None:
            raise transport.TransportError("the connection was closed")
        return status, b""

    with monkeypatch.context() as patch:
        patch.setattr(transport, "post_json", lost)
        patch.setattr(submission, "_TRIES", 1)
        owner.run("report", "send", "--yes", "--to", centre.url)
    assert (owner.code, len(sent(centre))) == (1, 1)
    assert "no answer came, so the centre may count this machine as cleaned" in owner.undo()
    owner.run("report", "send", "--yes", "--to", centre.url)
    assert [(d.get("revision", 0), outcomes(d)) for d in sent(centre)[1:]] == [(1, [("restored", 2)])]
    assert "nothing left to undo" in (told := owner.undo())
    assert "correction" not in told


def test_of_a_report_that_the_centre_refused_there_is_nothing_to_correct(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "post_json", lambda _url, _body: (422, b""))
    owner.run("report", "send", "--yes", "--to", "http://127.0.0.1:9/api/v1/reports")
    assert owner.code == 1
    assert "correction" not in owner.undo()


@pytest.mark.parametrize("change", [("quetsach-report/2", "quetsach-report/1"), ("{", "")])
def test_an_undo_whose_report_cannot_be_read_says_so(owner: Owner, change: tuple[str, str]) -> None:
    (path,) = (owner.state / "reports").iterdir()
    path.write_text(path.read_text().replace(*change, 1))
    told = owner.undo()
    assert ("none says that it was undone" in told, owner.code) == (True, 0)
    assert "none says that it was undone" in owner.undo()


def test_the_report_of_a_clean_up_stays_whatever_is_scanned_later(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_MOST_REPORTS", 2)
    for _ in range(4):
        owner.run("scan", "--root", str(owner.root))
    assert len(list((owner.state / "reports").iterdir())) == 3
    owner.undo()
    assert "Undone: the malware is back" in owner.run("report", "show")


def test_what_undo_does_not_start_again_is_not_said_to_come_back(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    undoable = undoing.undoable
    ended = Step(
        9,
        KillProcess(ProcessAnchor(77, 0, b"/tmp/m", deleted=False)),
        "eicar",
        (),
        LocalText("vì thử", "a test"),
        "rule",
    )
    monkeypatch.setattr("quetsach.cli.undo.undoable", lambda *arguments: (ended, *undoable(*arguments)))
    monkeypatch.setattr(confirmation.sys, "stdin", Person("no"))
    told = owner.run("undo", "--last")
    assert ("UNDO 2 items" in told, "/home/a.com" in told, "/tmp/m" in told) == (True, True, False)


def test_nothing_is_said_to_be_back_where_nothing_was_put_back(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    def kept(where: Workplace, number: int) -> StepResult:
        where.session.begin_undo(number, {})
        where.session.end_undo(number, Outcome.KEPT)
        return StepResult(where.session.progress[number].step, Outcome.KEPT)

    monkeypatch.setattr(undoing, "take_back", kept)
    told = owner.undo()
    assert ("nothing left to undo" in told, "malware included" in told) == (True, False)


def test_a_centre_that_is_out_of_reach_is_no_failure_of_the_undo(
    owner: Owner, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.run("report", "send", "--yes", "--to", centre.url)
    monkeypatch.setattr(confirmation.sys, "stdin", Person("yes", "yes"))
    monkeypatch.setattr(submission, "_TRIES", 1)
    path = owner.state / "sent.json"
    path.write_text(path.read_text().replace(centre.url, "http://127.0.0.1:9/api/v1/reports"))
    told = owner.run("undo", "--last")
    assert (owner.code, "To send the correction, run" in told) == (0, True)
    assert (owner.root / "home/a.com").exists()


def end(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def crash(*_: object, **__: object) -> None:
    raise SystemExit(137)


@pytest.mark.parametrize("ended", [end, crash])
def test_a_clean_up_that_did_not_come_to_its_end_has_a_report_that_undo_corrects(
    owner: Owner, monkeypatch: pytest.MonkeyPatch, ended: Callable[..., None]
) -> None:
    owner.undo()
    with monkeypatch.context() as patch, contextlib.suppress(SystemExit):
        patch.setattr(clean_up, "found_again", ended)  # in the second look
        owner.run("clean", "--yes", "--root", str(owner.root))
    cut = owner.report()
    assert (cut["kind"], cut["exit_code"], cut["verification"]) == ("clean", 13, None)
    assert {f["outcome"] for f in cut["findings"]} == {"removed"}  # type: ignore[attr-defined]
    assert "the tool has finished it" in owner.run("clean", "--yes", "--root", str(owner.root))
    owner.undo()
    after = owner.report()
    assert (after["id"], after["kind"], after["exit_code"]) == (cut["id"], "undo", 10)
    assert "Undone: the malware is back" in owner.run("report", "show")


def test_what_a_clean_up_that_was_ended_did_not_come_to_is_not_called_removed(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.undo()
    for did, code in ((1, 13), (0, 14)):
        acts = iter([carrying_out.carry_out] * did + [end])
        with monkeypatch.context() as patch:
            patch.setattr(carrying_out, "carry_out", lambda *arguments, acts=acts: next(acts)(*arguments))
            owner.run("clean", "--yes", "--root", str(owner.root))
        cut = owner.report()
        findings = [f["outcome"] for f in cut["findings"]]  # type: ignore[attr-defined]
        assert (cut["exit_code"], sorted(findings)) == (code, ["found"] * (2 - did) + ["removed"] * did)
        owner.undo()
    assert owner.report()["kind"] == "clean"  # of the last, nothing was done or undone


def test_a_clean_up_that_came_to_its_end_has_one_report(owner: Owner) -> None:
    assert len(list((owner.state / "reports").iterdir())) == 1


def test_a_journal_that_was_damaged_is_not_taken_for_a_clean_machine(owner: Owner, centre: Centre) -> None:
    journal = owner.state / "sessions" / owner.session / "journal"
    journal.write_bytes(journal.read_bytes()[:60] + b"x" + journal.read_bytes()[61:])
    assert "The clean-up is complete" not in owner.run("report", "show")
    owner.run("report", "send", "--yes", "--to", centre.url)
    assert (owner.code, sent(centre)) == (1, [])
