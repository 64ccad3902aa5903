"""``quetsach report`` as a person or a script meets it; a real server takes what is sent."""

import json
import shlex
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.report_samples import Private, sample_report

from quetsach.cli import confirmation
from quetsach.cli.main import main
from quetsach.endpoint.report import save_report
from quetsach.packs.source import Trust, repository_toml
from quetsach.packs.specimen import load_specimen
from quetsach.packs.specimen.windows import plant

SHELF = Path(__file__).parents[3] / "packs"


class Centre:
    """Takes reports: new ones and later revisions with 201, known ones with 200."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        known: set[tuple[str, int]] = set()
        centre = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                centre.received.append((self.path, body))
                document = json.loads(body)
                identifier = document["report_id"], document.get("revision", 0)
                self.send_response(200 if identifier in known else 201)
                known.add(identifier)
                self.end_headers()
                self.wfile.write(b'{"message": "thank you"}')

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{self.base}/api/v1/reports"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def centre() -> Iterator[Centre]:
    centre = Centre()
    yield centre
    centre.close()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    save_report(sample_report(), tmp_path)
    return tmp_path


class Terminal:
    def __init__(self, typed: str) -> None:
        self._typed = typed

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return self._typed


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr(confirmation.sys, "stdin", Terminal(typed))


def test_the_newest_report_is_shown_in_vietnamese(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "show", "--state", str(state)]) == 0
    shown = capsys.readouterr().out
    assert "Mới bóc gỡ được một phần" in shown
    assert "quetsach undo 20261124T233000Z-abcdef" in shown


@pytest.mark.parametrize(("language", "advice"), [("vi", "2. Bịt lối vào trước"), ("en", "2. Close the way in before")])
def test_what_to_do_now_is_told_on_the_terminal(
    state: Path, capsys: pytest.CaptureFixture[str], language: str, advice: str
) -> None:
    assert main(["report", "show", "--state", str(state), "--lang", language]) == 0
    assert f"\n  {advice}" in capsys.readouterr().out


def test_of_two_reports_in_one_second_the_later_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = replace(sample_report(), id="ffffffff-0000-4000-8000-000000000000")
    save_report(first, tmp_path)
    later = first.created + timedelta(milliseconds=1)
    save_report(replace(first, id="00000000-0000-4000-8000-000000000000", created=later), tmp_path)
    assert main(["report", "show", "--state", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"].startswith("00000000")


def test_the_page_is_written_for_its_owner(state: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert main(["report", "show", "--state", str(state), "--html", str(page), "--lang", "en"]) == 0
    assert page.read_text().startswith('<!doctype html>\n<html lang="en">')
    assert page.stat().st_mode & 0o777 == 0o600


def test_a_named_report_is_shown_as_json(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = (state / "reports").iterdir()
    assert main(["report", "show", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "quetsach-report/2"


def test_without_a_report_the_next_step_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "show", "--state", str(tmp_path)]) == 1
    assert "quetsach scan" in capsys.readouterr().err


def test_a_file_that_is_no_report_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r").write_text("[]")
    assert main(["report", "show", str(tmp_path / "r")]) == 1
    assert "đây không phải báo cáo" in capsys.readouterr().err


@pytest.mark.parametrize("typed", ["có\n", "yes\n", "CÓ\n", "co\n"])
def test_consent_sends_exactly_what_was_shown(
    state: Path, centre: Centre, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    at_a_terminal(monkeypatch, typed)
    assert main(["report", "send", "--to", centre.url, "--state", str(state)]) == 0
    ((path, body),) = centre.received
    assert path == "/api/v1/reports"
    assert body.decode() in capsys.readouterr().out


@pytest.mark.parametrize("typed", ["", "\n", "không\n", "n\n", "y e s\n", "cócó\n"])
def test_anything_but_yes_sends_nothing(
    state: Path, centre: Centre, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    at_a_terminal(monkeypatch, typed)
    assert main(["report", "send", "--to", centre.url, "--state", str(state)]) == 0
    assert centre.received == []
    assert "Không gửi gì cả" in capsys.readouterr().out


def test_with_nobody_there_and_no_consent_nothing_is_sent(
    state: Path, centre: Centre, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "send", "--to", centre.url, "--state", str(state), "--lang", "en"]) == 1
    assert centre.received == []
    assert "--yes" in capsys.readouterr().err


def test_sending_again_is_not_counted_again(state: Path, centre: Centre, capsys: pytest.CaptureFixture[str]) -> None:
    send = ["report", "send", "--to", centre.url, "--state", str(state), "--yes", "--json"]
    assert (main(send), main(send)) == (0, 0)
    first, second = centre.received
    assert first == second
    assert '"is_new": false' in capsys.readouterr().out


def test_the_code_by_which_a_report_is_erased_is_told(
    state: Path, centre: Centre, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["show"], ["send", "--to", centre.url, "--yes"]):
        assert main(["report", *command, "--state", str(state)]) == 0
        assert f"Mã báo cáo: {sample_report().id}" in capsys.readouterr().out


def test_where_to_is_known_from_the_centre_that_is_trusted(state: Path, centre: Centre) -> None:
    root = b'{"signed": {"_type": "root"}}'
    (state / "trust").mkdir()
    (state / "trust" / "root.json").write_bytes(root)
    (state / "trust" / "repository.toml").write_text(repository_toml(Trust(root, f"{centre.base}/repository/")))
    assert main(["report", "send", "--state", str(state), "--yes"]) == 0
    assert [path for path, _ in centre.received] == ["/api/v1/reports"]


def test_where_nothing_is_known_nothing_is_guessed(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "send", "--state", str(state), "--yes"]) == 1
    assert "--to" in capsys.readouterr().err


def test_names_of_the_machine_stay_on_it(tmp_path: Path, centre: Centre) -> None:
    save_report(sample_report(Private(path=b"/home/nguyenvanan/miner", root="/mnt/ANPC")), tmp_path)
    assert main(["report", "send", "--to", centre.url, "--state", str(tmp_path), "--yes"]) == 0
    assert not [name for name in (b"nguyenvanan", b"ANPC", b"miner/") if name in centre.received[0][1]]


def test_the_undo_on_the_page_is_the_command_that_undoes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree, state = tmp_path / "tree", tmp_path / "state folder"
    tree.mkdir()
    load_specimen(SHELF / "eicar").build(tree)
    assert main(["clean", "--root", str(tree), "--yes", "--state", str(state)]) == 11
    capsys.readouterr()
    assert main(["report", "show", "--state", str(state), "--json"]) == 0
    command = shlex.split(json.loads(capsys.readouterr().out)["undo"])
    assert command[3:] == ["--root", str(tree), "--state", str(state)]
    assert main([*command[1:], "--yes"]) == 0
    assert main(["scan", "--root", str(tree), "--state", str(state)]) == 10


def test_the_command_that_goes_on_from_a_scan_cleans_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree, state = tmp_path / "tree", tmp_path / "state folder"
    tree.mkdir()
    load_specimen(SHELF / "eicar").build(tree)
    (tree / "letter.txt").write_text("Kính gửi")
    assert main(["scan", "--root", str(tree), "--state", str(state), "--json"]) == 10
    command = shlex.split(json.loads(capsys.readouterr().out)["next"])
    assert main([*command[1:], "--yes"]) == 11
    capsys.readouterr()
    assert main(["scan", "--root", str(tree), "--state", str(state), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["next"] is None


def test_a_windows_drive_is_reported_as_windows(
    tmp_path: Path, centre: Centre, capsys: pytest.CaptureFixture[str]
) -> None:
    drive, state = tmp_path / "drive", tmp_path / "state"
    plant(drive)
    load_specimen(SHELF / "eicar").build(drive)
    assert main(["scan", "--root", str(drive), "--state", str(state), "--json"]) == 10
    report = json.loads(capsys.readouterr().out)
    assert (report["machine"]["platform"], report["machine"]["live"]) == ("windows", False)
    assert main(["report", "send", "--to", centre.url, "--state", str(state), "--yes"]) == 0
    assert json.loads(centre.received[0][1])["platform"] == "windows"


def test_a_terminal_shows_some_of_many_findings_and_counts_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = sample_report()
    file = next(finding for finding in report.findings if finding.family == "xmrig-miner")
    save_report(replace(report, findings=(file,) * 25), tmp_path)
    assert main(["report", "show", "--state", str(tmp_path), "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert told.count(file.where) == 20
    assert "5 more" in told
